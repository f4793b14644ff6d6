// SPDX-License-Identifier: Apache-2.0

#include "control/net/clsact.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <cerrno>
#include <string>
#include <vector>

#include "control/net/drop_program.h"
#include "control/net/netlink.h"

namespace trestle::net {
namespace {

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
  return name != nullptr && std::string(nla_get_string(name)).starts_with(kDropProgramName);
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

Result<std::optional<bool>> find_clsact(int ifindex) {
  const auto filters = filters_on(ifindex, kIngress);
  if (!filters) return tl::make_unexpected(filters.error());
  for (const Filter& filter : *filters) {
    if (!filter.ours || filter.priority != kPriority) continue;
    if (filter.handle == kHandleOnOwnClsact) return true;
    if (filter.handle == kHandleOnForeignClsact) return false;
  }
  return std::nullopt;
}

Result<bool> attach_clsact(int ifindex, int program) {
  const std::string attempted =
      "cannot keep frames of " + numbered(ifindex) + " from the host's stack";
  bpf_tc_hook hook = hook_of(ifindex, BPF_TC_INGRESS);
  const int created = bpf_tc_hook_create(&hook);
  if (created != 0 && created != -EEXIST) {
    return fail_errno(attempted + ": adding the clsact qdisc", -created, "CAP_NET_ADMIN");
  }
  std::optional<bool> left_over;
  if (created != 0) {
    const auto found = find_clsact(ifindex);
    if (!found) return tl::make_unexpected(found.error());
    left_over = *found;
  }
  const bool owns_qdisc = left_over.value_or(created == 0);
  const int code = attach(ifindex, program, handle_for(owns_qdisc), left_over.has_value());
  if (code != 0) {
    if (owns_qdisc && !left_over) destroy_clsact(ifindex);
    return fail_errno(attempted + ": attaching the drop program", -code, kDropProgramNeeds);
  }
  return owns_qdisc;
}

Result<void> detach_clsact(int ifindex, bool owns_qdisc) {
  const std::string attempted =
      "cannot give frames of " + numbered(ifindex) + " back to the host's stack";
  if (const int code = detach(ifindex, handle_for(owns_qdisc)); code != 0) {
    if (means_gone(code)) return {};
    return fail_errno(attempted, -code, "CAP_NET_ADMIN");
  }
  if (!owns_qdisc) return {};
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
