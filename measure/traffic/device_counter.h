// SPDX-License-Identifier: Apache-2.0
//
// What a device has counted, read over a netlink socket that stays open (a few µs a reading). One
// thread.

#pragma once

#include <cstdint>
#include <string>

#include "datapath/error.h"

namespace trestle::measure {

class DeviceCounter {
 public:
  // For the calling thread's namespace.
  static Result<DeviceCounter> open();

  DeviceCounter(DeviceCounter&& other) noexcept;
  DeviceCounter& operator=(DeviceCounter&& other) noexcept;
  ~DeviceCounter();

  // Frames since the device was made.
  struct Counts {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t dropped = 0;  // instead of sent; on a veth, since the far end had no room
  };
  // ENODEV: there is none of this index.
  Result<Counts> counts(int ifindex);
  // Of the device with this name; ENODEV.
  Result<int> find(const std::string& interface);
  struct Device {
    std::string driver;  // "veth", "tun"; as ethtool has it
    std::uint32_t mtu = 0;
  };
  Result<Device> describe(const std::string& interface);

 private:
  explicit DeviceCounter(int fd) : fd_(fd) {}

  int fd_;
  std::uint32_t sequence_ = 0;
};

}  // namespace trestle::measure
