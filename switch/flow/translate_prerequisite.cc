// SPDX-License-Identifier: Apache-2.0
//
// Whether a frame has a field at all, and what tells so.

#include "switch/flow/translation_run.h"

namespace trestle::flow {
namespace {

constexpr std::uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kIcmpv6 = 58, kSctp = 132;
constexpr std::uint64_t kProtocolBits = std::uint64_t{0xff} << 24;
constexpr std::uint64_t kFragmentBits = std::uint64_t{0xff} << 16;
constexpr std::uint64_t kTypeAndCode = ~std::uint64_t{0} << 32;
constexpr unsigned kSolicitation = 135, kAdvertisement = 136;  // RFC 4861

}  // namespace

bool Translator::Run::has_tag() {
  examine(kWordVlanIp, kTagPresentBit);
  return (now.fields[kWordVlanIp] & kTagPresentBit) != 0;
}

bool Translator::Run::has(const FieldInfo& field) {
  if (!has(field.prerequisite)) return false;
  if (field.prerequisite < Prerequisite::kNd) return true;
  // Options, and the end of a message that may be cut off: where they are missing, they are zero.
  const Fields mask = mask_of(field.field);
  examine(mask);
  return get(now.fields, field.field) != 0;
}

bool Translator::Run::has(Prerequisite prerequisite) {
  using P = Prerequisite;
  switch (prerequisite) {
    case P::kNone:
      return true;
    case P::kVlan:
      return has_tag();
    case P::kInnerVlan:
      if (!has_tag()) return false;
      examine(kWordVlanIp, kInnerTagPresentBit);
      return (now.fields[kWordVlanIp] & kInnerTagPresentBit) != 0;
    case P::kIp:
      return is_ip() && has_network();
    case P::kIpv4:
      return dl_type() == kTypeIpv4 && has_network();
    case P::kIpv6:
      return dl_type() == kTypeIpv6 && has_network();
    case P::kArp:
      return (dl_type() == kTypeArp || dl_type() == kTypeRarp) && has_network();
    case P::kMpls:
      return is_mpls() && has_network();
    case P::kTcp:
      return is_ip() && has_transport(kTcp);
    case P::kUdp:
      return is_ip() && has_transport(kUdp);
    case P::kSctp:
      return is_ip() && has_transport(kSctp);
    case P::kIcmp4:
      return dl_type() == kTypeIpv4 && has_transport(kIcmp);
    case P::kIcmp6:
      return dl_type() == kTypeIpv6 && has_transport(kIcmpv6);
    case P::kNd:
      return is_neighbor_discovery(kSolicitation) || is_neighbor_discovery(kAdvertisement);
    case P::kNdSolicit:
      return is_neighbor_discovery(kSolicitation);
    case P::kNdAdvert:
      return is_neighbor_discovery(kAdvertisement);
  }
  return false;
}

// The header that dl_type announces, whole, and not below more tags than are looked through.
bool Translator::Run::has_network() {
  if (now.lower_tag_count > 0) return false;
  examine(kWordTransport, kLacksNetwork);
  return (now.fields[kWordTransport] & kLacksNetwork) == 0;
}

// Of this protocol, whole, and not in a later fragment.
bool Translator::Run::has_transport(std::uint8_t protocol) {
  if (!has_network()) return false;
  examine(kWordVlanIp, kProtocolBits | kFragmentBits);
  if (now.fields.nw_proto() != protocol || (now.fields.nw_frag() & kFragmentLater) != 0)
    return false;
  examine(kWordTransport, kLacksTransport);
  return (now.fields[kWordTransport] & kLacksTransport) == 0;
}

bool Translator::Run::is_neighbor_discovery(unsigned type) {
  if (dl_type() != kTypeIpv6 || !has_transport(kIcmpv6)) return false;
  examine(kWordTransport, kTypeAndCode);
  return now.fields.part(kWordTransport, 48, 16) == type &&
         now.fields.part(kWordTransport, 32, 16) == 0;
}

Fields prerequisite_bits(Prerequisite prerequisite) {
  using P = Prerequisite;
  Fields mask = always_examined();
  if (prerequisite == P::kVlan || prerequisite == P::kInnerVlan) mask[kWordVlanIp] |= kTagBits;
  if (prerequisite >= P::kIp) mask[kWordTransport] |= kLacksNetwork;
  if (prerequisite >= P::kTcp) {
    mask[kWordVlanIp] |= kProtocolBits | kFragmentBits;
    mask[kWordTransport] |= kLacksTransport;
  }
  if (prerequisite >= P::kNd) mask[kWordTransport] |= kTypeAndCode;
  return mask;
}
static_assert(Prerequisite::kInnerVlan < Prerequisite::kIp &&
              Prerequisite::kIp < Prerequisite::kTcp);
static_assert(Prerequisite::kMpls < Prerequisite::kTcp &&
              Prerequisite::kIcmp6 < Prerequisite::kNd &&
              Prerequisite::kNd < Prerequisite::kNdAdvert);

}  // namespace trestle::flow
