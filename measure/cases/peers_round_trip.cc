// SPDX-License-Identifier: Apache-2.0
//
// What does a request and its answer wait for? One UDP datagram to and fro between two threads on
// one CPU, the switch on another, and nobody spins.

#include <string>
#include <utility>

#include "measure/cases/peers.h"
#include "measure/traffic/ping_pong.h"

namespace trestle::measure::peers {
namespace {

constexpr std::size_t kDatagramBytes = 18;

Result<void> measure(Stage& stage, Record& record) {
  if (stage.lab == nullptr) return fail("round trips need a lab");
  if (auto ready = prepare(stage); !ready) return ready;
  const Lab& lab = *stage.lab;
  PingPong exchange;
  exchange.asking = lab.ends()[0].space;
  exchange.serving = lab.ends()[1].space;
  exchange.address = lab.ends()[1].address;
  exchange.bytes = kDatagramBytes;
  exchange.seconds = stage.effort.trial_seconds;
  if (!lab.cpus().senders.empty()) exchange.cpu = lab.cpus().senders.front();
  auto trips = ping_pong(exchange);
  if (!trips) return tl::make_unexpected(trips.error());
  const Histogram& times = trips->times;
  record.values["rtt_p50"] = static_cast<double>(times.quantile(0.5));
  record.values["rtt_p99"] = static_cast<double>(times.quantile(0.99));
  record.values["rtt_p999"] = static_cast<double>(times.quantile(0.999));
  record.values["round_trips"] = static_cast<double>(times.count()) / trips->seconds;
  if (trips->lost > 0) {
    record.note = std::to_string(trips->lost) + " datagrams were not answered within 200 ms";
  }
  record.latency = std::move(trips->times);
  return {};
}

}  // namespace

Case round_trip(const Effort& effort) {
  Case asked;
  asked.suite = "peers";
  asked.test = "rtt";
  asked.setup = {{"datagram_bytes", kDatagramBytes}};
  asked.measure = measure;
  asked.seconds = effort.trial_seconds + 0.3;
  return asked;
}

}  // namespace trestle::measure::peers
