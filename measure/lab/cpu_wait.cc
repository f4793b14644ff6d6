// SPDX-License-Identifier: Apache-2.0

#include "measure/lab/cpu_wait.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace trestle::measure {

CpuWait::CpuWait(std::vector<pid_t> processes) : processes_(std::move(processes)), start_(read()) {}

std::map<pid_t, CpuWait::Times> CpuWait::read() const {
  std::map<pid_t, Times> threads;
  for (const pid_t process : processes_) {
    std::error_code gone;
    const std::filesystem::path tasks = "/proc/" + std::to_string(process) + "/task";
    for (std::filesystem::directory_iterator task(tasks, gone), end; !gone && task != end;
         task.increment(gone)) {
      double ran = 0, waited = 0;  // ns
      if (std::ifstream(task->path() / "schedstat") >> ran >> waited) {
        threads[std::atoi(task->path().filename().c_str())] = {ran / 1e9, waited / 1e9};
      }
    }
  }
  return threads;
}

std::optional<double> CpuWait::seconds() const {
  std::vector<Times> since;
  double ran_most = 0;
  for (const auto& [thread, now] : read()) {
    const auto then = start_.find(thread);
    const Times before = then != start_.end() ? then->second : Times{};
    since.push_back({now.ran - before.ran, now.waited - before.waited});
    ran_most = std::max(ran_most, since.back().ran);
  }
  std::optional<double> longest;
  for (const Times& thread : since) {
    if (thread.ran >= ran_most / 2) longest = std::max(longest.value_or(0), thread.waited);
  }
  return longest;
}

}  // namespace trestle::measure
