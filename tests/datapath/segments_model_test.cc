// SPDX-License-Identifier: Apache-2.0
//
// Software segmentation and its slow twin, side by side: frames of all GSO types, right ones and
// such as lie, as they came in, with other tags and edited. And AVX2 beside scalar sums.

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "datapath/offload/checksum.h"
#include "tests/datapath/segment_twins.h"
#include "tests/sanitized.h"

namespace trestle {
namespace {

using testing::steps;

struct Generator {
  std::mt19937_64 random;
  std::uint64_t operator()(std::uint64_t n) { return n == 0 ? random() : random() % n; }
};

TEST_CASE("frames are on the wire what the slow twin makes of them") {
  Generator dice{std::mt19937_64(GENERATE(1, 2, 3))};
  SegmentTwins twins(std::ref(dice));
  const int count = steps(8000);
  for (int i = 0; i < count; ++i) {
    INFO("frame " << i);
    REQUIRE(twins.compare_one() == "");
  }
  CHECK(twins.finished() > static_cast<std::uint64_t>(count) / 10);
  CHECK(twins.cut() > static_cast<std::uint64_t>(count) / 4);
  CHECK(twins.refused() > static_cast<std::uint64_t>(count) / 40);
}

TEST_CASE("frames whose headers are right have right checksums on the wire, from scratch") {
  Generator dice{std::mt19937_64(4)};
  SegmentTwins twins(std::ref(dice));
  for (int i = 0; i < steps(6000); ++i) {
    INFO("frame " << i);
    REQUIRE(twins.check_right_one() == "");
  }
}

TEST_CASE("AVX2 and scalar sums agree, wherever the bytes lie and however many there are") {
  if (!has_avx2()) {
    WARN("this CPU has no AVX2: not compared");
    return;
  }
  std::mt19937_64 random(5);
  std::vector<std::byte> bytes(70'000);
  for (std::byte& byte : bytes) byte = std::byte(random());
  const auto compare = [&](std::size_t at, std::size_t size) {
    const std::span<const std::byte> part = std::span<const std::byte>(bytes).subspan(at, size);
    if (fold(sum_avx2(part)) == fold(sum_scalar(part))) return;
    FAIL_CHECK(size << " bytes from " << at);
  };
  for (std::size_t at = 0; at < 33; ++at) {
    for (std::size_t size = 0; size < 300; ++size) compare(at, size);
  }
  for (int i = 0; i < steps(20'000); ++i) compare(random() % 100, random() % 69'000);
  std::fill(bytes.begin(), bytes.end(), std::byte{0xff});  // as large as a sum can get
  compare(0, bytes.size());
  CHECK(fold(sum_scalar(bytes)) == 0xffff);
  std::fill(bytes.begin(), bytes.end(), std::byte{0});
  compare(0, bytes.size());
  CHECK(fold(sum_scalar(bytes)) == 0);
}

TEST_CASE("sums of 8 MiB of ones overflow nowhere") {
  const std::vector<std::byte> bytes(std::size_t{8} << 20, std::byte{0xff});
  CHECK(fold(sum_scalar(bytes)) == 0xffff);
  if (has_avx2()) CHECK(fold(sum_avx2(bytes)) == 0xffff);
}

TEST_CASE("sums go on over pieces, odd ones too; the example of RFC 1071") {
  const std::byte example[] = {std::byte{0x00}, std::byte{0x01}, std::byte{0xf2}, std::byte{0x03},
                               std::byte{0xf4}, std::byte{0xf5}, std::byte{0xf6}, std::byte{0xf7}};
  std::mt19937_64 random(6);
  for (int i = 0; i < 200; ++i) {
    InternetSum sum;
    for (std::size_t at = 0; at < 8;) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 4, 8 - at);
      sum.add({example + at, size});
      at += size;
    }
    CHECK(sum.checksum() == __builtin_bswap16(static_cast<std::uint16_t>(~0xddf2)));  // RFC 1071 3
  }
}

}  // namespace
}  // namespace trestle
