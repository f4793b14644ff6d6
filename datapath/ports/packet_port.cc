// SPDX-License-Identifier: Apache-2.0

#include "datapath/ports/packet_port.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

namespace trestle {
namespace {

constexpr unsigned kCallsAfterFailure = 40;  // of tend(): about ten seconds
constexpr int kAnswersAwaited = 20;
constexpr std::chrono::microseconds kAnswerTime{50};

// For a socket in a group.
std::span<const sock_filter> grouped_filter() {
  static const std::vector<sock_filter> program =
      fanout_sees_outgoing() ? incoming_only_program() : std::vector<sock_filter>();
  return program;
}

Result<void> grow(std::vector<std::unique_ptr<PacketSink>>& sinks, std::size_t workers,
                  bool qdisc) {
  while (sinks.size() < workers) {
    auto sink = PacketSink::open(qdisc);
    if (!sink) return tl::make_unexpected(sink.error());
    sinks.push_back(std::move(*sink));
  }
  return {};
}

}  // namespace

Result<void> PacketSinks::prepare(std::size_t workers) {
  return grow(sinks_, workers, false);
}

Result<std::shared_ptr<PacketPort>> PacketPort::open(int ifindex, const std::string& name,
                                                     const PacketPortOptions& options,
                                                     std::shared_ptr<PacketSinks> shared,
                                                     std::shared_ptr<RingBudget> budget) {
  std::shared_ptr<PacketPort> port(
      new PacketPort(ifindex, name, options.qdisc, std::move(shared), std::move(budget)));
  if (auto opened = port->open_queues(options.queues); !opened) {
    return tl::make_unexpected(opened.error());
  }
  return port;
}

PacketPort::PacketPort(int ifindex, std::string name, bool qdisc,
                       std::shared_ptr<PacketSinks> shared, std::shared_ptr<RingBudget> budget)
    : ifindex_(ifindex),
      name_(std::move(name)),
      qdisc_(qdisc),
      shared_(std::move(shared)),
      budget_(std::move(budget)) {}

PacketPort::~PacketPort() {
  budget_->give_back(ring_bytes());
}

// Several queues are silent until their group is complete, as each one alone would get everything.
Result<void> PacketPort::open_queues(std::size_t count) {
  const bool several = count > 1;
  if (several) fanout_.emplace();
  for (std::size_t index = 0; index < count; ++index) {
    auto ring = PacketRing::open(ifindex_, name_, kSlotsFirst, several);
    if (!ring) return tl::make_unexpected(ring.error());
    budget_->take_first((*ring)->bytes());
    queues_.push_back(std::make_unique<PacketQueue>(std::move(*ring)));
    queue_pointers_.push_back(queues_.back().get());
    if (!several) return {};
    if (auto joined = fanout_->join(queues_.back()->ring().fd(), index); !joined) return joined;
  }
  if (auto spread = fanout_->spread(); !spread) return spread;
  for (const auto& queue : queues_) {
    if (auto heard = queue->ring().filter(grouped_filter()); !heard) return heard;
  }
  return {};
}

std::size_t PacketPort::ring_bytes() const {
  std::size_t bytes = 0;
  for (const auto& queue : queues_) bytes += queue->bytes();
  return bytes;
}

// One that takes over is not yet the one that fills.
std::size_t PacketPort::ring_frames() const {
  std::size_t most = 0;
  for (const auto& queue : queues_) most = std::max(most, queue->slots());
  return most;
}

Result<void> PacketPort::tend() {
  if (growing_) return go_on(false);
  const auto crowded = std::find_if(queues_.begin(), queues_.end(), [](const auto& queue) {
    return queue->crowded() && queue->ring().slots() < kSlotsMax;
  });
  if (crowded == queues_.end()) return {};
  if (calls_to_wait_ != 0 && --calls_to_wait_ != 0) return {};
  const auto index = static_cast<std::size_t>(crowded - queues_.begin());
  if (auto begun = begin_growth(index); !begun) {
    calls_to_wait_ = kCallsAfterFailure;
    return begun;
  }
  return go_on(true);
}

Result<void> PacketPort::begin_growth(std::size_t index) {
  const std::uint32_t slots = queues_[index]->ring().slots() * kGrowth;
  const std::size_t bytes = PacketRing::bytes_of(slots);
  if (!budget_->take(bytes)) {
    return fail("cannot enlarge the receive ring of " + name_ + ": the rings of all ports have " +
                    std::to_string(budget_->used() >> 20) + " of " +
                    std::to_string(budget_->limit() >> 20) + " MiB",
                ENOMEM);
  }
  auto larger = PacketRing::open(ifindex_, name_, slots, true);
  Result<void> done;
  if (!larger) {
    done = tl::make_unexpected(larger.error());
  } else if (fanout_) {
    done = join_group(**larger, index);
  }
  if (!done) {
    budget_->give_back(bytes);
    return done;
  }
  queues_[index]->offer(std::move(*larger));
  growing_ = index;
  return {};
}

// A device that was down has had the group taken out and put in again.
void PacketPort::note_relinked() {
  bool went_down = false;
  for (const auto& queue : queues_) went_down = queue->ring().take_went_down() || went_down;
  if (growing_) went_down = queues_[*growing_]->offered().take_went_down() || went_down;
  if (went_down) fanout_->relinked();
}

Result<void> PacketPort::join_group(PacketRing& larger, std::size_t index) {
  note_relinked();
  // The program names each ring by its place again, so that one more at the end gets nothing yet.
  if (auto spread = fanout_->spread(); !spread) return spread;
  if (auto joined = fanout_->join(larger.fd(), index); !joined) return joined;
  auto heard = larger.filter(grouped_filter());
  if (!heard) fanout_->last_left();
  return heard;
}

// From the old ring to the larger one. Without a group it takes two system calls, and what comes
// between them is lost, uncounted: a frame or two, or more if this thread is off its CPU just then;
// once in the life of a ring that was filling up. (The other way round it would be seen twice. A
// group, which has one stroke for it, would cost the sender's CPU something for each frame from
// then on.)
Result<void> PacketPort::turn(std::size_t index) {
  if (fanout_) {
    note_relinked();
    return fanout_->turn(index);
  }
  PacketQueue& queue = *queues_[index];
  const auto wait = PacketRing::KernelWait::open();  // what may fail comes first
  if (!wait) return tl::make_unexpected(wait.error());
  std::this_thread::yield();  // not to be interrupted in between
  if (auto silenced = queue.ring().silence(); !silenced) return silenced;
  if (auto heard = queue.offered().filter({}); !heard) return heard;
  return {};
}

Result<void> PacketPort::go_on(bool just_begun) {
  PacketQueue& queue = *queues_[*growing_];
  using Stage = PacketQueue::Stage;
  // A worker answers within a round, if it does not rest and is not off its CPU; else another time.
  const auto reached = [&](Stage stage, bool soon) {
    for (int i = 0; soon && queue.stage() < stage && i < kAnswersAwaited; ++i) {
      std::this_thread::sleep_for(kAnswerTime);
    }
    return queue.stage() >= stage;
  };
  if (!reached(Stage::kBoth, just_begun)) return {};
  bool just_turned = false;
  if (queue.stage() == Stage::kBoth) {
    if (auto turned = turn(*growing_); !turned) return turned;
    queue.old_quiet();
    just_turned = true;
  }
  if (!reached(Stage::kLeft, just_turned)) return {};
  std::unique_ptr<PacketRing> old = queue.finish();
  budget_->give_back(old->bytes());
  old.reset();
  if (fanout_) fanout_->left(*growing_);
  growing_.reset();
  return {};
}

Result<void> PacketPort::prepare(std::size_t workers) {
  return qdisc_ ? grow(own_, workers, true) : shared_->prepare(workers);
}

Sink* PacketPort::sink(std::size_t worker) {
  if (!qdisc_) return shared_->at(worker);
  return worker < own_.size() ? own_[worker].get() : nullptr;
}

}  // namespace trestle
