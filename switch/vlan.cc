// SPDX-License-Identifier: Apache-2.0

#include "switch/vlan.h"

namespace trestle {

PortVlan PortVlan::access(VlanId vlan) {
  PortVlan port;
  port.mode_ = Mode::kAccess;
  port.untagged_ = vlan;
  return port;
}

PortVlan PortVlan::trunk(std::optional<VlanSet> vlans, std::optional<VlanId> native) {
  PortVlan port;
  port.mode_ = Mode::kTrunk;
  port.untagged_ = native.value_or(kNoVlan);
  if (vlans) port.vlans_ = std::make_shared<const VlanSet>(*vlans);
  return port;
}

std::optional<VlanId> PortVlan::native() const {
  if (mode_ != Mode::kTrunk || untagged_ == kNoVlan) return std::nullopt;
  return untagged_;
}

VlanId PortVlan::classify_filtering(VlanTag tag) const {
  // 802.1Q-2018 6.9.1: a priority tag (VID 0) classifies as an untagged frame does.
  const bool tagged = tag.is_customer() && tag.vid() != kNoVlan;
  if (!tagged) return untagged_ != kNoVlan ? untagged_ : kRefused;
  if (mode_ == Mode::kAccess || !carries(tag.vid())) return kRefused;
  return tag.vid();
}

VlanTag PortVlan::egress_tag_filtering(VlanId vlan, VlanTag tag) const {
  if (mode_ == Mode::kTransparent) {
    if (vlan == kNoVlan || (tag.is_customer() && tag.vid() == vlan)) return tag;
  } else if (vlan == untagged_) {
    return VlanTag{};
  }
  const std::uint16_t priority = tag.is_customer() ? tag.priority_bits() : 0;
  return VlanTag{kTpidCustomer, static_cast<std::uint16_t>(priority | vlan)};
}

bool operator==(const PortVlan& a, const PortVlan& b) {
  if (a.mode_ != b.mode_ || a.untagged_ != b.untagged_) return false;
  if (!a.vlans_ || !b.vlans_) return a.vlans_ == b.vlans_;
  return *a.vlans_ == *b.vlans_;
}

}  // namespace trestle
