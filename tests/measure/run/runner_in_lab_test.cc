// SPDX-License-Identifier: Apache-2.0
//
// The runner's labs: what it does when a switch does not survive a case.

#include "measure/run/runner.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <sstream>
#include <string>
#include <utility>

#include "measure/lab/cpu_time.h"
#include "measure/switches/switch.h"
#include "tests/measure/in_lab.h"

using namespace trestle;
using namespace trestle::measure;

namespace {

// Frames pass; `subject` tells which process carried them.
Case frames_pass(pid_t& subject) {
  Case asked;
  asked.test = "frames";
  asked.measure = [&subject](Stage& stage, Record& record) -> Result<void> {
    if (auto ready = prepare(stage); !ready) return ready;
    Trial trial;
    trial.streams = {stream_between(stage.trials, 0, 1)};
    trial.frames = 100;
    trial.rate = 1000;
    const auto result = offer(stage, trial);
    if (!result) return tl::make_unexpected(result.error());
    record.values["frames_lost"] = loss(trial, *result) * 100;
    subject = stage.lab->subject().processes().at(0);
    return {};
  };
  return asked;
}

// The switch gets a signal; and the case ends like that.
Case signal_to_switch(int number, const Result<void>& outcome) {
  Case asked;
  asked.test = "signal";
  asked.measure = [number, outcome](Stage& stage, Record&) {
    for (const pid_t each : stage.lab->subject().processes()) {
      kill(each, number);
      const auto ended = [each] { return resident_bytes(each) == 0; };
      if (number == SIGKILL) CHECK(wait_until(ended, 10, "it does not end"));
    }
    return outcome;
  };
  return asked;
}

bool failed(const Record& record) {
  return std::find(record.marks.begin(), record.marks.end(), kFailed) != record.marks.end();
}

// Before and after a signal to the switch.
struct Seen {
  std::vector<Record> records;  // frames, signal, frames
  pid_t before = 0, after = 0;
};

Seen seen_around(int number, const Result<void>& outcome, const std::string& directory) {
  Seen seen;
  std::ostringstream lines;
  Progress progress(lines, false);
  RunnerOptions options;
  options.switches = {"trestle"};
  options.binaries = testing::binaries();
  options.effort.rounds = 1;
  options.cpus = plan_cpus();
  options.directory = directory;
  auto run = Runner(options, nullptr, progress)
                 .run({frames_pass(seen.before), signal_to_switch(number, outcome),
                       frames_pass(seen.after)},
                      Run());
  REQUIRE(run);
  INFO(lines.str());
  seen.records = std::move(run->records);
  REQUIRE(seen.records.size() == 3);
  for (const std::size_t frames : {0, 2}) {
    INFO(seen.records[frames].note);
    CHECK_FALSE(failed(seen.records[frames]));
  }
  return seen;
}

}  // namespace

TEST_CASE("a switch that ends in a case has failed it, and is there again for the next") {
  testing::in_lab([](const std::string& directory) {
    const Seen seen = seen_around(SIGKILL, {}, directory);
    CHECK(failed(seen.records[1]));
    CHECK(seen.records[1].note == "the switch ended while it was measured");
    CHECK(seen.before != seen.after);
  });
}

TEST_CASE("a switch that hangs when a case has failed is started anew, and the case's word stays") {
  testing::in_lab([](const std::string& directory) {
    const Seen seen = seen_around(SIGSTOP, fail("no frames came back"), directory);
    CHECK(failed(seen.records[1]));
    CHECK(seen.records[1].note == "no frames came back");
    CHECK(seen.before != seen.after);
  });
}

TEST_CASE("a switch that is well when a case has failed goes on") {
  testing::in_lab([](const std::string& directory) {
    const Seen seen = seen_around(SIGCONT, fail("it is too slow"), directory);
    CHECK(failed(seen.records[1]));
    CHECK(seen.before == seen.after);
  });
}
