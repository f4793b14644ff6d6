// SPDX-License-Identifier: Apache-2.0
//
// What every case has at hand, and what it does with it whatever it asks: make the switch ready,
// offer a trial, show progress, mark a record. The suites' own words are in rfc2544.h, rfc2889.h
// and peers.h.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "datapath/error.h"
#include "measure/cases/search.h"
#include "measure/lab/lab.h"
#include "measure/result/record.h"
#include "measure/traffic/trial.h"

namespace trestle::measure {

// What the suite `trial` offers, from end 0 to end 1; from the command line.
struct Traffic {
  double rate = 0;                  // frames/s of each sender; 0: as fast as it can
  unsigned connections = 1;         // UDP, in turn
  unsigned stations = 1;            // source addresses, in turn; 1: the end's own
  std::uint16_t vlan = 0;           // VID of a tag; 0: untagged
  std::uint16_t segment_bytes = 0;  // of super-frames (GSO); 0: frames of the sizes asked for
  bool imix = false;                // sizes in turn, as of rfc2544.h
  bool both_ways = false;           // and as much from end 1 to end 0
  Inspect inspect = Inspect::kSample;
};

// How long and how often; from the command line. Cases scale with it and know no other times.
struct Effort {
  double trial_seconds = 1;     // a trial of which the rate is wanted
  double search_seconds = 0.5;  // a step of a search
  double transfer_seconds = 2;  // TCP, CPU time, idleness
  unsigned rounds = 3;
  double resolution = 0.01;  // at which a search stops: share of the rate
  // frames/s that count as full speed, as a medium has them; 0: as fast as the generator can.
  double full_rate = 0;
  std::size_t ports = 1000;   // of the large lab of `scale`; 0: leave it out
  unsigned macs = 1'000'000;  // of its large table; 0: leave it out
  std::vector<std::uint32_t> frame_sizes = {64, 128, 256, 512, 1024, 1280, 1518};  // with FCS
  Traffic traffic;
};

// What a case has at hand. `trials` is lab.trials() but for unit tests, which have no lab.
struct Stage {
  TrialRunner& trials;
  const Effort& effort;
  Lab* lab = nullptr;
  // For long work: "throughput 64 bytes: 1.2 M/s held, trying 1.4 M/s".
  std::function<void(const std::string&)> progress;
};

// The loss that throughput "at low loss" allows. RFC 2544's and RFC 2889's own throughput allows
// none; on a machine without real-time scheduling a search for it finds the machine's hiccups
// (search.h).
inline constexpr double kLowLoss = 1e-3;

// Where the switch's threads may run.
enum class SwitchCpus { kItsOwn, kAll };

// What most cases begin with: the switch on its CPUs, and knowing where the ends are. Nothing
// without a lab.
Result<void> prepare(const Stage& stage, SwitchCpus cpus = SwitchCpus::kItsOwn);

// Carries a trial out; before, the ends are heard again if it is long since (RFC 2544 23, learning
// frames). An error when the user has asked to stop, before or meanwhile.
Result<TrialResult> run_trial(const Stage& stage, const Trial& trial);
// The same for frames that can be sent: an error also when none was.
Result<TrialResult> offer(const Stage& stage, const Trial& trial);

// Frames of end `from` for end `to`: from and to the addresses of their devices.
Stream stream_between(const TrialRunner& trials, std::size_t from, std::size_t to);
// Frames of end `from` for all others.
Stream broadcast_stream(const TrialRunner& trials, std::size_t from);

// Tells whoever watches, if somebody does.
void show_progress(const Stage& stage, const std::string& text);

// Adds a mark, once.
void mark(Record& record, const char* name);
// Those that a search has earned.
void mark(Record& record, const Found& found);

}  // namespace trestle::measure
