// SPDX-License-Identifier: Apache-2.0
//
// The cases of the suite `rfc2889` (RFC 2889, Benchmarking Methodology for LAN Switching Devices;
// its words are those of RFC 2285), one file rfc2889_….cc for each family of tests, and what they
// share. What holds of all of them, and is not as in a laboratory with wires:
//
// - A virtual link has no rate. The standard's loads are shares of the wire's; here they are what
//   one trial offers, found by searching, and where the senders are at their end the figure is
//   marked generator_bound. A frame has no preamble, gap or FCS: sizes are told with FCS all the
//   same, as everywhere in these suites.
// - Senders share CPUs with each other, and those of a kernel bridge do its work. So the sum over
//   all ports says how much switching the machine does, not what a port could do by itself.
// - Trials are fractions of a second to seconds long (Effort), not 30 s to 300 s, and repeated in
//   rounds instead.
// - Not here: 5.3 (partially meshed, multiple devices) takes two switches with one link between
//   them; 5.6 (forward pressure) looks whether a port sends with less than the legal gap between
//   frames, and a virtual link has no gap.

#pragma once

#include <string>
#include <vector>

#include "measure/cases/case.h"
#include "measure/cases/search.h"

namespace trestle::measure::rfc2889 {

// How many ports the standard's patterns are run with; broadcasts have twice as many.
inline constexpr std::size_t kEnds = 4;

// The families.
std::vector<Case> meshed_cases(const Effort& effort);      // 5.1, 5.2, 5.4
std::vector<Case> congestion_cases(const Effort& effort);  // 5.5
std::vector<Case> address_cases(const Effort& effort);     // 5.7, 5.8
std::vector<Case> errored_cases(const Effort& effort);     // 5.9
std::vector<Case> broadcast_cases(const Effort& effort);   // 5.10

// A case of this suite for switches that take `ends` veth ends.
Case asked(const std::string& test, std::size_t ends);

// What a pattern of streams gets through.
struct Rates {
  Found low_loss;          // offered by all senders together, at most kLowLoss lost
  double each = 0;         // the same, of each sender
  double received = 0;     // RFC 2285 3.6.3: most frames/s received at all ends, at any load
  double offered_max = 0;  // RFC 2285 3.5.3: the maximum offered load, frames/s
};
// Offers `trial` as fast as can be and at rates between, as long as `stage.effort` says. All its
// senders offer alike.
Result<Rates> find_rates(Stage& stage, Trial trial, const std::string& what);
// About how long that takes.
double rates_seconds(const Effort& effort);

// The first and the last of the frame sizes: where the standard says all of them, and a pattern is
// a variation of another that is run with all.
std::vector<std::uint32_t> outer_sizes(const Effort& effort);

}  // namespace trestle::measure::rfc2889
