// SPDX-License-Identifier: Apache-2.0
//
// A port that is a TAP device (types tap and internal): what the host or a namespace sends through
// the device is received here, and the other way round. One descriptor (queue) for each worker
// where the device allows it; the kernel spreads flows over them (drivers/net/tun.c).

#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "datapath/gather.h"
#include "datapath/port.h"
#include "datapath/ports/uring_batch.h"

namespace trestle {

class TapQueue : public RxQueue {
 public:
  explicit TapQueue(int fd) : fd_(fd), batch_(fd, kBurstMax) {}
  ~TapQueue() override;
  TapQueue(const TapQueue&) = delete;
  TapQueue& operator=(const TapQueue&) = delete;

  void receive(Burst& burst) override;
  int fd() const override { return fd_; }
  // An error on a TAP means that its device is gone, for good.
  bool clear_error() override {
    failed_.store(true, std::memory_order_relaxed);
    return false;
  }
  bool failed() const { return failed_.load(std::memory_order_relaxed); }

 private:
  // Fewer frames than this are read one by one: io_uring costs more than it saves.
  static constexpr std::size_t kBatchMin = 4;
  static constexpr std::size_t kSmallMax = 4096;  // bytes

  bool read_one(Burst& burst);
  bool read_batch(Burst& burst, std::size_t count);
  bool take(Burst& burst, std::byte* buffer, ssize_t got);

  const int fd_;
  UringBatch batch_;
  std::size_t small_ = 0;  // frames of up to kSmallMax that the last receive() found
  std::atomic<bool> failed_{false};
};

class TapSink : public Sink {
 public:
  // Writing is safe from several threads at once, so sinks may share a descriptor.
  explicit TapSink(int fd) : fd_(fd), batch_(fd, kBurstMax) {}

 protected:
  void send(std::span<const Outgoing> frames) override;

 private:
  static constexpr std::size_t kBatchMin = 4;

  void send_one(const Outgoing& frame);
  void send_batch(std::span<const Outgoing> frames);
  void account(const Outgoing& frame, int error);

  const int fd_;
  UringBatch batch_;
  std::array<Gather, kBurstMax> gathers_;
};

class TapPort : public Port {
 public:
  // Makes the device `name` in the calling thread's namespace, or opens it if it is a TAP that
  // nobody has open, with up to `queues` queues. A device made here vanishes with this object.
  // Needs CAP_NET_ADMIN.
  static Result<std::shared_ptr<TapPort>> open(const std::string& name, std::size_t queues);
  ~TapPort() override;

  // Whether the device was there before, and so stays.
  bool persistent() const { return persistent_; }
  // As a cable pulled or plugged in: what the device's own side sees.
  Result<void> set_carrier(bool on);

  Result<void> prepare(std::size_t workers) override;
  std::span<RxQueue* const> queues() override { return queue_pointers_; }
  Sink* sink(std::size_t worker) override;
  bool failed() const override { return queues_.front()->failed(); }

 private:
  explicit TapPort(std::string name) : name_(std::move(name)) {}
  Result<int> attach(bool multi_queue);

  const std::string name_;
  bool persistent_ = false;
  std::vector<std::unique_ptr<TapQueue>> queues_;
  std::vector<RxQueue*> queue_pointers_;
  std::vector<std::unique_ptr<TapSink>> sinks_;
};

}  // namespace trestle
