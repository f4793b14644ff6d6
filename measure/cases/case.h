// SPDX-License-Identifier: Apache-2.0
//
// One question put to a switch, in one setup: what the runner carries out round by round, switch by
// switch. A suite (rfc2544_….cc and so on) is a list of cases.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "measure/lab/lab.h"
#include "measure/result/record.h"
#include "measure/traffic/interrupt.h"
#include "measure/traffic/trial.h"

namespace trestle::measure {

// How long and how often; from the command line. Cases scale with it and know no other times.
struct Effort {
  double trial_seconds = 1;     // a trial of which the rate is wanted
  double search_seconds = 0.5;  // a step of a search
  double transfer_seconds = 2;  // TCP, CPU time, idleness
  unsigned rounds = 3;
  double resolution = 0.01;  // at which a search stops: share of the rate
  // frames/s that count as full speed, as a medium has them; 0: as fast as the generator can.
  double full_rate = 0;
  std::vector<std::uint32_t> frame_sizes = {64, 128, 256, 512, 1024, 1280, 1518};  // with FCS
};

// What a case has at hand. `trials` is lab.trials() but for unit tests, which have no lab.
struct Stage {
  TrialRunner& trials;
  const Effort& effort;
  Lab* lab = nullptr;
  // For long work: "throughput 64 bytes: 1.2 M/s held, trying 1.4 M/s".
  std::function<void(const std::string&)> progress;
};

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
std::vector<Case> peers_cases(const Effort& effort);  // TCP, round trips, CPU, idle, memory, TAPs

}  // namespace trestle::measure
