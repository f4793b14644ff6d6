// SPDX-License-Identifier: Apache-2.0
//
// Tests inside the sandbox in which a bench lives (measure/lab/sandbox.h): as root, label e2e.
// Link with trestle_measure_in_lab. From a test's main thread.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "measure/lab/lab.h"
#include "measure/switches/switch.h"

namespace trestle::testing {

// Runs `body` in a new sandbox, a process of its own. Failed assertions in it are printed there and
// fail this test; nothing else that it changes is seen here. It may be called several times.
// Without root the program ends with 4 (ctest: skipped), or fails where CI=true.
void in_lab(const std::function<void(const std::string& directory)>& body);

// Inside `body`: the switch `spec` (measure/switches/catalogue.h) with its ends; `number`, for
// each lab that lives at the same time another one. If it cannot be built the test fails. If the
// machine does not have such a switch, `body` ends there: a warning, or with CI=true a failure.
std::unique_ptr<measure::Lab> lab_of(const std::string& spec, std::size_t ends,
                                     const std::string& directory,
                                     measure::EndKind kind = measure::EndKind::kVeth,
                                     unsigned number = 1,
                                     measure::SendingMeans sending = measure::SendingMeans::kBest);

// Where trestled and trestle are.
std::string binaries();

}  // namespace trestle::testing
