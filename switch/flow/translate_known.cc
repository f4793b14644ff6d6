// SPDX-License-Identifier: Apache-2.0
//
// What is known of the frame as it is after the steps so far, and which of the bits it came with
// that depends on.

#include "switch/flow/translation_run.h"

namespace trestle::flow {

const Fields& below_label() {
  static const Fields bits = [] {
    Fields mask;
    mask[kWordVlanIp] = ~kTagBits;
    for (std::size_t word = kWordIpv4; word < kPacketWords; ++word) mask[word] = ~std::uint64_t{0};
    return mask;
  }();
  return bits;
}

const Fields& below_tags() {
  static const Fields bits = [] {
    Fields mask = below_label();
    mask[kWordSource] = 0xffff;
    mask[kWordVlanIp] |= std::uint64_t{0xffff} << 32;
    return mask;
  }();
  return bits;
}

const Fields& tags_below_label() {
  static const Fields bits = [] {
    Fields mask = below_tags();
    mask[kWordVlanIp] = ~std::uint64_t{0};
    return mask;
  }();
  return bits;
}

Fields always_examined() {
  Fields mask;
  mask[kWordDestination] = 0xffff;  // in_port
  mask[kWordSource] = 0xffff;       // dl_type
  mask[kWordVlanIp] = kTagPresentBit;
  return mask;
}

void Translator::Run::begin(const Fields& packet) {
  out.program.clear();
  out.examined = always_examined();
  out.cacheable = true;
  now.fields = packet;
  for (std::size_t word = kPacketWords; word < kWords; ++word) {
    now.fields[word] = 0;
    now.ours[word] = ~std::uint64_t{0};
  }
}

void Translator::Run::examine(std::size_t word, std::uint64_t mask) {
  reveal(word, mask);
  if (word == kWordVlanIp && (mask & kTagBits) != 0) {
    out.examined[kWordVlanIp] |= now.tags_depend_on;
    now.tags_depend_on = 0;
  }
  out.examined[word] |= mask & ~now.ours[word];
}

void Translator::Run::examine(const Fields& mask) {
  if ((mask[kWordVlanIp] & kTagBits) != 0) {
    out.examined[kWordVlanIp] |= now.tags_depend_on;
    now.tags_depend_on = 0;
  }
  if (now.unknown != nullptr) reveal(mask);
  for (std::size_t word = 0; word < kWords; ++word)
    out.examined[word] |= mask[word] & ~now.ours[word];
}

void Translator::Run::reveal(std::size_t word, std::uint64_t mask) {
  if (now.unknown != nullptr && ((*now.unknown)[word] & mask) != 0) parse_again();
}

void Translator::Run::reveal(const Fields& mask) {
  for (std::size_t word = 0; word < kPacketWords; ++word) reveal(word, mask[word]);
}

void Translator::Run::parse_again() {
  // Each does all steps so far once more.
  if (++reparses > kReparsesMax) return give_up("too much comes to light");
  Fields fields = now.fields;
  if (!reparse.fields_after(out.program.ops, fields)) {
    note("what came to light is malformed");
    stopped = true;
    out.program.reason = DropReason::kMalformed;
  }
  for (std::size_t word = kPacketWords; word < kWords; ++word) fields[word] = now.fields[word];
  fields.set_in_port(now.fields.in_port());
  now.fields = fields;
  now.unknown = nullptr;
  now.lower_tag_count = 0;
  out.cacheable = false;
}

std::uint16_t Translator::Run::dl_type() {
  examine(kWordSource, 0xffff);
  return now.fields.dl_type();
}

bool Translator::Run::is_ip() {
  const std::uint16_t type = dl_type();
  return type == kTypeIpv4 || type == kTypeIpv6;
}

bool Translator::Run::is_mpls() {
  const std::uint16_t type = dl_type();
  return type == kTypeMpls || type == kTypeMplsMulticast;
}

}  // namespace trestle::flow
