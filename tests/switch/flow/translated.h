// SPDX-License-Identifier: Apache-2.0
//
// What a pipeline makes of a frame, in words: for tests with rules written out.

#pragma once

#include <cstdio>
#include <string>

#include "tests/switch/flow/model_frame.h"
#include "tests/switch/flow/pipeline_builder.h"

namespace trestle::flow {

// Notes, one a line.
struct Notes : Observer {
  void note(const char* note) override { text += std::string(note) + "\n"; }
  std::string text;
};

struct FrameBytes : Reparse {
  bool fields_after(std::span<const Op> ops, Fields& fields) override {
    ++parsed;
    ModelFrame after = frame;
    execute(ops, after);
    fields = after.view(0);
    return !malformed;
  }
  ModelFrame frame;
  bool malformed = false;
  int parsed = 0;
};

inline std::string in_words(const Op& op) {
  char text[96];
  const auto hex = [&text](const char* format, auto... values) {
    std::snprintf(text, sizeof text, format, static_cast<unsigned long long>(values)...);
    return std::string(text);
  };
  switch (op.kind) {
    case Op::Kind::kOutput:
      return hex("output:%llu", op.port);
    case Op::Kind::kFlood:
      return "flood";
    case Op::Kind::kNormal:
      return "normal";
    case Op::Kind::kPunt:
      return hex("punt(table %llu, cookie 0x%llx, %llu bytes)", op.word, op.value, op.length);
    case Op::Kind::kSet:
      return hex("set(word %llu, 0x%llx/0x%llx)", op.word, op.value, op.mask);
    case Op::Kind::kPushVlan:
      return hex("push_vlan(0x%llx)", op.type);
    case Op::Kind::kPopVlan:
      return "pop_vlan";
    case Op::Kind::kPushMpls:
      return hex("push_mpls(0x%llx, 0x%llx)", op.type, op.value);
    case Op::Kind::kPopMpls:
      return hex("pop_mpls(0x%llx)", op.type);
    case Op::Kind::kSave:
      return "save";
    case Op::Kind::kRestore:
      return "restore";
    case Op::Kind::kMeter:
      return "meter";
  }
  return "?";
}

// A pipeline, a bridge with ports 0 to 9, and the frame that comes in by port 1.
struct Translated {
  PipelineBuilder rules;
  Bridge bridge = bridge_of(10);
  ModelFrame frame;
  PortId in_port = 1;

  Translator translator;
  Translation outcome;
  Notes notes;
  FrameBytes bytes;

  // The steps, separated by ", "; "drop" for none.
  std::string steps() {
    frame.parse();
    bytes.frame = frame;
    bytes.parsed = 0;
    notes.text.clear();
    translator.translate(rules.pipeline(), bridge, frame.view(in_port), bytes, outcome, &notes);
    std::string text;
    for (const Op& op : outcome.program.ops) text += (text.empty() ? "" : ", ") + in_words(op);
    return text.empty() ? "drop" : text;
  }
  bool examined(Field field, Bits mask) const {
    return (get(outcome.examined, field) & mask) == mask;
  }
  bool examined(Field field) const { return examined(field, low_ones(info(field).width)); }
  bool untouched(Field field) const { return get(outcome.examined, field) == 0; }
  int hits(const HitCounter* counter) const {
    int count = 0;
    for (const Hit& hit : outcome.program.hits) count += hit.counter.get() == counter;
    return count;
  }
};

// Frames from 02:…:a1 to 02:…:b1.
inline ModelFrame ether(std::uint16_t type) {
  ModelFrame made;
  made.type = made.payload_type = type;
  set(made.payload, Field::kEthSrc, 0x0200'0000'00a1);
  set(made.payload, Field::kEthDst, 0x0200'0000'00b1);
  return made;
}
inline ModelFrame tcp(std::uint8_t ttl = 64) {
  ModelFrame made = ether(0x0800);
  set(made.payload, Field::kIpProto, 6);
  set(made.payload, Field::kIpTtl, ttl);
  set(made.payload, Field::kIpSrc, 0x0a00'0001);
  set(made.payload, Field::kIpDst, 0x0a00'0002);
  set(made.payload, Field::kTcpSrc, 1000);
  set(made.payload, Field::kTcpDst, 80);
  return made;
}
inline ModelFrame tagged(std::uint16_t tci, ModelFrame frame) {
  frame.layers.insert(frame.layers.begin(),
                      {false, 0x8100, static_cast<std::uint32_t>(tci | kTagPresent)});
  return frame;
}
inline ModelFrame labelled(std::uint32_t entry, ModelFrame frame) {
  frame.layers.insert(frame.layers.begin(), {true, 0x8847, entry});
  return frame;
}
inline Match matching(Field field, Bits value) {
  Match match;
  match.require(field, value);
  return match;
}
inline Action set_to(Field field, Bits value) {
  return SetField{field, value, low_ones(info(field).width)};
}

}  // namespace trestle::flow
