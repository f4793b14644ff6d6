// SPDX-License-Identifier: Apache-2.0
//
// Runs one frame through the switch as a worker would, with the same code (extract, Translator,
// ProgramRunner, decide), and writes down what happens. Nothing is sent, learned, counted or taken
// from a meter; so a second NORMAL for the same frame does not know what the first would have
// taught. Control thread.

#pragma once

#include <cstdint>
#include <functional>

#include "control/why/explanation.h"
#include "datapath/frame.h"
#include "datapath/snapshot.h"

namespace trestle::control {

// What ports are called; every port of the topology has a name.
using NameOfPort = std::function<config::PortName(PortId)>;

// `frame`: all of its bytes are readable. `in`: a port of `topology`. `now`: CLOCK_MONOTONIC
// nanoseconds, for the age of MAC addresses.
Explanation explain(const Topology& topology, const NameOfPort& name_of, PortId in,
                    const Frame& frame, std::int64_t now);

}  // namespace trestle::control
