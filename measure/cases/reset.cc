// SPDX-License-Identifier: Apache-2.0

#include "measure/cases/reset.h"

#include <fmt/core.h>

#include <thread>

#include "measure/cases/rfc2544.h"
#include "measure/result/metrics.h"
#include "measure/switches/switch.h"
#include "measure/traffic/interrupt.h"

namespace trestle::measure {
namespace {

// A gap is known to two of these intervals; low enough to read every frame on any machine.
constexpr double kRate = 10e3;

}  // namespace

Result<void> measure_reset(const Stage& stage, Record& record,
                           const std::function<Result<void>()>& deed) {
  const Result<void> ready = prepare(stage);
  if (!ready) return ready;
  Trial trial = rfc2544::one_way(stage, rfc2544::mix_of(64));
  const double before = stage.effort.trial_seconds;
  trial.rate = kRate;
  trial.seconds = 5 * stage.effort.trial_seconds;
  trial.inspect = Inspect::kAll;
  trial.sleep = true;  // the switch may need every CPU to come back
  // The deed is done on this thread: what it starts may end with the thread that started it.
  Result<TrialResult> result;
  std::thread sending([&stage, &trial, &result] { result = offer(stage, trial); });
  const Result<void> done = wait_for(before) ? deed() : fail("interrupted");
  sending.join();
  if (!done) return done;
  if (!result) return tl::make_unexpected(result.error());
  const EndResult& end = result->ends[1];
  if (end.last_missing_at >= 0.99 * trial.seconds) {
    return fail(fmt::format("no frames came back for {}", shown(trial.seconds - before, "s")));
  }
  // A gap that the sender or the sink made would be told as the switch's.
  if (generator_bound(trial, *result) || end.unread > 0) mark(record, kHiccup);
  record.values["offered_rate"] = result->sent_per_second();
  record.values["reset_time"] = end.longest_gap;
  record.values["frames_lost"] = static_cast<double>(end.missing);
  if (end.missing == 0) record.note = "no frame was lost: they only had to wait";
  return {};
}

namespace {

Case reset_case(const Effort& effort, const char* test, bool (Switch::*can)() const,
                Result<void> (Switch::*deed)()) {
  Case the_case;
  the_case.suite = "reset";
  the_case.test = test;
  the_case.setup = {{"frame_bytes", 64}};
  the_case.applies = [can](const Switch& subject) { return (subject.*can)(); };
  the_case.measure = [test, deed](Stage& stage, Record& record) -> Result<void> {
    if (stage.lab == nullptr) return fail("there is no switch to reset");
    show_progress(stage, test);
    Switch& subject = stage.lab->subject();
    return measure_reset(stage, record, [&subject, deed] { return (subject.*deed)(); });
  };
  the_case.seconds = 5 * effort.trial_seconds + 0.2;
  return the_case;
}

}  // namespace

std::vector<Case> reset_cases(const Effort& effort) {
  return {reset_case(effort, "restart", &Switch::can_restart, &Switch::restart),
          reset_case(effort, "reload", &Switch::can_reload, &Switch::reload)};
}

}  // namespace trestle::measure
