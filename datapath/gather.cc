// SPDX-License-Identifier: Apache-2.0

#include "datapath/gather.h"

#include <cstring>

#include "datapath/edit/edited_frame.h"
#include "datapath/vnet_header.h"

namespace trestle {
namespace {

std::byte* put_tag(std::byte* at, VlanTag tag) {
  at[0] = static_cast<std::byte>(tag.tpid >> 8);
  at[1] = static_cast<std::byte>(tag.tpid);
  at[2] = static_cast<std::byte>(tag.tci >> 8);
  at[3] = static_cast<std::byte>(tag.tci);
  return at + kVlanTagSize;
}

// The bytes before headers.rest, as they leave; returns the end.
std::byte* put_headers(std::byte* at, const Outgoing& outgoing) {
  std::memcpy(at, outgoing.frame->data, kMacAddresses);
  at += kMacAddresses;
  if (outgoing.headers.customer.present()) at = put_tag(at, outgoing.headers.customer);
  if (outgoing.headers.service.present()) at = put_tag(at, outgoing.headers.service);
  return at;
}

iovec piece(const void* data, std::size_t size) {
  return {const_cast<void*>(data),
          size};  // iovec serves reads and writes; these are only written out
}

}  // namespace

void Gather::set(const Outgoing& outgoing) {
  const Frame& frame = *outgoing.frame;
  if (outgoing.as_received && frame.vnet_leads) {
    pieces_[0] = piece(frame.data - sizeof(VnetHeader), sizeof(VnetHeader) + frame.size);
    count_ = 1;
    return;
  }
  const std::span<const std::byte> head = frame.edited ? head_of(frame) : frame.bytes();
  if (outgoing.as_received) {
    pieces_[0] = piece(&frame.vnet, sizeof(VnetHeader));
    pieces_[1] = piece(head.data(), head.size());
    count_ = 2;
  } else {
    vnet_ = shifted(frame.vnet, outgoing.headers.delta());
    std::byte* end = put_headers(header_.data(), outgoing);
    const std::span<const std::byte> rest = head.subspan(outgoing.headers.rest);
    pieces_[0] = piece(&vnet_, sizeof vnet_);
    pieces_[1] = piece(header_.data(), static_cast<std::size_t>(end - header_.data()));
    pieces_[2] = piece(rest.data(), rest.size());
    count_ = 3;
  }
  if (head.size() < frame.size) {
    pieces_[count_++] = piece(payload_of(frame).data(), payload_of(frame).size());
  }
}

void copy_out(const Outgoing& outgoing, std::byte* to) {
  const Frame& frame = *outgoing.frame;
  if (!frame.edited && outgoing.as_received) {
    std::memcpy(to, frame.data, frame.size);
    return;
  }
  std::span<const std::byte> head = frame.edited ? head_of(frame) : frame.bytes();
  if (!outgoing.as_received) {
    to = put_headers(to, outgoing);
    head = head.subspan(outgoing.headers.rest);
  }
  std::memcpy(to, head.data(), head.size());
  const std::span<const std::byte> payload = payload_of(frame);
  if (!payload.empty()) std::memcpy(to + head.size(), payload.data(), payload.size());
}

}  // namespace trestle
