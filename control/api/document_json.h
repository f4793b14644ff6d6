// SPDX-License-Identifier: Apache-2.0
//
// A configuration document (config/document.h) as JSON, so that the API shows options under the
// very names and in the very forms that a file has them. Pure; any thread.

#pragma once

#include "config/document.h"
#include "control/api/json.h"

namespace trestle::control {

Json document_json(const config::Node& node);

}  // namespace trestle::control
