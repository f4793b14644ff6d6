// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/link_end.h"

#include <utility>

namespace trestle::measure {

template <typename Action>
auto LinkEnd::in_space(Action action) -> decltype(action()) {
  const auto scope = net::NamespaceScope::enter(port_.space);
  if (!scope) return tl::make_unexpected(scope.error());
  return action();
}

Result<LinkEnd> LinkEnd::open(Port port) {
  auto counter = [&port]() -> Result<DeviceCounter> {
    const auto scope = net::NamespaceScope::enter(port.space);
    if (!scope) return tl::make_unexpected(scope.error());
    return DeviceCounter::open();
  }();
  if (!counter) return tl::make_unexpected(counter.error());
  LinkEnd end(std::move(port), std::move(*counter));
  if (const auto found = end.find_device(); !found) return tl::make_unexpected(found.error());
  return end;
}

Result<void> LinkEnd::find_device() {
  const auto ifindex = counter_.find(port_.interface);
  if (!ifindex) return tl::make_unexpected(ifindex.error());
  if (*ifindex == ifindex_) return {};
  ifindex_ = 0;
  outlet_.reset();
  if (ring_) ring_->unhook();
  if (shield_) shield_->release();
  shield_.reset();
  return in_space([&]() -> Result<void> {
    auto shield = StackShield::install(*ifindex);
    if (!shield) return tl::make_unexpected(shield.error());
    shield_.emplace(std::move(*shield));
    ifindex_ = *ifindex;
    return {};
  });
}

// In the device's namespace: without tcx the shield is a qdisc that goes.
LinkEnd::~LinkEnd() {
  if (!shield_) return;
  static_cast<void>(in_space([this]() -> Result<void> {
    shield_.reset();
    return {};
  }));
}

bool LinkEnd::suits_ring(const OutletSpec& spec, SendingMeans means) {
  if (spec.super_frames || means == SendingMeans::kMessages) return false;
  if (means == SendingMeans::kRing) return true;
  return is_veth_for(spec.size_max);
}

bool LinkEnd::is_veth_for(std::uint32_t size_max) {
  const auto device = counter_.describe(port_.interface);
  return device && device->driver == "veth" && size_max <= device->mtu + kEthernet;
}

Result<void> LinkEnd::open_outlet(std::uint32_t size_max, bool super_frames, SendingMeans means) {
  const OutletSpec wanted{ifindex_, size_max, super_frames};
  if (outlet_ && spec_ == wanted) return {};
  return in_space([&]() -> Result<void> {
    spec_ = wanted;
    auto outlet = suits_ring(spec_, means) ? open_ring_outlet(spec_) : open_message_outlet(spec_);
    if (!outlet) return tl::make_unexpected(outlet.error());
    outlet_ = std::move(*outlet);
    return {};
  });
}

Result<void> LinkEnd::hook_ring(std::size_t bytes, bool sample) {
  if (!ring_) {
    auto ring = in_space([bytes] { return SinkRing::open(bytes); });
    if (!ring) return tl::make_unexpected(ring.error());
    ring_.emplace(std::move(*ring));
  }
  return ring_->hook(ifindex_, sample);
}

void LinkEnd::unhook_ring() {
  if (ring_) ring_->unhook();
}

Result<void> LinkEnd::start_counting() {
  const auto now = counter_.counts(ifindex_);
  if (!now) return tl::make_unexpected(now.error());
  before_ = *now;
  last_ = now->received;
  carried_ = 0;
  return {};
}

std::uint64_t LinkEnd::counted() {
  if (const auto now = counter_.counts(ifindex_)) {
    last_ = now->received;
  } else if (const int old = ifindex_; find_device() && ifindex_ != old) {
    carried_ += last_ - before_.received;
    before_ = {};
    const auto first = counter_.counts(ifindex_);
    last_ = first ? first->received : 0;
  }
  return carried_ + last_ - before_.received;
}

std::optional<DeviceCounter::Counts> LinkEnd::counted_out() {
  const auto now = counter_.counts(ifindex_);
  if (!now || now->sent < before_.sent) return std::nullopt;
  return DeviceCounter::Counts{0, now->sent - before_.sent, now->dropped - before_.dropped};
}

}  // namespace trestle::measure
