// SPDX-License-Identifier: Apache-2.0
//
// One request to the kernel's rtnetlink and its answer, with what libnl's own calls lose: the errno
// and the kernel's explanation (extended ack). libnl builds and parses the messages. Included by
// the .cc files of this folder only: it shows libnl's types.

#pragma once

#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/object.h>
#include <netlink/route/link.h>
#include <netlink/socket.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "control/net/links.h"
#include "datapath/error.h"

namespace trestle::net {

struct MessageDeleter {
  void operator()(nl_msg* message) const { nlmsg_free(message); }
};
using Message = std::unique_ptr<nl_msg, MessageDeleter>;

struct LinkDeleter {
  void operator()(rtnl_link* link) const { rtnl_link_put(link); }
};
using LinkObject = std::unique_ptr<rtnl_link, LinkDeleter>;

struct SocketDeleter {
  void operator()(nl_sock* socket) const { nl_socket_free(socket); }
};
using Socket = std::unique_ptr<nl_sock, SocketDeleter>;

// A NETLINK_ROUTE socket in the calling thread's namespace.
Result<Socket> open_socket();

// The message parsed by libnl, handed to `use`; false when libnl does not understand it.
bool parse_object(nl_msg* message, const std::function<void(nl_object*)>& use);

// The link of an RTM_NEWLINK or RTM_DELLINK object.
Link to_link(rtnl_link* link);

class Netlink {
 public:
  static Result<std::unique_ptr<Netlink>> open();

  using OnMessage = std::function<void(nl_msg*)>;
  // Sends and waits for the answer; each message of the answer goes to `on_message`. The error
  // reads "<attempted>: <errno's text> …".
  Result<void> request(const Message& message, const std::string& attempted,
                       const OnMessage& on_message = nullptr);
  // As request, with NLM_F_DUMP, again from the start (after `restart`) when the kernel's tables
  // changed meanwhile.
  Result<void> dump(const std::function<Message()>& make, const std::string& attempted,
                    const std::function<void()>& restart, const OnMessage& on_message);

 private:
  explicit Netlink(Socket socket) : socket_(std::move(socket)) {}

  std::mutex mutex_;  // for one exchange
  Socket socket_;
};

}  // namespace trestle::net
