// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a configuration and where. Every road into a config (file, command line, API)
// ends in a list of these, so that a user sees all mistakes at once. Plain values; any thread.

#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace trestle::config {

// Both count from 1; columns count characters, not bytes. 0: not from a text (command line, API).
struct Position {
  int line = 0;
  int column = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

struct Mistake {
  std::string file;  // empty where the text has no name
  int line = 0;      // 0: not from a text
  int column = 0;
  std::string message;

  // "lab.toml:3:7: unknown key …"; without a line only the message.
  std::string to_string() const;
  friend bool operator==(const Mistake&, const Mistake&) = default;
};

// Gathers mistakes while a text is read.
class Mistakes {
 public:
  explicit Mistakes(std::string file) : file_(std::move(file)) {}

  void add(Position at, std::string message);
  // In a file that the text names.
  void add_in(std::string file, Position at, std::string message);
  bool empty() const { return mistakes_.empty(); }
  // Those of the text itself first, then file by file; sorted by position, those of one position in
  // the order they were added.
  std::vector<Mistake> in_file_order() const;

 private:
  std::string file_;
  std::vector<Mistake> mistakes_;
};

// 'text' as it may stand in a message of one line: control characters escaped, long text cut.
std::string quoted(std::string_view text);

}  // namespace trestle::config
