// SPDX-License-Identifier: Apache-2.0
//
// Aligned columns, as scripts and people read them: two spaces between, "-" for an empty cell,
// numbers to the left like everything else. Pure.

#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace trestle::control {

class Table {
 public:
  explicit Table(std::vector<std::string> header);
  // As many cells as the header has. Those of the last column may hold spaces.
  void add(std::vector<std::string> row);
  // Writes what has been added since the last call, the header only the first time; columns never
  // get narrower.
  void write(std::ostream& out);

 private:
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace trestle::control
