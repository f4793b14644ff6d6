// SPDX-License-Identifier: Apache-2.0

#include "control/net/monitor.h"

#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "control/net/netlink.h"

namespace trestle::net {
namespace {

// A thousand veth pairs made at once are 2 MB of messages as the kernel counts them.
constexpr int kReceiveBufferBytes = 8 << 20;

// 0 for anything but a link's own message: a bridge announces its ports as links of AF_BRIDGE, and
// "deleted" there means that the port left the bridge.
int link_message_type(nl_msg* message) {
  const nlmsghdr* header = nlmsg_hdr(message);
  if (header->nlmsg_type != RTM_NEWLINK && header->nlmsg_type != RTM_DELLINK) return 0;
  if (!nlmsg_valid_hdr(header, sizeof(ifinfomsg))) return 0;
  const auto* info = static_cast<const ifinfomsg*>(nlmsg_data(header));
  return info->ifi_family == AF_UNSPEC ? header->nlmsg_type : 0;
}

int take_message(nl_msg* message, void* context) {
  const int type = link_message_type(message);
  if (type == 0) return NL_OK;
  const auto kind =
      type == RTM_DELLINK ? LinkEvent::Kind::kDeleted : LinkEvent::Kind::kNewOrChanged;
  auto& out = *static_cast<LinkEvents*>(context);
  const bool understood = parse_object(message, [&](nl_object* object) {
    out.events.push_back({kind, to_link(reinterpret_cast<rtnl_link*>(object))});
  });
  if (!understood) out.overrun = true;  // as good as lost
  return NL_OK;
}

}  // namespace

struct LinkMonitor::Subscription {
  Socket socket;
};

LinkMonitor::LinkMonitor(std::unique_ptr<Subscription> subscription)
    : subscription_(std::move(subscription)) {}
LinkMonitor::LinkMonitor(LinkMonitor&&) noexcept = default;
LinkMonitor& LinkMonitor::operator=(LinkMonitor&&) noexcept = default;
LinkMonitor::~LinkMonitor() = default;

Result<LinkMonitor> LinkMonitor::open() {
  auto socket = open_socket();
  if (!socket) return tl::make_unexpected(socket.error());
  nl_sock* raw = socket->get();
  nl_socket_disable_seq_check(raw);
  const int fd = nl_socket_get_fd(raw);
  // FORCE needs CAP_NET_ADMIN; without it the system's limit holds, and overruns come earlier.
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBufferBytes,
                 sizeof kReceiveBufferBytes) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof kReceiveBufferBytes);
  }
  int code = nl_socket_add_membership(raw, RTNLGRP_LINK);
  if (code >= 0) code = nl_socket_set_nonblocking(raw);
  if (code < 0) return fail(std::string("cannot watch for interfaces: ") + nl_geterror(code), EIO);
  return LinkMonitor(std::make_unique<Subscription>(Subscription{std::move(*socket)}));
}

Result<LinkMonitor> LinkMonitor::open_in(const NamespaceHandle& target) {
  auto scope = NamespaceScope::enter(target);
  if (!scope) return tl::make_unexpected(scope.error());
  return open();
}

int LinkMonitor::fd() const {
  return nl_socket_get_fd(subscription_->socket.get());
}

Result<LinkEvents> LinkMonitor::drain() {
  nl_sock* socket = subscription_->socket.get();
  LinkEvents out;
  nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, take_message, &out);
  while (out.events.size() < kEventsMax) {
    const int code = nl_recvmsgs_default(socket);
    if (code == -NLE_AGAIN) break;
    if (code == -NLE_NOMEM) {  // libnl's word for ENOBUFS
      out.overrun = true;
      continue;
    }
    if (code < 0)
      return fail(std::string("cannot read interface changes: ") + nl_geterror(code), EIO);
  }
  return out;
}

}  // namespace trestle::net
