// SPDX-License-Identifier: Apache-2.0

#include "config/keys.h"

#include <algorithm>

namespace trestle::config {
namespace {

using enum ValueKind;

constexpr unsigned kVeth = type_bit(PortType::kVeth);
constexpr unsigned kTap = type_bit(PortType::kTap);
constexpr unsigned kNetdev = type_bit(PortType::kNetdev);
constexpr unsigned kInternal = type_bit(PortType::kInternal);
constexpr unsigned kPatch = type_bit(PortType::kPatch);
constexpr unsigned kPcap = type_bit(PortType::kPcap);
constexpr unsigned kMemory = type_bit(PortType::kMemory);
constexpr unsigned kAny = kVeth | kTap | kNetdev | kInternal | kPatch | kPcap | kMemory;

constexpr Key kFileKeys[] = {
    {"switch", kTable, "none"}, {"metrics", kTable, "none"}, {"namespace", kTable, "none"},
    {"bridge", kTable, "none"}, {"expect", kTable, "none"},
};
constexpr Key kSwitchKeys[] = {
    {"workers", kInteger, "default"},
    {"cpus", kIntegerList, "any"},
    {"latency", kText, "balanced"},
    {"busy_poll", kText, "none"},
};
constexpr Key kMetricsKeys[] = {
    {"listen", kText, "127.0.0.1:9477"},
    {"latency", kText, "sampled"},
};
constexpr Key kNamespaceKeys[] = {{"dns", kTextList, "none"}};
constexpr Key kBridgeKeys[] = {
    {"ageing", kText, "5m"},
    {"mac_limit", kInteger, "16384"},
    {"link_local", kTextOrTable, "forward"},
    {"ports", kTable, "none"},
    {"flows", kRules, "none"},
    {"flows_file", kText, "none"},
    {"groups", kRules, "none"},
    {"meters", kRules, "none"},
};
constexpr Key kFlowKeys[] = {
    {"table", kInteger, "0"},           {"priority", kInteger, "32768"},
    {"cookie", kInteger, "0"},          {"idle_timeout", kInteger, "none"},
    {"hard_timeout", kInteger, "none"}, {"match", kText, "everything"},
    {"actions", kText, "none"},
};
constexpr Key kExpectKeys[] = {
    {"name", kText, "none"},     {"port", kText, "none"}, {"frame", kText, "none"},
    {"outputs", kTable, "none"}, {"drop", kText, "any"},  {"fdb", kTextList, "none"},
};
constexpr Key kOutputKeys[] = {{"port", kText, "none"}, {"match", kText, "any"}};
constexpr Key kPortKeys[] = {
    {"type", kText, "none", kAny, true},
    {"namespace", kText, "none", kVeth | kTap, true},
    {"interface", kText, "default", kVeth | kTap | kNetdev | kInternal, true},
    {"address", kTextList, "none", kVeth | kTap | kInternal},
    {"gateway", kTextList, "none", kVeth | kTap},
    {"mac", kText, "default", kVeth | kTap | kInternal},
    {"mtu", kInteger, "default", kVeth | kTap | kInternal},
    {"qdisc", kBoolean, "false", kVeth | kNetdev, true},
    {"queues", kInteger, "default", kVeth | kTap | kNetdev | kInternal, true},
    {"gro", kBoolean, "true", kVeth},
    {"shared", kBoolean, "false", kNetdev, true},
    {"peer", kText, "none", kPatch | kMemory, true},
    {"read", kText, "none", kPcap, true},
    {"write", kText, "none", kPcap, true},
    {"mac_limit", kInteger, "none", kAny},
    {"vlan", kInteger, "none", kAny},
    {"trunk", kVlanList, "none", kAny},
    {"native", kInteger, "none", kAny},
};

constexpr LinkLocalName kLinkLocalNames[] = {
    {"stp", LinkLocalPolicy::kStp},   {"pause", LinkLocalPolicy::kPause},
    {"lacp", LinkLocalPolicy::kLacp}, {"eapol", LinkLocalPolicy::kEapol},
    {"lldp", LinkLocalPolicy::kLldp},
};

constexpr std::string_view kTypeWords[] = {"veth",  "tap",  "netdev", "internal",
                                           "patch", "pcap", "memory"};
static_assert(std::size(kTypeWords) == static_cast<std::size_t>(PortType::kMemory) + 1);

}  // namespace

std::span<const Key> file_keys() {
  return kFileKeys;
}
std::span<const Key> switch_keys() {
  return kSwitchKeys;
}
std::span<const Key> metrics_keys() {
  return kMetricsKeys;
}
std::span<const Key> namespace_keys() {
  return kNamespaceKeys;
}
std::span<const Key> bridge_keys() {
  return kBridgeKeys;
}
std::span<const Key> flow_keys() {
  return kFlowKeys;
}
std::span<const Key> expect_keys() {
  return kExpectKeys;
}
std::span<const Key> output_keys() {
  return kOutputKeys;
}
std::span<const Key> port_keys() {
  return kPortKeys;
}
std::span<const LinkLocalName> link_local_names() {
  return kLinkLocalNames;
}

const Key* find_key(std::span<const Key> keys, std::string_view name) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

std::vector<std::string_view> names_of(std::span<const Key> keys) {
  std::vector<std::string_view> names;
  for (const Key& key : keys) names.push_back(key.name);
  return names;
}

std::vector<KnownKey> known_keys() {
  std::vector<KnownKey> all;
  const auto add = [&](const char* section, std::span<const Key> keys) {
    for (const Key& key : keys) all.push_back({section, std::string(key.name)});
  };
  add("", kFileKeys);
  add("switch", kSwitchKeys);
  add("metrics", kMetricsKeys);
  add("namespace", kNamespaceKeys);
  add("bridge", kBridgeKeys);
  add("flow", kFlowKeys);
  add("expect", kExpectKeys);
  add("output", kOutputKeys);
  for (const LinkLocalName& name : kLinkLocalNames) {
    all.push_back({"link_local", std::string(name.name)});
  }
  add("port", kPortKeys);
  return all;
}

std::optional<PortType> port_type_of(std::string_view word) {
  const auto found = std::find(std::begin(kTypeWords), std::end(kTypeWords), word);
  if (found == std::end(kTypeWords)) return std::nullopt;
  return static_cast<PortType>(found - std::begin(kTypeWords));
}

std::span<const std::string_view> port_type_words() {
  return kTypeWords;
}

const char* to_string(PortType type) {
  return kTypeWords[static_cast<std::size_t>(type)].data();
}

const char* to_string(Latency latency) {
  constexpr const char* kWords[] = {"low", "balanced", "idle"};
  return kWords[static_cast<std::size_t>(latency)];
}

std::string a_port_of(PortType type) {
  return std::string(type == PortType::kInternal ? "an " : "a ") + to_string(type) + " port";
}

std::string type_list(unsigned types) {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < std::size(kTypeWords); ++i) {
    if (types >> i & 1) words.push_back(kTypeWords[i]);
  }
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " and " : ", ";
    out += words[i];
  }
  return out;
}

}  // namespace trestle::config
