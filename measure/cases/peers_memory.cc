// SPDX-License-Identifier: Apache-2.0
//
// What does a switch hold after traffic? The resident memory of its processes, mapped receive rings
// included. Where the kernel is the switch there is no process, and no value.

#include "measure/cases/peers.h"
#include "measure/lab/cpu_time.h"
#include "measure/switches/switch.h"

namespace trestle::measure::peers {
namespace {

// The traffic is a short overload, which fills what rings and pools there are.
Result<void> measure(Stage& stage, Record& record) {
  if (stage.lab == nullptr) return fail("memory needs a lab");
  const Switch& subject = stage.lab->subject();
  if (subject.processes().empty()) return {};
  if (auto ready = prepare(stage); !ready) return ready;
  Trial trial;
  trial.streams = {stream_between(stage.trials, 0, 1)};
  trial.sizes = {{kFrameBytes}};
  trial.seconds = stage.effort.search_seconds;
  if (auto sent = offer(stage, trial); !sent) return tl::make_unexpected(sent.error());
  double sum = 0;
  for (const pid_t each : subject.processes()) sum += resident_bytes(each);
  record.values["resident_bytes"] = sum;
  return {};
}

}  // namespace

Case memory(const Effort& effort) {
  Case asked;
  asked.suite = "peers";
  asked.test = "memory";
  asked.setup = {{"ports", asked.ends}};
  asked.measure = measure;
  asked.seconds = effort.search_seconds + 0.2;
  return asked;
}

}  // namespace trestle::measure::peers
