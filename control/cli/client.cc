// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/cli/client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "control/cli/exit_status.h"

namespace trestle::control {
namespace {

tl::unexpected<Failure> failure(int status, std::string message) {
  return tl::make_unexpected(Failure{status, {kRefused, std::move(message), {}}});
}

int status_for(int code) {
  return code == kInvalidParams || code == kMethodNotFound ? kUsage : kRefusedByDaemon;
}

RpcError error_from(const Json& error) {
  RpcError result{error.value("code", static_cast<int>(kInternalError)),
                  error.value("message", std::string("no reason given")),
                  {}};
  const auto data = error.find("data");
  if (data == error.end() || !data->is_array()) return result;
  for (const Json& place : *data) {
    result.mistakes.push_back({place.value("file", std::string()), place.value("line", 0),
                               place.value("column", 0), place.value("message", std::string())});
  }
  return result;
}

}  // namespace

tl::expected<Client, Failure> Client::connect(const std::string& socket,
                                              std::chrono::milliseconds patience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.empty() || socket.size() >= sizeof address.sun_path) {
    return failure(kUsage, "trestle: a socket's path has 1 to " +
                               std::to_string(sizeof address.sun_path - 1) + " bytes: " + socket);
  }
  std::memcpy(address.sun_path, socket.data(), socket.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) {
    return failure(kRefusedByDaemon, std::string("cannot make a socket: ") + std::strerror(errno));
  }
  Client client(socket, descriptor);
  if (patience.count() > 0) {
    const timeval limit{patience.count() / 1000, patience.count() % 1000 * 1000};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const std::string reason = std::strerror(errno);
    return failure(kNoDaemon, "cannot reach trestled at " + socket + ": " + reason);
  }
  return client;
}

Client::Client(Client&& other) noexcept
    : socket_(std::move(other.socket_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      in_(std::move(other.in_)),
      begin_(other.begin_) {}

Client::~Client() {
  if (descriptor_ >= 0) close(descriptor_);
}

tl::expected<Json, Failure> Client::call(const std::string& method, const Json& params) {
  send_all(to_line({{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}}) + '\n');
  // Even if not all could be sent: the daemon may have said why before it hung up.
  const auto line = read_line();
  if (!line) return lost();
  const Json reply = Json::parse(*line, nullptr, false);
  if (!reply.is_object()) return failure(kRefusedByDaemon, "trestled's answer is not JSON-RPC");
  if (reply.contains("result")) return reply["result"];
  const RpcError error = error_from(reply.value("error", Json::object()));
  return tl::make_unexpected(Failure{status_for(error.code), error});
}

tl::expected<Json, Failure> Client::next_event(int output) {
  for (;;) {
    if (in_.find('\n', begin_) == std::string::npos && !wait_for_input(output)) return Json();
    const auto line = read_line();
    if (!line) return lost();
    const Json message = Json::parse(*line, nullptr, false);
    if (message.is_object() && message.value("method", std::string()) == "event") {
      return message.value("params", Json::object());
    }
  }
}

bool Client::send_all(const std::string& line) {
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t n = send(descriptor_, line.data() + done, line.size() - done, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

std::optional<std::string> Client::read_line() {
  std::size_t searched = begin_;
  for (;;) {
    const std::size_t end = in_.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = in_.substr(begin_, end - begin_);
      begin_ = end + 1;
      if (begin_ == in_.size()) in_.clear(), begin_ = 0;
      return line;
    }
    in_.erase(0, begin_);
    begin_ = 0;
    searched = in_.size();
    constexpr std::size_t kChunk = std::size_t{64} << 10;
    in_.resize(searched + kChunk);
    const ssize_t n = recv(descriptor_, in_.data() + searched, kChunk, 0);
    const int code = errno;
    in_.resize(searched + (n > 0 ? static_cast<std::size_t>(n) : 0));
    out_of_patience_ = n < 0 && code == EAGAIN;
    if (n == 0 || (n < 0 && code != EINTR)) return std::nullopt;
  }
}

bool Client::wait_for_input(int output) const {
  // A pipe whose reader has gone reports POLLERR, unasked; without looking, the end of `trestle
  // events | head` would be seen at the next event only.
  pollfd descriptors[] = {{descriptor_, POLLIN, 0}, {output, 0, 0}};
  while (poll(descriptors, 2, -1) < 0 && errno == EINTR) {
  }
  return (descriptors[1].revents & (POLLERR | POLLHUP)) == 0;
}

tl::unexpected<Failure> Client::lost() const {
  return failure(kNoDaemon,
                 "trestled at " + socket_ + (out_of_patience_ ? " does not answer" : " went away"));
}

}  // namespace trestle::control
