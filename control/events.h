// SPDX-License-Identifier: Apache-2.0
//
// What happens, as it happens: `trestle events` and whoever subscribes over the API. Raised by the
// control thread (which also passes on what workers saw: MACs learned and moved), delivered in the
// control thread.

#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <utility>
#include <vector>

namespace trestle::control {

// One event: a type ("port.state", "fdb.learn", "fdb.move", "fdb.age", "fdb.evict",
// "config.change", "link.change", "queue.move", "events.lost") and its fields in order.
struct Event {
  std::string type;
  std::uint64_t unix_milliseconds = 0;  // CLOCK_REALTIME
  std::vector<std::pair<std::string, std::string>>
      fields;  // bridge, port, mac, vlan, state, message, …
};

// Thread-safety: control thread only.
class EventBus {
 public:
  using Listener = std::function<void(const Event&)>;
  using Token = std::list<Listener>::iterator;

  Token subscribe(Listener listener) {
    return listeners_.insert(listeners_.end(), std::move(listener));
  }
  void unsubscribe(Token token) { listeners_.erase(token); }
  bool has_listeners() const { return !listeners_.empty(); }
  // Stamps the event with the time and delivers it to every listener. Listeners must not
  // (un)subscribe from within.
  void raise(std::string type, std::vector<std::pair<std::string, std::string>> fields);

 private:
  std::list<Listener> listeners_;
};

}  // namespace trestle::control
