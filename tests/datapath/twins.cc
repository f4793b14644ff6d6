// SPDX-License-Identifier: Apache-2.0

#include "tests/datapath/twins.h"

#include <algorithm>
#include <array>

#include "tests/frames.h"

namespace trestle {
namespace {

constexpr std::array<VlanId, 7> kVids = {0, 1, 10, 20, 30, 4094, 4095};
constexpr std::array<std::uint16_t, 4> kTypes = {0x0800, 0x8100, 0x88a8, 0x9100};
constexpr std::uint32_t kSmallMtu = 100;

std::string difference(const Delivered& fast, const Delivered& slow, PortId in) {
  for (PortId port = 0; port < kMaxPorts; ++port) {
    const auto a = fast.find(port);
    const auto b = slow.find(port);
    const std::size_t count_a = a == fast.end() ? 0 : a->second.size();
    const std::size_t count_b = b == slow.end() ? 0 : b->second.size();
    const std::string where =
        "from port " + std::to_string(in) + " to port " + std::to_string(port) + ": ";
    for (std::size_t i = 0; i < std::min(count_a, count_b); ++i) {
      if (a->second[i] == b->second[i]) continue;
      return where + "frame " + std::to_string(i) + " is " + in_words(a->second[i]) +
             ", should be " + in_words(b->second[i]);
    }
    if (count_a != count_b) {
      return where + std::to_string(count_a) + " frames, should be " + std::to_string(count_b);
    }
  }
  return "";
}

}  // namespace

Twins::Twins(std::size_t bridges, std::size_t ports, Dice dice)
    : bridges_(bridges),
      ports_(ports),
      dice_(std::move(dice)),
      setup_(random_setup()),
      fast_(setup_),
      slow_(setup_) {}

void Twins::change_setup() {
  setup_ = random_setup();
  fast_.setup() = setup_;
  slow_.change(setup_);
}

void Twins::change_port() {
  PortSetup& port = setup_.ports[dice_(ports_)];
  port.up = !port.up;
  fast_.setup() = setup_;
  slow_.change(setup_);
}

std::string Twins::burst(std::size_t most) {
  PortId in = static_cast<PortId>(dice_(ports_));
  while (setup_.ports[in].peer != kNoPort || !setup_.ports[in].attached) {
    in = static_cast<PortId>((in + 1u) % ports_);  // port 0 is neither
  }
  const std::size_t count = 1 + dice_(most);
  MemoryFrame frame;
  std::optional<Bytes> foretold;
  for (std::size_t i = 0; i < count; ++i) {
    if (i == 0 || !one_in(3)) frame = random_frame();  // else a train of equal ones
    if (foretell_) foretold = foretell_(fast_.topology(), in, frame);
    if (!fast_.send(in, frame)) return "the cable is full";
    slow_.receive(in, frame);
  }
  fast_.run();
  const Delivered fast = fast_.delivered();
  if (foretold && count == 1 && *foretold != bytes_of(fast)) {
    return "from port " + std::to_string(in) + " " + in_words(frame) + " was foretold otherwise";
  }
  const Delivered slow = slow_.delivered();
  return fast == slow ? "" : difference(fast, slow, in);
}

std::string Twins::compare_counters() const {
  std::string out = fast_.imbalance();
  for (PortId id = 0; id < ports_; ++id) {
    const PortTotals fast = fast_.totals(id);
    const PortTotals& slow = slow_.totals(id);
    const auto compare = [&](std::uint64_t a, std::uint64_t b, std::string_view what) {
      if (a == b) return;
      out += "port " + std::to_string(id) + ": " + std::string(what) + " " + std::to_string(a) +
             ", should be " + std::to_string(b) + "; ";
    };
    compare(fast.rx_frames, slow.rx_frames, "rx_frames");
    compare(fast.rx_bytes, slow.rx_bytes, "rx_bytes");
    compare(fast.rx_segments, slow.rx_segments, "rx_segments");
    compare(fast.forwarded, slow.forwarded, "forwarded");
    compare(fast.staged, slow.staged, "staged");
    compare(fast.tx_frames, slow.tx_frames, "tx_frames");
    compare(fast.tx_bytes, slow.tx_bytes, "tx_bytes");
    for (std::size_t i = 0; i < kDropReasons; ++i)
      compare(fast.drops[i], slow.drops[i], kDropReasonInfo[i].label);
  }
  return out;
}

std::uint64_t Twins::drops(DropReason reason) const {
  std::uint64_t sum = 0;
  for (PortId id = 0; id < ports_; ++id) sum += fast_.drops(id, reason);
  return sum;
}

std::uint64_t Twins::transmitted() const {
  std::uint64_t sum = 0;
  for (PortId id = 0; id < ports_; ++id) sum += fast_.totals(id).tx_frames;
  return sum;
}

VlanId Twins::random_vid() {
  return kVids[dice_(kVids.size())];
}

PortVlan Twins::random_vlan() {
  const auto real = [&] { return kVids[1 + dice_(kVids.size() - 2)]; };
  switch (dice_(4)) {
    case 0:
      return PortVlan::access(real());
    case 1: {
      VlanSet set;
      for (std::uint64_t i = dice_(4); i > 0; --i) set.set(real());
      return PortVlan::trunk(set, one_in(2) ? std::optional(real()) : std::nullopt);
    }
    case 2:
      return PortVlan::trunk(std::nullopt, one_in(2) ? std::optional(real()) : std::nullopt);
    default:
      return {};
  }
}

SwitchSetup Twins::random_setup() {
  SwitchSetup setup;
  const bool vlans = !one_in(4);
  for (std::size_t i = 0; i < bridges_; ++i) {
    LinkLocalPolicy policy;
    for (unsigned nibble = 0; nibble < 16; ++nibble) {
      if (one_in(4)) policy.set_drop(nibble, one_in(2));
    }
    setup.bridges.push_back(policy);
  }
  for (std::size_t i = 0; i < ports_; ++i) {
    PortSetup port{.bridge = dice_(bridges_)};
    if (vlans) port.vlan = random_vlan();
    port.up = !one_in(8);
    port.attached = i == 0 || !one_in(16);
    port.internal = one_in(6);
    port.mac = random_mac();
    port.mtu = one_in(2) ? 0 : kSmallMtu;
    setup.ports.push_back(port);
  }
  for (std::uint64_t links = dice_(ports_ / 2); links > 0; --links) {
    const auto a = static_cast<PortId>(1 + dice_(ports_ - 1));
    const auto b = static_cast<PortId>(1 + dice_(ports_ - 1));
    if (a == b || setup.ports[a].peer != kNoPort || setup.ports[b].peer != kNoPort) continue;
    setup.ports[a].peer = b;
    setup.ports[b].peer = a;
  }
  return setup;
}

MacAddress Twins::random_mac() {
  switch (dice_(16)) {
    case 0:
      return kBroadcast;
    case 1:
      return kMulticast;
    case 2:
      return link_local_mac(static_cast<unsigned>(dice_(16)));
    case 3:
      return kZeroMac;
    default:
      return MacAddress::from_u64(0x0200'0000'0000 + dice_(12));
  }
}

std::vector<std::byte> Twins::random_bytes() {
  std::vector<std::byte> bytes;
  if (one_in(32)) {  // anything
    bytes.resize(dice_(64));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(dice_(256));
    return bytes;
  }
  FrameBuilder builder = frame().to(random_mac()).from(random_mac());
  for (std::uint64_t tags = dice_(4); tags > 0 && !one_in(3); --tags) {
    builder = one_in(3) ? builder.s_tagged(random_vid())
                        : builder.tagged(random_vid(), static_cast<unsigned>(dice_(8)));
  }
  builder = builder.type(kTypes[one_in(16) ? dice_(kTypes.size()) : 0]);
  switch (dice_(32)) {
    case 0:
      builder = builder.size(1 + dice_(30));  // cut off somewhere in its headers
      break;
    case 1:
      builder = builder.size(one_in(8) ? 20'000 + dice_(45'000) : 1000 + dice_(3000));
      break;
    case 2:
    case 3:
      builder = builder.size(kSmallMtu + 8 + dice_(16));  // about the MTU
      break;
    default:
      break;
  }
  return MemoryFrame(builder).bytes;
}

VnetHeader Twins::random_metadata(std::size_t size) {
  VnetHeader vnet;
  if (!one_in(4)) return vnet;
  const auto below = [&](std::uint64_t n) { return static_cast<std::uint16_t>(dice_(n)); };
  vnet.flags = static_cast<std::uint8_t>(one_in(4) ? dice_(4) : VnetHeader::kNeedsChecksum);
  vnet.csum_start = static_cast<std::uint16_t>(one_in(8) ? dice_(65536) : 14 + dice_(24));
  vnet.csum_offset = static_cast<std::uint16_t>(one_in(8) ? dice_(65536) : dice_(20));
  if (one_in(2)) {
    constexpr std::array<std::uint8_t, 4> kGsoTypes = {VnetHeader::kGsoTcp4, VnetHeader::kGsoTcp6,
                                                       VnetHeader::kGsoUdp, VnetHeader::kGsoUdpL4};
    vnet.gso_type =
        one_in(16) ? static_cast<std::uint8_t>(dice_(256)) : kGsoTypes[dice_(kGsoTypes.size())];
    if (one_in(4)) vnet.gso_type |= VnetHeader::kGsoEcn;
    vnet.gso_size = one_in(16) ? below(65536) : static_cast<std::uint16_t>(dice_(100));
  }
  // Headers are never shorter than Ethernet's, so that cutting tags out does not bring it to 0,
  // "not told".
  if (one_in(2))
    vnet.hdr_len = static_cast<std::uint16_t>(14 + dice_(one_in(8) ? 60'000 : size + 1));
  return vnet;
}

MemoryFrame Twins::random_frame() {
  MemoryFrame frame{random_bytes(), {}, {}};
  frame.vnet = random_metadata(frame.bytes.size());
  if (one_in(4)) {
    const auto tci = static_cast<std::uint16_t>(dice_(16) << 12 | random_vid());
    frame.stripped = {one_in(4) ? kTpidService : kTpidCustomer, tci};
  }
  return frame;
}

}  // namespace trestle
