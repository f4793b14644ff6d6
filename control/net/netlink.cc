// SPDX-License-Identifier: Apache-2.0

#include "control/net/netlink.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/addr.h>
#include <netlink/errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP (1 << 16)  // <linux/if.h>, which does not go together with <net/if.h>
#endif

namespace trestle::net {
namespace {

// What the callbacks of one exchange collect.
struct Exchange {
  const Netlink::OnMessage* on_message = nullptr;
  bool finished = false;
  bool interrupted = false;  // NLM_F_DUMP_INTR
  int code = 0;              // errno
  std::string explanation;   // the kernel's, or empty
};

int take_message(nl_msg* message, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  if ((nlmsg_hdr(message)->nlmsg_flags & NLM_F_DUMP_INTR) != 0) exchange.interrupted = true;
  if (*exchange.on_message) (*exchange.on_message)(message);
  return NL_OK;
}

int take_end(nl_msg*, void* context) {
  static_cast<Exchange*>(context)->finished = true;
  return NL_STOP;
}

int take_interruption(nl_msg*, void* context) {
  static_cast<Exchange*>(context)->interrupted = true;
  return NL_OK;
}

// Netlink's extended ack: attributes after the error and, unless capped, the request it repeats.
std::string explanation_in(const nlmsgerr* error) {
  const auto* header =
      reinterpret_cast<const nlmsghdr*>(reinterpret_cast<const char*>(error) - NLMSG_HDRLEN);
  if ((header->nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
  std::size_t offset = sizeof *error;
  if ((header->nlmsg_flags & NLM_F_CAPPED) == 0) {
    offset += NLMSG_ALIGN(error->msg.nlmsg_len) - sizeof error->msg;
  }
  const std::size_t length = header->nlmsg_len - NLMSG_HDRLEN;
  if (offset >= length) return {};
  auto* first =
      reinterpret_cast<nlattr*>(const_cast<char*>(reinterpret_cast<const char*>(error) + offset));
  const nlattr* text = nla_find(first, static_cast<int>(length - offset), NLMSGERR_ATTR_MSG);
  return text == nullptr ? std::string() : nla_get_string(text);
}

int take_error(sockaddr_nl*, nlmsgerr* error, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  exchange.finished = true;
  exchange.code = -error->error;
  exchange.explanation = explanation_in(error);
  return NL_STOP;
}

struct CallbackDeleter {
  void operator()(nl_cb* callbacks) const { nl_cb_put(callbacks); }
};

Error to_error(const std::string& attempted, const Exchange& exchange) {
  Error error = system_error(attempted, exchange.code, "CAP_NET_ADMIN");
  if (!exchange.explanation.empty()) error.what += ": " + exchange.explanation;
  return error;
}

}  // namespace

Result<Socket> open_socket() {
  Socket socket(nl_socket_alloc());
  if (!socket) return fail("cannot open a netlink socket: out of memory", ENOMEM);
  if (const int code = nl_connect(socket.get(), NETLINK_ROUTE); code < 0) {
    return fail(std::string("cannot open a netlink socket: ") + nl_geterror(code), EIO);
  }
  nl_socket_enable_msg_peek(socket.get());  // a link with many virtual functions fits no fixed size
  const int on = 1;  // refused by old kernels: then errors have no explanation, and that is all
  setsockopt(nl_socket_get_fd(socket.get()), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  setsockopt(nl_socket_get_fd(socket.get()), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  return socket;
}

bool parse_object(nl_msg* message, const std::function<void(nl_object*)>& use) {
  auto call = [](nl_object* object, void* context) {
    (*static_cast<const std::function<void(nl_object*)>*>(context))(object);
  };
  return nl_msg_parse(message, call, const_cast<std::function<void(nl_object*)>*>(&use)) >= 0;
}

Link to_link(rtnl_link* link) {
  Link out;
  const auto text = [](const char* value) {
    return value == nullptr ? std::string() : std::string(value);
  };
  out.ifindex = rtnl_link_get_ifindex(link);
  out.name = text(rtnl_link_get_name(link));
  if (nl_addr* address = rtnl_link_get_addr(link);
      address != nullptr && nl_addr_get_len(address) == 6) {
    const std::span octets(static_cast<const std::uint8_t*>(nl_addr_get_binary_addr(address)), 6);
    std::uint64_t value = 0;
    for (const std::uint8_t octet : octets) value = value << 8 | octet;
    out.mac = MacAddress::from_u64(value);
  }
  out.mtu = rtnl_link_get_mtu(link);
  const unsigned flags = rtnl_link_get_flags(link);
  out.admin_up = (flags & IFF_UP) != 0;
  out.carrier = (flags & IFF_LOWER_UP) != 0;
  out.alias = text(rtnl_link_get_ifalias(link));
  out.kind = text(rtnl_link_get_type(link));
  if (const int peer = rtnl_link_get_link(link); peer > 0) out.peer_ifindex = peer;
  std::int32_t netnsid = -1;
  if (rtnl_link_get_link_netnsid(link, &netnsid) == 0) out.link_netnsid = netnsid;
  return out;
}

Result<std::unique_ptr<Netlink>> Netlink::open() {
  auto socket = open_socket();
  if (!socket) return tl::make_unexpected(socket.error());
  return std::unique_ptr<Netlink>(new Netlink(std::move(*socket)));
}

Result<void> Netlink::request(const Message& message, const std::string& attempted,
                              const OnMessage& on_message) {
  const std::unique_ptr<nl_cb, CallbackDeleter> callbacks(nl_cb_alloc(NL_CB_DEFAULT));
  Exchange exchange;
  exchange.on_message = &on_message;
  nl_cb_set(callbacks.get(), NL_CB_VALID, NL_CB_CUSTOM, take_message, &exchange);
  nl_cb_set(callbacks.get(), NL_CB_FINISH, NL_CB_CUSTOM, take_end, &exchange);
  nl_cb_set(callbacks.get(), NL_CB_ACK, NL_CB_CUSTOM, take_end, &exchange);
  nl_cb_set(callbacks.get(), NL_CB_DUMP_INTR, NL_CB_CUSTOM, take_interruption, &exchange);
  nl_cb_err(callbacks.get(), NL_CB_CUSTOM, take_error, &exchange);

  const std::lock_guard lock(mutex_);
  int code = nl_send_auto(socket_.get(), message.get());
  while (code >= 0 && !exchange.finished) code = nl_recvmsgs(socket_.get(), callbacks.get());
  if (exchange.code != 0) return tl::make_unexpected(to_error(attempted, exchange));
  if (exchange.interrupted) return fail(attempted + ": it changed meanwhile", EAGAIN);
  if (code < 0 && !exchange.finished)
    return fail(attempted + ": netlink: " + nl_geterror(code), EIO);
  return {};
}

Result<void> Netlink::dump(const std::function<Message()>& make, const std::string& attempted,
                           const std::function<void()>& restart, const OnMessage& on_message) {
  constexpr int kAttempts = 20;
  Result<void> done;
  for (int i = 0; i < kAttempts; ++i) {
    restart();
    done = request(make(), attempted, on_message);
    if (done || done.error().code != EAGAIN) break;
  }
  return done;
}

}  // namespace trestle::net
