// SPDX-License-Identifier: Apache-2.0
//
// Trials over a cable: a veth pair between two namespaces, which loses, delays and mixes up
// nothing. What is said of it must be just that. Needs root.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "control/net/namespaces.h"
#include "measure/traffic/frame_template.h"
#include "measure/traffic/runner.h"
#include "tests/measure/traffic/cable.h"

namespace net = trestle::net;
using namespace trestle::measure;
using namespace trestle::measure::testing;
using trestle::MacAddress;
using trestle::testing::shell;

TEST_CASE_METHOD(Cable, "frames are offered at the rate asked for, and all of them arrive") {
  for (const bool sleep : {false, true}) {
    for (const double rate : {10.0, 1'000.0, 100'000.0}) {
      Trial trial = rightwards();
      trial.rate = rate;
      trial.seconds = 0.5;
      trial.sleep = sleep;
      auto result = run(trial);
      // The machine may have had other things to do, for longer than is made up for (pace.h).
      const auto off = [&] { return std::abs(result.sent_per_second() / rate - 1) > 0.01; };
      for (int again = 0; again < 9 && off(); ++again) result = run(trial);
      INFO("rate " << rate << " sleep " << sleep << " seconds " << result.send_seconds());
      CHECK(result.sent_per_second() == Approx(rate).epsilon(0.01));
      CHECK(double(result.sent()) == Approx(rate * 0.5).epsilon(0.01));
      require_nothing_lost(trial, result);
      CHECK(result.ends[1].received == result.sent());
      CHECK_FALSE(generator_bound(trial, result));
      CHECK(result.latency.empty());
    }
  }
}

TEST_CASE_METHOD(Cable, "every frame is read once, as it was sent") {
  Trial trial = rightwards();
  trial.inspect = Inspect::kAll;
  const auto result = run(trial);
  require_every_frame_read(trial, result);
  CHECK(result.ends[1].read == result.sent());
}

TEST_CASE_METHOD(Cable, "one frame in 64 is read for its latency") {
  Trial trial = rightwards();
  trial.inspect = Inspect::kSample;
  const auto result = run(trial);
  require_nothing_lost(trial, result);
  CHECK(result.ends[1].read == (result.sent() + kSampleEvery - 1) / kSampleEvery);
  CHECK(result.latency.count() == result.ends[1].read);
  CHECK(result.latency.min() > 0);
  // And the next trial without samples reads none, the one after that again.
  trial.inspect = Inspect::kCount;
  CHECK(run(trial).latency.empty());
  trial.inspect = Inspect::kAll;
  require_every_frame_read(trial, run(trial));
}

TEST_CASE_METHOD(Cable, "two ends send at a time") {
  Trial trial = rightwards();
  trial.streams.push_back(stream(1));
  trial.frames = 4'000;
  trial.inspect = Inspect::kAll;
  const auto result = run(trial);
  require_every_frame_read(trial, result);
  for (const EndResult& end : result.ends) {
    CHECK(end.sent == 4'000);
    CHECK(end.read == 4'000);
  }
}

TEST_CASE_METHOD(Cable, "as many frames are sent as were asked for, as fast as it can") {
  Trial trial = rightwards();
  trial.rate = 0;
  trial.frames = 12'345;
  const auto result = run(trial);
  CHECK(result.sent() == 12'345);
  require_nothing_lost(trial, result);
  CHECK(generator_bound(trial, result));
}

TEST_CASE_METHOD(Cable, "a mix of sizes comes in its proportions") {
  Trial trial = rightwards();
  trial.sizes = {{64, 7}, {594, 4}, {1518, 1}};
  trial.frames = 12'000;
  const auto before = shell("ip netns exec right cat /sys/class/net/eth0/statistics/rx_bytes");
  trial.inspect = Inspect::kAll;
  const auto result = run(trial);
  require_every_frame_read(trial, result);
  const auto after = shell("ip netns exec right cat /sys/class/net/eth0/statistics/rx_bytes");
  const double mean = double(std::stoull(after.output) - std::stoull(before.output)) / 12'000;
  CHECK(mean == Approx((7 * 60 + 4 * 590 + 1514) / 12.0).epsilon(0.01));
}

TEST_CASE_METHOD(Cable, "tagged frames are read like others") {
  Trial trial = rightwards();
  trial.streams[0].vlan = 7;
  trial.streams.push_back(stream(0));  // and untagged ones in turn with them
  trial.inspect = Inspect::kAll;
  require_every_frame_read(trial, run(trial));
  trial.inspect = Inspect::kSample;
  const auto sampled = run(trial);
  CHECK(sampled.ends[1].read == 2 * ((sampled.sent() / 2 + kSampleEvery - 1) / kSampleEvery));
}

TEST_CASE_METHOD(Cable, "super-frames arrive whole") {
  Trial trial = rightwards();
  trial.segment_bytes = 1472;
  trial.sizes = {{46 + 40 * 1472}};
  trial.rate = 2'000;
  trial.inspect = Inspect::kAll;
  const auto result = run(trial);
  require_every_frame_read(trial, result);
  trial.streams[0].vlan = 5;
  require_every_frame_read(trial, run(trial));
  trial.sizes = {{1518}, {64}};  // with one segment no super-frames
  require_every_frame_read(trial, run(trial));
}

TEST_CASE_METHOD(Cable, "a thousand stations, and a thousand connections") {
  Trial trial = rightwards();
  trial.streams[0].sources = 1'000;
  trial.streams[0].destinations = 1'000;
  trial.streams[0].connections = 1'000;
  trial.inspect = Inspect::kAll;
  require_every_frame_read(trial, run(trial));
}

TEST_CASE_METHOD(Cable, "what is for all others is due at each of them") {
  Trial trial = rightwards();
  trial.streams[0].to.reset();
  trial.streams[0].destination = MacAddress::from_u64(0xffff'ffff'ffff);
  trial.inspect = Inspect::kAll;
  require_every_frame_read(trial, run(trial));
}

TEST_CASE_METHOD(Cable, "frames that the far end was not to get are strays") {
  Trial trial = rightwards();
  trial.streams[0].to.reset();
  trial.streams[0].from = 1;
  trial.streams[0].source = kRight;
  trial.inspect = Inspect::kAll;
  const auto good = run(trial);
  CHECK(good.ends[0].strays == 0);
  // Of a third end, which this cable does not have, nothing can be due at the right one.
  must(
      "ip netns add third; ip -n third link add eth0 type veth peer name other;"
      "ip -n third link set eth0 up; ip -n third link set other up");
  {
    std::vector<Port> ports;
    for (const char* name : {"left", "right", "third"}) {
      ports.push_back({*net::open_namespace(name), "eth0", kLeft});
    }
    auto three = LinkTrials::open(std::move(ports), {{0}, {0}, {0}});
    REQUIRE(three);
    trial = rightwards();
    trial.streams[0].to = 2;
    trial.inspect = Inspect::kAll;
    const auto astray = (*three)->run(trial);
    REQUIRE(astray);
    CHECK(astray->ends[1].strays == astray->sent());
    CHECK(astray->ends[2].missing == astray->sent());
    CHECK(astray->latency.empty());
  }
  must("ip netns del third");
}

TEST_CASE_METHOD(Cable, "frames too long for the device are refused, runts are sent and counted") {
  Trial trial = rightwards();
  trial.sizes = {{64}, {1600}};
  trial.frames = 1'000;
  const auto long_ones = run(trial);
  CHECK(long_ones.ends[0].refused == 500);
  CHECK(long_ones.ends[0].sent == 500);
  CHECK(long_ones.ends[1].received == 500);
  CHECK(loss(trial, long_ones) == 0);
  trial.inspect = Inspect::kAll;
  CHECK(run(trial).ends[1].missing == 0);

  trial.inspect = Inspect::kCount;
  trial.sizes = {{40}};
  const auto runts = run(trial);
  CHECK(runts.ends[1].received == runts.sent());
  CHECK(runts.sent() == 1'000);
  trial.inspect = Inspect::kAll;
  CHECK_FALSE(trials->run(trial));
}

TEST_CASE_METHOD(Cable, "jumbo frames of either means of sending are as they were sent") {
  must("ip -n left link set eth0 mtu 9000; ip -n right link set eth0 mtu 9000");
  Trial trial = rightwards();
  trial.sizes = {{9018}, {64}, {1518}};
  trial.inspect = Inspect::kAll;
  for (const auto means : {SendingMeans::kMessages, SendingMeans::kRing}) {
    trials = open_cable(means);
    require_every_frame_read(trial, run(trial));
  }
}

// The kernel gives a slot of the ring back while a queued frame may still lie in it.
TEST_CASE_METHOD(Cable, "frames that wait somewhere are not written over by later ones") {
  must("ip -n left link set eth0 mtu 9000; ip -n right link set eth0 mtu 9000");
  for (const auto means : {SendingMeans::kMessages, SendingMeans::kRing}) {
    trials = open_cable(means);
    for (const std::uint32_t bytes : {64u, 1518u, 9018u}) {
      Trial trial = rightwards();
      trial.sizes = {{bytes}};
      trial.rate = 0;
      trial.frames = 2'000;
      Queue queue;
      require_nothing_lost(trial, run(trial));
      Signature signature;
      std::uint32_t frames = 0;
      for (auto octets = queue.next(); !octets.empty(); octets = queue.next()) {
        REQUIRE(octets.size() == bytes - kFcs);
        REQUIRE(read_signature(octets.data() + kEthernet + kSignatureAt, signature));
        REQUIRE(signature.sequence == frames++);
        REQUIRE(std::equal(octets.begin() + kEthernet + kHeadSize, octets.end(),
                           payload_pattern() + kHeadSize));
      }
      CHECK(frames == 2'000);
    }
  }
}

TEST_CASE_METHOD(Cable, "the far end's IP stack sees nothing of a trial, and all after it") {
  must("ip -n left address add 10.0.0.1/24 dev eth0; ip -n right address add 10.0.0.2/24 dev eth0");
  const std::string count = "ip netns exec right nstat -asz IpInReceives | awk '/Ip/ {print $2}'";
  const auto before = shell(count).output;
  const Trial trial = rightwards();
  require_nothing_lost(trial, run(trial));
  CHECK(shell(count).output == before);
  CHECK(shell("ip netns exec left ping -c1 -W2 10.0.0.2").ok());
}

TEST_CASE_METHOD(Cable, "a device that is made anew is found again") {
  const Trial trial = rightwards();
  require_nothing_lost(trial, run(trial));
  must("ip -n left link del eth0");
  CHECK_FALSE(trials->run(trial));
  make_pair("index 77");
  require_nothing_lost(trial, run(trial));
}
