// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/runner.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "datapath/clock.h"
#include "measure/traffic/check_trial.h"
#include "measure/traffic/generator.h"
#include "measure/traffic/interrupt.h"
#include "measure/traffic/link_end.h"
#include "measure/traffic/live/live_generator.h"
#include "measure/traffic/readers.h"

namespace trestle::measure {
namespace {

// All rings together; each at least a second of samples at a million frames/s.
constexpr std::size_t kRingsBytes = 128 << 20, kRingMin = 4 << 20, kRingMax = 16 << 20;
constexpr auto kGlance = std::chrono::milliseconds{2};  // at the counters
constexpr std::uint64_t kRestLimitNs = 5'000'000'000;   // for them to rest

// One trial under way: what it takes from its ends it gives back when it goes.
class Running {
 public:
  Running(std::vector<LinkEnd>& ends, const CpuPlan& cpus, const Trial& trial)
      : ends_(ends), cpus_(cpus), trial_(trial), templates_(templates_of(trial)) {}
  ~Running() {
    readers_.reset();
    for (LinkEnd& end : ends_) end.unhook_ring();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  Result<void> prepare(SendingMeans means);
  Result<TrialResult> carry_out();

 private:
  Result<void> prepare_sending(SendingMeans means);
  Result<void> prepare_sinks();
  Result<void> send();
  bool all_has_come();
  void wait_for_rest();
  TrialResult result();

  std::vector<LinkEnd>& ends_;
  const CpuPlan& cpus_;
  const Trial& trial_;
  const std::vector<FrameTemplate> templates_;
  std::unique_ptr<Sending> sending_;
  std::vector<Sink> sinks_;  // by end, or none
  std::vector<std::uint64_t> unread_before_;
  std::optional<Readers> readers_;
  std::uint64_t start_ns_ = 0, end_ns_ = 0;  // CLOCK_REALTIME; of sending
};

Result<void> Running::prepare(SendingMeans means) {
  for (LinkEnd& end : ends_) {
    if (const auto found = end.find_device(); !found) return found;
  }
  if (const auto ready = prepare_sending(means); !ready) return ready;
  if (const auto ready = prepare_sinks(); !ready) return ready;
  for (LinkEnd& end : ends_) {
    if (const auto counting = end.start_counting(); !counting) return counting;
  }
  return {};
}

Result<void> Running::prepare_sending(SendingMeans means) {
  if (means == SendingMeans::kXdp) {
    auto live = LiveGenerator::open(trial_, templates_, ends_, cpus_.senders);
    if (!live) return tl::make_unexpected(live.error());
    sending_ = std::move(*live);  // null: not for this trial
  }
  if (sending_) return {};
  auto generator = Generator::open(trial_, templates_, ends_, means);
  if (!generator) return tl::make_unexpected(generator.error());
  sending_ = std::move(*generator);
  return {};
}

Result<void> Running::prepare_sinks() {
  if (trial_.inspect == Inspect::kCount) return {};
  const std::size_t bytes = std::clamp(kRingsBytes / ends_.size(), kRingMin, kRingMax);
  const std::uint64_t now = realtime_now();
  sinks_.reserve(ends_.size());
  std::vector<Reading> readings;
  for (std::size_t i = 0; i < ends_.size(); ++i) {
    const auto hooked = ends_[i].hook_ring(bytes, trial_.inspect == Inspect::kSample);
    if (!hooked) return hooked;
    unread_before_.push_back(ends_[i].ring().totals().no_room);
    sinks_.emplace_back(trial_, templates_, i, now);
    readings.push_back({&ends_[i].ring(), &sinks_[i]});
  }
  readers_.emplace(readings, cpus_.sinks, trial_.inspect == Inspect::kSample);
  return {};
}

Result<TrialResult> Running::carry_out() {
  if (const auto sent = send(); !sent) return tl::make_unexpected(sent.error());
  wait_for_rest();
  if (const auto settled = sending_->settle(); !settled) {
    return tl::make_unexpected(settled.error());
  }
  if (readers_) readers_->finish();
  return result();
}

Result<void> Running::send() {
  const auto start = sending_->send(cpus_.senders);
  if (!start) return tl::make_unexpected(start.error());
  end_ns_ = realtime_now();
  start_ns_ = end_ns_ - (monotonic_now() - *start);
  return {};
}

// Whether every end has what it is due, as far as counters tell. Where frames are read, one that
// came twice must not stand for one that is still to come.
bool Running::all_has_come() {
  if (trial_.inspect != Inspect::kCount) return false;
  TrialResult so_far;
  so_far.ends.resize(ends_.size());
  for (std::size_t i = 0; i < ends_.size(); ++i) {
    so_far.ends[i].received = ends_[i].counted();
    so_far.ends[i].sent = sending_->sent_by(i).frames;
  }
  return loss(trial_, so_far) == 0;
}

void Running::wait_for_rest() {
  const auto rest_ns = static_cast<std::uint64_t>(trial_.settle_seconds * 1e9);
  const std::uint64_t give_up = monotonic_now() + rest_ns + kRestLimitNs;
  std::uint64_t counted = 0, since = monotonic_now();
  while (!interrupted() && !all_has_come()) {
    std::uint64_t now_counted = 0;
    for (LinkEnd& end : ends_) now_counted += end.counted();
    const std::uint64_t now = monotonic_now();
    if (now_counted != counted) since = now;
    counted = now_counted;
    if (now - since >= rest_ns || now >= give_up) return;
    std::this_thread::sleep_for(kGlance);
  }
}

TrialResult Running::result() {
  TrialResult result;
  result.ends.resize(ends_.size());
  for (std::size_t i = 0; i < ends_.size(); ++i) {
    EndResult& end = result.ends[i];
    const Sent sent = sending_->sent_by(i);
    end.sent = sent.frames;
    end.refused = sent.refused;
    end.send_seconds = sent.seconds;
    end.received = ends_[i].counted();
  }
  std::vector<Used> used;
  for (std::size_t i = 0; i < trial_.streams.size(); ++i) used.push_back(sending_->used_of(i));
  for (std::size_t i = 0; i < sinks_.size(); ++i) {
    sinks_[i].tell(used, ends_[i].ring().totals().no_room - unread_before_[i], result.ends[i]);
    sinks_[i].tell_times(used, start_ns_, end_ns_, result.ends[i]);
    result.latency.merge(sinks_[i].latency());
  }
  return result;
}

}  // namespace

struct LinkTrials::State {
  std::vector<LinkEnd> ends;
  CpuPlan cpus;
  SendingMeans means = SendingMeans::kBest;
};

LinkTrials::LinkTrials(std::unique_ptr<State> state) : state_(std::move(state)) {}
LinkTrials::~LinkTrials() = default;

Result<std::unique_ptr<LinkTrials>> LinkTrials::open(std::vector<Port> ports, const CpuPlan& cpus,
                                                     SendingMeans means) {
  auto state = std::make_unique<State>();
  state->cpus = cpus;
  state->means = means;
  for (Port& port : ports) {
    auto end = LinkEnd::open(std::move(port));
    if (!end) return tl::make_unexpected(end.error());
    state->ends.push_back(std::move(*end));
  }
  return std::unique_ptr<LinkTrials>(new LinkTrials(std::move(state)));
}

Result<TrialResult> LinkTrials::run(const Trial& trial) {
  if (const auto good = check(trial, ends()); !good) return tl::make_unexpected(good.error());
  Running running(state_->ends, state_->cpus, trial);
  if (const auto ready = running.prepare(state_->means); !ready) {
    return tl::make_unexpected(ready.error());
  }
  return running.carry_out();
}

std::size_t LinkTrials::ends() const {
  return state_->ends.size();
}

MacAddress LinkTrials::mac(std::size_t end) const {
  return state_->ends[end].port().mac;
}

}  // namespace trestle::measure
