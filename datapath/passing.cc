// SPDX-License-Identifier: Apache-2.0

#include "datapath/passing.h"

namespace trestle {
namespace {

std::uint16_t load16(const Frame& frame, std::size_t at) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(frame.data[at]) << 8 |
                                    std::to_integer<unsigned>(frame.data[at + 1]));
}

}  // namespace

std::optional<Passing> Passing::entering_with(VlanTag tag) const {
  Passing next = *this;
  next.headers_.customer = tag;
  if (tag.present() || headers_.service.present()) {
    next.key_.tag = tag.present() ? tag : headers_.service;
    next.key_.ether_type = load16(*frame_, headers_.rest);
    return next;
  }
  // Nothing is put before the rest: what it begins with is outermost now.
  const std::size_t rest = headers_.rest;
  const std::uint16_t type = load16(*frame_, rest);
  next.key_.tag = {};
  next.key_.ether_type = type;
  if (type != kTpidCustomer && type != kTpidService) return next;
  if (rest + kVlanTagSize + 2 > frame_->size) return std::nullopt;
  next.key_.tag = {type, load16(*frame_, rest + 2)};
  next.key_.ether_type = load16(*frame_, rest + kVlanTagSize);
  if (type == kTpidCustomer) {
    next.headers_.customer = next.key_.tag;
    next.headers_.rest = static_cast<std::uint16_t>(rest + kVlanTagSize);
    next.inline_ = rest == kMacAddresses ? next.key_.tag : VlanTag{};
  }
  return next;
}

}  // namespace trestle
