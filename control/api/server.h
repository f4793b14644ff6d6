// SPDX-License-Identifier: Apache-2.0
//
// The API server: accepts clients on the Unix socket and gives each its turn. The first stage of a
// command's life. It has no thread: an event loop watches descriptor() and calls dispatch().
// Control thread only.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string_view>

#include "control/api/connection.h"
#include "control/api/listener.h"
#include "datapath/error.h"

namespace trestle::control {

class ApiServer {
 public:
  using Time = Connection::Time;

  static Result<std::unique_ptr<ApiServer>> start(Listener listener, CommandTable commands);
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  // Ready for reading whenever dispatch() has something to do.
  int descriptor() const { return epoll_; }
  // Does what can be done without waiting.
  void dispatch(Time now);
  // Ends connections that have left a reply unread for kReplyTimeout. To be called now and then.
  void tick(Time now);
  // Queues a line (no line break) for every subscriber.
  void publish(std::string_view line);
  // `on_change` hears, from within dispatch() or tick(), when the first subscriber comes and when
  // the last has gone.
  void watch_subscribers(std::function<void(bool any)> on_change) {
    on_change_ = std::move(on_change);
  }
  std::size_t connections() const { return clients_.size(); }

 private:
  struct Client {
    std::unique_ptr<Connection> connection;
    std::uint32_t interest = 0;  // what epoll watches for
  };
  using Clients = std::map<std::uint64_t, Client>;  // by a number that is never used again

  ApiServer(Listener listener, CommandTable commands, int epoll);
  void accept_clients();
  void listen_for_clients(bool on);
  void settle(Clients::iterator client, Time now);  // closes it, or tells epoll what it waits for
  void tell_of_subscribers();

  Listener listener_;
  CommandTable commands_;
  int epoll_;
  Clients clients_;
  std::uint64_t next_client_ = 1;
  bool accepting_ = false;
  bool any_subscribed_ = false;
  std::function<void(bool)> on_change_;
};

}  // namespace trestle::control
