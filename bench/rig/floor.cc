// SPDX-License-Identifier: Apache-2.0
//
// floor: does nothing but move frames between two interfaces, as fast as the kernel interface lets
// one thread: no addresses, no tables, no checks, no counters. bench/compare measures it as a
// switch, so that trestle can be compared with what its kernel interfaces cost at the least. `floor
// A B` forwards between two interfaces of its namespace, `floor --tap A B` makes two TAPs. Prints
// "ready" when it forwards.

#include "bench/rig/floor.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/prctl.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace trestle::bench {

void die(const std::string& attempted) {
  fmt::print(stderr, "floor: {}: {}\n", attempted, std::strerror(errno));
  std::exit(1);
}

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::vector<std::string> interfaces;
  bool tap = false;
  std::string receive = "v2";
  std::string send = "sendmmsg";
  std::uint32_t slots = 4096;
  int spin_us = 50;
};

struct Port {
  std::unique_ptr<Source> source;
  std::unique_ptr<Drain> drain;
};

std::unique_ptr<Source> open_source(const Options& options, const std::string& interface) {
  if (options.receive == "v3") return ring_v3(interface);
  if (options.receive == "recvmmsg") return recvmmsg_source(interface);
  return ring_v2(interface, options.slots);
}

std::unique_ptr<Drain> open_drain(const Options& options, const std::string& interface) {
  if (options.send == "io_uring") return io_uring_drain(interface);
  if (options.send == "xdp") return xdp_drain(interface);
  return sendmmsg_drain(interface);
}

Port open_port(const Options& options, const std::string& interface) {
  if (!options.tap) return {open_source(options, interface), open_drain(options, interface)};
  TapEnds tap = tap_ends(interface, options.send == "io_uring");
  return {std::move(tap.source), std::move(tap.drain)};
}

bool forward(std::vector<Port>& ports, Port& from) {
  std::array<Bytes, kBurst> frames;
  const std::size_t count = from.source->take(frames);
  if (count == 0) return false;
  for (Port& port : ports) {
    if (&port != &from) port.drain->send(std::span(frames).first(count));
  }
  from.source->release();
  return true;
}

// Asks for a while when there is nothing, then sleeps. poll() and not epoll: nobody is woken while
// this runs, as there is nobody in the queues.
[[noreturn]] void run(std::vector<Port>& ports, std::chrono::microseconds spin) {
  std::vector<pollfd> wanted;
  for (const Port& port : ports) wanted.push_back({port.source->fd(), POLLIN, 0});
  auto last = Clock::now();
  for (;;) {
    bool any = false;
    for (Port& port : ports) any |= forward(ports, port);
    if (any) {
      last = Clock::now();
    } else if (Clock::now() - last >= spin) {
      poll(wanted.data(), wanted.size(), -1);
      last = Clock::now();
    }
  }
}

int start(int argc, char** argv) {
  Options options;
  CLI::App app{"Moves frames between interfaces and does nothing else."};
  app.add_option("interfaces", options.interfaces, "two or more")->required()->expected(2, 64);
  app.add_flag("--tap", options.tap, "make these as TAPs");
  app.add_option("--receive", options.receive, "how (AF_PACKET)")
      ->check(CLI::IsMember({"v2", "v3", "recvmmsg"}))
      ->capture_default_str();
  app.add_option("--send", options.send, "how; a TAP: sendmmsg is write(), io_uring also reads")
      ->check(CLI::IsMember({"sendmmsg", "io_uring", "xdp"}))
      ->capture_default_str();
  app.add_option("--slots", options.slots, "of 2 KiB, in a ring v2: a power of two")
      ->check(CLI::Range(2u, 1u << 16))
      ->capture_default_str();
  app.add_option("--spin-us", options.spin_us, "ask this long before sleeping")
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  prctl(PR_SET_TIMERSLACK, 1UL);
  std::vector<Port> ports;
  for (const std::string& each : options.interfaces) ports.push_back(open_port(options, each));
  fmt::print("ready\n");
  std::fflush(stdout);
  run(ports, std::chrono::microseconds(options.spin_us));
}

}  // namespace
}  // namespace trestle::bench

int main(int argc, char** argv) {
  return trestle::bench::start(argc, argv);
}
