// SPDX-License-Identifier: Apache-2.0
//
// The frames that a port remembers, one worker at a time.

#include <catch2/catch.hpp>

#include "datapath/counters.h"
#include "tests/frames.h"

namespace trestle {
namespace {

Frame view(const MemoryFrame& of) {
  return {of.bytes.data(), static_cast<std::uint32_t>(of.bytes.size()), of.stripped, of.vnet};
}

// The number that `numbered` gave it.
int number_of(const KeptFrame& kept) {
  return std::to_integer<int>(kept.bytes[20]);
}
MemoryFrame numbered(int number) {
  MemoryFrame made = frame().size(60);
  made.bytes[20] = static_cast<std::byte>(number);
  return made;
}

TEST_CASE("nothing is remembered before the first frame") {
  const KeptFrames kept;
  CHECK_FALSE(kept.last());
  CHECK(kept.dropped(DropReason::kNoOutput).empty());
  CHECK_FALSE(PortStats().last_frame());
  CHECK(PortStats().dropped_frames(DropReason::kNoOutput).empty());
}

TEST_CASE("the last frame is kept with its stripped tag, its offload metadata and its size") {
  KeptFrames kept;
  const MemoryFrame first = frame().from(kA).stripped(20, 3).size(61).gso_tcp4(1000);
  kept.keep_last(view(first), 7, 1234);
  const auto last = kept.last();
  REQUIRE(last);
  CHECK(last->bytes == first.bytes);
  CHECK(last->size == 61);
  CHECK(last->stripped == first.stripped);
  CHECK(last->vnet == first.vnet);
  CHECK(last->in == 7);
  CHECK(last->time_ns == 1234);

  const MemoryFrame second = frame().from(kB).size(60);
  kept.keep_last(view(second), 0, 1);
  CHECK(kept.last()->bytes == second.bytes);
  CHECK_FALSE(kept.last()->stripped.present());
}

TEST_CASE("a long frame is cut, a short one is kept as it is, and both with their true size") {
  KeptFrames kept;
  for (const std::size_t size : {0, 1, 7, 8, 9, 13, 60, 255, 256, 257, 1514, 65535}) {
    MemoryFrame made = frame().size(std::max<std::size_t>(size, 14));
    made.bytes.resize(size);
    for (std::size_t i = 0; i < size; ++i) made.bytes[i] = static_cast<std::byte>(i * 7 + size);
    kept.keep_last(view(made), 0, 1);
    INFO(size);
    REQUIRE(kept.last());
    CHECK(kept.last()->size == size);
    made.bytes.resize(std::min(size, KeptFrames::kBytes));
    CHECK(kept.last()->bytes == made.bytes);
  }
}

TEST_CASE("of dropped frames the newest few are kept, for each reason by itself") {
  KeptFrames kept;
  for (int i = 0; i < 7; ++i) kept.keep_dropped(DropReason::kFlowDrop, view(numbered(i)), 0, i);
  kept.keep_dropped(DropReason::kTransmitError, view(numbered(99)), 0, 1);  // the last in the list
  kept.keep_dropped(static_cast<DropReason>(0), view(numbered(98)), 0, 1);

  const auto by_rule = kept.dropped(DropReason::kFlowDrop);
  REQUIRE(by_rule.size() == KeptFrames::kPerReason);
  for (int i = 0; i < 4; ++i) CHECK(number_of(by_rule[static_cast<std::size_t>(i)]) == 6 - i);
  REQUIRE(kept.dropped(DropReason::kTransmitError).size() == 1);
  CHECK(number_of(kept.dropped(DropReason::kTransmitError)[0]) == 99);
  REQUIRE(kept.dropped(static_cast<DropReason>(0)).size() == 1);
  CHECK(kept.dropped(DropReason::kNoOutput).empty());
  CHECK_FALSE(kept.last());
}

TEST_CASE("a port tells the newest frame of all its workers") {
  PortStats stats;
  stats.kept(0).keep_last(view(numbered(1)), 0, 10);
  CHECK(&stats.kept(0) == &stats.kept(0));
  stats.kept(5);  // has kept nothing
  REQUIRE(stats.last_frame());
  CHECK(number_of(*stats.last_frame()) == 1);

  stats.kept(kWorkersMax - 1).keep_last(view(numbered(2)), 0, 11);
  CHECK(number_of(*stats.last_frame()) == 2);

  stats.kept(0).keep_dropped(DropReason::kMeter, view(numbered(3)), 0, 12);
  stats.kept(5).keep_dropped(DropReason::kMeter, view(numbered(4)), 0, 13);
  CHECK(stats.dropped_frames(DropReason::kMeter).size() == 2);
  CHECK(stats.dropped_frames(DropReason::kMalformed).empty());
}

}  // namespace
}  // namespace trestle
