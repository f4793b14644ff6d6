// SPDX-License-Identifier: Apache-2.0

#include "tests/e2e/processes.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace trestle::testing {
namespace {

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

}  // namespace

bool wait_until(const std::function<bool()>& condition, Seconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

Outcome run(const std::string& command, Seconds limit) {
  return shell("exec timeout -k 1 " + std::to_string(limit.count()) + " /bin/sh -c " +
               quoted(command));
}

Process::Process(std::vector<std::string> argv, std::string output_file)
    : output_file_(std::move(output_file)) {
  std::vector<char*> arguments;
  for (std::string& argument : argv) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  const int output = open(output_file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(input, 0);
    dup2(output, 1);
    dup2(output, 2);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(output);
  close(input);
}

Process::~Process() {
  if (running()) {
    send(SIGKILL);
    wait(Seconds(10));
  }
}

bool Process::running() {
  if (pid_ <= 0 || ended_) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended_ = true;
  return false;
}

void Process::send(int signal) const {
  kill(pid_, signal);
}

int Process::wait(Seconds limit) {
  wait_until([this] { return !running(); }, limit);
  return status_;
}

std::string Process::output() const {
  return read_file(output_file_);
}

void require_program(const std::string& name) {
  if (run("command -v " + name).ok()) return;
  const char* const ci = std::getenv("CI");
  const bool must_run = ci != nullptr && std::string(ci) == "true";
  std::fprintf(stderr, "%s: needs the program %s\n", must_run ? "failed" : "skipped", name.c_str());
  std::exit(must_run ? 1 : 4);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace trestle::testing
