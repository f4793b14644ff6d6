// SPDX-License-Identifier: Apache-2.0
//
// frame-blast: sends small Ethernet frames out of one interface of the namespace it runs in, as
// fast as one pinned CPU can or at a fixed rate, and prints one line of JSON about it.
// For demos, tests and measurements by hand: `trestle bench` has a generator of its own. One
// thread.
//
// Why sendmmsg and not PACKET_TX_RING: onto a veth the ring was no faster (0.85 Mpps of 64 B
// against 0.87 on one CPU, Linux 6.18) and is more code.

#include <fmt/core.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "bench/rig/pin.h"
#include "switch/mac_address.h"

namespace trestle::bench {
namespace {

using Clock = std::chrono::steady_clock;

// IEEE 802 local experimental ethertype 1: no host stack answers it.
constexpr std::uint16_t kEtherType = 0x88b5;
constexpr std::size_t kFrameMin = 60;  // Ethernet's minimum without its FCS
constexpr std::size_t kFrameMax = 1514;
constexpr std::size_t kFlowOffset = 34;  // where a UDP source port would stand; 4 bytes
constexpr std::size_t kIpOffset = 14, kIpSize = 20;
constexpr std::size_t kBatch = 64;  // frames a system call
constexpr auto kSleepWorthwhile = std::chrono::microseconds{50};

struct Options {
  std::string interface;
  std::string destination;
  std::string source;
  std::string vary = "payload";
  std::size_t size = 64;
  std::uint32_t flows = 1;
  double rate = 0;  // frames per second; 0: as fast as possible
  double seconds = 2;
  int cpu = -1;
  bool sleep = false;  // between batches, instead of spinning: leaves the CPU to others
};

struct Tally {
  std::uint64_t sent = 0;
  std::uint64_t errors = 0;
  int last_error = 0;
  double seconds = 0;
};

[[noreturn]] void die(const std::string& attempted) {
  fmt::print(stderr, "frame-blast: {}: {}\n", attempted, std::strerror(errno));
  std::exit(1);
}

MacAddress parse_mac(const std::string& text) {
  const auto mac = MacAddress::parse(text);
  if (!mac) {
    fmt::print(stderr, "frame-blast: '{}' is not a MAC address\n", text);
    std::exit(2);
  }
  return *mac;
}

// An AF_PACKET socket which sends only (protocol 0 receives nothing) and skips the device's qdisc.
int open_socket(const std::string& interface) {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) die("cannot open a packet socket (needs CAP_NET_RAW)");
  const int on = 1;
  if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0) {
    die("cannot bypass the qdisc");
  }
  const int bytes = 8 << 20;
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0) {
    die("cannot set the send buffer");
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
  if (address.sll_ifindex == 0) die("no interface " + interface);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    die("cannot bind to " + interface);
  }
  return fd;
}

MacAddress mac_of(int fd, const std::string& interface) {
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  if (ioctl(fd, SIOCGIFHWADDR, &request) != 0) die("cannot read the MAC of " + interface);
  return MacAddress::load(reinterpret_cast<const std::byte*>(request.ifr_hwaddr.sa_data));
}

void put16(std::uint8_t* to, std::uint32_t value) {
  to[0] = static_cast<std::uint8_t>(value >> 8);
  to[1] = static_cast<std::uint8_t>(value);
}
void put32(std::uint8_t* to, std::uint32_t value) {
  put16(to, value >> 16);
  put16(to + 2, value);
}

// IPv4 with UDP: connection `flow` is from 10.77.0.0 + flow, port 1024 + flow, to 198.18.0.1, port
// 9, which is nobody's address, so that no host stack answers. No UDP checksum.
void write_connection(std::uint8_t* frame, std::size_t size, std::uint32_t flow) {
  put16(frame + 12, 0x0800);
  std::uint8_t* ip = frame + kIpOffset;
  ip[0] = 0x45;
  put16(ip + 2, static_cast<std::uint32_t>(size - kIpOffset));
  ip[8] = 64;
  ip[9] = 17;
  put32(ip + 12, 0x0a4d0000 + flow);
  put32(ip + 16, 0xc6120001);
  std::uint8_t* udp = ip + kIpSize;
  put16(udp, 1024 + flow % 60000);
  put16(udp + 2, 9);
  put16(udp + 4, static_cast<std::uint32_t>(size - kIpOffset - kIpSize));
}

// As that, but random in all that an access list may look at: source MAC, TOS, TTL, protocol (TCP
// or UDP), addresses, ports.
void write_random(std::uint8_t* frame, std::size_t size, std::mt19937& random) {
  write_connection(frame, size, 0);
  put32(frame + 8, random());
  std::uint8_t* ip = frame + kIpOffset;
  ip[1] = static_cast<std::uint8_t>(random());
  ip[8] = static_cast<std::uint8_t>(random() | 1);
  ip[9] = random() % 2 == 0 ? 17 : 6;
  for (std::size_t at = 12; at < kIpSize + 4; at += 4) put32(ip + at, random());
}

void finish_ipv4(std::uint8_t* ip) {
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < kIpSize; at += 2) sum += (ip[at] << 8) + ip[at + 1];
  sum = (sum & 0xffff) + (sum >> 16);
  put16(ip + 10, ~((sum & 0xffff) + (sum >> 16)));
}

// One frame for each flow, back to back, each `size` bytes.
std::vector<std::uint8_t> make_frames(const Options& options, MacAddress source,
                                      MacAddress destination) {
  std::vector<std::uint8_t> frames(options.size * options.flows);
  const auto to = destination.octets();
  const auto from = source.octets();
  const bool ip = options.vary == "connection" || options.vary == "random";
  std::mt19937 random(1);  // always the same frames
  for (std::uint32_t flow = 0; flow < options.flows; ++flow) {
    std::uint8_t* frame = frames.data() + flow * options.size;
    std::memcpy(frame, to.data(), to.size());
    std::memcpy(frame + 6, from.data(), from.size());
    if (ip) {
      options.vary == "random" ? write_random(frame, options.size, random)
                               : write_connection(frame, options.size, flow);
      finish_ipv4(frame + kIpOffset);
      continue;
    }
    put16(frame + 12, kEtherType);
    // Flow 0 keeps the source as given, so that one flow is the plain case.
    std::uint8_t* mark = options.vary == "src-mac" ? frame + 8 : frame + kFlowOffset;
    for (int byte = 0; byte < 4; ++byte)
      mark[byte] ^= static_cast<std::uint8_t>(flow >> (24 - 8 * byte));
  }
  return frames;
}

// Sends batches with sendmmsg; a message that fails is counted and skipped.
class Sender {
 public:
  Sender(int fd, std::vector<std::uint8_t> frames, std::size_t size)
      : fd_(fd), frames_(std::move(frames)), size_(size) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      pieces_[i].iov_len = size_;
      messages_[i].msg_hdr.msg_iov = &pieces_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  // `count` ≤ kBatch.
  void send(std::size_t count, Tally& tally) {
    for (std::size_t i = 0; i < count; ++i) {
      pieces_[i].iov_base = frames_.data() + next_;
      next_ += size_;
      if (next_ == frames_.size()) next_ = 0;
    }
    std::size_t done = 0;
    while (done < count) {
      const int sent = sendmmsg(fd_, &messages_[done], static_cast<unsigned>(count - done), 0);
      if (sent > 0) {
        done += static_cast<std::size_t>(sent);
        tally.sent += static_cast<std::uint64_t>(sent);
      } else if (errno != EINTR) {
        tally.last_error = errno;
        ++tally.errors;
        ++done;
      }
    }
  }

 private:
  int fd_;
  std::vector<std::uint8_t> frames_;
  std::size_t size_;
  std::size_t next_ = 0;
  std::array<iovec, kBatch> pieces_{};
  std::array<mmsghdr, kBatch> messages_{};
};

// Sleeps or spins until `due`: short waits are spun, because a sleep ends late, unless only the
// average rate matters.
void wait_until(Clock::time_point due, bool sleep_only) {
  const auto ahead = due - Clock::now();
  if (sleep_only) {
    const auto nanoseconds = std::chrono::nanoseconds(ahead).count();
    if (nanoseconds <= 0) return;
    const timespec duration{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &duration, nullptr);
    return;
  }
  if (ahead > kSleepWorthwhile) {
    const auto nanoseconds = std::chrono::nanoseconds(ahead - kSleepWorthwhile / 2).count();
    const timespec duration{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &duration, nullptr);
  }
  while (Clock::now() < due) {
  }
}

Tally blast(const Options& options, Sender& sender) {
  // At a fixed rate a batch stands for at most 100 µs of it, so that the frames come evenly.
  const std::size_t batch =
      options.rate > 0
          ? std::clamp<std::size_t>(static_cast<std::size_t>(options.rate / 10'000), 1, kBatch)
          : kBatch;
  Tally tally;
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration_cast<Clock::duration>(
                               std::chrono::duration<double>(options.seconds));
  auto now = start;
  for (std::uint64_t offered = 0; now < end; offered += batch) {
    if (options.rate > 0) {
      const std::chrono::duration<double> due(static_cast<double>(offered) / options.rate);
      wait_until(start + std::chrono::duration_cast<Clock::duration>(due), options.sleep);
    }
    sender.send(batch, tally);
    now = Clock::now();
  }
  tally.seconds = std::chrono::duration<double>(now - start).count();
  return tally;
}

Options parse(int argc, char** argv) {
  Options options;
  CLI::App app{
      "Sends Ethernet frames out of an interface and prints {sent, seconds, pps, errors} as JSON."};
  app.add_option("interface", options.interface, "interface to send from")->required();
  app.add_option("--dst", options.destination, "destination MAC")->required();
  app.add_option("--src", options.source, "source MAC (default: the interface's)");
  app.add_option("--size", options.size, "bytes a frame, without FCS")
      ->check(CLI::Range(kFrameMin, kFrameMax))
      ->capture_default_str();
  app.add_option("--flows", options.flows, "different frames, sent in turn")
      ->check(CLI::Range(1u, 1u << 20))
      ->capture_default_str();
  app.add_option("--vary", options.vary,
                 "what differs from flow to flow; connection, random: of IPv4 headers")
      ->check(CLI::IsMember({"payload", "src-mac", "connection", "random"}))
      ->capture_default_str();
  app.add_option("--rate", options.rate, "frames per second; 0: as fast as possible")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_flag("--sleep", options.sleep, "with --rate: sleep between batches instead of spinning");
  app.add_option("--seconds", options.seconds)->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--cpu", options.cpu, "pin to this CPU");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
  return options;
}

int run(const Options& options) {
  if (options.cpu >= 0 && !pin_to_cpu(options.cpu))
    die(fmt::format("cannot pin to CPU {}", options.cpu));
  prctl(PR_SET_TIMERSLACK, 1UL);
  const MacAddress destination = parse_mac(options.destination);
  const int fd = open_socket(options.interface);
  const MacAddress source =
      options.source.empty() ? mac_of(fd, options.interface) : parse_mac(options.source);
  auto frames = make_frames(options, source, destination);
  Sender sender(fd, std::move(frames), options.size);
  const Tally tally = blast(options, sender);
  close(fd);
  fmt::print(R"({{"sent":{},"seconds":{:.6f},"pps":{:.0f},"errors":{},"last_error":"{}"}})"
             "\n",
             tally.sent, tally.seconds, static_cast<double>(tally.sent) / tally.seconds,
             tally.errors, tally.last_error == 0 ? "" : std::strerror(tally.last_error));
  return 0;
}

}  // namespace
}  // namespace trestle::bench

int main(int argc, char** argv) {
  return trestle::bench::run(trestle::bench::parse(argc, argv));
}
