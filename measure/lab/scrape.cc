// SPDX-License-Identifier: Apache-2.0

#include "measure/lab/scrape.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/core.h>

#include "control/net/namespaces.h"

namespace trestle::measure {
namespace {

class Socket {
 public:
  Socket() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

void give_up_after(int fd, double seconds) {
  timeval limit{};
  limit.tv_sec = static_cast<time_t>(seconds);
  limit.tv_usec = static_cast<suseconds_t>((seconds - static_cast<double>(limit.tv_sec)) * 1e6);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

// All that comes until the server hangs up, as it was asked to.
Result<std::string> exchange(int fd, const std::string& question) {
  if (send(fd, question.data(), question.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(question.size())) {
    return fail_errno("cannot ask", errno);
  }
  std::string answer;
  char buffer[65536];
  ssize_t n = 0;
  while ((n = recv(fd, buffer, sizeof buffer, 0)) > 0) {
    answer.append(buffer, static_cast<std::size_t>(n));
  }
  if (n < 0) return fail_errno("no whole answer", errno);
  return answer;
}

}  // namespace

Result<std::string> http_get(const std::string& space, std::uint16_t port, const std::string& path,
                             double timeout_seconds) {
  const std::string attempted = fmt::format("GET http://127.0.0.1:{}{}", port, path);
  auto there = net::open_namespace(space);
  if (!there) return tl::make_unexpected(there.error());
  auto scope = net::NamespaceScope::enter(*there);
  if (!scope) return tl::make_unexpected(scope.error());
  const Socket socket;
  if (socket.fd() < 0) return fail_errno(attempted, errno);
  give_up_after(socket.fd(), timeout_seconds);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket.fd(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    return fail_errno(attempted, errno);
  }
  auto answer = exchange(socket.fd(), fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n"
                                                  "Connection: close\r\n\r\n",
                                                  path, port));
  if (!answer) return fail(attempted + ": " + answer.error().what, answer.error().code);
  const std::size_t head_end = answer->find("\r\n\r\n");
  if (!answer->starts_with("HTTP/1.1 200 ") || head_end == std::string::npos) {
    return fail(attempted + ": " + answer->substr(0, answer->find('\r')));
  }
  return answer->substr(head_end + 4);
}

}  // namespace trestle::measure
