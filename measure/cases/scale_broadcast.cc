// SPDX-License-Identifier: Apache-2.0
//
// How many copies of broadcasts come out of all ports together, and what does one cost? The first
// port sends all that it can, far more than can be copied; what waits in the switch's queue is
// waited for, and counts with the time that it takes.

#include <chrono>

#include "measure/cases/asked_of_itself.h"
#include "measure/cases/scale.h"
#include "measure/traffic/interrupt.h"

namespace trestle::measure::scale {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kLook = 0.1;         // s between two looks whether copies still come
constexpr double kPatience = 60;      // s
constexpr std::uint32_t kBytes = 64;  // of a frame, with FCS

struct Copies {
  double count = 0;
  double seconds = 0;  // until the last ones were seen
};

// Since `begun`, when `before` had been received: all, to the last one.
Result<Copies> wait_for_the_last(const Lab& lab, Clock::time_point begun, std::uint64_t before) {
  Copies copies;
  std::uint64_t seen = 0;
  do {
    const auto now = lab.received();
    if (!now) return tl::make_unexpected(now.error());
    const double elapsed = std::chrono::duration<double>(Clock::now() - begun).count();
    const bool more = *now != seen;
    seen = *now;
    if (!more) return copies;
    copies = {static_cast<double>(seen - before), elapsed};
  } while (copies.seconds < kPatience && wait_for(kLook));
  return fail("frames come without end");
}

Result<void> measure(const Stage& stage, Record& record) {
  if (stage.lab == nullptr) return fail("many ends need a lab");
  if (auto ready = prepare(stage); !ready) return ready;
  const auto before = stage.lab->received();
  if (!before) return tl::make_unexpected(before.error());
  const double cpu = cpu_seconds_of(stage);
  Trial trial;
  trial.streams = {broadcast_stream(stage.trials, 0)};
  trial.sizes = {{kBytes}};
  trial.seconds = stage.effort.trial_seconds;
  trial.settle_seconds = 0;  // what comes later is waited for here
  const auto begun = Clock::now();
  const auto sent = offer(stage, trial);
  if (!sent) return tl::make_unexpected(sent.error());
  const auto copies = wait_for_the_last(*stage.lab, begun, *before);
  if (!copies) return tl::make_unexpected(copies.error());
  if (copies->count == 0) return fail("no copy came out");
  const auto others = static_cast<double>(stage.lab->ends().size() - 1);
  record.values["copies_rate"] = copies->count / copies->seconds;
  record.values["broadcast_rate"] = copies->count / copies->seconds / others;
  record.values["offered_rate"] = sent->sent_per_second();
  if (const double used = cpu_seconds_of(stage) - cpu; used > 0) {
    record.values["cpu_per_copy"] = 1e9 * used / copies->count;
  }
  return {};
}

}  // namespace

Case broadcast(const Effort& effort, std::size_t ports) {
  constexpr double kDrain = 3;  // s
  Case asked;
  asked.suite = "scale";
  asked.test = "broadcast";
  asked.setup = {{"frame_bytes", kBytes}, {"ports", ports}};
  asked.ends = ports;
  asked.kind = EndKind::kCrowd;
  asked.measure = measure;
  asked.seconds = effort.trial_seconds + kDrain;
  return asked;
}

}  // namespace trestle::measure::scale
