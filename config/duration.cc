// SPDX-License-Identifier: Apache-2.0

#include "config/duration.h"

#include <charconv>
#include <cstdint>
#include <limits>

namespace trestle::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t microseconds;
};

// Largest first, as format_duration tries them.
constexpr Unit kUnits[] = {
    {"d", 86'400'000'000}, {"h", 3'600'000'000}, {"m", 60'000'000},
    {"s", 1'000'000},      {"ms", 1'000},        {"us", 1},
};

}  // namespace

std::optional<std::chrono::microseconds> parse_duration(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : kUnits) {
    if (unit.name != name) continue;
    const auto most = std::numeric_limits<std::int64_t>::max() / unit.microseconds;
    if (number > static_cast<std::uint64_t>(most)) return std::nullopt;
    return std::chrono::microseconds(static_cast<std::int64_t>(number) * unit.microseconds);
  }
  return std::nullopt;
}

std::string format_duration(std::chrono::microseconds duration) {
  if (duration.count() == 0) return "0s";
  const std::int64_t count = duration.count();
  for (const Unit& unit : kUnits) {
    if (count % unit.microseconds == 0) {
      return std::to_string(count / unit.microseconds) + std::string(unit.name);
    }
  }
  return std::to_string(count) + "us";
}

}  // namespace trestle::config
