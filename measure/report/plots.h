// SPDX-License-Identifier: Apache-2.0
//
// Which plots a run makes. Pure.

#pragma once

#include <string>
#include <vector>

#include "measure/report/svg.h"
#include "measure/report/view.h"

namespace trestle::measure {

struct Picture {
  std::string caption;
  std::string svg;
  bool more = false;  // one of many alike: the page folds it away
};

// Of the headline metrics that `view.baseline` and others have, the ratios; "" if there are none.
std::string ratio_picture(const RunFile& run, const View& view);

// Of one test: each headline metric, by frame size as lines where there are three sizes or more,
// else as bars; curves of loss; distributions of latency.
std::vector<Picture> pictures(const RunFile& run, const View& view, const TestView& test);

// data-suite, -test, -setup, -metric, -switch, and the figure as -value, -low, -high, -rounds.
Attributes figure_data(const Row& row, const std::string& subject, const Figure& figure);

// A switch's place in the report, by which it is coloured.
int slot_of(const View& view, const std::string& subject);

}  // namespace trestle::measure
