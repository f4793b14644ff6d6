// SPDX-License-Identifier: Apache-2.0
//
// A cable inside the process (type memory): what one end sends, the other receives. Both ends may
// be ports, which joins two bridges through rings (a patch joins them without); or one end is
// driven by hand, by a test or a bench.
//
// Frames are copied into the cable with their VLAN tags in the bytes; offload metadata travels with
// them, if the cable is one that carries it. A full cable drops.
//
// Thread-safety: as datapath/port.h says. An end driven by hand belongs to one thread.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "datapath/offload/segment.h"
#include "datapath/port.h"
#include "datapath/ports/frame_channel.h"

namespace trestle {

// A frame taken out of the cable.
struct MemoryFrame {
  std::vector<std::byte> bytes;
  VlanTag stripped;  // as sent by hand; a port sends the tag in the bytes
  VnetHeader vnet;

  friend bool operator==(const MemoryFrame&, const MemoryFrame&) = default;
};

class MemoryEnd : public Port, private RxQueue {
 public:
  // `offload`: whether the other end takes offload metadata.
  MemoryEnd(std::shared_ptr<FrameChannel> in, std::shared_ptr<FrameChannel> out, bool offload);

  Result<void> prepare(std::size_t workers) override;
  std::span<RxQueue* const> queues() override { return {&queue_, 1}; }
  Sink* sink(std::size_t worker) override;

  // --- by hand, on an end that no datapath has ---

  // False: the cable is full, or the frame larger than kFrameMax. `stripped`: as if a kernel had
  // taken it out.
  bool send(std::span<const std::byte> bytes, VlanTag stripped = {}, VnetHeader vnet = {});
  std::optional<MemoryFrame> take();

  // For benches, which are to cost less than what they measure. Sends up to `most` of what lay in
  // the cable's slots before (each must have carried a frame of up to FrameLane::kSmallMax), after
  // `edit(std::byte*)` of each.
  template <typename Edit>
  std::size_t send_again(std::size_t most, Edit edit) {
    FrameLane& lane = out_->lane(0);
    std::size_t sent = 0;
    for (; sent < most; ++sent) {
      FrameLane::Slot* slot = lane.claim(0);
      if (slot == nullptr) break;
      edit(slot->data());
    }
    lane.publish();
    out_->ring();
    return sent;
  }
  // Takes a burst off the cable without a look at it; returns how many there were.
  std::size_t discard();

 private:
  class MemorySink : public Sink {
   public:
    MemorySink(FrameLane& lane, FrameChannel& channel, bool offload)
        : lane_(lane), channel_(channel), offload_(offload) {}

   protected:
    void send(std::span<const Outgoing> frames) override;

   private:
    void send_as_on_wire(std::span<const Outgoing> frames);
    std::optional<DropReason> send_all_of(Segmenter& segmenter, std::uint32_t epoch);

    FrameLane& lane_;
    FrameChannel& channel_;
    const bool offload_;
  };

  void receive(Burst& burst) override;
  void release() override { in_->give_back(); }
  int fd() const override { return in_->fd(); }

  const std::shared_ptr<FrameChannel> in_, out_;
  const bool offload_;
  RxQueue* const queue_;
  std::vector<std::unique_ptr<MemorySink>> sinks_;
};

struct MemoryCable {
  struct Options {
    bool wakeable = true;        // false: nobody will wait for frames, all poll
    FrameLane::Limits limits{};  // for each direction and sending worker
    bool offload = true;  // false: frames come out as on a wire, cut into segments and finished
  };
  static Result<MemoryCable> make(Options options);
  static Result<MemoryCable> make() { return make(Options()); }

  std::shared_ptr<MemoryEnd> a, b;
};

}  // namespace trestle
