// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the API share: a table of made-up commands, a server
// driven by hand, and a client that speaks bytes. All in one thread: pump() is the event loop.

#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "control/api/json.h"
#include "control/api/listener.h"
#include "control/api/server.h"
#include "tests/temporary_directory.h"

namespace trestle::testing {

// echo gives its parameters back, large so many bytes, refuse and throw fail, events subscribes.
inline control::CommandTable made_up_commands() {
  using namespace control;
  return {
      {"echo", [](const Json& params, Caller&) -> Reply { return params; }},
      {"large",
       [](const Json& params, Caller&) -> Reply {
         return Json(std::string(params.at("bytes").get<std::size_t>(), 'x'));
       }},
      {"refuse",
       [](const Json&, Caller&) -> Reply {
         return refuse("cannot add port br0.red: no",
                       {{"lab.toml", 3, 7, "unknown key"}, {"lab.toml", 4, 1, "another"}});
       }},
      {"throw", [](const Json& params, Caller&) -> Reply { return params.at("nothing"); }},
      {"events",
       [](const Json&, Caller& caller) -> Reply {
         caller.wants_events = true;
         return Json{{"subscribed", true}};
       }},
  };
}

inline std::string request(const std::string& method,
                           const control::Json& params = control::Json::object(), int id = 1) {
  return control::to_line(
             {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}) +
         "\n";
}

class Served {
 public:
  explicit Served(control::CommandTable commands = made_up_commands())
      : socket(directory / "run/api.sock"),
        server(control::ApiServer::start(std::move(control::Listener::open(socket).value()),
                                         std::move(commands))
                   .value()) {}

  // Dispatches until nothing is ready.
  void pump() {
    pollfd ready{server->descriptor(), POLLIN, 0};
    while (poll(&ready, 1, 0) == 1) server->dispatch(now);
  }

  TemporaryDirectory directory;
  std::string socket;
  std::unique_ptr<control::ApiServer> server;
  control::ApiServer::Time now = control::ApiServer::Time() + std::chrono::hours(1);
};

class RawClient {
 public:
  explicit RawClient(const std::string& socket) : descriptor_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket.data(), socket.size());
    if (connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("connect: " + std::string(std::strerror(errno)));
    }
  }
  ~RawClient() { close(descriptor_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // What the socket takes at once; 0 when it is full, -1 when the server is gone.
  ssize_t write_some(std::string_view bytes) {
    const ssize_t n = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return n < 0 && errno == EAGAIN ? 0 : n;
  }
  void finish() { shutdown(descriptor_, SHUT_WR); }

  // Takes what there is to read; false once the server has closed.
  bool read_some() {
    std::array<char, 65536> chunk;
    for (;;) {
      const ssize_t n = recv(descriptor_, chunk.data(), chunk.size(), MSG_DONTWAIT);
      if (n < 0 && errno == EAGAIN) return true;
      if (n <= 0) return false;
      text_.append(chunk.data(), static_cast<std::size_t>(n));
    }
  }
  // The complete lines read so far, parsed; they are taken away.
  std::vector<control::Json> lines() {
    std::vector<control::Json> result;
    std::size_t end = 0;
    std::size_t begin = 0;
    while ((end = text_.find('\n', begin)) != std::string::npos) {
      result.push_back(control::Json::parse(text_.substr(begin, end - begin)));
      begin = end + 1;
    }
    text_.erase(0, begin);
    return result;
  }
  // Sends `bytes`, lets the server work, and returns the replies.
  std::vector<control::Json> exchange(Served& served, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = write_some(bytes);
      if (n < 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(n));
      served.pump();
      open_ = read_some();
    }
    do {
      served.pump();
      const std::size_t before = text_.size();
      open_ = read_some();
      if (text_.size() == before) break;
    } while (open_);
    return lines();
  }
  bool open() const { return open_; }

 private:
  int descriptor_;
  std::string text_;
  bool open_ = true;
};

}  // namespace trestle::testing
