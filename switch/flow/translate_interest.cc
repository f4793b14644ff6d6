// SPDX-License-Identifier: Apache-2.0
//
// What actions and groups may look at, whatever the frame: no less than what translating them
// examines.

#include "switch/flow/translation_run.h"

namespace trestle::flow {
namespace {

void add(Fields& to, const Fields& mask) {
  for (std::size_t word = 0; word < kWords; ++word) to[word] |= mask[word];
}

struct Interest {
  Fields bits;

  void operator()(const SetField& action) { add_writing(action.field); }
  void operator()(const Move& action) {
    add_writing(action.destination.field);
    add_writing(action.source.field);  // what tells whether there is one
    Fields source;
    set(source, action.source, ~Bits{0});
    add(bits, source);
  }
  void operator()(const ModVlan&) { bits[kWordVlanIp] |= kTagBits; }
  void operator()(const PushVlan&) { bits[kWordVlanIp] |= kTagBits; }
  void operator()(const PopVlan&) { bits[kWordVlanIp] |= kTagBits; }
  void operator()(const PushMpls&) {
    bits[kWordVlanIp] |= 0xffff;  // TOS and TTL
    bits[kWordIpv6Mpls] |= 0xffff'ffff;
  }
  void operator()(const PopMpls&) { add_writing(Field::kMplsLabel); }
  void operator()(const DecTtl&) { add_writing(Field::kIpTtl), bits[kWordVlanIp] |= 0xff; }
  void operator()(const DecMplsTtl&) { add_writing(Field::kMplsTtl), bits[kWordIpv6Mpls] |= 0xff; }
  void operator()(const WriteActions& action) { add_list(action.actions); }

  // These look at nothing of a frame's but what always is examined.
  void operator()(const Output&) {}
  void operator()(const OutputInPort&) {}
  void operator()(const Flood&) {}
  void operator()(const Normal&) {}
  void operator()(const Punt&) {}
  void operator()(const GotoTable&) {}
  void operator()(const Resubmit&) {}
  void operator()(const ClearActions&) {}
  void operator()(const WriteMetadata&) {}
  void operator()(const ToGroup&) {}
  void operator()(const ToMeter&) {}

  void add_writing(Field field) {
    add(bits, prerequisite_bits(info(field).prerequisite));
    if (info(field).prerequisite >= Prerequisite::kNd) add(bits, mask_of(field));
    // Writing a TCI may add or remove a tag.
    if ((mask_of(field)[kWordVlanIp] & kTagBits) != 0) bits[kWordVlanIp] |= kTagBits;
  }
  void add_list(const ActionList& actions) {
    for (const Action& action : actions) std::visit(*this, action.as_variant());
  }
};

}  // namespace

Fields interest_of(const ActionList& actions) {
  Interest interest;
  interest.add_list(actions);
  return interest.bits;
}

Fields interest_of(const GroupSpec& group) {
  if (group.type != GroupType::kSelect) return {};
  Fields mask = connection_bits();
  mask[kWordVlanIp] |= kTagBits | std::uint64_t{0xff} << 16;  // and nw_frag
  return mask;
}

}  // namespace trestle::flow
