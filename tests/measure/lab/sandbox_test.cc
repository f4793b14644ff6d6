// SPDX-License-Identifier: Apache-2.0
//
// The sandbox of a bench: what it has in it, and that all of it goes, however it ends.

#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "control/net/namespaces.h"
#include "measure/lab/process.h"
#include "measure/lab/sandbox.h"
#include "measure/traffic/interrupt.h"
#include "tests/e2e/host_state.h"
#include "tests/e2e/processes.h"
#include "tests/measure/in_lab.h"

using namespace trestle;
using measure::in_sandbox;
using testing::Seconds;

namespace {

std::string link_of(const std::string& path) {
  std::error_code gone;
  return std::filesystem::read_symlink(path, gone).string();
}

// Processes whose PID namespace that is, as seen from here.
std::size_t processes_in(const std::string& pid_namespace) {
  std::size_t count = 0;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", gone)) {
    if (link_of(entry.path() / "ns/pid") == pid_namespace) ++count;
  }
  return count;
}

// What a bench could leave on the host.
std::set<std::string> host() {
  std::set<std::string> state = testing::host_state("/run", {});
  for (const char* directory :
       {"/var/log/openvswitch", "/etc/openvswitch", "/var/lib/openvswitch"}) {
    state.merge(testing::host_state(directory, {}));
  }
  return state;
}

// A bench with a switch, a process of its own, that runs until it is interrupted.
class Bench {
 public:
  explicit Bench(const std::string& spec) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    pid_ = fork();
    if (pid_ == 0) {
      const auto status =
          in_sandbox([&](const std::string& directory) { return live(spec, directory, ends[1]); });
      _exit(status.value_or(2));
    }
    close(ends[1]);
    char buffer[64];
    const ssize_t n = read(ends[0], buffer, sizeof buffer);
    close(ends[0]);
    if (n > 0) pid_namespace_.assign(buffer, static_cast<std::size_t>(n));
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    end();
  }
  // As seen from here; empty: it did not come up.
  const std::string& pid_namespace() const { return pid_namespace_; }
  pid_t pid() const { return pid_; }
  pid_t first_inside() const {
    std::ifstream children("/proc/" + std::to_string(pid_) + "/task/" + std::to_string(pid_) +
                           "/children");
    pid_t child = 0;
    children >> child;
    return child;
  }
  // Its exit status.
  int end() {
    int status = 0;
    if (pid_ <= 0 || waitpid(pid_, &status, 0) != pid_) return -1;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  static int live(const std::string& spec, const std::string& directory, int report) try {
    const auto lab = testing::lab_of(spec, 2, directory);
    const std::string own = link_of("/proc/self/ns/pid");
    static_cast<void>(!write(report, own.data(), own.size()));
    close(report);
    static_cast<void>(measure::wait_until([] { return false; }, 60, "Ctrl-C"));
    return measure::interrupted() ? 42 : 1;
  } catch (...) {  // it could not be built, which has been printed
    return 3;
  }

  pid_t pid_;
  std::string pid_namespace_;
};

// The kernel removes namespaces and what is in them in the background.
void nothing_is_left(const std::set<std::string>& before, const std::string& pid_namespace) {
  CHECK(testing::wait_until([&] { return processes_in(pid_namespace) == 0; }));
  CHECK(testing::wait_until([&] { return host() == before; }));
}

}  // namespace

TEST_CASE("the sandbox has its own processes, devices and names, and a directory in memory") {
  testing::enter_sandbox();
  testing::shell("ip link add outside type veth; ip netns add outside");
  testing::in_lab([](const std::string& directory) {
    CHECK(testing::shell("ip -br link | awk '{print $1, $2}'").output == "lo UNKNOWN\n");
    CHECK(testing::shell("ip netns list").output.empty());
    CHECK(std::stoi(testing::shell("ls -d /proc/[0-9]* | wc -l").output) < 9);
    std::ofstream(directory + "/file") << "text";
    CHECK(std::filesystem::file_size(directory + "/file") == 4);
    CHECK(testing::shell("stat -f -c %T " + directory).output == "tmpfs\n");
    CHECK(testing::shell("stat -f -c %T /run/netns").output == "tmpfs\n");
    if (std::filesystem::exists("/proc/sys/net/ipv6")) {
      CHECK(testing::shell("cat /proc/sys/net/ipv6/conf/all/disable_ipv6").output == "1\n");
    }
    CHECK(net::create_named("inside"));
    CHECK(testing::shell("ip netns list").output == "inside\n");
  });
  CHECK(testing::shell("ip netns list").output == "outside\n");
  testing::shell("ip link del outside; ip netns del outside");
}

TEST_CASE("the sandbox returns what its body returns, or the signal that ended it") {
  testing::enter_sandbox();
  CHECK(in_sandbox([](const std::string&) { return 5; }).value() == 5);
  CHECK(in_sandbox([](const std::string&) {
          kill(getpid(), SIGKILL);
          return 0;
        }).value() == 128 + SIGKILL);
}

TEST_CASE("a sandbox may be made in a sandbox") {
  testing::enter_sandbox();
  CHECK(in_sandbox([](const std::string&) {
          return in_sandbox([](const std::string&) { return 6; }).value_or(1);
        }).value() == 6);
}

TEST_CASE("without root there is one sentence on what is needed") {
  const pid_t pid = fork();
  if (pid == 0) {
    if (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0) _exit(2);
    const auto status = in_sandbox([](const std::string&) { return 0; });
    if (status) _exit(3);
    _exit(status.error().what.find("needs root") != std::string::npos ? 0 : 4);
  }
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a bench may be put before other work, with all that it starts") {
  testing::enter_sandbox();
  testing::in_lab([](const std::string&) {
    measure::prefer(-5);
    CHECK(testing::shell("nice").output == "-5\n");
    if (std::filesystem::exists("/proc/self/autogroup")) {
      CHECK(testing::shell("cat /proc/self/autogroup").output.find(" nice -5") !=
            std::string::npos);
    }
  });
}

TEST_CASE("fails on purpose in the sandbox", "[.on-purpose]") {
  testing::in_lab([](const std::string&) { CHECK(1 == 2); });
}

TEST_CASE("a failure in the sandbox is printed and fails its test") {
  testing::enter_sandbox();
  const testing::Outcome outcome = testing::shell(link_of("/proc/self/exe") + " '[.on-purpose]'");
  CHECK_FALSE(outcome.ok());
  CHECK(outcome.output.find("1 == 2") != std::string::npos);
}

TEST_CASE("what outlives its parent in the sandbox is reaped when it ends") {
  testing::enter_sandbox();
  testing::in_lab([](const std::string&) {
    CHECK(testing::shell("(sleep 0.01 & sleep 0.01 &) ; true").ok());
    CHECK(testing::wait_until([] {
      return testing::shell("cat /proc/[0-9]*/stat | grep -c -e ' Z ' -e sleep").output == "0\n";
    }));
  });
}

TEST_CASE("Ctrl-C is told to the bench, which then cleans up and says how it ended") {
  testing::enter_sandbox();
  const auto before = host();
  const int number = GENERATE(SIGINT, SIGTERM, SIGHUP);
  Bench bench("trestle");
  REQUIRE_FALSE(bench.pid_namespace().empty());
  CHECK(processes_in(bench.pid_namespace()) == 3);  // the first one, the bench, trestled
  const std::string inside = bench.pid_namespace();
  kill(bench.pid(), number);
  CHECK(bench.end() == 42);
  nothing_is_left(before, inside);
}

TEST_CASE("whichever process of a bench is killed, nothing is left") {
  testing::enter_sandbox();
  const auto before = host();
  const std::string spec = GENERATE("trestle", "kernel-bridge", "ovs");
  const bool outer = GENERATE(true, false);
  CAPTURE(spec, outer);
  Bench bench(spec);
  if (bench.pid_namespace().empty()) return;  // not installed; lab_test tells
  const std::string inside = bench.pid_namespace();
  REQUIRE(processes_in(inside) >= 2);
  kill(outer ? bench.pid() : bench.first_inside(), SIGKILL);
  CHECK(bench.end() == 128 + SIGKILL);
  nothing_is_left(before, inside);
}

TEST_CASE("a second Ctrl-C does not wait for the bench") {
  testing::enter_sandbox();
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t pid = fork();
  if (pid == 0) {
    const auto status = in_sandbox([&](const std::string&) {
      static_cast<void>(!write(ends[1], "1", 1));
      static_cast<void>(measure::wait_until([] { return false; }, 60, "Ctrl-C"));
      static_cast<void>(!write(ends[1], "2", 1));
      for (;;) pause();
      return 0;
    });
    _exit(status.value_or(2));
  }
  char byte = 0;
  REQUIRE(read(ends[0], &byte, 1) == 1);
  kill(pid, SIGINT);
  REQUIRE(read(ends[0], &byte, 1) == 1);  // it has seen the first one, and goes on
  kill(pid, SIGINT);
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  CHECK(WEXITSTATUS(status) == 128 + SIGINT);
  close(ends[0]);
  close(ends[1]);
}
