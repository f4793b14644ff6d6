// SPDX-License-Identifier: Apache-2.0
//
// `trestle why` against the switch itself: on random bridges, with random rules and with patch
// links, what it says of a frame is what then becomes of that frame, to the byte.

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <random>

#include "control/why/explain.h"
#include "datapath/idle.h"
#include "tests/datapath/flow_twins.h"
#include "tests/datapath/twins.h"
#include "tests/sanitized.h"

namespace trestle::control {
namespace {

// What a frame teaches a bridge on its way is not learned by asking, so the second NORMAL of a rule
// may be told wrong: those frames are left out.
bool learns_twice(const WhyVisit& visit) {
  return std::count_if(visit.steps.begin(), visit.steps.end(),
                       [](const WhyStep& step) { return step.kind == WhyStep::Kind::kNormal; }) > 1;
}

std::optional<Twins::Bytes> foretell(const Topology& topology, PortId in,
                                     const MemoryFrame& received) {
  const NameOfPort name_of = [&](PortId id) {
    for (const TopologyPort& port : topology.ports) {
      if (port.id == id)
        return config::PortName{"br" + std::to_string(port.bridge), std::to_string(id)};
    }
    return config::PortName();
  };
  Frame frame;
  frame.data = received.bytes.data();
  frame.size = static_cast<std::uint32_t>(received.bytes.size());
  frame.stripped = received.stripped;
  frame.vnet = received.vnet;
  const Explanation told = explain(topology, name_of, in, frame, monotonic_now());
  if (std::any_of(told.visits.begin(), told.visits.end(), learns_twice)) return std::nullopt;
  Twins::Bytes out;
  for (const WhyExit& exit : told.exits) {
    const auto port = static_cast<PortId>(std::stoul(exit.port.port));
    // That nothing is attached to a port is the port's state, and not told by a frame's way.
    if (!exit.drop && topology.ports[port].port) out[port].push_back(exit.bytes);
  }
  return out;
}

std::function<std::uint64_t(std::uint64_t)> dice(std::uint64_t seed) {
  return [random = std::mt19937_64(seed)](std::uint64_t n) mutable {
    return n == 0 ? random() : random() % n;
  };
}

// Many runs of twins that `make` makes, changed by `change` every so many frames.
template <typename Make, typename Change>
void compare(Make make, int frames_per_change, Change change) {
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto twins = make(seed);
    twins->compare_with([&](const Topology& topology, PortId in, const MemoryFrame& frame) {
      auto foretold = foretell(topology, in, frame);
      compared += foretold.has_value();
      return foretold;
    });
    for (int i = 1; i <= testing::steps(800); ++i) {
      if (i % frames_per_change == 0) change(*twins);
      const std::string difference = twins->burst(1);
      if (!difference.empty()) FAIL("seed " << seed << ", frame " << i << " " << difference);
    }
  }
  CHECK(compared > testing::steps(25'000));
}

TEST_CASE("why says what a bridge with rules then does") {
  compare([](std::uint64_t seed) { return std::make_unique<FlowTwins>(dice(seed)); }, 4,
          [](FlowTwins& twins) { twins.change(); });
}

TEST_CASE("why says what bridges without rules, their VLANs and patch links then do") {
  compare([](std::uint64_t seed) { return std::make_unique<Twins>(3, 10, dice(seed)); }, 100,
          [](Twins& twins) { twins.change_setup(); });
}

}  // namespace
}  // namespace trestle::control
