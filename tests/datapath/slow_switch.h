// SPDX-License-Identifier: Apache-2.0
//
// The slow twin of the frame path: a bridge written from the standards' rules in the plainest way,
// with frames as byte vectors that tags are cut out of and pasted into, and a std::map for a MAC
// table. Shares no code with the real one but the types of its input and output. It does not age.

#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "tests/datapath/test_switch.h"

namespace trestle {

class SlowSwitch {
 public:
  explicit SlowSwitch(SwitchSetup setup) { change(std::move(setup)); }

  void change(SwitchSetup setup);
  void receive(PortId port, const MemoryFrame& frame);
  Delivered delivered() { return std::exchange(delivered_, {}); }
  const PortTotals& totals(PortId port) const { return totals_[port]; }

 private:
  using Bytes = std::vector<std::byte>;
  // As on a cable: every tag in the bytes.
  struct Wire {
    Bytes bytes;
    VnetHeader vnet;

    unsigned type() const;   // what stands after the addresses
    bool has_c_tag() const;  // outermost
    unsigned tci() const;    // of the outermost tag
    bool malformed() const;
    void cut_tag();
    void paste_tag(unsigned tpid, unsigned tci);
    void move_offsets(int by);
  };

  void enter(std::size_t bridge, PortId in, const Wire& wire, std::set<std::size_t>& visited,
             int hops);
  void leave(PortId out, int vlan, Wire wire, std::set<std::size_t>& visited, int hops);
  void drop(PortId port, DropReason reason);
  std::vector<PortId> ports_of(std::size_t bridge) const;
  PortId own(std::size_t bridge, std::uint64_t mac, int vlan) const;

  SwitchSetup setup_;
  std::vector<std::map<std::pair<int, std::uint64_t>, PortId>> tables_;
  std::vector<PortTotals> totals_;
  Delivered delivered_;
};

}  // namespace trestle
