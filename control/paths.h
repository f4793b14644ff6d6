// SPDX-License-Identifier: Apache-2.0
//
// Where things are unless the command line says otherwise.

#pragma once

namespace trestle::control {

inline constexpr const char* kDefaultConfigFile = "/etc/trestle/trestle.toml";
inline constexpr const char* kDefaultSocket = "/run/trestle/trestle.sock";

}  // namespace trestle::control
