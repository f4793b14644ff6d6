// SPDX-License-Identifier: Apache-2.0
//
// The slow twin of EditedFrame: all bytes of the frame in a vector, edits bit by bit, checksums
// from scratch.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "switch/flow/program.h"
#include "switch/vlan.h"

namespace trestle {

class SlowEdit {
 public:
  using Octets = std::vector<std::byte>;

  // A stripped tag is put where it was.
  SlowEdit(Octets frame, VlanTag stripped);

  bool apply(const flow::Op& op);
  // Makes every checksum right that the frame has; a UDP checksum of 0 stays. `apply` does not.
  void fix_checksums();
  const Octets& bytes() const { return bytes_; }

  // Where headers end, were they looked for in the first `limit` bytes; 0: there are none.
  std::size_t transport(std::size_t limit) const { return parse(limit).transport; }
  std::size_t neighbours(std::size_t limit) const { return parse(limit).places.size(); }
  // Of the transport header's checksum; 0: there is none.
  std::size_t checksum_at() const;
  // The sum of the pseudo header, as an unfinished checksum has it. TCP and UDP.
  std::uint16_t pseudo_header_sum() const;

 private:
  struct Place {  // of a part of a word
    unsigned word, shift, width;
    std::size_t bit;
  };
  struct Parsed {
    std::vector<Place> places;
    std::size_t tags = 0, type = 0, mpls = 0;
    std::size_t ip = 0, end = 0;  // of the IP packet
    unsigned version = 0, protocol = 0;
    std::size_t transport = 0;
    bool routed = false;
  };
  Parsed parse(std::size_t limit) const;
  void parse_ipv4(std::size_t at, std::size_t limit, Parsed& out) const;
  void parse_ipv6(std::size_t at, std::size_t limit, Parsed& out) const;
  void parse_transport(std::size_t at, std::size_t limit, Parsed& out) const;
  void parse_discovery(std::size_t at, std::size_t end, Parsed& out) const;

  void note_last_address();
  bool set(const flow::Op& op);
  std::uint64_t number(std::size_t at, std::size_t size) const;
  void put(std::size_t at, std::uint64_t value, std::size_t size);
  std::uint64_t sum(std::size_t from, std::size_t to) const;

  Octets bytes_;
  std::optional<std::uint64_t> last_address_sum_;  // of a routed frame: not ipv6_dst
  std::size_t pushed_ = 0;
};

}  // namespace trestle
