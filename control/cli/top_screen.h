// SPDX-License-Identifier: Apache-2.0
//
// A terminal that lines can be put on and keys come from, as long as this object lives; then it is
// as it was before. One at a time; one thread.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "control/cli/top_page.h"

namespace trestle::control {

enum class TopKey {
  kNone,
  kQuit,
  kSort,
  kPause,
  kHelp,
  kUp,
  kDown,
  kPageUp,
  kPageDown,
  kHome,
  kEnd
};

class TopScreen {
 public:
  // Standard input and output. Fails, with a message, when TERM says nothing that is known. Colours
  // are used where there are any and NO_COLOR is unset or empty (https://no-color.org).
  static tl::expected<std::unique_ptr<TopScreen>, std::string> open();
  ~TopScreen();
  TopScreen(const TopScreen&) = delete;
  TopScreen& operator=(const TopScreen&) = delete;

  std::size_t width() const;
  std::size_t height() const;
  void show(const std::vector<TopLine>& lines);
  // Waits for a key, or a new size (then kNone), at most so long. kQuit also when SIGINT, SIGTERM
  // or SIGHUP has come or the input has ended.
  TopKey wait_key(std::chrono::milliseconds limit);

 private:
  struct State;
  explicit TopScreen(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace trestle::control
