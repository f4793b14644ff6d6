// SPDX-License-Identifier: Apache-2.0
//
// Frames of every kind that rules tell apart, byte by byte and without help of the code under test.
// Their values come from small pools, which the random rules (random_rules.h) draw from as well, so
// that rules hit. Checksums are right; one in sixteen frames is cut off somewhere.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace trestle::testing {

using Dice = std::function<unsigned(unsigned)>;  // a number below its argument

namespace pool {
template <typename T, std::size_t N>
using Pool = std::array<T, N>;
inline constexpr Pool<std::string_view, 4> kMacs{"02:00:00:00:00:01", "02:00:00:00:00:02",
                                                 "02:aa:00:00:10:03", "0a:00:5e:00:00:04"};
inline constexpr Pool<std::string_view, 4> kDestinations{"02:00:00:00:00:11", "ff:ff:ff:ff:ff:ff",
                                                         "01:00:5e:00:00:fb", "0a:00:5e:00:00:12"};
inline constexpr Pool<unsigned, 4> kVids{1, 7, 100, 4094};
inline constexpr Pool<std::string_view, 4> kIpv4{"10.0.0.1", "10.0.1.2", "10.128.0.3",
                                                 "192.168.7.200"};
inline constexpr Pool<std::string_view, 4> kIpv6{"fd00::1", "fd00::1:0:0:2", "2001:db8::3",
                                                 "fe80::200:ff:fe00:4"};
inline constexpr Pool<unsigned, 5> kPorts{0, 53, 80, 443, 32769};
inline constexpr Pool<unsigned, 4> kTcpFlags{0x002, 0x010, 0x012, 0x011};
inline constexpr Pool<unsigned, 3> kLabels{0, 16, 0xabcde};
inline constexpr Pool<unsigned, 5> kTos{0, 0x02, 0x28, 0xb8, 0xbb};
inline constexpr Pool<unsigned, 5> kTtls{1, 2, 64, 128, 255};
inline constexpr Pool<unsigned, 3> kFlowLabels{0, 1, 0x54321};
}  // namespace pool

template <typename T, std::size_t N>
const T& pick(const Dice& dice, const std::array<T, N>& values) {
  return values[dice(N)];
}

std::vector<std::byte> random_frame(const Dice& dice);

}  // namespace trestle::testing
