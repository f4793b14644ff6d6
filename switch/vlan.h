// SPDX-License-Identifier: Apache-2.0
//
// VLAN rules: which VLAN a frame belongs to when it comes in by a port, which ports carry that
// VLAN, and which tag it bears when it leaves. Pure; any thread.
//
// A bridge VLAN is an 802.1Q C-tag (TPID 0x8100). A frame whose outermost tag is an S-tag (0x88a8)
// is, to a bridge, an untagged frame with a payload, as it is to the Linux bridge with
// vlan_protocol 802.1Q.

#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>

namespace trestle {

inline constexpr std::uint16_t kTpidCustomer = 0x8100;  // 802.1Q-2018 table 9-1: C-tag
inline constexpr std::uint16_t kTpidService = 0x88a8;   // 802.1Q-2018 table 9-1: S-tag

// A VLAN identifier, 1-4094; 0 means "no VLAN": what an untagged frame on a transparent port
// belongs to.
using VlanId = std::uint16_t;
inline constexpr VlanId kNoVlan = 0;
inline constexpr VlanId kVlanMax = 4094;

// One tag in host byte order. tpid 0 = no tag.
struct VlanTag {
  std::uint16_t tpid = 0;
  std::uint16_t tci = 0;  // PCP (3 bits), DEI (1), VID (12): 802.1Q-2018 9.6

  constexpr bool present() const { return tpid != 0; }
  constexpr bool is_customer() const { return tpid == kTpidCustomer; }
  constexpr VlanId vid() const { return tci & 0xfff; }
  constexpr std::uint16_t priority_bits() const { return tci & 0xf000; }  // PCP and DEI

  friend constexpr bool operator==(VlanTag, VlanTag) = default;
};

using VlanSet = std::bitset<4096>;

// What a port does with VLANs: the keys `vlan`, `trunk` and `native` of the configuration.
class PortVlan {
 public:
  PortVlan() = default;  // transparent: every frame passes as it is
  // Untagged (and priority-tagged) frames belong to `vlan`; tagged ones are refused; frames leave
  // untagged.
  static PortVlan access(VlanId vlan);
  // Frames of `vlans` pass tagged. With `native`, untagged frames belong to it and it leaves
  // untagged; without, untagged frames are refused. An absent set means every VLAN, as for
  // ovs-vsctl's native-untagged.
  static PortVlan trunk(std::optional<VlanSet> vlans, std::optional<VlanId> native);

  bool is_transparent() const { return mode_ == Mode::kTransparent; }
  bool is_access() const { return mode_ == Mode::kAccess; }
  bool is_trunk() const { return mode_ == Mode::kTrunk; }
  VlanId access_vlan() const { return untagged_; }       // access only
  std::optional<VlanId> native() const;                  // trunk only
  const VlanSet* vlans() const { return vlans_.get(); }  // trunk only; null: all

  // The VLAN of a frame that comes in with outermost C-tag `tag` (or none); kRefused: it may not.
  // (Not an optional: for each frame one would be built in memory piece by piece and stall whoever
  // reads it whole.)
  static constexpr VlanId kRefused = 0xffff;
  VlanId classify(VlanTag tag) const {
    if (mode_ == Mode::kTransparent) return tag.is_customer() ? tag.vid() : kNoVlan;
    return classify_filtering(tag);
  }
  // Whether a frame of `vlan` may leave by this port.
  bool carries(VlanId vlan) const {
    if (mode_ == Mode::kTransparent) return true;
    if (mode_ == Mode::kAccess || vlan == kNoVlan) return vlan == untagged_ && vlan != kNoVlan;
    return vlan == untagged_ || !vlans_ || (*vlans_)[vlan];
  }
  // The C-tag (or none) that a frame of `vlan`, which came in with C-tag `tag` (or none), leaves
  // with. Priority bits survive where a tag does.
  VlanTag egress_tag(VlanId vlan, VlanTag tag) const {
    if (mode_ == Mode::kTransparent && vlan == kNoVlan) return tag;
    return egress_tag_filtering(vlan, tag);
  }

  friend bool operator==(const PortVlan& a, const PortVlan& b);

 private:
  enum class Mode : std::uint8_t { kTransparent, kAccess, kTrunk };
  VlanId classify_filtering(VlanTag tag) const;
  VlanTag egress_tag_filtering(VlanId vlan, VlanTag tag) const;

  Mode mode_ = Mode::kTransparent;
  VlanId untagged_ = kNoVlan;             // access: the VLAN; trunk: the native one or kNoVlan
  std::shared_ptr<const VlanSet> vlans_;  // trunk: null = every VLAN
};

}  // namespace trestle
