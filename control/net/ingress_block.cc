// SPDX-License-Identifier: Apache-2.0

#include "control/net/ingress_block.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <utility>
#include <vector>

#include "control/net/netlink.h"

namespace trestle::net {
namespace {

constexpr char kProgramName[] = "trestle_drop";
constexpr char kNeeds[] = "CAP_BPF and CAP_NET_ADMIN";
// First in line: a filter that says "pass" before ours would let frames into the stack.
constexpr unsigned kPriority = 1;
// "tr". The handle says who made the clsact qdisc, so that a later process knows it too.
constexpr unsigned kHandleOnForeignClsact = 0x74720000;
constexpr unsigned kHandleOnOwnClsact = 0x74720001;

constexpr unsigned kIngress = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
constexpr unsigned kEgress = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS);

struct Filter {
  unsigned handle = 0;
  unsigned priority = 0;
  bool ours = false;
};

std::string numbered(int ifindex) {
  return "the interface with index " + std::to_string(ifindex);
}

// r0 = TC_ACT_SHOT; exit. One program for all devices, for the life of the process.
Result<int> drop_program() {
  static int program = -1;
  if (program >= 0) return program;
  libbpf_set_print(nullptr);  // what it has to say is in the errors
  bpf_insn code[2] = {};
  code[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  code[0].dst_reg = BPF_REG_0;
  code[0].imm = TC_ACT_SHOT;
  code[1].code = BPF_JMP | BPF_EXIT;
  const int fd =
      bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, kProgramName, "Apache-2.0", code, 2, nullptr);
  if (fd < 0) return fail_errno("cannot load the program that drops at ingress", -fd, kNeeds);
  program = fd;
  return program;
}

bpf_tc_hook hook_of(int ifindex, bpf_tc_attach_point point) {
  bpf_tc_hook hook{};
  hook.sz = sizeof hook;
  hook.ifindex = ifindex;
  hook.attach_point = point;
  return hook;
}

Message filter_dump_request(int ifindex, unsigned parent) {
  Message message(nlmsg_alloc_simple(RTM_GETTFILTER, NLM_F_DUMP));
  tcmsg header{};
  header.tcm_family = AF_UNSPEC;
  header.tcm_ifindex = ifindex;
  header.tcm_parent = parent;
  nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
  return message;
}

// libbpf names a filter "<program>:[<id>]".
bool is_named_ours(nlmsghdr* header) {
  nlattr* options = nlmsg_find_attr(header, sizeof(tcmsg), TCA_OPTIONS);
  if (options == nullptr) return false;
  const nlattr* name =
      nla_find(static_cast<nlattr*>(nla_data(options)), nla_len(options), TCA_BPF_NAME);
  return name != nullptr && std::string(nla_get_string(name)).starts_with(kProgramName);
}

Result<std::vector<Filter>> filters_on(int ifindex, unsigned parent) {
  auto netlink = Netlink::open();
  if (!netlink) return tl::make_unexpected(netlink.error());
  std::vector<Filter> found;
  auto done = (*netlink)->dump(
      [=] { return filter_dump_request(ifindex, parent); },
      "cannot list the filters of " + numbered(ifindex), [&] { found.clear(); },
      [&](nl_msg* message) {
        nlmsghdr* header = nlmsg_hdr(message);
        if (!nlmsg_valid_hdr(header, sizeof(tcmsg))) return;
        const auto* info = static_cast<const tcmsg*>(nlmsg_data(header));
        if (info->tcm_handle == 0) return;  // the classifier's own entry, not a filter of it
        found.push_back({info->tcm_handle, TC_H_MAJ(info->tcm_info) >> 16, is_named_ours(header)});
      });
  if (!done) return tl::make_unexpected(done.error());
  return found;
}

int attach(int ifindex, int program, unsigned handle, bool replace) {
  const bpf_tc_hook hook = hook_of(ifindex, BPF_TC_INGRESS);
  bpf_tc_opts options{};
  options.sz = sizeof options;
  options.prog_fd = program;
  options.handle = handle;
  options.priority = kPriority;
  options.flags = replace ? BPF_TC_F_REPLACE : 0;
  return bpf_tc_attach(&hook, &options);
}

int detach(int ifindex, unsigned handle) {
  const bpf_tc_hook hook = hook_of(ifindex, BPF_TC_INGRESS);
  bpf_tc_opts options{};
  options.sz = sizeof options;
  options.handle = handle;
  options.priority = kPriority;
  return bpf_tc_detach(&hook, &options);
}

int destroy_clsact(int ifindex) {
  bpf_tc_hook hook =
      hook_of(ifindex, static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS));
  return bpf_tc_hook_destroy(&hook);
}

// ENOENT, EINVAL: no such filter, or no clsact; ENODEV: no such device.
bool means_gone(int code) {
  return code == -ENOENT || code == -EINVAL || code == -ENODEV;
}

unsigned handle_for(bool owns_clsact) {
  return owns_clsact ? kHandleOnOwnClsact : kHandleOnForeignClsact;
}

}  // namespace

Result<IngressBlock> IngressBlock::install(int ifindex) {
  const std::string attempted =
      "cannot keep frames of " + numbered(ifindex) + " from the host's stack";
  const auto program = drop_program();
  if (!program) return tl::make_unexpected(program.error());

  bpf_tc_hook hook = hook_of(ifindex, BPF_TC_INGRESS);
  const int created = bpf_tc_hook_create(&hook);
  if (created != 0 && created != -EEXIST) {
    return fail_errno(attempted + ": adding the clsact qdisc", -created, "CAP_NET_ADMIN");
  }
  bool owns_clsact = created == 0;
  bool replace = false;
  if (!owns_clsact) {
    const auto filters = filters_on(ifindex, kIngress);
    if (!filters) return tl::make_unexpected(filters.error());
    for (const Filter& filter : *filters) {
      if (!filter.ours || filter.priority != kPriority) continue;
      if (filter.handle != kHandleOnOwnClsact && filter.handle != kHandleOnForeignClsact) continue;
      replace = true;
      owns_clsact = filter.handle == kHandleOnOwnClsact;
    }
  }
  if (const int code = attach(ifindex, *program, handle_for(owns_clsact), replace); code != 0) {
    if (owns_clsact && !replace) destroy_clsact(ifindex);
    return fail_errno(attempted + ": attaching the drop program", -code, kNeeds);
  }
  return IngressBlock(ifindex, owns_clsact);
}

IngressBlock::IngressBlock(IngressBlock&& other) noexcept
    : ifindex_(std::exchange(other.ifindex_, 0)), owns_clsact_(other.owns_clsact_) {}

IngressBlock& IngressBlock::operator=(IngressBlock&& other) noexcept {
  std::swap(ifindex_, other.ifindex_);
  std::swap(owns_clsact_, other.owns_clsact_);
  return *this;
}

IngressBlock::~IngressBlock() {
  static_cast<void>(remove());
}

Result<void> IngressBlock::remove() {
  const int ifindex = std::exchange(ifindex_, 0);
  if (ifindex == 0) return {};
  const std::string attempted =
      "cannot give frames of " + numbered(ifindex) + " back to the host's stack";
  if (const int code = detach(ifindex, handle_for(owns_clsact_)); code != 0) {
    if (means_gone(code)) return {};
    return fail_errno(attempted, -code, "CAP_NET_ADMIN");
  }
  if (!owns_clsact_) return {};
  for (const unsigned parent : {kIngress, kEgress}) {
    const auto filters = filters_on(ifindex, parent);
    if (!filters || !filters->empty()) return {};  // somebody's, or unknown: it stays
  }
  if (const int code = destroy_clsact(ifindex); code != 0 && !means_gone(code)) {
    return fail_errno(attempted + ": removing the clsact qdisc", -code, "CAP_NET_ADMIN");
  }
  return {};
}

}  // namespace trestle::net
