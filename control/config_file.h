// SPDX-License-Identifier: Apache-2.0
//
// A configuration file between disk and config/parse.h: for the daemon's start and reload, and for
// `trestle check` and `trestle plan`. Any thread.

#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "config/config.h"
#include "config/mistake.h"
#include "datapath/error.h"

namespace trestle::control {

// Bytes of a configuration file: 4000 ports take less than 1 MiB. Keeps /dev/zero out.
inline constexpr std::size_t kConfigFileMax = std::size_t{16} << 20;

// The whole text. Blocks if `path` is a pipe.
Result<std::string> read_text_file(const std::string& path);

// config::parse for the text of the file at `path`; the files that it names are read.
tl::expected<config::Config, std::vector<config::Mistake>> parse_config_text(
    std::string_view text, const std::string& path);

// "3 mistakes in lab.toml", or of a single one all of it: "lab.toml:3:7: unknown key …".
std::string summary(const std::string& file, const std::vector<config::Mistake>& mistakes);

// parse_config_text; then every expectation of the configuration must hold, too: what may be put in
// force.
tl::expected<config::Config, std::vector<config::Mistake>> accept_config_text(
    std::string_view text, const std::string& path);

// `trestle check FILE`: all mistakes to `err`, one a line; or "FILE: ok (2 bridges, 3 ports)" to
// `out`. `run_expectations`: they must hold. The exit status: 0, or 2 when the file has mistakes or
// cannot be read.
int check_config_file(const std::string& path, bool run_expectations, std::ostream& out,
                      std::ostream& err);

}  // namespace trestle::control
