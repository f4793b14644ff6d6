// SPDX-License-Identifier: Apache-2.0
//
// How the parser gets at the files that a configuration names: through its caller, so that it
// opens none itself.

#pragma once

#include <functional>
#include <string>

#include <tl/expected.hpp>

namespace trestle::config {

// The text of a file that a configuration names (`flows_file`), or in words why there is none.
using ReadFile = std::function<tl::expected<std::string, std::string>(const std::string& path)>;

}  // namespace trestle::config
