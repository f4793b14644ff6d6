// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/stack_shield.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <utility>

#include "control/net/clsact.h"
#include "control/net/tcx.h"

namespace trestle::measure {
namespace {

constexpr bpf_insn instruction(unsigned code, int immediate, unsigned to = 0, unsigned from = 0,
                               std::int16_t skip = 0) {
  bpf_insn insn{};
  insn.code = static_cast<__u8>(code);
  insn.dst_reg = static_cast<__u8>(to & 0xf);
  insn.src_reg = static_cast<__u8>(from & 0xf);
  insn.off = skip;
  insn.imm = immediate;
  return insn;
}

// A load beyond a frame's end ends the program with 0: the frame passes.
Result<int> load_program() {
  constexpr int kEtherTypeAt = 12, kDestinationAt = ETH_HLEN + 16;
  constexpr auto kNetwork = static_cast<int>(0xc6120000), kMask = static_cast<int>(0xfffe0000);
  const bpf_insn code[] = {
      instruction(BPF_ALU64 | BPF_MOV | BPF_X, 0, BPF_REG_6, BPF_REG_1),  // for BPF_ABS
      instruction(BPF_LD | BPF_ABS | BPF_H, kEtherTypeAt),
      instruction(BPF_JMP | BPF_JNE | BPF_K, ETH_P_IP, BPF_REG_0, 0, 5),
      instruction(BPF_LD | BPF_ABS | BPF_W, kDestinationAt),
      instruction(BPF_ALU | BPF_AND | BPF_K, kMask, BPF_REG_0),
      instruction(BPF_JMP32 | BPF_JNE | BPF_K, kNetwork, BPF_REG_0, 0, 2),
      instruction(BPF_ALU64 | BPF_MOV | BPF_K, TC_ACT_SHOT, BPF_REG_0),
      instruction(BPF_JMP | BPF_EXIT, 0),
      instruction(BPF_ALU64 | BPF_MOV | BPF_K, TC_ACT_UNSPEC, BPF_REG_0),
      instruction(BPF_JMP | BPF_EXIT, 0),
  };
  libbpf_set_print(nullptr);  // what it has to say is in the errors
  const int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "trestle_shield", "Apache-2.0", code,
                               std::size(code), nullptr);
  if (fd >= 0) return fd;
  return fail_errno("cannot load the program that shields IP stacks", -fd,
                    "CAP_BPF and CAP_NET_ADMIN");
}

}  // namespace

Result<StackShield> StackShield::install(int ifindex) {
  // One of its own: the kernel attaches a program to a device only once.
  const auto loaded = load_program();
  if (!loaded) return tl::make_unexpected(loaded.error());
  auto shield = attach(ifindex, *loaded);
  close(*loaded);  // what it is attached to keeps it
  return shield;
}

Result<StackShield> StackShield::attach(int ifindex, int program) {
  const auto link = net::attach_tcx_link(ifindex, program);
  if (link) return StackShield(ifindex, *link, false);
  if (link.error().code != EINVAL && link.error().code != EOPNOTSUPP) {
    return tl::make_unexpected(link.error());
  }
  const auto owns_qdisc = net::attach_clsact(ifindex, program);
  if (!owns_qdisc) return tl::make_unexpected(owns_qdisc.error());
  return StackShield(ifindex, -1, *owns_qdisc);
}

StackShield::StackShield(StackShield&& other) noexcept
    : ifindex_(std::exchange(other.ifindex_, 0)),
      link_(std::exchange(other.link_, -1)),
      owns_qdisc_(other.owns_qdisc_) {}

StackShield::~StackShield() {
  if (ifindex_ != 0 && link_ < 0) static_cast<void>(net::detach_clsact(ifindex_, owns_qdisc_));
  release();
}

void StackShield::release() {
  ifindex_ = 0;
  if (link_ >= 0) close(std::exchange(link_, -1));
}

}  // namespace trestle::measure
