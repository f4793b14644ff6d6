// SPDX-License-Identifier: Apache-2.0
//
// What a long run says while it works: on a terminal a line that is overwritten, else only the
// lines that stay. One thread.

#pragma once

#include <chrono>
#include <cstddef>
#include <ostream>
#include <string>

namespace trestle::measure {

class Progress {
 public:
  Progress(std::ostream& out, bool terminal)
      : out_(out), terminal_(terminal), started_(std::chrono::steady_clock::now()) {}

  // `share`: of the work that is done, 0 … 1.
  void show(double share, const std::string& text);
  // A line that stays.
  void line(const std::string& text);
  // Takes the overwritten line away.
  void clear();

 private:
  std::ostream& out_;
  bool terminal_;
  std::chrono::steady_clock::time_point started_;
  bool shown_ = false;
};

}  // namespace trestle::measure
