// SPDX-License-Identifier: Apache-2.0

#include "tests/config/random_config.h"

#include <algorithm>

#include "config/print.h"
#include "config/rule_ports.h"
#include "tests/config/flow/random_rule.h"

namespace trestle::config {
namespace {

class Generator {
 public:
  explicit Generator(std::mt19937& random) : random_(random) {}

  Config run() {
    if (maybe()) config_.workers = pick(1, kWorkersMax);
    for (unsigned cpu = pick(0, 14); cpu < 10; cpu += pick(1, 9)) config_.cpus.push_back(cpu);
    if (maybe()) std::reverse(config_.cpus.begin(), config_.cpus.end());
    if (maybe()) {
      config_.latency = static_cast<Latency>(pick(0, 2));
    } else if (maybe()) {
      config_.busy_poll = std::chrono::microseconds(pick(0, 1'000'000));
    }
    if (maybe()) config_.metrics_listen = maybe() ? "" : "[::1]:" + std::to_string(pick(1, 65535));
    config_.metrics_latency = maybe();
    for (unsigned i = pick(0, 3); i > 0; --i) {
      Namespace& ns = config_.namespaces["ns" + std::to_string(pick(0, 5))];
      ns.dns.assign(pick(0, 2), "10.0.0." + std::to_string(pick(1, 254)));
    }
    for (unsigned i = pick(0, 3); i > 0; --i) add_bridge("br" + std::to_string(pick(0, 4)));
    add_links();
    for (auto& [name, bridge] : config_.bridges) {
      if (!bridge.ports.empty() && maybe()) add_rules(bridge);
    }
    add_expectations();
    return std::move(config_);
  }

 private:
  unsigned pick(unsigned least, unsigned most) {
    return std::uniform_int_distribution<unsigned>(least, most)(random_);
  }
  bool maybe() { return pick(0, 1) == 1; }

  void add_bridge(const std::string& name) {
    Bridge& bridge = config_.bridges[name];
    if (maybe()) bridge.ageing = std::chrono::seconds(pick(1, 259200));
    if (maybe()) bridge.ageing = std::chrono::minutes(pick(1, 60));
    if (maybe()) bridge.mac_limit = pick(0, kMacLimitMax);
    for (unsigned i = pick(0, 4); i > 0; --i) bridge.link_local.set_drop(pick(0, 15), maybe());
    for (unsigned i = pick(0, 6); i > 0; --i) {
      static constexpr const char* kPrefixes[] = {"p", "a.b", "x:y", "u@v",
                                                  "a-very-long-name-of-a-port_"};
      bridge.ports[kPrefixes[pick(0, 4)] + std::to_string(pick(0, 9))] = random_port();
    }
  }

  Port random_port() {
    Port port;
    constexpr PortType kTypes[] = {PortType::kVeth, PortType::kTap, PortType::kNetdev,
                                   PortType::kInternal, PortType::kPcap};
    port.type = kTypes[pick(0, 4)];
    ++serial_;  // what no two ports may share is made from it
    const std::string serial = std::to_string(serial_);
    const bool device = port.type != PortType::kPcap && port.type != PortType::kNetdev;
    if (port.type == PortType::kVeth || (port.type == PortType::kTap && maybe())) {
      static constexpr const char* kNamespaces[] = {"red", "pid:77", "/run/netns/blue",
                                                    "/a b/\"ü\""};
      port.ns = kNamespaces[pick(0, 3)];
    }
    if (port.type != PortType::kPcap) port.interface = "if" + serial;
    if (device) add_device_keys(port, serial);
    if (port.type == PortType::kVeth || port.type == PortType::kNetdev) port.qdisc = maybe();
    if (port.type != PortType::kPcap && maybe()) port.queues = pick(1, 64);
    if (port.type == PortType::kVeth) port.gro = maybe();
    if (port.type == PortType::kNetdev) port.shared = maybe();
    if (port.type == PortType::kPcap) {
      if (maybe()) port.read_file = "/in/" + serial;
      if (!port.read_file || maybe()) port.write_file = "out \\ " + serial;
    }
    if (maybe()) port.mac_limit = pick(0, 100);
    port.vlan = random_vlan();
    return port;
  }

  void add_device_keys(Port& port, const std::string& serial) {
    const unsigned high = serial_ / 250, low = serial_ % 250 + 1;
    if (maybe()) {
      port.address.push_back("10.1." + std::to_string(high) + "." + std::to_string(low) + "/16");
      if (port.ns && maybe()) port.gateway.push_back("10.1.255.254");
    }
    if (maybe()) {
      port.address.push_back("fd00::" + serial + "/64");
      if (port.ns && maybe()) port.gateway.push_back(maybe() ? "fe80::1" : "fd00::ffff");
    }
    if (maybe()) port.mac = MacAddress::from_u64(0x020000000000 + serial_);
    if (maybe()) port.mtu = pick(1280, kMtuMax);
  }

  PortVlan random_vlan() {
    const auto vlan = [&] { return static_cast<VlanId>(pick(1, kVlanMax)); };
    switch (pick(0, 3)) {
      case 0:
        return {};
      case 1:
        return PortVlan::access(vlan());
      case 2:
        return PortVlan::trunk(std::nullopt, maybe() ? std::optional(vlan()) : std::nullopt);
    }
    VlanSet set;
    set.set(vlan());
    for (unsigned i = pick(0, 5); i > 0; --i) {
      const unsigned first = vlan(), length = pick(1, 9);
      for (unsigned v = first; v < first + length && v <= kVlanMax; ++v) set.set(v);
    }
    return PortVlan::trunk(set, maybe() ? std::optional(vlan()) : std::nullopt);
  }

  // Patch ports between neighbouring bridges, memory ports on one.
  void add_links() {
    std::string before;
    for (auto& [name, bridge] : config_.bridges) {
      if (maybe()) {
        bridge.ports["m1"].type = bridge.ports["m2"].type = PortType::kMemory;
        bridge.ports["m1"].peer = PortName{name, "m2"};
        bridge.ports["m2"].peer = PortName{name, "m1"};
      }
      if (!before.empty() && maybe()) {
        bridge.ports["left"].type = PortType::kPatch;
        bridge.ports["left"].peer = PortName{before, "right"};
        Port& right = config_.bridges[before].ports["right"];
        right.type = PortType::kPatch;
        right.peer = PortName{name, "left"};
      }
      before = name;
    }
  }

  void add_rules(Bridge& bridge) {
    const FlowPorts ports = rule_ports(bridge);
    flow::RandomRules shape;
    shape.ports = static_cast<unsigned>(bridge.ports.size());
    shape.groups = pick(0, 2);
    shape.meters = pick(0, 2);
    shape.timeouts = true;
    for (std::uint32_t id = 1; id <= shape.meters; ++id) {
      bridge.meters.push_back(print_meter(flow::random_meter(random_, id)));
    }
    for (std::uint32_t id = 1; id <= shape.groups; ++id) {
      bridge.groups.push_back(print_group(flow::random_group(random_, shape, id), ports));
    }
    for (unsigned i = pick(0, 6); i > 0; --i) {
      flow::RuleSpec rule = flow::random_rule(random_, shape);
      rule.priority = static_cast<std::uint16_t>(i);  // no two are for the same frames
      bridge.flows.push_back(print_flow(rule, ports));
    }
    for (RuleTexts* texts : {&bridge.flows, &bridge.groups, &bridge.meters}) {
      std::sort(texts->begin(), texts->end());
    }
  }

  void add_expectations() {
    std::map<std::string, Expectation> sorted;
    for (const auto& [name, bridge] : config_.bridges) {
      if (bridge.ports.empty() || maybe()) continue;
      Expectation one;
      if (maybe()) one.name = "\"" + name + "\"";
      one.port = {name, bridge.ports.begin()->first};
      one.frame = "udp,tp_dst=" + std::to_string(pick(1, 9));
      if (maybe()) one.drop = "flow_drop";
      for (unsigned i = pick(0, 2); i > 0 && one.drop.empty(); --i) {
        one.outputs.push_back({one.port, maybe() ? "dl_vlan=20" : ""});
      }
      std::sort(one.outputs.begin(), one.outputs.end());
      if (maybe())
        one.fdb.push_back(
            {MacAddress::from_u64(0x02), pick(0, 1) ? VlanId{7} : VlanId{0}, one.port});
      sorted.emplace(toml_text(expectation_document(one)), one);
    }
    for (auto& [text, one] : sorted) config_.expectations.push_back(one);
  }

  std::mt19937& random_;
  Config config_;
  unsigned serial_ = 0;
};

}  // namespace

Config random_config(std::mt19937& random) {
  return Generator(random).run();
}

}  // namespace trestle::config
