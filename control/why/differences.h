// SPDX-License-Identifier: Apache-2.0
//
// Why a rule does not match, and what an edit has changed, in words. Pure; any thread.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/flow/flow_text.h"
#include "control/why/explanation.h"
#include "switch/flow/classifier.h"

namespace trestle::control {

// The first field in which `fields` is not what `match` wants: "tcp_dst is 80, the rule wants 443".
// "" if it matches.
std::string first_difference(const flow::Match& match, const flow::Fields& fields,
                             const config::FlowPorts& ports);

// Fills in the rules of `table` that would have come before `winner` (null: any) had they matched:
// those in which the fewest parts differ. Linear in the number of rules.
void note_passed_over(const flow::Classifier& table, const flow::Rule* winner,
                      const flow::Fields& fields, const config::FlowPorts& ports, WhyStep& step);

// The fields of the frame in which `before` and `after` differ: "dl_dst 02:… -> 02:…".
std::vector<std::string> changed_fields(const flow::Fields& before, const flow::Fields& after,
                                        const config::FlowPorts& ports);

// The bits of `fields` that a decision examined, as a match.
std::string megaflow_text(const flow::Fields& fields, flow::Fields examined,
                          const config::FlowPorts& ports);

// All that can be told of a frame but where it came from: "tcp,dl_src=…".
std::string frame_text(const flow::Fields& fields, const config::FlowPorts& ports);

}  // namespace trestle::control
