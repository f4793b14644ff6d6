// SPDX-License-Identifier: Apache-2.0
//
// Which frames fit a device: of a GSO frame the largest that it is on a wire, whatever its type and
// tags.

#include "datapath/mtu.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "datapath/edit/edited_frame.h"
#include "datapath/gather.h"
#include "tests/datapath/gso_frames.h"
#include "tests/datapath/slow_wire.h"
#include "tests/frames.h"

namespace trestle {
namespace {

Frame view(const MemoryFrame& of) {
  return {of.bytes.data(), static_cast<std::uint32_t>(of.bytes.size()), of.stripped, of.vnet};
}

bool exceeds(std::uint32_t mtu, const Frame& frame) {
  Passing passing;
  REQUIRE(passing.receive(frame));
  return exceeds_mtu(mtu, frame, passing.leaving_with(passing.customer_tag()));
}

TEST_CASE("a tag, of whatever kind, gives four bytes of room, and a second one none") {
  const std::uint32_t mtu = 1500;
  const FrameBuilder f = frame();
  const auto fits = [&](const FrameBuilder& builder) {
    const MemoryFrame bytes = builder;
    return !exceeds(mtu, view(bytes));
  };
  CHECK(fits(f.size(1514)));
  CHECK_FALSE(fits(f.size(1515)));
  CHECK(fits(f.tagged(5).size(1518)));
  CHECK_FALSE(fits(f.tagged(5).size(1519)));
  CHECK(fits(f.s_tagged(5).size(1518)));
  CHECK_FALSE(fits(f.s_tagged(5).size(1519)));
  CHECK(fits(f.s_tagged(5).tagged(6).size(1518)));
  CHECK_FALSE(fits(f.s_tagged(5).tagged(6).size(1519)));
  CHECK(fits(f.stripped(5).size(1514)));
  CHECK_FALSE(fits(f.stripped(5).size(1515)));
  CHECK(fits(f.stripped(5, 0, kTpidService).tagged(6).size(1514)));
  CHECK_FALSE(fits(f.stripped(5, 0, kTpidService).tagged(6).size(1515)));
  CHECK_FALSE(exceeds(0, view(f.size(65'000))));
}

TEST_CASE("a GSO frame fits if the largest that it is on a wire does: all types, tags and edits") {
  std::mt19937_64 random(1);
  GsoFrames frames([&](std::uint64_t n) { return n == 0 ? random() : random() % n; });
  int fitting = 0, segmented = 0;
  EditedFrame edited;
  for (int i = 0; i < 3000; ++i) {
    const MemoryFrame sent = frames.right();
    const Frame received = view(sent);
    const Frame* leaves = &received;
    if (random() % 3 == 0) {
      edited.copy(received);
      flow::Op op;
      op.kind = random() % 2 == 0 ? flow::Op::Kind::kPushVlan : flow::Op::Kind::kPushMpls;
      op.type = op.kind == flow::Op::Kind::kPushVlan ? kTpidService : 0x8847;
      op.value = 0x0001'0140;
      REQUIRE(edited.apply(op));
      leaves = &edited;
    }
    Passing passing;
    REQUIRE(passing.receive(*leaves));
    VlanTag tag = passing.customer_tag();
    if (random() % 3 == 0) tag = {kTpidCustomer, 7};
    const Headers headers = passing.leaving_with(random() % 3 == 0 ? VlanTag{} : tag);
    const Outgoing outgoing{leaves, nullptr, headers, false};
    Octets whole(outgoing_size(outgoing));
    copy_out(outgoing, whole.data());
    const auto wire = slow_wire(whole, shifted(leaves->vnet, headers.delta()));
    if (!wire) continue;  // an edit made it something that is no IP
    std::size_t largest = 0;
    for (const Octets& octets : wire->frames) largest = std::max(largest, octets.size());
    const bool tagged = whole[12] == std::byte{0x81}
                            ? whole[13] == std::byte{0}
                            : whole[12] == std::byte{0x88} && whole[13] == std::byte{0xa8};
    const auto room = static_cast<std::uint32_t>(largest - 14 - (tagged ? 4 : 0));
    INFO("frame " << i << " of type " << int{sent.vnet.gso_type} << ", largest " << largest);
    CHECK_FALSE(exceeds_mtu(room, *leaves, headers));
    CHECK(exceeds_mtu(room - 1, *leaves, headers));
    ++fitting;
    segmented += wire->frames.size() > 1;
  }
  CHECK(fitting > 2500);
  CHECK(segmented > 1000);
}

}  // namespace
}  // namespace trestle
