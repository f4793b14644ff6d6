// SPDX-License-Identifier: Apache-2.0
//
// What the cases of the suite `flows` share: rules that are in force for as long as a case takes,
// and frames offered as fast as one CPU sends them.

#pragma once

#include <string>
#include <vector>

#include "measure/cases/case.h"

namespace trestle::measure::flows {

// Bytes with FCS of the frames of all these cases.
inline constexpr std::uint32_t kFrameBytes = 64;

// Takes the rules away when it goes. Without a lab (unit tests) nothing is done.
class RulesInForce {
 public:
  explicit RulesInForce(const Stage& stage) : stage_(stage) {}
  ~RulesInForce();
  RulesInForce(const RulesInForce&) = delete;
  RulesInForce& operator=(const RulesInForce&) = delete;

  // The stations are learned first, by a switch without rules, which may let no ping pass.
  Result<void> put(const std::vector<std::string>& rules) const;

 private:
  const Stage& stage_;
};

// A case of the suite with two ends, for switches that have rules.
Case asked_with_rules(const char* test, const char* rules);
// As fast as one CPU sends them; stage.h says what is an error.
Result<TrialResult> offer_all(const Stage& stage, std::vector<Stream> streams, double seconds);
// Of end 1, frames/s over the time in which they were sent.
double received_rate(const TrialResult& result);

}  // namespace trestle::measure::flows
