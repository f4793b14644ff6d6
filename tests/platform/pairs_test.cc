// SPDX-License-Identifier: Apache-2.0
//
// One bridge with two ports of each type: what is sent in at one, of any size, tagged, with
// unfinished checksums or as a GSO frame, comes out at all others, and is on the wire byte for byte
// what was sent. So every ordered pair of types is covered. Needs root.

#include <net/if.h>
#include <poll.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <random>
#include <thread>

#include "datapath/datapath.h"
#include "datapath/ports/packet_port.h"
#include "datapath/ports/pcap.h"
#include "datapath/ports/tap.h"
#include "datapath/vnet_header.h"
#include "tests/datapath/gso_frames.h"
#include "tests/datapath/slow_wire.h"
#include "tests/hex.h"
#include "tests/platform/packet_end.h"
#include "tests/temporary_directory.h"

using namespace trestle;
using trestle::testing::PacketEnd;
using trestle::testing::shell;

namespace {

constexpr char kMtu[] = " mtu 65521 ";  // a TAP's largest

// A port's far end in the test's hand.
struct FarEnd {
  std::string name;
  std::shared_ptr<MemoryEnd> memory;  // or
  std::unique_ptr<PacketEnd> device;  // or neither: a file

  int send(const MemoryFrame& frame) {
    if (memory) return memory->send(frame.bytes, frame.stripped, frame.vnet) ? 0 : -1;
    return device->send(frame);
  }
  std::optional<MemoryFrame> receive() {
    if (device) return device->receive();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (std::chrono::steady_clock::now() < end) {
      if (auto frame = memory->take()) return frame;
      std::this_thread::yield();
    }
    return std::nullopt;
  }
};

class AllTypes : public trestle::testing::Sandbox {
 public:
  AllTypes() {
    trestle::testing::quiet_ipv6();
    for (const std::string number : {"0", "1"}) {
      add_device("veth" + number);
      add_device("netdev" + number);
      trestle::testing::switch_offloads_off("netdev" + number);
      add_tap("tap" + number, false);
      add_tap("internal" + number, true);
      add_memory("memory" + number);
    }
    auto file = PcapPort::open(std::nullopt, folder / "out.pcap").value();
    add(file, "pcap", false);
    far_ends.push_back({"pcap", nullptr, nullptr});
    publish();
  }

  // All that came out of the file, whose port is gone after that.
  std::vector<Octets> close_file() {
    topology.ports.pop_back();
    ports.pop_back();
    publish();
    auto port = PcapPort::open(folder / "out.pcap", std::nullopt).value();
    std::vector<Octets> all;
    Burst burst;
    pollfd due{port->queues()[0]->fd(), POLLIN, 0};
    do {
      burst.clear();
      port->queues()[0]->receive(burst);
      for (const Frame& frame : std::span(burst.frames).first(burst.count))
        all.emplace_back(frame.bytes().begin(), frame.bytes().end());
      // They come at the pace at which they were written.
    } while (burst.count != 0 || poll(&due, 1, 2000) == 1);
    return all;
  }
  PortTotals totals(std::size_t port) const { return stats[port]->totals(); }

  std::vector<FarEnd> far_ends;  // by PortId

 private:
  void add(std::shared_ptr<Port> port, const std::string& name, bool internal) {
    INFO(name);
    REQUIRE(port->prepare(1));
    const auto id = static_cast<PortId>(topology.ports.size());
    stats.push_back(std::make_shared<PortStats>());
    topology.ports.push_back({id, 0, kNoPort, 0, std::move(port), stats.back()});
    ports.push_back({id, true, internal, MacAddress::from_u64(0x0200'0000'0f00u + id), {}});
  }
  void add_device(const std::string& name) {
    REQUIRE(shell("ip link add " + name + kMtu + "type veth peer name far-" + name + kMtu +
                  "&& ip link set " + name + " up && ip link set far-" + name + " up")
                .ok());
    const int index = static_cast<int>(if_nametoindex(name.c_str()));
    add(PacketPort::open(index, name, {}, sinks, budget).value(), name, false);
    far_ends.push_back({name, nullptr, std::make_unique<PacketEnd>("far-" + name)});
  }
  void add_tap(const std::string& name, bool internal) {
    auto tap = TapPort::open(name, 1).value();
    REQUIRE(shell("ip link set " + name + kMtu + "up").ok());
    add(tap, name, internal);
    far_ends.push_back({name, nullptr, std::make_unique<PacketEnd>(name)});
  }
  void add_memory(const std::string& name) {
    const MemoryCable cable = MemoryCable::make({.offload = false}).value();
    add(cable.a, name, false);
    far_ends.push_back({name, cable.b, nullptr});
  }
  void publish() {
    topology.bridges = {std::make_shared<const Bridge>(LinkLocalPolicy(), fdb, ports)};
    datapath.publish(topology);
  }

  const trestle::testing::TemporaryDirectory folder;
  const std::shared_ptr<PacketSinks> sinks = std::make_shared<PacketSinks>();
  const std::shared_ptr<RingBudget> budget =
      std::make_shared<RingBudget>(RingBudget::limit_of_this_machine());
  const std::shared_ptr<Fdb> fdb = std::make_shared<Fdb>(0, 42, 300, Datapath::defer);
  Topology topology;
  std::vector<BridgePort> ports;
  std::vector<std::shared_ptr<PortStats>> stats;
  Datapath datapath{false};
};

// As sent with all tags in the bytes.
MemoryFrame with_tag_inside(MemoryFrame frame) {
  if (!frame.stripped.present()) return frame;
  const VlanTag tag = frame.stripped;
  const std::byte bytes[] = {std::byte(tag.tpid >> 8), std::byte(tag.tpid), std::byte(tag.tci >> 8),
                             std::byte(tag.tci)};
  frame.bytes.insert(frame.bytes.begin() + 12, bytes, bytes + 4);
  frame.vnet = shifted(frame.vnet, 4);
  frame.stripped = {};
  return frame;
}

std::vector<Octets> on_the_wire(const MemoryFrame& frame) {
  const auto wire = slow_wire(frame.bytes, frame.vnet);
  REQUIRE(wire);
  return wire->frames;
}

MemoryFrame random_frame(GsoFrames& frames, std::mt19937_64& random, bool from_memory) {
  GsoChoice choice = frames.any();
  // IP fragments are nothing that a kernel leaves to others to make.
  if (choice.type == VnetHeader::kGsoUdp) choice.type = VnetHeader::kGsoUdpL4;
  choice.stripped = from_memory;
  choice.payload_max = random() % 4 == 0 ? 60'000 : 4'000;
  MemoryFrame frame = frames.right(choice);
  if (choice.type == VnetHeader::kGsoUdpL4 && from_memory && frame.bytes.size() > 1000) {
    // More than the kernel takes of UDP in one frame (UDP_MAX_SEGMENTS): it has to be done for it.
    frame.vnet.gso_size = static_cast<std::uint16_t>(frame.bytes.size() / 200);
  }
  if (random() % 3 == 0) {  // of any size, with nothing left to be done
    frame.bytes = slow_wire(frame.bytes, frame.vnet).value().frames.back();
    frame.vnet = {};
  }
  return frame;
}

}  // namespace

TEST_CASE_METHOD(AllTypes,
                 "between every pair of port types frames stay on the wire what they were") {
  std::mt19937_64 random(1);
  GsoFrames frames([&](std::uint64_t n) { return n == 0 ? random() : random() % n; });
  std::vector<Octets> in_file;
  const std::size_t senders = far_ends.size() - 1;  // a capture is only written here
  for (std::size_t i = 0; i < 40 * senders; ++i) {
    FarEnd& from = far_ends[i % senders];
    const MemoryFrame frame = random_frame(frames, random, from.memory != nullptr);
    INFO("frame " << i << " from " << from.name << ": " << hex(frame.bytes, 160) << ", "
                  << frame.bytes.size() << " bytes, gso_type " << int{frame.vnet.gso_type}
                  << ", gso_size " << frame.vnet.gso_size << ", checksum from "
                  << frame.vnet.csum_start);
    REQUIRE(from.send(frame) == 0);
    const std::vector<Octets> expected = on_the_wire(with_tag_inside(frame));
    in_file.insert(in_file.end(), expected.begin(), expected.end());
    for (FarEnd& to : far_ends) {
      if (&to == &from || (!to.device && !to.memory)) continue;
      INFO("to " << to.name);
      std::vector<Octets> came;
      while (came.size() < expected.size()) {
        const auto arrived = to.receive();
        REQUIRE(arrived);
        if (to.memory) CHECK(arrived->vnet == VnetHeader{});
        for (Octets& octets : on_the_wire(*arrived)) came.push_back(std::move(octets));
      }
      if (came != expected) FAIL(came.size() << " frames came, which are not as sent");
    }
  }
  for (std::size_t port = 0; port < far_ends.size(); ++port) {
    INFO(far_ends[port].name);
    const PortTotals sum = totals(port);
    CHECK(sum.dropped(DropStage::kIngress) == 0);
    CHECK(sum.dropped(DropStage::kEgress) == 0);
    CHECK(sum.staged == sum.tx_frames);
    // By all: to a device that cuts nothing, to a kernel that refuses so many segments, and where
    // there is no offload.
    CHECK(sum.software_segmented > 0);
    CHECK(sum.software_segmented < sum.tx_frames);
  }
  const std::vector<Octets> written = close_file();
  REQUIRE(written.size() == in_file.size());
  const auto wrong = std::mismatch(written.begin(), written.end(), in_file.begin()).first;
  if (wrong != written.end()) FAIL("frame " << wrong - written.begin() << " in the file");
}
