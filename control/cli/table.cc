// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/cli/table.h"

#include <algorithm>
#include <cassert>
#include <ostream>
#include <utility>

namespace trestle::control {

Table::Table(std::vector<std::string> header) : widths_(header.size(), 0) {
  add(std::move(header));
}

void Table::add(std::vector<std::string> row) {
  assert(row.size() == widths_.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i].empty()) row[i].assign(1, '-');
    widths_[i] = std::max(widths_[i], row[i].size());
  }
  rows_.push_back(std::move(row));
}

void Table::write(std::ostream& out) {
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out << row[i];
      if (i + 1 < row.size()) out << std::string(widths_[i] - row[i].size() + 2, ' ');
    }
    out << '\n';
  }
  rows_.clear();
}

}  // namespace trestle::control
