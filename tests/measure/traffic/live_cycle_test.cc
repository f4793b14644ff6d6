// SPDX-License-Identifier: Apache-2.0
//
// A cycle, gone through as the kernel does, is what senders would have sent in turn.

#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "measure/traffic/live/cycle.h"
#include "measure/traffic/sender.h"

using namespace trestle::measure;
using trestle::MacAddress;

namespace {

Stream stream(std::size_t from, std::size_t to) {
  Stream stream;
  stream.from = from;
  stream.to = to;
  stream.source = MacAddress::from_u64(0x02'00'00'00'00'01 + from);
  stream.destination = MacAddress::from_u64(0x02'00'00'00'00'01 + to);
  return stream;
}

// The slow twin of LiveCycle: senders that take turns, and each of them its streams.
class Turns {
 public:
  Turns(const Trial& trial, const std::vector<std::size_t>& senders) : of_(senders.size()) {
    for (std::size_t i = 0; i < trial.streams.size(); ++i) {
      for (std::size_t k = 0; k < senders.size(); ++k) {
        if (trial.streams[i].from == senders[k]) of_[k].push_back(i);
      }
    }
  }
  struct Frame {
    std::size_t device, stream;
    std::uint32_t number;
  };
  Frame next() {
    const std::size_t device = count_ % of_.size();
    const auto& streams = of_[device];
    const std::size_t stream = streams[count_++ / of_.size() % streams.size()];
    return {device, stream, numbers_[stream]++};
  }

 private:
  std::vector<std::vector<std::size_t>> of_;
  std::size_t count_ = 0;
  std::map<std::size_t, std::uint32_t> numbers_;
};

void require_same(const Trial& trial, const std::vector<std::size_t>& senders) {
  const auto templates = templates_of(trial);
  const auto cycle = LiveCycle::of(trial, templates, senders);
  REQUIRE(cycle);
  Turns turns(trial, senders);
  std::vector<std::uint64_t> by_stream(trial.streams.size());
  const std::size_t head = cycle->tagged() ? kLiveHeadTagged : kLiveHeadPlain;
  for (std::uint64_t n = 0; n < 3 * cycle->frames().size() + 5; ++n) {
    if (n % 61 == 0) REQUIRE(cycle->by_stream(n) == by_stream);
    const live_frame& frame = cycle->frames()[n % cycle->frames().size()];
    const auto round = static_cast<std::uint32_t>(n / cycle->frames().size());
    const Turns::Frame expected = turns.next();
    ++by_stream[expected.stream];
    REQUIRE(frame.device == expected.device);
    REQUIRE(frame.first + round * frame.step == expected.number);
    const FrameTemplate& frames = templates[expected.stream];
    REQUIRE(static_cast<std::uint32_t>(static_cast<std::int32_t>(cycle->size_max()) + frame.trim) ==
            frames.size(expected.number));
    std::uint8_t octets[kLiveHeadTagged]{};
    frames.write(expected.number, 0, octets + frames.link_header());
    // But for number and time, the last twelve.
    REQUIRE(std::memcmp(frame.head, octets, head - 12) == 0);
  }
}

}  // namespace

TEST_CASE("a cycle is what its senders would send in turn") {
  std::mt19937 random(GENERATE(range(1, 40)));
  const auto one_of = [&random](std::initializer_list<unsigned> values) {
    return values.begin()[random() % values.size()];
  };
  Trial trial;
  if (random() % 3 == 0) trial.sizes = {{64, 3}, {594, 2}, {1518, 1}};
  const std::uint16_t vlan = random() % 2 == 0 ? 0 : 7;
  const std::size_t ends = 2 + random() % 3;
  for (std::size_t from = 0; from < ends; ++from) {
    for (std::size_t to = 0; to < ends; ++to) {
      if (from == to || (from > 0 && random() % 2 == 0)) continue;
      Stream one = stream(from, to);
      one.vlan = vlan;
      one.connections = one_of({1, 1, 4, 5});
      one.sources = one_of({1, 1, 2, 10});
      one.destinations = one_of({1, 1, 3});
      trial.streams.push_back(one);
    }
  }
  std::vector<std::size_t> senders;
  for (const Stream& one : trial.streams) {
    if (senders.empty() || senders.back() != one.from) senders.push_back(one.from);
  }
  require_same(trial, senders);
}

TEST_CASE("there is no cycle of frames that the kernel could not make") {
  Trial trial;
  trial.streams = {stream(0, 1)};
  const auto has_cycle = [&trial] {
    return LiveCycle::of(trial, templates_of(trial), {0}).has_value();
  };
  CHECK(has_cycle());
  trial.streams[0].connections = LiveCycle::kFramesMax;
  CHECK(has_cycle());
  SECTION("one frame too many until it begins again") {
    trial.streams[0].connections = LiveCycle::kFramesMax + 1;
    CHECK_FALSE(has_cycle());
  }
  SECTION("addresses and connections that meet again only after too many frames") {
    trial.streams[0].sources = LiveCycle::kFramesMax - 1;
    CHECK_FALSE(has_cycle());
  }
  SECTION("a frame without room for a signature") {
    trial.sizes = {{64}, {63}};
    CHECK_FALSE(has_cycle());
  }
  SECTION("a frame longer than a page has room for") {
    trial.sizes = {{LiveCycle::kSizeMax + kFcs}};
    trial.streams[0].connections = 1;
    CHECK(has_cycle());
    trial.sizes = {{LiveCycle::kSizeMax + kFcs + 1}};
    CHECK_FALSE(has_cycle());
  }
  SECTION("tags on some only") {
    trial.streams[0].connections = 1;
    trial.streams.push_back(stream(0, 2));
    trial.streams[1].vlan = 7;
    CHECK_FALSE(has_cycle());
  }
}
