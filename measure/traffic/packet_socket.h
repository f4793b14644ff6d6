// SPDX-License-Identifier: Apache-2.0
//
// A packet socket that closes itself. One thread.

#pragma once

#include "datapath/error.h"

namespace trestle::measure {

class PacketSocket {
 public:
  // In the calling thread's namespace; receives nothing yet.
  static Result<PacketSocket> open();

  PacketSocket(PacketSocket&& other) noexcept;
  PacketSocket& operator=(PacketSocket&& other) noexcept;
  ~PacketSocket();

  int fd() const { return fd_; }
  // An option of SOL_PACKET; `name` is for the error.
  Result<void> set(int option, int value, const char* name);
  // `protocol`: an EtherType or ETH_P_ALL, in host order. With 0 it stays as it is, which is none
  // at first: it only sends.
  Result<void> bind(int ifindex, int protocol);

 private:
  explicit PacketSocket(int fd) : fd_(fd) {}

  int fd_;
};

}  // namespace trestle::measure
