// SPDX-License-Identifier: Apache-2.0

#include "measure/result/options_hash.h"

#include <fmt/core.h>

#include <cstdint>

#include "measure/result/canonical.h"

namespace trestle::measure {

std::string options_hash(const nlohmann::ordered_json& options) {
  constexpr std::uint64_t kOffset = 0xcbf29ce484222325, kPrime = 0x100000001b3;
  std::uint64_t hash = kOffset;
  for (const char character : canonical(options)) {
    hash = (hash ^ static_cast<unsigned char>(character)) * kPrime;
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace trestle::measure
