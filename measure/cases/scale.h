// SPDX-License-Identifier: Apache-2.0
//
// The cases of the suite `scale`: whether a switch stays quick when it is large, with many ports
// and with many addresses.

#pragma once

#include <cstddef>

#include "measure/cases/case.h"

namespace trestle::measure::scale {

// `ports`, for switches that say of themselves how they are: the time until all ports are up and
// until a clean end, the memory of the switch and of the machine, CPU when nobody sends, what its
// listings and a scrape take.
Case many_ports(const Effort& effort, std::size_t ports);
// `broadcast`: from the first port as many as it can send; how many copies come out, and what one
// costs.
Case broadcast(const Effort& effort, std::size_t ports);
// `addresses`, for switches with a table that can be widened: with that many addresses in it (0: no
// more than the ends'), what a scrape, a listing and a round trip take, and the longest round trip
// while all of them age out.
Case many_addresses(const Effort& effort, unsigned addresses);

}  // namespace trestle::measure::scale
