// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/sink_ring.h"

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "measure/traffic/frame_template.h"

namespace trestle::measure {
namespace {

constexpr sock_filter statement(unsigned code, std::uint32_t k) {
  return {static_cast<__u16>(code), 0, 0, k};
}
constexpr sock_filter jump(unsigned code, std::uint32_t k, unsigned yes, unsigned no) {
  return {static_cast<__u16>(code), static_cast<__u8>(yes), static_cast<__u8>(no), k};
}

// Classic BPF (Documentation/networking/filter.rst). X is 0 or the size of a tag that is still in
// the frame; a load beyond the frame's end passes it by.
std::vector<sock_filter> filter_for(bool sample) {
  constexpr std::uint32_t kMagicAt = kEthernet + kSignatureAt, kSequenceAt = kMagicAt + 4;
  constexpr std::uint32_t kWhole = 0x40000;
  const std::uint32_t captured = sample ? kLinkHeaderMax + kHeadSize : kWhole;
  std::vector<sock_filter> program = {
      statement(BPF_LDX | BPF_IMM, 0),
      statement(BPF_LD | BPF_H | BPF_ABS, 12),
      jump(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_8021Q, 0, 1),
      statement(BPF_LDX | BPF_IMM, kTag),
      statement(BPF_LD | BPF_H | BPF_IND, kMagicAt),
      jump(BPF_JMP | BPF_JEQ | BPF_K, kSignatureMagic, 1, 0),
      statement(BPF_RET | BPF_K, 0),
  };
  if (sample) {
    program.push_back(statement(BPF_LD | BPF_W | BPF_IND, kSequenceAt));
    program.push_back(statement(BPF_ALU | BPF_AND | BPF_K, kSampleEvery - 1));
    program.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0));
    program.push_back(statement(BPF_RET | BPF_K, 0));
  }
  static_assert((kSampleEvery & (kSampleEvery - 1)) == 0);
  program.push_back(statement(BPF_RET | BPF_K, captured));
  return program;
}

Result<void> set_filter(int fd, bool sample) {
  auto program = filter_for(sample);
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0) return {};
  return fail_errno("cannot attach a filter to a packet socket", errno);
}

}  // namespace

Result<SinkRing> SinkRing::open(std::size_t bytes) {
  auto socket = PacketSocket::open();
  if (!socket) return tl::make_unexpected(socket.error());
  auto ready = socket->set(PACKET_VERSION, TPACKET_V3, "PACKET_VERSION");
  if (ready) ready = socket->set(PACKET_IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING");
  if (!ready) return tl::make_unexpected(ready.error());
  tpacket_req3 request{};
  request.tp_block_size = kBlock;
  request.tp_block_nr = static_cast<unsigned>(std::max<std::size_t>(4, bytes / kBlock));
  request.tp_frame_size = 2048;  // means nothing in version 3, and is checked
  request.tp_frame_nr = request.tp_block_nr * (kBlock / request.tp_frame_size);
  request.tp_retire_blk_tov = kHandOverMs;
  if (setsockopt(socket->fd(), SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) {
    return fail_errno("cannot make a receiving ring", errno, "CAP_NET_RAW");
  }
  void* memory = mmap(nullptr, request.tp_block_nr * kBlock, PROT_READ | PROT_WRITE, MAP_SHARED,
                      socket->fd(), 0);
  if (memory == MAP_FAILED) return fail_errno("cannot map a receiving ring", errno);
  return SinkRing(std::move(*socket), static_cast<std::uint8_t*>(memory), request.tp_block_nr);
}

SinkRing::SinkRing(SinkRing&& other) noexcept
    : socket_(std::move(other.socket_)),
      memory_(std::exchange(other.memory_, nullptr)),
      blocks_(other.blocks_),
      next_(other.next_),
      ifindex_(other.ifindex_),
      sample_(other.sample_),
      read_frames_(other.read_frames_),
      totals_(other.totals_) {}

SinkRing::~SinkRing() {
  if (memory_ != nullptr) munmap(memory_, blocks_ * kBlock);
}

Result<void> SinkRing::hook(int ifindex, bool sample) {
  if (ifindex == ifindex_ && sample == sample_) return {};
  const auto filtered = set_filter(socket_.fd(), sample);
  if (!filtered) return filtered;
  const auto bound = socket_.bind(ifindex, ETH_P_ALL);
  if (!bound) return bound;
  ifindex_ = ifindex;
  sample_ = sample;
  return {};
}

// Binding to no protocol would leave it as it was, so it is one that nobody uses: then the kernel
// looks at the socket only for frames of that EtherType (IEEE 802 local experimental 2).
void SinkRing::unhook() {
  if (ifindex_ == 0) return;
  constexpr int kNobodys = 0x88b6;
  static_cast<void>(socket_.bind(ifindex_, kNobodys));
  ifindex_ = 0;
}

// The kernel starts over with every reading.
SinkRing::Totals SinkRing::totals() {
  tpacket_stats_v3 since{};
  socklen_t size = sizeof since;
  if (getsockopt(socket_.fd(), SOL_PACKET, PACKET_STATISTICS, &since, &size) == 0) {
    totals_.put_in += since.tp_packets - since.tp_drops;
    totals_.no_room += since.tp_drops;
  }
  return totals_;
}

}  // namespace trestle::measure
