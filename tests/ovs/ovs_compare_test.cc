// SPDX-License-Identifier: Apache-2.0
//
// The flow engine against Open vSwitch itself: the same rule text into both, the same frames into
// both, and what comes out is the same, byte for byte: on the same ports, as often, with the same
// edits and checksums. Ours goes the whole way that frames go, caches and all; theirs is Debian's
// ovs-vswitchd with the userspace datapath. For each frame ofproto/trace is asked as well, and its
// datapath actions must name the same ports.
//
// What is not alike, and so is not generated, is in docs/flow-tables.md under "Differences".
// TRESTLE_OVS_SETS and TRESTLE_OVS_SEED: more rule sets, others.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>
#include <set>

#include "config/flow/flow_text.h"
#include "switch/flow/rule_store.h"
#include "tests/datapath/test_switch.h"
#include "tests/hex.h"
#include "tests/ovs/private_ovs.h"
#include "tests/ovs/random_rules.h"

namespace trestle::testing {
namespace {

constexpr unsigned kFramesPerSet = 10;
constexpr PortId kOurLocal = kPortsUsed;

unsigned from_environment(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

[[noreturn]] void skip(const std::string& why) {
  const char* ci = std::getenv("CI");
  const bool must_run = ci != nullptr && std::string_view(ci) == "true";
  std::fprintf(stderr, "%s: %s\n", must_run ? "failed" : "skipped", why.c_str());
  std::exit(must_run ? 1 : 4);
}

using Departures = std::map<unsigned, std::vector<Bytes>>;  // by number in rules; 0: LOCAL

std::string shown(const Departures& departures) {
  std::string text;
  for (const auto& [port, frames] : departures) {
    for (const Bytes& frame : frames) text += std::to_string(port) + ": " + hex(frame) + "\n";
  }
  return text.empty() ? "nothing\n" : text;
}

// Our side: ports as PrivateOvs numbers them.
class Ours {
 public:
  Ours() {
    for (unsigned port = 1; port <= kPortsUsed; ++port) switch_.port({.up = port != kDownPort});
    switch_.port({.internal = true, .mac = MacAddress::from_u64(0x02ff'ffff'ffff)});
    ports_.find = [](std::string_view name) -> std::optional<PortId> {
      if (name == "LOCAL") return kOurLocal;
      return std::nullopt;
    };
    ports_.name = [](PortId id) -> std::optional<std::string> {
      if (id > kOurLocal) return std::nullopt;
      return id == kOurLocal ? "LOCAL" : "p" + std::to_string(id + 1);
    };
    ports_.names = {"LOCAL"};
  }

  // Empty, or what is wrong with the rules.
  std::string install(const RuleSet& set) {
    std::vector<flow::RuleSpec> rules;
    std::vector<flow::GroupSpec> groups;
    std::vector<flow::MeterSpec> meters;
    std::string mistakes;
    const auto add = [&](const std::string& text, auto parsed, auto& to) {
      if (parsed) {
        to.push_back(*std::move(parsed));
      } else {
        mistakes += text + ": column " + std::to_string(parsed.error().column) + ": " +
                    parsed.error().message + "\n";
      }
    };
    for (const std::string& text : set.groups) add(text, config::parse_group(text, ports_), groups);
    for (const std::string& text : set.meters) add(text, config::parse_meter(text), meters);
    for (const std::string& text : set.rules) {
      add(text, config::parse_flow(text, ports_).map([](auto flow) { return flow.rule; }), rules);
    }
    if (!mistakes.empty()) return mistakes;
    const auto stored =
        store_.replace_all(std::move(rules), std::move(groups), std::move(meters), 0);
    if (!stored) return stored.error();
    switch_.publish(store_.pipeline());
    return {};
  }

  Departures pass(unsigned port, const Bytes& frame) {
    switch_.fdb().flush(std::nullopt, std::nullopt);
    const auto in = static_cast<PortId>(port == PrivateOvs::kLocal ? kOurLocal : port - 1);
    Departures departures;
    for (auto& [out, frames] : switch_.pass(in, {frame, {}, {}})) {
      const unsigned number = out == kOurLocal ? PrivateOvs::kLocal : out + 1u;
      for (MemoryFrame& each : frames) departures[number].push_back(std::move(each.bytes));
    }
    return departures;
  }

 private:
  TestSwitch switch_;
  flow::RuleStore store_;
  config::FlowPorts ports_;
};

// Empty, or why ovs-ofctl refused.
std::string install(PrivateOvs& ovs, const RuleSet& set) {
  std::string refused = ovs.remove_everything();
  std::vector<std::string> groups = set.groups;
  for (std::string& group : groups) {
    // Its own way would have it look every frame up twice; it makes no difference to what leaves.
    const std::string select = "type=select";
    const std::size_t at = group.find(select);
    if (at != group.npos) {
      group.insert(at + select.size(), ",selection_method=hash,fields(eth_src)");
    }
  }
  if (refused.empty()) refused = ovs.ofctl("OpenFlow15", "add-groups", lines(groups));
  for (const std::string& meter : set.meters) {
    if (refused.empty()) refused = ovs.add_meter(meter);
  }
  // Our own table 0 says this by itself.
  const std::string miss = "table=0,priority=0,actions=NORMAL\n";
  if (refused.empty()) refused = ovs.ofctl(set.version, "add-flows", lines(set.rules) + miss);
  return refused;
}

// Open vSwitch keeps two tags of a frame; of more, pushing loses the inner ones.
bool too_many_tags(const Bytes& frame, std::string_view trace) {
  std::size_t tags = 0;
  for (std::size_t at = 12; at + 1 < frame.size(); at += 4, ++tags) {
    const unsigned type =
        std::to_integer<unsigned>(frame[at]) << 8 | std::to_integer<unsigned>(frame[at + 1]);
    if (type != 0x8100 && type != 0x88a8) break;
  }
  for (std::size_t at = 0; (at = trace.find("push_vlan:", at)) != trace.npos; ++at) ++tags;
  return tags > 2;
}

// Where what Open vSwitch does is known to be another thing: docs/flow-tables.md, "Differences".
bool known_difference(const Bytes& frame, const std::string& trace) {
  if (too_many_tags(frame, trace)) return true;
  // It "corrects" the TCP or UDP checksum in a later fragment, which has none.
  return trace.find("nw_frag=later") != trace.npos &&
         (trace.find("set(ipv4(src") != trace.npos || trace.find("set(ipv4(dst") != trace.npos);
}

// Empty where both agree.
std::string compare(PrivateOvs& ovs, Ours& ours, unsigned port, const Bytes& frame,
                    const std::string& trace) {
  Departures theirs = ovs.pass(port, frame);
  Departures mine = ours.pass(port, frame);
  // A dummy port without carrier still writes down what it is given.
  theirs.erase(kDownPort);
  std::multiset<unsigned> traced, sent;
  const TracedOutputs outputs = traced_outputs(trace);
  for (const unsigned each : outputs.ports) {
    if (each != kDownPort) traced.insert(each);
  }
  for (const auto& [out, frames] : mine) {
    for (std::size_t i = 0; i < frames.size(); ++i) sent.insert(out);
  }
  if (theirs == mine && (!outputs.whole || traced == sent)) return {};
  return "frame " + hex(frame) + " into port " + std::to_string(port) + "\nOpen vSwitch sends\n" +
         shown(theirs) + "trestle sends\n" + shown(mine) + "ofproto/trace says\n" + trace;
}

}  // namespace

TEST_CASE("rules do to frames what they do in Open vSwitch") {
  enter_sandbox();
  if (const std::string missing = PrivateOvs::missing(); !missing.empty()) skip(missing);
  PrivateOvs ovs(kPortsUsed, {kDownPort});
  Ours ours;
  const unsigned sets = from_environment("TRESTLE_OVS_SETS", 250);
  const unsigned first = from_environment("TRESTLE_OVS_SEED", 1);
  std::size_t compared = 0;
  for (unsigned seed = first; seed < first + sets; ++seed) {
    std::mt19937 random(seed);
    const Dice dice = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
    const RuleSet set = random_rules(dice);
    CAPTURE(seed);
    INFO(lines(set.groups) << lines(set.meters) << lines(set.rules));
    REQUIRE(install(ovs, set) == "");
    const std::string refused = ours.install(set);
    CHECK(refused == "");
    if (!refused.empty()) continue;
    for (unsigned i = 0; i < kFramesPerSet; ++i) {
      const unsigned port = dice(kPortsUsed);  // LOCAL too, but not the one that is down
      const Bytes frame = random_frame(dice);
      const std::string trace = ovs.trace(port, frame);
      if (known_difference(frame, trace)) continue;
      CHECK(compare(ovs, ours, port, frame, trace) == "");
      ++compared;
    }
  }
  CHECK(compared > sets * kFramesPerSet * 9 / 10);
}

}  // namespace trestle::testing
