// SPDX-License-Identifier: Apache-2.0
//
// One question put to a switch, in one setup: what the runner carries out round by round, switch by
// switch. A suite (rfc2544_….cc and so on) is a list of cases.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "measure/cases/stage.h"
#include "measure/lab/lab.h"
#include "measure/result/record.h"

namespace trestle::measure {

struct Case {
  std::string suite;
  std::string test;
  nlohmann::ordered_json setup = nlohmann::ordered_json::object();
  std::size_t ends = 2;
  EndKind kind = EndKind::kVeth;
  // Whether it makes sense for the switch (`direct` has no addresses to learn).
  std::function<bool(const Switch&)> applies;  // empty: always
  // Fills values, series, latency, marks and note of a record whose other members are set. An error
  // makes it a failed one; the run goes on.
  std::function<Result<void>(Stage&, Record&)> measure;
  // Gets one round's records of all switches, before they are kept: what is only known when the
  // others have been measured (`direct`, for the rig's own share). Empty: nothing.
  std::function<void(std::vector<Record>&)> finish;
  double seconds = 1;  // about how long it takes, for progress
};

// The suites.
std::vector<Case> quick_cases(const Effort& effort);
std::vector<Case> rfc2544_cases(const Effort& effort);
std::vector<Case> rfc2889_cases(const Effort& effort);
std::vector<Case> reset_cases(const Effort& effort);  // RFC 6201 and RFC 2544 26.6
std::vector<Case> flows_cases(const Effort& effort);  // switches with rules only
std::vector<Case> scale_cases(const Effort& effort);  // many ports, many addresses
std::vector<Case> trial_cases(const Effort& effort);  // what the user wants offered
std::vector<Case> peers_cases(const Effort& effort);  // TCP, round trips, CPU, idle, memory, TAPs

}  // namespace trestle::measure
