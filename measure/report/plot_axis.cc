// SPDX-License-Identifier: Apache-2.0

#include "measure/report/plot_axis.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "measure/result/metrics.h"

namespace trestle::measure {
namespace {

// The smallest of 1, 2, 5 times a power of ten that is at least `value` (> 0).
double round_up(double value) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= value * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

// "1.50 M/s" -> "1.5 M/s", "200 ns" as it is.
std::string without_zeros(const std::string& text) {
  const auto blank = text.find(' ');
  std::string number = text.substr(0, blank);
  if (number.find('.') != std::string::npos) {
    number.erase(number.find_last_not_of('0') + 1);
    if (number.back() == '.') number.pop_back();
  }
  return blank == std::string::npos ? number : number + text.substr(blank);
}

}  // namespace

double Axis::at(double value) const {
  const double inside = std::clamp(value, from, to);
  const double share =
      log ? std::log(inside / from) / std::log(to / from) : (inside - from) / (to - from);
  return pixel_from + share * (pixel_to - pixel_from);
}

Axis linear_axis(double low, double high, double pixel_from, double pixel_to, unsigned ticks) {
  constexpr double kMost = 1e300;  // so that no sum overflows
  low = std::clamp(low, -kMost, 0.0);
  high = std::min(high, kMost);
  if (!(high > low)) high = low + 1;
  const double step = round_up((high - low) / ticks);
  Axis axis{std::floor(low / step) * step,
            std::ceil(high / step - 1e-9) * step,
            pixel_from,
            pixel_to,
            false,
            {}};
  const auto count = std::lround((axis.to - axis.from) / step);
  for (long i = 0; i <= count; ++i) {
    const double tick = axis.from + static_cast<double>(i) * step;
    axis.ticks.push_back(std::abs(tick) < step * 1e-9 ? 0 : tick);
  }
  return axis;
}

Axis log_axis(double low, double high, double pixel_from, double pixel_to) {
  constexpr double kSlack = 1e-9;
  if (!(low > 0)) low = 1;
  if (!(high > low)) high = low * 10;
  const auto power = [](int exponent) { return std::pow(10, exponent); };
  const int first = static_cast<int>(std::floor(std::log10(low) + kSlack));
  const int last = static_cast<int>(std::ceil(std::log10(high) - kSlack));
  Axis axis{low, high, pixel_from, pixel_to, true, {}};
  // To the next 1, 2 or 5 on both sides.
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power(first) <= low * (1 + kSlack)) axis.from = factor * power(first);
    const double above = 10 / factor * power(last - 1);
    if (above >= high * (1 - kSlack)) axis.to = above;
  }
  const auto add = [&axis](double tick) {
    if (tick >= axis.from * (1 - kSlack) && tick <= axis.to * (1 + kSlack)) {
      axis.ticks.push_back(tick);
    }
  };
  for (int exponent = first; exponent <= last; ++exponent) add(power(exponent));
  if (axis.ticks.size() >= 3) return axis;
  axis.ticks.clear();
  for (int exponent = first; exponent <= last; ++exponent) {
    for (const double factor : {1.0, 2.0, 5.0}) add(factor * power(exponent));
  }
  return axis;
}

bool wants_log(double low, double high) {
  return low > 0 && high > 30 * low;
}

std::vector<std::string> tick_words(const Axis& axis, const std::string& unit) {
  std::vector<std::string> words;
  for (const double tick : axis.ticks) {
    words.push_back(tick == 0 ? "0" : without_zeros(shown(tick, unit)));
  }
  return words;
}

}  // namespace trestle::measure
