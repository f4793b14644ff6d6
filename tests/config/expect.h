// SPDX-License-Identifier: Apache-2.0
//
// How config tests say what they expect: a text that must parse, or a text with a § before each
// place where a mistake is. Include after Catch2.

#pragma once

#include <string>
#include <vector>

#include "config/parse.h"
#include "config/print.h"

namespace trestle::config {

inline std::string all_of(const std::vector<Mistake>& mistakes) {
  std::string out;
  for (const Mistake& mistake : mistakes) out += mistake.to_string() + "\n";
  return out;
}

// Parses, and asserts that its printed form means the same.
inline Config parsed(const std::string& text) {
  const auto config = parse(text, "lab.toml");
  INFO(text);
  if (!config) FAIL(all_of(config.error()));
  const auto again = parse(print(*config), "printed");
  INFO(print(*config));
  if (!again) FAIL(all_of(again.error()));
  CHECK(*again == *config);
  CHECK(print(*again) == print(*config));
  return *config;
}

// `marked`: a text with a § before each character where a mistake is reported, once for each
// mistake there. `messages`: theirs, in that order.
inline void expect_mistakes(const std::string& marked, const std::vector<std::string>& messages) {
  static const std::string kMark = "§";
  std::string text;
  std::vector<Position> places;
  Position at{1, 1};
  for (std::size_t i = 0; i < marked.size();) {
    if (marked.compare(i, kMark.size(), kMark) == 0) {
      places.push_back(at);
      i += kMark.size();
      continue;
    }
    const auto octet = static_cast<unsigned char>(marked[i]);
    if (octet == '\n') {
      at = {at.line + 1, 1};
    } else if ((octet & 0xc0) != 0x80) {
      ++at.column;
    }
    text += marked[i++];
  }
  REQUIRE(places.size() == messages.size());
  std::vector<Mistake> expected;
  for (std::size_t i = 0; i < places.size(); ++i) {
    expected.push_back({"lab.toml", places[i].line, places[i].column, messages[i]});
  }
  const auto config = parse(text, "lab.toml");
  INFO(text);
  REQUIRE_FALSE(config);
  CHECK(all_of(config.error()) == all_of(expected));
}

}  // namespace trestle::config
