// SPDX-License-Identifier: Apache-2.0
//
// The version of both programs, here and nowhere else: CMakeLists.txt reads this line.

#pragma once

namespace trestle::control {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace trestle::control
