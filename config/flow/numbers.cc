// SPDX-License-Identifier: Apache-2.0

#include "config/flow/numbers.h"

#include <charconv>

namespace trestle::config {

bool is_number(std::string_view text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

FromText<std::uint64_t> parse_number(const Source& source, std::string_view what,
                                     std::string_view text, std::uint64_t max, std::uint64_t min) {
  const auto wrong = [&](std::string_view why) {
    return source.mistake(text, joined({what, ": ", quoted(text), why}));
  };
  if (text.empty()) return source.mistake(text, joined({what, " needs a number"}));
  const bool is_hex = text.substr(0, 2) == "0x" || text.substr(0, 2) == "0X";
  const std::string_view digits = is_hex ? text.substr(2) : text;
  // "010" is 8 to ovs-ofctl and 10 to whoever reads it.
  if (!is_hex && digits.size() > 1 && digits[0] == '0' && is_number(digits.substr(1))) {
    return wrong(" begins with 0: write a decimal number or 0x…");
  }
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, number, is_hex ? 16 : 10);
  if (error == std::errc::invalid_argument || rest != end) {
    return wrong(" is not a number (decimal or 0x…)");
  }
  const auto shown = [&](std::uint64_t limit) {
    return is_hex ? hex(limit) : std::to_string(limit);
  };
  if (error != std::errc{} || number > max) {
    return wrong(joined({" is too large: at most ", shown(max)}));
  }
  if (number < min) return wrong(joined({" is too small: at least ", shown(min)}));
  return number;
}

FromText<std::uint64_t> parse_mask(const Source& source, std::string_view what,
                                   std::string_view text, std::uint64_t max) {
  if (text == "-1") return max;
  return parse_number(source, what, text, max);
}

std::string hex(std::uint64_t number, unsigned digits) {
  if (number == 0 && digits == 1) return "0";
  char buffer[16];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number, 16);
  static_cast<void>(error);  // 64 bits are 16 digits
  std::string text(buffer, end);
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  return "0x" + text;
}

}  // namespace trestle::config
