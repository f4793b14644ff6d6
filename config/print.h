// SPDX-License-Identifier: Apache-2.0
//
// A Config back into text: for `trestle config show`, and, as a document, for diff and edit. Pure;
// any thread.

#pragma once

#include <string>

#include "config/config.h"
#include "config/document.h"

namespace trestle::config {

// Canonical TOML: what is default is left out, keys stand in the order of config/config.h. For
// every config that `parse` has made, parsing it gives an equal one, and printing that gives the
// same text.
std::string print(const Config& config);

// The same as a tree, without positions.
Node to_document(const Config& config);
Node port_document(const Port& port);
// Without its ports and its rules.
Node bridge_document(const Bridge& bridge);
Node expectation_document(const Expectation& expectation);

}  // namespace trestle::config
