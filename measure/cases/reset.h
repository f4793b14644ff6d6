// SPDX-License-Identifier: Apache-2.0
//
// Reset (RFC 2544 26.6 as RFC 6201 has it): how long no frame comes through when a switch is
// restarted, or reads its configuration again.

#pragma once

#include <functional>

#include "measure/cases/case.h"

namespace trestle::measure {

// Sends frames of 64 bytes from end 0 to end 1 at a steady rate (from a thread of its own), calls
// `deed` on the way, and records reset_time, by RFC 6201's timestamp method, and frames_lost. An
// error if the deed fails, or if the frames do not come back for as long as it waits, or after
// Ctrl-C.
Result<void> measure_reset(const Stage& stage, Record& record,
                           const std::function<Result<void>()>& deed);

}  // namespace trestle::measure
