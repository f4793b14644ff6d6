// SPDX-License-Identifier: Apache-2.0

#include "measure/cases/asked_of_itself.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "measure/lab/cpu_time.h"
#include "measure/lab/scrape.h"
#include "measure/switches/switch.h"
#include "measure/traffic/interrupt.h"

namespace trestle::measure {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kTimes = 5;
constexpr double kPatience = 30;  // s

template <typename Ask>
Result<double> longest(const Ask& ask) {
  double seconds = 0;
  for (unsigned i = 0; i < kTimes; ++i) {
    if (interrupted()) return fail("interrupted");
    const auto begun = Clock::now();
    if (const auto answer = ask(); !answer) return tl::make_unexpected(answer.error());
    seconds = std::max(seconds, std::chrono::duration<double>(Clock::now() - begun).count());
  }
  return seconds;
}

}  // namespace

double resident_bytes_of(const Stage& stage) {
  double sum = 0;
  if (stage.lab == nullptr) return sum;
  for (const pid_t each : stage.lab->subject().processes()) sum += resident_bytes(each);
  return sum;
}

double cpu_seconds_of(const Stage& stage) {
  double sum = 0;
  if (stage.lab == nullptr) return sum;
  for (const pid_t each : stage.lab->subject().processes()) sum += cpu_seconds(each);
  return sum;
}

Result<void> time_listings(const Stage& stage, Record& record) {
  const Switch& subject = stage.lab->subject();
  for (const auto& [name, command] : subject.listings()) {
    const auto taken =
        longest([&command = command] { return run({.command = command}, kPatience); });
    if (!taken) return tl::make_unexpected(taken.error());
    record.values[std::string(name) + "_time"] = *taken;
  }
  if (subject.metrics_port() == 0) return {};
  std::size_t size = 0;
  const auto taken = longest([&]() -> Result<void> {
    const auto page = http_get(stage.lab->space(), subject.metrics_port(), "/metrics", kPatience);
    if (!page) return tl::make_unexpected(page.error());
    size = std::max(size, page->size());
    return {};
  });
  if (!taken) return tl::make_unexpected(taken.error());
  record.values["scrape_time"] = *taken;
  record.values["scrape_bytes"] = static_cast<double>(size);
  return {};
}

}  // namespace trestle::measure
