// SPDX-License-Identifier: Apache-2.0

#include "config/mistake.h"

#include <algorithm>

namespace trestle::config {
namespace {

constexpr std::size_t kQuotedMax = 80;

}  // namespace

std::string Mistake::to_string() const {
  if (line == 0) return message;
  return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + message;
}

void Mistakes::add(Position at, std::string message) {
  mistakes_.push_back(Mistake{file_, at.line, at.column, std::move(message)});
}

std::vector<Mistake> Mistakes::in_file_order() const {
  std::vector<Mistake> sorted = mistakes_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Mistake& a, const Mistake& b) {
    return Position{a.line, a.column} < Position{b.line, b.column};
  });
  return sorted;
}

std::string quoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "'";
  bool cut = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = static_cast<unsigned char>(text[i]);
    const bool continues = (octet & 0xc0) == 0x80;  // inside a UTF-8 sequence: never cut there
    if (i >= kQuotedMax && !continues) {
      cut = true;
      break;
    }
    if (octet < 0x20 || octet == 0x7f) {
      out += {'\\', 'x', kHex[octet >> 4], kHex[octet & 0xf]};
    } else {
      out += text[i];
    }
  }
  return out + (cut ? "…'" : "'");
}

}  // namespace trestle::config
