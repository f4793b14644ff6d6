// SPDX-License-Identifier: Apache-2.0

#include "measure/lab/lab.h"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include <fmt/core.h>

#include "control/net/links.h"
#include "control/net/offloads.h"
#include "measure/lab/crowd.h"
#include "measure/lab/quiet.h"
#include "measure/switches/switch.h"
#include "measure/traffic/runner.h"

namespace trestle::measure {
namespace {

constexpr double kMeetSeconds = 10;

Result<net::NamespaceHandle> make_quiet_namespace(const std::string& name) {
  if (auto made = net::create_named(name); !made) return tl::make_unexpected(made.error());
  auto handle = net::open_namespace(name);
  if (!handle) return handle;
  auto scope = net::NamespaceScope::enter(*handle);
  if (!scope) return tl::make_unexpected(scope.error());
  keep_quiet();
  return handle;
}

Result<net::Links> links_in(const std::string& space) {
  auto handle = net::open_namespace(space);
  if (!handle) return tl::make_unexpected(handle.error());
  return net::Links::open_in(*handle);
}

std::string port_name(std::size_t number) {
  return "port" + std::to_string(number + 1);
}

std::vector<pid_t> threads_of(pid_t process) {
  std::vector<pid_t> threads;
  std::error_code gone;
  const std::string tasks = "/proc/" + std::to_string(process) + "/task";
  for (const auto& entry : std::filesystem::directory_iterator(tasks, gone)) {
    threads.push_back(std::atoi(entry.path().filename().c_str()));
  }
  return threads;
}

// 'R', 'S', … of proc(5); 'T' also for one that is gone.
char state_of(pid_t thread) {
  std::string line;
  std::getline(std::ifstream(fmt::format("/proc/{}/stat", thread)), line);
  const std::size_t name_end = line.rfind(") ");  // the name may have any character in it
  if (name_end == std::string::npos || name_end + 2 >= line.size()) return 'T';
  return line[name_end + 2] == 'Z' ? 'T' : line[name_end + 2];
}

}  // namespace

Lab::Lab(std::unique_ptr<Switch> subject, unsigned number, std::size_t ends, EndKind kind,
         const Rig& rig)
    : subject_(std::move(subject)), kind_(kind), rig_(rig) {
  const std::string label = fmt::format("{}.{}", subject_->name(), number);
  space_ = label + "-switch";
  directory_ = rig.directory + "/" + label;
  for (std::size_t n = 1; n <= end_spaces_in(kind, ends); ++n) {
    end_spaces_.push_back(fmt::format("{}-{}", label, n));
  }
  const bool crowd = kind == EndKind::kCrowd;
  for (std::size_t n = 1; n <= ends; ++n) {
    ends_.push_back(
        {end_spaces_[(n - 1) % end_spaces_.size()], crowd ? fmt::format("end{}", n) : "eth0",
         MacAddress::from_u64(0x0200'0000'0000 | (n >> 8) << 16 | number << 8 | (n & 0xff)),
         crowd ? "" : fmt::format("10.{}.0.{}", number, n)});
  }
}

Lab::~Lab() {
  trials_.reset();
  subject_.reset();
  for (const std::string& space : end_spaces_) static_cast<void>(net::delete_named(space));
  static_cast<void>(net::delete_named(space_));
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

Result<std::unique_ptr<Lab>> Lab::build(std::unique_ptr<Switch> subject, unsigned number,
                                        std::size_t ends, EndKind kind, const Rig& rig) {
  const bool crowd = kind == EndKind::kCrowd;
  const std::string what = fmt::format("{} with {} {} ends", subject->name(), ends,
                                       kind == EndKind::kTap ? "TAP" : "veth");
  if (const auto missing = subject->missing()) {
    return fail(subject->name() + " cannot be run here: " + *missing);
  }
  if ((ends < 2 && !crowd) || number < 1 || number > 250 || !subject->takes(kind, ends)) {
    return fail(what + ": it cannot be had");
  }
  std::unique_ptr<Lab> lab(new Lab(std::move(subject), number, ends, kind, rig));
  auto built = lab->furnish()
                   .and_then([&] { return lab->subject_->attach(*lab); })
                   .and_then([&]() -> Result<void> {
                     if (crowd) return {};
                     return wait_until([&] { return lab->pings(0, 1) && lab->pings(1, 0); },
                                       kMeetSeconds, "no ping passes between the first two ends");
                   })
                   .and_then([&] { return lab->open_trials(); });
  if (!built) return fail(what + ": " + built.error().what, built.error().code);
  return lab;
}

Result<void> Lab::furnish() {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) return fail("cannot make " + directory_ + ": " + error.message(), error.value());
  if (auto made = make_quiet_namespace(space_); !made) return tl::make_unexpected(made.error());
  for (const std::string& space : end_spaces_) {
    if (auto made = make_quiet_namespace(space); !made) {
      return tl::make_unexpected(made.error());
    }
  }
  return {};
}

Result<void> Lab::open_trials() {
  std::vector<Port> ports;
  const std::size_t senders = kind_ == EndKind::kCrowd ? kCrowdSenders : ends_.size();
  for (std::size_t n = 0; n < std::min(senders, ends_.size()); ++n) {
    auto space = net::open_namespace(ends_[n].space);
    if (!space) return tl::make_unexpected(space.error());
    ports.push_back({std::move(*space), ends_[n].interface, ends_[n].mac});
  }
  auto trials = LinkTrials::open(std::move(ports), rig_.cpus, rig_.sending);
  if (!trials) return tl::make_unexpected(trials.error());
  trials_ = std::move(*trials);
  return {};
}

TrialRunner& Lab::trials() {
  return *trials_;
}

Result<void> Lab::learn() {
  const auto learned = [this](std::size_t from, std::size_t to) {
    return wait_until(
        [&] { return pings(from, to); }, kMeetSeconds,
        fmt::format("{}: no ping from end {} to end {}", subject_->name(), from + 1, to + 1));
  };
  for (std::size_t n = 1; n < ends_.size() && kind_ != EndKind::kCrowd; ++n) {
    if (auto done = learned(n, 0); !done) return done;
  }
  learned_at_ = std::chrono::steady_clock::now();
  return {};
}

Result<void> Lab::keep_learned() {
  const bool lately = std::chrono::steady_clock::now() - learned_at_ < std::chrono::minutes(1);
  return lately ? Result<void>() : learn();
}

bool Lab::pings(std::size_t from, std::size_t to, double timeout_seconds) {
  if (kind_ == EndKind::kCrowd) return false;
  return run_at(from,
                {"ping", "-n", "-q", "-c", "1", "-W", fmt::format("{}", timeout_seconds),
                 ends_[to].address},
                timeout_seconds + 10)
      .has_value();
}

void Lab::signal_switch(int number) {
  for (const pid_t pid : subject_->processes()) kill(pid, number);
}

void Lab::pause() {
  signal_switch(SIGSTOP);
  const auto stand = [this] {
    for (const pid_t pid : subject_->processes()) {
      for (const pid_t thread : threads_of(pid)) {
        if (state_of(thread) != 'T') return false;
      }
    }
    return true;
  };
  static_cast<void>(wait_until(stand, kMeetSeconds, ""));
}

void Lab::resume() {
  signal_switch(SIGCONT);
}

void Lab::place_switch(const std::vector<int>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(cpu, &set);
  for (const pid_t pid : subject_->processes()) {
    for (const pid_t thread : threads_of(pid)) sched_setaffinity(thread, sizeof set, &set);
  }
}

void Lab::pin_switch() {
  pinned_ = true;
  place_switch(rig_.cpus.subject);
}

void Lab::unpin_switch() {
  pinned_ = false;
  std::vector<int> all(CPU_SETSIZE);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) all[static_cast<std::size_t>(cpu)] = cpu;
  place_switch(all);
}

Result<std::string> Lab::run_at(std::size_t number, const std::vector<std::string>& command,
                                double timeout_seconds) {
  return run({.command = command, .space = ends_[number].space}, timeout_seconds);
}

Result<std::unique_ptr<Process>> Lab::start_at(std::size_t number,
                                               const std::vector<std::string>& command) {
  return Process::start({.command = command, .space = ends_[number].space});
}

std::vector<std::string> Lab::ports() const {
  std::vector<std::string> names;
  for (std::size_t n = 0; n < ends_.size(); ++n) names.push_back(port_name(n));
  return names;
}

Result<void> Lab::make_veth_ends() {
  auto links = links_in(space_);
  if (!links) return tl::make_unexpected(links.error());
  for (std::size_t n = 0; n < ends_.size(); ++n) {
    auto end = net::open_namespace(ends_[n].space);
    if (!end) return tl::make_unexpected(end.error());
    net::VethPair pair;
    pair.name = port_name(n);
    pair.peer_name = ends_[n].interface;
    pair.mtu = rig_.mtu;
    auto made = links->create_veth(pair, *end);
    if (!made) return tl::make_unexpected(made.error());
    if (auto up = links->set_up(made->ifindex); !up) return up;
    if (auto ready = ready_to_receive(space_, pair.name); !ready) return ready;
    if (auto dressed = dress(n); !dressed) return dressed;
  }
  return {};
}

Result<void> Lab::ready_to_receive(const std::string& space, const std::string& device) {
  if (rig_.sending != SendingMeans::kXdp) return {};
  const auto inside = net::open_namespace(space);
  if (!inside) return tl::make_unexpected(inside.error());
  const auto scope = net::NamespaceScope::enter(*inside);
  if (!scope) return tl::make_unexpected(scope.error());
  return net::set_gro(device, true);
}

Result<void> Lab::take_device(const std::string& device, std::size_t number) {
  auto links = links_in(space_);
  if (!links) return tl::make_unexpected(links.error());
  auto end = net::open_namespace(ends_[number].space);
  if (!end) return tl::make_unexpected(end.error());
  auto found = links->find(device);
  if (!found) return tl::make_unexpected(found.error());
  if (auto moved = links->move_to_namespace(found->ifindex, *end, "eth0"); !moved) return moved;
  return dress(number);
}

Result<void> Lab::dress(std::size_t number) {
  const End& end = ends_[number];
  auto links = links_in(end.space);
  if (!links) return tl::make_unexpected(links.error());
  auto device = links->find(end.interface);
  if (!device) return tl::make_unexpected(device.error());
  const auto ready = links->set_mac(device->ifindex, end.mac).and_then([&] {
    return links->set_up(device->ifindex);
  });
  if (!ready || kind_ == EndKind::kCrowd) return ready;
  return links->add_address(device->ifindex, end.address + "/24").and_then([&] {
    return introduce(number);
  });
}

Result<std::uint64_t> Lab::received() const {
  return frames_received_in(end_spaces_);
}

// The other ends' MACs, for good: an ARP request that comes 5 s after a ping would be counted as a
// frame of whatever is measured then.
Result<void> Lab::introduce(std::size_t number) {
  const std::string batch = fmt::format("{}/neighbours{}", directory_, number + 1);
  std::ofstream file(batch);
  for (std::size_t other = 0; other < ends_.size(); ++other) {
    if (other == number) continue;
    file << "neigh replace " << ends_[other].address << " lladdr " << ends_[other].mac.to_string()
         << " dev eth0 nud permanent\n";
  }
  file.close();
  auto told = run_at(number, {"ip", "-batch", batch}, 10);
  if (!told) return tl::make_unexpected(told.error());
  return {};
}

}  // namespace trestle::measure
