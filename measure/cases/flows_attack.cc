// SPDX-License-Identifier: Apache-2.0
//
// What does an attack on the flow caches leave of a steady stream? Frames of stations and
// connections that were never seen before, each of which has to be decided anew: the access list
// looks at its source address, its IPv4 address and both of its ports, and drops it.
//
// The attack is one frame in kAttackEvery of what the same CPU sends: a trial has one rate for an
// end, of which its streams take turns. So the steady stream is as many streams, all alike, less
// the attack's; and alone it is as many again, for the sender to do the same work.

#include <algorithm>
#include <atomic>
#include <utility>

#include "measure/cases/asked_of_itself.h"
#include "measure/cases/flows.h"
#include "measure/cases/flows_in_force.h"

namespace trestle::measure::flows {
namespace {

// Each measurement has stations that no other has had: 02:f1:… and up.
constexpr unsigned kStations = 1 << 20;
MacAddress unused_stations() {
  static std::atomic<std::uint64_t> next{0x02f1'0000'0000};
  return MacAddress::from_u64(next.fetch_add(kStations));
}

// To no end's address, so that its IPv4 address is one that the access list does not let pass.
Stream attacking(const TrialRunner& trials) {
  Stream stream = stream_between(trials, 0, 1);
  stream.to = {};
  stream.source = unused_stations();
  stream.sources = kStations;
  stream.connections = kStations;
  return stream;
}

Result<void> measure(const Stage& stage, Record& record) {
  const RulesInForce in_force(stage);
  if (auto set_up = in_force.put(access_list()); !set_up) return set_up;
  const std::vector<Stream> steady(kAttackEvery, stream_between(stage.trials, 0, 1));
  std::vector<Stream> attacked = steady;
  attacked.front() = attacking(stage.trials);
  const double seconds = stage.effort.transfer_seconds;
  // Half of the time without it comes before and half after, for a machine that is busier now than
  // then.
  const auto before = offer_all(stage, steady, seconds / 2);
  if (!before) return tl::make_unexpected(before.error());
  const double resident_before = resident_bytes_of(stage);
  const auto beside = offer_all(stage, attacked, seconds);
  if (!beside) return tl::make_unexpected(beside.error());
  const double resident_after = resident_bytes_of(stage);
  const auto after = offer_all(stage, steady, seconds / 2);
  if (!after) return tl::make_unexpected(after.error());
  const double alone = (received_rate(*before) + received_rate(*after)) / 2;
  if (alone == 0) return fail("the access list lets no frame pass");
  record.values["received_rate"] = received_rate(*beside);
  record.values["offered_rate"] = beside->sent_per_second();
  record.values["rate_kept"] = received_rate(*beside) / alone;
  if (resident_after > 0) {
    record.values["resident_bytes"] = resident_after;
    record.values["resident_growth"] = std::max(0.0, resident_after - resident_before);
  }
  return {};
}

}  // namespace

Case attack(const Effort& effort) {
  Case asked = asked_with_rules("attack", "access list");
  asked.setup["attack"] = "1 frame in 1,000";
  static_assert(kAttackEvery == 1000);
  asked.measure = measure;
  asked.seconds = 2 * effort.transfer_seconds + 0.5;
  return asked;
}

}  // namespace trestle::measure::flows
