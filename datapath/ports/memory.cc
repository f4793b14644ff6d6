// SPDX-License-Identifier: Apache-2.0

#include "datapath/ports/memory.h"

#include <cstring>

#include "datapath/gather.h"
#include "datapath/vnet_header.h"

namespace trestle {
namespace {

// Copies a frame as it was received. Small ones in pieces of fixed size, the last of which may
// overlap the one before, as a call of memcpy costs such a frame as much as the copying itself
// (bench/engine.cc).
void copy_bytes(std::byte* to, const std::byte* from, std::size_t size) {
  constexpr std::size_t kPiece = 32;
  if (size < kPiece || size > 4 * kPiece) {
    if (size != 0) std::memcpy(to, from, size);
    return;
  }
  std::memcpy(to, from, kPiece);
  if (size > 2 * kPiece) {
    std::memcpy(to + kPiece, from + kPiece, kPiece);
    if (size > 3 * kPiece) std::memcpy(to + 2 * kPiece, from + 2 * kPiece, kPiece);
  }
  std::memcpy(to + size - kPiece, from + size - kPiece, kPiece);
}

}  // namespace

Result<MemoryCable> MemoryCable::make(Options options) {
  auto one = FrameChannel::make(options.limits, options.wakeable);
  if (!one) return tl::make_unexpected(one.error());
  auto other = FrameChannel::make(options.limits, options.wakeable);
  if (!other) return tl::make_unexpected(other.error());
  return MemoryCable{std::make_shared<MemoryEnd>(*one, *other, options.offload),
                     std::make_shared<MemoryEnd>(*other, *one, options.offload)};
}

MemoryEnd::MemoryEnd(std::shared_ptr<FrameChannel> in, std::shared_ptr<FrameChannel> out,
                     bool offload)
    : in_(std::move(in)), out_(std::move(out)), offload_(offload), queue_(this) {}

Result<void> MemoryEnd::prepare(std::size_t workers) {
  if (auto prepared = out_->prepare(workers); !prepared) return prepared;
  while (sinks_.size() < workers) {
    sinks_.push_back(std::make_unique<MemorySink>(out_->lane(sinks_.size()), *out_, offload_));
  }
  return {};
}

Sink* MemoryEnd::sink(std::size_t worker) {
  return worker < sinks_.size() ? sinks_[worker].get() : nullptr;
}

void MemoryEnd::receive(Burst& burst) {
  auto slots = in_->take(kBurstMax);
  if (slots.empty()) {
    in_->arm();
    slots = in_->take(kBurstMax);
  }
  for (FrameLane::Slot* slot : slots) {
    Frame& frame = burst.frames[burst.count++];  // in place: see Passing::receive
    frame.data = slot->data();
    frame.size = slot->size;
    frame.stripped = slot->stripped;
    frame.vnet = slot->vnet;
    frame.vnet_leads = true;
  }
}

void MemoryEnd::MemorySink::send(std::span<const Outgoing> frames) {
  if (!offload_) return send_as_on_wire(frames);
  Transmitted transmitted;
  for (const Outgoing& frame : frames) {
    const std::uint32_t size = outgoing_size(frame);
    if (size > kFrameMax) {
      count_dropped(frame, DropReason::kOversize);
      continue;
    }
    FrameLane::Slot* slot = lane_.claim(size);
    if (slot == nullptr) {
      count_dropped(frame, DropReason::kQueueFull);
      continue;
    }
    slot->size = size;
    slot->stripped = {};
    slot->epoch = frame.egress->epoch;
    if (frame.as_received && !frame.frame->edited) {
      slot->vnet = frame.frame->vnet;
      copy_bytes(slot->data(), frame.frame->data, size);
    } else {
      slot->vnet =
          frame.as_received ? frame.frame->vnet : shifted(frame.frame->vnet, frame.headers.delta());
      copy_out(frame, slot->data());
    }
    transmitted.add(*frame.egress, size);
  }
  transmitted.tell();
  lane_.publish();
  channel_.ring();
}

void MemoryEnd::MemorySink::send_as_on_wire(std::span<const Outgoing> frames) {
  Segmenter segmenter;
  for (const Outgoing& frame : frames) {
    if (!segmenter.begin(frame)) {
      count_dropped(frame, DropReason::kTransmitError);
    } else if (const auto obstacle = send_all_of(segmenter, frame.egress->epoch)) {
      count_dropped(frame, *obstacle);
    } else {
      if (!is_plain(frame.frame->vnet)) frame.egress->counters->software_segmented.add(1);
      count_transmitted(frame);
    }
  }
  lane_.publish();
  channel_.ring();
}

// A frame that a full cable cuts short is dropped, though its first segments are in there.
std::optional<DropReason> MemoryEnd::MemorySink::send_all_of(Segmenter& segmenter,
                                                             std::uint32_t epoch) {
  WireFrame wire;
  while (segmenter.next(wire)) {
    if (wire.size() > kFrameMax) return DropReason::kOversize;
    FrameLane::Slot* slot = lane_.claim(wire.size());
    if (slot == nullptr) return DropReason::kQueueFull;
    slot->size = wire.size();
    slot->stripped = {};
    slot->epoch = epoch;
    slot->vnet = {};
    wire.copy(slot->data());
  }
  return std::nullopt;
}

bool MemoryEnd::send(std::span<const std::byte> bytes, VlanTag stripped, VnetHeader vnet) {
  if (bytes.size() > kFrameMax || !prepare(1)) return false;
  FrameLane& lane = out_->lane(0);
  FrameLane::Slot* slot = lane.claim(bytes.size());
  if (slot == nullptr) return false;
  slot->size = static_cast<std::uint32_t>(bytes.size());
  slot->epoch = 0;
  slot->stripped = stripped;
  slot->vnet = vnet;
  if (!bytes.empty()) std::memcpy(slot->data(), bytes.data(), bytes.size());
  lane.publish();
  out_->ring();
  return true;
}

std::optional<MemoryFrame> MemoryEnd::take() {
  const auto slots = in_->take(1);
  if (slots.empty()) return std::nullopt;
  FrameLane::Slot& slot = *slots[0];
  MemoryFrame frame{{slot.data(), slot.data() + slot.size}, slot.stripped, slot.vnet};
  in_->give_back();
  return frame;
}

std::size_t MemoryEnd::discard() {
  const std::size_t taken = in_->take(kBurstMax).size();
  if (taken != 0) in_->give_back();
  return taken;
}

}  // namespace trestle
