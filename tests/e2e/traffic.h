// SPDX-License-Identifier: Apache-2.0
//
// Traffic whose arrival can be proved: numbered datagrams, a byte stream with known content, raw
// frames with the VLAN tags they arrive with. Sockets are opened inside a namespace by name ("" is
// the sandbox itself) and keep it alive.

#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/processes.h"

namespace trestle::testing {

int socket_in(const std::string& ns, int domain, int type, int protocol);  // REQUIREs success

// A steady flow of numbered UDP datagrams from one namespace to an IPv4 address in another.
class UdpFlow {
 public:
  struct Shape {
    unsigned per_second = 1000;
    std::size_t payload = 64;  // bytes, at least 8
    std::uint16_t port = 7000;
  };
  // Returns when the first datagram has arrived; what is sent later counts.
  UdpFlow(const std::string& from_ns, const std::string& to_ns, const std::string& to_address)
      : UdpFlow(from_ns, to_ns, to_address, Shape{}) {}
  UdpFlow(const std::string& from_ns, const std::string& to_ns, const std::string& to_address,
          Shape shape);
  ~UdpFlow();
  UdpFlow(const UdpFlow&) = delete;
  UdpFlow& operator=(const UdpFlow&) = delete;

  std::uint64_t sent() const { return sent_.load(); }
  std::uint64_t received() const { return received_.load(); }
  // Whether datagrams that are sent from now on arrive.
  bool flows(Seconds limit = Seconds(10)) const;
  // Ends the flow, gives the last datagrams time to arrive, and returns how many did not.
  std::uint64_t lost();
  void stop();

 private:
  void send_all(Shape shape);
  void receive_all();

  int sender_ = -1;
  int receiver_ = -1;
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> received_{0};  // distinct ones, since the first
  std::atomic<bool> counting_{false};
  std::atomic<bool> sending_{true};
  std::atomic<bool> receiving_{true};
  std::thread send_thread_, receive_thread_;
};

// Sends `bytes` of a known pseudo-random stream over TCP; how many arrived in order and unchanged.
std::uint64_t tcp_transfer(const std::string& from_ns, const std::string& to_ns,
                           const std::string& to_address, std::uint64_t bytes);

// A packet socket on one device.
class RawSocket {
 public:
  struct Frame {
    std::vector<std::uint8_t> bytes;    // without the tag that the kernel stripped
    std::optional<std::uint16_t> vlan;  // the VLAN ID of that tag
  };
  RawSocket(const std::string& ns, const std::string& device);
  ~RawSocket();
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  bool send(const std::vector<std::uint8_t>& frame) const;
  // The frames that came in (not those sent by this host) since the last call.
  std::vector<Frame> received() const;

 private:
  int fd_;
};

// A broadcast frame of `size` bytes (before its tag) of EtherType 0x88b5 (local experimental), from
// 02:00:00:00:00:`from`, whose payload begins with `mark`, tagged with `vlan` if given.
std::vector<std::uint8_t> test_frame(std::uint8_t from, std::uint32_t mark, std::size_t size = 64,
                                     std::optional<std::uint16_t> vlan = {});
// Whether `frame` is a test_frame with that mark.
bool is_test_frame(const RawSocket::Frame& frame, std::uint32_t mark);

}  // namespace trestle::testing
