// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/signature.h"

#include <bit>
#include <cstring>

namespace trestle::measure {
namespace {

static_assert(std::endian::native == std::endian::little);

template <typename T>
T load(const std::uint8_t* from) {
  T raw;
  std::memcpy(&raw, from, sizeof raw);
  return raw;
}

}  // namespace

// Two stores: this is done for every frame.
void write_signature(std::uint8_t* to, const Signature& signature) {
  const std::uint64_t first = std::uint64_t{kSignatureMagic} << 48 |
                              std::uint64_t{signature.stream} << 32 | signature.sequence;
  const std::uint64_t wire[2] = {__builtin_bswap64(first), __builtin_bswap64(signature.sent_ns)};
  static_assert(sizeof wire == kSignatureSize);
  std::memcpy(to, wire, sizeof wire);
}

bool read_signature(const std::uint8_t* from, Signature& signature) {
  const std::uint64_t first = __builtin_bswap64(load<std::uint64_t>(from));
  if (first >> 48 != kSignatureMagic) return false;
  signature.stream = static_cast<std::uint16_t>(first >> 32);
  signature.sequence = static_cast<std::uint32_t>(first);
  signature.sent_ns = __builtin_bswap64(load<std::uint64_t>(from + 8));
  return true;
}

}  // namespace trestle::measure
