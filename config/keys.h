// SPDX-License-Identifier: Apache-2.0
//
// Every key of a configuration, by section: what the parser accepts, what the words of a command
// line mean, what a diff may change on a running port, and what docs/configuration.md must mention.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace trestle::config {

enum class ValueKind {
  kText,
  kInteger,
  kBoolean,
  kTextList,
  kIntegerList,
  kVlanList,
  kTextOrTable,
  kTable,
  kRules
};

struct Key {
  std::string_view name;
  ValueKind kind;
  std::string_view absent;  // what a diff shows where the key is not given
  unsigned types = 0;       // port keys: bit n set = applies to the PortType of value n
  bool reattach = false;    // port keys: a change takes the port down and up
};

constexpr unsigned type_bit(PortType type) {
  return 1u << static_cast<unsigned>(type);
}

std::span<const Key> file_keys();  // the top level: the sections
std::span<const Key> switch_keys();
std::span<const Key> metrics_keys();
std::span<const Key> namespace_keys();
std::span<const Key> bridge_keys();
std::span<const Key> flow_keys();    // [[bridge.NAME.flows]]
std::span<const Key> expect_keys();  // [[expect]]
std::span<const Key> output_keys();  // a table in `outputs` of [[expect]]
std::span<const Key> port_keys();

// The addresses 01-80-C2-00-00-0X that `link_local` knows by name. The others are "00" to "0f".
struct LinkLocalName {
  std::string_view name;
  unsigned nibble;
};
std::span<const LinkLocalName> link_local_names();

// Null: no such key.
const Key* find_key(std::span<const Key> keys, std::string_view name);
std::vector<std::string_view> names_of(std::span<const Key> keys);

struct KnownKey {
  std::string section;  // "", "switch", "metrics", "namespace", "bridge", "flow", "link_local",
                        // "port", "expect" or "output"
  std::string key;
};
// All of the above in one list.
std::vector<KnownKey> known_keys();

// By the word of the configuration, "veth"; nullopt: there is no such type.
std::optional<PortType> port_type_of(std::string_view word);
// "veth", "tap", …, in the order of PortType.
std::span<const std::string_view> port_type_words();
// "a veth port", "an internal port".
std::string a_port_of(PortType type);
// "veth, tap and internal" for the set bits of `types`.
std::string type_list(unsigned types);

}  // namespace trestle::config
