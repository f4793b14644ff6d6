// SPDX-License-Identifier: Apache-2.0
//
// Does a table of a million addresses make anything slower? They are taught through the switch;
// then a scrape, listings and round trips between the two ends are timed, and the ends go on with
// their round trips while all of the addresses age out: an ageing that held frames up would show in
// the longest one. Which is a question to the scheduler as well, so the longest one of a quiet time
// stands beside it.

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "measure/cases/asked_of_itself.h"
#include "measure/cases/scale.h"
#include "measure/switches/switch.h"
#include "measure/traffic/interrupt.h"
#include "measure/traffic/ping_pong.h"

namespace trestle::measure::scale {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kPatience = 120;                         // s, for ageing
constexpr double kTeachRate = 400e3, kSlowestRate = 5e3;  // addresses/s
constexpr unsigned kAtOnce = 100'000;                     // are taught
constexpr std::uint64_t kFew = 4;                   // that count as all forgotten: the ends' own
constexpr std::uint64_t kFirst = 0x0600'0000'0000;  // 06:00:00:00:00:00 and up are taught

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

// Longer than teaching and all that is timed before they are to be forgotten.
unsigned ageing_seconds(const Effort& effort, unsigned addresses) {
  return static_cast<unsigned>(std::ceil(2 + 4 * effort.trial_seconds + addresses / 40'000.0));
}

// The table as it was, whatever happened.
class WideTable {
 public:
  explicit WideTable(Switch& subject) : subject_(subject) {}
  ~WideTable() { static_cast<void>(subject_.widen_table(0)); }
  WideTable(const WideTable&) = delete;
  WideTable& operator=(const WideTable&) = delete;

 private:
  Switch& subject_;
};

// One frame from each of `count` of them, of which `already` come before, until the table has all;
// ever slower, for those that were lost.
Result<void> teach_some(const Stage& stage, unsigned already, unsigned count) {
  Trial trial;
  trial.streams = {stream_between(stage.trials, 0, 1)};
  trial.streams[0].source = MacAddress::from_u64(kFirst + already);
  trial.streams[0].sources = count;
  trial.frames = count;
  trial.settle_seconds = 0.05;
  for (trial.rate = kTeachRate; trial.rate > kSlowestRate; trial.rate /= 2) {
    if (auto sent = offer(stage, trial); !sent) return tl::make_unexpected(sent.error());
    const auto known = stage.lab->subject().addresses();
    if (!known) return tl::make_unexpected(known.error());
    show_progress(stage, fmt::format("{} addresses known", *known));
    if (*known >= already + count) return {};
  }
  return fail(fmt::format("of {} addresses not all are learned", already + count));
}

Result<void> teach(const Stage& stage, Record& record, unsigned addresses) {
  const double cpu = cpu_seconds_of(stage);
  const auto begun = Clock::now();
  for (unsigned taught = 0; taught < addresses;) {
    const unsigned count = std::min(kAtOnce, addresses - taught);
    if (auto done = teach_some(stage, taught, count); !done) return done;
    taught += count;
  }
  record.values["learning_time"] = seconds_since(begun);
  record.values["learning_cpu"] = cpu_seconds_of(stage) - cpu;
  return {};
}

Result<RoundTrips> round_trips(const Stage& stage, double seconds) {
  const Lab& lab = *stage.lab;
  PingPong exchange;
  exchange.asking = lab.ends()[0].space;
  exchange.serving = lab.ends()[1].space;
  exchange.address = lab.ends()[1].address;
  exchange.seconds = seconds;
  if (!lab.cpus().senders.empty()) exchange.cpu = lab.cpus().senders.front();
  return ping_pong(exchange);
}

Result<void> time_round_trips(const Stage& stage, Record& record) {
  show_progress(stage, "round trips");
  const double cpu = cpu_seconds_of(stage);
  const auto trips = round_trips(stage, stage.effort.trial_seconds);
  if (!trips) return tl::make_unexpected(trips.error());
  const double used = cpu_seconds_of(stage) - cpu;
  record.values["rtt_p50"] = static_cast<double>(trips->times.quantile(0.5));
  record.values["rtt_max"] = static_cast<double>(trips->times.max());
  record.values["cpu_per_round_trip"] = 1e9 * used / static_cast<double>(trips->times.count());
  return {};
}

// They live for as long as the table was told, after their last frame.
Result<void> watch_ageing(const Stage& stage, Record& record, unsigned ageing) {
  constexpr double kPiece = 1;  // s of round trips between two looks at the table
  const auto begun = Clock::now();
  double longest = 0;
  for (;;) {
    const auto left = stage.lab->subject().addresses();
    if (!left) return tl::make_unexpected(left.error());
    if (*left <= kFew) break;
    show_progress(stage, fmt::format("{} addresses left", *left));
    if (seconds_since(begun) > ageing + kPatience)
      return fail(fmt::format("{} addresses do not age out", *left));
    const auto trips = round_trips(stage, kPiece);
    if (!trips) return tl::make_unexpected(trips.error());
    longest = std::max(longest, static_cast<double>(trips->times.max()));
  }
  record.values["rtt_max_ageing"] = longest;
  return {};
}

Result<void> measure(const Stage& stage, Record& record, unsigned addresses) {
  if (stage.lab == nullptr) return fail("a table needs a lab");
  Switch& subject = stage.lab->subject();
  const WideTable restored(subject);
  const unsigned ageing = ageing_seconds(stage.effort, addresses);
  if (auto widened = subject.widen_table(ageing); !widened) return widened;
  if (auto ready = prepare(stage); !ready) return ready;
  if (addresses > 0) {
    if (auto taught = teach(stage, record, addresses); !taught) return taught;
  }
  record.values["resident_bytes"] = resident_bytes_of(stage);
  return time_listings(stage, record)
      .and_then([&] { return time_round_trips(stage, record); })
      .and_then(
          [&] { return addresses > 0 ? watch_ageing(stage, record, ageing) : Result<void>(); });
}

}  // namespace

Case many_addresses(const Effort& effort, unsigned addresses) {
  Case asked;
  asked.suite = "scale";
  asked.test = "addresses";
  asked.setup = {{"addresses", addresses}};
  asked.applies = [](const Switch& subject) { return subject.can_widen_table(); };
  asked.measure = [addresses](Stage& stage, Record& record) {
    return measure(stage, record, addresses);
  };
  asked.seconds = 1 + effort.trial_seconds;
  if (addresses > 0) asked.seconds += ageing_seconds(effort, addresses) + addresses / 2e5;
  return asked;
}

}  // namespace trestle::measure::scale
