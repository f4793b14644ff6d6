// SPDX-License-Identifier: Apache-2.0
//
// Control reads what a port remembers while its worker goes on keeping frames: what is read is a
// frame that was kept, whole, never parts of two.

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include "datapath/counters.h"
#include "tests/frames.h"
#include "tests/sanitized.h"

namespace trestle {
namespace {

constexpr unsigned kFrames = testing::kSanitized ? 100'000 : 2'000'000;

// Everything about frame `n` follows from n: what is read must agree with itself.
std::uint32_t size_of(unsigned n) {
  return 60 + n % 300;
}
void fill(unsigned n, MemoryFrame& frame) {
  frame.bytes.assign(size_of(n), static_cast<std::byte>(n));
  frame.stripped = {kTpidCustomer, static_cast<std::uint16_t>(n)};
  frame.vnet.hdr_len = static_cast<std::uint16_t>(n * 3);
}
bool agrees(const KeptFrame& kept) {
  if (kept.bytes.size() != std::min<std::size_t>(kept.size, KeptFrames::kBytes)) return false;
  if (kept.vnet.hdr_len != static_cast<std::uint16_t>(kept.stripped.tci * 3)) return false;
  for (const std::byte byte : kept.bytes) {
    if (byte != static_cast<std::byte>(kept.stripped.tci)) return false;
  }
  return true;
}

TEST_CASE("what is read while frames are kept is always one whole frame") {
  PortStats stats;
  KeptFrames& kept = stats.kept(3);
  std::atomic<bool> done{false};

  std::thread worker([&] {
    MemoryFrame made;
    for (unsigned n = 0; n < kFrames; ++n) {
      fill(n, made);
      const Frame frame{made.bytes.data(), static_cast<std::uint32_t>(made.bytes.size()),
                        made.stripped, made.vnet};
      kept.keep_last(frame, static_cast<PortId>(n % kMaxPorts), n);
      if (n % 4 == 0) kept.keep_dropped(DropReason::kNoOutput, frame, 0, n);
    }
    done = true;
  });

  std::uint64_t torn = 0, backwards = 0;
  std::int64_t newest = 0;
  const auto take = [&](const KeptFrame& frame) { torn += agrees(frame) ? 0 : 1; };
  while (!done) {
    if (const auto last = stats.last_frame()) {
      take(*last);
      backwards += last->time_ns < newest ? 1 : 0;
      newest = last->time_ns;
    }
    for (const KeptFrame& frame : stats.dropped_frames(DropReason::kNoOutput)) take(frame);
  }
  worker.join();
  CHECK(torn == 0);
  CHECK(backwards == 0);

  const auto last = kept.last();
  REQUIRE(last);
  CHECK(agrees(*last));
  CHECK(last->size == size_of(kFrames - 1));
  CHECK(kept.dropped(DropReason::kNoOutput).size() == KeptFrames::kPerReason);
}

}  // namespace
}  // namespace trestle
