// SPDX-License-Identifier: Apache-2.0
//
// The slow twin of the Translator: each table is a list of rules that is read from end to end, and
// actions are done one after the other on a ModelFrame. Nothing is cached, nothing is put off.
// Shares the types with the Translator, and no code.

#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "switch/flow/pipeline.h"
#include "switch/flow/translate.h"
#include "tests/switch/flow/model_frame.h"

namespace trestle::flow {

class SlowPipeline {
 public:
  // Which bucket of a select group is taken is not for this one to say.
  using Chooser = std::function<std::size_t(const Group&)>;

  SlowPipeline(const Pipeline& pipeline, std::set<PortId> ports_up);

  struct Outcome {
    std::vector<Sent> sent;
    std::map<const HitCounter*, std::uint64_t> hits;
    bool too_deep = false;
    bool ttl_expired = false;
  };
  Outcome run(const ModelFrame& frame, PortId in_port, Chooser choose);

  bool alive(const Bucket& bucket) const;

 private:
  struct State {
    ModelFrame frame;
    Fields other;  // in_port and all that is not of the frame
    unsigned pushes = 0;
  };

  Fields seen() const;
  const Rule* lookup(unsigned table, PortId in_port) const;
  void enter(unsigned table, PortId in_port, bool first);
  bool list(const std::vector<const Action*>& actions);
  void send(Op op) { outcome_.sent.push_back({op, state_.frame}); }
  bool has(Field field) const;
  bool has(Prerequisite prerequisite) const;
  void change(Field field, Bits value, Bits mask);
  void change_tag(unsigned value, unsigned mask);
  bool push_tag(std::uint16_t type);
  void pop_tag();
  bool group(std::uint32_t id);
  void bucket(const Group& group, std::size_t index);
  static std::vector<const Action*> in_order(const std::vector<const Action*>& set);

  bool act(const Output& action);
  bool act(const OutputInPort& action);
  bool act(const Flood& action);
  bool act(const Normal& action);
  bool act(const Punt& action);
  bool act(const SetField& action);
  bool act(const ModVlan& action);
  bool act(const Move& action);
  bool act(const PushVlan& action);
  bool act(const PopVlan& action);
  bool act(const PushMpls& action);
  bool act(const PopMpls& action);
  bool act(const DecTtl& action);
  bool act(const DecMplsTtl& action);
  bool act(const GotoTable& action);
  bool act(const Resubmit& action);
  bool act(const WriteActions& action);
  bool act(const ClearActions& action);
  bool act(const WriteMetadata& action);
  bool act(const ToGroup& action);
  bool act(const ToMeter& action);

  const Pipeline& pipeline_;
  std::set<PortId> ports_up_;
  std::map<unsigned, std::vector<RulePtr>> tables_;

  Chooser choose_;
  Outcome outcome_;
  State state_;
  std::vector<const Action*> action_set_;
  unsigned table_ = 0, depth_ = 0, lookups_ = 0;
  std::uint64_t cookie_ = 0;
};

}  // namespace trestle::flow
