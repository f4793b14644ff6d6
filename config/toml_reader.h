// SPDX-License-Identifier: Apache-2.0
//
// TOML text -> document. The only place that knows the TOML library. Pure; any thread.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "config/document.h"

namespace trestle::config {

// A config of kPortsMax ports is under 1 MiB; a larger text is a mistake of another kind.
inline constexpr std::size_t kTextMax = std::size_t{16} << 20;

// The tree of `toml_text`, or its first syntax error (the grammar gives no safe place to go on
// after one). Tables keep their keys sorted by name.
tl::expected<Node, Mistake> read_toml(std::string_view toml_text, const std::string& file_name);

}  // namespace trestle::config
