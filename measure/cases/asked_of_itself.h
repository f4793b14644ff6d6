// SPDX-License-Identifier: Apache-2.0
//
// What a switch says of itself, and what its processes take: for cases that ask for more than
// frames.

#pragma once

#include "measure/cases/case.h"

namespace trestle::measure {

// Of all its processes; 0 where the kernel is the switch, or without a lab.
double resident_bytes_of(const Stage& stage);
double cpu_seconds_of(const Stage& stage);

// Adds how long each of its listings takes (status_time, …, the client's process in it), how long a
// scrape does, and how large one is: the longest of several.
Result<void> time_listings(const Stage& stage, Record& record);

}  // namespace trestle::measure
