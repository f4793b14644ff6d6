// SPDX-License-Identifier: Apache-2.0
//
// Valid configs at random, for the model tests.

#pragma once

#include <random>

#include "config/config.h"

namespace trestle::config {

// Every key and port type turns up sooner or later; equal seeds of one build give equal configs.
Config random_config(std::mt19937& random);

}  // namespace trestle::config
