// SPDX-License-Identifier: Apache-2.0
//
// Metrics of the process, read from /proc/self (proc(5)).

#include "control/metrics/families.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace trestle::control {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

std::string contents(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// /proc/self/stat from its third field on: the second, the program's name in parentheses, may hold
// anything. `fields[n - 3]` is what proc(5) calls field n.
std::vector<double> stat_fields() {
  const std::string text = contents("/proc/self/stat");
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(text.substr(name_end + 1));
  std::string state;
  rest >> state;
  std::vector<double> fields{0};
  for (double value; rest >> value;) fields.push_back(value);
  return fields;
}

// When the machine was started, seconds since 1970.
std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return std::nullopt;
}

std::optional<double> open_descriptors() {
  DIR* const directory = opendir("/proc/self/fd");
  if (directory == nullptr) return std::nullopt;
  double count = -3;  // ".", ".." and the descriptor that this reads by
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

}  // namespace

void add_process_metrics(MetricFamilies& families) {
  const auto add = [&](const char* name, const char* help, MetricType type, double value) {
    add_series(families.emplace_back(metric_family(name, help, type)), {}, value);
  };
  const std::vector<double> stat = stat_fields();
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  constexpr std::size_t kUserTime = 14 - 3, kSystemTime = 15 - 3, kThreads = 20 - 3,
                        kStartTime = 22 - 3, kVirtualBytes = 23 - 3, kResidentPages = 24 - 3;
  if (stat.size() > kResidentPages) {
    add("process_cpu_seconds_total", "CPU time of the process, user and system.",
        MetricType::Counter, (stat[kUserTime] + stat[kSystemTime]) / ticks);
    add("process_resident_memory_bytes", "Resident memory.", MetricType::Gauge,
        stat[kResidentPages] * page);
    add("process_virtual_memory_bytes", "Virtual memory.", MetricType::Gauge, stat[kVirtualBytes]);
    add("process_threads", "Threads of the process.", MetricType::Gauge, stat[kThreads]);
    // Once: a clock that is set later does not move the start.
    static const std::optional<double> booted = boot_time();
    if (booted) {
      add("process_start_time_seconds", "When the process was started, seconds since 1970.",
          MetricType::Gauge, *booted + stat[kStartTime] / ticks);
    }
  }
  if (const auto open = open_descriptors()) {
    add("process_open_fds", "Open file descriptors.", MetricType::Gauge, *open);
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    add("process_max_fds", "File descriptors that may be open.", MetricType::Gauge,
        static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace trestle::control
