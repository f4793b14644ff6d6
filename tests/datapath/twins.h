// SPDX-License-Identifier: Apache-2.0
//
// The switch and its slow twin side by side: the same random bridges, ports, VLANs, links and
// frames for both, and whatever differs. The randomness comes from outside: a generator in the
// model test, the fuzzer's bytes there.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/datapath/slow_switch.h"
#include "tests/datapath/test_switch.h"

namespace trestle {

class Twins {
 public:
  using Dice = std::function<std::uint64_t(std::uint64_t)>;  // a number below its argument

  // With that many bridges and ports; `dice` decides everything else.
  Twins(std::size_t bridges, std::size_t ports, Dice dice);

  // Everything about the ports and policies anew, but the number of them.
  void change_setup();
  // One port goes up or down.
  void change_port();
  // A burst of up to `most` (<= 64) frames into one port. Returns what the twins disagree on, or
  // nothing.
  std::string burst(std::size_t most);
  // Says, before a frame goes in, what will come out: the bytes by port; nothing if it does not
  // know. It is asked for bursts of one frame, and has to agree as well.
  using Bytes = std::map<PortId, std::vector<std::vector<std::byte>>>;
  using Foretell =
      std::function<std::optional<Bytes>(const Topology&, PortId in, const MemoryFrame&)>;
  void compare_with(Foretell foretell) { foretell_ = std::move(foretell); }
  // The same for all counters. Not cheap.
  std::string compare_counters() const;
  // How often a frame was dropped for this reason; how many were sent.
  std::uint64_t drops(DropReason reason) const;
  std::uint64_t transmitted() const;

 private:
  SwitchSetup random_setup();
  PortVlan random_vlan();
  VlanId random_vid();
  MacAddress random_mac();
  MemoryFrame random_frame();
  std::vector<std::byte> random_bytes();
  VnetHeader random_metadata(std::size_t size);
  bool one_in(std::uint64_t n) { return dice_(n) == 0; }

  const std::size_t bridges_, ports_;
  Dice dice_;
  Foretell foretell_;
  SwitchSetup setup_;
  TestSwitch fast_;
  SlowSwitch slow_;
};

}  // namespace trestle
