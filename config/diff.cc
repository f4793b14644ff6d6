// SPDX-License-Identifier: Apache-2.0
//
// Keys are compared as documents, the form in which config/print.h names and orders them: a key
// added to the printer is then in every plan, too.

#include "config/diff.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "config/keys.h"
#include "config/print.h"

namespace trestle::config {
namespace {

using Kind = Change::Kind;

struct KeyChanges {
  std::vector<std::string> details;
  bool reattach = false;
};

std::string shown(const Entry* entry, const Key& key) {
  return entry != nullptr ? plain_text(entry->value) : std::string(key.absent);
}

KeyChanges changed_keys(const Node& from, const Node& to, std::span<const Key> keys) {
  KeyChanges changes;
  for (const Key& key : keys) {
    const Entry* before = from.find(key.name);
    const Entry* after = to.find(key.name);
    if (before == nullptr && after == nullptr) continue;
    if (before != nullptr && after != nullptr && before->value == after->value) continue;
    changes.details.push_back(std::string(key.name) + ": " + shown(before, key) + " -> " +
                              shown(after, key));
    changes.reattach = changes.reattach || key.reattach;
  }
  return changes;
}

// How many of two sorted lists are in the second alone, and in the first alone.
template <typename List>
void compare_lists(const char* key, const List& from, const List& to, KeyChanges& changes) {
  List added, removed;
  std::set_difference(to.begin(), to.end(), from.begin(), from.end(), std::back_inserter(added));
  std::set_difference(from.begin(), from.end(), to.begin(), to.end(), std::back_inserter(removed));
  if (added.empty() && removed.empty()) return;
  changes.details.push_back(std::string(key) + ": " + std::to_string(added.size()) + " to add, " +
                            std::to_string(removed.size()) + " to remove");
}

std::vector<std::string> expectation_texts(const Config& config) {
  std::vector<std::string> texts;
  for (const Expectation& one : config.expectations) {
    texts.push_back(toml_text(expectation_document(one)));
  }
  return texts;
}

std::vector<std::string> given_keys(const Node& table) {
  std::vector<std::string> details;
  for (const Entry& entry : table.entries) {
    if (entry.key == "ports") continue;
    const std::string value = plain_text(entry.value);
    details.push_back(entry.key == "type" ? value : entry.key + " " + value);
  }
  return details;
}

Node table_of(const Node& document, std::string_view key) {
  const Entry* entry = document.find(key);
  return entry != nullptr ? entry->value : Node{};
}

Node namespace_document(const Namespace& ns) {
  Node table;
  if (!ns.dns.empty()) table.set("dns", Node::array(ns.dns));
  return table;
}

class Diff {
 public:
  std::vector<Change> run(const Config& from, const Config& to) {
    compare_sections(from, to);
    compare_namespaces(from, to);
    compare_bridges(from, to);
    std::sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) {
      return std::tie(a.kind, a.bridge, a.port) < std::tie(b.kind, b.bridge, b.port);
    });
    return std::move(changes_);
  }

 private:
  void add(Kind kind, const std::string& bridge, const std::string& port,
           std::vector<std::string> details, bool reattach = false) {
    changes_.push_back({kind, bridge, port, std::move(details), reattach});
  }

  void modify(Kind kind, const std::string& bridge, const std::string& port, KeyChanges keys) {
    if (keys.details.empty()) return;
    const bool reattach = kind == Kind::kModifyPort && keys.reattach;
    add(kind, bridge, port, std::move(keys.details), reattach);
  }

  void compare_sections(const Config& from, const Config& to) {
    Config a, b;  // the sections without the bridges, which may be large
    a.workers = from.workers;
    a.cpus = from.cpus;
    a.latency = from.latency;
    a.busy_poll = from.busy_poll;
    a.metrics_listen = from.metrics_listen;
    a.metrics_latency = from.metrics_latency;
    b.workers = to.workers;
    b.cpus = to.cpus;
    b.latency = to.latency;
    b.busy_poll = to.busy_poll;
    b.metrics_listen = to.metrics_listen;
    b.metrics_latency = to.metrics_latency;
    const Node before = to_document(a), after = to_document(b);
    KeyChanges changes =
        changed_keys(table_of(before, "switch"), table_of(after, "switch"), switch_keys());
    compare_lists("expectations", expectation_texts(from), expectation_texts(to), changes);
    modify(Kind::kModifySwitch, "", "", std::move(changes));
    modify(Kind::kModifyMetrics, "", "",
           changed_keys(table_of(before, "metrics"), table_of(after, "metrics"), metrics_keys()));
  }

  void compare_namespaces(const Config& from, const Config& to) {
    for (const auto& [name, ns] : from.namespaces) {
      if (!to.namespaces.contains(name)) add(Kind::kRemoveNamespace, name, "", {});
    }
    for (const auto& [name, ns] : to.namespaces) {
      const Node after = namespace_document(ns);
      const auto before = from.namespaces.find(name);
      if (before == from.namespaces.end()) {
        add(Kind::kAddNamespace, name, "", given_keys(after));
      } else {
        modify(Kind::kModifyNamespace, name, "",
               changed_keys(namespace_document(before->second), after, namespace_keys()));
      }
    }
  }

  void compare_bridges(const Config& from, const Config& to) {
    static const Bridge kNone;
    for (const auto& [name, bridge] : from.bridges) {
      if (to.bridges.contains(name)) continue;
      add(Kind::kRemoveBridge, name, "", {});
      compare_ports(name, bridge, kNone);
    }
    for (const auto& [name, bridge] : to.bridges) {
      const auto before = from.bridges.find(name);
      if (before == from.bridges.end()) {
        auto details = given_keys(bridge_document(bridge));
        add_counts(bridge, details);
        add(Kind::kAddBridge, name, "", std::move(details));
        compare_ports(name, kNone, bridge);
      } else {
        KeyChanges changes =
            changed_keys(bridge_document(before->second), bridge_document(bridge), bridge_keys());
        compare_lists("flows", before->second.flows, bridge.flows, changes);
        compare_lists("groups", before->second.groups, bridge.groups, changes);
        compare_lists("meters", before->second.meters, bridge.meters, changes);
        modify(Kind::kModifyBridge, name, "", std::move(changes));
        compare_ports(name, before->second, bridge);
      }
    }
  }

  static void add_counts(const Bridge& bridge, std::vector<std::string>& details) {
    const auto count = [&](const RuleTexts& texts, const char* noun) {
      if (texts.empty()) return;
      details.push_back(std::to_string(texts.size()) + " " + noun + (texts.size() == 1 ? "" : "s"));
    };
    count(bridge.flows, "flow");
    count(bridge.groups, "group");
    count(bridge.meters, "meter");
  }

  void compare_ports(const std::string& bridge, const Bridge& from, const Bridge& to) {
    for (const auto& [name, port] : from.ports) {
      if (!to.ports.contains(name)) add(Kind::kRemovePort, bridge, name, {to_string(port.type)});
    }
    for (const auto& [name, port] : to.ports) {
      const auto before = from.ports.find(name);
      if (before == from.ports.end()) {
        add(Kind::kAddPort, bridge, name, given_keys(port_document(port)));
      } else if (before->second != port) {
        modify(Kind::kModifyPort, bridge, name,
               changed_keys(port_document(before->second), port_document(port), port_keys()));
      }
    }
  }

  std::vector<Change> changes_;
};

char sign_of(Kind kind) {
  switch (kind) {
    case Kind::kRemovePort:
    case Kind::kRemoveBridge:
    case Kind::kRemoveNamespace:
      return '-';
    case Kind::kAddNamespace:
    case Kind::kAddBridge:
    case Kind::kAddPort:
      return '+';
    case Kind::kModifySwitch:
    case Kind::kModifyMetrics:
    case Kind::kModifyNamespace:
    case Kind::kModifyBridge:
    case Kind::kModifyPort:
      break;
  }
  return '~';
}

std::string subject_of(const Change& change) {
  switch (change.kind) {
    case Kind::kModifySwitch:
      return "switch";
    case Kind::kModifyMetrics:
      return "metrics";
    case Kind::kRemoveNamespace:
    case Kind::kAddNamespace:
    case Kind::kModifyNamespace:
      return "namespace " + change.bridge;
    case Kind::kRemoveBridge:
    case Kind::kAddBridge:
    case Kind::kModifyBridge:
      return "bridge " + change.bridge;
    case Kind::kRemovePort:
    case Kind::kModifyPort:
    case Kind::kAddPort:
      break;
  }
  return "port " + change.bridge + "." + change.port;
}

}  // namespace

std::string Change::to_string() const {
  const char sign = sign_of(kind);
  std::string out = std::string(1, sign) + " " + subject_of(*this);
  std::string list;
  for (const std::string& detail : details) list += (list.empty() ? "" : ", ") + detail;
  if (list.empty()) return out;
  return sign == '~' ? out + " " + list : out + " (" + list + ")";
}

std::vector<Change> diff(const Config& from, const Config& to) {
  return Diff().run(from, to);
}

std::string summary(const std::vector<Change>& changes) {
  if (changes.empty()) return "no changes";
  int added = 0, changed = 0, removed = 0;
  for (const Change& change : changes) {
    const char sign = sign_of(change.kind);
    ++(sign == '+' ? added : sign == '-' ? removed : changed);
  }
  return std::to_string(added) + " to add, " + std::to_string(changed) + " to change, " +
         std::to_string(removed) + " to remove";
}

}  // namespace trestle::config
