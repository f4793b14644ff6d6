// SPDX-License-Identifier: Apache-2.0

#include "measure/run/progress.h"

#include <fmt/core.h>

namespace trestle::measure {
namespace {

constexpr std::size_t kWidth = 100;
constexpr char kEraseLine[] = "\r\033[K";  // ECMA-48 EL

}  // namespace

void Progress::show(double share, const std::string& text) {
  if (!terminal_) return;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started_;
  std::string line = fmt::format("{:3.0f} %", 100 * share);
  if (share > 0.02) {
    const int left = static_cast<int>(elapsed.count() * (1 - share) / share);
    line += fmt::format(", {}:{:02} left", left / 60, left % 60);
  }
  line += "  " + text;
  out_ << kEraseLine << line.substr(0, kWidth) << std::flush;
  shown_ = true;
}

void Progress::line(const std::string& text) {
  clear();
  out_ << text << std::endl;
}

void Progress::clear() {
  if (shown_) out_ << kEraseLine << std::flush;
  shown_ = false;
}

}  // namespace trestle::measure
