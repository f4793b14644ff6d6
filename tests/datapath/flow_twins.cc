// SPDX-License-Identifier: Apache-2.0

#include "tests/datapath/flow_twins.h"

#include <algorithm>

#include "switch/flow/compose.h"
#include "tests/frames.h"

namespace trestle {

using flow::Bits;
using flow::Field;

namespace {

constexpr std::uint16_t kTypes[] = {0x0800, 0x0800, 0x0800, 0x86dd, 0x86dd, 0x0806, 0x8847, 0x9000};
constexpr std::uint8_t kProtocols[] = {6, 6, 17, 1, 58, 132, 47};
constexpr std::uint8_t kTablesUsed = 4;
constexpr std::size_t kRulesMost = 40;

// Fields with no prerequisite that matters here: a match on any of them is legal for the engine,
// whose rules the text layer has checked.
constexpr Field kMatched[] = {
    Field::kInPort,    Field::kEthDst,  Field::kEthSrc,   Field::kVlanTci,   Field::kVlanPcp,
    Field::kDlVlan,    Field::kIpSrc,   Field::kIpDst,    Field::kIpTos,     Field::kIpTtl,
    Field::kIpFrag,    Field::kTcpSrc,  Field::kTcpDst,   Field::kTcpFlags,  Field::kArpSpa,
    Field::kArpSha,    Field::kIpv6Src, Field::kIpv6Dst,  Field::kIpv6Label, Field::kNdTarget,
    Field::kMplsLabel, Field::kMplsBos, Field::kMetadata, Field::kReg0,      Field::kInnerVlanVid};
constexpr Field kWritten[] = {Field::kEthDst, Field::kEthSrc,   Field::kDlVlan,    Field::kVlanPcp,
                              Field::kIpSrc,  Field::kIpDst,    Field::kIpDscp,    Field::kIpTtl,
                              Field::kTcpSrc, Field::kTcpDst,   Field::kIpv6Src,   Field::kIpv6Dst,
                              Field::kArpSpa, Field::kArpSha,   Field::kMplsLabel, Field::kMplsTc,
                              Field::kReg0,   Field::kMetadata, Field::kIpv6Label, Field::kIpEcn};

}  // namespace

FlowTwins::FlowTwins(Dice dice) : dice_(std::move(dice)) {
  for (std::size_t i = 0; i < kPorts; ++i) fast_.port();
  for (int i = 0; i < 12; ++i) change();
}

// Few values, so that rules and frames meet; zero often, as absence looks like it.
Bits FlowTwins::random_value(Field field) {
  const unsigned width = flow::info(field).width;
  if (field == Field::kInPort) return dice_(kPorts);
  if (field == Field::kVlanTci || field == Field::kInnerVlanVid) return 0x1000 | dice_(3);
  Bits value = dice_(4);
  if (one_in(2)) value <<= width - std::min(width, 3u);
  return value & flow::low_ones(width);
}

flow::Match FlowTwins::random_match() {
  flow::Match match;
  if (!one_in(4)) {
    const std::uint16_t type = kTypes[dice_(std::size(kTypes))];
    match.require(Field::kEthType, type);
    if (type == 0x0800 || type == 0x86dd) {
      if (!one_in(3)) match.require(Field::kIpProto, kProtocols[dice_(std::size(kProtocols))]);
    }
  }
  for (std::uint64_t n = dice_(4); n != 0; --n) {
    const Field field = kMatched[dice_(std::size(kMatched))];
    const unsigned width = flow::info(field).width;
    Bits mask = flow::low_ones(width);
    switch (dice_(4)) {
      case 0:
        mask &= mask << dice_(width);  // a prefix
        break;
      case 1:
        mask &= Bits{dice_(0)} << 64 | dice_(0);
        break;
      default:
        break;
    }
    if (mask != 0) match.require(field, random_value(field), mask);
  }
  return match;
}

flow::ActionList FlowTwins::random_actions(const flow::Match& match, std::uint8_t table,
                                           unsigned depth) {
  flow::ActionList actions;
  for (std::uint64_t n = dice_(5); n != 0; --n) {
    switch (dice_(depth == 0 ? 18 : 12)) {
      case 0:
      case 1:
        actions.push_back(flow::Output{static_cast<PortId>(dice_(kPorts))});
        break;
      case 2:
        actions.push_back(flow::OutputInPort{});
        break;
      case 3:
        actions.push_back(flow::Flood{});
        break;
      case 4:
        actions.push_back(flow::Normal{});
        break;
      case 5:
      case 6:
      case 7: {
        const Field field = kWritten[dice_(std::size(kWritten))];
        const Bits all = flow::low_ones(flow::info(field).width);
        const Bits mask = one_in(3) ? all & (Bits{dice_(0)} << 64 | dice_(0)) : all;
        if (mask != 0) actions.push_back(flow::SetField{field, random_value(field) & mask, mask});
        break;
      }
      case 8:
        actions.push_back(flow::PushVlan{one_in(2) ? kTpidCustomer : kTpidService});
        break;
      case 9:
        actions.push_back(flow::PopVlan{});
        break;
      case 10:
        actions.push_back(flow::DecTtl{});
        break;
      case 11:
        if (one_in(2)) {
          actions.push_back(flow::PushMpls{});
        } else {
          actions.push_back(flow::PopMpls{static_cast<std::uint16_t>(one_in(3) ? 0x8847 : 0x0800)});
        }
        break;
      case 12:
        actions.push_back(
            flow::ModVlan{flow::ModVlan::What::kVid, static_cast<std::uint16_t>(dice_(4))});
        break;
      case 13: {
        const Field from = kWritten[dice_(std::size(kWritten))],
                    to = kWritten[dice_(std::size(kWritten))];
        const unsigned most = std::min(flow::info(from).width, flow::info(to).width);
        const auto bits = static_cast<std::uint8_t>(1 + dice_(most));
        const auto offset = [&](Field field) {
          return static_cast<std::uint8_t>(dice_(flow::info(field).width - bits + 1u));
        };
        actions.push_back(flow::Move{{from, offset(from), bits}, {to, offset(to), bits}});
        break;
      }
      case 14:
      case 15:
        actions.push_back(flow::Resubmit{
            one_in(3) ? std::optional(static_cast<PortId>(dice_(kPorts))) : std::nullopt,
            static_cast<std::uint8_t>(one_in(20) ? table : std::min(table + 1u + dice_(2), 3ul))});
        break;
      case 16:
        actions.push_back(flow::WriteActions{random_actions(match, table, 1)});
        break;
      case 17:
        if (!slow_.groups().empty())
          actions.push_back(flow::ToGroup{slow_.groups().begin()->first});
        break;
      default:
        break;
    }
  }
  if (depth == 0 && one_in(4)) actions.push_back(flow::WriteMetadata{dice_(4), 0xff});
  if (depth == 0 && table + 1 < kTablesUsed && one_in(3)) {
    actions.push_back(flow::GotoTable{static_cast<std::uint8_t>(table + 1)});
  }
  return actions;
}

flow::RuleSpec FlowTwins::random_rule() {
  flow::RuleSpec rule;
  rule.table = static_cast<std::uint8_t>(dice_(kTablesUsed));
  rule.priority = static_cast<std::uint16_t>(dice_(6));
  rule.match = random_match();
  rule.actions = random_actions(rule.match, rule.table, 0);
  return rule;
}

void FlowTwins::add(flow::RuleSpec rule) {
  if (!store_.add({rule}, false, 0)) return;
  auto& rules = slow_.rules();
  std::erase_if(rules, [&](const SlowFlowSwitch::CountedRule& one) {
    return one.spec.table == rule.table && one.spec.priority == rule.priority &&
           one.spec.match == rule.match;
  });
  rules.push_back({std::move(rule), 0, 0});
}

void FlowTwins::change() {
  auto& rules = slow_.rules();
  switch (dice_(10)) {
    case 0: {
      const auto port = static_cast<PortId>(dice_(kPorts));
      const bool up = !fast_.setup().ports[port].up;
      fast_.setup().ports[port].up = up;
      slow_.set_up(port, up);
      break;
    }
    case 1: {  // a group of a type whose choice the twin can make
      flow::GroupSpec group;
      group.id = static_cast<std::uint32_t>(1 + dice_(2));
      group.type = one_in(2) ? flow::GroupType::kAll : flow::GroupType::kFastFailover;
      for (std::uint64_t n = 1 + dice_(3); n != 0; --n) {
        flow::Bucket bucket;
        if (group.type == flow::GroupType::kFastFailover) {
          bucket.watch_port = static_cast<PortId>(dice_(kPorts));
        }
        bucket.actions = random_actions({}, 0, 1);
        group.buckets.push_back(std::move(bucket));
      }
      const bool known = slow_.groups().contains(group.id);
      if (known ? store_.modify_group(group, 0) : store_.add_group(group, 0)) {
        slow_.groups()[group.id] = group;
      }
      break;
    }
    case 2:
    case 3:
      if (!rules.empty()) {
        const auto victim = rules.begin() + static_cast<std::ptrdiff_t>(dice_(rules.size()));
        flow::RuleSelector selector;
        selector.table = victim->spec.table;
        selector.match = victim->spec.match;
        selector.strict = true;
        selector.priority = victim->spec.priority;
        store_.remove(selector);
        rules.erase(victim);
      }
      break;
    default:
      if (rules.size() < kRulesMost) add(random_rule());
      break;
  }
  fast_.publish(store_.pipeline());
}

flow::Fields FlowTwins::random_fields() {
  flow::Fields fields;
  for (const Field field : {Field::kEthDst, Field::kEthSrc})
    set(fields, field, random_value(field));
  const std::uint16_t type = kTypes[dice_(std::size(kTypes))];
  set(fields, Field::kEthType, type);
  if (one_in(3)) set(fields, Field::kVlanTci, 0x1000 | dice_(3) << 13 | dice_(3));
  if (one_in(9) && get(fields, Field::kVlanTci) != 0)
    set(fields, Field::kInnerVlanTci, 0x1000 | dice_(3));
  const auto fill = [&](std::initializer_list<Field> which) {
    for (const Field field : which) set(fields, field, random_value(field));
  };
  if (type == 0x8847) fill({Field::kMplsLabel, Field::kMplsBos, Field::kMplsTtl});
  if (type == 0x0806) fill({Field::kArpOp, Field::kArpSpa, Field::kArpTpa, Field::kArpSha});
  if (type == 0x0800) fill({Field::kIpSrc, Field::kIpDst, Field::kIpTos, Field::kIpTtl});
  if (type == 0x86dd) fill({Field::kIpv6Src, Field::kIpv6Dst, Field::kIpv6Label, Field::kIpTtl});
  if (type == 0x0800 || type == 0x86dd) {
    set(fields, Field::kIpProto, kProtocols[dice_(std::size(kProtocols))]);
    if (one_in(4)) set(fields, Field::kIpFrag, one_in(2) ? 1 : 3);
    fill({Field::kTcpSrc, Field::kTcpDst});
  }
  return fields;
}

MemoryFrame FlowTwins::random_frame() {
  MemoryFrame frame{flow::compose(random_fields(), dice_(3) * 200), {}, {}};
  if (one_in(8)) frame.stripped = {kTpidCustomer, static_cast<std::uint16_t>(dice_(3))};
  if (one_in(6)) {  // hostile: some octets are anything
    for (std::uint64_t n = 1 + dice_(3); n != 0; --n) {
      frame.bytes[12 + dice_(std::min<std::size_t>(frame.bytes.size(), 80) - 12)] =
          static_cast<std::byte>(dice_(256));
    }
  }
  if (one_in(6)) frame.bytes.resize(14 + dice_(frame.bytes.size() - 14));
  return frame;
}

std::string FlowTwins::burst(std::size_t most) {
  const auto in = static_cast<PortId>(dice_(kPorts));
  Delivered expected;
  std::vector<MemoryFrame> frames;
  MemoryFrame frame = random_frame();
  std::optional<Bytes> foretold;
  for (std::uint64_t n = 1 + dice_(most); n != 0; --n) {
    if (one_in(2)) frame = random_frame();
    if (foretell_) foretold = foretell_(fast_.topology(), in, frame);
    const bool taken = fast_.send(in, frame);
    if (!taken) break;
    frames.push_back(frame);
    for (SlowFlowSwitch::Sent& sent : slow_.receive(in, frame).sent) {
      expected[sent.port].push_back(std::move(sent.frame));
      ++sent_;
    }
  }
  fast_.run();
  const Delivered delivered = fast_.delivered();
  if (foretold && frames.size() == 1 && *foretold != bytes_of(delivered)) {
    return "in by port " + std::to_string(in) + " " + in_words(frame) + " was foretold otherwise";
  }
  if (delivered == expected) return "";
  std::string out = "in by port " + std::to_string(in) + ":";
  for (const MemoryFrame& one : frames) {
    out += "\n  " + in_words(one);
  }
  for (PortId port = 0; port < kPorts; ++port) {
    const auto count = [&](const Delivered& all) {
      return all.contains(port) ? all.at(port).size() : 0;
    };
    out += "\n  port " + std::to_string(port) + ": " + std::to_string(count(delivered)) +
           " came out, " + std::to_string(count(expected)) + " expected";
    const auto of_port = [&](const Delivered& all) {
      return all.contains(port) ? all.at(port) : std::vector<MemoryFrame>();
    };
    if (of_port(delivered) == of_port(expected)) continue;
    for (const MemoryFrame& one : of_port(delivered)) out += "\n    came out " + in_words(one);
    for (const MemoryFrame& one : of_port(expected)) out += "\n    expected " + in_words(one);
  }
  return out;
}

std::string FlowTwins::compare_counters() {
  std::string out;
  for (const SlowFlowSwitch::CountedRule& rule : slow_.rules()) {
    flow::RuleSelector selector;
    selector.table = rule.spec.table;
    selector.match = rule.spec.match;
    selector.strict = true;
    selector.priority = rule.spec.priority;
    const auto found = store_.list(selector);
    if (found.size() != 1) return "a rule is missing";
    const flow::HitCounter& hits = *found[0]->hits;
    if (hits.frames == rule.frames && hits.bytes == rule.bytes) continue;
    out += "table " + std::to_string(rule.spec.table) + " priority " +
           std::to_string(rule.spec.priority) + ": " + std::to_string(hits.frames) + " frames, " +
           std::to_string(rule.frames) + " expected; ";
  }
  return out + fast_.imbalance();
}

}  // namespace trestle
