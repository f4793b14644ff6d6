// SPDX-License-Identifier: Apache-2.0
//
// trestle but for its main(), run against a server in the same process.

#pragma once

#include <sys/eventfd.h>

#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "control/cli/run.h"
#include "tests/control/api_fixture.h"

namespace trestle::testing {

// The server in a thread of its own, since the client blocks.
class ServingClient {
 public:
  explicit ServingClient(control::CommandTable commands)
      : served_(std::move(commands)), stop_(eventfd(0, 0)), thread_([this] { serve(); }) {}
  ~ServingClient() {
    eventfd_write(stop_, 1);
    thread_.join();
    close(stop_);
  }
  const std::string& socket() const { return served_.socket; }

 private:
  void serve() {
    served_.server->watch_subscribers([this](bool any) {
      if (!any) return;
      served_.server->publish(control::notification(
          "event",
          {{"type", "port.state"}, {"time", 1000}, {"bridge", "br0"}, {"message", "a b"}}));
      served_.server->publish(
          control::notification("event", {{"type", "events.lost"}, {"time", 2000}, {"count", 3}}));
    });
    pollfd descriptors[] = {{served_.server->descriptor(), POLLIN, 0}, {stop_, POLLIN, 0}};
    while (poll(descriptors, 2, -1) >= 0 && descriptors[1].revents == 0) {
      served_.server->dispatch(std::chrono::steady_clock::now());
    }
  }

  Served served_;
  int stop_;
  std::thread thread_;
};

struct Ran {
  int status;
  std::string out;
  std::string err;
};

inline Ran run(const std::string& socket, std::vector<const char*> words, int out_descriptor = -1) {
  words.insert(words.begin(), {"trestle", "--socket", socket.c_str()});
  std::ostringstream out;
  std::ostringstream err;
  const int status = control::run_command_line(static_cast<int>(words.size()), words.data(),
                                               {out, err, out_descriptor});
  return {status, out.str(), err.str()};
}

}  // namespace trestle::testing
