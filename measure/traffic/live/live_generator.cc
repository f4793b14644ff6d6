// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/live/live_generator.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "datapath/clock.h"
#include "measure/traffic/interrupt.h"

namespace trestle::measure {
namespace {

constexpr auto kSeldom = std::chrono::milliseconds{10};
constexpr auto kGlance = std::chrono::microseconds{500};  // at how far they are
constexpr std::uint64_t kNextToNone = 100;                // one in so many
constexpr std::uint64_t kLeadNs = 100'000;                // so that all begin together

// The sending ends, a share for each CPU.
std::vector<std::vector<std::size_t>> shares_of(const Trial& trial, std::size_t cpus) {
  std::set<std::size_t> senders;
  for (const Stream& stream : trial.streams) senders.insert(stream.from);
  std::vector<std::vector<std::size_t>> shares(std::min(cpus, senders.size()));
  std::size_t next = 0;
  for (const std::size_t end : senders) shares[next++ % shares.size()].push_back(end);
  return shares;
}

// Of the clocks; the tries tell when we were interrupted between two looks at them.
std::uint64_t monotonic_to_realtime() {
  constexpr int kTries = 5;
  std::uint64_t best = 0, least = std::numeric_limits<std::uint64_t>::max();
  for (int i = 0; i < kTries; ++i) {
    const std::uint64_t before = monotonic_now();
    const std::uint64_t there = realtime_now();
    const std::uint64_t took = monotonic_now() - before;
    if (took < least) best = there - before - took / 2;
    least = std::min(least, took);
  }
  return best;
}

// For how long it goes on at least, unless frames are what ends it.
std::uint64_t nanoseconds_of(const Trial& trial) {
  if (trial.frames > 0) return 0;
  return static_cast<std::uint64_t>((trial.seconds + trial.then_seconds) * 1e9);
}

}  // namespace

Result<std::unique_ptr<LiveGenerator>> LiveGenerator::open(
    const Trial& trial, const std::vector<FrameTemplate>& templates, std::vector<LinkEnd>& ends,
    const std::vector<int>& cpus) {
  std::unique_ptr<LiveGenerator> generator(new LiveGenerator(trial, ends));
  if (!suits_live(trial)) return nullptr;
  for (const std::vector<std::size_t>& share : shares_of(trial, cpus.size())) {
    auto cycle = LiveCycle::of(trial, templates, share);
    if (!cycle) return nullptr;
    std::vector<LiveDevice> devices;
    for (const std::size_t end : share) {
      if (!ends[end].is_veth_for(cycle->size_max())) return nullptr;
      devices.push_back({ends[end].ifindex(), &ends[end].port().space});
    }
    auto sender = LiveSender::open(trial, std::move(*cycle), devices);
    if (!sender) return tl::make_unexpected(sender.error());
    generator->senders_.push_back(std::move(*sender));
  }
  return generator;
}

bool LiveGenerator::all_are(bool (LiveSender::*state)() const) const {
  return std::all_of(senders_.begin(), senders_.end(),
                     [state](const auto& sender) { return (*sender.*state)(); });
}

// Who waits takes the CPU from the switch for a moment each time it looks, so it looks seldom until
// the time that the trial has is over.
Result<std::uint64_t> LiveGenerator::send(const std::vector<int>& cpus) {
  for (std::size_t i = 0; i < senders_.size(); ++i) senders_[i]->start(cpus[i]);
  while (!all_are(&LiveSender::ready) && !interrupted()) std::this_thread::sleep_for(kGlance);
  const std::uint64_t begin_ns = monotonic_now() + kLeadNs;
  if (!interrupted()) {
    const std::uint64_t to_realtime = monotonic_to_realtime();
    for (const auto& sender : senders_) sender->begin(begin_ns, to_realtime);
    while (!all_are(&LiveSender::done) && !interrupted()) {
      const std::uint64_t now = monotonic_now();
      const bool over = now >= begin_ns + nanoseconds_of(trial_);
      std::this_thread::sleep_for(over ? kGlance : kSeldom);
    }
  }
  for (const auto& sender : senders_) {
    if (const auto stopped = sender->stop(); !stopped) return tl::make_unexpected(stopped.error());
  }
  count_offered();
  return begin_ns;
}

void LiveGenerator::count_offered() {
  for (const auto& sender : senders_) {
    const auto by_stream = sender->cycle().by_stream(sender->offered());
    for (std::size_t i = 0; i < by_stream.size(); ++i) {
      used_[i].sequences += by_stream[i];
      if (by_stream[i] == 0) continue;
      Sent& sent = sent_[trial_.streams[i].from];
      sent.frames += by_stream[i];
      sent.seconds = sender->seconds();
    }
  }
}

// What a device has sent or dropped, it has counted; nobody has counted what the kernel did not
// even hand to it. What it dropped is the far end's loss, as with frames of any other sender.
Result<void> LiveGenerator::settle() {
  for (std::size_t end = 0; end < ends_.size(); ++end) {
    Sent& sent = sent_[end];
    if (sent.frames == 0) continue;
    const std::string& device = ends_[end].port().interface;
    const auto counted = ends_[end].counted_out();
    if (!counted) return fail(device + " went away while frames were sent through it");
    const std::uint64_t taken = std::min(counted->sent + counted->dropped, sent.frames);
    if (taken * kNextToNone < sent.frames) {
      return fail("the far end of " + device + " takes no frames by XDP: is its GRO on?");
    }
    sent.refused = sent.frames - taken;
    sent.frames = taken;
  }
  return {};
}

Sent LiveGenerator::sent_by(std::size_t end) const {
  return sent_[end];
}

Used LiveGenerator::used_of(std::size_t stream) const {
  return used_[stream];
}

}  // namespace trestle::measure
