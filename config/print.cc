// SPDX-License-Identifier: Apache-2.0

#include "config/print.h"

#include <utility>

#include "config/duration.h"
#include "config/keys.h"

namespace trestle::config {
namespace {

Node number(std::int64_t value) {
  return Node::of(value);
}

// VLANs as integers, runs of three and more as "10-20".
Node vlans_document(const VlanSet& vlans) {
  Node list;
  list.kind = Node::Kind::kArray;
  for (std::int64_t vlan = 1; vlan <= kVlanMax; ++vlan) {
    if (!vlans[static_cast<std::size_t>(vlan)]) continue;
    const std::int64_t first = vlan;
    while (vlan < kVlanMax && vlans[static_cast<std::size_t>(vlan + 1)]) ++vlan;
    if (vlan >= first + 2) {
      list.items.push_back(Node::of(std::to_string(first) + "-" + std::to_string(vlan)));
    } else {
      for (std::int64_t one = first; one <= vlan; ++one) list.items.push_back(number(one));
    }
  }
  return list;
}

void add_vlans(const PortVlan& vlan, Node& table) {
  if (vlan.is_access()) table.set("vlan", number(vlan.access_vlan()));
  if (!vlan.is_trunk()) return;
  if (vlan.vlans() != nullptr) {
    table.set("trunk", vlans_document(*vlan.vlans()));
  } else if (!vlan.native()) {
    table.set("trunk", Node::array({"1-4094"}));
  }
  if (vlan.native()) table.set("native", number(*vlan.native()));
}

Node switch_document(const Config& config) {
  Node table;
  if (config.workers) table.set("workers", number(*config.workers));
  if (!config.cpus.empty()) {
    Node& cpus = table.set("cpus", Node::array({}));
    for (const std::uint32_t cpu : config.cpus) cpus.items.push_back(number(cpu));
  }
  if (config.busy_poll) {
    table.set("busy_poll", Node::of(format_duration(*config.busy_poll)));
  } else if (config.latency != Latency::kBalanced) {
    table.set("latency", Node::of(std::string(to_string(config.latency))));
  }
  return table;
}

Node metrics_document(const Config& config) {
  const Config defaults;
  Node table;
  if (config.metrics_listen != defaults.metrics_listen) {
    const std::string listen = config.metrics_listen.empty() ? "off" : config.metrics_listen;
    table.set("listen", Node::of(listen));
  }
  if (!config.metrics_latency) table.set("latency", Node::of(std::string("off")));
  return table;
}

Node link_local_document(LinkLocalPolicy policy) {
  if (policy == LinkLocalPolicy::drop_all()) return Node::of(std::string("drop"));
  static constexpr char kHex[] = "0123456789abcdef";
  Node table;
  for (unsigned nibble = 0; nibble < 16; ++nibble) {
    if (policy.drops(nibble) == LinkLocalPolicy().drops(nibble)) continue;
    std::string name{'0', kHex[nibble]};
    for (const LinkLocalName& known : link_local_names()) {
      if (known.nibble == nibble) name = known.name;
    }
    table.set(name, Node::of(std::string(policy.drops(nibble) ? "drop" : "forward")));
  }
  return table;
}

// One a line: there may be thousands.
std::string rules_text(const Node& texts) {
  std::string out = "[\n";
  for (const Node& text : texts.items) out += "  " + toml_text(text) + ",\n";
  return out + "]";
}

std::string section(const std::string& header, const Node& table) {
  std::string out = "[" + header + "]\n";
  for (const Entry& entry : table.entries) {
    if (entry.key == "ports") {
      for (const Entry& port : entry.value.entries) {
        out += "ports." + toml_key(port.key) + " = " + toml_text(port.value) + "\n";
      }
    } else if (const Key* key = find_key(bridge_keys(), entry.key);
               key != nullptr && key->kind == ValueKind::kRules) {
      out += toml_key(entry.key) + " = " + rules_text(entry.value) + "\n";
    } else {
      out += toml_key(entry.key) + " = " + toml_text(entry.value) + "\n";
    }
  }
  return out;
}

}  // namespace

Node port_document(const Port& port) {
  Node table;
  const auto add = [&](const char* key, const auto& optional, auto to_node) {
    if (optional) table.set(key, to_node(*optional));
  };
  const auto text = [](const std::string& value) { return Node::of(value); };
  table.set("type", Node::of(std::string(to_string(port.type))));
  add("namespace", port.ns, text);
  add("interface", port.interface, text);
  if (!port.address.empty()) table.set("address", Node::array(port.address));
  if (!port.gateway.empty()) table.set("gateway", Node::array(port.gateway));
  add("mac", port.mac, [](MacAddress mac) { return Node::of(mac.to_string()); });
  add("mtu", port.mtu, number);
  if (port.qdisc) table.set("qdisc", Node::of(true));
  add("queues", port.queues, number);
  if (!port.gro) table.set("gro", Node::of(false));
  if (port.shared) table.set("shared", Node::of(true));
  add("peer", port.peer, [](const PortName& peer) { return Node::of(peer.to_string()); });
  add("read", port.read_file, text);
  add("write", port.write_file, text);
  add("mac_limit", port.mac_limit, number);
  add_vlans(port.vlan, table);
  return table;
}

Node bridge_document(const Bridge& bridge) {
  const Bridge defaults;
  Node table;
  if (bridge.ageing != defaults.ageing) {
    table.set("ageing", Node::of(format_duration(bridge.ageing)));
  }
  if (bridge.mac_limit != defaults.mac_limit) table.set("mac_limit", number(bridge.mac_limit));
  if (bridge.link_local != defaults.link_local) {
    table.set("link_local", link_local_document(bridge.link_local));
  }
  return table;
}

Node expectation_document(const Expectation& expectation) {
  Node table;
  if (!expectation.name.empty()) table.set("name", Node::of(expectation.name));
  table.set("port", Node::of(expectation.port.to_string()));
  table.set("frame", Node::of(expectation.frame));
  if (!expectation.drop.empty()) {
    table.set("drop", Node::of(expectation.drop));
  } else {
    Node& outputs = table.set("outputs", Node::array({}));
    for (const ExpectedOutput& output : expectation.outputs) {
      Node& item = outputs.items.emplace_back();
      if (output.match.empty()) {
        item = Node::of(output.port.to_string());
      } else {
        item.set("port", Node::of(output.port.to_string()));
        item.set("match", Node::of(output.match));
      }
    }
  }
  std::vector<std::string> stations;
  for (const KnownStation& station : expectation.fdb) {
    const std::string vlan = " vlan=" + std::to_string(station.vlan);
    stations.push_back(station.mac.to_string() + " " + station.port.to_string() +
                       (station.vlan == kNoVlan ? "" : vlan));
  }
  if (!stations.empty()) table.set("fdb", Node::array(stations));
  return table;
}

Node to_document(const Config& config) {
  Node document;
  if (const Node table = switch_document(config); !table.entries.empty())
    document.set("switch", table);
  if (const Node table = metrics_document(config); !table.entries.empty())
    document.set("metrics", table);
  if (!config.namespaces.empty()) {
    Node& namespaces = document.set("namespace", {});
    for (const auto& [name, ns] : config.namespaces) {
      Node& table = namespaces.set(name, {});
      if (!ns.dns.empty()) table.set("dns", Node::array(ns.dns));
    }
  }
  if (!config.bridges.empty()) {
    Node& bridges = document.set("bridge", {});
    for (const auto& [name, bridge] : config.bridges) {
      Node& table = bridges.set(name, bridge_document(bridge));
      if (!bridge.ports.empty()) {
        Node& ports = table.set("ports", {});
        for (const auto& [port_name, port] : bridge.ports) {
          ports.entries.push_back({port_name, {}, port_document(port)});
        }
      }
      if (!bridge.groups.empty()) table.set("groups", Node::array(bridge.groups));
      if (!bridge.meters.empty()) table.set("meters", Node::array(bridge.meters));
      if (!bridge.flows.empty()) table.set("flows", Node::array(bridge.flows));
    }
  }
  if (!config.expectations.empty()) {
    Node& expectations = document.set("expect", Node::array({}));
    for (const Expectation& one : config.expectations) {
      expectations.items.push_back(expectation_document(one));
    }
  }
  return document;
}

std::string print(const Config& config) {
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : "\n") + text; };
  for (const Entry& entry : to_document(config).entries) {
    if (entry.key == "namespace" || entry.key == "bridge") {
      for (const Entry& one : entry.value.entries) {
        add(section(entry.key + "." + toml_key(one.key), one.value));
      }
    } else if (entry.value.kind == Node::Kind::kArray) {
      for (const Node& one : entry.value.items) add(section("[" + entry.key + "]", one));
    } else {
      add(section(entry.key, entry.value));
    }
  }
  return out;
}

}  // namespace trestle::config
