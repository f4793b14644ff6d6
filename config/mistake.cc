// SPDX-License-Identifier: Apache-2.0

#include "config/mistake.h"

#include <algorithm>
#include <tuple>

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

void Mistakes::add_in(std::string file, Position at, std::string message) {
  mistakes_.push_back(Mistake{std::move(file), at.line, at.column, std::move(message)});
}

std::vector<Mistake> Mistakes::in_file_order() const {
  std::vector<Mistake> sorted = mistakes_;
  const auto place = [this](const Mistake& mistake) {
    const bool named = mistake.file != file_;
    return std::tuple(named, named ? std::string_view(mistake.file) : std::string_view(),
                      mistake.line, mistake.column);
  };
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const Mistake& a, const Mistake& b) { return place(a) < place(b); });
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
