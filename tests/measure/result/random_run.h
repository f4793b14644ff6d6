// SPDX-License-Identifier: Apache-2.0
//
// Runs at random, for the model test and the fuzzer's seeds.

#pragma once

#include <random>

#include "measure/result/record.h"

namespace trestle::measure {

// Every member turns up sooner or later, also empty; names and notes have every kind of character.
RunFile random_run(std::mt19937& random);

// The lines of a run's file.
std::string text_of(const RunFile& file);

}  // namespace trestle::measure
