// SPDX-License-Identifier: Apache-2.0

#include "datapath/ports/memory.h"

#include <cstring>

#include "datapath/gather.h"
#include "datapath/vnet_header.h"

namespace trestle {

Result<MemoryCable> MemoryCable::make(Options options) {
  auto one = FrameChannel::make(options.limits, options.wakeable);
  if (!one) return tl::make_unexpected(one.error());
  auto other = FrameChannel::make(options.limits, options.wakeable);
  if (!other) return tl::make_unexpected(other.error());
  return MemoryCable{std::make_shared<MemoryEnd>(*one, *other),
                     std::make_shared<MemoryEnd>(*other, *one)};
}

MemoryEnd::MemoryEnd(std::shared_ptr<FrameChannel> in, std::shared_ptr<FrameChannel> out)
    : in_(std::move(in)), out_(std::move(out)), queue_(this) {}

Result<void> MemoryEnd::prepare(std::size_t workers) {
  if (auto prepared = out_->prepare(workers); !prepared) return prepared;
  while (sinks_.size() < workers) {
    sinks_.push_back(std::make_unique<MemorySink>(out_->lane(sinks_.size()), *out_));
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
    slot->vnet =
        frame.as_received ? frame.frame->vnet : shifted(frame.frame->vnet, frame.headers.delta());
    copy_out(frame, slot->data());
    count_transmitted(frame);
  }
  lane_.publish();
  channel_.ring();
}

bool MemoryEnd::send(std::span<const std::byte> bytes, VlanTag stripped, VnetHeader vnet) {
  if (bytes.size() > kFrameMax || !prepare(1)) return false;
  FrameLane& lane = out_->lane(0);
  FrameLane::Slot* slot = lane.claim(bytes.size());
  if (slot == nullptr) return false;
  slot->size = static_cast<std::uint32_t>(bytes.size());
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
