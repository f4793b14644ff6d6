// SPDX-License-Identifier: Apache-2.0
//
// A child process in one of the sandbox's network namespaces. It is killed with the object, and
// with the sandbox if this process dies first. One thread at a time.
//
// Why no parent-death signal: it comes when the thread that forked ends, and a switch that one
// thread restarts while another measures is to stay.

#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "datapath/error.h"

namespace trestle::measure {

struct ProcessSpec {
  std::vector<std::string> command;  // found along PATH
  std::string space = {};            // network namespace; empty: the sandbox's own
  std::string log = {};              // file for its stdout and stderr, appended to; empty: both
                                     // are kept in memory, and stdout can be read
  std::vector<std::string> environment = {};  // "NAME=value", besides ours
  bool keep_stdin = false;                    // a pipe that stays open; else /dev/null
  std::vector<int> cpus = {};                 // where it may run; empty: where we may
};

class Process {
 public:
  static Result<std::unique_ptr<Process>> start(const ProcessSpec& spec);
  ~Process();  // SIGTERM, a second later SIGKILL, and waits
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  // It and what it started, unless they made process groups of their own.
  std::vector<pid_t> group() const;
  bool running();
  // Waits until it has ended, or kills it: when the time is over, or after Ctrl-C. Its exit status
  // (128 + signal, as a shell has it).
  Result<int> wait(double timeout_seconds);
  // To its whole group.
  void signal(int number);
  // The last few lines of what it said, joined by " | ".
  std::string last_words() const;
  // What it wrote to stdout; only without a log. Waits for its end.
  Result<std::string> output(double timeout_seconds);

 private:
  Process(pid_t pid, const ProcessSpec& spec) : pid_(pid), spec_(spec) {}
  bool ends_within(double seconds);

  pid_t pid_;
  ProcessSpec spec_;
  int status_ = -1;  // none yet
  int stdin_ = -1;
  int stdout_ = -1, stderr_ = -1;  // files in memory
};

// Runs to the end. Its stdout, or what was attempted and its last words.
Result<std::string> run(const ProcessSpec& spec, double timeout_seconds);

// Whether there is such a program, on PATH if it has no '/' in it.
bool installed(const std::string& program);

// Looks every few ms whether `condition` holds. The error is `what` ("trestled does not answer"),
// also after Ctrl-C.
Result<void> wait_until(const std::function<bool()>& condition, double timeout_seconds,
                        const std::string& what);

// The last `count` lines that are not empty, joined by " | ".
std::string last_lines(const std::string& text, std::size_t count);

}  // namespace trestle::measure
