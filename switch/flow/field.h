// SPDX-License-Identifier: Apache-2.0
//
// The names of what rules match and edit: one table of fields, with where each stands in Fields,
// what must be matched before it may be (OpenFlow 1.5 7.2.3.6, "prerequisites") and what may be
// done with it. The text of rules, their checks, `trestle why` and the tests all read this one
// table. Pure.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "switch/flow/fields.h"

namespace trestle::flow {

// Values of up to 128 bits.
__extension__ using Bits = unsigned __int128;
constexpr Bits low_ones(unsigned width) {
  return width >= 128 ? ~Bits{0} : (Bits{1} << width) - 1;
}

enum class Field : std::uint8_t {
  kInPort,
  kEthDst,
  kEthSrc,
  kEthType,
  kVlanTci,       // 16 bits with kTagPresent
  kVlanVid,       // OpenFlow's: 13 bits of the TCI with kTagPresent
  kDlVlan,        // dl_vlan: 12 bits
  kVlanPcp,       // 3 bits
  kInnerVlanTci,  // the second tag
  kInnerVlanVid,
  kInnerVlanPcp,
  kIpSrc,
  kIpDst,
  kIpProto,
  kIpTos,   // all 8 bits (nw_tos masks out ECN)
  kIpDscp,  // 6 bits
  kIpEcn,
  kIpTtl,
  kIpFrag,
  kTcpSrc,
  kTcpDst,
  kTcpFlags,  // 12 bits
  kUdpSrc,
  kUdpDst,
  kSctpSrc,
  kSctpDst,
  kIcmpType,
  kIcmpCode,
  kIcmp6Type,
  kIcmp6Code,
  kArpOp,
  kArpSpa,
  kArpTpa,
  kArpSha,
  kArpTha,
  kIpv6Src,
  kIpv6Dst,
  kIpv6Label,
  kNdTarget,
  kNdSll,
  kNdTll,
  kMplsLabel,
  kMplsTc,
  kMplsBos,
  kMplsTtl,
  kTunId,
  kTunSrc,
  kTunDst,
  kMetadata,
  kReg0,
  kReg15 = kReg0 + 15,
  kCount,
};
inline constexpr std::size_t kFields = static_cast<std::size_t>(Field::kCount);
constexpr Field reg(unsigned n) {
  return static_cast<Field>(static_cast<unsigned>(Field::kReg0) + n);
}

// What must be matched exactly for a field to mean anything.
enum class Prerequisite : std::uint8_t {
  kNone,
  kVlan,
  kInnerVlan,
  kIp,
  kIpv4,
  kIpv6,
  kArp,
  kMpls,
  kTcp,
  kUdp,
  kSctp,
  kIcmp4,
  kIcmp6,
  kNd,  // neighbour solicitation or advertisement: ICMPv6, type 135 or 136, code 0
  kNdSolicit,
  kNdAdvert,
};

// How a value is written in a rule.
enum class Notation : std::uint8_t { kDecimal, kHex, kMac, kIpv4, kIpv6, kPort, kFrag, kTcpFlags };

struct FieldInfo {
  Field field;
  std::string_view name;  // as ovs-ofctl prints it: "nw_src"
  std::string_view oxm;   // as set_field and move may call it: "NXM_OF_IP_SRC"; "" for none
  Word word;              // fields of 128 bits: the upper word; the lower one follows
  std::uint8_t shift;     // of its lowest bit (128 bits: 0)
  std::uint8_t width;     // bits, 1 to 128
  Prerequisite prerequisite;
  Notation notation;
  bool maskable;  // arbitrary masks; else the whole field or nothing
  bool writable;
};

const FieldInfo& info(Field field);
std::span<const FieldInfo> all_fields();
// By any of its names and aliases ("ip_src", "nw_src", "NXM_OF_IP_SRC"); nullptr: none.
const FieldInfo* find_field(std::string_view name);

// The field's value in `fields`, right-aligned.
Bits get(const Fields& fields, Field field);
void set(Fields& fields, Field field, Bits value);
// Sets only the bits of `mask` (right-aligned as the value is).
void set_masked(Fields& fields, Field field, Bits value, Bits mask);
// All of the field's bits, where they stand.
Fields mask_of(Field field);

// Part of a field: `bits` of them from `offset` up (as NXM's [offset..offset+bits-1]).
struct SubField {
  Field field = Field::kReg0;
  std::uint8_t offset = 0;
  std::uint8_t bits = 0;

  friend bool operator==(const SubField&, const SubField&) = default;
};
Bits get(const Fields& fields, SubField part);
void set(Fields& fields, SubField part, Bits value);

}  // namespace trestle::flow
