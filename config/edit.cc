// SPDX-License-Identifier: Apache-2.0

#include "config/edit.h"

#include <algorithm>
#include <map>
#include <set>
#include <type_traits>

#include "config/keys.h"
#include "config/names.h"
#include "config/parse.h"
#include "config/print.h"
#include "config/rule_lists.h"
#include "config/suggest.h"

namespace trestle::config {
namespace {

// "" and null take a key away.
bool is_nothing(const Value& value) {
  if (std::holds_alternative<std::monostate>(value.value)) return true;
  const auto* text = std::get_if<std::string>(&value.value);
  return text != nullptr && text->empty();
}

Node to_node(const Value& value) {
  return std::visit(
      [](const auto& held) {
        using Held = std::decay_t<decltype(held)>;
        Node node;
        if constexpr (std::is_same_v<Held, std::monostate>) {
          node = Node::of(std::string());
        } else if constexpr (std::is_same_v<Held, Value::List>) {
          node.kind = Node::Kind::kArray;
          for (const Value& item : held) node.items.push_back(to_node(item));
        } else if constexpr (std::is_same_v<Held, Value::Map>) {
          for (const auto& [key, item] : held) {
            if (!is_nothing(item)) node.set(key, to_node(item));
          }
        } else {
          node = Node::of(held);
        }
        return node;
      },
      value.value);
}

void merge(const Keys& keys, Node& table) {
  for (const auto& [key, value] : keys) {
    if (is_nothing(value)) {
      table.erase(key);
    } else {
      table.set(key, to_node(value));
    }
  }
}

tl::unexpected<std::vector<Mistake>> refuse(std::string message) {
  return tl::make_unexpected(std::vector<Mistake>{{"", 0, 0, std::move(message)}});
}

template <typename Map>
std::string suggestion(const std::string& name, const Map& known) {
  std::vector<std::string_view> names;
  for (const auto& [known_name, unused] : known) names.push_back(known_name);
  return did_you_mean(name, names);
}

// What `refuse` says of a bridge or a port that should exist; "" when it does.
std::string missing_bridge(const Config& config, const std::string& bridge) {
  if (config.bridges.contains(bridge)) return "";
  return "there is no bridge " + quoted(bridge) + suggestion(bridge, config.bridges);
}

std::string missing_port(const Config& config, const std::string& bridge, const std::string& port) {
  if (std::string missing = missing_bridge(config, bridge); !missing.empty()) return missing;
  const auto& ports = config.bridges.at(bridge).ports;
  if (ports.contains(port)) return "";
  return "there is no port " + quoted(port) + " on bridge " + bridge + suggestion(port, ports);
}

// The table `document.bridge.NAME`, made if it is not there.
Node& table_in(Node& table, std::string_view key) {
  Entry* entry = table.find(key);
  return entry != nullptr ? entry->value : table.set(key, {});
}

Node& ports_of(Node& document, const std::string& bridge) {
  return table_in(table_in(table_in(document, "bridge"), bridge), "ports");
}

// The other end of a patch or memory port that is being added, where there is none yet.
void add_peer(const Config& config, Node& document, const PortName& name, const Node& port) {
  const Entry* type = port.find("type");
  const Entry* peer = port.find("peer");
  if (type == nullptr || peer == nullptr) return;
  if (type->value.text != to_string(PortType::kPatch) &&
      type->value.text != to_string(PortType::kMemory)) {
    return;
  }
  const auto other = parse_port_name(peer->value.text);
  if (!other || *other == name || !missing_bridge(config, other->bridge).empty()) return;
  Node& ports = ports_of(document, other->bridge);
  if (ports.find(other->port) != nullptr) return;
  Node end;
  end.set("type", type->value);
  end.set("peer", Node::of(name.to_string()));
  ports.set(other->port, std::move(end));
}

// A document to edit. There may be 100,000 rules, and what they say rests on nothing but the names
// of the ports of their bridge: only where those, or the rules, may have changed are they in the
// document and read anew. The others pass by it.
class Editing {
 public:
  // `is_reread`: whether a bridge of that name is one of those.
  template <typename IsReread>
  Editing(Config config, const IsReread& is_reread) {
    for (auto& [name, bridge] : config.bridges) {
      if (!is_reread(name)) resting_.emplace(name, take_rules(bridge));
    }
    document = to_document(config);
  }
  explicit Editing(const Config& config)
      : Editing(config, [](const std::string&) { return false; }) {}

  Edited finish() && {
    Edited edited = build(document, "");
    if (!edited) return edited;
    for (auto& [name, rules] : resting_) put_rules(std::move(rules), edited->bridges.at(name));
    return edited;
  }

  Node document;

 private:
  std::map<std::string, RuleLists> resting_;  // by bridge
};

bool sets_rules(const Keys& keys) {
  return std::any_of(keys.begin(), keys.end(), [](const auto& one) {
    const Key* const key = find_key(bridge_keys(), one.first);
    return one.first == "flows_file" || (key != nullptr && key->kind == ValueKind::kRules);
  });
}

// A config that ports have been taken from. What named them, rules and expectations, must not stay
// behind.
Edited checked(Config edited, const Config& before) {
  std::set<std::string> shrunk;
  for (const auto& [name, bridge] : edited.bridges) {
    if (bridge.ports.size() != before.bridges.at(name).ports.size()) shrunk.insert(name);
  }
  return Editing(std::move(edited), [&](const std::string& name) { return shrunk.contains(name); })
      .finish();
}

void erase_with_peer(Config& config, const PortName& name) {
  auto& ports = config.bridges.at(name.bridge).ports;
  const auto port = ports.find(name.port);
  const std::optional<PortName> peer = port->second.peer;
  ports.erase(port);
  if (!peer) return;
  const auto bridge = config.bridges.find(peer->bridge);
  if (bridge != config.bridges.end()) bridge->second.ports.erase(peer->port);
}

}  // namespace

bool operator==(const Value& a, const Value& b) {
  return a.value == b.value;
}

Edited with_port(const Config& config, const std::string& bridge, const std::string& port,
                 const Keys& keys) {
  if (std::string missing = missing_bridge(config, bridge); !missing.empty()) {
    return refuse(std::move(missing));
  }
  if (config.bridges.at(bridge).ports.contains(port)) {
    return refuse("there is a port " + quoted(port) + " on bridge " + bridge + " already");
  }
  Editing editing(config);
  Node table;
  merge(keys, table);
  ports_of(editing.document, bridge).set(port, table);
  add_peer(config, editing.document, {bridge, port}, table);
  return std::move(editing).finish();
}

Edited with_port_set(const Config& config, const std::string& bridge, const std::string& port,
                     const Keys& keys) {
  if (std::string missing = missing_port(config, bridge, port); !missing.empty()) {
    return refuse(std::move(missing));
  }
  Editing editing(config);
  merge(keys, table_in(ports_of(editing.document, bridge), port));
  return std::move(editing).finish();
}

Edited without_port(const Config& config, const std::string& bridge, const std::string& port) {
  if (std::string missing = missing_port(config, bridge, port); !missing.empty()) {
    return refuse(std::move(missing));
  }
  Config edited = config;
  erase_with_peer(edited, {bridge, port});
  return checked(std::move(edited), config);
}

Edited with_bridge(const Config& config, const std::string& bridge, const Keys& keys) {
  if (config.bridges.contains(bridge)) {
    return refuse("there is a bridge " + quoted(bridge) + " already");
  }
  Editing editing(config);
  merge(keys, table_in(table_in(editing.document, "bridge"), bridge));
  return std::move(editing).finish();
}

Edited with_bridge_set(const Config& config, const std::string& bridge, const Keys& keys) {
  if (std::string missing = missing_bridge(config, bridge); !missing.empty()) {
    return refuse(std::move(missing));
  }
  if (keys.contains("ports")) {
    return refuse("'ports' of bridge " + bridge + ": ports are added and removed one by one");
  }
  Editing editing(config,
                  [&](const std::string& name) { return name == bridge && sets_rules(keys); });
  merge(keys, table_in(table_in(editing.document, "bridge"), bridge));
  return std::move(editing).finish();
}

Edited without_bridge(const Config& config, const std::string& bridge) {
  if (std::string missing = missing_bridge(config, bridge); !missing.empty()) {
    return refuse(std::move(missing));
  }
  Config edited = config;
  auto& ports = edited.bridges.at(bridge).ports;
  while (!ports.empty()) erase_with_peer(edited, {bridge, ports.begin()->first});
  edited.bridges.erase(bridge);
  return checked(std::move(edited), config);
}

}  // namespace trestle::config
