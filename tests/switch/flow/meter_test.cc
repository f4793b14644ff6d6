// SPDX-License-Identifier: Apache-2.0
//
// Token buckets: exactly the rate and the burst, over simulated time, for rates from one frame a
// second to more than any wire carries.

#include "switch/flow/meter.h"

#include <catch2/catch.hpp>

#include <limits>
#include <random>

namespace trestle::flow {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kSecondNs = 1'000'000'000;

MeterSpec frames_per_second(std::uint64_t rate, std::uint64_t burst) {
  return {.id = 1, .frames = true, .bands = {{.rate = rate, .burst = burst}}};
}
MeterSpec kbit_per_second(std::uint64_t rate, std::uint64_t burst) {
  return {.id = 1, .frames = false, .bands = {{.rate = rate, .burst = burst}}};
}

// How many of `offered` frames of one segment pass at `now`.
std::uint64_t passed(MeterState& meter, std::int64_t now, std::uint64_t offered,
                     std::uint32_t size = 64) {
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < offered; ++i) count += meter.admit(now, size, 1) ? 1 : 0;
  return count;
}

TEST_CASE("a burst passes at once, and then what the rate allows") {
  MeterState meter(frames_per_second(1000, 10));
  CHECK(passed(meter, 5, 100) == 10);
  CHECK(passed(meter, 5 + 999'999, 100) == 0);
  CHECK(passed(meter, 5 + 1'000'000, 100) == 1);
  CHECK(passed(meter, 5 + 4'000'000, 100) == 3);
}

TEST_CASE("an idle meter saves up no more than its burst") {
  MeterState meter(frames_per_second(1000, 10));
  CHECK(passed(meter, 0, 100) == 10);
  CHECK(passed(meter, 3600 * kSecondNs, 100) == 10);
}

TEST_CASE("a burst of 0 is as much as passes in a second") {
  MeterState frames(frames_per_second(25, 0));
  CHECK(passed(frames, 0, 100) == 25);
  MeterState bits(kbit_per_second(8, 0));  // 1000 bytes a second
  CHECK(passed(bits, 0, 100, 100) == 10);
}

TEST_CASE("over time exactly burst and rate pass, whatever the steps") {
  std::mt19937_64 random(1);
  for (const std::uint64_t rate : {1ull, 3ull, 7ull, 1000ull, 14'881ull, 1'000'003ull}) {
    for (const std::uint64_t burst : {2ull, 5ull, 1000ull}) {
      INFO("rate " << rate << ", burst " << burst);
      MeterState meter(frames_per_second(rate, burst));
      // No step is so long that the bucket overflows.
      const std::int64_t step =
          std::max<std::int64_t>(1, static_cast<std::int64_t>(burst * kSecondNs / rate / 2));
      std::int64_t now = 1'000'000'007;
      const std::int64_t begin = now;
      std::uint64_t count = passed(meter, now, burst + 1);
      for (int i = 0; i < 300; ++i) {
        now += static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(step));
        while (meter.admit(now, 64, 1)) ++count;
      }
      const auto allowed = static_cast<Wide>(now - begin) * rate / kSecondNs;
      CHECK(count == burst + static_cast<std::uint64_t>(allowed));
    }
  }
}

TEST_CASE("bits are counted to the bit, whatever the sizes") {
  std::mt19937_64 random(2);
  for (const std::uint64_t rate : {1ull, 999ull, 10'000'000ull, 400'000'000ull}) {
    INFO(rate << " kbit/s");
    constexpr std::uint64_t kBurst = 1000;  // kbit
    MeterState meter(kbit_per_second(rate, kBurst));
    const auto step = static_cast<std::int64_t>(kBurst * kSecondNs / rate / 4);
    std::int64_t now = 0;
    Wide bits = 0;
    std::uint32_t refused = 0;
    for (int i = 0; i < 2000; ++i) {
      now += step;
      do {
        refused = 60 + static_cast<std::uint32_t>(random() % 1455);
        if (!meter.admit(now, refused, 1)) break;
        bits += refused * 8;
      } while (true);
      const Wide allowed = Wide{kBurst} * 1000 + static_cast<Wide>(now - step) * rate / 1'000'000;
      REQUIRE(bits <= allowed);
      REQUIRE(bits + refused * 8 > allowed);
    }
  }
}

TEST_CASE("a frame of several segments is that many frames") {
  MeterState meter(frames_per_second(10, 10));
  CHECK(meter.admit(0, 6000, 4));
  CHECK(meter.admit(0, 6000, 4));
  CHECK_FALSE(meter.admit(0, 6000, 4));
  CHECK(meter.admit(0, 3000, 2));
  CHECK(meter.offered().frames == 14);
  CHECK(meter.offered().bytes == 21'000);
  CHECK(meter.dropped(0).frames == 4);
  CHECK(meter.dropped(0).bytes == 6000);
}

TEST_CASE("a frame larger than the burst passes when the bucket is full, and is paid for after") {
  MeterState meter(kbit_per_second(8, 8));  // 1000 bytes a second, 1000 bytes at once
  CHECK(meter.admit(0, 3000, 1));
  CHECK_FALSE(meter.admit(2 * kSecondNs, 1, 1));
  CHECK_FALSE(meter.admit(3 * kSecondNs - 1, 3000, 1));
  CHECK(meter.admit(3 * kSecondNs, 1000, 1));
  CHECK_FALSE(meter.admit(4 * kSecondNs - 1, 3000, 1));
  CHECK(meter.admit(4 * kSecondNs, 3000, 1));
}

TEST_CASE("of several bands that are exceeded, the one of the highest rate counts the frame") {
  MeterState meter({.id = 1, .frames = true, .bands = {{1, 2}, {100, 4}, {10, 3}}});
  CHECK(passed(meter, 0, 2) == 2);
  CHECK_FALSE(meter.admit(0, 64, 1));  // beyond the first band only
  CHECK(meter.dropped(0).frames == 1);
  CHECK_FALSE(meter.admit(0, 64, 1));  // beyond the first and the third
  CHECK(meter.dropped(2).frames == 1);
  CHECK_FALSE(meter.admit(0, 64, 1));  // beyond all
  CHECK(meter.dropped(1).frames == 1);
  CHECK(meter.dropped(0).frames == 1);
}

TEST_CASE("a clock that stands still or that another worker read later adds nothing") {
  MeterState meter(frames_per_second(1000, 1));
  CHECK(meter.admit(10'000'000, 64, 1));
  CHECK_FALSE(meter.admit(10'000'000, 64, 1));
  CHECK_FALSE(meter.admit(0, 64, 1));
  CHECK_FALSE(meter.admit(10'999'999, 64, 1));
  CHECK(meter.admit(11'000'000, 64, 1));
}

TEST_CASE("rates and bursts of up to 64 bits do not overflow") {
  for (const std::uint64_t huge :
       {std::uint64_t{1} << 62, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    INFO(huge);
    for (const bool frames : {true, false}) {
      MeterState fast({.id = 1, .frames = frames, .bands = {{huge, 0}}});
      for (std::int64_t now = 0; now < 100; ++now) REQUIRE(fast.admit(now, 65536, 44));
      REQUIRE(fast.admit(std::numeric_limits<std::int64_t>::max(), 65536, 44));
      MeterState slow({.id = 1, .frames = frames, .bands = {{1, huge}}});
      for (int i = 0; i < 100; ++i) REQUIRE(slow.admit(0, 65536, 44));
      MeterState small({.id = 1, .frames = frames, .bands = {{huge, 1}}});
      REQUIRE(small.admit(0, 125, 1));
      REQUIRE_FALSE(small.admit(0, 125, 1));
      REQUIRE(small.admit(1, 125, 1));
      REQUIRE(small.admit(2, ~std::uint32_t{0}, ~std::uint32_t{0}));
      REQUIRE(small.admit(100 * kSecondNs, ~std::uint32_t{0}, ~std::uint32_t{0}));
    }
  }
}

}  // namespace
}  // namespace trestle::flow
