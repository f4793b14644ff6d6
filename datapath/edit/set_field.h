// SPDX-License-Identifier: Apache-2.0
//
// Bits of a Fields word -> the bytes of a frame's headers that they came from, with the checksums
// that cover them: the inverse of switch/flow/extract.cc. One worker's.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "datapath/frame.h"
#include "switch/flow/extract.h"

namespace trestle {

class SetField {
 public:
  // `head`: the frame's first bytes, to be changed. Of `frame` the size and the offload metadata
  // count.
  SetField(std::span<std::byte> head, const Frame& frame);

  // The bits `mask` of word `word` to those of `value`. False: the frame has no field among them
  // that can be written. Bits that cannot be written (in_port, dl_type, nw_proto, nw_frag,
  // tcp_flags, mpls_bos, and whether there is a tag) stay as they are.
  bool set(std::uint8_t word, std::uint64_t value, std::uint64_t mask);

 private:
  // What sums up bytes that change, beside nothing.
  enum class Sums : std::uint8_t {
    kNone,
    kIpv4Header,
    kIpv4Address,  // the header's checksum, and the transport's by its pseudo header
    kPseudoHeader,
    kTransport,
  };
  // Part of a word: `width` bits from `shift` up; a zero mask: not asked for.
  struct Part {
    std::uint64_t value, mask;
    Part(std::uint64_t word_value, std::uint64_t word_mask, unsigned shift, unsigned width)
        : value(word_value >> shift & flow::Fields::ones(width)),
          mask(word_mask >> shift & flow::Fields::ones(width)) {}
    Part shifted(unsigned left) const { return Part(value << left, mask << left); }

   private:
    Part(std::uint64_t v, std::uint64_t m) : value(v), mask(m) {}
  };

  bool set_tags(std::uint64_t value, std::uint64_t mask);
  bool set_network(std::uint64_t value, std::uint64_t mask);
  bool set_ipv4(std::uint64_t value, std::uint64_t mask);
  bool set_transport(std::uint64_t value, std::uint64_t mask);
  bool set_ipv6_or_mpls(std::uint64_t value, std::uint64_t mask);
  bool set_ipv6_address(std::size_t half, std::uint64_t value, std::uint64_t mask);
  bool set_link_address(bool target, std::uint64_t value, std::uint64_t mask);
  bool set_nd_target(std::size_t half, std::uint64_t value, std::uint64_t mask);

  // Writes `bytes` (even, at most 8) of them at `at`, under the mask. False: an empty mask.
  bool put(std::size_t at, std::size_t bytes, Part part, Sums sums);
  void sum_transport(std::uint16_t change, bool pseudo_header);
  void sum_sctp(std::uint64_t before, std::uint64_t after, std::size_t at, std::size_t bytes);
  bool unfinished(std::size_t checksum_at) const;
  std::size_t checksum_at() const;

  bool is_ipv4() const;
  bool is_ipv6() const;
  bool is_arp() const;

  const std::span<std::byte> head_;
  const VnetHeader& vnet_;
  const flow::Layout layout_;
};

}  // namespace trestle
