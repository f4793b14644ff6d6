// SPDX-License-Identifier: Apache-2.0
//
// Trials over a cable that are sent from inside the kernel: nothing is known of them but what is
// known of those sent otherwise. Needs root.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include "measure/traffic/frame_template.h"
#include "tests/measure/traffic/cable.h"

using namespace trestle::measure;
using namespace trestle::measure::testing;
using trestle::testing::shell;

namespace {

struct LiveCable : Cable {
  LiveCable() {
    for (const char* end : {"left", "right"}) {
      must(std::string("ip netns exec ") + end + " ethtool -K eth0 gro on");
    }
    trials = open_cable(SendingMeans::kXdp);
  }
  // Frames that the left end has sent by XDP so far.
  static std::uint64_t sent_by_xdp() {
    const auto counted =
        shell("ip netns exec left ethtool -S eth0 | awk '/tx_queue_0_xdp_xmit:/ {print $2}'");
    REQUIRE(counted.ok());
    return std::stoull(counted.output);
  }
};

// What came into the queue, frame by frame in its order, is what FrameTemplate says of the stream.
void require_as_written(Queue& queue, const Trial& trial, std::uint64_t count) {
  const FrameTemplate frames(trial.streams[0], 0, trial.sizes, 0);
  std::vector<std::uint8_t> expected(10'000);
  std::uint64_t came = 0;
  std::uint64_t last_ns = 0;
  for (auto octets = queue.next(); !octets.empty(); octets = queue.next(), ++came) {
    const auto n = static_cast<std::uint32_t>(came);
    const std::size_t link_header = frames.link_header();
    REQUIRE(octets.size() == frames.size(n));
    Signature signature;
    REQUIRE(read_signature(octets.data() + link_header + kSignatureAt, signature));
    REQUIRE(signature.sent_ns >= last_ns);
    last_ns = signature.sent_ns;
    frames.write(n, signature.sent_ns, expected.data() + link_header);
    std::copy_n(payload_pattern() + kHeadSize, octets.size() - link_header - kHeadSize,
                expected.begin() + static_cast<std::ptrdiff_t>(link_header + kHeadSize));
    REQUIRE(std::equal(octets.begin(), octets.end(), expected.begin()));
  }
  CHECK(came == count);
}

}  // namespace

TEST_CASE_METHOD(LiveCable,
                 "the kernel sends the frames that the trial says, each as it is to be") {
  Trial trial = rightwards();
  trial.frames = 3'000;
  const auto sizes = GENERATE(std::vector<FrameSize>{{64}}, std::vector<FrameSize>{{1518}},
                              std::vector<FrameSize>{{64, 7}, {594, 4}, {1518, 1}});
  trial.sizes = sizes;
  trial.streams[0].connections = GENERATE(1u, 100u);
  trial.streams[0].sources = trial.streams[0].connections;
  Queue queue;
  const auto result = run(trial);
  require_nothing_lost(trial, result);
  CHECK(result.sent() == 3'000);
  CHECK(sent_by_xdp() == 3'000);
  require_as_written(queue, trial, 3'000);
}

TEST_CASE_METHOD(LiveCable, "the kernel sends at the rate asked for, and all frames arrive") {
  for (const double rate : {10.0, 1'000.0, 100'000.0, 300'000.0}) {
    Trial trial = rightwards();
    trial.rate = rate;
    trial.seconds = 0.5;
    auto result = run(trial);
    // The machine may have had other things to do, for longer than is made up for (send.bpf.c).
    const auto off = [&] {
      return std::abs(result.sent_per_second() / rate - 1) > 0.01 ||
             std::abs(double(result.sent()) / (rate * 0.5) - 1) > 0.01;
    };
    for (int again = 0; again < 9 && off(); ++again) result = run(trial);
    INFO("rate " << rate << " seconds " << result.send_seconds());
    CHECK(result.sent_per_second() == Approx(rate).epsilon(0.01));
    CHECK(double(result.sent()) == Approx(rate * 0.5).epsilon(0.01));
    require_nothing_lost(trial, result);
    CHECK_FALSE(generator_bound(trial, result));
  }
}

TEST_CASE_METHOD(LiveCable,
                 "two ends send from inside the kernel at a time, with a thread or two") {
  Trial trial = rightwards();
  trial.streams.push_back(stream(1));
  trial.rate = 50'000;
  trial.frames = 4'000;
  const auto cpus = GENERATE(std::vector<int>{0}, std::vector<int>{0, 1});
  trials = open_cable(SendingMeans::kXdp, cpus);
  const auto result = run(trial);
  require_nothing_lost(trial, result);
  for (const EndResult& end : result.ends) {
    CHECK(end.sent == 4'000);
    CHECK(end.received == 4'000);
  }
}

TEST_CASE_METHOD(LiveCable, "one in 64 of the kernel's frames is read for its latency") {
  Trial trial = rightwards();
  trial.inspect = Inspect::kSample;
  trial.streams[0].vlan = GENERATE(std::uint16_t{0}, std::uint16_t{7});
  const auto result = run(trial);
  require_nothing_lost(trial, result);
  CHECK(result.ends[1].read == (result.sent() + kSampleEvery - 1) / kSampleEvery);
  CHECK(result.latency.count() == result.ends[1].read);
  CHECK(result.latency.min() > 0);
  CHECK(result.latency.quantile(0.5) < 1'000'000);
}

TEST_CASE_METHOD(LiveCable, "an overload of the kernel's frames is followed by its second phase") {
  Trial trial = rightwards();
  trial.rate = 100'000;
  trial.seconds = 0.1;
  trial.then_rate = 10'000;
  trial.then_seconds = 0.2;
  auto result = run(trial);
  // The machine may have had other things to do.
  for (int again = 0; again < 9 && result.sent() < 11'900; ++again) result = run(trial);
  CHECK(result.sent() == Approx(12'000).epsilon(0.05));
  CHECK(result.send_seconds() == Approx(0.3).epsilon(0.05));
  require_nothing_lost(trial, result);
}

TEST_CASE_METHOD(LiveCable, "what the far end has no room for is lost") {
  Trial trial = rightwards();
  // Threaded NAPI does not keep up with a sender that does not wait for it.
  must("ip netns exec right sh -c 'echo 1 > /sys/class/net/eth0/threaded'");
  trial.rate = 0;
  trial.frames = 300'000;
  const auto result = run(trial);
  CHECK(result.ends[0].sent == 300'000);
  CHECK(result.ends[0].refused == 0);
  CHECK(result.received() < 300'000);
  CHECK(loss(trial, result) > 0);
}

TEST_CASE_METHOD(LiveCable, "what a device did not take from the kernel is refused, not lost") {
  Trial trial = rightwards();
  trial.seconds = 1;
  TrialResult result;
  std::thread sending([&] { result = run(trial); });
  while (sent_by_xdp() < 1'000) std::this_thread::yield();
  must("ip -n left link set eth0 down");
  sending.join();
  CHECK(result.ends[0].refused > 0);
  CHECK(result.ends[0].sent + result.ends[0].refused <= 20'000);
  CHECK(result.received() == result.sent());
  CHECK(loss(trial, result) == 0);
}

TEST_CASE_METHOD(LiveCable, "a device that goes away while the kernel sends is an error") {
  Trial trial = rightwards();
  trial.seconds = 1;
  std::string error;
  std::thread sending([&] {
    const auto result = trials->run(trial);
    if (!result) error = result.error().what;
  });
  while (sent_by_xdp() < 1'000) std::this_thread::yield();
  must("ip -n left link del eth0");
  sending.join();
  CHECK_THAT(error, Catch::Contains("went away"));
}

TEST_CASE_METHOD(LiveCable, "one frame has its time too") {
  Trial trial = rightwards();
  trial.frames = 1;
  trial.rate = 100;
  CHECK(run(trial).send_seconds() == Approx(0.01));
}

TEST_CASE_METHOD(LiveCable, "a far end that takes none of the kernel's frames is an error") {
  must("ip netns exec right ethtool -K eth0 gro off");
  const auto result = trials->run(rightwards());
  REQUIRE_FALSE(result);
  CHECK_THAT(result.error().what, Catch::Contains("is its GRO on?"));
}

TEST_CASE_METHOD(LiveCable, "what the kernel cannot send by itself is sent as ever") {
  Trial trial = rightwards();
  trial.inspect = Inspect::kAll;
  require_every_frame_read(trial, run(trial));
  trial.inspect = Inspect::kCount;
  trial.streams.push_back(stream(0));
  trial.streams[1].vlan = 7;  // some tagged, some not
  require_nothing_lost(trial, run(trial));
  trial = rightwards();
  trial.sizes = {{40}};
  const auto runts = run(trial);
  CHECK(runts.received() == runts.sent());
  trial.sizes = {{1600}};
  const auto giants = run(trial);
  CHECK(giants.ends[0].refused > 0);
  CHECK(giants.sent() == 0);
  trial.sizes = {{64}};
  trial.sleep = true;
  require_nothing_lost(trial, run(trial));
  CHECK(sent_by_xdp() == 0);
}
