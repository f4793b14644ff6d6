// SPDX-License-Identifier: Apache-2.0

#include "config/parse_port.h"

#include <charconv>
#include <utility>

#include "config/address.h"
#include "config/names.h"
#include "config/suggest.h"

namespace trestle::config {
namespace {

// RFC 8200 5: IPv6 needs links that carry this much; the kernel refuses it on others.
constexpr std::uint32_t kIpv6MtuMin = 1280;

std::string type_choices() {
  std::string out;
  for (const std::string_view word : port_type_words()) {
    out += (out.empty() ? "" : ", ") + std::string(word);
  }
  return out;
}

std::optional<PortType> read_type(Section& section) {
  if (section.find("type") == nullptr) {
    section.mistake(section.at(), "type", "missing; it is one of " + type_choices());
    return std::nullopt;
  }
  const auto word = section.text("type");
  if (!word) return std::nullopt;
  const auto type = port_type_of(*word);
  if (!type) {
    section.mistake(section.find("type")->value.at, "type",
                    "unknown type " + quoted(*word) + ", not one of " + type_choices() +
                        did_you_mean(*word, port_type_words()));
  }
  return type;
}

// A key that ports of this type do not have is noted and then left out of sight.
void refuse_others_keys(Section& section, PortType type) {
  for (const Key& key : port_keys()) {
    const Entry* entry = section.find(key.name);
    if (entry == nullptr || key.types & type_bit(type)) continue;
    section.mistake(entry->at, key.name,
                    a_port_of(type) + " has none; it is for " + type_list(key.types) + " ports");
    section.ignore(key.name);
  }
}

// `fault` of the text at `key`, if the key is given; the text when it has none.
std::optional<std::string> read_checked(Section& section, std::string_view key,
                                        std::string (*fault_of)(std::string_view)) {
  auto text = section.text(key);
  if (!text) return std::nullopt;
  const std::string fault = fault_of(*text);
  if (fault.empty()) return text;
  section.mistake(section.find(key)->value.at, key, quoted(*text) + ": " + fault);
  return std::nullopt;
}

std::optional<std::uint32_t> read_number(Section& section, std::string_view key, std::int64_t min,
                                         std::int64_t max) {
  const auto number = section.integer(key, min, max);
  if (!number) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

// The prefixes that could be read; `complete` = all of them could.
std::vector<IpPrefix> read_addresses(Section& section, Port& port, bool& complete) {
  std::vector<IpPrefix> prefixes;
  const auto nodes = section.texts("address");
  for (const Node* node : nodes) {
    const auto prefix = IpPrefix::parse(node->text);
    if (prefix && prefix->address.is_host()) {
      prefixes.push_back(*prefix);
      port.address.push_back(prefix->to_string());
    } else if (prefix) {
      section.mistake(node->at, "address", quoted(node->text) + " is no address of a host");
    } else if (IpAddress::parse(node->text)) {
      section.mistake(node->at, "address",
                      quoted(node->text) + " has no prefix length, such as \"/24\"");
    } else {
      section.mistake(node->at, "address",
                      "expected an IP address with a prefix length, such as \"10.1.1.2/24\", "
                      "found " +
                          quoted(node->text));
    }
  }
  const Entry* entry = section.find("address");
  const bool array = entry != nullptr && entry->value.kind == Node::Kind::kArray;
  const std::size_t given = array ? entry->value.items.size() : entry != nullptr ? 1 : 0;
  complete = prefixes.size() == given;
  return prefixes;
}

// What is wrong with `gateway` on a port with `prefixes`; "" when nothing is.
std::string gateway_fault(const IpAddress& gateway, const std::vector<IpPrefix>& prefixes) {
  bool inside = gateway.is_link_local();
  for (const IpPrefix& prefix : prefixes) {
    if (prefix.address == gateway) return "is the port's own address";
    inside = inside || prefix.contains(gateway);
  }
  return inside ? "" : "lies in no network of the port's addresses";
}

void read_gateways(Section& section, Port& port, const std::vector<IpPrefix>& prefixes,
                   bool addresses_complete) {
  const Entry* entry = section.find("gateway");
  if (entry == nullptr) return;
  if (port.type == PortType::kTap && section.find("namespace") == nullptr) {
    section.mistake(entry->at, "gateway", "a tap port has one only with a 'namespace'");
    return;
  }
  bool seen[2] = {false, false};
  for (const Node* node : section.texts("gateway")) {
    const auto gateway = IpAddress::parse(node->text);
    if (!gateway || !gateway->is_host()) {
      section.mistake(node->at, "gateway",
                      "expected an IP address without prefix length, found " + quoted(node->text));
      continue;
    }
    std::string fault;
    if (std::exchange(seen[gateway->v6], true)) {
      fault = std::string("is a second gateway for ") + (gateway->v6 ? "IPv6" : "IPv4");
    } else if (addresses_complete) {  // else it may lie in one that could not be read
      fault = prefixes.empty() ? "a gateway needs an 'address'" : gateway_fault(*gateway, prefixes);
    }
    if (!fault.empty()) section.mistake(node->at, "gateway", quoted(node->text) + ": " + fault);
    port.gateway.push_back(gateway->to_string());
  }
}

void read_mac(Section& section, Port& port) {
  const auto text = section.text("mac");
  if (!text) return;
  const Position at = section.find("mac")->value.at;
  const auto mac = MacAddress::parse(*text);
  if (!mac) {
    section.mistake(at, "mac",
                    "expected a MAC address such as \"02:00:00:00:00:01\", found " + quoted(*text));
  } else if (mac->is_group() || mac->is_zero()) {
    section.mistake(at, "mac", quoted(*text) + " is not a unicast address");
  } else {
    port.mac = *mac;
  }
}

void read_peer(Section& section, Port& port) {
  const auto text = section.text("peer");
  if (!text) return;
  port.peer = parse_port_name(*text);
  if (port.peer) return;
  section.mistake(section.find("peer")->value.at, "peer",
                  "expected \"BRIDGE.PORT\", found " + quoted(*text));
}

// Takes a number off the front of `text`; 0: there is none (and 0 is no VLAN).
unsigned take_number(std::string_view& text) {
  unsigned number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return 0;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return number;
}

// "10" or "10-20" into `set`; false: neither.
bool add_range(std::string_view text, VlanSet& set) {
  const unsigned first = take_number(text);
  unsigned last = first;
  if (!text.empty()) {
    if (text.front() != '-') return false;
    text.remove_prefix(1);
    last = take_number(text);
  }
  if (!text.empty() || first == 0 || last > kVlanMax || first > last) return false;
  for (unsigned vlan = first; vlan <= last; ++vlan) set.set(vlan);
  return true;
}

void read_trunk_item(Section& section, const Node& node, VlanSet& set) {
  if (node.kind == Node::Kind::kInteger) {
    if (node.integer >= 1 && node.integer <= kVlanMax) {
      set.set(static_cast<std::size_t>(node.integer));
    } else {
      section.mistake(node.at, "trunk",
                      std::to_string(node.integer) + " is out of range (1 to 4094)");
    }
  } else if (node.kind != Node::Kind::kString) {
    section.wrong_type(node, "trunk", "a VLAN, a range such as \"10-20\", or an array of these");
  } else if (!add_range(node.text, set)) {
    section.mistake(node.at, "trunk",
                    "expected a range in 1 to 4094, such as \"10-20\", found " + quoted(node.text));
  }
}

void read_vlans(Section& section, Port& port) {
  const auto vlan = section.integer("vlan", 1, kVlanMax);
  const auto native = section.integer("native", 1, kVlanMax);
  std::optional<VlanSet> trunk;
  if (const Entry* entry = section.find("trunk")) {
    trunk.emplace();
    if (entry->value.kind != Node::Kind::kArray) {
      read_trunk_item(section, entry->value, *trunk);
    } else if (entry->value.items.empty()) {
      section.mistake(entry->value.at, "trunk", "names no VLAN");
    } else {
      for (const Node& item : entry->value.items) read_trunk_item(section, item, *trunk);
    }
  }
  const bool tagged = section.find("trunk") != nullptr || section.find("native") != nullptr;
  if (const Entry* entry = section.find("vlan"); entry != nullptr && tagged) {
    section.mistake(
        entry->at, "vlan",
        std::string("makes an access port, which has no ") + (trunk ? "'trunk'" : "'native'"));
  } else if (vlan) {
    port.vlan = PortVlan::access(static_cast<VlanId>(*vlan));
  } else if (trunk || native) {
    // All VLANs by number and all VLANs by saying nothing are one thing and have one form.
    if (trunk && trunk->count() == kVlanMax) trunk.reset();
    port.vlan =
        PortVlan::trunk(trunk, native ? std::optional(static_cast<VlanId>(*native)) : std::nullopt);
  }
}

void check_type_needs(Section& section, const Port& port) {
  const auto has = [&](const char* key) { return section.find(key) != nullptr; };
  const std::string a_port = a_port_of(port.type) + " needs ";
  if (port.type == PortType::kVeth && !has("namespace")) {
    section.mistake(section.at(), "namespace", a_port + "one");
  }
  if ((port.type == PortType::kPatch || port.type == PortType::kMemory) && !has("peer")) {
    section.mistake(section.at(), "peer", a_port + "one, as \"BRIDGE.PORT\"");
  }
  if (port.type == PortType::kPcap && !has("read") && !has("write")) {
    section.mistake(section.at(), "read", a_port + "it, or 'write', or both");
  }
  if (port.read_file && port.read_file == port.write_file) {
    section.mistake(section.find("write")->value.at, "write", "is the file that is read, too");
  }
}

}  // namespace

std::optional<Port> read_port(Section& section) {
  section.refuse_unknown(port_keys());
  const auto type = read_type(section);
  if (type) refuse_others_keys(section, *type);

  Port port;
  port.type = type.value_or(PortType::kVeth);
  port.ns = read_checked(section, "namespace", namespace_fault);
  port.interface = read_checked(section, "interface", interface_name_fault);
  bool addresses_complete = false;
  const auto prefixes = read_addresses(section, port, addresses_complete);
  read_gateways(section, port, prefixes, addresses_complete);
  read_mac(section, port);
  port.mtu = read_number(section, "mtu", kMtuMin, kMtuMax);
  port.qdisc = section.boolean("qdisc").value_or(false);
  port.queues = read_number(section, "queues", 1, kQueuesMax);
  port.gro = section.boolean("gro").value_or(true);
  port.shared = section.boolean("shared").value_or(false);
  read_peer(section, port);
  port.read_file = read_checked(section, "read", path_fault);
  port.write_file = read_checked(section, "write", path_fault);
  port.mac_limit = read_number(section, "mac_limit", 0, kMacLimitMax);
  read_vlans(section, port);

  for (const IpPrefix& prefix : prefixes) {
    if (!prefix.address.v6 || !port.mtu || *port.mtu >= kIpv6MtuMin) continue;
    section.mistake(section.find("mtu")->value.at, "mtu", "IPv6 addresses need at least 1280");
    break;
  }
  if (!type) return std::nullopt;
  check_type_needs(section, port);
  return port;
}

}  // namespace trestle::config
