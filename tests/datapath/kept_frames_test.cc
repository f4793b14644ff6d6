// SPDX-License-Identifier: Apache-2.0
//
// The frames that a port remembers, one worker at a time.

#include <catch2/catch.hpp>

#include "datapath/counters.h"
#include "datapath/edit/edited_frame.h"
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
  kept.keep_last(view(first));
  const auto last = kept.last();
  REQUIRE(last);
  CHECK(last->bytes == first.bytes);
  CHECK(last->size == 61);
  CHECK(last->stripped == first.stripped);
  CHECK(last->vnet == first.vnet);
  CHECK(last->time_ns > 0);

  const MemoryFrame second = frame().from(kB).size(60);
  kept.keep_last(view(second));
  CHECK(kept.last()->bytes == second.bytes);
  CHECK_FALSE(kept.last()->stripped.present());
}

TEST_CASE("a long frame is cut, a short one is kept as it is, and both with their true size") {
  KeptFrames kept;
  for (const std::size_t size : {0, 1, 7, 8, 9, 13, 60, 255, 256, 257, 1514, 65535}) {
    MemoryFrame made = frame().size(std::max<std::size_t>(size, 14));
    made.bytes.resize(size);
    for (std::size_t i = 0; i < size; ++i) made.bytes[i] = static_cast<std::byte>(i * 7 + size);
    kept.keep_last(view(made));
    INFO(size);
    REQUIRE(kept.last());
    CHECK(kept.last()->size == size);
    made.bytes.resize(std::min(size, KeptFrames::kBytes));
    CHECK(kept.last()->bytes == made.bytes);
  }
}

TEST_CASE("a frame whose headers were edited is kept with them, and with what follows them") {
  MemoryFrame made = frame().stripped(20).size(600);
  for (std::size_t i = 14; i < made.bytes.size(); ++i) made.bytes[i] = static_cast<std::byte>(i);
  EditedFrame edited;
  edited.copy(view(made));
  KeptFrames kept;
  kept.keep_last(edited);
  const auto last = kept.last();
  REQUIRE(last);
  CHECK(last->size == 604);
  CHECK_FALSE(last->stripped.present());
  REQUIRE(last->bytes.size() == KeptFrames::kBytes);
  CHECK(last->bytes[12] == std::byte{0x81});
  for (std::size_t i = 18; i < KeptFrames::kBytes; ++i) {
    REQUIRE(last->bytes[i] == static_cast<std::byte>(i - 4));
  }
}

TEST_CASE("of dropped frames the newest few are kept, for each reason by itself") {
  KeptFrames kept;
  for (int i = 0; i < 7; ++i) kept.keep_dropped(DropReason::kFlowDrop, view(numbered(i)));
  kept.keep_dropped(DropReason::kTransmitError, view(numbered(99)));  // the last in the list
  kept.keep_dropped(static_cast<DropReason>(0), view(numbered(98)));

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
  stats.kept(0).keep_last(view(numbered(1)));
  CHECK(&stats.kept(0) == &stats.kept(0));
  stats.kept(5);  // has kept nothing
  REQUIRE(stats.last_frame());
  CHECK(number_of(*stats.last_frame()) == 1);

  // The clock that stamps frames is coarse: the other worker's counts as newer once it has ticked.
  do {
    stats.kept(kWorkersMax - 1).keep_last(view(numbered(2)));
  } while (stats.kept(kWorkersMax - 1).last()->time_ns == stats.kept(0).last()->time_ns);
  CHECK(number_of(*stats.last_frame()) == 2);

  stats.kept(0).keep_dropped(DropReason::kMeter, view(numbered(3)));
  stats.kept(5).keep_dropped(DropReason::kMeter, view(numbered(4)));
  CHECK(stats.dropped_frames(DropReason::kMeter).size() == 2);
  CHECK(stats.dropped_frames(DropReason::kMalformed).empty());
}

}  // namespace
}  // namespace trestle
