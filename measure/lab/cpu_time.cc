// SPDX-License-Identifier: Apache-2.0

#include "measure/lab/cpu_time.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace trestle::measure {
namespace {

double now_seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

double tick_seconds() {
  return 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// By the scheduler, to the nanosecond; a kernel without schedstat counts ticks.
double thread_seconds(const std::filesystem::path& task) {
  double nanoseconds = 0;
  if (std::ifstream(task / "schedstat") >> nanoseconds) return nanoseconds / 1e9;
  std::string line;
  std::getline(std::ifstream(task / "stat") >> std::ws, line);
  // The second field is the name in parentheses, which may have any character in it.
  std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) * tick_seconds();
}

}  // namespace

Stopwatch::Stopwatch() : started_(now_seconds()), start_(read()) {}

double Stopwatch::elapsed_seconds() const {
  return now_seconds() - started_;
}

// What is left of the CPUs' time: a tickless kernel knows its idle time exactly, while it charges
// whole ticks to whoever happens to run.
double Stopwatch::busy_seconds() const {
  const double idle = read().idle - start_.idle;
  return std::max(0.0, online_cpus() * elapsed_seconds() - idle);
}

double Stopwatch::stolen_seconds() const {
  return read().stolen - start_.stolen;
}

// The first line: "cpu user nice system idle iowait irq softirq steal …". Waiting for a disk is
// idle.
Stopwatch::Reading Stopwatch::read() {
  std::ifstream file("/proc/stat");
  std::string word;
  file >> word;
  double field[8] = {};
  for (double& each : field) file >> each;
  const double tick = tick_seconds();
  return {(field[3] + field[4]) * tick, field[7] * tick};
}

double cpu_seconds(pid_t process) {
  double total = 0;
  std::error_code gone;
  const std::filesystem::path tasks = "/proc/" + std::to_string(process) + "/task";
  for (std::filesystem::directory_iterator task(tasks, gone), end; !gone && task != end;
       task.increment(gone)) {
    total += thread_seconds(task->path());
  }
  return total;
}

double resident_bytes(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(file, line);) {
    constexpr std::string_view kField = "VmRSS:";
    if (line.starts_with(kField)) return std::stod(line.substr(kField.size())) * 1024;
  }
  return 0;
}

int online_cpus() {
  return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
}

}  // namespace trestle::measure
