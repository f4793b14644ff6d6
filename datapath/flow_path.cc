// SPDX-License-Identifier: Apache-2.0

#include "datapath/flow_path.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "datapath/edit/edited_frame.h"
#include "switch/flow/extract.h"

namespace trestle {
namespace {

static_assert(flow::FlowEngine::kWorkersMax == kWorkersMax, "each worker has a cache");

bool covers(const flow::Fields& interest, const flow::Fields& examined) {
  std::uint64_t beyond = 0;
  for (std::size_t i = 0; i < flow::kPacketWords; ++i) beyond |= examined[i] & ~interest[i];
  return beyond == 0;
}

}  // namespace

Rules Rules::of(const PortView& port, std::uint64_t snapshot_serial) {
  Rules rules;
  if (port.flows == nullptr) return rules;
  rules.pipeline = port.flows->pipeline();
  if (rules.pipeline == nullptr) return rules;
  const flow::Pipeline& pipeline = *rules.pipeline;
  rules.cache = port.flow_cache;
  rules.stamp = {pipeline.version, pipeline.watches_ports ? snapshot_serial : 0};
  rules.depth = flow::depth_for(pipeline.interest);
  std::uint32_t last = flow::kPacketWords;  // that any rule looks at, and one
  while (last > 1 && pipeline.interest[last - 1] == 0) --last;
  rules.words = *std::lower_bound(std::begin(flow::kKeySizes), std::end(flow::kKeySizes), last);
  return rules;
}

void FlowPath::make_key(const Rules& rules, const Passing& passing, PortId in,
                        flow::KeyWords& key) {
  key.words = {};  // compared with itself
  switch (rules.words) {
    case flow::kKeySizes[0]:
      make_key<flow::kKeySizes[0]>(rules, passing, in, key, key);
      break;
    case flow::kKeySizes[1]:
      make_key<flow::kKeySizes[1]>(rules, passing, in, key, key);
      break;
    default:
      make_key<flow::kKeySizes[2]>(rules, passing, in, key, key);
      break;
  }
}

FlowPath::Decision FlowPath::decide(const Rules& rules, const Bridge& bridge,
                                    const flow::KeyWords& key, const Frame& frame, PortId in,
                                    unsigned hops, Ticks now) {
  flow::CachedProgram* const found = rules.cache->find_megaflow(key, rules.stamp, now);
  if (found != nullptr) return {&found->program, found};
  return decide_anew(rules, bridge, key, frame, in, hops, now);
}

FlowPath::Decision FlowPath::decide_anew(const Rules& rules, const Bridge& bridge,
                                         const flow::KeyWords& key, const Frame& frame, PortId in,
                                         unsigned hops, Ticks now) {
  flow::extract(head_of(frame), frame.size, frame.stripped, flow::Depth::kL4, fields_);
  fields_.set_in_port(in);
  while (translations_.size() <= hops) translations_.emplace_back();
  flow::Translation& decided = translations_[hops];
  translator_.translate(*rules.pipeline, bridge, fields_, reparse_.of(frame, in), decided);
  // The keys hold no other bits than those of interest: what was decided by others cannot be found
  // by them. It does not happen (tests/datapath/flow_model_test.cc); it must never go wrong.
  if (!covers(rules.pipeline->interest, decided.examined)) decided.cacheable = false;
  flow::CachedProgram* const kept = rules.cache->install(key, decided, rules.stamp, now);
  if (kept != nullptr) return {&kept->program, kept};
  return {&decided.program, nullptr};
}

void FlowPath::flush(flow::Milliseconds now) {
  for (flow::FlowCache* const cache : enlisted_) {
    cache->flush(now);
    cache->tidy(static_cast<Ticks>(now / 1000));
  }
  enlisted_.clear();
}

}  // namespace trestle
