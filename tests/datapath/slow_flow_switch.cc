// SPDX-License-Identifier: Apache-2.0

#include "tests/datapath/slow_flow_switch.h"

#include <algorithm>

#include "datapath/edit/edited_frame.h"
#include "switch/flow/extract.h"
#include "switch/flow/translate.h"
#include "tests/datapath/slow_action_lists.h"

namespace trestle {

using flow::Bits;
using flow::Field;
using flow::Fields;
using flow::Op;

// One frame's way.
class SlowFlowSwitch::Walk {
 public:
  Walk(SlowFlowSwitch& owner, PortId in, const MemoryFrame& frame)
      : switch_(owner), in_(in), now_(frame) {
    Frame view;
    view.data = frame.bytes.data();
    view.size = static_cast<std::uint32_t>(frame.bytes.size());
    view.stripped = frame.stripped;
    view.vnet = frame.vnet;
    EditedFrame inlined;
    inlined.copy(view);
    take(inlined);
    tags_ = count_tags(2);
  }

  Outcome run() {
    const auto stations = switch_.stations_;
    lookup(0, in_, 0);
    if (!ended_) do_action_set();
    if (looped_) {  // then nothing of it has been done
      switch_.stations_ = stations;
      outcome_.sent.clear();
      outcome_.dropped = DropReason::kFlowDepth;
    } else if (outcome_.sent.empty()) {
      outcome_.dropped = reason_.value_or(ended_reason_.value_or(DropReason::kFlowDrop));
    }
    return outcome_;
  }
  const std::vector<std::size_t>& hits() const { return hits_; }

 private:
  static std::uint16_t load16(const std::vector<std::byte>& bytes, std::size_t at) {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) << 8 |
                                      std::to_integer<unsigned>(bytes[at + 1]));
  }
  unsigned count_tags(unsigned most) const {
    unsigned tags = 0;
    std::size_t at = 12;
    while (tags < most && at + 6 <= now_.bytes.size()) {
      const std::uint16_t type = load16(now_.bytes, at);
      if (type != kTpidCustomer && type != kTpidService) break;
      ++tags;
      at += 4;
    }
    return tags;
  }
  void take(const EditedFrame& version) {
    // Not in place: the version's payload may lie in the bytes it replaces.
    std::vector<std::byte> bytes(version.head().begin(), version.head().end());
    bytes.insert(bytes.end(), version.payload().begin(), version.payload().end());
    now_.bytes = std::move(bytes);
    now_.vnet = version.vnet;
    now_.stripped = {};
  }
  bool apply(const Op& op) {
    Frame view;
    view.data = now_.bytes.data();
    view.size = static_cast<std::uint32_t>(now_.bytes.size());
    view.vnet = now_.vnet;
    EditedFrame version;
    version.copy(view);
    const bool done = version.apply(op);
    if (done) take(version);
    return done;
  }
  // Two tags are seen, and what is after them; more only where a rule has put more before them.
  Fields fields() const {
    std::vector<std::byte> seen = now_.bytes;
    for (unsigned extra = 2; extra < tags_; ++extra)
      seen.erase(seen.begin() + 20, seen.begin() + 24);
    Fields fields = registers_;
    flow::extract(seen, seen.size(), {}, flow::Depth::kL4, fields);
    fields.set_in_port(in_);
    return fields;
  }

  // `deeper`: what is done from here on is one level further down.
  void lookup(std::uint8_t table, PortId in_port, unsigned depth, bool deeper = false) {
    if (looped_ || ended_) return;
    if (depth >= flow::kDepthMax || ++lookups_ > flow::kLookupsMax) {
      looped_ = true;
      return;
    }
    if (deeper) ++depth;
    if (malformed()) return end(DropReason::kMalformed);
    Fields now = fields();
    now.set_in_port(in_port);
    std::size_t best = switch_.rules_.size();
    for (std::size_t i = 0; i < switch_.rules_.size(); ++i) {
      const flow::RuleSpec& spec = switch_.rules_[i].spec;
      if (spec.table != table || !spec.match.matches(now)) continue;
      if (best == switch_.rules_.size() || spec.priority > switch_.rules_[best].spec.priority)
        best = i;
    }
    if (best != switch_.rules_.size()) {
      hits_.push_back(best);
      do_actions(switch_.rules_[best].spec.actions, table, depth);
    } else if (table == 0) {
      normal();
    }
  }

  void do_actions(const flow::ActionList& actions, std::uint8_t table, unsigned depth) {
    for (const flow::Action& action : actions) {
      if (looped_ || ended_) return;
      if (malformed() && asks_for_headers(action)) return end(DropReason::kMalformed);
      std::visit([&](const auto& one) { act(one, table, depth); }, action.as_variant());
      if (std::exchange(list_ends_, false)) return;
    }
  }

  void act(const flow::Output& action, std::uint8_t, unsigned) {
    if (action.port == in_) return;
    if (action.port < switch_.up_.size() && switch_.up_[action.port]) return send(action.port);
    note(DropReason::kFlowOutput);
  }
  void act(const flow::OutputInPort&, std::uint8_t, unsigned) {
    if (switch_.up_[in_]) return send(in_);
    note(DropReason::kFlowOutput);
  }
  void act(const flow::Flood&, std::uint8_t, unsigned) { flood(); }
  void act(const flow::Normal&, std::uint8_t, unsigned) { normal(); }
  void act(const flow::Punt&, std::uint8_t, unsigned) {
    if (!reason_) reason_ = DropReason::kPunted;
  }
  void act(const flow::SetField& action, std::uint8_t, unsigned) {
    set(action.field, action.value, action.mask);
  }
  void act(const flow::ModVlan& action, std::uint8_t, unsigned) {
    if (fields().tci() == 0) push(kTpidCustomer);
    const bool vid = action.what == flow::ModVlan::What::kVid;
    set(vid ? Field::kDlVlan : Field::kVlanPcp, action.value, flow::low_ones(vid ? 12 : 3));
  }
  void act(const flow::Move& action, std::uint8_t, unsigned) {
    if (!has(action.source.field) || !has(action.destination.field)) return;
    const Bits value = get(fields(), action.source);
    const unsigned shift = action.destination.offset;
    set(action.destination.field, value << shift, flow::low_ones(action.destination.bits) << shift);
  }
  void act(const flow::PushVlan& action, std::uint8_t, unsigned) { push(action.tpid); }
  void act(const flow::PopVlan&, std::uint8_t, unsigned) {
    if (fields().tci() == 0) return;
    apply({.kind = Op::Kind::kPopVlan});
    if (pushes_ > 0) --pushes_;
    tags_ = count_tags(std::max(2u, tags_ - 1));
  }
  void act(const flow::PushMpls& action, std::uint8_t, unsigned) {
    if (pushes_ == kPushesMax) return;
    ++pushes_;
    const Fields now = fields();
    tags_ = std::min(tags_, 2u);  // further ones are below the label
    std::uint32_t entry = static_cast<std::uint32_t>(now[flow::kWordIpv6Mpls]);
    if (is_mpls(now)) {
      entry &= ~0x100u;
    } else {
      const bool ip = now.dl_type() == 0x0800 || now.dl_type() == 0x86dd;
      const unsigned label = now.dl_type() == 0x86dd ? 2 : 0;
      const unsigned ttl = ip && now.nw_ttl() != 0 ? now.nw_ttl() : 64;
      const unsigned tc = ip ? now.nw_tos() >> 2 & 7 : 0;
      entry = label << 12 | tc << 9 | 0x100 | ttl;
    }
    apply({.kind = Op::Kind::kPushMpls, .type = action.ether_type, .value = entry});
  }
  void act(const flow::PopMpls& action, std::uint8_t, unsigned) {
    if (!has(Field::kMplsLabel)) return;
    apply({.kind = Op::Kind::kPopMpls, .type = action.ether_type});
    if (pushes_ > 0) --pushes_;
  }
  void act(const flow::DecTtl&, std::uint8_t, unsigned) {
    const Fields now = fields();
    if (!has(Field::kIpTtl)) return;
    if (now.nw_ttl() <= 1) return end_list();
    set(Field::kIpTtl, now.nw_ttl() - 1u, 0xff);
  }
  void act(const flow::DecMplsTtl&, std::uint8_t, unsigned) {
    const Fields now = fields();
    if (!has(Field::kMplsTtl)) return end_list();
    const Bits ttl = get(now, Field::kMplsTtl);
    if (ttl <= 1) return end_list();
    set(Field::kMplsTtl, ttl - 1, 0xff);
  }
  void act(const flow::GotoTable& action, std::uint8_t, unsigned depth) {
    lookup(action.table, in_, depth);
  }
  void act(const flow::Resubmit& action, std::uint8_t table, unsigned depth) {
    // To later tables one can go only so often: that does not count.
    const std::uint8_t to = action.table.value_or(table);
    lookup(to, action.in_port.value_or(in_), depth, to <= table);
  }
  void act(const flow::WriteActions& action, std::uint8_t, unsigned) {
    action_set_.insert(action_set_.end(), action.actions.begin(), action.actions.end());
  }
  void act(const flow::ClearActions&, std::uint8_t, unsigned) { action_set_.clear(); }
  void act(const flow::WriteMetadata& action, std::uint8_t, unsigned) {
    std::uint64_t& metadata = registers_[flow::kWordMetadata];
    metadata = (metadata & ~action.mask) | (action.value & action.mask);
  }
  void act(const flow::ToGroup& action, std::uint8_t table, unsigned depth) {
    const auto found = switch_.groups_.find(action.group);
    if (found == switch_.groups_.end()) return;
    if (depth >= flow::kDepthMax) {
      looped_ = true;
      return;
    }
    const flow::GroupSpec& group = found->second;
    for (const flow::Bucket& bucket : group.buckets) {
      if (group.type == flow::GroupType::kFastFailover && !alive(bucket)) continue;
      const MemoryFrame before = now_;
      const Fields registers = registers_;
      const unsigned tags = tags_, pushes = pushes_;
      do_actions(in_set_order(bucket.actions), table, depth + 1);
      now_ = before;
      registers_ = registers;
      tags_ = tags;
      pushes_ = pushes;
      if (group.type != flow::GroupType::kAll) break;
    }
  }
  void act(const flow::ToMeter&, std::uint8_t, unsigned) {}

  bool alive(const flow::Bucket& bucket) const {
    if (bucket.watch_port) {
      return *bucket.watch_port < switch_.up_.size() && switch_.up_[*bucket.watch_port];
    }
    return false;
  }

  void do_action_set() {
    const flow::ActionList ordered = in_set_order(std::exchange(action_set_, {}));
    do_actions(ordered, 0, 0);
  }

  static bool is_mpls(const Fields& now) {
    return now.dl_type() == 0x8847 || now.dl_type() == 0x8848;
  }
  void push(std::uint16_t tpid) {
    if (pushes_ == kPushesMax) return;
    if (apply({.kind = Op::Kind::kPushVlan, .type = tpid})) ++tags_, ++pushes_;
  }
  // By what the frame is now, not by what the rule matched.
  bool has(Field field) const {
    const Fields now = fields();
    // Edits look through two tags, no more.
    const bool network = (now[flow::kWordTransport] & flow::kLacksNetwork) == 0 && tags_ <= 2;
    const bool transport = (now[flow::kWordTransport] & flow::kLacksTransport) == 0;
    const bool ip = network && (now.dl_type() == 0x0800 || now.dl_type() == 0x86dd);
    switch (flow::info(field).prerequisite) {
      case flow::Prerequisite::kVlan:
        return now.tci() != 0;
      case flow::Prerequisite::kInnerVlan:
        return now.inner_tci() != 0;
      case flow::Prerequisite::kIp:
        return ip;
      case flow::Prerequisite::kIpv4:
        return network && now.dl_type() == 0x0800;
      case flow::Prerequisite::kIpv6:
        return network && now.dl_type() == 0x86dd;
      case flow::Prerequisite::kArp:
        return network && (now.dl_type() == 0x0806 || now.dl_type() == 0x8035);
      case flow::Prerequisite::kMpls:
        return network && is_mpls(now);
      case flow::Prerequisite::kTcp:
        return ip && transport && now.nw_proto() == 6 && (now.nw_frag() & 2) == 0;
      default:
        return true;
    }
  }
  void set(Field field, Bits value, Bits mask) {
    if (!has(field)) return;
    if ((field == Field::kDlVlan || field == Field::kVlanPcp) && fields().tci() == 0) {
      push(kTpidCustomer);
    }
    Fields values, bits;
    flow::set_masked(values, field, value, mask);
    flow::set_masked(bits, field, mask, mask);
    for (std::size_t word = 0; word < flow::kWords; ++word) {
      if (bits[word] == 0) continue;
      if (word >= flow::kPacketWords) {
        registers_[word] = (registers_[word] & ~bits[word]) | (values[word] & bits[word]);
      } else {
        apply({.kind = Op::Kind::kSet,
               .word = static_cast<std::uint8_t>(word),
               .value = values[word],
               .mask = bits[word]});
      }
    }
  }

  // --- where it goes ---

  // Edits may leave something that is no frame any more.
  bool malformed() const {
    const std::uint16_t type = load16(now_.bytes, 12);
    return (type == kTpidCustomer || type == kTpidService) && now_.bytes.size() < 18;
  }
  void send(PortId port) {
    if (malformed()) return note(DropReason::kFlowOutput);
    outcome_.sent.push_back({port, now_});
  }
  void note(DropReason reason) {
    if (!reason_ || *reason_ == DropReason::kPunted) reason_ = reason;
  }
  void end(DropReason reason) {
    ended_ = true;
    ended_reason_ = reason;
  }
  // As Open vSwitch: the actions after it are not done, those of the table that led here are.
  void end_list() {
    list_ends_ = true;
    ended_reason_ = DropReason::kFlowTtl;
  }
  void flood() {
    std::size_t sent = 0;
    for (PortId port = 0; port < switch_.up_.size(); ++port) {
      if (port == in_ || !switch_.up_[port] || malformed()) continue;
      send(port);
      ++sent;
    }
    if (sent == 0) note(DropReason::kNoOutput);
  }
  // All ports are transparent; the VLAN is that of an outermost C-tag.
  void normal() {
    if (malformed()) return note(DropReason::kMalformed);
    const auto mac = [&](std::size_t at) {
      std::uint64_t value = 0;
      for (std::size_t i = 0; i < 6; ++i)
        value = value << 8 | std::to_integer<unsigned>(now_.bytes[at + i]);
      return value;
    };
    const std::uint64_t destination = mac(0), source = mac(6);
    const bool c_tag = load16(now_.bytes, 12) == kTpidCustomer;
    const unsigned vlan = c_tag ? load16(now_.bytes, 14) & 0xfff : 0;
    if (destination == 0x0180c2000001) return note(DropReason::kLinkLocal);
    const bool teaches = (source >> 40 & 1) == 0 && source != 0;
    const auto known = switch_.stations_.find({vlan, destination});
    const bool group = destination >> 40 & 1;
    const PortId to = group || known == switch_.stations_.end() ? kNoPort : known->second;
    if (teaches) switch_.stations_[{vlan, source}] = in_;
    if (to == kNoPort) return flood();
    if (to == in_) return note(DropReason::kSamePort);
    if (!switch_.up_[to]) return note(DropReason::kDestinationDown);
    send(to);
  }

  SlowFlowSwitch& switch_;
  const PortId in_;
  MemoryFrame now_;
  // Tags and labels on top of what has been taken off: there is room for no more.
  static constexpr unsigned kPushesMax = EditedFrame::kPushMax / 4;
  unsigned pushes_ = 0;
  unsigned tags_ = 0;  // that are seen, or were put before those that are
  Fields registers_;
  flow::ActionList action_set_;
  std::vector<std::size_t> hits_;
  unsigned lookups_ = 0;
  bool ended_ = false;
  bool list_ends_ = false;
  bool looped_ = false;
  std::optional<DropReason> reason_, ended_reason_;
  Outcome outcome_;
};

SlowFlowSwitch::Outcome SlowFlowSwitch::receive(PortId in, const MemoryFrame& frame) {
  const unsigned type =
      std::to_integer<unsigned>(frame.bytes[12]) << 8 | std::to_integer<unsigned>(frame.bytes[13]);
  const bool tagged = !frame.stripped.present() && (type == kTpidCustomer || type == kTpidService);
  if (tagged && frame.bytes.size() < 18) return {{}, DropReason::kMalformed};
  Walk walk(*this, in, frame);
  Outcome outcome = walk.run();
  const std::uint64_t bytes = frame.bytes.size() + (frame.stripped.present() ? 4 : 0);
  for (const std::size_t rule : walk.hits()) {
    ++rules_[rule].frames;
    rules_[rule].bytes += bytes;
  }
  return outcome;
}

}  // namespace trestle
