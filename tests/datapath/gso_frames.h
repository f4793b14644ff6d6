// SPDX-License-Identifier: Apache-2.0
//
// Random frames with offload metadata: TSO4, TSO6, USO, UFO and unfinished checksums, in TCP and
// UDP with all that may stand before them. The randomness comes from outside: a generator in the
// model tests, the fuzzer's bytes there.

#pragma once

#include <cstdint>
#include <functional>

#include "datapath/ports/memory.h"

namespace trestle {

struct GsoChoice {
  // Which gso_type, kGsoNone for a checksum alone; and which version of IP, where that leaves it
  // open.
  std::uint8_t type = VnetHeader::kGsoNone;
  bool ipv6 = false;
  bool udp = false;        // kGsoNone: of UDP, not TCP
  unsigned tags_max = 3;   // in the bytes; one more may be stripped
  bool stripped = true;    // … if this is true
  bool ip_options = true;  // IPv4 options, IPv6 extension headers
  std::uint32_t payload_max = 65'000;
  std::uint32_t segments_max = 60;  // about
};

class GsoFrames {
 public:
  using Dice = std::function<std::uint64_t(std::uint64_t)>;  // a number below its argument

  explicit GsoFrames(Dice dice) : dice_(std::move(dice)) {}

  // One whose headers, lengths and unfinished sum are right.
  MemoryFrame right(const GsoChoice& choice);
  MemoryFrame right() { return right(any()); }
  // One of which some bytes or metadata lie.
  MemoryFrame hostile();
  GsoChoice any();

 private:
  std::uint64_t below(std::uint64_t n) { return dice_(n); }
  bool one_in(std::uint64_t n) { return dice_(n) == 0; }
  void fill(MemoryFrame& frame, std::size_t count);
  void put_tags(MemoryFrame& frame, const GsoChoice& choice);
  void put_ipv4(MemoryFrame& frame, unsigned protocol, bool options);
  void put_ipv6(MemoryFrame& frame, unsigned protocol, bool extensions);
  void put_tcp(MemoryFrame& frame);

  Dice dice_;
  std::size_t network_ = 0;
};

}  // namespace trestle
