// SPDX-License-Identifier: Apache-2.0
//
// ping-pong: one UDP datagram to and fro, blocking, nothing spins: what a request and its answer
// cost through a switch, wake-ups included. `ping-pong serve ADDRESS` answers, `ping-pong run
// ADDRESS` asks and prints percentiles as one line of JSON. One thread each.
//
// Datagrams carry no UDP checksum (SO_NO_CHECK), because some switches lose the metadata of an
// unfinished one and their datagrams would never arrive.

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "bench/rig/pin.h"

namespace trestle::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kDatagramMax = 1472;  // fills an MTU of 1500
constexpr std::size_t kWarmUp = 100;        // round trips before the clock counts
constexpr timeval kAnswerTimeout{0, 200'000};

struct Options {
  std::string address;
  std::uint16_t port = 7777;
  std::size_t size = 18;  // a 60-byte frame
  std::size_t count = 100'000;
  double seconds = 2;
  int cpu = -1;
};

[[noreturn]] void die(const std::string& attempted) {
  fmt::print(stderr, "ping-pong: {}: {}\n", attempted, std::strerror(errno));
  std::exit(1);
}

sockaddr_in socket_address(const Options& options) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options.port);
  if (inet_pton(AF_INET, options.address.c_str(), &address.sin_addr) != 1) {
    fmt::print(stderr, "ping-pong: '{}' is not an IPv4 address\n", options.address);
    std::exit(2);
  }
  return address;
}

int open_socket() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on) != 0) die("no UDP socket");
  return fd;
}

// Answers until it is ended by a signal; says "ready" once datagrams are received.
[[noreturn]] void serve(const Options& options) {
  const int fd = open_socket();
  const sockaddr_in address = socket_address(options);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    die(fmt::format("cannot bind to {}:{}", options.address, options.port));
  }
  fmt::print("ready\n");
  std::fflush(stdout);
  std::array<char, kDatagramMax> buffer;
  for (;;) {
    sockaddr_in peer{};
    socklen_t peer_size = sizeof peer;
    auto* from = reinterpret_cast<sockaddr*>(&peer);
    const ssize_t size = recvfrom(fd, buffer.data(), buffer.size(), 0, from, &peer_size);
    if (size < 0) continue;  // an ICMP error for an earlier answer
    static_cast<void>(
        sendto(fd, buffer.data(), static_cast<std::size_t>(size), 0, from, peer_size));
  }
}

// One round trip with sequence number `sequence`; false if no answer came in time. Late answers to
// earlier questions are read and passed over.
bool round_trip(int fd, std::vector<char>& datagram, std::uint64_t sequence) {
  std::memcpy(datagram.data(), &sequence, sizeof sequence);
  if (send(fd, datagram.data(), datagram.size(), 0) < 0) return false;
  std::array<char, kDatagramMax> answer;
  for (;;) {
    if (recv(fd, answer.data(), answer.size(), 0) < 0) return false;
    std::uint64_t answered;
    std::memcpy(&answered, answer.data(), sizeof answered);
    if (answered == sequence) return true;
  }
}

double percentile_us(const std::vector<std::uint32_t>& sorted_ns, double fraction) {
  const auto last = static_cast<double>(sorted_ns.size() - 1);
  return sorted_ns[static_cast<std::size_t>(fraction * last + 0.5)] / 1000.0;
}

int ask(const Options& options) {
  const int fd = open_socket();
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kAnswerTimeout, sizeof kAnswerTimeout);
  const sockaddr_in address = socket_address(options);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    die("cannot connect");

  std::vector<char> datagram(options.size);
  std::vector<std::uint32_t> times_ns;
  times_ns.reserve(options.count);
  std::uint64_t lost = 0;
  std::uint64_t sequence = 0;
  while (sequence < kWarmUp) round_trip(fd, datagram, sequence++);
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(options.seconds));
  for (auto start = Clock::now(); times_ns.size() < options.count && start < end;
       start = Clock::now()) {
    if (!round_trip(fd, datagram, sequence++)) {
      ++lost;
      continue;
    }
    const auto taken = std::chrono::nanoseconds(Clock::now() - start).count();
    times_ns.push_back(static_cast<std::uint32_t>(taken));
  }
  close(fd);
  if (times_ns.empty()) {
    fmt::print(stderr, "ping-pong: no answer from {}:{}\n", options.address, options.port);
    return 1;
  }
  std::sort(times_ns.begin(), times_ns.end());
  fmt::print(R"({{"rounds":{},"lost":{},"min_us":{:.2f},"p50_us":{:.2f},"p99_us":{:.2f},)"
             R"("p999_us":{:.2f},"max_us":{:.2f}}})"
             "\n",
             times_ns.size(), lost, percentile_us(times_ns, 0), percentile_us(times_ns, 0.5),
             percentile_us(times_ns, 0.99), percentile_us(times_ns, 0.999),
             percentile_us(times_ns, 1));
  return 0;
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app{"One UDP datagram to and fro; prints percentiles of the round trip in µs as JSON."};
  app.require_subcommand(1);
  CLI::App* serving = app.add_subcommand("serve", "answer on ADDRESS");
  CLI::App* asking = app.add_subcommand("run", "ask the one that serves on ADDRESS");
  for (CLI::App* command : {serving, asking}) {
    command->add_option("address", options.address, "IPv4 address")->required();
    command->add_option("--port", options.port)->capture_default_str();
    command->add_option("--cpu", options.cpu, "pin to this CPU");
  }
  asking->add_option("--size", options.size, "bytes a datagram")
      ->check(CLI::Range(sizeof(std::uint64_t), kDatagramMax))
      ->capture_default_str();
  asking->add_option("--count", options.count, "round trips at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  asking->add_option("--seconds", options.seconds, "at most")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (options.cpu >= 0 && !pin_to_cpu(options.cpu))
    die(fmt::format("cannot pin to CPU {}", options.cpu));
  if (serving->parsed()) serve(options);
  return ask(options);
}

}  // namespace
}  // namespace trestle::bench

int main(int argc, char** argv) {
  return trestle::bench::run(argc, argv);
}
