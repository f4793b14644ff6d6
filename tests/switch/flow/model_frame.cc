// SPDX-License-Identifier: Apache-2.0

#include "tests/switch/flow/model_frame.h"

#include <algorithm>

namespace trestle::flow {

void ModelFrame::parse() {
  known_tags = 0;
  while (known_tags < 2 && is_tag(known_tags)) ++known_tags;
}

Fields ModelFrame::view(PortId in_port) const {
  Fields fields;
  const bool whole = shows_payload();
  if (whole) fields = payload;
  fields[kWordDestination] = payload[kWordDestination];
  fields[kWordSource] = payload[kWordSource];
  fields.set_dl_type(known_tags < layers.size() ? layers[known_tags].type : type);
  fields.set_part(kWordVlanIp, 32, 32, 0);
  if (known_tags > 0) fields.set_part(kWordVlanIp, 48, 16, layers[0].value);
  if (known_tags > 1) fields.set_part(kWordVlanIp, 32, 16, layers[1].value);
  if (shows_label()) fields.set_part(kWordIpv6Mpls, 0, 32, layers[known_tags].value);
  fields.set_in_port(in_port);
  return fields;
}

void ModelFrame::put(const Fields& view) {
  payload.set_part(kWordDestination, 16, 48, view[kWordDestination] >> 16);
  payload.set_part(kWordSource, 16, 48, view[kWordSource] >> 16);
  if (known_tags > 0) layers[0].value = view.tci();
  if (known_tags > 1) layers[1].value = view.inner_tci();
  if (known_tags > 2) return;  // edits look through two tags, no more
  if (shows_label())
    layers[known_tags].value = static_cast<std::uint32_t>(view.part(kWordIpv6Mpls, 0, 32));
  if (!shows_payload()) return;
  payload.set_part(kWordVlanIp, 0, 32, view[kWordVlanIp]);
  std::copy(view.words.begin() + kWordIpv4, view.words.begin() + kPacketWords,
            payload.words.begin() + kWordIpv4);
}

void ModelFrame::push_tag(std::uint16_t type_of_tag) {
  layers.insert(layers.begin(), {false, type_of_tag, kTagPresent});
  ++known_tags;
}

void ModelFrame::pop_tag() {
  layers.erase(layers.begin());
  --known_tags;
  // One that was hidden shows.
  if (known_tags < 2 && is_tag(known_tags)) parse();
}

void ModelFrame::push_label(std::uint16_t type_of_label, std::uint32_t entry) {
  known_tags = std::min<std::size_t>(known_tags, 2);
  layers.insert(layers.begin() + static_cast<std::ptrdiff_t>(known_tags),
                {true, type_of_label, entry});
}

void ModelFrame::pop_label(std::uint16_t next_type) {
  if (!shows_label() || known_tags > 2) return;
  layers.erase(layers.begin() + static_cast<std::ptrdiff_t>(known_tags));
  announcement(known_tags) = next_type;
  // Whatever it is, from now on it is read as what was announced.
  const bool is_label = known_tags < layers.size() && layers[known_tags].label;
  const bool is_payload = known_tags == layers.size() && payload_type == next_type;
  if ((next_type == 0x8847 || next_type == 0x8848) && !is_label) {
    push_label(next_type, 0);
  } else if ((next_type == 0x0800 || next_type == 0x86dd) && !is_payload) {
    layers.resize(known_tags);
    payload_type = type = next_type;
    payload.set_part(kWordVlanIp, 0, 32, 0);
    std::fill(payload.words.begin() + kWordIpv4, payload.words.end(), 0);
  }
  parse();
}

std::vector<Sent> execute(std::span<const Op> ops, ModelFrame& frame) {
  std::vector<Sent> sent;
  std::vector<ModelFrame> saved;
  for (const Op& op : ops) {
    switch (op.kind) {
      case Op::Kind::kSet: {
        Fields view = frame.view(0);
        view[op.word] = (view[op.word] & ~op.mask) | op.value;
        frame.put(view);
        break;
      }
      case Op::Kind::kPushVlan:
        frame.push_tag(op.type);
        break;
      case Op::Kind::kPopVlan:
        frame.pop_tag();
        break;
      case Op::Kind::kPushMpls:
        frame.push_label(op.type, static_cast<std::uint32_t>(op.value));
        break;
      case Op::Kind::kPopMpls:
        frame.pop_label(op.type);
        break;
      case Op::Kind::kSave:
        saved.push_back(frame);
        break;
      case Op::Kind::kRestore:
        frame = saved.back();
        saved.pop_back();
        break;
      default:
        sent.push_back({op, frame});
    }
  }
  return sent;
}

}  // namespace trestle::flow
