// SPDX-License-Identifier: Apache-2.0
//
// Tells of links that come, change and go in one namespace. It is what heals ports: an AF_PACKET
// socket whose device was deleted says nothing. Control thread, in its event loop.

#pragma once

#include <memory>
#include <vector>

#include "control/net/links.h"
#include "datapath/error.h"

namespace trestle::net {

struct LinkEvent {
  enum class Kind { kNewOrChanged, kDeleted };  // a link moved to another namespace is deleted here
  Kind kind = Kind::kNewOrChanged;
  Link link;  // as it was when the kernel sent this
};

struct LinkEvents {
  std::vector<LinkEvent> events;  // in the kernel's order
  bool overrun = false;           // some were lost: list all links again
};

class LinkMonitor {
 public:
  // For the calling thread's namespace, or another one. What happens after this call is seen: list
  // the links after opening it, and nothing is missed.
  static Result<LinkMonitor> open();
  static Result<LinkMonitor> open_in(const NamespaceHandle& target);

  LinkMonitor(LinkMonitor&&) noexcept;
  LinkMonitor& operator=(LinkMonitor&&) noexcept;
  ~LinkMonitor();

  // Non-blocking; for epoll, level-triggered: one drain() takes at most kEventsMax.
  int fd() const;
  Result<LinkEvents> drain();

  static constexpr std::size_t kEventsMax = 4096;

 private:
  struct Subscription;
  explicit LinkMonitor(std::unique_ptr<Subscription> subscription);

  std::unique_ptr<Subscription> subscription_;
};

}  // namespace trestle::net
