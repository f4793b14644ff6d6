// SPDX-License-Identifier: Apache-2.0
//
// What do frames cost that come at a moderate rate? CPU time of the whole system, softirqs and
// kernel threads included, while 100,000 frames a second are sent in batches of 10 by a sender that
// sleeps in between; and of the sender's and the switch's threads alone, which other work on the
// machine does not enter, but interrupts and the wake-ups of idle CPUs neither. What the rig needs
// without a switch is in both; subtract_rig_share() takes it off.

#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <thread>
#include <utility>

#include "control/net/namespaces.h"
#include "measure/cases/peers.h"
#include "measure/lab/cpu_time.h"
#include "measure/switches/switch.h"
#include "measure/traffic/interrupt.h"

namespace trestle::measure::peers {
namespace {

constexpr double kRate = 100'000;  // frames/s
constexpr unsigned kBurst = 10;
constexpr double kLossMax = 0.01;         // share
constexpr double kLead = 0.25;            // s of traffic before the window that is measured
constexpr double kTail = 0.75;            // and behind it: on a busy machine sleep ends late
constexpr std::uint64_t kFlowing = 1000;  // frames received: it has begun

// Frames received so far at eth0 of namespace `space`, by its device's counter; 0 if unknown.
std::uint64_t received_at(const std::string& space) {
  const auto handle = net::open_namespace(space);
  if (!handle) return 0;
  const auto scope = net::NamespaceScope::enter(*handle);
  if (!scope) return 0;
  std::ifstream file("/proc/thread-self/net/dev");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find("eth0:");
    if (colon == std::string::npos) continue;
    unsigned long long bytes = 0, frames = 0;
    if (std::sscanf(line.c_str() + colon + 5, "%llu %llu", &bytes, &frames) == 2) return frames;
  }
  return 0;
}

double thread_seconds(const Switch& subject) {
  double sum = cpu_seconds(getpid());
  for (const pid_t each : subject.processes()) sum += cpu_seconds(each);
  return sum;
}

struct Window {
  double seconds = 0;
  double busy = 0;     // CPU s of the whole system
  double threads = 0;  // of ours and the switch's
};

// Waits for the traffic to flow and measures a window of it; no window if it does not.
Result<Window> watch_traffic(Lab& lab, double seconds, std::uint64_t received_before) {
  const auto flows = [&] { return received_at(lab.ends()[1].space) > received_before + kFlowing; };
  if (auto seen = wait_until(flows, 2, "no frames arrive"); !seen) {
    return tl::make_unexpected(seen.error());
  }
  if (!wait_for(kLead)) return fail("interrupted");
  Window window;
  const double threads = thread_seconds(lab.subject());
  const Stopwatch watch;
  if (!wait_for(seconds)) return fail("interrupted");
  window.busy = watch.busy_seconds();
  window.seconds = watch.elapsed_seconds();
  window.threads = thread_seconds(lab.subject()) - threads;
  return window;
}

Result<void> measure(Stage& stage, Record& record) {
  if (stage.lab == nullptr) return fail("CPU time needs a lab");
  if (auto ready = prepare(stage); !ready) return ready;
  Lab& lab = *stage.lab;
  Trial trial;
  trial.streams = {stream_between(stage.trials, 0, 1)};
  trial.sizes = {{kFrameBytes}};
  trial.rate = kRate;
  trial.burst = kBurst;
  trial.sleep = true;
  trial.seconds = stage.effort.transfer_seconds + kLead + kTail;
  const std::uint64_t before = received_at(lab.ends()[1].space);
  Result<TrialResult> sent;
  std::atomic<bool> ended = false;
  std::thread traffic([&] {
    sent = offer(stage, trial);
    ended = true;
  });
  const auto window = watch_traffic(lab, stage.effort.transfer_seconds, before);
  const bool too_late = ended;
  traffic.join();
  if (!sent) return tl::make_unexpected(sent.error());
  if (!window) return tl::make_unexpected(window.error());
  if (too_late) return fail("the traffic had ended when it was measured: the machine is busy");

  const double rate = sent->sent_per_second();
  const double millions = rate * window->seconds / 1e6;
  record.values["cpu_per_frame"] = window->busy / millions;
  record.values["cpu_per_frame_threads"] = window->threads / millions;
  const double lost = loss(trial, *sent);
  const auto told =
      fmt::format("{:.0f} frames/s were sent, {:.1f} % arrived", rate, 100 - 100 * lost);
  if (lost > kLossMax) return fail(told + ": what is lost costs less");
  if (std::abs(rate / kRate - 1) > 0.01) record.note = told;
  return {};
}

}  // namespace

Case calm_cpu(const Effort& effort) {
  Case asked;
  asked.suite = "peers";
  asked.test = "cpu";
  asked.setup = {{"frame_bytes", kFrameBytes}, {"rate", static_cast<unsigned>(kRate)}};
  asked.measure = measure;
  asked.finish = subtract_rig_share;
  asked.seconds = effort.transfer_seconds + kLead + kTail + 0.3;
  return asked;
}

void subtract_rig_share(std::vector<Record>& records) {
  constexpr std::pair<const char*, const char*> kShares[] = {
      {"cpu_per_frame", "cpu_per_frame_own"},
      {"cpu_per_frame_threads", "cpu_per_frame_threads_own"},
  };
  for (const Record& rig : records) {
    if (rig.subject != "direct") continue;
    for (Record& record : records) {
      const bool comparable = record.suite == rig.suite && record.test == rig.test &&
                              record.round == rig.round && record.setup == rig.setup;
      if (!comparable || record.subject == rig.subject) continue;
      for (const auto& [whole, own] : kShares) {
        const auto theirs = rig.values.find(whole);
        const auto mine = record.values.find(whole);
        if (theirs == rig.values.end() || mine == record.values.end()) continue;
        record.values[own] = mine->second - theirs->second;
      }
    }
  }
}

}  // namespace trestle::measure::peers
