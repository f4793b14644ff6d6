// SPDX-License-Identifier: Apache-2.0
//
// See the header. The order at start: lock the socket (so that a second daemon harms nothing), make
// the instance, apply the config, then answer. Clients that connect meanwhile wait in the backlog.
// The order at the end: stop the instance, and only then let go of the lock.

#include "control/daemon.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "control/api/commands.h"
#include "control/api/server.h"
#include "control/config_file.h"
#include "control/frame_rate.h"
#include "control/instance.h"
#include "control/log.h"
#include "control/net/capabilities.h"
#include "control/running_config.h"
#include "control/state_log.h"

namespace trestle::control {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRefusedStatus = 1;
constexpr int kConfigStatus = 2;

int report(int status, const std::string& message) {
  log_error(message);
  return status;
}

// The config to start with, or the exit status.
tl::expected<config::Config, int> first_config(const DaemonOptions& options) {
  const auto text = read_text_file(options.config_file);
  if (!text) {
    if (text.error().code == ENOENT && !options.config_required) return config::Config{};
    return tl::make_unexpected(report(kConfigStatus, text.error().what));
  }
  auto config = accept_config_text(*text, options.config_file);
  if (config) return std::move(*config);
  for (const config::Mistake& mistake : config.error()) log_error(mistake.to_string());
  return tl::make_unexpected(kConfigStatus);
}

void warn_of_missing_capabilities() {
  using net::Purpose;
  for (const std::string& missing :
       net::missing_for({Purpose::kLinks, Purpose::kPacketSockets, Purpose::kNamespaces,
                         Purpose::kIngressBlock})) {
    log_warning(missing);
  }
}

// Each port takes descriptors for each worker: the usual soft limit of 1024 ends at some 200 ports.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) log_warning("cannot raise the limit of descriptors");
}

class Daemon {
 public:
  Daemon(Instance& instance, EventBus& events, const std::string& config_file)
      : instance_(instance), events_(events), running_(instance, config_file) {}
  ~Daemon();

  Result<void> open_descriptors();
  Result<void> start(config::Config config, Listener listener);
  void run();
  // What still holds the socket and its lock, to be destroyed last.
  std::unique_ptr<ApiServer> release_server() { return std::move(server_); }

 private:
  Result<void> watch(int descriptor);
  void watch_instance();
  void on_ready(int descriptor);
  void on_signal();
  void on_timer();
  void after_instance();
  void reload();
  void follow_events(bool on);

  Instance& instance_;
  EventBus& events_;
  RunningConfig running_;
  FrameRate rate_;
  StateLog state_log_;
  std::unique_ptr<ApiServer> server_;
  std::optional<EventBus::Token> subscription_;
  std::set<int> instance_descriptors_;
  std::string status_;
  std::chrono::microseconds watchdog_{0};  // 0: off
  Clock::time_point fed_{};                // the watchdog, last
  bool stopping_ = false;
  int epoll_ = -1;
  int signals_ = -1;
  int timer_ = -1;
};

Daemon::~Daemon() {
  follow_events(false);
  for (const int descriptor : {timer_, signals_, epoll_}) {
    if (descriptor >= 0) close(descriptor);
  }
}

Result<void> Daemon::open_descriptors() {
  const auto tick = std::chrono::nanoseconds(Instance::kTickInterval).count();
  const timespec interval{tick / 1'000'000'000, tick % 1'000'000'000};
  const itimerspec timer{interval, interval};
  sigset_t handled;
  sigemptyset(&handled);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&handled, signal);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  signals_ = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
  timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (epoll_ < 0 || signals_ < 0 || timer_ < 0 ||
      timerfd_settime(timer_, 0, &timer, nullptr) != 0) {
    return fail_errno("cannot make the event loop", errno);
  }
  return watch(signals_).and_then([&] { return watch(timer_); });
}

Result<void> Daemon::start(config::Config config, Listener listener) {
  if (auto started = running_.start(std::move(config)); !started) return started;
  auto server = ApiServer::start(std::move(listener),
                                 make_commands({instance_, running_, rate_, Clock::now()}));
  if (!server) return tl::make_unexpected(server.error());
  server_ = std::move(*server);
  server_->watch_subscribers([this](bool any) { follow_events(any); });
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) > 0) {
    watchdog_ = std::chrono::microseconds(microseconds);
  }
  return watch(server_->descriptor());
}

void Daemon::run() {
  after_instance();
  sd_notify(0, "READY=1");
  while (!stopping_) {
    watch_instance();
    std::array<epoll_event, 16> ready{};
    const int n = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < n && !stopping_; ++i) on_ready(ready[static_cast<std::size_t>(i)].data.fd);
  }
  running_.health().stopping();
  sd_notify(0, "STOPPING=1");
}

Result<void> Daemon::watch(int descriptor) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0 || errno == EEXIST) return {};
  return fail_errno("cannot watch a descriptor", errno);
}

// A descriptor may have been closed and its number used again since the last look: then epoll has
// lost it, so each one is added anew, which for those it has is no change.
void Daemon::watch_instance() {
  const std::vector<int> descriptors = instance_.descriptors();
  std::set<int> current(descriptors.begin(), descriptors.end());
  for (const int old : instance_descriptors_) {
    if (!current.contains(old)) epoll_ctl(epoll_, EPOLL_CTL_DEL, old, nullptr);
  }
  for (const int descriptor : current) {
    if (auto watched = watch(descriptor); !watched) log_warning(watched.error().what);
  }
  instance_descriptors_ = std::move(current);
}

void Daemon::on_ready(int descriptor) {
  if (descriptor == signals_) {
    on_signal();
  } else if (descriptor == timer_) {
    on_timer();
  } else if (descriptor == server_->descriptor()) {
    server_->dispatch(Clock::now());
    after_instance();
  } else {
    instance_.dispatch();
    after_instance();
  }
}

void Daemon::on_signal() {
  signalfd_siginfo info{};
  while (read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGHUP) {
      reload();
    } else {
      log_info(std::string("stopping: SIG") + sigabbrev_np(static_cast<int>(info.ssi_signo)));
      stopping_ = true;
    }
  }
}

void Daemon::on_timer() {
  std::uint64_t expirations = 0;
  if (read(timer_, &expirations, sizeof expirations) < 0) return;
  const Clock::time_point now = Clock::now();
  running_.health().beat(now);
  instance_.dispatch();
  server_->tick(now);
  rate_.sample(*instance_.inventory(), now);
  after_instance();
  if (watchdog_.count() > 0 && now - fed_ >= watchdog_ / 4) {
    sd_notify(0, "WATCHDOG=1");
    fed_ = now;
  }
}

// Ports may have changed their states: to the log and to systemctl status.
void Daemon::after_instance() {
  state_log_.update(instance_.inventory());
  std::string status = state_log_.summary();
  if (status == status_) return;
  status_ = std::move(status);
  sd_notify(0, ("STATUS=" + status_).c_str());
}

void Daemon::reload() {
  sd_notify(0, "RELOADING=1");
  static_cast<void>(running_.reload());  // it has logged how it went
  after_instance();
  sd_notify(0, "READY=1");
}

// Only while somebody listens: workers pass on what they learn only for listeners.
void Daemon::follow_events(bool on) {
  if (on && !subscription_) {
    subscription_ =
        events_.subscribe([this](const Event& event) { server_->publish(event_line(event)); });
  } else if (!on && subscription_) {
    events_.unsubscribe(*std::exchange(subscription_, std::nullopt));
  }
}

// Threads made later inherit the mask, so that only the signalfd gets these.
void block_signals() {
  sigset_t handled;
  sigemptyset(&handled);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&handled, signal);
  pthread_sigmask(SIG_BLOCK, &handled, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

int run_daemon(const DaemonOptions& options) {
  block_signals();
  auto config = first_config(options);
  if (!config) return config.error();
  auto listener = Listener::open(options.socket);
  if (!listener) return report(kRefusedStatus, listener.error().what);
  raise_descriptor_limit();
  warn_of_missing_capabilities();

  // Destroyed from the last to the first: the server, and with it the lock, goes when the instance
  // has cleaned up.
  std::unique_ptr<ApiServer> server;
  EventBus events;
  auto instance = Instance::create({.state_file = options.socket + ".state", .spin = true}, events);
  if (!instance) return report(kRefusedStatus, instance.error().what);
  Daemon daemon(**instance, events, options.config_file);
  const auto started = daemon.open_descriptors().and_then(
      [&] { return daemon.start(std::move(*config), std::move(*listener)); });
  if (!started) return report(kRefusedStatus, started.error().what);
  log_info("listening on " + options.socket);
  daemon.run();
  server = daemon.release_server();
  (*instance)->stop();
  return 0;
}

}  // namespace trestle::control
