// SPDX-License-Identifier: Apache-2.0
//
// Actions that change the frame or what is remembered of it. Each change is a step of the program
// and a change of the fields that later lookups see. A frame without the field stays as it is; what
// told so has been examined.

#include "switch/flow/translation_run.h"

namespace trestle::flow {
namespace {

bool in_outer_tag(Field field) {
  return field == Field::kVlanTci || field == Field::kVlanVid || field == Field::kDlVlan ||
         field == Field::kVlanPcp;
}

bool is_tag_type(std::uint16_t ether_type) {
  return ether_type == kTpidCustomer || ether_type == kTpidService;
}

constexpr std::uint64_t kVid = 0x0fff, kPcp = 0xe000;
constexpr unsigned kPcpShift = 13;

// RFC 5462: label, traffic class, bottom of stack, TTL.
constexpr std::uint32_t kMplsBottom = 1u << 8;
constexpr unsigned kMplsTcShift = 9, kMplsLabelShift = 12;
constexpr std::uint32_t kExplicitNullIpv4 = 0, kExplicitNullIpv6 = 2;  // RFC 3032 2.1
constexpr std::uint8_t kDefaultTtl = 64;

}  // namespace

bool Translator::Run::act(const SetField& action) {
  if (has(info(action.field))) {
    set(action.field, action.value, action.mask);
  } else {
    note("the frame lacks this field");
  }
  return true;
}

bool Translator::Run::act(const Move& action) {
  const FieldInfo& source = info(action.source.field);
  const FieldInfo& destination = info(action.destination.field);
  if (!has(destination) || !has(source)) {
    note("the frame lacks one of these fields");
    return true;
  }
  Fields read;
  trestle::flow::set(read, action.source, ~Bits{0});
  examine(read);
  const unsigned offset = action.destination.offset;
  set(action.destination.field, get(now.fields, action.source) << offset,
      low_ones(action.destination.bits) << offset);
  return true;
}

void Translator::Run::set(Field field, Bits value, Bits mask) {
  const FieldInfo& where = info(field);
  if (in_outer_tag(field)) {
    const unsigned shift = where.shift - 48;
    auto tag_value = static_cast<std::uint16_t>((value & mask) << shift);
    auto tag_mask = static_cast<std::uint16_t>((mask & low_ones(where.width)) << shift);
    if (field == Field::kDlVlan || field == Field::kVlanPcp) {  // no bit of it says so
      tag_value |= kTagPresent;
      tag_mask |= kTagPresent;
    }
    return write_tag(tag_value, tag_mask);
  }
  mask &= low_ones(where.width);
  const auto upper = [](Bits bits) { return static_cast<std::uint64_t>(bits >> 64); };
  const auto lower = [](Bits bits) { return static_cast<std::uint64_t>(bits); };
  if (where.width == 128) {
    write(where.word, upper(value), upper(mask));
    write(where.word + 1u, lower(value), lower(mask));
  } else {
    write(where.word, lower(value) << where.shift, lower(mask) << where.shift);
  }
}

void Translator::Run::write(std::size_t word, std::uint64_t value, std::uint64_t mask) {
  reveal(word, mask);
  now.fields[word] = (now.fields[word] & ~mask) | (value & mask);
  now.ours[word] |= mask;
  if (word >= kPacketWords) return;
  if (word == kWordDestination) mask &= ~std::uint64_t{0xffff};  // in_port is not in the frame
  if (mask == 0) return;
  emit({.kind = Op::Kind::kSet,
        .word = static_cast<std::uint8_t>(word),
        .value = value & mask,
        .mask = mask});
}

void Translator::Run::write_tag(std::uint16_t value, std::uint16_t mask) {
  const bool tagged = has_tag();
  const bool keep = (mask & kTagPresent) == 0 ? tagged : (value & kTagPresent) != 0;
  if (!tagged && !keep) return note("there is no VLAN tag");
  if (!keep) return pop_tag();
  if (!tagged && !push_tag(kTpidCustomer)) return;
  const auto rest = static_cast<std::uint16_t>(mask & ~kTagPresent);
  write(kWordVlanIp, std::uint64_t{value} << 48, std::uint64_t{rest} << 48);
}

bool Translator::Run::act(const ModVlan& action) {
  if (action.what == ModVlan::What::kVid) {
    write_tag(static_cast<std::uint16_t>((action.value & kVid) | kTagPresent), kVid | kTagPresent);
  } else {
    write_tag(static_cast<std::uint16_t>((action.value << kPcpShift & kPcp) | kTagPresent),
              kPcp | kTagPresent);
  }
  return true;
}

bool Translator::Run::act(const PushVlan& action) {
  push_tag(action.tpid);
  return true;
}

bool Translator::Run::act(const PopVlan&) {
  if (has_tag()) {
    pop_tag();
  } else {
    note("there is no VLAN tag");
  }
  return true;
}

bool Translator::Run::push_tag(std::uint16_t tpid) {
  if (!room_for_header()) return false;
  // A third tag would hide what is yet to come to light.
  if (now.unknown != nullptr) parse_again();
  const bool tagged = has_tag();
  // Whether one goes out of sight decides what can be written from now on.
  if (tagged) examine(kWordVlanIp, kInnerTagPresentBit);
  // Of an untagged frame these bits are known to be zero.
  if (tagged) now.tags_depend_on |= kTagBits & ~now.ours[kWordVlanIp];
  now.ours[kWordVlanIp] |= kTagBits;
  Fields& fields = now.fields;
  if ((fields.inner_tci() & kTagPresent) != 0)
    now.lower_tags[now.lower_tag_count++] = fields.inner_tci();
  fields.set_part(kWordVlanIp, 32, 16, fields.tci());
  fields.set_part(kWordVlanIp, 48, 16, kTagPresent);
  ++now.pushes;
  emit({.kind = Op::Kind::kPushVlan, .type = tpid});
  return true;
}

void Translator::Run::pop_tag() {
  reveal(kWordVlanIp, kTagBits);
  now.tags_depend_on |= kTagBits & ~now.ours[kWordVlanIp];
  now.ours[kWordVlanIp] |= kTagBits;
  Fields& fields = now.fields;
  // More than two tags show as an EtherType of a tag; but who pushed the others knows them.
  const bool more = now.lower_tag_count == 0 && is_tag_type(dl_type());
  fields.set_part(kWordVlanIp, 48, 16, fields.inner_tci());
  const std::uint16_t next =
      now.lower_tag_count > 0 ? now.lower_tags[--now.lower_tag_count] : std::uint16_t{0};
  fields.set_part(kWordVlanIp, 32, 16, next);
  if (now.pushes > 0) --now.pushes;
  emit({.kind = Op::Kind::kPopVlan});
  if (more) now.unknown = &below_tags();
}

bool Translator::Run::room_for_header() {
  if (now.pushes < kPushesMax) return true;
  note("no room for one more header");
  return false;
}

bool Translator::Run::act(const PushMpls& action) {
  if (!room_for_header()) return true;
  if (now.unknown != nullptr) parse_again();
  Fields& fields = now.fields;
  std::uint32_t entry = 0;
  if (is_mpls()) {
    examine(kWordIpv6Mpls, 0xffff'ffff);
    entry = static_cast<std::uint32_t>(fields[kWordIpv6Mpls]) & ~kMplsBottom;
  } else {
    const bool ipv6 = dl_type() == kTypeIpv6;
    std::uint32_t traffic_class = 0, ttl = kDefaultTtl;
    if (is_ip()) {  // the lower half of the DSCP, as Open vSwitch has it
      examine(kWordVlanIp, 0x1cff);
      traffic_class = fields.nw_tos() >> 2 & 7u;
      if (fields.nw_ttl() != 0) ttl = fields.nw_ttl();
    }
    entry = (ipv6 ? kExplicitNullIpv6 : kExplicitNullIpv4) << kMplsLabelShift |
            traffic_class << kMplsTcShift | kMplsBottom | ttl;
  }
  // What is below a label cannot be seen.
  fields[kWordVlanIp] &= kTagBits;
  now.ours[kWordVlanIp] |= ~kTagBits;
  for (std::size_t word = kWordIpv4; word < kPacketWords; ++word) {
    fields[word] = 0;
    now.ours[word] = ~std::uint64_t{0};
  }
  fields[kWordIpv6Mpls] = entry;
  now.lower_tag_count = 0;  // it goes between the two tags in sight and those
  fields.set_dl_type(action.ether_type);
  now.ours[kWordSource] |= 0xffff;
  ++now.pushes;
  emit({.kind = Op::Kind::kPushMpls, .type = action.ether_type, .value = entry});
  return true;
}

bool Translator::Run::act(const PopMpls& action) {
  if (!has(Prerequisite::kMpls)) {
    note("there is no MPLS label");
    return true;
  }
  // Of a frame that has come to light as little as this label, only the bytes know the next.
  reveal(kWordIpv6Mpls, 0xffff'ffff);
  now.fields.set_dl_type(action.ether_type);
  now.ours[kWordSource] |= 0xffff;
  now.unknown = is_tag_type(action.ether_type) ? &tags_below_label() : &below_label();
  if (now.pushes > 0) --now.pushes;
  emit({.kind = Op::Kind::kPopMpls, .type = action.ether_type});
  return true;
}

// As in Open vSwitch, that is the end of this list of actions only: a resubmit that led here goes
// on with its next action.
bool Translator::Run::expired(const char* why) {
  note(why);
  out.program.reason = DropReason::kFlowTtl;
  return false;
}

bool Translator::Run::act(const DecTtl&) {
  if (!has(Prerequisite::kIp)) {
    note("the frame is not IP");
    return true;
  }
  examine(kWordVlanIp, 0xff);
  if (now.fields.nw_ttl() <= 1) return expired("its TTL is 1 or 0");
  write(kWordVlanIp, now.fields.nw_ttl() - 1u, 0xff);
  return true;
}

bool Translator::Run::act(const DecMplsTtl&) {
  if (!has(Prerequisite::kMpls)) {  // ends the list, too
    note("there is no MPLS label");
    return false;
  }
  examine(kWordIpv6Mpls, 0xff);
  const std::uint64_t ttl = now.fields[kWordIpv6Mpls] & 0xff;
  if (ttl <= 1) return expired("its MPLS TTL is 1 or 0");
  write(kWordIpv6Mpls, ttl - 1, 0xff);
  return true;
}

}  // namespace trestle::flow
