// SPDX-License-Identifier: Apache-2.0

#include "config/duration.h"

#include <charconv>
#include <cstdint>
#include <limits>

namespace trestle::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};

// Largest first, as format_duration tries them.
constexpr Unit kUnits[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1},
};

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : kUnits) {
    if (unit.name != name) continue;
    const auto most = std::numeric_limits<std::int64_t>::max() / unit.milliseconds;
    if (number > static_cast<std::uint64_t>(most)) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(number) * unit.milliseconds);
  }
  return std::nullopt;
}

std::string format_duration(std::chrono::seconds duration) {
  if (duration.count() == 0) return "0s";
  const std::int64_t count = std::chrono::milliseconds(duration).count();
  for (const Unit& unit : kUnits) {
    if (count % unit.milliseconds == 0) {
      return std::to_string(count / unit.milliseconds) + std::string(unit.name);
    }
  }
  return std::to_string(count) + "ms";
}

}  // namespace trestle::config
