// SPDX-License-Identifier: Apache-2.0

#include "datapath/ports/packet_fanout.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdio>
#include <numeric>
#include <string>

#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000  // Linux 6.2
#endif

namespace trestle {
namespace {

// Jumps forward to labels; a jump's place in the code is filled in when its label is set.
class Assembler {
 public:
  explicit Assembler(std::uint32_t odd) : multiplier(odd) {}

  const std::uint32_t multiplier;  // odd

  void op(unsigned code, std::uint32_t k) {
    code_.push_back(BPF_STMT(static_cast<std::uint16_t>(code), k));
  }
  // To `label` if A is `k`.
  void jump_if(std::uint32_t k, int label) { jump(BPF_JMP | BPF_JEQ | BPF_K, k, label); }
  void jump_if_any(std::uint32_t bits, int label) { jump(BPF_JMP | BPF_JSET | BPF_K, bits, label); }
  void skip_one_unless(std::uint32_t k) {
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1));
  }
  void jump_to(int label) {
    pending_.push_back({code_.size(), label, true});
    op(BPF_JMP | BPF_JA, 0);
  }
  void set(int label) {
    for (const Jump& jump : pending_) {
      if (jump.label != label) continue;
      const auto distance = static_cast<std::uint32_t>(code_.size() - jump.at - 1);
      if (jump.always) {
        code_[jump.at].k = distance;
      } else {
        assert(distance < 256);
        code_[jump.at].jt = static_cast<std::uint8_t>(distance);
      }
    }
  }
  std::vector<sock_filter> take() { return std::move(code_); }

 private:
  struct Jump {
    std::size_t at;
    int label;
    bool always;
  };
  void jump(unsigned code, std::uint32_t k, int label) {
    pending_.push_back({code_.size(), label, false});
    op(code, k);
  }
  std::vector<sock_filter> code_;
  std::vector<Jump> pending_;
};

enum Label { kNetwork, kTagged, kIpv4, kIpv6, kTransport, kPorts, kDone };

constexpr unsigned kWordAtX = BPF_LD | BPF_W | BPF_IND;
constexpr unsigned kHalfAtX = BPF_LD | BPF_H | BPF_IND;
constexpr unsigned kByteAtX = BPF_LD | BPF_B | BPF_IND;
constexpr unsigned kHalfAt = BPF_LD | BPF_H | BPF_ABS;
constexpr unsigned kWordAt = BPF_LD | BPF_W | BPF_ABS;
constexpr unsigned kLoad = BPF_LD | BPF_MEM;
constexpr unsigned kAdd = BPF_ALU | BPF_ADD | BPF_K;
constexpr unsigned kAnd = BPF_ALU | BPF_AND | BPF_K;
constexpr unsigned kShiftLeft = BPF_ALU | BPF_LSH | BPF_K;
constexpr unsigned kShiftRight = BPF_ALU | BPF_RSH | BPF_K;
constexpr unsigned kMultiply = BPF_ALU | BPF_MUL | BPF_K;
constexpr unsigned kAddX = BPF_ALU | BPF_ADD | BPF_X;
constexpr unsigned kXorX = BPF_ALU | BPF_XOR | BPF_X;
constexpr unsigned kToX = BPF_MISC | BPF_TAX;
constexpr unsigned kFromX = BPF_MISC | BPF_TXA;

// The program's memory.
constexpr std::uint32_t kHash = 0;  // of what has been looked at so far
constexpr std::uint32_t kX = 1;     // X, while it is needed otherwise
constexpr std::uint32_t kProtocol = 2;

// Takes the word in A into the hash; X is kept.
void mix(Assembler& code) {
  code.op(BPF_STX, kX);
  code.op(kToX, 0);
  code.op(kLoad, kHash);
  code.op(kMultiply, code.multiplier);  // so that equal words of two addresses do not cancel
  code.op(kAddX, 0);
  code.op(BPF_ST, kHash);
  code.op(BPF_LDX | BPF_MEM, kX);
}

// The addresses, from X on. Afterwards X: where the next header is; A: its protocol.
void mix_ipv4(Assembler& code) {
  for (const std::uint32_t at : {12u, 16u}) {
    code.op(kWordAtX, at);
    mix(code);
  }
  code.op(kHalfAtX, 6);
  code.jump_if_any(0x3fff, kDone);  // a fragment; only the first one would have ports
  code.op(kByteAtX, 9);
  code.op(BPF_ST, kProtocol);
  code.op(kByteAtX, 0);
  code.op(kAnd, 15);
  code.op(kShiftLeft, 2);
  code.op(kAddX, 0);
  code.op(kToX, 0);
  code.op(kLoad, kProtocol);
}

void mix_ipv6(Assembler& code) {
  for (std::uint32_t at = 8; at < 40; at += 4) {
    code.op(kWordAtX, at);
    mix(code);
  }
  code.op(kByteAtX, 6);
  code.op(BPF_ST, kProtocol);
  code.op(kFromX, 0);
  code.op(kAdd, 40);
  code.op(kToX, 0);
  code.op(kLoad, kProtocol);
}

// Leaves the flow's hash in memory. Bytes are counted from the network header, as the kernel does
// in a group; an outer VLAN tag is not among them, but an inner one is. A frame that ends before
// what is read of it goes to the first socket: that is what the kernel makes of it.
void hash_flow(Assembler& code) {
  code.op(BPF_LD | BPF_IMM, 0);
  code.op(BPF_ST, kHash);
  code.op(BPF_LDX | BPF_IMM, 0);
  code.op(kWordAt, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL));
  code.jump_if(ETH_P_8021Q, kTagged);
  code.jump_if(ETH_P_8021AD, kTagged);
  code.jump_to(kNetwork);
  code.set(kTagged);
  code.op(BPF_LDX | BPF_IMM, 4);
  code.op(kHalfAt, 2);
  code.set(kNetwork);
  code.jump_if(ETH_P_IP, kIpv4);
  code.jump_if(ETH_P_IPV6, kIpv6);
  for (const int at : {2, 8}) {  // the low words of the MAC addresses
    code.op(kWordAt, static_cast<std::uint32_t>(SKF_LL_OFF + at));
    mix(code);
  }
  code.jump_to(kDone);
  code.set(kIpv4);
  mix_ipv4(code);
  code.jump_to(kTransport);
  code.set(kIpv6);
  mix_ipv6(code);
  code.set(kTransport);
  code.jump_if(IPPROTO_TCP, kPorts);
  code.jump_if(IPPROTO_UDP, kPorts);
  code.jump_if(IPPROTO_SCTP, kPorts);
  code.jump_to(kDone);
  code.set(kPorts);
  code.op(kWordAtX, 0);
  mix(code);
  code.set(kDone);
}

// The hash, spread over 0 to `count` - 1, to A.
void scale_hash(Assembler& code, std::uint32_t count) {
  code.op(kLoad, kHash);
  code.op(kMultiply, code.multiplier);
  code.op(kToX, 0);
  code.op(kShiftRight, 15);
  code.op(kXorX, 0);
  code.op(kMultiply, 0x85ebca6b);
  code.op(kShiftRight, 16);
  code.op(kMultiply, count);
  code.op(kShiftRight, 16);
}

Result<void> failed(const char* what) {
  return fail_errno(std::string("cannot receive by several sockets: ") + what, errno,
                    "CAP_NET_RAW");
}

}  // namespace

std::vector<sock_filter> spread_program(const std::vector<std::uint32_t>& sockets,
                                        std::uint32_t seed) {
  assert(!sockets.empty() && sockets.size() <= kQueuesMax);
  Assembler code(seed | 1);
  if (sockets.size() > 1) {
    hash_flow(code);
    scale_hash(code, static_cast<std::uint32_t>(sockets.size()));
    for (std::uint32_t flow = 0; flow < sockets.size(); ++flow) {
      if (sockets[flow] == flow) continue;
      code.skip_one_unless(flow);
      code.op(BPF_RET | BPF_K, sockets[flow]);
    }
    code.op(BPF_RET | BPF_A, 0);
  } else {
    code.op(BPF_RET | BPF_K, sockets.front());
  }
  return code.take();
}

std::vector<sock_filter> incoming_only_program() {
  return {
      BPF_STMT(kWordAt, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
  };
}

bool fanout_sees_outgoing() {
  utsname kernel{};
  unsigned major = 0, minor = 0;
  if (uname(&kernel) != 0 || std::sscanf(kernel.release, "%u.%u", &major, &minor) != 2) return true;
  return major < 6 || (major == 6 && minor < 2);
}

Result<void> PacketFanout::join(int fd, std::size_t queue) {
  const bool first = id_ < 0;
  const unsigned flags =
      PACKET_FANOUT_FLAG_IGNORE_OUTGOING | (first ? PACKET_FANOUT_FLAG_UNIQUEID : 0u);
  const auto request =
      static_cast<int>((PACKET_FANOUT_CBPF | flags) << 16 | (first ? 0u : unsigned(id_)));
  if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &request, sizeof request) != 0) {
    if (errno == EINVAL) return failed("PACKET_FANOUT; with this kernel the device must be up");
    return failed("PACKET_FANOUT");
  }
  int group = 0;
  socklen_t size = sizeof group;
  if (getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &group, &size) != 0) return failed("PACKET_FANOUT");
  id_ = group & 0xffff;
  members_.push_back({queue, joined_++, fd});
  return {};
}

Result<void> PacketFanout::spread() {
  return load(places());
}

// The kernel takes the program's result modulo the number of sockets. There are now n + 1, the new
// one at place n; when the old one, at place p < n, is closed, the last one moves to its place. So
// a number is wanted that is n modulo n + 1, and p modulo n: n + p (n + 1). The others' places are
// below n, and stay what they are.
Result<void> PacketFanout::turn(std::size_t queue) {
  assert(members_.back().queue == queue);
  std::vector<std::uint32_t> sockets = places();
  sockets.pop_back();
  const auto n = static_cast<std::uint32_t>(sockets.size());
  const auto place = static_cast<std::uint32_t>(place_of(queue));
  sockets[place] = n + place * (n + 1);
  return load(sockets);
}

// 0, 1, 2, …
std::vector<std::uint32_t> PacketFanout::places() const {
  std::vector<std::uint32_t> places(members_.size());
  std::iota(places.begin(), places.end(), 0u);
  return places;
}

// Waits until nobody runs the program that was there before, if there was one.
Result<void> PacketFanout::load(const std::vector<std::uint32_t>& sockets) {
  std::vector<sock_filter> code = spread_program(sockets, seed_);
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  if (setsockopt(members_.front().fd, SOL_PACKET, PACKET_FANOUT_DATA, &program, sizeof program) !=
      0) {
    return failed("PACKET_FANOUT_DATA");
  }
  return {};
}

void PacketFanout::left(std::size_t queue) {
  const std::size_t place = place_of(queue);
  members_[place] = members_.back();
  members_.pop_back();
}

void PacketFanout::last_left() {
  members_.pop_back();
}

void PacketFanout::relinked() {
  std::sort(members_.begin(), members_.end(),
            [](const Member& a, const Member& b) { return a.age < b.age; });
}

std::size_t PacketFanout::place_of(std::size_t queue) const {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const Member& member) { return member.queue == queue; });
  assert(found != members_.end());
  return static_cast<std::size_t>(found - members_.begin());
}

}  // namespace trestle
