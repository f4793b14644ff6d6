// SPDX-License-Identifier: Apache-2.0

#include "tests/datapath/segment_twins.h"

#include <cstring>

#include "datapath/vnet_header.h"
#include "tests/hex.h"

namespace trestle {

bool SegmentTwins::send(const MemoryFrame& frame) {
  received_ = {frame.bytes.data(), static_cast<std::uint32_t>(frame.bytes.size()), frame.stripped,
               frame.vnet};
  const Frame* leaves = &received_;
  if (!FrameView::parse(received_.bytes(), received_.stripped)) return false;
  if (one_in(3)) {
    edited_.copy(received_);
    if (!vnet_header_valid(edited_.vnet, edited_.size)) return false;
    for (std::uint64_t edits = dice_(3); edits > 0; --edits) {
      using Kind = flow::Op::Kind;
      const std::uint64_t kind = dice_(4);
      flow::Op op;
      op.kind = kind == 0   ? Kind::kPushVlan
                : kind == 1 ? Kind::kPopVlan
                : kind == 2 ? Kind::kPushMpls
                            : Kind::kPopMpls;
      op.type = kind == 0   ? (one_in(2) ? kTpidCustomer : kTpidService)
                : kind == 2 ? 0x8847
                            : 0x0800;
      op.value = 0x0001'0040 | (one_in(2) ? 0x100 : 0);  // a label, with the bottom of the stack
      edited_.apply(op);
    }
    leaves = &edited_;
  }
  Passing passing;
  if (!passing.receive(*leaves)) return false;
  const VlanTag tag = one_in(2)   ? passing.customer_tag()
                      : one_in(2) ? VlanTag{}
                                  : VlanTag{kTpidCustomer, static_cast<std::uint16_t>(dice_(4095))};
  const Headers headers = passing.leaving_with(tag);
  outgoing_ = {leaves, nullptr, headers, passing.as_received(headers)};
  return true;
}

bool SegmentTwins::segment(std::vector<Octets>& frames) {
  if (!segmenter_.begin(outgoing_)) return false;
  WireFrame wire;
  while (segmenter_.next(wire)) {
    frames.emplace_back(wire.size());
    wire.copy(frames.back().data());
  }
  return true;
}

std::string SegmentTwins::compare() {
  Octets whole(outgoing_size(outgoing_));
  copy_out(outgoing_, whole.data());
  const VnetHeader vnet = outgoing_.as_received
                              ? outgoing_.frame->vnet
                              : shifted(outgoing_.frame->vnet, outgoing_.headers.delta());
  const auto slow = slow_wire(whole, vnet);
  std::vector<Octets> frames;
  const bool fast = segment(frames);
  const std::string of = " of " + hex(whole, 120) + ", " + std::to_string(whole.size()) +
                         " bytes, gso_type " + std::to_string(vnet.gso_type) + ", gso_size " +
                         std::to_string(vnet.gso_size) + ", checksum from " +
                         std::to_string(vnet.csum_start);
  if (slow && slow->frames.size() > Segmenter::kSegmentsMax) return fast ? "too many" + of : "";
  if (fast != slow.has_value())
    return (fast ? "only the fast one makes something" : "the fast one refuses") + of;
  if (!slow) return ++refused_, "";
  ++(slow->frames.size() > 1 ? cut_ : finished_);
  if (frames.size() != slow->frames.size())
    return std::to_string(frames.size()) + " frames instead of " +
           std::to_string(slow->frames.size()) + of;
  const std::size_t id_at = slow->fragment_id_at;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (id_at != 0) {
      if (i != 0 && std::memcmp(&frames[i][id_at], &frames[0][id_at], 4) != 0)
        return "another fragment identification" + of;
    }
  }
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (id_at != 0) std::memset(&frames[i][id_at], 0, 4);
    if (frames[i] != slow->frames[i])
      return "frame " + std::to_string(i) + " is\n" + hex(frames[i], 200) + "\ninstead of\n" +
             hex(slow->frames[i], 200) + of;
  }
  return "";
}

std::string SegmentTwins::compare_one() {
  const MemoryFrame frame = one_in(2) ? frames_.right() : frames_.hostile();
  return send(frame) ? compare() : "";
}

std::string SegmentTwins::check_right_one() {
  const GsoChoice choice = frames_.any();
  const MemoryFrame frame = frames_.right(choice);
  if (!send(frame)) return "it cannot be sent";
  std::vector<Octets> frames;
  if (!segment(frames)) return outgoing_.frame->edited ? "" : "it is refused";
  if (choice.type == VnetHeader::kGsoUdp && frames.size() > 1) return "";  // fragments
  if (outgoing_.frame->edited) return "";  // an edit may make it something that is no IP
  for (const Octets& octets : frames) {
    if (const std::string wrong = wrong_checksums(octets); !wrong.empty())
      return wrong + ": " + hex(octets, 200);
  }
  return "";
}

}  // namespace trestle
