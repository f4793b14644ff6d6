// SPDX-License-Identifier: Apache-2.0
//
// The one road into a Config: text -> document (config/toml_reader.h) -> typed values -> checks
// across them (config/check.h). Pure but for the caller's ReadFile: no file is opened here, nothing
// is looked up in the world. Any thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "config/config.h"
#include "config/document.h"
#include "config/mistake.h"
#include "config/read_file.h"

namespace trestle::config {

// All mistakes of `toml_text` in the order of the file; of a text that is not TOML, the first
// syntax error. `file_name` is only for the mistakes. What it accepts is described in
// docs/configuration.md. IP addresses come out in canonical form. Files are named relative to the
// folder of `file_name`; without `read_file` it is a mistake to name one.
tl::expected<Config, std::vector<Mistake>> parse(std::string_view toml_text,
                                                 const std::string& file_name,
                                                 const ReadFile& read_file = {});

// The same for a document that exists already.
tl::expected<Config, std::vector<Mistake>> build(const Node& document, const std::string& file_name,
                                                 const ReadFile& read_file = {});

}  // namespace trestle::config
