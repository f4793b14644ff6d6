// SPDX-License-Identifier: Apache-2.0
//
// What the tests of RFC 2544 share, each of which is a file of its own (rfc2544_….cc). All send
// from end 0 to end 1. Full speed, the RFC's maximum frame rate of the medium, is what the
// generator can offer or, if the effort has one, its `full_rate`.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "measure/cases/case.h"
#include "measure/cases/search.h"

namespace trestle::measure::rfc2544 {

// Frames of one size, or IMIX.
struct Mix {
  std::vector<FrameSize> sizes;

  nlohmann::ordered_json setup() const;  // {"frame_bytes":64} or {"frames":"imix"}
  std::string text() const;              // for people: "64 bytes", "IMIX"
  double mean_bytes() const;             // with FCS
};
Mix mix_of(std::uint32_t bytes);
// 7 frames of 64 bytes, 4 of 594 and 1 of 1518, as commonly used (RFC 6985 leaves it open).
Mix imix();
// Those of the effort, then IMIX.
std::vector<Mix> mixes(const Effort& effort);

// From end 0 to end 1 for effort.search_seconds; the rate is to be set.
Trial one_way(const Stage& stage, const Mix& mix, unsigned connections = 1);
// One trial at full speed.
Result<std::pair<Trial, TrialResult>> offer_all(const Stage& stage, const Mix& mix, double seconds);

struct Throughput {
  double full = 0;  // frames/s offered at full speed
  Found low_loss;   // frames/s; 0: every rate lost too much
};

// Rates at low loss that the throughput test has found, for the tests that send at them in the same
// round: shared by the cases of a suite. One thread.
class FoundRates {
 public:
  void keep(const Record& record, const Mix& mix, const Throughput& found);
  std::optional<Throughput> find(const Record& record, const Mix& mix) const;

 private:
  std::map<std::string, Throughput> rates_;  // by switch, round and frame size
};

// What has been found for the record's switch and round, or else is looked for now.
Result<Throughput> throughput_of(const Stage& stage, const Record& record, const Mix& mix,
                                 FoundRates& rates);

// The tests. `rates` is kept by the cases.
using SharedRates = std::shared_ptr<FoundRates>;
Case throughput_case(const Effort& effort, const Mix& mix, unsigned connections, SharedRates rates);
Case latency_case(const Effort& effort, const Mix& mix, double load, SharedRates rates);
Case frame_loss_case(const Effort& effort, const Mix& mix);
Case back_to_back_case(const Effort& effort, const Mix& mix);
Case recovery_case(const Effort& effort, const Mix& mix, SharedRates rates);
Case delivery_case(const Effort& effort, const Mix& mix);

}  // namespace trestle::measure::rfc2544
