// SPDX-License-Identifier: Apache-2.0

#include "tests/switch/flow/random_pipeline.h"

#include <algorithm>
#include <iterator>

namespace trestle::flow {

void RandomPipeline::build(PipelineBuilder& to) {
  wander_ = static_cast<unsigned>(below(4));
  to.meter(1);
  for (std::uint32_t id = kGroupsUsed; id > 0; --id) to.group(group(id));
  for (std::uint8_t table = 0; table < kTablesUsed; ++table) {
    const std::uint64_t rules = 1 + below(10);
    for (std::uint64_t i = 0; i < rules; ++i)
      to.rule(table, static_cast<std::uint16_t>(below(4)), match(), actions(5, std::nullopt));
    if (one_in(2)) to.rule(table, actions(4, std::nullopt));
  }
}

std::set<PortId> RandomPipeline::some_ports() {
  std::set<PortId> up;
  for (PortId id = 0; id < kPorts; ++id) {
    if (!one_in(3)) up.insert(id);
  }
  return up;
}

std::uint16_t RandomPipeline::payload_type() {
  static constexpr std::uint16_t kTypes[] = {0x0800, 0x0800, 0x0800, 0x86dd,         0x86dd,
                                             0x0806, 0x8035, 0x88b5, kNotAnEtherType};
  return kTypes[below(std::size(kTypes))];
}

Fields RandomPipeline::payload(std::uint16_t type) {
  Fields fields;
  fields.set_part(kWordDestination, 16, 48, 0x0200'0000'0000 + below(3));
  fields.set_part(kWordSource, 16, 48, 0x0200'0000'0100 + below(3));
  const bool network = type == 0x0806 || type == 0x8035 || type == 0x0800 || type == 0x86dd;
  if (network && one_in(12)) {  // cut off
    fields[kWordTransport] = kLacksNetwork;
    return fields;
  }
  if (type == 0x0806 || type == 0x8035) {
    set(fields, Field::kArpOp, 1 + below(2));
    set(fields, Field::kArpSpa, 0x0a00'0000 + below(3));
    set(fields, Field::kArpTpa, 0x0a00'0100 + below(3));
    set(fields, Field::kArpSha, 0x0200'0000'0100 + below(3));
    return fields;
  }
  if (type != 0x0800 && type != 0x86dd) return fields;
  static constexpr std::uint8_t kProtocols[] = {6, 6, 17, 132, 1, 58, 58, 0};
  const std::uint8_t protocol = kProtocols[below(std::size(kProtocols))];
  set(fields, Field::kIpProto, protocol);
  set(fields, Field::kIpTos, below(4) * 0x15);
  set(fields, Field::kIpTtl, below(4));
  if (one_in(4)) set(fields, Field::kIpFrag, 1 + below(2) * 2);
  if (type == 0x0800) {
    set(fields, Field::kIpSrc, 0x0a00'0000 + below(3));
    set(fields, Field::kIpDst, 0x0a00'0100 + below(3));
  } else {
    set(fields, Field::kIpv6Src, Bits{0xfe80'0000'0000'0000 + below(2)} << 64 | below(2));
    set(fields, Field::kIpv6Dst, Bits{0xfe80'0000'0000'0000 + below(2)} << 64 | below(2));
    set(fields, Field::kIpv6Label, below(2));
  }
  if ((fields.nw_frag() & kFragmentLater) != 0 || protocol == 0) return fields;
  if (one_in(12)) {
    fields[kWordTransport] = kLacksTransport;
    return fields;
  }
  const bool discovery = type == 0x86dd && protocol == 58 && !one_in(4);
  set(fields, Field::kTcpSrc, discovery ? 135 + below(2) : below(3));
  set(fields, Field::kTcpDst, discovery ? 0 : below(3));
  if (discovery) {
    set(fields, Field::kNdTarget, below(3));
    set(fields, Field::kNdSll, below(3));
    set(fields, Field::kNdTll, below(3));
  }
  if (protocol == 6) set(fields, Field::kTcpFlags, below(3));
  return fields;
}

ModelFrame RandomPipeline::frame() {
  ModelFrame made;
  made.payload_type = made.type = payload_type();
  made.payload = payload(made.payload_type);
  const auto add_tags = [&] {
    static constexpr std::uint8_t kHowMany[] = {0, 0, 0, 1, 1, 1, 2, 2, 3, 4};
    for (unsigned n = kHowMany[below(std::size(kHowMany))]; n > 0; --n)
      made.layers.push_back(
          {false, tag_type(), static_cast<std::uint32_t>(kTagPresent | below(3) | below(2) << 13)});
  };
  add_tags();
  if (one_in(3)) {
    for (std::uint64_t n = 1 + below(3); n > 0; --n)
      made.layers.push_back(
          {true, label_type(),
           static_cast<std::uint32_t>(below(3) << 12 | below(2) << 8 | below(4))});
    if (one_in(8)) add_tags();
  }
  made.parse();
  return made;
}

ModelFrame RandomPipeline::varied(ModelFrame frame) {
  if (one_in(4)) {
    const ModelFrame other = this->frame();
    frame.layers = other.layers;
  } else if (one_in(2)) {
    frame.payload = payload(frame.payload_type);
  } else {
    const Fields other = payload(frame.payload_type);
    const Field field = any_field();
    if (info(field).word < kPacketWords) {
      Fields fields = frame.payload;
      set(fields, field, get(other, field));
      if ((fields.nw_frag() & kFragmentLater) == 0) frame.payload = fields;
    }
    for (ModelFrame::Layer& layer : frame.layers) {
      if (one_in(2)) layer.value ^= static_cast<std::uint32_t>(layer.label ? below(4) : below(4));
    }
  }
  frame.payload.set_part(kWordSource, 0, 16, 0);
  frame.payload.set_in_port(0);
  frame.payload.set_part(kWordVlanIp, 32, 32, 0);
  frame.parse();
  return frame;
}

Field RandomPipeline::any_field() {
  return static_cast<Field>(below(kFields - 12));  // of the registers, the first four
}

Field RandomPipeline::writable_field() {
  for (;;) {
    const Field field = any_field();
    if (info(field).writable) return field;
  }
}

Bits RandomPipeline::mask(unsigned width) {
  if (one_in(2)) return low_ones(width);
  if (one_in(2)) return low_ones(width) & ~low_ones(static_cast<unsigned>(below(width)));
  return (Bits{random_()} << 64 | random_()) & low_ones(width);
}

Match RandomPipeline::match() {
  Match made;
  Fields example = frame().view(port());
  for (std::size_t word = kPacketWords; word < kWords; ++word) example[word] = below(3);
  for (std::uint64_t n = below(4); n > 0; --n) {
    const Field field = any_field();
    made.require(field, get(example, field), mask(info(field).width));
  }
  return made;
}

ActionList RandomPipeline::actions(unsigned most, std::optional<std::uint32_t> in_group) {
  ActionList list;
  for (std::uint64_t n = below(most + 1); n > 0; --n) list.push_back(action(in_group));
  if (!in_group && wander_ > 0 && one_in(2))
    list.push_back(GotoTable{static_cast<std::uint8_t>(1 + below(kTablesUsed))});
  if (in_group && !one_in(4)) list.push_back(Output{port()});
  return list;
}

Action RandomPipeline::to_group(std::optional<std::uint32_t> in_group) {
  const std::uint32_t first = in_group.value_or(0) + 1;
  return ToGroup{static_cast<std::uint32_t>(first + below(kGroupsUsed + 2 - first))};
}

Action RandomPipeline::set_field() {
  const Field field = writable_field();
  Fields example = frame().view(port());
  for (std::size_t word = kPacketWords; word < kWords; ++word) example[word] = below(3);
  const Bits bits = mask(info(field).width);
  return SetField{field, get(example, field) & bits, bits};
}

Action RandomPipeline::move() {
  Move made{{any_field(), 0, 0}, {writable_field(), 0, 0}};
  const unsigned most = std::min(info(made.source.field).width, info(made.destination.field).width);
  const auto bits = static_cast<std::uint8_t>(one_in(2) ? most : 1 + below(most));
  for (SubField* part : {&made.source, &made.destination}) {
    part->bits = bits;
    const unsigned slack = info(part->field).width - bits;
    part->offset = static_cast<std::uint8_t>(one_in(2) ? 0 : below(slack + 1));
  }
  return made;
}

Action RandomPipeline::action(std::optional<std::uint32_t> in_group) {
  static constexpr std::uint16_t kNextTypes[] = {0x0800, 0x0800, 0x86dd, 0x8847, 0x8100, 0x88b5};
  switch (below(30)) {
    case 0:
      return OutputInPort{};
    case 1:
      return Flood{};
    case 2:
      return Normal{};
    case 3:
      return Punt{static_cast<std::uint16_t>(below(3))};
    case 4:
      return ModVlan{one_in(2) ? ModVlan::What::kVid : ModVlan::What::kPcp,
                     static_cast<std::uint16_t>(below(4))};
    case 5:
    case 6:
      return PushVlan{tag_type()};
    case 7:
    case 8:
    case 9:
      return PopVlan{};
    case 10:
      return PushMpls{label_type()};
    case 11:
    case 12:
      return PopMpls{kNextTypes[below(std::size(kNextTypes))]};
    case 13:
      return DecTtl{};
    case 14:
      return DecMplsTtl{};
    case 15:
      return ToMeter{static_cast<std::uint32_t>(1 + below(2))};
    case 16:
      return WriteMetadata{below(3), random_()};
    case 17:
      if (in_group) return Output{port()};
      return WriteActions{actions(3, 0)};
    case 18:
      return ClearActions{};
    case 19:
    case 20:
      return to_group(in_group);
    case 21:
    case 22: {
      Resubmit made;
      if (one_in(3)) made.in_port = port();
      // Back where it may have come from, or on.
      const std::uint64_t first = wander_ == 3 ? 0 : 1 + below(kTablesUsed);
      if (wander_ < 3 || !one_in(4))
        made.table = static_cast<std::uint8_t>(first + below(kTablesUsed + 1 - first));
      if (wander_ == 0) return Output{port()};
      return made;
    }
    case 23:
    case 24:
    case 25:
      return set_field();
    case 26:
    case 27:
      return move();
    default:
      return Output{port()};
  }
}

GroupSpec RandomPipeline::group(std::uint32_t id) {
  GroupSpec made{.id = id, .type = static_cast<GroupType>(below(4)), .buckets = {}};
  const std::uint64_t buckets =
      made.type == GroupType::kIndirect ? 1 : below(made.type == GroupType::kAll ? 4 : 6);
  for (std::uint64_t i = 0; i < buckets; ++i) {
    Bucket bucket;
    bucket.weight = static_cast<std::uint16_t>(below(4));
    if (one_in(3)) bucket.watch_port = port();
    if (one_in(4)) bucket.watch_group = static_cast<std::uint32_t>(id + 1 + below(2));
    bucket.actions = actions(3, id);
    made.buckets.push_back(std::move(bucket));
  }
  return made;
}

}  // namespace trestle::flow
