// SPDX-License-Identifier: Apache-2.0
//
// ping-pong: measure/traffic/ping_pong.h as a program for each end, for benches that are scripts.
// `ping-pong serve ADDRESS` answers, `ping-pong run ADDRESS` asks and prints percentiles as one
// line of JSON. One thread each.

#include "measure/traffic/ping_pong.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include "bench/rig/pin.h"

namespace trestle::bench {
namespace {

struct Options {
  std::string address;
  std::uint16_t port = 7777;
  std::size_t size = 18;  // a 60-byte frame
  std::uint64_t count = 100'000;
  double seconds = 2;
  int cpu = -1;
};

int refuse(const std::string& why) {
  fmt::print(stderr, "ping-pong: {}\n", why);
  return 1;
}

// Answers until it is ended by a signal; says "ready" once datagrams are received.
int serve(const Options& options) {
  const auto server = measure::open_server(options.address, options.port);
  if (!server) return refuse(server.error().what);
  fmt::print("ready\n");
  std::fflush(stdout);
  measure::serve(*server, false);
  return 0;
}

int ask(const Options& options) {
  const auto client = measure::open_client(options.address, options.port);
  if (!client) return refuse(client.error().what);
  const auto trips = measure::ask(*client, options.size, options.seconds, options.count);
  if (!trips) return refuse(trips.error().what);
  const auto& times = trips->times;
  const auto us = [](std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; };
  fmt::print(R"({{"rounds":{},"lost":{},"min_us":{:.2f},"p50_us":{:.2f},"p99_us":{:.2f},)"
             R"("p999_us":{:.2f},"max_us":{:.2f}}})"
             "\n",
             times.count(), trips->lost, us(times.min()), us(times.quantile(0.5)),
             us(times.quantile(0.99)), us(times.quantile(0.999)), us(times.max()));
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
      ->check(CLI::Range(sizeof(std::uint64_t), measure::kPingPongMax))
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
  if (options.cpu >= 0 && !pin_to_cpu(options.cpu)) {
    return refuse(fmt::format("cannot pin to CPU {}: {}", options.cpu, std::strerror(errno)));
  }
  return serving->parsed() ? serve(options) : ask(options);
}

}  // namespace
}  // namespace trestle::bench

int main(int argc, char** argv) {
  return trestle::bench::run(argc, argv);
}
