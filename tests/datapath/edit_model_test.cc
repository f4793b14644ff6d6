// SPDX-License-Identifier: Apache-2.0
//
// EditedFrame beside its slow twin: random frames, random edits. After each the bytes are the same
// and so are the fields; the checksums are those that the twin computes from scratch. The payload
// that was not copied is never written to.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <memory>

#include "datapath/edit/edited_frame.h"
#include "datapath/vnet_header.h"
#include "switch/flow/checksum.h"
#include "switch/flow/compose.h"
#include "switch/flow/wire.h"
#include "tests/datapath/slow_edit.h"
#include "tests/sanitized.h"
#include "tests/switch/flow/random_fields.h"
#include "tests/switch/flow/slow_extract.h"

namespace trestle {
namespace {

using flow::below;
using flow::Octets;
using flow::Random;
using Kind = flow::Op::Kind;

constexpr unsigned kFrames = testing::steps(40'000u);

Octets all_bytes(const EditedFrame& frame) {
  Octets bytes(frame.head().begin(), frame.head().end());
  bytes.insert(bytes.end(), frame.payload().begin(), frame.payload().end());
  return bytes;
}

// Edits, such that what a label hides comes to light as what it was.
class RandomOps {
 public:
  explicit RandomOps(Random& random) : random_(random) {}

  flow::Op next(const Octets& frame) {
    flow::Op op;
    switch (below(random_, 12)) {
      case 0:
        op.kind = Kind::kPushVlan;
        op.type = below(random_, 2) != 0 ? kTpidCustomer : kTpidService;
        break;
      case 1:
        op.kind = Kind::kPopVlan;
        break;
      case 2:
        op.kind = Kind::kPushMpls;
        op.type = below(random_, 2) != 0 ? 0x8847 : 0x8848;
        op.value = random_() >> 32;
        break;
      case 3:
        op.kind = Kind::kPopMpls;
        op.type = hidden_.empty() ? std::uint16_t{0x88cc} : hidden_.back();
        break;
      default:
        op.kind = Kind::kSet;
        op.word = static_cast<std::uint8_t>(below(random_, flow::kPacketWords + 2));
        op.value = random_();
        op.mask = below(random_, 2) != 0 ? ~std::uint64_t{0} : random_() & random_();
        if (below(random_, 4) == 0) op.mask = std::uint64_t{0xff} << below(random_, 57);
    }
    type_before_ = flow::layout(frame, frame.size()).type;
    hides_ = flow::load16(&frame[type_before_]);
    return op;
  }
  void done(const flow::Op& op) {
    if (op.kind == Kind::kPushMpls) hidden_.push_back(hides_);
    if (op.kind == Kind::kPopMpls && !hidden_.empty()) hidden_.pop_back();
  }

 private:
  Random& random_;
  std::vector<std::uint16_t> hidden_;
  std::size_t type_before_ = 0;
  std::uint16_t hides_ = 0;
};

// A frame as it may be received, and its twin.
struct Subject {
  Octets bytes;
  Frame frame;
  SlowEdit twin{Octets(14), {}};
  bool unfinished = false;

  explicit Subject(Random& random) {
    bytes =
        flow::compose(flow::random_fields(random), below(random, 2) != 0 ? below(random, 3000) : 0);
    if (below(random, 3) == 0) bytes = flow::with_more_headers(random, std::move(bytes));
  }

  // What gives a frame its checksums. False: some of its headers are hidden by a third tag, or may
  // be by pushes as they are so deep: the twin could not tell what the sums there should be.
  bool prepare(Random& random) {
    static constexpr std::size_t kDeep = flow::kHeadersMax - 2 * EditedFrame::kPushMax;
    twin = SlowEdit(bytes, {});
    const unsigned type = flow::layout(bytes, bytes.size()).dl_type;
    if (type == kTpidCustomer || type == kTpidService) return false;
    if (twin.transport(kDeep) != twin.transport(bytes.size()) ||
        twin.neighbours(kDeep) != twin.neighbours(bytes.size()))
      return false;
    const std::size_t checksum = twin.checksum_at();
    const bool udp = checksum == twin.transport(kDeep) + 6;
    twin.fix_checksums();
    bytes = twin.bytes();
    if (checksum != 0 && udp && below(random, 4) == 0) {
      bytes[checksum] = bytes[checksum + 1] = std::byte{};
    } else if (checksum != 0 && below(random, 3) == 0) {
      leave_unfinished(random, checksum);
    }
    if (below(random, 3) == 0) {
      frame.stripped = {below(random, 2) != 0 ? kTpidCustomer : kTpidService,
                        static_cast<std::uint16_t>(random())};
    }
    frame.data = bytes.data();
    frame.size = static_cast<std::uint32_t>(bytes.size());
    twin = SlowEdit(bytes, frame.stripped);
    return true;
  }

  void leave_unfinished(Random& random, std::size_t checksum) {
    const std::size_t transport = twin.transport(flow::kHeadersMax);
    const bool tcp = checksum == transport + 16;
    if (!tcp && checksum != transport + 6) return;
    unfinished = true;
    flow::store16(&bytes[checksum], twin.pseudo_header_sum());
    frame.vnet.flags = VnetHeader::kNeedsChecksum;
    frame.vnet.csum_start = static_cast<std::uint16_t>(transport);
    frame.vnet.csum_offset = static_cast<std::uint16_t>(checksum - transport);
    if (below(random, 2) == 0) return;
    frame.vnet.gso_type = tcp ? VnetHeader::kGsoTcp4 : VnetHeader::kGsoUdpL4;
    frame.vnet.gso_size = 512;
    frame.vnet.hdr_len = static_cast<std::uint16_t>(transport + (tcp ? 20 : 8));
  }
};

// What the kernel does with an unfinished checksum: sums up all from csum_start on.
void finish(Octets& bytes, const VnetHeader& vnet) {
  flow::InternetSum sum;
  sum.add(std::span(bytes).subspan(vnet.csum_start));
  const std::uint16_t checksum = sum.checksum();
  flow::store16(&bytes[std::size_t{vnet.csum_start} + vnet.csum_offset],
                vnet.csum_offset == 6 ? flow::never_zero(checksum) : checksum);
}

// The twin, with the checksums of the frame: what a label hides has no checksum to compute.
void compare(const Subject& subject, const EditedFrame& edited) {
  Octets bytes = all_bytes(edited);
  SlowEdit expected = subject.twin;
  expected.fix_checksums();
  if (subject.unfinished) {
    REQUIRE(vnet_header_valid(edited.vnet, edited.size));
    if (expected.checksum_at() == 0) return;
    REQUIRE(expected.checksum_at() ==
            std::size_t{edited.vnet.csum_start} + edited.vnet.csum_offset);
    finish(bytes, edited.vnet);
  }
  REQUIRE(bytes == expected.bytes());
}

TEST_CASE("any edits of any frame leave the bytes and checksums of the slow twin") {
  Random random(0xed17'0001);
  EditedFrame a, b;
  unsigned long applied = 0;
  for (unsigned number = 0; number < kFrames; ++number) {
    Subject subject(random);
    if (!subject.prepare(random)) continue;
    const Octets received = subject.bytes;
    EditedFrame* edited = &a;
    edited->copy(subject.frame);
    RandomOps ops(random);
    for (unsigned step = below(random, 24); step > 0; --step) {
      const flow::Op op = ops.next(subject.twin.bytes());
      CAPTURE(number, step, static_cast<int>(op.kind), static_cast<int>(op.word), op.mask);
      const bool done = subject.twin.apply(op);
      REQUIRE(edited->apply(op) == done);
      if (done) ops.done(op), ++applied;
      // The twin's sums follow where they are seen, so that they are right when they come to light.
      if (!subject.unfinished) subject.twin.fix_checksums();
      compare(subject, *edited);
      if (below(random, 8) == 0) {
        EditedFrame* const copy = edited == &a ? &b : &a;
        copy->copy(*edited);
        edited = copy;
        compare(subject, *edited);
      }
      REQUIRE(edited->head().size() >= std::min<std::size_t>(edited->size, flow::kHeadersMax));
      if (is_gso(edited->vnet)) {
        Frame whole = *edited;
        const Octets bytes = all_bytes(*edited);
        whole.data = bytes.data(), whole.edited = false;
        REQUIRE(gso_frame_size(*edited) == gso_frame_size(whole));
        REQUIRE(gso_segments(*edited) == gso_segments(whole));
      }
    }
    REQUIRE(subject.bytes == received);
  }
  CHECK(applied > kFrames * 2);
}

// Frames whose checksums and lengths may be anything: only what rules see is compared.
TEST_CASE("edits of malformed frames leave the fields of the slow twin") {
  Random random(0xed17'0002);
  unsigned long applied = 0;
  for (unsigned number = 0; number < kFrames; ++number) {
    Octets bytes = flow::compose(flow::random_fields(random), below(random, 300));
    if (below(random, 2) != 0) bytes = flow::with_more_headers(random, std::move(bytes));
    bytes = flow::mutated(random, std::move(bytes));
    Frame frame;
    const std::unique_ptr<std::byte[]> exact(new std::byte[bytes.size()]);
    std::memcpy(exact.get(), bytes.data(), bytes.size());
    frame.data = exact.get();
    frame.size = static_cast<std::uint32_t>(bytes.size());
    if (below(random, 3) == 0) frame.stripped = {kTpidCustomer, 7};
    if (below(random, 3) == 0) {
      frame.vnet.flags = VnetHeader::kNeedsChecksum;
      frame.vnet.csum_start = static_cast<std::uint16_t>(14 + below(random, 60));
      frame.vnet.csum_offset = static_cast<std::uint16_t>(below(random, 20));
      if (!vnet_header_valid(frame.vnet, frame.size)) frame.vnet = {};
    }
    SlowEdit twin(bytes, frame.stripped);
    EditedFrame edited;
    edited.copy(frame);
    RandomOps ops(random);
    for (unsigned step = below(random, 40); step > 0; --step) {
      const flow::Op op = ops.next(twin.bytes());
      CAPTURE(number, step, static_cast<int>(op.kind), static_cast<int>(op.word), op.mask);
      const bool done = twin.apply(op);
      REQUIRE(edited.apply(op) == done);
      if (done) ++applied;
      REQUIRE(edited.size == twin.bytes().size());
      REQUIRE(edited.payload().size() + edited.head().size() == edited.size);
      REQUIRE(vnet_header_valid(edited.vnet, edited.size));
      flow::Fields fields;
      flow::extract(edited.head(), edited.size, {}, flow::Depth::kL4, fields);
      REQUIRE(fields == flow::slow_extract(twin.bytes(), {}, flow::Depth::kL4));
    }
  }
  CHECK(applied > kFrames * 2);
}

}  // namespace
}  // namespace trestle
