// SPDX-License-Identifier: Apache-2.0
//
// Whether a trial can be carried out at all. Pure.

#pragma once

#include <cstddef>

#include "datapath/error.h"
#include "measure/traffic/trial.h"

namespace trestle::measure {

// Between this many ends. The error says what is wrong with it.
Result<void> check(const Trial& trial, std::size_t ends);

}  // namespace trestle::measure
