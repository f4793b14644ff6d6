// SPDX-License-Identifier: Apache-2.0

#include "measure/cases/stage.h"

#include <fmt/core.h>

#include <algorithm>

#include "measure/traffic/interrupt.h"

namespace trestle::measure {

Result<void> prepare(const Stage& stage, SwitchCpus cpus) {
  if (stage.lab == nullptr) return {};
  if (cpus == SwitchCpus::kItsOwn) {
    stage.lab->pin_switch();
  } else {
    stage.lab->unpin_switch();
  }
  return stage.lab->learn();
}

Result<TrialResult> run_trial(const Stage& stage, const Trial& trial) {
  if (interrupted()) return fail("interrupted");
  if (stage.lab != nullptr) {
    if (auto known = stage.lab->keep_learned(); !known) return tl::make_unexpected(known.error());
  }
  Result<TrialResult> result = stage.trials.run(trial);
  if (interrupted()) return fail("interrupted");  // what was cut short is no measurement
  return result;
}

Result<TrialResult> offer(const Stage& stage, const Trial& trial) {
  Result<TrialResult> result = run_trial(stage, trial);
  if (result && result->sent() == 0) {
    return fail(fmt::format("the interface took none of the frames of {} bytes",
                            trial.sizes.front().bytes));
  }
  return result;
}

Stream stream_between(const TrialRunner& trials, std::size_t from, std::size_t to) {
  Stream stream;
  stream.from = from;
  stream.to = to;
  stream.source = trials.mac(from);
  stream.destination = trials.mac(to);
  return stream;
}

Stream broadcast_stream(const TrialRunner& trials, std::size_t from) {
  Stream stream;
  stream.from = from;
  stream.source = trials.mac(from);
  stream.destination = MacAddress::from_u64(0xffff'ffff'ffff);
  return stream;
}

void show_progress(const Stage& stage, const std::string& text) {
  if (stage.progress) stage.progress(text);
}

void mark(Record& record, const char* name) {
  if (std::find(record.marks.begin(), record.marks.end(), name) != record.marks.end()) return;
  record.marks.emplace_back(name);
}

void mark(Record& record, const Found& found) {
  if (found.generator_bound) mark(record, kGeneratorBound);
  if (found.back_pressure) mark(record, kBackPressure);
  if (found.hiccup) mark(record, kHiccup);
}

}  // namespace trestle::measure
