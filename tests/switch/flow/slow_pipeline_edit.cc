// SPDX-License-Identifier: Apache-2.0
//
// The slow twin's edits, each done to the frame at once.

#include <algorithm>

#include "tests/switch/flow/slow_pipeline.h"

namespace trestle::flow {
namespace {

bool is_ip(const Fields& f) {
  return f.dl_type() == 0x0800 || f.dl_type() == 0x86dd;
}
bool is_mpls(const Fields& f) {
  return f.dl_type() == 0x8847 || f.dl_type() == 0x8848;
}
bool tagged(const Fields& f) {
  return (f.tci() & kTagPresent) != 0;
}

}  // namespace

bool SlowPipeline::has(Field field) const {
  const Prerequisite prerequisite = info(field).prerequisite;
  if (!has(prerequisite)) return false;
  // What neighbour discovery may lack is zero then.
  const bool discovery = prerequisite == Prerequisite::kNd ||
                         prerequisite == Prerequisite::kNdSolicit ||
                         prerequisite == Prerequisite::kNdAdvert;
  return !discovery || get(seen(), field) != 0;
}

bool SlowPipeline::has(Prerequisite prerequisite) const {
  const Fields f = seen();
  const std::uint16_t type = f.dl_type();
  // Edits look through two tags, no more.
  const bool network = (f[kWordTransport] & kLacksNetwork) == 0 && state_.frame.known_tags <= 2;
  const bool ip = network && is_ip(f);
  const bool transport =
      network && (f[kWordTransport] & kLacksTransport) == 0 && (f.nw_frag() & kFragmentLater) == 0;
  const std::uint64_t message = f.part(kWordTransport, 48, 16);
  const bool icmp6 = transport && type == 0x86dd && f.nw_proto() == 58;
  const bool no_code = f.part(kWordTransport, 32, 16) == 0;
  const bool solicitation = icmp6 && message == 135 && no_code;
  const bool advertisement = icmp6 && message == 136 && no_code;
  switch (prerequisite) {
    case Prerequisite::kNone:
      return true;
    case Prerequisite::kVlan:
      return tagged(f);
    case Prerequisite::kInnerVlan:
      return tagged(f) && (f.inner_tci() & kTagPresent) != 0;
    case Prerequisite::kIp:
      return ip;
    case Prerequisite::kIpv4:
      return network && type == 0x0800;
    case Prerequisite::kIpv6:
      return network && type == 0x86dd;
    case Prerequisite::kArp:
      return network && (type == 0x0806 || type == 0x8035);
    case Prerequisite::kMpls:
      return network && is_mpls(f);
    case Prerequisite::kTcp:
      return ip && transport && f.nw_proto() == 6;
    case Prerequisite::kUdp:
      return ip && transport && f.nw_proto() == 17;
    case Prerequisite::kSctp:
      return ip && transport && f.nw_proto() == 132;
    case Prerequisite::kIcmp4:
      return transport && type == 0x0800 && f.nw_proto() == 1;
    case Prerequisite::kIcmp6:
      return icmp6;
    case Prerequisite::kNd:
      return solicitation || advertisement;
    case Prerequisite::kNdSolicit:
      return solicitation;
    case Prerequisite::kNdAdvert:
      return advertisement;
  }
  return false;
}

void SlowPipeline::change(Field field, Bits value, Bits mask) {
  switch (field) {
    case Field::kVlanTci:
      return change_tag(static_cast<unsigned>(value), static_cast<unsigned>(mask));
    case Field::kVlanVid:
      return change_tag(static_cast<unsigned>(value), static_cast<unsigned>(mask) & 0x1fff);
    case Field::kDlVlan:
      return change_tag(static_cast<unsigned>(value) | 0x1000,
                        (static_cast<unsigned>(mask) & 0xfff) | 0x1000);
    case Field::kVlanPcp:
      return change_tag(static_cast<unsigned>(value) << 13, static_cast<unsigned>(mask) << 13);
    default:
      break;
  }
  Fields fields = seen();
  set_masked(fields, field, value, mask);
  state_.frame.put(fields);
  state_.other.set_in_port(fields.in_port());
  std::copy(fields.words.begin() + kPacketWords, fields.words.end(),
            state_.other.words.begin() + kPacketWords);
}

void SlowPipeline::change_tag(unsigned value, unsigned mask) {
  const unsigned tci = (seen().tci() & ~mask) | (value & mask);
  if ((tci & 0x1000) == 0) {
    if (tagged(seen())) pop_tag();
    return;
  }
  if (!tagged(seen()) && !push_tag(0x8100)) return;
  Fields fields = seen();
  fields.set_part(kWordVlanIp, 48, 16, tci);
  state_.frame.put(fields);
}

bool SlowPipeline::push_tag(std::uint16_t type) {
  if (state_.pushes >= 16) return false;
  state_.frame.push_tag(type);
  ++state_.pushes;
  return true;
}

void SlowPipeline::pop_tag() {
  state_.frame.pop_tag();
  if (state_.pushes > 0) --state_.pushes;
}

bool SlowPipeline::act(const SetField& action) {
  if (has(action.field)) change(action.field, action.value, action.mask);
  return true;
}
bool SlowPipeline::act(const ModVlan& action) {
  if (action.what == ModVlan::What::kVid) change_tag(action.value | 0x1000u, 0x1fff);
  if (action.what == ModVlan::What::kPcp) change_tag((action.value & 7u) << 13 | 0x1000u, 0xf000);
  return true;
}
bool SlowPipeline::act(const Move& action) {
  if (!has(action.source.field) || !has(action.destination.field)) return true;
  const Bits value = get(seen(), action.source);
  change(action.destination.field, value << action.destination.offset,
         low_ones(action.destination.bits) << action.destination.offset);
  return true;
}
bool SlowPipeline::act(const PushVlan& action) {
  push_tag(action.tpid);
  return true;
}
bool SlowPipeline::act(const PopVlan&) {
  if (tagged(seen())) pop_tag();
  return true;
}
bool SlowPipeline::act(const PushMpls& action) {
  if (state_.pushes >= 16) return true;
  ++state_.pushes;
  const Fields f = seen();
  std::uint32_t entry = 64 | 1u << 8;
  if (is_mpls(f)) {
    entry = static_cast<std::uint32_t>(f[kWordIpv6Mpls]) & ~(1u << 8);
  } else if (is_ip(f)) {
    entry = (f.nw_ttl() == 0 ? 64u : f.nw_ttl()) | 1u << 8 | (f.nw_tos() >> 2 & 7u) << 9;
    if (f.dl_type() == 0x86dd) entry |= 2u << 12;
  }
  state_.frame.push_label(action.ether_type, entry);
  return true;
}
bool SlowPipeline::act(const PopMpls& action) {
  if (!has(Prerequisite::kMpls)) return true;
  state_.frame.pop_label(action.ether_type);
  if (state_.pushes > 0) --state_.pushes;
  return true;
}
bool SlowPipeline::act(const DecTtl&) {
  Fields fields = seen();
  if (!has(Prerequisite::kIp)) return true;
  if (fields.nw_ttl() < 2) {
    outcome_.ttl_expired = true;
    return false;
  }
  fields.set_part(kWordVlanIp, 0, 8, fields.nw_ttl() - 1u);
  state_.frame.put(fields);
  return true;
}
bool SlowPipeline::act(const DecMplsTtl&) {
  Fields fields = seen();
  if (!has(Prerequisite::kMpls)) return false;
  const std::uint64_t ttl = fields.part(kWordIpv6Mpls, 0, 8);
  if (ttl < 2) {
    outcome_.ttl_expired = true;
    return false;
  }
  fields.set_part(kWordIpv6Mpls, 0, 8, ttl - 1);
  state_.frame.put(fields);
  return true;
}

}  // namespace trestle::flow
