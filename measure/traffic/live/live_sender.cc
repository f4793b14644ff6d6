// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/live/live_sender.h"

#include <pthread.h>
#include <signal.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "measure/traffic/cpu_plan.h"

namespace trestle::measure {
namespace {

constexpr unsigned kBatch = 64;          // frames between two looks at what else is to be done
constexpr unsigned kInspectedBatch = 4;  // the last waits about 1 µs for the others
constexpr auto kNudge = std::chrono::microseconds{200};
constexpr std::uint64_t kForever = std::numeric_limits<std::uint64_t>::max();

// All that can end the kernel's loop is a signal. By default this one is ignored, and the loop
// would not even see it; so it is for the whole process from now on.
void let_signal_interrupt() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigaction(SIGURG, &action, nullptr);
}

std::uint64_t nanoseconds(double seconds) {
  return static_cast<std::uint64_t>(std::llround(seconds * 1e9));
}

// Of senders that send `rate` each; as in Sender, the number of frames ends it where there is a
// rate, and the clock where the sender cannot keep up.
live_phase phase_of(double rate, double senders, std::uint64_t begin_ns, double seconds) {
  live_phase phase{begin_ns, begin_ns + nanoseconds(seconds), kForever, 0};
  if (rate <= 0) return phase;
  phase.frames = std::max(
      1ULL, static_cast<unsigned long long>(std::llround(rate * seconds) * std::llround(senders)));
  phase.interval = static_cast<std::uint64_t>(std::llround(65536e9 / (rate * senders)));
  return phase;
}

}  // namespace

bool suits_live(const Trial& trial) {
  return trial.inspect != Inspect::kAll && trial.segment_bytes == 0 && trial.burst == 0 &&
         !trial.sleep;
}

Result<std::unique_ptr<LiveSender>> LiveSender::open(const Trial& trial, LiveCycle cycle,
                                                     const std::vector<LiveDevice>& devices) {
  auto program = LiveProgram::load(cycle, devices);
  if (!program) return tl::make_unexpected(program.error());
  return std::unique_ptr<LiveSender>(
      new LiveSender(trial, std::move(cycle), std::move(*program), devices.size()));
}

LiveSender::LiveSender(const Trial& trial, LiveCycle cycle, LiveProgram program,
                       std::size_t senders)
    : trial_(trial),
      cycle_(std::move(cycle)),
      program_(std::move(program)),
      senders_(static_cast<double>(senders)) {}

LiveSender::~LiveSender() {
  static_cast<void>(stop());
}

void LiveSender::start(int cpu) {
  let_signal_interrupt();
  thread_ = std::thread(&LiveSender::run, this, cpu);
}

bool LiveSender::ready() const {
  return ended_.load() || std::atomic_ref(program_.state().ready).load() != 0;
}

void LiveSender::begin(std::uint64_t at_ns, std::uint64_t to_realtime) {
  live_state& state = program_.state();
  state.to_realtime = to_realtime;
  live_phase& first = state.phases[0];
  first = phase_of(trial_.rate, senders_, at_ns, trial_.seconds);
  if (trial_.frames > 0) {
    first.frames = trial_.frames * static_cast<std::uint64_t>(senders_);
    first.end_ns = kForever;
  }
  if (trial_.then_seconds > 0) {
    state.phases[1] = phase_of(trial_.then_rate, senders_, first.end_ns, trial_.then_seconds);
  }
  std::atomic_ref(state.begun).store(1);
}

void LiveSender::run(int cpu) {
  pin_to(cpu);
  sigset_t urgent;  // may have been blocked by whoever started us
  sigemptyset(&urgent);
  sigaddset(&urgent, SIGURG);
  pthread_sigmask(SIG_UNBLOCK, &urgent, nullptr);
  const unsigned batch = trial_.inspect == Inspect::kCount ? kBatch : kInspectedBatch;
  while (outcome_ && !stopping_.load()) outcome_ = program_.run(batch);
  ended_.store(true);
}

bool LiveSender::done() const {
  return ended_.load() || std::atomic_ref(program_.state().done).load() != 0;
}

// A signal that comes just before the kernel's loop begins is lost on it.
Result<void> LiveSender::stop() {
  if (!thread_.joinable()) return outcome_;
  stopping_.store(true);
  while (!ended_.load()) {
    pthread_kill(thread_.native_handle(), SIGURG);
    std::this_thread::sleep_for(kNudge);
  }
  thread_.join();
  return outcome_;
}

double LiveSender::seconds() const {
  const live_state& state = program_.state();
  if (state.offered == 0) return 0;
  const live_phase& last = state.phases[state.phases[1].frames > 0 ? 1 : 0];
  const double of_last = static_cast<double>(last.interval) / 65536;
  return (static_cast<double>(state.last_ns - state.first_ns) + of_last) * 1e-9;
}

}  // namespace trestle::measure
