// SPDX-License-Identifier: Apache-2.0
//
// The table of fields: where each stands, what it is called, and that writing one leaves the others
// alone.

#include "switch/flow/field.h"

#include <set>
#include <string>

#include <catch2/catch.hpp>

using namespace trestle::flow;

namespace {

// Fields that are parts of the same thing, or of headers no frame has both of, may share bits. Each
// gets the name of the place they share.
std::string_view place(Field field) {
  switch (field) {
    case Field::kVlanTci:
    case Field::kVlanVid:
    case Field::kDlVlan:
    case Field::kVlanPcp:
      return "outer tag";
    case Field::kInnerVlanTci:
    case Field::kInnerVlanVid:
    case Field::kInnerVlanPcp:
      return "inner tag";
    case Field::kIpTos:
    case Field::kIpDscp:
    case Field::kIpEcn:
      return "tos";
    case Field::kIpProto:
    case Field::kArpOp:
      return "protocol";
    case Field::kIpSrc:
    case Field::kArpSpa:
      return "IPv4 source";
    case Field::kIpDst:
    case Field::kArpTpa:
      return "IPv4 destination";
    case Field::kTcpSrc:
    case Field::kUdpSrc:
    case Field::kSctpSrc:
    case Field::kIcmpType:
    case Field::kIcmp6Type:
      return "transport source";
    case Field::kTcpDst:
    case Field::kUdpDst:
    case Field::kSctpDst:
    case Field::kIcmpCode:
    case Field::kIcmp6Code:
      return "transport destination";
    case Field::kArpSha:
    case Field::kNdSll:
      return "source link-layer address";
    case Field::kArpTha:
    case Field::kNdTll:
      return "target link-layer address";
    default:
      return info(field).name;
  }
}

bool share_bits(const Fields& a, const Fields& b) {
  for (std::size_t i = 0; i < kWords; ++i) {
    if ((a[i] & b[i]) != 0) return true;
  }
  return false;
}

unsigned count_bits(const Fields& fields) {
  unsigned count = 0;
  for (const std::uint64_t word : fields.words) {
    count += static_cast<unsigned>(__builtin_popcountll(word));
  }
  return count;
}

Bits pattern(const FieldInfo& entry) {
  return (Bits{0x9e3779b97f4a7c15} << 64 | 0xd1b54a32d192ed03) & low_ones(entry.width);
}

}  // namespace

TEST_CASE("fields that have nothing to do with each other share no bits") {
  for (const FieldInfo& a : all_fields()) {
    CHECK(count_bits(mask_of(a.field)) == a.width);
    for (const FieldInfo& b : all_fields()) {
      if (place(a.field) == place(b.field)) continue;
      INFO(a.name << " and " << b.name);
      CHECK_FALSE(share_bits(mask_of(a.field), mask_of(b.field)));
    }
  }
}

TEST_CASE("what is set is got, and nothing else changes") {
  for (const FieldInfo& entry : all_fields()) {
    INFO(entry.name);
    for (const std::uint64_t background : {std::uint64_t{0}, ~std::uint64_t{0}}) {
      Fields fields;
      fields.words.fill(background);
      const Fields before = fields;
      set(fields, entry.field, pattern(entry));
      CHECK((get(fields, entry.field) == pattern(entry)));
      const Fields mask = mask_of(entry.field);
      for (std::size_t i = 0; i < kWords; ++i) CHECK(((fields[i] ^ before[i]) & ~mask[i]) == 0);
    }
  }
}

TEST_CASE("a value wider than its field spoils no neighbour") {
  for (const FieldInfo& entry : all_fields()) {
    Fields fields;
    set(fields, entry.field, ~Bits{0});
    CHECK(fields == mask_of(entry.field));
  }
}

TEST_CASE("set_masked leaves the bits outside of its mask") {
  for (const FieldInfo& entry : all_fields()) {
    INFO(entry.name);
    const Bits all = low_ones(entry.width);
    const Bits mask = (Bits{0x5555555555555555} << 64 | 0x5555555555555555) & all;
    Fields fields;
    set(fields, entry.field, pattern(entry));
    set_masked(fields, entry.field, ~pattern(entry), mask);
    CHECK((get(fields, entry.field) == (pattern(entry) ^ mask)));
  }
}

TEST_CASE("parts of a field, also across the halves of 128 bits") {
  for (const FieldInfo& entry : all_fields()) {
    for (unsigned offset = 0; offset < entry.width; offset += 5) {
      for (unsigned bits = 1; offset + bits <= entry.width; bits += 7) {
        const SubField part{entry.field, static_cast<std::uint8_t>(offset),
                            static_cast<std::uint8_t>(bits)};
        Fields fields;
        set(fields, entry.field, pattern(entry));
        const Bits old = get(fields, part);
        CHECK((old == (pattern(entry) >> offset & low_ones(bits))));
        set(fields, part, ~old);
        CHECK((get(fields, entry.field) == (pattern(entry) ^ low_ones(bits) << offset)));
      }
    }
  }
}

TEST_CASE("every name leads to its field, and to no other") {
  std::set<std::string_view> seen;
  for (const FieldInfo& entry : all_fields()) {
    INFO(entry.name);
    CHECK(find_field(entry.name) == &entry);
    CHECK(seen.insert(entry.name).second);
    if (entry.oxm.empty()) continue;
    CHECK(find_field(entry.oxm) == &entry);
    CHECK(seen.insert(entry.oxm).second);
  }
  CHECK(find_field("") == nullptr);
  CHECK(find_field("NW_SRC") == nullptr);
  CHECK(find_field("reg16") == nullptr);
}

TEST_CASE("the aliases of ovs-fields(7)") {
  const auto is = [](std::string_view alias, Field field) {
    INFO(alias);
    REQUIRE(find_field(alias) != nullptr);
    CHECK(find_field(alias)->field == field);
  };
  is("in_port_oxm", Field::kInPort);
  is("eth_src", Field::kEthSrc);
  is("OXM_OF_ETH_DST", Field::kEthDst);
  is("eth_type", Field::kEthType);
  is("vlan_pcp", Field::kVlanPcp);
  is("ip_src", Field::kIpSrc);
  is("OXM_OF_IPV4_SRC", Field::kIpSrc);
  is("OXM_OF_IPV4_DST", Field::kIpDst);
  is("ip_proto", Field::kIpProto);
  is("ip_ecn", Field::kIpEcn);
  is("ip_frag", Field::kIpFrag);
  is("tp_src", Field::kTcpSrc);
  is("tp_dst", Field::kTcpDst);
  is("OXM_OF_UDP_DST", Field::kUdpDst);
  is("OXM_OF_ICMPV6_TYPE", Field::kIcmp6Type);
  is("OXM_OF_ARP_SPA", Field::kArpSpa);
  is("OXM_OF_IPV6_FLABEL", Field::kIpv6Label);
  is("OXM_OF_IPV6_ND_TLL", Field::kNdTll);
  is("tunnel_id", Field::kTunId);
  is("OXM_OF_TUNNEL_ID", Field::kTunId);
}
