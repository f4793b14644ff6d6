// SPDX-License-Identifier: Apache-2.0
//
// The flow rules, groups and meters of one bridge of a document -> canonical texts. Called by
// config/parse.cc only.

#pragma once

#include <string>

#include "config/config.h"
#include "config/read_file.h"
#include "config/section.h"

namespace trestle::config {

// Reads `flows`, `flows_file`, `groups` and `meters` of `section` into `bridge`, whose ports have
// been read. `file_name`: of the configuration.
void read_rules(Section& section, const std::string& file_name, const ReadFile& read_file,
                Mistakes& mistakes, Bridge& bridge);

}  // namespace trestle::config
