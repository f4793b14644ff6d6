// SPDX-License-Identifier: Apache-2.0
//
// How long a switch was kept off its CPU.

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <string>

#include "datapath/clock.h"
#include "measure/lab/cpu_wait.h"
#include "measure/lab/process.h"
#include "measure/traffic/cpu_plan.h"

using namespace trestle;
using namespace trestle::measure;

namespace {

Result<std::unique_ptr<Process>> start_spinning() {
  return Process::start(
      {.command = {"/bin/sh", "-c", "while :; do :; done"}, .cpus = {plan_cpus().subject.front()}});
}

bool asleep(pid_t process) {
  std::string line;
  std::getline(std::ifstream("/proc/" + std::to_string(process) + "/stat"), line);
  return line.find("(sleep) S ") != std::string::npos;
}

}  // namespace

TEST_CASE(
    "of two programs that want one CPU each waits for it, and never longer than time went by") {
  auto one = start_spinning(), other = start_spinning();
  REQUIRE(one);
  REQUIRE(other);
  const Nanoseconds start = monotonic_now();
  const CpuWait wait({(*one)->pid()}), wait_of_both({(*one)->pid(), (*other)->pid()});
  if (!wait.seconds()) return;  // a kernel without schedstat
  CHECK(wait_until([&] { return *wait.seconds() > 0.02; }, 30, "it has the CPU for itself"));
  CHECK(*wait_of_both.seconds() >= 0.02);
  const double waited = *wait.seconds(), of_both = *wait_of_both.seconds();
  const double elapsed = static_cast<double>(monotonic_now() - start) / 1e9;
  CHECK(waited <= elapsed);
  CHECK(of_both <= elapsed);
}

TEST_CASE("a program that sleeps waits for no CPU, and of several the longest wait is told") {
  auto sleeper = Process::start({.command = {"sleep", "1000"}});
  REQUIRE(sleeper);
  REQUIRE(wait_until([&] { return asleep((*sleeper)->pid()); }, 10, "it does not sleep"));
  auto busy = start_spinning(), rival = start_spinning();
  REQUIRE(busy);
  REQUIRE(rival);
  const CpuWait of_sleeper({(*sleeper)->pid()}), of_busy({(*busy)->pid()});
  const CpuWait of_both({(*sleeper)->pid(), (*busy)->pid()});
  if (!of_sleeper.seconds()) return;
  REQUIRE(wait_until([&] { return *of_busy.seconds() > 0.02; }, 30, "it never waits"));
  CHECK(*of_sleeper.seconds() == 0);
  (*busy)->signal(SIGSTOP);
  const auto same = [&] { return *of_both.seconds() == *of_busy.seconds(); };
  CHECK(wait_until(same, 10, "something else is told"));
}

TEST_CASE("a switch without processes is never said to have waited") {
  CHECK_FALSE(CpuWait({}).seconds());
  auto gone = Process::start({.command = {"true"}});
  REQUIRE(gone);
  const pid_t pid = (*gone)->pid();
  gone->reset();
  CHECK_FALSE(CpuWait({pid}).seconds());
}
