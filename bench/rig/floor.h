// SPDX-License-Identifier: Apache-2.0
//
// The ways in which floor (rig/floor.cc) takes frames from an interface and gives them to another:
// each as little code as that kernel interface allows. One thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace trestle::bench {

constexpr std::size_t kBurst = 64;
constexpr std::size_t kVnetHeader = 10;  // struct virtio_net_hdr
constexpr std::size_t kFrameMax = kVnetHeader + 65535 + 22;

// A vnet header and the frame behind it.
struct Bytes {
  std::byte* start = nullptr;
  std::uint32_t size = 0;
};

class Source {
 public:
  virtual ~Source() = default;
  // What is there, at most a burst; valid until release().
  virtual std::size_t take(std::span<Bytes, kBurst> frames) = 0;
  virtual void release() {}
  // Readable when there is something.
  virtual int fd() const = 0;
};

class Drain {
 public:
  virtual ~Drain() = default;
  // Sends what can be sent now; the rest is lost.
  virtual void send(std::span<const Bytes> frames) = 0;
};

// Ends the program: what was attempted, and errno.
[[noreturn]] void die(const std::string& attempted);

// AF_PACKET: floor_receive.cc, floor_send.cc.
std::unique_ptr<Source> ring_v2(const std::string& interface, std::uint32_t slots);
std::unique_ptr<Source> ring_v3(const std::string& interface);
std::unique_ptr<Source> recvmmsg_source(const std::string& interface);
std::unique_ptr<Drain> sendmmsg_drain(const std::string& interface);
std::unique_ptr<Drain> io_uring_drain(const std::string& interface);
// AF_XDP, sending only: frames that fit a buffer and need no offload; sendmmsg sends the others.
std::unique_ptr<Drain> xdp_drain(const std::string& interface);

// A TAP, as both: floor_tap.cc.
struct TapEnds {
  std::unique_ptr<Source> source;
  std::unique_ptr<Drain> drain;
};
TapEnds tap_ends(const std::string& name, bool io_uring);

}  // namespace trestle::bench
