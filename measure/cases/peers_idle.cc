// SPDX-License-Identifier: Apache-2.0
//
// What does a switch cost when nobody sends? CPU time of all threads of its processes, by the
// scheduler's own count. Where the kernel is the switch there is no process, and no value.

#include "measure/cases/peers.h"
#include "measure/lab/cpu_time.h"
#include "measure/switches/switch.h"
#include "measure/traffic/interrupt.h"

namespace trestle::measure::peers {
namespace {

constexpr double kCatchUp = 0.3;  // s

double used_by(const Switch& subject) {
  double sum = 0;
  for (const pid_t each : subject.processes()) sum += cpu_seconds(each);
  return sum;
}

Result<void> measure(Stage& stage, Record& record) {
  if (stage.lab == nullptr) return fail("idleness needs a lab");
  const Switch& subject = stage.lab->subject();
  if (subject.processes().empty()) return {};
  // It may have been paused: what was due meanwhile is done first.
  if (!wait_for(kCatchUp)) return fail("interrupted");
  const double before = used_by(subject);
  const Stopwatch watch;
  if (!wait_for(stage.effort.transfer_seconds)) return fail("interrupted");
  record.values["idle_cpu"] = (used_by(subject) - before) / watch.elapsed_seconds();
  return {};
}

}  // namespace

Case idle(const Effort& effort) {
  Case asked;
  asked.suite = "peers";
  asked.test = "idle";
  asked.setup = {{"ports", asked.ends}};
  asked.measure = measure;
  asked.seconds = effort.transfer_seconds + kCatchUp;
  return asked;
}

}  // namespace trestle::measure::peers
