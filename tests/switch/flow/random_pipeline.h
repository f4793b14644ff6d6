// SPDX-License-Identifier: Apache-2.0
//
// Random frames, rules and groups over so few values that they meet, for tests of the Translator.
// Rules lead anywhere, in circles too; groups only to those after them.

#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "tests/switch/flow/model_frame.h"
#include "tests/switch/flow/pipeline_builder.h"

namespace trestle::flow {

class RandomPipeline {
 public:
  static constexpr PortId kPorts = 5;
  static constexpr std::uint8_t kTablesUsed = 4;
  static constexpr std::uint32_t kGroupsUsed = 6;  // ids from 1; one more is spoken of

  explicit RandomPipeline(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  PortId port() { return static_cast<PortId>(below(kPorts)); }

  void build(PipelineBuilder& to);
  std::set<PortId> some_ports();
  ModelFrame frame();
  // As `frame`, but for a few fields.
  ModelFrame varied(ModelFrame frame);

 private:
  Match match();
  ActionList actions(unsigned most, std::optional<std::uint32_t> in_group);
  Action action(std::optional<std::uint32_t> in_group);
  Action to_group(std::optional<std::uint32_t> in_group);
  Action set_field();
  Action move();
  GroupSpec group(std::uint32_t id);
  Field any_field();
  Field writable_field();
  Bits mask(unsigned width);
  Fields payload(std::uint16_t type);
  std::uint16_t label_type() { return one_in(4) ? 0x8848 : 0x8847; }
  std::uint16_t tag_type() { return one_in(3) ? 0x88a8 : 0x8100; }
  std::uint16_t payload_type();

  std::mt19937_64 random_;
  // How often rules lead on: from pipelines that do little to those that go in circles.
  unsigned wander_ = 0;
};

}  // namespace trestle::flow
