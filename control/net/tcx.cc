// SPDX-License-Identifier: Apache-2.0

#include "control/net/tcx.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "control/net/drop_program.h"

namespace trestle::net {
namespace {

// Linux 6.6 (linux/bpf.h); older headers lack them.
constexpr unsigned kTcxIngress = 46;      // BPF_TCX_INGRESS
constexpr unsigned kBefore = 1U << 3U;    // BPF_F_BEFORE: with nothing named, before all others
constexpr std::size_t kProgramsMax = 64;  // that the kernel allows at one place

int bpf_call(int command, bpf_attr& attributes) {
  return static_cast<int>(syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

// Whole, its padding too: the kernel refuses what it does not know.
bpf_attr zeroed() {
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  return attributes;
}

std::string attempted(int ifindex) {
  return "cannot keep frames of the interface with index " + std::to_string(ifindex) +
         " from the host's stack: attaching by tcx";
}

int detach(int ifindex, int program) {
  bpf_attr attributes = zeroed();
  attributes.target_fd = static_cast<unsigned>(ifindex);
  attributes.attach_bpf_fd = static_cast<unsigned>(program);
  attributes.attach_type = kTcxIngress;
  return bpf_call(BPF_PROG_DETACH, attributes) == 0 ? 0 : errno;
}

// Zeros if it may not be asked for.
bpf_prog_info info_of(int program) {
  bpf_prog_info info{};
  unsigned size = sizeof info;
  if (bpf_obj_get_info_by_fd(program, &info, &size) != 0) return {};
  return info;
}

// Descriptors of the programs at the device's ingress that bear our program's name and are not it.
// Those that may not be looked at (it takes CAP_SYS_ADMIN) are left out.
std::vector<int> open_left_over(int ifindex, int ours) {
  std::array<unsigned, kProgramsMax> ids{};
  bpf_attr attributes = zeroed();
  attributes.query.target_fd = static_cast<unsigned>(ifindex);
  attributes.query.attach_type = kTcxIngress;
  attributes.query.prog_ids = reinterpret_cast<std::uintptr_t>(ids.data());
  attributes.query.prog_cnt = ids.size();
  std::vector<int> found;
  if (bpf_call(BPF_PROG_QUERY, attributes) != 0) return found;
  const unsigned our_id = info_of(ours).id;
  for (std::size_t i = 0; i < std::min<std::size_t>(attributes.query.prog_cnt, ids.size()); ++i) {
    if (ids[i] == our_id) continue;
    const int fd = bpf_prog_get_fd_by_id(ids[i]);
    if (fd < 0) continue;
    if (std::strcmp(info_of(fd).name, kDropProgramName) == 0) {
      found.push_back(fd);
    } else {
      close(fd);
    }
  }
  return found;
}

}  // namespace

Result<int> attach_tcx_link(int ifindex, int program) {
  bpf_attr attributes = zeroed();
  attributes.link_create.prog_fd = static_cast<unsigned>(program);
  attributes.link_create.target_ifindex = static_cast<unsigned>(ifindex);
  attributes.link_create.attach_type = kTcxIngress;
  attributes.link_create.flags = kBefore;
  const int link = bpf_call(BPF_LINK_CREATE, attributes);
  if (link < 0) return fail_errno(attempted(ifindex), errno, kDropProgramNeeds);
  return link;
}

Result<void> attach_tcx(int ifindex, int program) {
  const std::vector<int> left_over = open_left_over(ifindex, program);
  bpf_attr attributes = zeroed();
  attributes.target_fd = static_cast<unsigned>(ifindex);
  attributes.attach_bpf_fd = static_cast<unsigned>(program);
  attributes.attach_type = kTcxIngress;
  attributes.attach_flags = kBefore;
  int error = bpf_call(BPF_PROG_ATTACH, attributes) == 0 ? 0 : errno;
  if (error == EEXIST) error = 0;  // the very same program, from this process
  for (const int old : left_over) {
    if (error == 0) detach(ifindex, old);
    close(old);
  }
  if (error != 0) return fail_errno(attempted(ifindex), error, kDropProgramNeeds);
  return {};
}

Result<void> detach_tcx(int ifindex, int program) {
  const int error = detach(ifindex, program);
  if (error == 0 || error == ENOENT || error == ENODEV) return {};
  return fail_errno("cannot give frames of the interface with index " + std::to_string(ifindex) +
                        " back to the host's stack",
                    error, "CAP_NET_ADMIN");
}

}  // namespace trestle::net
