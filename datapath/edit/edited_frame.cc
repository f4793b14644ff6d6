// SPDX-License-Identifier: Apache-2.0
//
// Copying heads, and putting tags and labels in and out. What is set inside of headers:
// set_field.cc.

#include "datapath/edit/edited_frame.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "datapath/edit/set_field.h"
#include "datapath/vnet_header.h"
#include "switch/flow/wire.h"

namespace trestle {
namespace {

using flow::store16;
using flow::store32;

constexpr std::size_t kWidth = kVlanTagSize;  // of a VLAN tag and of a label stack entry

std::byte* put_tag(std::byte* at, VlanTag tag) {
  store16(at, tag.tpid);
  store16(at + 2, tag.tci);
  return at + kVlanTagSize;
}

}  // namespace

void EditedFrame::copy(const Frame& from) {
  copy(from, {{}, from.stripped, kMacAddresses});
}

void EditedFrame::copy(const Frame& from, const Headers& headers) {
  const int delta = headers.delta();
  std::span<const std::byte> head = head_of(from);
  pushed_ = 0;
  if (from.edited) {
    const auto& edited_from = static_cast<const EditedFrame&>(from);
    pushed_ = static_cast<std::uint32_t>(
        std::clamp(static_cast<int>(edited_from.pushed_) + delta, 0, static_cast<int>(kFront)));
    payload_ = edited_from.payload_;
  } else {
    head = head.first(std::min(head.size(), flow::kHeadersMax));
    payload_ = head.data() + head.size();
  }
  begin_at(home());
  std::memcpy(bytes(), head.data(), kMacAddresses);
  std::byte* at = bytes() + kMacAddresses;
  if (headers.customer.present()) at = put_tag(at, headers.customer);
  if (headers.service.present()) at = put_tag(at, headers.service);
  const std::span<const std::byte> rest = head.subspan(headers.rest);
  assert(rest.size() <= static_cast<std::size_t>(bytes_.data() + bytes_.size() - at));
  std::memcpy(at, rest.data(), rest.size());

  size = static_cast<std::uint32_t>(static_cast<int>(from.size) + delta);
  head_size_ = headers.size() + static_cast<std::uint32_t>(rest.size());
  stripped = {};
  vnet = from.vnet;
  vnet_leads = false;
  if (delta != 0) shift_vnet(kMacAddresses, delta);
  fill_up();
}

bool EditedFrame::apply(const flow::Op& op) {
  switch (op.kind) {
    case flow::Op::Kind::kSet:
      return SetField({bytes(), head_size_}, *this).set(op.word, op.value, op.mask);
    case flow::Op::Kind::kPushVlan:
      return push_vlan(op.type);
    case flow::Op::Kind::kPopVlan:
      return pop_vlan();
    case flow::Op::Kind::kPushMpls:
      return push_mpls(op.type, static_cast<std::uint32_t>(op.value));
    case flow::Op::Kind::kPopMpls:
      return pop_mpls(op.type);
    default:
      return false;
  }
}

bool EditedFrame::push_vlan(std::uint16_t tpid) {
  if (!open(kMacAddresses)) return false;
  put_tag(bytes() + kMacAddresses, {tpid, 0});
  return true;
}

bool EditedFrame::pop_vlan() {
  if (flow::layout(head(), size).tags == 0) return false;
  close(kMacAddresses);
  return true;
}

// After all VLAN tags, in the place of the EtherType's payload.
bool EditedFrame::push_mpls(std::uint16_t type, std::uint32_t entry) {
  const std::size_t at = flow::layout(head(), size).type + 2u;
  if (!open(at)) return false;
  store16(bytes() + at - 2, type);
  store32(bytes() + at, entry);
  return true;
}

bool EditedFrame::pop_mpls(std::uint16_t type) {
  const std::size_t at = flow::layout(head(), size).mpls;
  if (at == 0) return false;
  close(at);
  store16(bytes() + at - 2, type);
  return true;
}

bool EditedFrame::open(std::size_t at) {
  if (pushed_ + kWidth > kPushMax) return false;
  std::memmove(bytes() - kWidth, bytes(), at);
  begin_at(bytes() - kWidth);
  pushed_ += kWidth;
  head_size_ += kWidth;
  size += kWidth;
  shift_vnet(at, kWidth);
  return true;
}

void EditedFrame::close(std::size_t at) {
  std::memmove(bytes() + kWidth, bytes(), at);
  begin_at(bytes() + kWidth);
  pushed_ -= std::min<std::uint32_t>(pushed_, kWidth);
  head_size_ -= kWidth;
  size -= kWidth;
  shift_vnet(at, -static_cast<int>(kWidth));
  fill_up();
}

// Takes over from the payload what may be headers now.
void EditedFrame::fill_up() {
  const std::size_t wanted = std::min<std::size_t>(size, flow::kHeadersMax);
  if (head_size_ >= wanted) return;
  const std::size_t missing = wanted - head_size_;
  if (begin_ + wanted > bytes_.size()) {
    std::memmove(home(), bytes(), head_size_);
    begin_at(home());
  }
  std::memcpy(bytes() + head_size_, payload_, missing);
  payload_ += missing;
  head_size_ += static_cast<std::uint32_t>(missing);
}

// After `delta` bytes were put in (or taken out, < 0) at `at`. Metadata that points at what went,
// or would now point into the Ethernet header, never made sense: it goes, as it must not keep an
// edit from being done.
void EditedFrame::shift_vnet(std::size_t at, int delta) {
  const std::size_t moved = at + static_cast<std::size_t>(std::max(0, -delta));
  const bool kept =
      vnet.csum_start >= moved && vnet.csum_start + delta >= static_cast<int>(kEthernetHeader);
  if ((vnet.flags & VnetHeader::kNeedsChecksum) != 0 && !kept) {
    vnet = {};
    return;
  }
  if (vnet.hdr_len < moved) vnet.hdr_len = 0;
  vnet = shifted(vnet, delta);
}

}  // namespace trestle
