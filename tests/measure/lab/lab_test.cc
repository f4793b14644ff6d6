// SPDX-License-Identifier: Apache-2.0
//
// Every switch that bench knows and this machine has, with its ends: frames pass, and what a
// measurement does to a switch works.

#include <catch2/catch.hpp>

#include <sched.h>

#include <set>
#include <thread>

#include "control/net/namespaces.h"
#include "measure/lab/cpu_time.h"
#include "measure/lab/lab.h"
#include "measure/switches/catalogue.h"
#include "measure/switches/switch.h"
#include "tests/measure/in_lab.h"
#include "tests/sandbox.h"

using namespace trestle;
using namespace trestle::measure;
using testing::in_lab;
using testing::lab_of;

namespace {

constexpr double kPatience = 20;  // seconds

// A bridge of the kernel's, as a user would bring a switch of their own.
constexpr char kOwnBridge[] =
    "own-bridge=ip link add br0 type bridge forward_delay 0 && ip link set br0 up && "
    "for each in {interfaces}; do ip link set $each master br0; done && "
    "test \"$INTERFACES\" = '{interfaces}' && exec sleep 1000000";

// Frames from the first to the last end, all of them looked at.
void frames_arrive(Lab& lab, Inspect inspect = Inspect::kAll) {
  Trial trial;
  Stream stream;
  stream.to = lab.ends().size() - 1;
  stream.source = lab.ends().front().mac;
  stream.destination = lab.ends().back().mac;
  trial.streams = {stream};
  trial.sizes = {{.bytes = 128}};
  trial.rate = 10'000;
  trial.frames = 3'000;
  trial.seconds = 30;  // not reached
  trial.inspect = inspect;
  trial.settle_seconds = 0.2;
  REQUIRE(lab.learn());
  const auto result = lab.trials().run(trial);
  if (!result) FAIL(result.error().what);
  CHECK(result->ends.front().sent == 3'000);
  const EndResult& last = result->ends.back();
  CHECK(last.received >= 2'900);  // the machine may be busy, and a socket's buffer small
  CHECK(last.received <= 3'010);
  CHECK(last.read >= (inspect == Inspect::kAll ? 2'900 : 2'900 / kSampleEvery));
  CHECK(last.corrupted == 0);
  CHECK(last.strays == 0);
}

void pausing_stops_frames(Lab& lab) {
  const bool by_kernel = lab.subject().processes().empty() || lab.subject().name() == "own-bridge";
  lab.pause();
  CHECK(lab.pings(0, 1) == by_kernel);  // which cannot be paused
  lab.resume();
  CHECK(wait_until([&] { return lab.pings(0, 1); }, kPatience, "no ping after the pause"));
}

std::set<int> cpus_of(pid_t process) {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(process, sizeof set, &set);
  std::set<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.insert(cpu);
  }
  return cpus;
}

void pinning_holds(Lab& lab) {
  const std::set<int> subject(lab.cpus().subject.begin(), lab.cpus().subject.end());
  lab.pin_switch();
  for (const pid_t pid : lab.subject().processes()) CHECK(cpus_of(pid) == subject);
  CHECK(lab.pings(0, 1));
}

// Pinned, as it was before.
void restarting_works(Lab& lab) {
  Switch& subject = lab.subject();
  if (!subject.can_restart()) {
    CHECK_FALSE(subject.restart());
    return;
  }
  const std::vector<pid_t> before = subject.processes();
  const auto done = subject.restart();
  if (!done) FAIL(done.error().what);
  const std::vector<pid_t> after = subject.processes();
  REQUIRE(after.size() == before.size());
  CHECK(after.front() != before.front());
  CHECK(cpus_of(after.front()) ==
        std::set<int>(lab.cpus().subject.begin(), lab.cpus().subject.end()));
  CHECK(wait_until([&] { return lab.pings(0, 1); }, kPatience, "no ping after the restart"));
  frames_arrive(lab);
}

void reloading_works(Lab& lab) {
  if (!lab.subject().can_reload()) {
    CHECK_FALSE(lab.subject().reload());
    return;
  }
  const std::vector<pid_t> before = lab.subject().processes();
  const auto done = lab.subject().reload();
  if (!done) FAIL(done.error().what);
  CHECK(lab.subject().processes() == before);
  CHECK(lab.pings(0, 1));
}

std::size_t namespaces() {
  const std::string names = testing::shell("ip netns list | wc -l").output;
  return static_cast<std::size_t>(std::stoul(names));
}

void all_of_it(const std::string& spec, std::size_t ends, EndKind kind) {
  in_lab([&](const std::string& directory) {
    auto lab = lab_of(spec, ends, directory, kind);
    CHECK(lab->ends().size() == ends);
    CHECK(namespaces() == ends + 1);
    CHECK(lab->pings(0, ends - 1));
    frames_arrive(*lab);
    pinning_holds(*lab);
    pausing_stops_frames(*lab);
    reloading_works(*lab);
    restarting_works(*lab);
    lab->unpin_switch();
    for (const pid_t pid : lab->subject().processes()) {
      CHECK(resident_bytes(pid) > 0);
      CHECK(cpus_of(pid) == cpus_of(0));
    }
    lab.reset();
    CHECK(namespaces() == 0);
    CHECK(testing::shell("ls -A " + directory).output.empty());
    CHECK(testing::shell("ps -eo comm= | grep -e ovs -e vde -e trestle -e sleep").output == "");
    CHECK(testing::shell("ip -br link | wc -l").output == "1\n");
  });
}

// For longer than a restart takes.
Trial steady_frames(const Lab& lab) {
  Trial trial;
  Stream stream;
  stream.to = 1;
  stream.source = lab.ends()[0].mac;
  stream.destination = lab.ends()[1].mac;
  trial.streams = {stream};
  trial.rate = 5'000;
  trial.seconds = 4;
  trial.sleep = true;
  return trial;
}

// Frames, by the device's own count.
std::uint64_t received_at(Lab& lab, std::size_t number) {
  const auto count = lab.run_at(
      number, {"sh", "-c", "ip -s -j link show eth0 | jq '.[0].stats64.rx.packets'"}, 10);
  return count ? std::stoull(*count) : 0;
}

}  // namespace

TEST_CASE("a switch forwards between two veth ends and can be measured") {
  testing::enter_sandbox();
  const std::string spec =
      GENERATE("trestle", "kernel-bridge", "ovs", "ovs-tso", "ovs-afxdp", "direct", kOwnBridge);
  CAPTURE(spec);
  all_of_it(spec, 2, EndKind::kVeth);
}

TEST_CASE("a switch forwards between four veth ends and can be measured") {
  testing::enter_sandbox();
  const std::string spec = GENERATE("trestle", "kernel-bridge", "ovs", kOwnBridge);
  CAPTURE(spec);
  all_of_it(spec, 4, EndKind::kVeth);
}

TEST_CASE("a switch forwards between TAPs and can be measured") {
  testing::enter_sandbox();
  const std::string spec = GENERATE("trestle", "vde");
  const std::size_t ends = GENERATE(2, 4);
  CAPTURE(spec, ends);
  all_of_it(spec, ends, EndKind::kTap);
}

TEST_CASE("frames that the kernel sends by itself come through") {
  testing::enter_sandbox();
  const std::string spec = GENERATE("trestle", "kernel-bridge", "ovs", "direct", kOwnBridge);
  CAPTURE(spec);
  in_lab([&](const std::string& directory) {
    auto lab = lab_of(spec, 2, directory, EndKind::kVeth, 1, SendingMeans::kXdp);
    frames_arrive(*lab, Inspect::kSample);
  });
}

TEST_CASE("a lab may have 32 ends") {
  testing::enter_sandbox();
  in_lab([](const std::string& directory) {
    auto lab = lab_of("trestle", 32, directory);
    frames_arrive(*lab);
    CHECK(lab->pings(31, 30));
  });
}

TEST_CASE("labs live side by side and know nothing of each other") {
  testing::enter_sandbox();
  in_lab([](const std::string& directory) {
    auto first = lab_of("trestle", 2, directory, EndKind::kVeth, 1);
    auto second = lab_of("kernel-bridge", 3, directory, EndKind::kVeth, 2);
    auto third = lab_of("trestle", 2, directory, EndKind::kVeth, 3);
    first->pause();
    frames_arrive(*second);
    frames_arrive(*third);
    CHECK(third->pings(0, 1));
    third.reset();
    first->resume();
    frames_arrive(*first);
    CHECK(first->ends()[0].address == "10.1.0.1");
    CHECK(second->ends()[2].address == "10.2.0.3");
    CHECK(second->ends()[2].mac == MacAddress::parse("02:00:00:00:02:03"));
  });
}

TEST_CASE("a restart in the middle of a trial stops the frames for a while only") {
  testing::enter_sandbox();
  const std::string spec = GENERATE("trestle", "ovs");
  CAPTURE(spec);
  in_lab([&](const std::string& directory) {
    auto lab = lab_of(spec, 2, directory);
    REQUIRE(lab->learn());
    const std::uint64_t before = received_at(*lab, 1);
    Result<TrialResult> result = fail("not run");
    std::thread trial([&] { result = lab->trials().run(steady_frames(*lab)); });
    const auto arrive = [&](std::uint64_t frames) {
      const std::uint64_t start = received_at(*lab, 1);
      return wait_until([&] { return received_at(*lab, 1) >= start + frames; }, 3, "no frames");
    };
    CHECK(arrive(200));
    const auto restarted = lab->subject().restart();
    CHECK(restarted);
    CHECK(arrive(200));
    trial.join();
    if (!result) FAIL(result.error().what);
    CHECK(result->ends[1].received < result->ends[0].sent);
    CHECK(received_at(*lab, 1) - before >= result->ends[1].received);
  });
}

TEST_CASE("programs run at an end, and what they could not do is told") {
  testing::enter_sandbox();
  in_lab([](const std::string& directory) {
    auto lab = lab_of("direct", 2, directory);
    const auto address = lab->run_at(1, {"ip", "-br", "-4", "addr", "show", "eth0"}, 10);
    REQUIRE(address);
    CHECK(address->find("10.1.0.2/24") != std::string::npos);
    const auto wrong = lab->run_at(1, {"ip", "link", "show", "eth7"}, 10);
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().what == "ip link show eth7: Device \"eth7\" does not exist.");
    auto process = lab->start_at(0, {"sleep", "1000"});
    REQUIRE(process);
    CHECK((*process)->running());
    CHECK(testing::shell("ip netns pids " + lab->ends()[0].space).output ==
          std::to_string((*process)->pid()) + "\n");
  });
}

TEST_CASE("a switch that does not come up is told with what it said") {
  testing::enter_sandbox();
  in_lab([](const std::string& directory) {
    const auto build = [&](const std::string& spec, std::size_t ends, EndKind kind) {
      auto subject = make_switch(spec, testing::binaries());
      REQUIRE(subject);
      return Lab::build(std::move(*subject), 1, ends, kind, {plan_cpus(), directory});
    };
    const auto broken = build("mine=echo no luck with $INTERFACES; exit 3", 2, EndKind::kVeth);
    REQUIRE_FALSE(broken);
    CHECK(broken.error().what ==
          "mine with 2 veth ends: it has ended with an error | no luck with port1 port2");
    CHECK_FALSE(build("direct", 3, EndKind::kVeth));
    CHECK_FALSE(build("kernel-bridge", 2, EndKind::kTap));
    CHECK(namespaces() == 0);  // a lab that failed leaves nothing
  });
}
