// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/sender.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "datapath/clock.h"

namespace trestle::measure {
namespace {

constexpr std::uint64_t kForever = std::numeric_limits<std::uint64_t>::max();

// With a rate the number of frames is what ends a trial, so that it does not depend on when the
// clock was looked at.
std::uint64_t frames_max_of(const Trial& trial) {
  if (trial.frames > 0) return trial.frames;
  if (trial.rate <= 0) return kForever;
  return std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::llround(trial.rate * trial.seconds)));
}

unsigned burst_of(const Trial& trial, double rate) {
  return burst_for({rate, trial.burst, trial.sleep, trial.inspect != Inspect::kCount}, kBurstMax);
}

}  // namespace

std::vector<FrameTemplate> templates_of(const Trial& trial) {
  std::vector<FrameTemplate> templates;
  templates.reserve(trial.streams.size());
  for (const Stream& stream : trial.streams) {
    templates.emplace_back(stream, static_cast<std::uint16_t>(templates.size()), trial.sizes,
                           trial.segment_bytes);
  }
  return templates;
}

Sender::Sender(const Trial& trial, const std::vector<FrameTemplate>& templates, std::size_t from,
               Outlet& outlet, std::uint64_t start_ns)
    : trial_(trial),
      templates_(templates),
      outlet_(outlet),
      pace_(trial.rate, start_ns, trial.sleep),
      burst_(burst_of(trial, trial.rate)),
      limited_(trial.rate > 0),
      frames_max_(frames_max_of(trial)),
      end_ns_(trial.frames > 0
                  ? kForever
                  : start_ns + static_cast<std::uint64_t>(std::llround(trial.seconds * 1e9))),
      more_(trial.then_seconds > 0),
      used_(trial.streams.size()) {
  for (std::size_t i = 0; i < trial.streams.size(); ++i) {
    if (trial.streams[i].from == from) streams_.push_back(static_cast<std::uint16_t>(i));
  }
}

bool Sender::done(std::uint64_t now_ns) {
  const bool over = offered_ >= frames_max_ || (now_ns >= end_ns_ && offered_ > 0);
  if (!over || !more_) return over;
  begin_second_phase();
  return false;
}

// At the time at which the first was to end, whenever that is noticed.
void Sender::begin_second_phase() {
  more_ = false;
  pace_ = Pace(trial_.then_rate, end_ns_, trial_.sleep);
  burst_ = burst_of(trial_, trial_.then_rate);
  limited_ = trial_.then_rate > 0;
  end_ns_ += static_cast<std::uint64_t>(std::llround(trial_.then_seconds * 1e9));
  frames_max_ = limited_ ? offered_ + static_cast<std::uint64_t>(
                                          std::llround(trial_.then_rate * trial_.then_seconds))
                         : kForever;
}

void Sender::send(std::uint64_t now_ns) {
  if (offered_ == 0) first_ns_ = now_ns;
  const std::uint64_t burst = std::min<std::uint64_t>(burst_, frames_max_ - offered_);
  for (std::uint64_t left = burst; left > 0;) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, kBurstMax));
    send_at_once(count);
    left -= count;
  }
  pace_.sent(now_ns, burst);
  last_ns_ = monotonic_now();
}

// One system call, and so one look at the clock for all of its frames.
void Sender::send_at_once(std::size_t count) {
  std::uint16_t number_of[kBurstMax];
  const std::uint64_t sent_ns = realtime_now();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint16_t number = streams_[turn_];
    if (++turn_ == streams_.size()) turn_ = 0;
    number_of[i] = number;
    const FrameTemplate& frames = templates_[number];
    const auto n = static_cast<std::uint32_t>(used_[number].sequences++);
    frames.write(n, sent_ns, outlet_.place(i));
    outlet_.set(i, frames.link_header(), frames.size(n), frames.vnet(n));
  }
  std::uint64_t refused = outlet_.send(count);
  offered_ += count;
  for (; refused != 0; refused &= refused - 1) {
    ++refused_;
    ++used_[number_of[__builtin_ctzll(refused)]].refused;
  }
}

// With a rate a trial's last frame has its time too, like any other.
double Sender::seconds() const {
  if (offered_ == 0) return 0;
  const std::uint64_t end_ns = limited_ ? std::max(last_ns_, pace_.due_ns()) : last_ns_;
  return static_cast<double>(end_ns - first_ns_) * 1e-9;
}

}  // namespace trestle::measure
