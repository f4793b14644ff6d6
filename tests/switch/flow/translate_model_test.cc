// SPDX-License-Identifier: Apache-2.0
//
// The Translator against its slow twin: random tables and groups, random frames; carrying out the
// program sends the same frames the same ways, and the same rules count. And a program serves
// every frame that agrees in the examined bits.

#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/sanitized.h"
#include "tests/switch/flow/random_pipeline.h"
#include "tests/switch/flow/slow_pipeline.h"

namespace trestle::flow {
namespace {

struct ModelReparse : Reparse {
  explicit ModelReparse(const ModelFrame& before) : frame(before) {}
  bool fields_after(std::span<const Op> ops, Fields& fields) override {
    ModelFrame after = frame;
    execute(ops, after);
    fields = after.view(0);
    return true;
  }
  const ModelFrame& frame;
};

// The buckets that were taken, so that the twin takes the same ones of select groups.
struct Choices : Observer {
  void bucket(const Group& group, std::size_t index) override {
    if (group.spec.type == GroupType::kSelect) taken.emplace_back(&group, index);
  }
  std::vector<std::pair<const Group*, std::size_t>> taken;
};

struct Coverage {
  int frames = 0, sent = 0, edited = 0, versions = 0, parsed_again = 0, too_deep = 0, ttl = 0;
  int selected = 0, varied = 0, varied_well = 0;
};

class Comparison {
 public:
  Comparison(std::uint64_t seed, Coverage& coverage) : random_(seed), coverage_(coverage) {
    random_.build(builder_);
    ports_up_ = random_.some_ports();
    std::vector<PortId> down;
    for (PortId id = 0; id < RandomPipeline::kPorts; ++id) {
      if (!ports_up_.contains(id)) down.push_back(id);
    }
    bridge_.emplace(bridge_of(RandomPipeline::kPorts, down));
    twin_.emplace(builder_.pipeline(), ports_up_);
  }

  void compare_one() {
    const ModelFrame frame = random_.frame();
    const PortId in_port = random_.port();
    Choices choices;
    const Translation translation = translate(frame, in_port, choices);
    if (!check(translation, frame, in_port, choices)) return;
    check_interest(translation);
    count(translation, choices);
    if (!translation.cacheable) return;
    for (int i = 0; i < 12; ++i) {
      const ModelFrame other = random_.varied(frame);
      ++coverage_.varied;
      if (!agree(frame.view(in_port), other.view(in_port), translation.examined)) continue;
      ++coverage_.varied_well;
      Choices again;
      const Translation second = translate(other, in_port, again);
      REQUIRE(second.program == translation.program);
      if (!check(translation, other, in_port, again)) return;
    }
  }

 private:
  Translation translate(const ModelFrame& frame, PortId in_port, Choices& choices) {
    ModelReparse reparse(frame);
    Translation translation;
    translator_.translate(builder_.pipeline(), *bridge_, frame.view(in_port), reparse, translation,
                          &choices);
    return translation;
  }

  static bool agree(const Fields& a, const Fields& b, const Fields& mask) {
    for (std::size_t i = 0; i < kPacketWords; ++i) {
      if (((a[i] ^ b[i]) & mask[i]) != 0) return false;
    }
    return true;
  }

  // False: the limits that only one of them has were met.
  bool check(const Translation& translation, const ModelFrame& frame, PortId in_port,
             const Choices& choices) {
    std::size_t choice = 0;
    const SlowPipeline::Outcome expected =
        twin_->run(frame, in_port, [&](const Group& group) -> std::size_t {
          if (choice >= choices.taken.size()) return 0;  // the translator had given up
          REQUIRE(choices.taken[choice].first == &group);
          const std::size_t index = choices.taken[choice++].second;
          REQUIRE(group.spec.buckets[index].weight > 0);
          REQUIRE(twin_->alive(group.spec.buckets[index]));
          return index;
        });
    const Program& program = translation.program;
    const bool too_deep = program.reason == DropReason::kFlowDepth;
    if (too_deep && !expected.too_deep) {
      std::uint64_t hits = 0;
      for (const auto& [counter, times] : expected.hits) hits += times;
      REQUIRE(hits + expected.sent.size() > 1000);
      return false;
    }
    REQUIRE(too_deep == expected.too_deep);
    ModelFrame after = frame;
    const std::vector<Sent> sent = execute(program.ops, after);
    REQUIRE(sent.size() == expected.sent.size());
    REQUIRE(sent == expected.sent);
    if (too_deep) return true;
    REQUIRE((program.reason == DropReason::kFlowTtl) == expected.ttl_expired);
    std::map<const HitCounter*, std::uint64_t> hits;
    for (const Hit& hit : program.hits) {
      ++hits[hit.counter.get()];
      REQUIRE(hit.before <= program.ops.size());
    }
    REQUIRE(hits == expected.hits);
    return true;
  }

  void check_interest(const Translation& translation) {
    for (std::size_t i = 0; i < kWords; ++i) {
      INFO("word " << i);
      REQUIRE((translation.examined[i] & ~builder_.pipeline().interest[i]) == 0);
      if (i >= kPacketWords) REQUIRE(translation.examined[i] == 0);
    }
  }

  void count(const Translation& translation, const Choices& choices) {
    const auto has = [&](Op::Kind kind) {
      return std::any_of(translation.program.ops.begin(), translation.program.ops.end(),
                         [kind](const Op& op) { return op.kind == kind; });
    };
    ++coverage_.frames;
    coverage_.sent += has(Op::Kind::kOutput);
    coverage_.edited += has(Op::Kind::kSet);
    coverage_.versions += has(Op::Kind::kSave);
    coverage_.selected += !choices.taken.empty();
    coverage_.parsed_again += !translation.cacheable;
    coverage_.too_deep += translation.program.reason == DropReason::kFlowDepth;
    coverage_.ttl += translation.program.reason == DropReason::kFlowTtl;
  }

  RandomPipeline random_;
  Coverage& coverage_;
  PipelineBuilder builder_;
  std::set<PortId> ports_up_;
  std::optional<Bridge> bridge_;
  std::optional<SlowPipeline> twin_;
  Translator translator_;
};

TEST_CASE("programs do to frames what the slow twin does, whatever the rules") {
  Coverage coverage;
  for (int seed = 1; seed <= testing::steps(12'000); ++seed) {
    INFO("seed " << seed);
    Comparison comparison(static_cast<std::uint64_t>(seed), coverage);
    for (int i = 0; i < 40; ++i) {
      INFO("frame " << i);
      comparison.compare_one();
    }
  }
  CHECK(coverage.sent > coverage.frames / 8);
  CHECK(coverage.edited > coverage.frames / 20);
  CHECK(coverage.versions > coverage.frames / 200);
  CHECK(coverage.parsed_again > coverage.frames / 200);
  CHECK(coverage.selected > coverage.frames / 200);
  CHECK(coverage.too_deep > 0);
  CHECK(coverage.ttl > 0);
  CHECK(coverage.varied_well > coverage.varied / 20);
}

}  // namespace
}  // namespace trestle::flow
