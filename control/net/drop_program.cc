// SPDX-License-Identifier: Apache-2.0

#include "control/net/drop_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <cstdarg>
#include <mutex>

namespace trestle::net {

// r0 = TC_ACT_SHOT; exit.
Result<int> load_drop_program() {
  libbpf_set_print(nullptr);  // what it has to say is in the errors
  bpf_insn code[2] = {};
  code[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  code[0].dst_reg = BPF_REG_0;
  code[0].imm = TC_ACT_SHOT;
  code[1].code = BPF_JMP | BPF_EXIT;
  const int fd =
      bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, kDropProgramName, "Apache-2.0", code, 2, nullptr);
  if (fd >= 0) return fd;
  return fail_errno("cannot load the program that drops at ingress", -fd, kDropProgramNeeds);
}

Result<int> drop_program() {
  static std::mutex mutex;
  static int program = -1;
  const std::lock_guard lock(mutex);
  if (program >= 0) return program;
  auto loaded = load_drop_program();
  if (loaded) program = *loaded;
  return loaded;
}

}  // namespace trestle::net
