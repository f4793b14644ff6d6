// SPDX-License-Identifier: Apache-2.0
//
// The look of the HTML report: one style sheet for screens, light and dark, and for paper.

#pragma once

namespace trestle::measure {

// Colours of switches are those of Okabe and Ito, darker on white and lighter on black, so that
// they differ for every kind of eye; each switch also has a dash and a shape of its own.
extern const char* const kStyle;

}  // namespace trestle::measure
