// SPDX-License-Identifier: Apache-2.0
//
// "did you mean …?" for misspelt keys and names. Pure; any thread.

#pragma once

#include <span>
#include <string>
#include <string_view>

namespace trestle::config {

// Insertions, deletions, replacements and swaps of neighbours that lead from `a` to `b`, letter
// case aside
// ("optimal string alignment" distance).
std::size_t edit_distance(std::string_view a, std::string_view b);

// "; did you mean 'address'?" with the candidate nearest to `word`, or "" when none is near: at
// most a third of its letters wrong, at least one allowed.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace trestle::config
