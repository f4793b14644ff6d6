// SPDX-License-Identifier: Apache-2.0
//
// The threads that send: one on each of the plan's CPUs for senders, each serving its share of the
// sending ends.

#pragma once

#include <memory>
#include <vector>

#include "measure/traffic/sender.h"

namespace trestle::measure {

// Returns when every sender is done, or soon after interrupted(). `sleep` as in Trial. Senders
// start together.
void drive(std::vector<Sender*> senders, const std::vector<int>& cpus, bool sleep);

}  // namespace trestle::measure
