// SPDX-License-Identifier: Apache-2.0
//
// A small HTTP/1.1 server (libmicrohttpd) for answers that are short to compute: one thread, which
// waits for all connections at once and for none of them. Clients that send nothing or take nothing
// cost a descriptor and what they have not taken, for a short time, and hold up nobody.
//
// It serves GET and HEAD; each connection has one request. Bodies are compressed for clients that
// accept gzip (RFC 9110, 12.5.3).

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "datapath/error.h"

namespace trestle::control {

class WebServer {
 public:
  struct Answer {
    unsigned status = 200;
    std::string body;
    const char* type = "text/plain; charset=utf-8";
  };
  // Called with the path of the request, in the server's thread; answers one at a time.
  using Respond = std::function<Answer(const std::string& path)>;

  struct Limits {
    std::chrono::seconds idle{5};       // in which nothing is sent or taken; then it is ended
    std::chrono::seconds lifetime{30};  // of a connection, once somebody else comes
    // At a time; what comes beyond ends the oldest. Each may hold an answer that it does not take.
    unsigned connections = 16;
  };

  // Listens on `listen`, "ADDRESS:PORT" with a numeric address, IPv6 in brackets; port 0: any. The
  // error says why that cannot be had ("Address already in use").
  static Result<std::unique_ptr<WebServer>> start(const std::string& listen, Respond respond,
                                                  Limits limits);
  // Ends all connections; waits for an answer that is being computed.
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  int port() const;  // of interest where `listen` asked for port 0

 private:
  struct State;
  explicit WebServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace trestle::control
