// SPDX-License-Identifier: Apache-2.0
//
// Programs that a test runs: shell commands with a deadline, and programs in the background that
// end with the test. From the test's main thread.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tests/sandbox.h"

namespace trestle::testing {

using Seconds = std::chrono::duration<double>;

// Polls until `condition` holds; false when `limit` passes first.
bool wait_until(const std::function<bool()>& condition, Seconds limit = Seconds(10));

// Runs `command` with /bin/sh; after `limit` it is killed and its status is 124 or 137.
Outcome run(const std::string& command, Seconds limit = Seconds(30));

// A program that runs until it is stopped or this object goes; it also dies with the test.
class Process {
 public:
  // `argv[0]` is looked up in PATH. stdout and stderr go to `output_file` (appended).
  Process(std::vector<std::string> argv, std::string output_file);
  ~Process();  // kills it
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();  // reaps it when it has ended
  void send(int signal) const;
  // Waits for the end: the exit status, or 128 + the signal; -1 when it still runs after `limit`.
  int wait(Seconds limit);
  std::string output() const;

 private:
  pid_t pid_ = -1;
  int status_ = -1;
  bool ended_ = false;
  std::string output_file_;
};

// Where a program that the test needs is missing it does not return: it prints that and exits with
// 4 (ctest: skipped), or with 1 where CI=true.
void require_program(const std::string& name);

std::string read_file(const std::string& path);  // empty when it cannot be read

}  // namespace trestle::testing
