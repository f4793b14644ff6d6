// SPDX-License-Identifier: Apache-2.0

#include "tests/datapath/slow_switch.h"

#include <optional>

namespace trestle {
namespace {

constexpr unsigned kCTag = 0x8100;
constexpr unsigned kSTag = 0x88a8;
constexpr int kHopsMax = 32;

unsigned get16(const std::vector<std::byte>& bytes, std::size_t at) {
  return std::to_integer<unsigned>(bytes[at]) * 256 + std::to_integer<unsigned>(bytes[at + 1]);
}

std::uint64_t get48(const std::vector<std::byte>& bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 6; ++i)
    value = value * 256 + std::to_integer<unsigned>(bytes[at + i]);
  return value;
}

// --- VLAN rules ---

bool carries(const PortVlan& port, int vlan) {
  if (port.is_transparent()) return true;
  if (vlan == 0) return false;
  if (port.is_access()) return vlan == port.access_vlan();
  if (port.native() && vlan == *port.native()) return true;
  return port.vlans() == nullptr || port.vlans()->test(static_cast<std::size_t>(vlan));
}

// Untagged frames, and those whose tag says VLAN 0, go by the port; others by their tag.
std::optional<int> vlan_of(const PortVlan& port, int tag_vlan) {
  if (port.is_transparent()) return tag_vlan;
  if (tag_vlan == 0) {
    if (port.is_access()) return port.access_vlan();
    if (port.native()) return *port.native();
    return std::nullopt;
  }
  if (port.is_access() || !carries(port, tag_vlan)) return std::nullopt;
  return tag_vlan;
}

// --- offload metadata ---

bool is_udp(unsigned gso) {
  return gso == 3 || gso == 5;
}

bool metadata_valid(const VnetHeader& vnet, std::size_t size) {
  const bool checksum = vnet.flags & 1;
  if (checksum && (vnet.csum_start < 14 || vnet.csum_start + vnet.csum_offset + 2u > size))
    return false;
  if (vnet.gso_type == 0) return true;
  const unsigned gso = vnet.gso_type & 0x7fu;
  if (gso != 1 && gso != 3 && gso != 4 && gso != 5) return false;
  if (!checksum || vnet.gso_size == 0 || vnet.hdr_len > size) return false;
  return vnet.csum_start + (is_udp(gso) ? 8u : 20u) <= size;
}

// The frame cut into what would be on a cable: how many there are, and how large the largest is.
std::pair<std::size_t, std::size_t> segments(const std::vector<std::byte>& bytes,
                                             const VnetHeader& vnet) {
  if (vnet.gso_type == 0) return {1, bytes.size()};
  const unsigned gso = vnet.gso_type & 0x7fu;
  std::size_t headers = vnet.csum_start;
  if (gso == 5) headers += 8;
  if (!is_udp(gso)) {
    const std::size_t words = std::to_integer<std::size_t>(bytes[vnet.csum_start + 12u]) / 16;
    headers += words < 5 ? 20 : words * 4;
  }
  if (headers >= bytes.size()) return {1, bytes.size()};
  std::size_t count = 0, largest = 0;
  for (std::size_t left = bytes.size() - headers; left > 0; ++count) {
    const std::size_t piece = left < vnet.gso_size ? left : vnet.gso_size;
    if (headers + piece > largest) largest = headers + piece;
    left -= piece;
  }
  return {count, largest};
}

}  // namespace

unsigned SlowSwitch::Wire::type() const {
  return get16(bytes, 12);
}
bool SlowSwitch::Wire::has_c_tag() const {
  return type() == kCTag;
}
unsigned SlowSwitch::Wire::tci() const {
  return get16(bytes, 14);
}
bool SlowSwitch::Wire::malformed() const {
  if (bytes.size() < 14) return true;
  return (type() == kCTag || type() == kSTag) && bytes.size() < 18;
}

void SlowSwitch::Wire::cut_tag() {
  bytes.erase(bytes.begin() + 12, bytes.begin() + 16);
  move_offsets(-4);
}

void SlowSwitch::Wire::paste_tag(unsigned tpid, unsigned tci) {
  const std::byte tag[] = {std::byte(tpid / 256), std::byte(tpid % 256), std::byte(tci / 256),
                           std::byte(tci % 256)};
  bytes.insert(bytes.begin() + 12, tag, tag + 4);
  move_offsets(4);
}

void SlowSwitch::Wire::move_offsets(int by) {
  if (vnet.flags & 1) vnet.csum_start = static_cast<std::uint16_t>(vnet.csum_start + by);
  if (vnet.hdr_len != 0) vnet.hdr_len = static_cast<std::uint16_t>(vnet.hdr_len + by);
}

void SlowSwitch::change(SwitchSetup setup) {
  setup_ = std::move(setup);
  tables_.resize(setup_.bridges.size());
  totals_.resize(setup_.ports.size());
}

void SlowSwitch::drop(PortId port, DropReason reason) {
  ++totals_[port].drops[static_cast<std::size_t>(reason)];
}

void SlowSwitch::receive(PortId port, const MemoryFrame& frame) {
  PortTotals& totals = totals_[port];
  ++totals.rx_frames;
  totals.rx_bytes += frame.bytes.size() + (frame.stripped.present() ? 4 : 0);
  if (!metadata_valid(frame.vnet, frame.bytes.size())) {
    ++totals.rx_segments;
    return drop(port, DropReason::kBadVnetHeader);
  }
  totals.rx_segments += segments(frame.bytes, frame.vnet).first;
  if (frame.bytes.size() < 14) return drop(port, DropReason::kMalformed);
  Wire wire{frame.bytes, frame.vnet};
  if (frame.stripped.present()) wire.paste_tag(frame.stripped.tpid, frame.stripped.tci);
  if (wire.malformed()) return drop(port, DropReason::kMalformed);
  std::set<std::size_t> visited;
  enter(setup_.ports[port].bridge, port, wire, visited, 0);
}

std::vector<PortId> SlowSwitch::ports_of(std::size_t bridge) const {
  std::vector<PortId> ports;
  for (std::size_t i = 0; i < setup_.ports.size(); ++i) {
    if (setup_.ports[i].bridge == bridge) ports.push_back(static_cast<PortId>(i));
  }
  return ports;
}

PortId SlowSwitch::own(std::size_t bridge, std::uint64_t mac, int vlan) const {
  for (const PortId id : ports_of(bridge)) {
    const PortSetup& port = setup_.ports[id];
    if (port.internal && port.mac.to_u64() == mac && carries(port.vlan, vlan)) return id;
  }
  return kNoPort;
}

void SlowSwitch::enter(std::size_t bridge, PortId in, const Wire& wire,
                       std::set<std::size_t>& visited, int hops) {
  visited.insert(bridge);
  const std::uint64_t destination = get48(wire.bytes, 0);
  const std::uint64_t source = get48(wire.bytes, 6);
  const bool to_group = std::to_integer<unsigned>(wire.bytes[0]) % 2 == 1;
  const bool from_group = std::to_integer<unsigned>(wire.bytes[6]) % 2 == 1;

  const auto vlan =
      vlan_of(setup_.ports[in].vlan, wire.has_c_tag() ? static_cast<int>(wire.tci() % 4096) : 0);
  if (!vlan) return drop(in, DropReason::kVlanIngress);
  if (destination / 16 == 0x0180'c200'000 && setup_.bridges[bridge].drops(destination % 16)) {
    return drop(in, DropReason::kLinkLocal);
  }

  // Where to, by what is known before this frame.
  PortId to = kNoPort;
  if (!to_group) {
    to = own(bridge, destination, *vlan);
    const auto entry = tables_[bridge].find({*vlan, destination});
    if (to == kNoPort && entry != tables_[bridge].end()) {
      if (setup_.ports[entry->second].bridge == bridge) to = entry->second;
    }
  }
  // What this frame teaches.
  const PortId claimed = own(bridge, source, *vlan);
  if (!from_group && source != 0 && (claimed == kNoPort || claimed == in)) {
    tables_[bridge][{*vlan, source}] = in;
  }

  if (to == in) return drop(in, DropReason::kSamePort);
  if (to != kNoPort && !carries(setup_.ports[to].vlan, *vlan))
    return drop(in, DropReason::kVlanEgress);
  if (to != kNoPort && !setup_.ports[to].up) return drop(in, DropReason::kDestinationDown);
  std::vector<PortId> outputs;
  if (to != kNoPort) {
    outputs.push_back(to);
  } else {
    for (const PortId id : ports_of(bridge)) {
      if (id != in && setup_.ports[id].up && carries(setup_.ports[id].vlan, *vlan))
        outputs.push_back(id);
    }
  }
  if (outputs.empty()) return drop(in, DropReason::kNoOutput);
  ++totals_[in].forwarded;
  for (const PortId out : outputs) leave(out, *vlan, wire, visited, hops);
}

void SlowSwitch::leave(PortId out, int vlan, Wire wire, std::set<std::size_t>& visited, int hops) {
  const PortSetup& port = setup_.ports[out];
  PortTotals& totals = totals_[out];
  ++totals.staged;

  const PortVlan& rules = port.vlan;
  const int tag_vlan = wire.has_c_tag() ? static_cast<int>(wire.tci() % 4096) : 0;
  const unsigned priority = wire.has_c_tag() ? wire.tci() / 4096 : 0;
  const bool untagged_here = (rules.is_access() && vlan == rules.access_vlan()) ||
                             (rules.is_trunk() && rules.native() && vlan == *rules.native());
  const bool as_it_is = rules.is_transparent() && (vlan == 0 || tag_vlan == vlan);
  if (!as_it_is) {
    if (wire.has_c_tag()) wire.cut_tag();
    if (!untagged_here) wire.paste_tag(kCTag, priority * 4096 + static_cast<unsigned>(vlan));
  }

  if (port.peer != kNoPort) {
    const std::size_t far_bridge = setup_.ports[port.peer].bridge;
    if (visited.count(far_bridge) != 0) return drop(out, DropReason::kPatchLoop);
    if (hops == kHopsMax) return drop(out, DropReason::kPatchHops);
    ++totals.tx_frames;
    totals.tx_bytes += wire.bytes.size();
    PortTotals& far = totals_[port.peer];
    ++far.rx_frames;
    far.rx_bytes += wire.bytes.size();
    far.rx_segments += segments(wire.bytes, wire.vnet).first;
    if (wire.malformed()) return drop(port.peer, DropReason::kMalformed);
    return enter(far_bridge, port.peer, wire, visited, hops + 1);
  }

  if (!port.attached) return drop(out, DropReason::kDeviceGone);
  const bool tagged = wire.type() == kCTag || wire.type() == kSTag;
  if (port.mtu != 0 && segments(wire.bytes, wire.vnet).second > port.mtu + 14 + (tagged ? 4 : 0)) {
    return drop(out, DropReason::kOversize);
  }
  ++totals.tx_frames;
  totals.tx_bytes += wire.bytes.size();
  delivered_[out].push_back({std::move(wire.bytes), {}, wire.vnet});
}

}  // namespace trestle
