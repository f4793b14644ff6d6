// SPDX-License-Identifier: Apache-2.0
//
// Clients of a web server on 127.0.0.1, good ones and stuck ones, for tests.

#pragma once

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>

namespace trestle::testing {

// A connection that does what it is told and nothing else.
class WebClient {
 public:
  // `window`: bytes that the kernel takes for it while nobody reads; 0: as usual.
  explicit WebClient(int port, int window = 0)
      : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (window != 0) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  }
  ~WebClient() { close(socket_); }
  WebClient(const WebClient&) = delete;
  WebClient& operator=(const WebClient&) = delete;

  void say(const std::string& text) {
    REQUIRE(send(socket_, text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }
  // All that comes until the server hangs up.
  std::string rest() {
    std::string answer;
    char buffer[65536];
    for (ssize_t n; (n = recv(socket_, buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(n));
    }
    return answer;
  }
  // Whether the server hangs up within the time, while nobody reads what it has sent.
  bool is_hung_up_on(std::chrono::milliseconds limit) {
    pollfd descriptor{socket_, POLLRDHUP, 0};
    return poll(&descriptor, 1, static_cast<int>(limit.count())) == 1;
  }

 private:
  const int socket_;
};

inline std::string http(int port, const std::string& method, const std::string& path,
                        const std::string& headers = "") {
  WebClient client(port);
  client.say(method + " " + path + " HTTP/1.1\r\nHost: trestle\r\n" + headers + "\r\n");
  return client.rest();
}

inline std::string http_get(int port, const std::string& path, const std::string& headers = "") {
  return http(port, "GET", path, headers);
}

// What comes after the headers.
inline std::string body_of(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

}  // namespace trestle::testing
