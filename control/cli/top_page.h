// SPDX-License-Identifier: Apache-2.0
//
// Rates as lines of text for a screen of a certain size, and as plain tables. Pure: no terminal.

#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

#include "control/cli/top_rates.h"

namespace trestle::control {

enum class TopStyle {
  kPlain,
  kTitle,    // the first line and the head of the table
  kWarning,  // a port that drops frames, or is not up
  kAlarm,    // a port in state error; the daemon has gone
  kFaint
};

struct TopLine {
  std::string text;  // not longer than the screen is wide
  TopStyle style = TopStyle::kPlain;
};

// What the user has chosen, and what there is to say.
struct TopView {
  std::string bridge;  // empty: all
  std::string interval = "1s";
  TopSort sort = TopSort::kReceived;
  std::size_t first = 0;  // of the ports, the one in the first row
  bool paused = false;
  bool help = false;
  std::string trouble;  // the daemon does not answer, and why; empty: it does
};

struct TopPage {
  std::vector<TopLine> lines;  // at most as many as the screen is high
  std::size_t first = 0;       // view.first, cut to what there is
  std::size_t rows = 0;        // rows there are for ports
};

// `rates.ports` in the order they are to be shown. Any size, also 0 by 0. What does not fit is left
// out: first columns, by how much they are missed, then lines of the summary.
TopPage top_page(const TopRates& rates, const TopView& view, std::size_t width, std::size_t height);

// Ports, bridges and workers as tables of plain numbers, for scripts: `trestle top --once`.
void show_rates(const TopRates& rates, std::ostream& out);

// Three digits and a prefix: "0", "7", "0.5", "999", "1.23k", "12.3M". Not negative.
std::string short_number(double value);

}  // namespace trestle::control
