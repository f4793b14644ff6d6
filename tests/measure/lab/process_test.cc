// SPDX-License-Identifier: Apache-2.0
//
// Child processes of a bench, and what is known of their CPU time and memory.

#include <catch2/catch.hpp>

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <fstream>
#include <thread>

#include "measure/lab/cpu_time.h"
#include "measure/lab/process.h"
#include "measure/traffic/cpu_plan.h"
#include "tests/temporary_directory.h"

using namespace trestle;
using namespace trestle::measure;

namespace {

ProcessSpec shell(const std::string& command) {
  return {.command = {"/bin/sh", "-c", command}};
}

bool alive(pid_t pid) {
  return kill(pid, 0) == 0;
}

double own_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

TEST_CASE("a program that runs to its end gives its stdout, and not its stderr") {
  const auto said = run(shell("echo one; echo two >&2; echo three"), 10);
  REQUIRE(said);
  CHECK(*said == "one\nthree\n");
}

TEST_CASE("a program that fails is told with its command and its last words") {
  const auto said = run(shell("echo first; echo bad luck >&2; exit 3"), 10);
  REQUIRE_FALSE(said);
  CHECK(said.error().what.find("/bin/sh -c") == 0);
  CHECK(said.error().what.find(": bad luck") != std::string::npos);

  const auto silent = run(shell("exit 3"), 10);
  REQUIRE_FALSE(silent);
  CHECK(silent.error().what.find("ended with status 3") != std::string::npos);
}

TEST_CASE("a program that does not exist is told at its start") {
  const auto started = Process::start({.command = {"/no/such/program", "--now"}});
  REQUIRE_FALSE(started);
  CHECK(started.error().what == "cannot start /no/such/program --now: No such file or directory");
  CHECK(started.error().code == ENOENT);
}

TEST_CASE("a namespace that does not exist is told at the start") {
  const auto started = Process::start({.command = {"true"}, .space = "no-such-namespace"});
  REQUIRE_FALSE(started);
  CHECK(started.error().what.find("no-such-namespace") != std::string::npos);
}

TEST_CASE("a program that takes too long is killed with all that it started") {
  auto process = Process::start(shell("sleep 1000 & echo $!; wait"));
  REQUIRE(process);
  REQUIRE(wait_until([&] { return (*process)->group().size() == 2; }, 10, "no second process"));
  const auto status = (*process)->wait(0.01);
  REQUIRE_FALSE(status);
  CHECK(status.error().code == ETIMEDOUT);
  CHECK(status.error().what.find("no end within 0.01 s") != std::string::npos);
  CHECK_FALSE((*process)->running());
  CHECK(wait_until([&] { return (*process)->group().empty(); }, 10, "the sleep lives"));
}

TEST_CASE("a process goes with its object, also one that is stopped or ignores SIGTERM") {
  const std::string command = GENERATE("sleep 1000", "kill -STOP $$", "trap '' TERM; sleep 1000");
  CAPTURE(command);
  auto process = Process::start(shell(command));
  REQUIRE(process);
  const pid_t pid = (*process)->pid();
  CHECK(alive(pid));
  process->reset();
  CHECK_FALSE(alive(pid));
}

TEST_CASE("an exit status is as a shell has it") {
  auto process = Process::start(shell("exit 7"));
  REQUIRE(process);
  CHECK((*process)->wait(10).value() == 7);

  process = Process::start(shell("kill -KILL $$"));
  REQUIRE(process);
  CHECK((*process)->wait(10).value() == 128 + SIGKILL);
  CHECK((*process)->wait(10).value() == 128 + SIGKILL);  // and stays so
}

TEST_CASE("a process that reads stdin finds it empty, or open when that is asked for") {
  auto closed = Process::start({.command = {"cat"}});
  REQUIRE(closed);
  CHECK((*closed)->wait(10).value() == 0);

  auto open = Process::start({.command = {"cat"}, .keep_stdin = true});
  REQUIRE(open);
  CHECK_FALSE((*open)->wait(0.1));  // waits for input until it is killed
}

TEST_CASE("a log has stdout and stderr, and keeps what was there") {
  const testing::TemporaryDirectory directory;
  ProcessSpec spec = shell("echo out; echo err >&2; echo; echo last");
  spec.log = directory / "log";
  std::ofstream(spec.log) << "before\n";
  auto process = Process::start(spec);
  REQUIRE(process);
  REQUIRE((*process)->wait(10));
  CHECK((*process)->last_words() == "out | err | last");
  std::ifstream log(spec.log);
  std::string first;
  std::getline(log, first);
  CHECK(first == "before");
}

TEST_CASE("a process has the settings and the CPUs that it was given") {
  const int cpu = plan_cpus().subject.front();
  ProcessSpec spec = shell("echo $COLOUR; grep Cpus_allowed_list /proc/self/status");
  spec.environment = {"COLOUR=red"};
  spec.cpus = {cpu};
  const auto said = run(spec, 10);
  REQUIRE(said);
  CHECK(*said == "red\nCpus_allowed_list:\t" + std::to_string(cpu) + "\n");
}

TEST_CASE("waiting for what never happens ends with the given words") {
  const auto waited = wait_until([] { return false; }, 0.02, "the moon is not blue");
  REQUIRE_FALSE(waited);
  CHECK(waited.error().what == "the moon is not blue");
  CHECK(wait_until([] { return true; }, 0, "never"));
}

TEST_CASE("a program is installed if PATH has it or if it is there") {
  CHECK(installed("sh"));
  CHECK(installed("/bin/sh"));
  CHECK_FALSE(installed("no-such-program"));
  CHECK_FALSE(installed("/bin/no-such-program"));
}

TEST_CASE("the CPU time of a process is that of all its threads") {
  const double begin = own_cpu_seconds();
  while (own_cpu_seconds() < begin + 0.05) {
  }
  std::thread other([] {
    const double start = own_cpu_seconds();
    while (own_cpu_seconds() < start + 0.05) {
    }
    const double known = cpu_seconds(getpid());
    // The scheduler adds up at its ticks, which are 10 ms apart at most. Threads that ended are not
    // in it, and there were none.
    CHECK(known >= 0.1 - 0.03);
    CHECK(known <= own_cpu_seconds());
  });
  other.join();
  CHECK(cpu_seconds(1 << 30) == 0);  // no such process
}

TEST_CASE("the memory of a process is what it has touched") {
  constexpr std::size_t kBytes = 64 << 20;
  const double before = resident_bytes(getpid());
  CHECK(before > 0);
  void* memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  const double grown = resident_bytes(getpid()) - before;
  munmap(memory, kBytes);
  CHECK(grown > 0.9 * kBytes);
  CHECK(grown < 1.5 * kBytes);
  CHECK(resident_bytes(1 << 30) == 0);
}

TEST_CASE("the system was busy for at least as long as this process") {
  const Stopwatch watch;
  const double begin = own_cpu_seconds();
  while (own_cpu_seconds() < begin + 0.2) {
  }
  const double busy = watch.busy_seconds();
  CHECK(busy > 0.2 - 0.05);  // idle time is known to 10 ms a CPU
  CHECK(busy <= watch.elapsed_seconds() * online_cpus());
  CHECK(watch.stolen_seconds() >= 0);
  CHECK(watch.elapsed_seconds() >= 0.2);
}
