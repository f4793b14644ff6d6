// SPDX-License-Identifier: Apache-2.0
//
// The decision stage of bridges with flow rules: a frame -> the key its bridge's rules look at -> a
// program, from the caches or from the tables. Bridges without rules never come here.
//
// Thread-safety: one worker's.

#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "datapath/edit/edited_frame.h"
#include "datapath/frame.h"
#include "datapath/passing.h"
#include "datapath/reparse_copy.h"
#include "datapath/snapshot.h"
#include "switch/ether_type.h"
#include "switch/flow/extract.h"
#include "switch/flow/flow_engine.h"

namespace trestle {

// The rules that one burst goes by on one bridge. `pipeline` null: there are none.
struct Rules {
  const flow::Pipeline* pipeline = nullptr;
  flow::FlowCache* cache = nullptr;
  flow::Stamp stamp;
  flow::Depth depth = flow::Depth::kL2;
  std::uint32_t words = 0;  // of a key

  // As they are at this moment for frames that come in by `port`.
  static Rules of(const PortView& port, std::uint64_t snapshot_serial);
};

class FlowPath {
 public:
  // Before anything else is asked of the rules' cache: its counts and its tidying are not
  // forgotten.
  void enlist(const Rules& rules) {
    if (rules.cache->enlist()) enlisted_.push_back(rules.cache);
  }

  // What a frame is looked up by, without its hash. `in`: the port it came in by; `words`:
  // rules.words. `before`: the key of the frame before, of the same rules. Returns whether it is
  // the same.
  template <std::size_t words>
  bool make_key(const Rules& rules, const Passing& passing, PortId in, const flow::KeyWords& before,
                flow::KeyWords& key) {
    const bool known = rules.depth == flow::Depth::kL2 && link_fields(passing.key());
    if (!known) {
      const Frame& frame = passing.frame();
      flow::extract(head_of(frame), frame.size, frame.stripped, rules.depth, fields_);
    }
    fields_.set_in_port(in);
    const flow::Fields& interest = rules.pipeline->interest;
    std::uint64_t different = 0;
    for (std::size_t i = 0; i < words; ++i) {
      std::uint64_t word = fields_[i] & interest[i];
      // One by one: a vector load would wait for the single stores it is made of.
      asm("" : "+r"(word));
      key.words[i] = word;
      different |= word ^ before.words[i];
    }
    key.count = words;
    return different == 0;
  }
  // For one that has come over a patch link.
  void make_key(const Rules& rules, const Passing& passing, PortId in, flow::KeyWords& key);

  struct Decision {
    const flow::Program* program;
    flow::CachedProgram* cached;  // null: in no cache
  };
  // `hops`: over how many patch links the frame came here; a decision that is in no cache is valid
  // until the next one at as many hops.
  // After find_exact() of the cache has found nothing.
  Decision decide(const Rules& rules, const Bridge& bridge, const flow::KeyWords& key,
                  const Frame& frame, PortId in, unsigned hops, Ticks now);

  // A frame of that many bytes has gone through the first `ended` steps of what was decided.
  void count(const Rules& rules, const Decision& decision, std::size_t ended, std::uint32_t bytes,
             flow::Milliseconds now) {
    if (decision.cached == nullptr || ended < decision.program->ops.size()) {
      return flow::count_hits(*decision.program, ended, 1, bytes, now);
    }
    rules.cache->count(*decision.cached, bytes);
  }
  // Passes on to the rules what was counted. Decisions made before are no longer valid.
  void flush(flow::Milliseconds now);

 private:
  Decision decide_anew(const Rules& rules, const Bridge& bridge, const flow::KeyWords& key,
                       const Frame& frame, PortId in, unsigned hops, Ticks now);

  // What flow::extract() would find at Depth::kL2, from what is known already, which saves a sixth
  // of what a frame costs that meets one rule by MAC addresses (bench/flow_engine.cc). False: there
  // is more to it than one tag and an EtherType.
  bool link_fields(const FlowKey& key) {
    const std::uint16_t type = key.ether_type;
    if (type < kTypeMin || type == kTpidCustomer || type == kTpidService) return false;
    const unsigned tci = key.tag.present() ? key.tag.tci | unsigned{flow::kTagPresent} : 0;
    fields_[flow::kWordDestination] = key.destination.to_u64() << 16;
    fields_[flow::kWordSource] = key.source.to_u64() << 16 | type;
    fields_[flow::kWordVlanIp] = std::uint64_t{tci} << 48;
    fields_[flow::kWordVlanIp + 1] = 0;  // the last that a key at this depth may have
    return true;
  }
  static_assert(flow::kWordVlanIp + 2 == flow::kKeySizes[0]);

  ReparseCopy reparse_;
  flow::Fields fields_;  // of the frame under way; what is not packet words stays zero
  flow::Translator translator_;
  std::deque<flow::Translation> translations_;  // by hops: those of a frame under way are in use
  std::vector<flow::FlowCache*> enlisted_;      // caches used since the last flush
};

}  // namespace trestle
