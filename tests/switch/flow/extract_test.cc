// SPDX-License-Identifier: Apache-2.0
//
// Which fields a frame has: the cases in which a rule must not see what is not there.

#include <catch2/catch.hpp>
#include <cstring>
#include <initializer_list>
#include <memory>

#include "switch/flow/compose.h"
#include "switch/flow/extract.h"
#include "switch/flow/field.h"

namespace trestle::flow {
namespace {

using enum Field;
using Octets = std::vector<std::byte>;

Fields fields_of(const Octets& frame, VlanTag stripped = {}, Depth depth = Depth::kL4) {
  const std::size_t head = std::min(frame.size(), kHeadersMax);
  const std::unique_ptr<std::byte[]> exact(new std::byte[head]);  // a read beyond is seen by ASan
  std::memcpy(exact.get(), frame.data(), head);
  Fields fields;
  extract({exact.get(), head}, frame.size(), stripped, depth, fields);
  return fields;
}

struct Value {
  Field field;
  Bits value;
};
Fields make(std::initializer_list<Value> values) {
  Fields fields;
  set(fields, kEthDst, 0x0200'0000'0001);
  set(fields, kEthSrc, 0x0200'0000'0002);
  for (const Value& value : values) set(fields, value.field, value.value);
  return fields;
}
Fields tcp4() {
  return make({{kEthType, 0x0800},
               {kIpSrc, 0x0a000001},
               {kIpDst, 0x0a000002},
               {kIpProto, 6},
               {kIpTtl, 64},
               {kIpTos, 0xb9},
               {kTcpSrc, 1000},
               {kTcpDst, 80},
               {kTcpFlags, 0x112}});
}
Fields solicitation() {
  return make({{kEthType, 0x86dd},
               {kIpv6Src, 1},
               {kIpv6Dst, 2},
               {kIpProto, 58},
               {kIpTtl, 255},
               {kIcmp6Type, 135},
               {kNdTarget, 3},
               {kNdSll, 0x0200'0000'0005}});
}
Octets bytes(std::initializer_list<unsigned> values) {
  Octets out;
  for (const unsigned value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}
Octets with(Octets frame, std::size_t at, std::initializer_list<unsigned> values) {
  for (const unsigned value : values) frame.at(at++) = static_cast<std::byte>(value);
  return frame;
}
Octets inserted(Octets frame, std::size_t at, std::initializer_list<unsigned> values) {
  const Octets more = bytes(values);
  frame.insert(frame.begin() + static_cast<std::ptrdiff_t>(at), more.begin(), more.end());
  return frame;
}
// Only what Ethernet says.
Fields link_of(const Fields& fields) {
  Fields link;
  for (const Field field : {kEthDst, kEthSrc, kEthType, kVlanTci, kInnerVlanTci})
    set(link, field, get(fields, field));
  return link;
}
// As of a frame whose network header is not whole.
Fields link_only(const Fields& fields) {
  Fields link = link_of(fields);
  link[kWordTransport] = kLacksNetwork;
  return link;
}

TEST_CASE("a tag that the kernel stripped reads as one in the bytes") {
  Fields fields = tcp4();
  const Octets untagged = compose(fields);
  set(fields, kVlanTci, 0x7064 | kTagPresent);
  const Octets tagged = compose(fields);
  CHECK(fields_of(tagged) == fields);
  CHECK(fields_of(untagged, {kTpidCustomer, 0x6064}) == fields);
  CHECK(fields_of(untagged, {kTpidService, 0x7064}) == fields);

  set(fields, kInnerVlanTci, 0x1005);
  CHECK(fields_of(compose(fields)) == fields);
  CHECK(fields_of(inserted(untagged, 12, {0x88, 0xa8, 0x00, 0x05}), {kTpidCustomer, 0x6064}) ==
        fields);
}

TEST_CASE("a tag of VLAN 0 and no tag are told apart") {
  const Octets untagged = compose(tcp4());
  CHECK(fields_of(untagged).tci() == 0);
  CHECK(fields_of(untagged, {kTpidCustomer, 0}).tci() == kTagPresent);
  CHECK(fields_of(inserted(untagged, 12, {0x81, 0x00, 0x00, 0x00})).tci() == kTagPresent);
}

TEST_CASE("a third tag is the EtherType of what follows") {
  Fields fields = tcp4();
  set(fields, kVlanTci, 0x1001);
  set(fields, kInnerVlanTci, 0x1002);
  const Octets two = compose(fields);
  const Octets three = inserted(two, 12, {0x88, 0xa8, 0x00, 0x09});
  const Fields got = fields_of(three);
  CHECK(got.tci() == 0x1009);
  CHECK(got.inner_tci() == 0x1001);
  CHECK(got.dl_type() == 0x8100);
  CHECK(got[kWordIpv4] == 0);
  CHECK(fields_of(two, {kTpidService, 9}) == got);
}

TEST_CASE("a tag that is cut off is an EtherType") {
  const Octets frame = compose(make({{kEthType, 0x8100}}));
  const Octets cut(frame.begin(), frame.begin() + 17);
  CHECK(fields_of(cut).dl_type() == 0x8100);
  CHECK(fields_of(cut).tci() == 0);
}

TEST_CASE("a length is not an EtherType, unless SNAP gives one") {
  const Octets tcp = compose(tcp4());
  CHECK(fields_of(compose(make({{kEthType, kNotAnEtherType}}))).dl_type() == kNotAnEtherType);
  CHECK(fields_of(with(tcp, 12, {0x05, 0xff})).dl_type() == kNotAnEtherType);
  CHECK(fields_of(inserted(tcp, 12, {0, 60, 0xaa, 0xaa, 3, 0, 0, 0})) == tcp4());
  CHECK(fields_of(inserted(tcp, 12, {0, 60, 0xaa, 0xaa, 3, 0, 0, 1})).dl_type() == kNotAnEtherType);
  const Octets length_in_snap =
      with(inserted(tcp, 12, {0, 60, 0xaa, 0xaa, 3, 0, 0, 0}), 20, {5, 0});
  CHECK(fields_of(length_in_snap).dl_type() == kNotAnEtherType);
}

TEST_CASE("a frame cut off anywhere has the fields of what is whole") {
  for (const Fields& fields : {tcp4(), solicitation()}) {
    Octets frame = compose(fields);
    const bool version_6 = fields.dl_type() == 0x86dd;
    frame.resize(version_6 ? 14 + 40 + 32 : 14 + 40);  // without padding
    CHECK(fields_of(frame) == fields);
    while (frame.size() > 14) {
      frame.pop_back();  // less than the header says: no sane IP header
      CHECK(fields_of(frame) == link_only(fields));
    }
  }
}

TEST_CASE("a TCP header that is cut off has no ports") {
  Octets frame = compose(tcp4());
  frame.resize(14 + 39);
  frame[17] = std::byte{39};  // and the IP header admits it
  const Fields got = fields_of(frame);
  CHECK(got.nw_proto() == 6);
  CHECK(got[kWordIpv4] == tcp4()[kWordIpv4]);
  CHECK(got[kWordTransport] == kLacksTransport);
}

TEST_CASE("padding is no header") {
  const Octets frame = with(compose(tcp4()), 16, {0, 20});  // IP ends after its own header
  CHECK(frame.size() == 60);
  CHECK(fields_of(frame).nw_proto() == 6);
  CHECK(fields_of(frame)[kWordTransport] == kLacksTransport);
}

TEST_CASE("an IPv4 header that cannot be is not looked at") {
  const Octets frame = compose(tcp4());
  CHECK(fields_of(with(frame, 14, {0x44})) == link_only(tcp4()));   // too short
  CHECK(fields_of(with(frame, 14, {0x4f})) == link_only(tcp4()));   // longer than all
  CHECK(fields_of(with(frame, 16, {0, 19})) == link_only(tcp4()));  // total length
  CHECK(fields_of(with(frame, 16, {1, 0})) == link_only(tcp4()));   // more than there is
}

TEST_CASE("a later fragment has no ports, a first one has") {
  const Octets frame = compose(tcp4());
  Fields first = tcp4();
  set(first, kIpFrag, 1);
  CHECK(fields_of(with(frame, 20, {0x20, 0})) == first);
  Fields later = tcp4();
  set(later, kIpFrag, 3);
  later[kWordTransport] = 0;
  CHECK(fields_of(with(frame, 20, {0x20, 1})) == later);
  CHECK(fields_of(with(frame, 20, {0x00, 1})) == later);
  CHECK(fields_of(with(frame, 20, {0x40, 0})) == tcp4());  // only: do not fragment
}

TEST_CASE("IPv6 extension headers lead to the protocol after them") {
  const Octets frame = compose(solicitation());
  const auto extended = [&](unsigned kind, std::initializer_list<unsigned> header) {
    Octets out = inserted(frame, 54, header);
    out[20] = static_cast<std::byte>(kind);
    out[19] = static_cast<std::byte>(std::to_integer<unsigned>(out[19]) + header.size());
    return out;
  };
  CHECK(fields_of(extended(0, {58, 0, 0, 0, 0, 0, 0, 0})) == solicitation());
  CHECK(fields_of(extended(43, {58, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) ==
        solicitation());
  CHECK(fields_of(extended(51, {58, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) == solicitation());
  CHECK(fields_of(extended(44, {58, 0, 0, 0, 0, 0, 0, 0})) == solicitation());

  Fields first = solicitation();
  set(first, kIpFrag, 1);
  CHECK(fields_of(extended(44, {58, 0, 0, 1, 0, 0, 0, 0})) == first);
  Fields later = make({{kEthType, 0x86dd},
                       {kIpv6Src, 1},
                       {kIpv6Dst, 2},
                       {kIpProto, 44},
                       {kIpTtl, 255},
                       {kIpFrag, 3}});
  CHECK(fields_of(extended(44, {58, 0, 0, 8, 0, 0, 0, 0})) == later);

  // One that is cut off leaves the addresses and nothing else.
  Fields addresses = make({{kEthType, 0x86dd}, {kIpv6Src, 1}, {kIpv6Dst, 2}});
  addresses[kWordTransport] = kLacksNetwork;
  CHECK(fields_of(extended(60, {58, 5, 0, 0, 0, 0, 0, 0})) == addresses);
}

TEST_CASE("options of neighbour discovery that are malformed or doubled are not believed") {
  const Octets frame = compose(solicitation());  // the option begins at 78
  Fields without = solicitation();
  set(without, kNdSll, 0);
  CHECK(fields_of(with(frame, 79, {0})) == without);  // an option of no length ends them
  CHECK(fields_of(with(frame, 79, {2})) == without);  // longer than the message
  CHECK(fields_of(with(frame, 78, {9})) == without);  // of another kind

  Octets twice = inserted(frame, 78, {1, 1, 2, 0, 0, 0, 0, 6});
  twice[19] = std::byte{40};
  Fields nothing = without;
  set(nothing, kNdTarget, 0);
  CHECK(fields_of(twice) == nothing);
  CHECK(fields_of(with(twice, 80, {0, 0, 0, 0, 0, 0})) == solicitation());  // the first was zero
  CHECK(fields_of(with(twice, 78, {2})) == [] {
    Fields both = solicitation();
    set(both, kNdTll, 0x0200'0000'0006);
    return both;
  }());
  CHECK(fields_of(with(frame, 55, {1})) == [&] {  // code 1: not neighbour discovery
    Fields other = nothing;
    set(other, kIcmp6Code, 1);
    return other;
  }());
}

TEST_CASE("ARP is that of Ethernet and IPv4, and its operation fits in eight bits") {
  const Fields request = make(
      {{kEthType, 0x0806}, {kArpOp, 1}, {kArpSpa, 1}, {kArpTpa, 2}, {kArpSha, 3}, {kArpTha, 4}});
  const Octets frame = compose(request);
  CHECK(fields_of(frame) == request);
  CHECK(fields_of(frame, {}, Depth::kL3) == request);
  CHECK(fields_of(frame, {}, Depth::kL2) == link_of(request));
  Fields no_operation = request;
  set(no_operation, kArpOp, 0);
  CHECK(fields_of(with(frame, 20, {1, 1})) == no_operation);
  CHECK(fields_of(with(frame, 15, {6})) == link_only(request));
  CHECK(fields_of(with(frame, 18, {8})) == link_only(request));
  Fields reverse = request;
  reverse.set_dl_type(0x8035);
  CHECK(fields_of(compose(reverse)) == reverse);
}

TEST_CASE("nothing is looked for under an MPLS label") {
  Fields fields = make({{kEthType, 0x8847}, {kMplsLabel, 77}, {kMplsBos, 1}, {kMplsTtl, 9}});
  Octets frame = compose(fields);
  CHECK(fields_of(frame) == fields);
  CHECK(fields_of(frame, {}, Depth::kL3) == fields);
  frame.resize(17);
  CHECK(fields_of(frame) == link_only(fields));
}

TEST_CASE("what begins beyond kHeadersMax is no header") {
  Octets frame = compose(solicitation(), 300);
  Octets options = bytes({58, 24});  // 200 bytes: ICMPv6 would begin at 254
  options.resize(200);
  frame.insert(frame.begin() + 54, options.begin(), options.end());
  frame[20] = std::byte{60};
  frame[18] = std::byte{2}, frame[19] = std::byte{0};
  const Fields got = fields_of(frame);
  CHECK(got.nw_proto() == 58);
  CHECK(got[kWordTransport] == kLacksTransport);
}

TEST_CASE("a frame's fields are looked for as deep as they are asked for") {
  const Octets frame = compose(tcp4());
  CHECK(fields_of(frame, {}, Depth::kL2) == link_of(tcp4()));
  Fields network = tcp4();
  network[kWordTransport] = 0;
  CHECK(fields_of(frame, {}, Depth::kL3) == network);

  Fields interest;
  CHECK(depth_for(interest) == Depth::kL2);
  for (const Field field :
       {kInPort, kEthDst, kEthSrc, kEthType, kVlanTci, kInnerVlanTci, kMetadata, kReg0, kTunId})
    set(interest, field, ~Bits{0});
  CHECK(depth_for(interest) == Depth::kL2);
  for (const Field field : {kIpSrc, kIpProto, kIpTtl, kIpFrag, kIpv6Dst, kIpv6Label, kMplsTtl}) {
    Fields more = interest;
    set(more, field, ~Bits{0});
    CHECK(depth_for(more) == Depth::kL3);
  }
  for (const Field field : {kTcpSrc, kTcpFlags, kIcmpType, kNdTarget, kArpSha, kNdTll}) {
    Fields more = interest;
    set(more, field, ~Bits{0});
    CHECK(depth_for(more) == Depth::kL4);
  }
}

TEST_CASE("extraction says how many words there are and leaves in_port alone") {
  const auto words = [](const Fields& of, Depth depth) {
    Fields fields;
    fields.set_in_port(42);
    const Octets frame = compose(of);
    const std::size_t count = extract(frame, frame.size(), {}, depth, fields);
    CHECK(fields.in_port() == 42);
    return count;
  };
  CHECK(words(tcp4(), Depth::kL4) == 5);
  CHECK(words(tcp4(), Depth::kL2) == 3);
  CHECK(words(make({{kEthType, 0x88cc}}), Depth::kL4) == 3);
  CHECK(words(solicitation(), Depth::kL4) == kPacketWords);
}

TEST_CASE("the layout tells where the headers stand that the fields come from") {
  Fields fields = tcp4();
  set(fields, kVlanTci, 0x1005);
  Octets frame = compose(fields);
  Layout found = layout(frame, frame.size());
  CHECK(found.tags == 1);
  CHECK(found.type == 16);
  CHECK(found.dl_type == 0x0800);
  CHECK(found.network == 18);
  CHECK(found.transport == 38);
  CHECK(found.protocol == 6);
  CHECK_FALSE(found.later_fragment);

  frame = with(frame, 24, {0, 1});
  found = layout(frame, frame.size());
  CHECK(found.later_fragment);
  CHECK(found.transport == 0);

  frame = compose(make({{kEthType, 0x8847}}));
  CHECK(layout(frame, frame.size()).mpls == 14);
  CHECK(layout(frame, frame.size()).network == 0);
}

}  // namespace
}  // namespace trestle::flow
