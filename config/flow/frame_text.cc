// SPDX-License-Identifier: Apache-2.0

#include "config/flow/frame_text.h"

#include <optional>

#include "switch/flow/compose.h"

namespace trestle::config {
namespace {

// The largest that the kernel hands over (datapath/frame.h), and some.
constexpr std::size_t kBytesMax = 65536 + 64;

std::optional<unsigned> digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

bool is_separator(char c) {
  return std::string_view(" \t\r\n:-.").find(c) != std::string_view::npos;
}

}  // namespace

FromText<std::vector<std::byte>> parse_frame(std::string_view text) {
  const std::string_view digits = text.starts_with("0x") ? text.substr(2) : text;
  std::vector<std::byte> bytes;
  std::optional<unsigned> high;
  for (const char c : digits) {
    if (is_separator(c)) continue;
    const auto value = digit(c);
    if (!value) {  // then it is made of fields
      const auto fields = parse_frame_fields(text);
      if (!fields) return tl::unexpected(fields.error());
      return flow::compose(*fields);
    }
    if (high) bytes.push_back(static_cast<std::byte>(*high << 4 | *value));
    high = high ? std::nullopt : value;
  }
  if (high) return tl::unexpected(TextMistake{1, "an odd number of hexadecimal digits"});
  if (bytes.empty())
    return tl::unexpected(TextMistake{1, "a frame is expected, of fields or hexadecimal digits"});
  if (bytes.size() > kBytesMax) return tl::unexpected(TextMistake{1, "longer than any frame"});
  return bytes;
}

}  // namespace trestle::config
