// SPDX-License-Identifier: Apache-2.0
//
// Random configs through print, parse and diff. The slow twin of diff: apply its changes to the old
// config one by one, knowing only which thing each names, and the new config must come out.

#include <catch2/catch.hpp>

#include "config/diff.h"
#include "config/edit.h"
#include "tests/config/expect.h"
#include "tests/config/random_config.h"

namespace trestle::config {
namespace {

constexpr unsigned kSeed = 20240917;

// What control does with a plan, on paper. Each step asserts what its order promises.
void apply(const Change& change, const Config& to, Config& config) {
  using Kind = Change::Kind;
  const std::string& name = change.bridge;
  switch (change.kind) {
    case Kind::kRemovePort:
      REQUIRE(config.bridges.at(name).ports.erase(change.port) == 1);
      break;
    case Kind::kRemoveBridge:
      REQUIRE(config.bridges.at(name).ports.empty());
      config.bridges.erase(name);
      break;
    case Kind::kRemoveNamespace:
      REQUIRE(config.namespaces.erase(name) == 1);
      break;
    case Kind::kModifySwitch:
      config.workers = to.workers;
      config.cpus = to.cpus;
      config.latency = to.latency;
      config.busy_poll = to.busy_poll;
      config.expectations = to.expectations;
      break;
    case Kind::kModifyMetrics:
      config.metrics_listen = to.metrics_listen;
      config.metrics_latency = to.metrics_latency;
      break;
    case Kind::kAddNamespace:
      REQUIRE(config.namespaces.emplace(name, to.namespaces.at(name)).second);
      break;
    case Kind::kModifyNamespace:
      config.namespaces.at(name) = to.namespaces.at(name);
      break;
    case Kind::kAddBridge:
    case Kind::kModifyBridge: {
      REQUIRE(config.bridges.contains(name) == (change.kind == Kind::kModifyBridge));
      Bridge& bridge = config.bridges[name];
      auto ports = std::move(bridge.ports);
      bridge = to.bridges.at(name);
      bridge.ports = std::move(ports);
      break;
    }
    case Kind::kModifyPort:
      config.bridges.at(name).ports.at(change.port) = to.bridges.at(name).ports.at(change.port);
      break;
    case Kind::kAddPort:
      REQUIRE(config.bridges.at(name)
                  .ports.emplace(change.port, to.bridges.at(name).ports.at(change.port))
                  .second);
      break;
  }
}

TEST_CASE("what is printed of any config parses to that config") {
  std::mt19937 random(kSeed);
  for (int i = 0; i < 2000; ++i) {
    const Config config = random_config(random);
    const std::string text = print(config);
    INFO(text);
    const auto again = parse(text, "printed");
    if (!again) FAIL(all_of(again.error()));
    REQUIRE(*again == config);
    REQUIRE(print(*again) == text);
    REQUIRE(diff(config, *again).empty());
  }
}

TEST_CASE("the changes between any two configs lead from one to the other, each saying something") {
  std::mt19937 random(kSeed + 1);
  for (int i = 0; i < 2000; ++i) {
    const Config from = random_config(random), to = random_config(random);
    Config config = from;
    auto before = Change::Kind::kRemovePort;
    for (const Change& change : diff(from, to)) {
      INFO(change.to_string());
      REQUIRE(change.kind >= before);
      before = change.kind;
      const bool modify = change.to_string()[0] == '~';
      REQUIRE((!modify || !change.details.empty()));
      const Config unchanged = config;
      apply(change, to, config);
      REQUIRE_FALSE(config == unchanged);
    }
    REQUIRE(config == to);
    REQUIRE(diff(config, to).empty());
  }
}

TEST_CASE("removing and adding every port and bridge by edits gives the config again") {
  std::mt19937 random(kSeed + 2);
  for (int i = 0; i < 300; ++i) {
    Config config = random_config(random);
    config.expectations.clear();  // they and rules keep ports
    for (auto& [name, bridge] : config.bridges) bridge.flows.clear(), bridge.groups.clear();
    Config bare = config;
    for (const auto& [name, bridge] : config.bridges) {
      for (const auto& [port_name, port] : bridge.ports) {
        if (!bare.bridges.at(name).ports.contains(port_name)) continue;  // went with its peer
        const auto edited = without_port(bare, name, port_name);
        REQUIRE(edited);
        bare = *edited;
      }
    }
    for (const auto& [name, bridge] : bare.bridges) REQUIRE(bridge.ports.empty());
    Config rebuilt = bare;
    for (const auto& [name, bridge] : config.bridges) {
      for (const auto& [port_name, port] : bridge.ports) {
        if (rebuilt.bridges.at(name).ports.contains(port_name)) continue;  // came with its peer
        if (port.type != PortType::kPatch && port.type != PortType::kMemory) {
          rebuilt.bridges.at(name).ports.emplace(port_name, port);
          continue;
        }
        const auto edited =
            with_port(rebuilt, name, port_name,
                      {{"type", to_string(port.type)}, {"peer", port.peer->to_string()}});
        if (!edited) FAIL(all_of(edited.error()));
        rebuilt = *edited;
      }
    }
    REQUIRE(rebuilt == config);
  }
}

}  // namespace
}  // namespace trestle::config
