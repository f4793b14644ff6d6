// SPDX-License-Identifier: Apache-2.0

#include "control/why/differences.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "config/flow/field_values.h"
#include "config/flow/prerequisites.h"

namespace trestle::control {
namespace {

using config::FlowPorts;
using flow::Field;
using flow::FieldInfo;
using flow::Fields;

constexpr std::size_t kPassedOverMax = 8;

// Parts of other fields: what they say is said with those.
bool is_part(Field field) {
  constexpr std::array kParts{Field::kVlanVid,      Field::kVlanPcp, Field::kDlVlan,
                              Field::kInnerVlanVid, Field::kIpDscp,  Field::kIpEcn,
                              Field::kInnerVlanPcp};
  return std::find(kParts.begin(), kParts.end(), field) != kParts.end();
}

bool is_of_inner_tag(Field field) {
  return field == Field::kInnerVlanTci || field == Field::kInnerVlanVid ||
         field == Field::kInnerVlanPcp;
}

// As if every bit of `fields` were matched.
config::Known all_of(const Fields& fields) {
  flow::Match match;
  match.value = fields;
  match.mask.words.fill(~std::uint64_t{0});
  return config::Known(match);
}

std::string value_text(Field field, flow::Bits value, flow::Bits mask, const FlowPorts& ports) {
  return config::print_value(field, {value & mask, mask}, ports);
}

std::string vlan_difference(Field tci_field, std::uint64_t have, std::uint64_t want,
                            std::uint64_t mask) {
  const std::string tag = tci_field == Field::kVlanTci ? "VLAN tag" : "second VLAN tag";
  if ((have ^ want) & mask & flow::kTagPresent) {
    return have & flow::kTagPresent ? "it has a " + tag + ", the rule wants none"
                                    : "it has no " + tag;
  }
  const bool vid = ((have ^ want) & mask & 0xfff) != 0;
  const auto part = [&](std::uint64_t tci) {
    return std::to_string(vid ? tci & mask & 0xfff : (tci & mask) >> 13);
  };
  return std::string(vid ? "VLAN" : "VLAN priority") + " of the " + tag + " is " +
         std::to_string(vid ? have & 0xfff : have >> 13) + ", the rule wants " + part(want);
}

unsigned parts_that_differ(const flow::Match& match, const Fields& fields) {
  unsigned parts = 0;
  for (std::size_t i = 0; i < flow::kWords; ++i) {
    parts += ((fields[i] ^ match.value[i]) & match.mask[i]) != 0;
  }
  return parts;
}

}  // namespace

std::string first_difference(const flow::Match& match, const Fields& fields,
                             const FlowPorts& ports) {
  const config::Known wanted(match);
  for (const FieldInfo& info : flow::all_fields()) {
    if (is_part(info.field) || !wanted.has(info.prerequisite)) continue;
    const flow::Bits mask = get(match.mask, info.field);
    const flow::Bits want = get(match.value, info.field), have = get(fields, info.field);
    if (((have ^ want) & mask) == 0) continue;
    if (info.field == Field::kVlanTci || info.field == Field::kInnerVlanTci) {
      return vlan_difference(info.field, static_cast<std::uint64_t>(have),
                             static_cast<std::uint64_t>(want), static_cast<std::uint64_t>(mask));
    }
    return std::string(info.name) + " is " +
           value_text(info.field, have, flow::low_ones(info.width), ports) + ", the rule wants " +
           value_text(info.field, want, mask, ports);
  }
  return match.matches(fields) ? "" : "other bits differ";
}

void note_passed_over(const flow::Classifier& table, const flow::Rule* winner, const Fields& fields,
                      const FlowPorts& ports, WhyStep& step) {
  struct Candidate {
    unsigned parts;
    flow::RulePtr rule;
  };
  // As a heap of the nearest ones, the farthest of them on top.
  const auto nearer = [](const Candidate& a, const Candidate& b) {
    return std::tuple(a.parts, -int{a.rule->spec.priority}, a.rule->serial) <
           std::tuple(b.parts, -int{b.rule->spec.priority}, b.rule->serial);
  };
  std::vector<Candidate> nearest;
  std::size_t all = 0;
  table.for_each([&](const flow::RulePtr& rule) {
    if (winner != nullptr && rule->spec.priority <= winner->spec.priority) return;
    ++all;
    nearest.push_back({parts_that_differ(rule->spec.match, fields), rule});
    std::push_heap(nearest.begin(), nearest.end(), nearer);
    if (nearest.size() <= kPassedOverMax) return;
    std::pop_heap(nearest.begin(), nearest.end(), nearer);
    nearest.pop_back();
  });
  std::sort_heap(nearest.begin(), nearest.end(), nearer);
  for (const Candidate& one : nearest) {
    step.passed_over.push_back({config::print_flow(one.rule->spec, ports),
                                first_difference(one.rule->spec.match, fields, ports)});
  }
  step.passed_over_more = all - nearest.size();
}

std::vector<std::string> changed_fields(const Fields& before, const Fields& after,
                                        const FlowPorts& ports) {
  std::vector<std::string> changes;
  const config::Known was = all_of(before), is = all_of(after);
  for (const FieldInfo& info : flow::all_fields()) {
    if (info.field == Field::kInPort || info.word >= flow::kPacketWords || is_part(info.field)) {
      continue;
    }
    const bool had = was.has(info.prerequisite), has = is.has(info.prerequisite);
    const flow::Bits old = get(before, info.field), now = get(after, info.field);
    if ((!had && !has) || (had == has && old == now)) continue;
    if (info.field == Field::kInnerVlanTci && old == now) continue;  // none, or none yet
    const auto text = [&](bool there, flow::Bits value) {
      return there ? value_text(info.field, value, flow::low_ones(info.width), ports) : "none";
    };
    changes.push_back(std::string(info.name) + " " + text(had, old) + " -> " + text(has, now));
  }
  return changes;
}

std::string megaflow_text(const Fields& fields, Fields examined, const FlowPorts& ports) {
  if (!all_of(fields).has(flow::info(Field::kIpFrag).prerequisite)) {
    set(examined, Field::kIpFrag, 0);
  }
  return config::print_fields(fields, examined, ports);
}

std::string frame_text(const Fields& fields, const FlowPorts& ports) {
  Fields mask;
  const config::Known known = all_of(fields);
  for (const FieldInfo& info : flow::all_fields()) {
    if (info.field == Field::kInPort || info.word >= flow::kPacketWords) continue;
    if (!known.has(info.prerequisite)) continue;
    if (info.field == Field::kIpFrag && fields.nw_frag() == 0) continue;
    if (is_of_inner_tag(info.field) && fields.inner_tci() == 0) continue;
    const Fields bits = flow::mask_of(info.field);
    for (std::size_t i = 0; i < flow::kWords; ++i) mask[i] |= bits[i];
  }
  return config::print_fields(fields, mask, ports);
}

}  // namespace trestle::control
