// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/ping_pong.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "control/net/namespaces.h"
#include "measure/traffic/interrupt.h"

namespace trestle::measure {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kWarmUp = 100;                 // round trips before the clock counts
constexpr auto kPatience = std::chrono::seconds(1);  // without any answer at the start
constexpr timeval kLook{0, 50'000};                  // how often a server looks whether to stop
constexpr timeval kAnswer{0, 200'000};               // after which a question is lost

// A descriptor that is closed with the object.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(fd_); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

Result<sockaddr_in> socket_address(const std::string& address, std::uint16_t port) {
  sockaddr_in found{};
  found.sin_family = AF_INET;
  found.sin_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &found.sin_addr) != 1) {
    return fail(fmt::format("'{}' is not an IPv4 address", address));
  }
  return found;
}

using Attach = int (*)(int, const sockaddr*, socklen_t);

Result<int> open_socket(const std::string& address, std::uint16_t port, const timeval& patience,
                        Attach attach, const char* attempted) {
  const auto where = socket_address(address, port);
  if (!where) return tl::make_unexpected(where.error());
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_errno("cannot open a UDP socket", errno);
  const int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on) != 0 ||
      setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
      attach(fd, reinterpret_cast<const sockaddr*>(&*where), sizeof *where) != 0) {
    const int code = errno;
    close(fd);
    return fail_errno(fmt::format("cannot {} {}:{}", attempted, address, port), code);
  }
  return fd;
}

// Opened in namespace `space`; a socket stays in the namespace that it was opened in.
template <typename Open>
Result<int> open_in(const std::string& space, Open open) {
  const auto handle = net::open_namespace(space);
  if (!handle) return tl::make_unexpected(handle.error());
  const auto scope = net::NamespaceScope::enter(*handle);
  if (!scope) return tl::make_unexpected(scope.error());
  return open();
}

void pin(int cpu) {
  if (cpu < 0) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  sched_setaffinity(0, sizeof one, &one);
}

// One round trip with sequence number `sequence`; false if no answer came in time. Late answers to
// earlier questions are read and passed over.
bool round_trip(int client, std::vector<char>& datagram, std::uint64_t sequence) {
  std::memcpy(datagram.data(), &sequence, sizeof sequence);
  if (send(client, datagram.data(), datagram.size(), 0) < 0) return false;
  std::array<char, kPingPongMax> answer;
  for (;;) {
    if (recv(client, answer.data(), answer.size(), 0) < 0) return false;
    std::uint64_t answered;
    std::memcpy(&answered, answer.data(), sizeof answered);
    if (answered == sequence) return true;
  }
}

}  // namespace

Result<int> open_server(const std::string& address, std::uint16_t port) {
  return open_socket(address, port, kLook, &bind, "serve on");
}

Result<int> open_client(const std::string& address, std::uint16_t port) {
  return open_socket(address, port, kAnswer, &connect, "connect to");
}

void serve(int server, const std::atomic<bool>& stop) {
  std::array<char, kPingPongMax> buffer;
  while (!stop.load(std::memory_order_relaxed)) {
    sockaddr_in peer{};
    socklen_t peer_size = sizeof peer;
    auto* const from = reinterpret_cast<sockaddr*>(&peer);
    const ssize_t size = recvfrom(server, buffer.data(), buffer.size(), 0, from, &peer_size);
    if (size < 0) continue;  // it is time to look; or an ICMP error for an earlier answer
    static_cast<void>(
        sendto(server, buffer.data(), static_cast<std::size_t>(size), 0, from, peer_size));
  }
}

Result<RoundTrips> ask(int client, std::size_t bytes, double seconds, std::uint64_t count) {
  if (bytes < sizeof(std::uint64_t) || bytes > kPingPongMax) {
    return fail(fmt::format("a datagram has 8 to {} bytes, not {}", kPingPongMax, bytes));
  }
  std::vector<char> datagram(bytes);
  std::uint64_t sequence = 0;
  const auto first = Clock::now();
  for (std::size_t tries = 0, answered = 0; tries < kWarmUp; ++tries) {
    if (round_trip(client, datagram, sequence++)) {
      ++answered;
    } else if (answered == 0) {
      // Nobody serves, or not yet.
      if (interrupted() || Clock::now() - first > kPatience) return fail("no datagram is answered");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      tries = 0;
    }
  }
  RoundTrips trips;
  const auto begun = Clock::now();
  const auto end =
      begun + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  auto now = begun;
  while (trips.times.count() < count && now < end && !interrupted()) {
    const bool answered = round_trip(client, datagram, sequence++);
    const auto then = std::exchange(now, Clock::now());
    if (answered) {
      trips.times.record(std::chrono::nanoseconds(now - then).count());
    } else {
      ++trips.lost;
    }
  }
  trips.seconds = std::chrono::duration<double>(now - begun).count();
  if (trips.times.empty()) return fail("no datagram is answered");
  return trips;
}

Result<RoundTrips> ping_pong(const PingPong& exchange) {
  const auto server =
      open_in(exchange.serving, [&] { return open_server(exchange.address, exchange.port); });
  if (!server) return tl::make_unexpected(server.error());
  const Descriptor serving(*server);
  const auto client =
      open_in(exchange.asking, [&] { return open_client(exchange.address, exchange.port); });
  if (!client) return tl::make_unexpected(client.error());
  const Descriptor asking(*client);

  std::atomic<bool> stop = false;
  std::thread answers([&] {
    pin(exchange.cpu);
    serve(serving.fd(), stop);
  });
  Result<RoundTrips> trips;
  std::thread asks([&] {
    pin(exchange.cpu);
    trips = ask(asking.fd(), exchange.bytes, exchange.seconds);
  });
  asks.join();
  stop = true;
  answers.join();
  return trips;
}

}  // namespace trestle::measure
