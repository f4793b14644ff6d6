// SPDX-License-Identifier: Apache-2.0

#include "measure/cases/flows_in_force.h"

#include <utility>

#include "measure/switches/switch.h"

namespace trestle::measure::flows {

RulesInForce::~RulesInForce() {
  if (stage_.lab != nullptr) static_cast<void>(stage_.lab->subject().set_rules({}));
}

Result<void> RulesInForce::put(const std::vector<std::string>& rules) const {
  if (stage_.lab == nullptr) return {};
  Switch& subject = stage_.lab->subject();
  return subject.set_rules({}).and_then([&] { return prepare(stage_); }).and_then([&] {
    return rules.empty() ? Result<void>() : subject.set_rules(rules);
  });
}

Case asked_with_rules(const char* test, const char* rules) {
  Case asked;
  asked.suite = "flows";
  asked.test = test;
  asked.setup = {{"frame_bytes", kFrameBytes}, {"rules", rules}};
  asked.applies = [](const Switch& subject) { return subject.has_rules(); };
  return asked;
}

Result<TrialResult> offer_all(const Stage& stage, std::vector<Stream> streams, double seconds) {
  Trial trial;
  trial.streams = std::move(streams);
  trial.sizes = {{kFrameBytes}};
  trial.seconds = seconds;
  return offer(stage, trial);
}

double received_rate(const TrialResult& result) {
  const double seconds = result.send_seconds();
  return seconds > 0 ? static_cast<double>(result.ends[1].received) / seconds : 0;
}

}  // namespace trestle::measure::flows
