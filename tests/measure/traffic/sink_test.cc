// SPDX-License-Identifier: Apache-2.0
//
// What a sink says of frames that a switch has treated badly.

#include "measure/traffic/sink.h"
#include "measure/traffic/sender.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

using namespace trestle::measure;
using trestle::MacAddress;

namespace {

constexpr std::uint64_t kStart = 1'000'000'000;

// Stream 0 is from end 0 to end 1, stream 1 from end 0 to end 2, stream 2 from end 0 to all.
struct Bench {
  explicit Bench(Inspect inspect = Inspect::kAll, std::uint16_t vlan = 0) {
    for (int i = 0; i < 3; ++i) {
      Stream stream;
      if (i < 2) stream.to = static_cast<std::size_t>(i + 1);
      stream.source = MacAddress::from_u64(0x0200'0000'0001);
      stream.destination = MacAddress::from_u64(0x0200'0000'0002);
      stream.vlan = vlan;
      trial.streams.push_back(stream);
    }
    trial.sizes = {{64}, {600}};
    trial.inspect = inspect;
    templates = templates_of(trial);
  }

  std::vector<std::uint8_t> frame(std::uint16_t stream, std::uint32_t n,
                                  std::uint64_t sent_ns = kStart) const {
    const auto& frames = templates[stream];
    std::vector<std::uint8_t> octets(frames.size_max() + 64);
    std::uint8_t* ip = octets.data() + frames.link_header();
    std::memcpy(ip, payload_pattern(), frames.size_max());
    frames.write(n, sent_ns, ip);
    octets.resize(frames.size(n));
    return octets;
  }
  void take(Sink& sink, const std::vector<std::uint8_t>& octets,
            std::uint64_t at_ns = kStart + 5'000) const {
    const auto size = static_cast<std::uint32_t>(octets.size());
    sink.take({octets.data(), size, size, at_ns});
  }
  EndResult told(const Sink& sink, std::uint64_t sent, std::uint64_t unread = 0) const {
    EndResult result;
    sink.tell({{sent, 0}, {sent, 0}, {sent, 0}}, unread, result);
    return result;
  }

  Trial trial;
  std::vector<FrameTemplate> templates;
};

}  // namespace

TEST_CASE("frames as they were sent have nothing but their latency to tell") {
  const Bench bench;
  Sink sink(bench.trial, bench.templates, 1, kStart);
  for (std::uint32_t n = 0; n < 100; ++n) {
    bench.take(sink, bench.frame(0, n));
    bench.take(sink, bench.frame(2, n));
  }
  const auto result = bench.told(sink, 100);
  CHECK(result.read == 200);
  CHECK(result.missing + result.duplicated + result.reordered + result.corrupted + result.strays ==
        0);
  CHECK(sink.latency().count() == 200);
  CHECK(sink.latency().min() == 5'000);
  CHECK(sink.latency().max() == 5'000);
}

TEST_CASE("missing, duplicated and reordered frames are counted of the end's own streams") {
  const Bench bench;
  Sink sink(bench.trial, bench.templates, 1, kStart);
  for (const std::uint32_t n : {0, 2, 1, 2, 5}) bench.take(sink, bench.frame(0, n));
  const auto result = bench.told(sink, 7);
  CHECK(result.missing == 3 + 7);  // of stream 0, and all of stream 2
  CHECK(result.duplicated == 1);
  CHECK(result.reordered == 1);
}

TEST_CASE("what the sink had no room for is not told as missing") {
  const Bench bench;
  Sink sink(bench.trial, bench.templates, 2, kStart);
  bench.take(sink, bench.frame(1, 0));
  const auto some = bench.told(sink, 10, 4);
  CHECK(some.missing == 9 + 10 - 4);
  CHECK(some.unread == 4);
  CHECK(bench.told(sink, 1, 100).missing == 0);
}

TEST_CASE("frames the kernel refused are not missing") {
  const Bench bench;
  Sink sink(bench.trial, bench.templates, 1, kStart);
  bench.take(sink, bench.frame(0, 1));
  EndResult result;
  sink.tell({{4, 3}, {9, 0}, {2, 2}}, 0, result);
  CHECK(result.missing == 0);
}

TEST_CASE("frames for another end are strays, and say nothing of latency") {
  const Bench bench;
  Sink at_two(bench.trial, bench.templates, 2, kStart),
      at_sender(bench.trial, bench.templates, 0, kStart);
  bench.take(at_two, bench.frame(0, 0));
  bench.take(at_sender, bench.frame(2, 0));  // its own, sent back
  CHECK(bench.told(at_two, 1).strays == 1);
  CHECK(bench.told(at_sender, 1).strays == 1);
  CHECK(at_two.latency().empty());
  CHECK(at_sender.latency().empty());
}

TEST_CASE("a frame with a changed octet is corrupted, of another stream, or not one of ours") {
  const Bench bench;
  for (const std::uint32_t n : {0u, 1u}) {
    const auto good = bench.frame(0, n);
    for (std::size_t at = 0; at < good.size(); ++at) {
      auto bad = good;
      bad[at] ^= 0x10;
      Sink sink(bench.trial, bench.templates, 1, 0);
      bench.take(sink, bad);
      const auto result = bench.told(sink, 2);
      INFO("frame " << n << " octet " << at);
      const bool in_magic = at == 44 || at == 45;
      const bool in_number_or_time = at >= 48 && at < 60;  // another one, and as good
      REQUIRE(result.read == (in_magic ? 0 : 1));
      if (!in_magic && !in_number_or_time) REQUIRE(result.corrupted + result.strays == 1);
    }
  }
}

TEST_CASE("a frame cut short or made longer is corrupted") {
  const Bench bench;
  Sink sink(bench.trial, bench.templates, 1, kStart);
  auto frame = bench.frame(0, 1);
  frame.pop_back();
  bench.take(sink, frame);
  frame.resize(frame.size() + 2);
  bench.take(sink, frame);
  CHECK(bench.told(sink, 2).corrupted == 2);
}

TEST_CASE("a tag is read where it is, and need not be there") {
  const Bench bench(Inspect::kAll, 12);
  Sink sink(bench.trial, bench.templates, 1, kStart);
  auto frame = bench.frame(0, 0);
  REQUIRE(frame.size() == 64);
  bench.take(sink, frame);
  frame = bench.frame(0, 1);
  frame.erase(frame.begin() + 12, frame.begin() + 16);
  bench.take(sink, frame);
  const auto result = bench.told(sink, 2);
  CHECK(result.read == 2);
  CHECK(result.corrupted == 0);
}

TEST_CASE("frames of an earlier trial and of nobody are left out") {
  const Bench bench;
  Sink sink(bench.trial, bench.templates, 1, kStart);
  bench.take(sink, bench.frame(0, 0, kStart - 1));
  bench.take(sink, std::vector<std::uint8_t>(20));
  bench.take(sink, std::vector<std::uint8_t>(200));
  CHECK(bench.told(sink, 1).read == 0);
}

TEST_CASE("samples tell latency and nothing of order") {
  const Bench bench(Inspect::kSample);
  Sink sink(bench.trial, bench.templates, 1, kStart);
  bench.take(sink, bench.frame(0, 64));
  bench.take(sink, bench.frame(0, 0));
  const auto result = bench.told(sink, 65);
  CHECK(result.read == 2);
  CHECK(result.missing == 0);
  CHECK(result.reordered == 0);
  CHECK(sink.latency().count() == 2);
}
