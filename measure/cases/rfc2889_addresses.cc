// SPDX-License-Identifier: Apache-2.0
//
// RFC 2889 5.7 and 5.8: how many addresses a switch remembers, and how fast it learns them. As in
// the standard one port (end 0) teaches: it sends a frame from each of N addresses. Another (end 1)
// then sends a frame to each of them, and the rest watch: a frame that comes to them was for an
// address that the switch has forgotten or never learned, and was flooded. One that comes nowhere,
// from a switch that drops what it does not know, counts as well.
//
// Where it is not as in the standard:
//
// - Between two steps the standard waits until all addresses have aged out. Ageing takes minutes;
//   here each step has addresses that were never used before. A full table that gives up old
//   addresses for new ones is no different then from an empty one. For a switch that learns
//   nothing more once its table is full, what is told is how many it took until then.
// - 5.7.3 halves between a smallest and a largest number. Here the number doubles from the smallest
//   until it fails, and then the number of addresses forgotten says where to go on: if 2,000 were
//   taught and 1,000 forgotten, 1,000 and 1,001 are tried next. Halving is for switches of which
//   that is not true.
// - The ends' own addresses are in the table too: all ends send once after the teaching, and what
// is
//   told is the sum.

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "measure/cases/rfc2889.h"
#include "measure/result/metrics.h"

namespace trestle::measure::rfc2889 {
namespace {

constexpr std::size_t kTeacher = 0, kAsker = 1;  // the standard's learning port and test port
// Frames/s that hardly a switch loses any of, also where each takes its slow path; and what is
// tried once more where some were lost.
constexpr double kAskRate = 50000, kTeachRate = 20000;
constexpr double kSlowRate = 6000;
constexpr unsigned kSmallest = 1024, kLargest = 65536;  // addresses
constexpr unsigned kProbe = 16;
// Up to this share may be unknown by a hiccup (search.h): then it is taught and asked again.
constexpr double kHiccupShare = 0.05;

// `count` addresses that no trial has used: 02:28:89:… and up, of which there are 2^40 less a few.
MacAddress unused(std::uint64_t count) {
  static std::atomic<std::uint64_t> next{0x0228'8900'0000};
  return MacAddress::from_u64(next.fetch_add(count));
}

struct Taught {
  std::uint64_t unknown = 0;  // of the addresses, afterwards
  Step step;                  // of the addresses/s; its loss: the share that is unknown
};

// `count` frames of one end for another.
Trial counted(const Stage& stage, std::size_t from, std::size_t to, unsigned count, double rate) {
  Trial trial;
  trial.streams = {stream_between(stage.trials, from, to)};
  trial.frames = count;
  trial.rate = rate;
  trial.seconds = rate > 0 ? 2 * count / rate + 1 : 10;  // which is longer than it takes
  return trial;
}

// Sends one frame from each end.
Result<void> announce_ends(Stage& stage) {
  const std::size_t ends = stage.trials.ends();
  Trial trial = counted(stage, 0, 1, 1, 0);
  for (std::size_t end = 1; end < ends; ++end)
    trial.streams.push_back(stream_between(stage.trials, end, (end + 1) % ends));
  const auto result = offer(stage, trial);
  if (!result) return tl::make_unexpected(result.error());
  return {};
}

// How many of `count` addresses behind the teacher are not known there. A frame that came nowhere
// may also have been lost for other reasons: then all are asked for again, slowly.
Result<std::uint64_t> ask(Stage& stage, MacAddress first, unsigned count) {
  std::uint64_t missing = 0;
  for (const double rate : {kAskRate, kSlowRate}) {
    Trial trial = counted(stage, kAsker, kTeacher, count, rate);
    trial.streams[0].destination = first;
    trial.streams[0].destinations = count;
    trial.inspect = Inspect::kAll;
    const auto result = offer(stage, trial);
    if (!result) return tl::make_unexpected(result.error());
    missing = result->ends[kTeacher].missing;
    std::uint64_t flooded = 0;
    for (std::size_t end = 0; end < result->ends.size(); ++end) {
      if (end != kTeacher && end != kAsker) flooded = std::max(flooded, result->ends[end].strays);
    }
    if (flooded > 0) return flooded;
    if (missing == 0) break;
  }
  return missing;
}

// `rate`: 0 as fast as can be.
Result<Taught> teach(Stage& stage, MacAddress first, unsigned count, double rate, bool announce) {
  Trial trial = counted(stage, kTeacher, kAsker, count, rate);
  trial.streams[0].source = first;
  trial.streams[0].sources = count;
  const auto result = offer(stage, trial);
  if (!result) return tl::make_unexpected(result.error());
  if (result->ends[kTeacher].sent < count)
    return fail(
        fmt::format("only {} of {} frames could be sent", result->ends[kTeacher].sent, count));
  if (announce) {
    if (auto announced = announce_ends(stage); !announced)
      return tl::make_unexpected(announced.error());
  }
  const auto unknown = ask(stage, first, count);
  if (!unknown) return tl::make_unexpected(unknown.error());
  Taught taught{*unknown, step_of(trial, *result)};
  taught.step.loss = static_cast<double>(*unknown) / count;
  return taught;
}

// At a rate that leaves time, and once more where a hiccup would explain what is unknown.
Result<Taught> teach_gently(Stage& stage, unsigned count, bool announce) {
  const MacAddress first = unused(count);
  auto taught = teach(stage, first, count, kTeachRate, announce);
  if (taught && taught->unknown > 0 && static_cast<double>(taught->unknown) <= kHiccupShare * count)
    taught = teach(stage, first, count, kSlowRate, announce);
  return taught;
}

// 5.7: the search. Numbers are of the whole table, the ends' addresses included.
class Capacity {
 public:
  explicit Capacity(Stage& stage) : stage_(stage), ends_(unsigned(stage.trials.ends())) {}

  Result<void> find(Record& record) {
    while (high_ == 0 && low_ < kLargest) {
      if (auto tried = attempt(std::max(kSmallest, 2 * low_)); !tried) return tried;
    }
    if (high_ != 0) {
      const auto refuses = learns_no_more();
      if (!refuses) return tl::make_unexpected(refuses.error());
      if (*refuses) return count_learned(record);
    } else {
      record.note = "at least: no more were tried";
    }
    if (auto narrowed = narrow(); !narrowed) return narrowed;
    record.values["address_capacity"] = low_;
    return {};
  }

 private:
  Result<void> attempt(unsigned total) {
    show_progress(stage_, fmt::format("address capacity: {} remembered, trying {}", low_, total));
    const unsigned taught_count = total - ends_;
    const auto taught = teach_gently(stage_, taught_count, true);
    if (!taught) return tl::make_unexpected(taught.error());
    const auto unknown =
        static_cast<unsigned>(std::min<std::uint64_t>(taught->unknown, taught_count));
    learned_ += taught_count - unknown;
    if (unknown == 0) {
      low_ = std::max(low_, total);
    } else {
      high_ = total;
      likely_ = total - unknown;
    }
    return {};
  }

  Result<bool> learns_no_more() {
    const auto taught = teach_gently(stage_, kProbe, false);
    if (!taught) return tl::make_unexpected(taught.error());
    return taught->unknown >= kProbe;
  }

  Result<void> count_learned(Record& record) const {
    if (learned_ == 0)
      return fail("it learns no address: none at all, or its table was full before");
    record.values["address_capacity"] = static_cast<double>(learned_ + ends_);
    record.note = "learns no more when full: how many it took until then";
    return {};
  }

  // Halves what lies between, but tries first where the capacity seems to be. One address more than
  // what is likely settles it exactly; else a share of 1 % is near enough.
  Result<void> narrow() {
    int guesses = 4;
    while (high_ > low_ + 1) {
      unsigned next = low_ + (high_ - low_) / 2;
      if (guesses > 0 && (likely_ == low_ || (likely_ > low_ && likely_ < high_))) {
        next = likely_ == low_ ? low_ + 1 : likely_;
        --guesses;
      } else if (high_ - low_ <= std::max(1.0, stage_.effort.resolution * high_)) {
        break;
      }
      if (next <= ends_) break;
      if (auto tried = attempt(next); !tried) return tried;
    }
    return {};
  }

  Stage& stage_;
  unsigned ends_;
  unsigned low_ = 0, high_ = 0;  // remembered all; did not (0: none yet)
  unsigned likely_ = 0;
  std::uint64_t learned_ = 0;  // different addresses that were known when asked for
};

Result<void> measure_capacity(Stage& stage, Record& record) {
  if (auto ready = prepare(stage); !ready) return ready;
  return Capacity(stage).find(record);
}

// 5.8: the highest rate at which every one of `count` addresses is learned. How many there are
// matters: a burst that the switch's queues hold may be learned later than it was sent.
Result<void> measure_learning(Stage& stage, Record& record, unsigned count) {
  if (auto ready = prepare(stage); !ready) return ready;
  const auto gently = teach_gently(stage, count, false);
  if (!gently) return tl::make_unexpected(gently.error());
  if (gently->unknown > 0)
    return fail(fmt::format("of {} addresses {} are unknown after teaching them at {}", count,
                            gently->unknown, shown(gently->step.offered, "addresses/s")));
  const auto step = [&](double rate) -> Result<Step> {
    show_progress(stage, fmt::format("learning rate: trying {}", shown(rate, "addresses/s")));
    const auto taught = teach(stage, unused(count), count, rate, false);
    if (!taught) return tl::make_unexpected(taught.error());
    return taught->step;
  };
  const auto top = step(0);
  if (!top) return tl::make_unexpected(top.error());
  Search search(step, stage.effort.resolution, top->offered, *top);
  const auto found = search.highest(0, top->offered * std::max(0.1, 1 - top->loss));
  if (!found) return tl::make_unexpected(found.error());
  record.values["learning_rate"] = std::max(found->load, gently->step.offered);
  mark(record, *found);
  return {};
}

}  // namespace

std::vector<Case> address_cases(const Effort&) {
  std::vector<Case> cases;
  Case capacity = asked("address-capacity", kEnds);
  capacity.setup = {{"addresses_max", kLargest}, {"ports", kEnds}};
  capacity.measure = measure_capacity;
  // Numbers that double, each taught and asked for.
  capacity.seconds = 3.0 * kLargest * (1 / kTeachRate + 1 / kAskRate);
  cases.push_back(std::move(capacity));
  // OVS remembers 8,192 unless told otherwise.
  for (const unsigned count : {1000U, 8000U}) {
    Case learning = asked("address-learning", kEnds);
    learning.setup = {{"addresses", count}, {"ports", kEnds}};
    learning.measure = [count](Stage& stage, Record& record) {
      return measure_learning(stage, record, count);
    };
    learning.seconds = 12 * (2 * count / kAskRate + 0.2);
    cases.push_back(std::move(learning));
  }
  return cases;
}

}  // namespace trestle::measure::rfc2889
