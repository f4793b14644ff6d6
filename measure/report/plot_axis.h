// SPDX-License-Identifier: Apache-2.0
//
// Axes of plots: where a value is, and which values get a tick. Pure.

#pragma once

#include <string>
#include <vector>

namespace trestle::measure {

struct Axis {
  double from = 0, to = 1;  // values at the two ends; from < to
  double pixel_from = 0, pixel_to = 1;
  bool log = false;
  std::vector<double> ticks;  // rising, within from … to

  // Where `value` is; what lies outside is put at the end.
  double at(double value) const;
};

// From 0 (or `low`, if that is less) to `high` or a little above, with at most about `ticks` round
// ticks (1, 2 or 5 times a power of ten).
Axis linear_axis(double low, double high, double pixel_from, double pixel_to, unsigned ticks = 5);

// `low` > 0. Ticks at powers of ten; if those are less than two, at 1, 2 and 5 times them, too.
Axis log_axis(double low, double high, double pixel_from, double pixel_to);

// Whether values of this range are better seen on a logarithmic axis: all positive, and the largest
// more than 30 times the smallest.
bool wants_log(double low, double high);

// As metrics.h shows values, without needless zeros: "0", "500 k/s", "1 M/s".
std::vector<std::string> tick_words(const Axis& axis, const std::string& unit);

}  // namespace trestle::measure
