// SPDX-License-Identifier: Apache-2.0

#include "config/check.h"

#include <algorithm>
#include <map>
#include <span>

#include "config/address.h"
#include "config/keys.h"
#include "config/names.h"
#include "config/suggest.h"

namespace trestle::config {
namespace {

// A port and where it stands in the text.
struct Placed {
  PortName name;
  const Port* port;
  const Entry* entry;

  // Of the value of `key`, else of the port's own key.
  Position at(std::string_view key) const {
    const Entry* found = entry->value.find(key);
    return found != nullptr ? found->value.at : entry->at;
  }
};

class BetweenPorts {
 public:
  BetweenPorts(const Draft& draft, const Node& document, Mistakes& mistakes)
      : draft_(draft), mistakes_(mistakes) {
    collect(document);
  }

  void run() {
    check_count();
    for (const Placed& placed : ports_) {
      if (draft_.untyped.contains(placed.name)) continue;
      check_peer(placed);
      check_interface(placed);
      check_file(placed);
      check_mac(placed);
      check_addresses(placed);
    }
  }

 private:
  // In the order of the text, so that of two that clash it is the later one that is the mistake.
  void collect(const Node& document) {
    const Entry* bridges = document.find("bridge");
    if (bridges == nullptr) return;
    for (const Entry& bridge : bridges->value.entries) {
      const Entry* ports = bridge.value.find("ports");
      if (ports == nullptr) continue;
      const Bridge& read = draft_.config.bridges.at(bridge.key);
      for (const Entry& entry : ports->value.entries) {
        ports_.push_back({{bridge.key, entry.key}, &read.ports.at(entry.key), &entry});
      }
    }
    std::stable_sort(ports_.begin(), ports_.end(),
                     [](const Placed& a, const Placed& b) { return a.entry->at < b.entry->at; });
  }

  void mistake(const Placed& placed, const char* key, const std::string& message) {
    mistakes_.add(placed.at(key),
                  "'" + std::string(key) + "' of port " + placed.name.to_string() + ": " + message);
  }

  void check_count() {
    if (ports_.size() <= kPortsMax) return;
    mistakes_.add(
        ports_[kPortsMax].entry->at,
        std::to_string(ports_.size()) + " ports; there can be " + std::to_string(kPortsMax));
  }

  // What is wrong with the peer's name itself; "" when there is such a port.
  std::string missing(const PortName& peer) const {
    std::vector<std::string_view> names;
    const auto bridge = draft_.config.bridges.find(peer.bridge);
    if (bridge == draft_.config.bridges.end()) {
      for (const auto& [name, unused] : draft_.config.bridges) names.push_back(name);
      return "there is no bridge " + quoted(peer.bridge) + did_you_mean(peer.bridge, names);
    }
    if (bridge->second.ports.contains(peer.port)) return "";
    for (const auto& [name, unused] : bridge->second.ports) names.push_back(name);
    return "there is no port " + quoted(peer.port) + " on bridge " + peer.bridge +
           did_you_mean(peer.port, names);
  }

  void check_peer(const Placed& placed) {
    if (!placed.port->peer) return;
    const PortName& peer = *placed.port->peer;
    if (peer == placed.name) return mistake(placed, "peer", "is the port itself");
    if (const std::string fault = missing(peer); !fault.empty()) {
      return mistake(placed, "peer", fault);
    }
    if (draft_.untyped.contains(peer)) return;
    const Port& other = draft_.config.bridges.at(peer.bridge).ports.at(peer.port);
    if (other.type != placed.port->type) {
      mistake(placed, "peer",
              peer.to_string() + " is " + a_port_of(other.type) + ", not " +
                  a_port_of(placed.port->type));
    } else if (other.peer && *other.peer != placed.name) {
      mistake(
          placed, "peer",
          "the peer of " + peer.to_string() + " is " + other.peer->to_string() + ", not this port");
    } else if (other.type == PortType::kPatch && peer.bridge == placed.name.bridge) {
      mistake(placed, "peer", "is on the same bridge: that would be a loop");
    }
  }

  static bool has_device(const Port& port) {
    return port.type == PortType::kVeth || port.type == PortType::kTap ||
           port.type == PortType::kNetdev || port.type == PortType::kInternal;
  }

  // The namespace of the port's device; "" is the switch's own.
  static std::string place_of(const Port& port) {
    return port.ns ? canonical_namespace(*port.ns) : "";
  }

  static std::string in_place(const std::string& place) {
    return place.empty() ? "" : " in namespace " + quoted(place);
  }

  void check_interface(const Placed& placed) {
    const Port& port = *placed.port;
    if (!has_device(port)) return;
    if (port.type == PortType::kVeth && !port.ns) return;  // a mistake of its own
    const std::string name = interface_name(placed.name.bridge, placed.name.port, port);
    claim_interface(placed, place_of(port), name);
    if (port.type == PortType::kVeth) {
      claim_interface(placed, "", switch_end_name(placed.name.bridge, placed.name.port));
    }
  }

  void claim_interface(const Placed& placed, const std::string& place, const std::string& name) {
    const auto [owner, first] = interfaces_.emplace(std::pair(place, name), &placed);
    if (first) return;
    mistake(placed, "interface",
            quoted(name) + in_place(place) + " is used by port " + owner->second->name.to_string() +
                ", too");
  }

  void check_file(const Placed& placed) {
    if (!placed.port->write_file) return;
    const auto [owner, first] = files_.emplace(*placed.port->write_file, &placed);
    if (first) return;
    mistake(placed, "write", "is written by port " + owner->second->name.to_string() + ", too");
  }

  void check_mac(const Placed& placed) {
    if (!placed.port->mac) return;
    const auto [owner, first] =
        macs_.emplace(std::pair(placed.name.bridge, *placed.port->mac), &placed);
    if (first) return;
    mistake(placed, "mac", "is that of port " + owner->second->name.to_string() + ", too");
  }

  void check_addresses(const Placed& placed) {
    if (placed.port->type == PortType::kVeth && !placed.port->ns) return;
    if (placed.port->address.empty()) return;
    const std::string place = place_of(*placed.port);
    const Entry* entry = placed.entry->value.find("address");
    if (entry == nullptr) return;
    const bool array = entry->value.kind == Node::Kind::kArray;
    const std::span<const Node> nodes =
        array ? std::span(entry->value.items) : std::span(&entry->value, 1);
    for (const Node& node : nodes) {
      if (const auto prefix = IpPrefix::parse(node.text)) {
        claim_address(placed, place, prefix->address, node.at);
      }
    }
  }

  void claim_address(const Placed& placed, const std::string& place, const IpAddress& address,
                     Position at) {
    const auto [owner, first] = addresses_.emplace(std::pair(place, address), &placed);
    if (first) return;
    const std::string other =
        owner->second == &placed
            ? " is given twice"
            : in_place(place) + " is given to port " + owner->second->name.to_string() + ", too";
    mistakes_.add(at, "'address' of port " + placed.name.to_string() + ": " +
                          quoted(address.to_string()) + other);
  }

  const Draft& draft_;
  Mistakes& mistakes_;
  std::vector<Placed> ports_;
  std::map<std::pair<std::string, std::string>, const Placed*> interfaces_;  // by place and name
  std::map<std::string, const Placed*> files_;
  std::map<std::pair<std::string, MacAddress>, const Placed*> macs_;      // by bridge and MAC
  std::map<std::pair<std::string, IpAddress>, const Placed*> addresses_;  // by place and address
};

}  // namespace

void check_between_ports(const Draft& draft, const Node& document, Mistakes& mistakes) {
  BetweenPorts(draft, document, mistakes).run();
}

}  // namespace trestle::config
