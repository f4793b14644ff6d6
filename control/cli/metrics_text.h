// SPDX-License-Identifier: Apache-2.0
//
// The text of a scrape, read back: what `trestle top` gets from the daemon is what Prometheus gets
// (docs/metrics.md), so the two cannot say different things. The format is Prometheus' text
// exposition format 0.0.4. Pure.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trestle::control {

// One line that is no comment.
struct MetricSample {
  std::string_view name;                                         // part of the text that was read
  std::vector<std::pair<std::string_view, std::string>> labels;  // in their order there, unescaped
  double value = 0;

  // The value of that label; empty: there is none.
  std::string_view label(std::string_view name) const;
};

// Takes the next sample off the front of `text`, passing over comments, empty lines and lines that
// do not keep the format (of a daemon of another version). False: there is none left; `sample` is
// then as it was or half filled.
bool next_sample(std::string_view& text, MetricSample& sample);

}  // namespace trestle::control
