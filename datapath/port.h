// SPDX-License-Identifier: Apache-2.0
//
// What a port is to the datapath: queues that hand over bursts, and sinks that take what is staged.
// Everything a port type has to do for frames is in these three classes; datapath/ports/ has one
// file for each type.
//
// Thread-safety: control makes, prepares and destroys ports (after a grace period). A queue is used
// by the one worker that owns it, a sink by the one worker it was made for.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "datapath/counters.h"
#include "datapath/error.h"
#include "datapath/frame.h"
#include "datapath/passing.h"
#include "switch/port_id.h"

namespace trestle {

// The receiving end of a port, or one of several.
class alignas(kOwnLines) RxQueue {
 public:
  virtual ~RxQueue() = default;

  // Adds what has arrived to an empty burst, up to kBurstMax frames, without waiting. Their bytes
  // stay valid and unchanged until release().
  virtual void receive(Burst& burst) = 0;
  // Hands the places of the last burst back. Called once after each receive() that returned frames.
  virtual void release() {}

  // These two between receive() and release().
  //
  // CLOCK_REALTIME nanoseconds when the kernel took in frame `index` of the burst; 0: not known.
  virtual Nanoseconds arrival(std::size_t /*index*/) const { return 0; }
  // How many frames are there, with those of the burst, if they are more than `known` (at least
  // those of the burst); else any number up to `known`. Asked for each full burst, and may look
  // only now and then, and else say `known`.
  virtual std::size_t waiting(std::size_t known) { return known; }

  // Readable when receive() has something; for epoll, level-triggered. -1: has none for now, and is
  // asked every time.
  virtual int fd() const = 0;
  // epoll reported an error condition on fd(). False: it will not go away, stop watching.
  virtual bool clear_error() { return false; }

  // fd() has been put into the worker's epoll, or taken out, which it is while the queue is busy.
  // Only while it is out may fd() become another one. The worker's thread.
  virtual void watched(bool) {}

  // Frames that the kernel gave up before they were received, since the last call. Control thread.
  virtual std::uint64_t take_kernel_drops() { return 0; }
};

// What a worker knows of a port it may send to.
struct Egress {
  int ifindex = 0;                   // AF_PACKET ports: the device
  std::uint32_t mtu = 0;             // bytes after the Ethernet header and one VLAN tag
  PortCounters* counters = nullptr;  // this worker's block
  std::uint32_t epoch = 0;           // of the snapshot: a later one's is larger, modulo 2^32
};

// One frame to be sent by one port.
struct Outgoing {
  const Frame* frame;
  const Egress* egress;
  Headers headers;
  bool as_received;  // `headers` are those in the bytes
};

// Takes frames that are to leave by one port, or by several of one kind, and sends them once a
// burst.
class alignas(kOwnLines) Sink {
 public:
  virtual ~Sink() = default;

  bool empty() const { return count_ == 0; }
  // The frame and the egress must stay as they are until flush().
  void stage(const Frame& frame, const Egress& egress, const Headers& headers, bool as_received) {
    Outgoing& outgoing = staged_[count_++];  // in place: see Passing::receive
    outgoing.frame = &frame;
    outgoing.egress = &egress;
    outgoing.headers = headers;
    outgoing.as_received = as_received;
    if (count_ == kStagedMax) flush();
  }
  // Sends all that is staged, in order for each port, without waiting. Each frame is then counted
  // with its port: transmitted, or dropped for one reason.
  void flush() {
    if (count_ != 0) send({staged_.data(), count_});
    count_ = 0;
  }

 protected:
  virtual void send(std::span<const Outgoing> frames) = 0;

 private:
  // Four bursts: a flood to many ports is sent in few calls, and the messages still fit the L2
  // cache.
  static constexpr std::size_t kStagedMax = 256;

  std::size_t count_ = 0;
  std::array<Outgoing, kStagedMax> staged_;
};

class Port {
 public:
  virtual ~Port() = default;

  // Makes what `workers` workers need to send by this port. Called before the first worker may, and
  // again when there are more of them.
  virtual Result<void> prepare(std::size_t workers) = 0;
  // All queues there are; none for a port that only sends. With several, each worker should own
  // one.
  virtual std::span<RxQueue* const> queues() = 0;
  // For worker `worker` (< the number prepared for). Null: nothing can be sent by this port.
  virtual Sink* sink(std::size_t worker) = 0;
  virtual int ifindex() const { return 0; }
  // Adapts to what has come in since the last call; called a few times a second while workers use
  // the port. An error: what it could not do, and goes on without. Control thread.
  virtual Result<void> tend() { return {}; }
  // Memory in which received frames wait. Control thread.
  virtual std::size_t ring_bytes() const { return 0; }
  // How many frames find room in the largest of its queues' rings; 0: not known. Control thread.
  virtual std::size_t ring_frames() const { return 0; }
  // Its device has gone and will not come back: control has to make a new port. Any thread.
  virtual bool failed() const { return false; }
};

// Bytes of the frame as it leaves.
inline std::uint32_t outgoing_size(const Outgoing& outgoing) {
  if (outgoing.as_received) return outgoing.frame->size;
  return outgoing.frame->size + static_cast<std::uint32_t>(outgoing.headers.delta());
}

// For sinks: a frame went out, or did not.
inline void count_transmitted(const Outgoing& outgoing) {
  outgoing.egress->counters->tx_frames.add(1);
  outgoing.egress->counters->tx_bytes.add(outgoing_size(outgoing));
}
// Or, for many frames of few ports: the sum for one port, told when another one's turn comes.
class Transmitted {
 public:
  void add(const Egress& egress, std::uint32_t size) {
    if (&egress != egress_) {
      tell();
      egress_ = &egress;
    }
    ++frames_;
    bytes_ += size;
  }
  // After the last frame.
  void tell() {
    if (frames_ == 0) return;
    egress_->counters->tx_frames.add(frames_);
    egress_->counters->tx_bytes.add(bytes_);
    frames_ = bytes_ = 0;
  }

 private:
  const Egress* egress_ = nullptr;
  std::uint64_t frames_ = 0, bytes_ = 0;
};
inline void count_dropped(const Outgoing& outgoing, DropReason reason) {
  outgoing.egress->counters->drop(reason);
}

}  // namespace trestle
