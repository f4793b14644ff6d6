// SPDX-License-Identifier: Apache-2.0
//
// What does a thousand ports take, of time and of memory? The switch is stopped and started anew,
// on all CPUs; a figure for either is mostly the kernel's, which makes and removes the devices.

#include <algorithm>
#include <chrono>
#include <fstream>
#include <limits>
#include <string>

#include "measure/cases/asked_of_itself.h"
#include "measure/cases/scale.h"
#include "measure/switches/switch.h"
#include "measure/traffic/interrupt.h"

namespace trestle::measure::scale {
namespace {

using Clock = std::chrono::steady_clock;

// Before idleness is looked at, so that starting is not in it.
constexpr double kSettle = 1;  // s

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

// MemAvailable of proc_meminfo(5), bytes.
double available_bytes() {
  constexpr double kUnit = 1024;
  std::ifstream file("/proc/meminfo");
  for (std::string name; file >> name;) {
    double value = 0;
    if (name == "MemAvailable:" && file >> value) return value * kUnit;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

Result<void> start_anew(const Stage& stage, Record& record) {
  Switch& subject = stage.lab->subject();
  show_progress(stage, "stopping");
  auto begun = Clock::now();
  if (auto stopped = subject.stop(); !stopped) return stopped;
  record.values["stop_time"] = seconds_since(begun);
  const double available = available_bytes();
  show_progress(stage, "starting");
  begun = Clock::now();
  const auto started = subject.start().and_then([&subject] { return subject.wait_until_up(); });
  if (!started) return started;
  record.values["start_time"] = seconds_since(begun);
  record.values["machine_bytes"] = std::max(0.0, available - available_bytes());
  return {};
}

Result<void> measure(const Stage& stage, Record& record) {
  if (stage.lab == nullptr) return fail("a start needs a lab");
  if (auto ready = prepare(stage, SwitchCpus::kAll); !ready) return ready;
  if (auto started = start_anew(stage, record); !started) return started;
  show_progress(stage, "idle");
  if (!wait_for(kSettle)) return fail("interrupted");
  record.values["resident_bytes"] = resident_bytes_of(stage);
  const double before = cpu_seconds_of(stage);
  const auto begun = Clock::now();
  if (!wait_for(stage.effort.trial_seconds)) return fail("interrupted");
  record.values["idle_cpu"] = (cpu_seconds_of(stage) - before) / seconds_since(begun);
  show_progress(stage, "listings and scrapes");
  return time_listings(stage, record);
}

}  // namespace

Case many_ports(const Effort& effort, std::size_t ports) {
  constexpr double kForEach = 0.012;  // s: building the lab, a start and a stop, on two CPUs
  Case asked;
  asked.suite = "scale";
  asked.test = "ports";
  asked.setup = {{"ports", ports}};
  asked.ends = ports;
  asked.kind = EndKind::kCrowd;
  asked.applies = [](const Switch& subject) { return subject.tells() && subject.can_restart(); };
  asked.measure = measure;
  asked.seconds = effort.trial_seconds + kSettle + 1 + kForEach * static_cast<double>(ports);
  return asked;
}

}  // namespace trestle::measure::scale
