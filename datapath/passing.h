// SPDX-License-Identifier: Apache-2.0
//
// A frame on its way through bridges: the received bytes stay where they are, and what changes (its
// VLAN tags) is kept beside them until an egress writes it into the header it sends. One worker's.

#pragma once

#include <cstdint>
#include <optional>

#include "datapath/frame.h"
#include "switch/flow_key.h"
#include "switch/frame_view.h"

namespace trestle {

// Patch links in a row; what goes further is cut (and counted). It bounds the stack; the work that
// one frame can cause is bounded because each bridge gets it once.
inline constexpr unsigned kPatchHopsMax = 32;

// What the frame looks like now: 12 bytes of addresses, then `customer` if present, then `service`
// if present, then the received bytes from `rest` on.
struct Headers {
  VlanTag customer;  // outermost C-tag, wherever it came from
  VlanTag service;   // an S-tag that the kernel had stripped
  std::uint16_t rest = kMacAddresses;

  std::uint32_t size() const {  // bytes before `rest`
    return kMacAddresses + kVlanTagSize * (customer.present() + service.present());
  }
  int delta() const { return static_cast<int>(size()) - rest; }  // bytes more than were received
};

class Passing {
 public:
  // Takes a frame up as it was received. False: malformed (see FrameView::parse), and this is
  // nothing. Fills in place: a Passing made elsewhere and copied here stalls on its small members
  // (bench/engine.cc).
  bool receive(const Frame& frame) {
    const auto view = FrameView::parse(frame.bytes(), frame.stripped);
    if (!view) return false;
    frame_ = &frame;
    key_.destination = view->destination();
    key_.source = view->source();
    key_.tag = view->tag();
    key_.ether_type = view->ether_type();
    const bool customer = view->tag().is_customer();
    headers_.customer = customer ? view->tag() : VlanTag{};
    headers_.service = customer ? VlanTag{} : frame.stripped;
    headers_.rest = customer ? static_cast<std::uint16_t>(view->rest()) : kMacAddresses;
    inline_ = customer && view->tag_inline() ? view->tag() : VlanTag{};
    return true;
  }

  const Frame& frame() const { return *frame_; }
  const FlowKey& key() const { return key_; }
  VlanTag customer_tag() const { return headers_.customer; }

  // How it leaves with C-tag `tag` (or none).
  Headers leaving_with(VlanTag tag) const {
    Headers out = headers_;
    out.customer = tag;
    return out;
  }
  // Whether these headers are what was received, so that the bytes can go out as they lie.
  bool as_received(const Headers& headers) const {
    return headers.delta() == 0 && headers.customer == inline_;
  }
  // The frame as the next bridge sees it after it left one with `tag`, over a patch link. nullopt:
  // malformed (taking a tag off has brought one to light that is cut off).
  std::optional<Passing> entering_with(VlanTag tag) const;

 private:
  const Frame* frame_ = nullptr;
  FlowKey key_;
  Headers headers_;
  VlanTag inline_;  // the C-tag that stands in the received bytes before headers_.rest, if one does
};

}  // namespace trestle
