// SPDX-License-Identifier: Apache-2.0
//
// extract() beside its slow twin, over frames of every kind: as composed, with headers that
// compose() does not make, with bytes changed, and cut off. Heads lie in buffers of exactly their
// size, so that AddressSanitizer sees a read beyond them.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <memory>

#include "switch/flow/compose.h"
#include "tests/sanitized.h"
#include "tests/switch/flow/random_fields.h"
#include "tests/switch/flow/slow_extract.h"

namespace trestle::flow {
namespace {

constexpr unsigned kSteps = testing::steps(400'000u);

struct Extracted {
  Fields fields;
  std::size_t words;
};
Extracted extract_exactly(const Octets& frame, VlanTag stripped, Depth depth) {
  const std::size_t head = std::min(frame.size(), kHeadersMax);
  const std::unique_ptr<std::byte[]> exact(new std::byte[head]);
  std::memcpy(exact.get(), frame.data(), head);
  Extracted out;
  for (std::size_t i = 0; i < kPacketWords; ++i) out.fields[i] = ~std::uint64_t{0};
  out.words = extract({exact.get(), head}, frame.size(), stripped, depth, out.fields);
  return out;
}

TEST_CASE("any frame has the fields that its slow twin finds") {
  Random random(0x3e57'0001);
  for (unsigned step = 0; step < kSteps; ++step) {
    Octets frame = compose(random_fields(random), below(random, 3) == 0 ? below(random, 400) : 0);
    if (below(random, 2) != 0) frame = with_more_headers(random, std::move(frame));
    if (below(random, 2) != 0) frame = mutated(random, std::move(frame));
    VlanTag stripped;
    if (below(random, 3) == 0) {
      stripped = {below(random, 2) != 0 ? kTpidCustomer : kTpidService,
                  static_cast<std::uint16_t>(random())};
    }
    for (const Depth depth : {Depth::kL4, Depth::kL3, Depth::kL2}) {
      Extracted got = extract_exactly(frame, stripped, depth);
      REQUIRE(got.fields.in_port() == 0xffff);
      got.fields.set_in_port(0);
      const Fields expected = slow_extract(frame, stripped, depth);
      if (!(got.fields == expected)) {
        for (std::size_t i = 0; i < kWords; ++i) {
          CAPTURE(step, static_cast<int>(depth), i, frame.size());
          CHECK(got.fields[i] == expected[i]);
        }
      }
      REQUIRE(got.fields == expected);
      REQUIRE(got.words <= kPacketWords);
      for (std::size_t i = got.words; i < kPacketWords; ++i) REQUIRE(got.fields[i] == 0);
    }
  }
}

TEST_CASE("a composed frame has the fields it was composed of") {
  Random random(0x3e57'0002);
  for (unsigned step = 0; step < kSteps / 4; ++step) {
    const Fields fields = random_fields(random);
    const Octets frame = compose(fields, below(random, 100));
    const Extracted got = extract_exactly(frame, {}, Depth::kL4);
    Fields without_port = got.fields;
    without_port.set_in_port(0);
    CAPTURE(step, fields.dl_type(), fields.nw_proto());
    REQUIRE(without_port == fields);
  }
}

}  // namespace
}  // namespace trestle::flow
