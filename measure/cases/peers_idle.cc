// SPDX-License-Identifier: Apache-2.0
//
// What does a switch cost when nobody sends? CPU time of all threads of its processes, by the
// scheduler's own count. Where the kernel is the switch there is no process, and no value.

#include <algorithm>
#include <chrono>
#include <thread>

#include "measure/cases/peers.h"
#include "measure/lab/cpu_time.h"
#include "measure/switches/switch.h"

namespace trestle::measure::peers {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

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
  std::this_thread::sleep_for(Seconds(kCatchUp));
  const double before = used_by(subject);
  const auto begun = Clock::now();
  const auto elapsed = [begun] { return Seconds(Clock::now() - begun).count(); };
  while (elapsed() < stage.effort.transfer_seconds) {
    if (interrupted()) return fail("interrupted");
    const Seconds left(stage.effort.transfer_seconds - elapsed());
    std::this_thread::sleep_for(std::min(left, Seconds(0.2)));
  }
  record.values["idle_cpu"] = (used_by(subject) - before) / elapsed();
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
