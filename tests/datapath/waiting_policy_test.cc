// SPDX-License-Identifier: Apache-2.0
//
// How a worker decides to wait, with a clock and a world of the test's own: senders that send
// anyhow, and senders that wait for an answer.

#include <algorithm>
#include <catch2/catch.hpp>
#include <queue>
#include <vector>

#include "datapath/waiting/policy.h"

namespace trestle {
namespace {

constexpr Nanoseconds kMicrosecond = 1'000, kMillisecond = 1'000'000, kSecond = 1'000'000'000;

// When frames come. A sender that waits for answers sends its next frame some time after its last
// one has been forwarded.
class Senders {
 public:
  // `burst` frames every `period`, for as long as `on` of every `cycle` (0: always).
  void open_loop(Nanoseconds period, unsigned burst = 1, Nanoseconds on = 0,
                 Nanoseconds cycle = 0) {
    flows_.push_back({period, burst, on, cycle, false});
    due_.push({period, flows_.size() - 1});
  }
  // `window` frames at a time are on their way and come back `trip` after they were forwarded.
  void closed_loop(Nanoseconds trip, unsigned window = 1) {
    flows_.push_back({trip, 1, 0, 0, true});
    for (unsigned i = 0; i < window; ++i) due_.push({trip + i * kMicrosecond, flows_.size() - 1});
  }

  bool any() const { return !due_.empty(); }
  Nanoseconds next() const { return due_.top().at; }
  // What has come by `now`, at most `most` frames; it is forwarded at `now`.
  std::size_t take(Nanoseconds now, std::size_t most) {
    std::size_t frames = 0;
    while (frames < most && any() && due_.top().at <= now) {
      const Due due = due_.top();
      due_.pop();
      const Flow& flow = flows_[due.flow];
      frames += flow.burst;
      due_.push({flow.closed ? now + flow.period : after(flow, due.at), due.flow});
    }
    return frames;
  }

 private:
  struct Flow {
    Nanoseconds period;
    unsigned burst;
    Nanoseconds on, cycle;
    bool closed;
  };
  struct Due {
    Nanoseconds at;
    std::size_t flow;
    bool operator<(const Due& other) const { return at > other.at; }
  };

  static Nanoseconds after(const Flow& flow, Nanoseconds at) {
    at += flow.period;
    if (flow.cycle != 0 && at % flow.cycle >= flow.on) at += flow.cycle - at % flow.cycle;
    return at;
  }

  std::vector<Flow> flows_;
  std::priority_queue<Due> due_;
};

// A worker with one queue: what it does is what datapath/worker.cc and datapath/idle.cc do.
class SimulatedWorker {
 public:
  struct Spent {
    std::uint64_t frames = 0, naps = 0, sleeps = 0;
    Nanoseconds napping = 0, spinning = 0, working = 0, sleeping = 0;
  };

  explicit SimulatedWorker(WaitingSettings settings = {}, Nanoseconds frame = 600)
      : policy(settings, true, true), frame_(frame) {}

  // What the next `length` brings.
  Spent run(Nanoseconds length) {
    spent_ = {};
    const Nanoseconds end = now_ + length;
    while (now_ < end) round(end);
    return spent_;
  }

  Nanoseconds now() const { return now_; }

  Senders senders;
  WaitingPolicy policy;

 private:
  static constexpr Nanoseconds kEmptyRound = 150, kWakeUp = 25'000, kNapsOverrun = 15'000;

  void round(Nanoseconds end) {
    const std::size_t frames = senders.take(now_, 64);
    const Nanoseconds began = now_;
    now_ += kEmptyRound + static_cast<Nanoseconds>(frames) * frame_;
    (frames == 0 ? spent_.spinning : spent_.working) += now_ - began;
    spent_.frames += frames;
    if (frames != 0) last_frame_ = began;
    policy.note_round(frames, began);
    if (frames == 0 && began - last_frame_ >= policy.patience()) {
      sleep(end);
    } else if (frames == 0 && policy.nap() != 0) {
      now_ += policy.nap() + kNapsOverrun;
      spent_.napping += policy.nap();
      ++spent_.naps;
      policy.note_nap(true);
    }
  }

  void sleep(Nanoseconds end) {
    const Nanoseconds before = now_;
    now_ = std::max(now_, senders.any() ? std::min(senders.next(), end) : end) + kWakeUp;
    spent_.sleeping += now_ - before;
    ++spent_.sleeps;
    policy.note_sleep(now_ - before);
    policy.note_rest(now_ - last_frame_);
    last_frame_ = now_;
  }

  const Nanoseconds frame_;
  Nanoseconds now_ = 0, last_frame_ = 0;
  Spent spent_;
};

TEST_CASE("100,000 frames a second that come anyhow are napped for, several at a time") {
  for (const unsigned burst : {1u, 5u, 10u}) {
    CAPTURE(burst);
    SimulatedWorker worker;
    worker.senders.open_loop(burst * 10 * kMicrosecond, burst);
    worker.run(100 * kMillisecond);
    const auto spent = worker.run(kSecond);
    CHECK(spent.frames >= 99'000);
    CHECK(spent.frames / spent.naps >= 8);
    CHECK(spent.napping > kSecond / 2);
    CHECK(spent.sleeps < 1'000);
    CHECK(spent.spinning < kSecond / 20);
  }
}

TEST_CASE("a worker that is busy but for moments takes no naps, and takes them when it is calm") {
  constexpr Nanoseconds kBusy = 1'700, kMore = 3'000;  // 44 % of its time, and another 25 %
  SimulatedWorker with_moments;
  with_moments.senders.open_loop(kBusy);
  with_moments.senders.open_loop(kMore, 1, 36 * kMillisecond, 40 * kMillisecond);
  CHECK(with_moments.run(kSecond).naps == 0);

  SimulatedWorker calm_at_last;
  calm_at_last.senders.open_loop(kBusy);
  calm_at_last.senders.open_loop(kMore, 1, kSecond, 2 * kSecond);
  CHECK(calm_at_last.run(kSecond).naps == 0);
  CHECK(calm_at_last.run(50 * kMillisecond).naps > 0);
  CHECK(calm_at_last.run(900 * kMillisecond).napping > kSecond / 3);
}

TEST_CASE("a ping-pong is not napped on: one nap, and then none for ever longer") {
  SimulatedWorker worker;
  worker.senders.closed_loop(10 * kMicrosecond);
  const auto first = worker.run(kSecond);
  CHECK(first.frames > 80'000);
  CHECK(first.naps >= 1);
  CHECK(first.naps <= 12);
  const auto later = worker.run(10 * kSecond);
  CHECK(later.naps <= 11);
  CHECK(later.sleeps <= 50);
}

TEST_CASE("many that wait for answers are not napped on though a nap finds several frames") {
  for (const unsigned window : {2u, 4u, 8u, 16u}) {
    CAPTURE(window);
    SimulatedWorker worker;
    worker.senders.closed_loop(25 * kMicrosecond, window);
    worker.run(kSecond);
    CHECK(worker.run(10 * kSecond).napping < 10 * kSecond / 500);
  }
}

TEST_CASE("those that wait for answers are found out though the naps began before they came") {
  SimulatedWorker worker;
  worker.senders.open_loop(20 * kMicrosecond);
  CHECK(worker.run(kSecond).napping > kSecond / 2);
  worker.senders.closed_loop(10 * kMicrosecond, 8);
  worker.run(kSecond);
  const auto later = worker.run(5 * kSecond);
  CHECK(later.napping < kSecond / 10);
}

TEST_CASE("a million frames a second keep the worker busy: it does not lie down") {
  SimulatedWorker worker({}, 800);
  worker.senders.open_loop(kMicrosecond);
  const auto spent = worker.run(kSecond);
  CHECK(spent.frames > 990'000);
  CHECK(spent.naps == 0);
  CHECK(spent.sleeps < 100);
}

TEST_CASE("a worker with time to spare naps at higher rates too, and for shorter") {
  SimulatedWorker worker({}, 500);
  worker.senders.open_loop(2 * kMicrosecond);
  worker.run(100 * kMillisecond);
  const auto spent = worker.run(kSecond);
  CHECK(spent.naps > 5'000);
  CHECK(spent.napping / static_cast<Nanoseconds>(spent.naps) < 50 * kMicrosecond);
  CHECK(spent.frames > 490'000);
}

TEST_CASE("bulk transfer is not napped on") {
  // Super-frames of 64 KiB, as many as fit the sender's window, and their answers.
  SimulatedWorker worker({}, 12 * kMicrosecond);
  worker.senders.closed_loop(40 * kMicrosecond, 3);
  const auto spent = worker.run(5 * kSecond);
  CHECK(spent.napping < 5 * kSecond / 1000);
}

TEST_CASE("without traffic the worker sleeps, and has soon unlearned to spin") {
  for (const Latency latency : {Latency::kLow, Latency::kBalanced, Latency::kIdle}) {
    CAPTURE(static_cast<int>(latency));
    SimulatedWorker worker({latency, {}});
    const auto spent = worker.run(kSecond);
    CHECK(spent.sleeps == 1);
    CHECK(spent.naps == 0);
    CHECK(spent.spinning <= kMillisecond + kMicrosecond);
  }
}

TEST_CASE("a frame now and then costs a wake-up and no spinning") {
  SimulatedWorker worker;
  worker.senders.open_loop(kMillisecond);
  worker.run(10 * kMillisecond);
  const auto spent = worker.run(kSecond);
  CHECK(worker.policy.patience() == 0);
  CHECK(spent.naps == 0);
  CHECK(spent.spinning < kMillisecond);
  CHECK(spent.sleeps >= 999);
}

TEST_CASE("traffic that comes and goes is napped for while it is there") {
  SimulatedWorker worker;
  worker.senders.open_loop(10 * kMicrosecond, 1, 50 * kMillisecond, 100 * kMillisecond);
  worker.run(kSecond);
  const auto spent = worker.run(kSecond);
  CHECK(spent.frames > 49'000);
  CHECK(spent.naps > 0);
  CHECK(spent.frames / spent.naps >= 8);
  CHECK(spent.sleeping > kSecond * 4 / 10);
  CHECK(spent.spinning < kSecond / 10);
}

TEST_CASE("after traffic has ended a few naps are taken in vain and no more") {
  SimulatedWorker worker;
  worker.senders.open_loop(10 * kMicrosecond, 1, kSecond, 100 * kSecond);
  CHECK(worker.run(kSecond).napping > kSecond / 2);
  const auto after = worker.run(10 * kSecond);
  CHECK(after.naps <= 4);
  CHECK(after.sleeps == 1);
  CHECK(worker.policy.nap() == 0);
}

TEST_CASE("low: polls for a millisecond after the last frame, and never naps") {
  SimulatedWorker worker({Latency::kLow, {}});
  CHECK(worker.policy.patience() == kMillisecond);
  worker.senders.open_loop(10 * kMicrosecond);
  auto spent = worker.run(kSecond);
  CHECK(spent.naps == 0);
  CHECK(spent.sleeps <= 1);
  CHECK(worker.policy.patience() == kMillisecond);
}

TEST_CASE("idle: never polls, and naps longer") {
  SimulatedWorker worker({Latency::kIdle, {}});
  CHECK(worker.policy.patience() == 0);
  worker.senders.open_loop(100 * kMicrosecond);
  worker.run(100 * kMillisecond);
  const auto spent = worker.run(kSecond);
  CHECK(spent.spinning < kSecond / 100);
  CHECK(spent.naps > 1'500);
  CHECK(spent.naps < 4'000);
  SimulatedWorker answering({Latency::kIdle, {}});
  answering.senders.closed_loop(10 * kMicrosecond);
  answering.run(kSecond);
  CHECK(answering.policy.patience() == 0);
  CHECK(answering.run(kSecond).naps < 10);
}

TEST_CASE("busy_poll: polls for exactly that long, whatever comes") {
  for (const Nanoseconds poll : {0 * kMicrosecond, 50 * kMicrosecond, 3 * kMillisecond}) {
    CAPTURE(poll);
    SimulatedWorker worker({Latency::kBalanced, poll});
    CHECK(worker.policy.patience() == poll);
    worker.senders.open_loop(10 * kMicrosecond, 1, 20 * kMillisecond, 40 * kMillisecond);
    CHECK(worker.run(kSecond).naps == 0);
    CHECK(worker.policy.patience() == poll);
  }
}

TEST_CASE("where there are no naps, or no spinning is wished, there are none") {
  WaitingPolicy policy({}, true, false), asleep({}, false, true);
  for (Nanoseconds now = 0; now < kSecond; now += 10 * kMicrosecond) {
    policy.note_round(1, now);
    asleep.note_round(1, now);
    asleep.note_sleep(1 * kMicrosecond);
  }
  CHECK(policy.nap() == 0);
  CHECK(asleep.nap() == 0);
  CHECK(asleep.patience() == 0);
}

TEST_CASE("a nap that something else has ended is not held against the traffic") {
  SimulatedWorker worker;
  worker.senders.open_loop(10 * kMicrosecond);
  worker.run(20 * kMillisecond);
  REQUIRE(worker.policy.nap() != 0);
  for (int i = 0; i < 10; ++i) {
    worker.policy.note_nap(false);
    worker.policy.note_round(0, worker.now() + i);
  }
  CHECK(worker.policy.nap() != 0);
}

}  // namespace
}  // namespace trestle
