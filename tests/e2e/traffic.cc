// SPDX-License-Identifier: Apache-2.0

#include "tests/e2e/traffic.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

namespace trestle::testing {
namespace {

sockaddr_in address_of(const std::string& text, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, text.c_str(), &address.sin_addr);
  return address;
}

// Runs `action` in a thread that is in `ns`; the caller's namespace stays as it is.
template <typename Action>
bool in_namespace(const std::string& ns, Action action) {
  bool entered = true;
  std::thread([&] {
    if (!ns.empty()) {
      const int fd = open(("/run/netns/" + ns).c_str(), O_RDONLY | O_CLOEXEC);
      entered = fd >= 0 && setns(fd, CLONE_NEWNET) == 0;
      if (fd >= 0) close(fd);
    }
    if (entered) action();
  }).join();
  return entered;
}

// The known stream, in blocks.
class Stream {
 public:
  static constexpr std::size_t kWords = 8192;
  const std::vector<std::uint64_t>& next() {
    for (std::uint64_t& word : block_) word = generator_();
    return block_;
  }

 private:
  std::mt19937_64 generator_{42};
  std::vector<std::uint64_t> block_ = std::vector<std::uint64_t>(kWords);
};

std::uint64_t receive_stream(int listener, std::uint64_t bytes) {
  pollfd ready{listener, POLLIN, 0};
  if (poll(&ready, 1, 20'000) != 1) return 0;
  const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  const timeval limit{20, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  Stream stream;
  std::uint64_t good = 0;
  std::vector<std::uint64_t> block(Stream::kWords);
  while (good < bytes) {
    const std::size_t size = block.size() * sizeof block[0];
    const ssize_t n = recv(fd, block.data(), size, MSG_WAITALL);
    if (n != static_cast<ssize_t>(size) || block != stream.next()) break;
    good += size;
  }
  close(fd);
  return good;
}

}  // namespace

int socket_in(const std::string& ns, int domain, int type, int protocol) {
  int fd = -1;
  const bool entered =
      in_namespace(ns, [&] { fd = socket(domain, type | SOCK_CLOEXEC, protocol); });
  INFO("namespace " << ns);
  REQUIRE(entered);
  REQUIRE(fd >= 0);
  return fd;
}

UdpFlow::UdpFlow(const std::string& from_ns, const std::string& to_ns,
                 const std::string& to_address, Shape shape) {
  sender_ = socket_in(from_ns, AF_INET, SOCK_DGRAM, 0);
  receiver_ = socket_in(to_ns, AF_INET, SOCK_DGRAM, 0);
  const int buffer = 8 << 20;
  setsockopt(receiver_, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  const timeval limit{0, 100'000};
  setsockopt(receiver_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const sockaddr_in to = address_of(to_address, shape.port);
  REQUIRE(bind(receiver_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  REQUIRE(connect(sender_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  receive_thread_ = std::thread([this] { receive_all(); });
  send_thread_ = std::thread([this, shape] { send_all(shape); });
  const bool first = wait_until([this] { return counting_.load(); });
  if (!first) stop();
  REQUIRE(first);
}

UdpFlow::~UdpFlow() {
  stop();
  close(sender_);
  close(receiver_);
}

void UdpFlow::stop() {
  sending_ = false;
  if (send_thread_.joinable()) send_thread_.join();
  receiving_ = false;
  if (receive_thread_.joinable()) receive_thread_.join();
}

// Until the first datagram has arrived, each carries number 0; then they count from 1. A datagram
// that the sender's own stack refuses (no route while its device is away) was not sent.
void UdpFlow::send_all(Shape shape) {
  std::vector<std::uint8_t> payload(shape.payload);
  timespec next{};
  clock_gettime(CLOCK_MONOTONIC, &next);
  std::uint64_t number = 0;
  while (sending_) {
    const std::uint64_t sending = counting_ ? number + 1 : 0;
    std::memcpy(payload.data(), &sending, sizeof sending);
    if (::send(sender_, payload.data(), payload.size(), 0) > 0 && sending != 0) {
      number = sending;
      sent_ = number;
    }
    next.tv_nsec += 1'000'000'000 / static_cast<long>(shape.per_second);
    if (next.tv_nsec >= 1'000'000'000) {
      next.tv_nsec -= 1'000'000'000;
      ++next.tv_sec;
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, nullptr);
  }
}

void UdpFlow::receive_all() {
  std::vector<bool> seen;
  std::vector<std::uint8_t> payload(65536);
  while (receiving_) {
    const ssize_t n = recv(receiver_, payload.data(), payload.size(), 0);
    if (n < static_cast<ssize_t>(sizeof(std::uint64_t))) continue;
    counting_ = true;
    std::uint64_t number = 0;
    std::memcpy(&number, payload.data(), sizeof number);
    if (number == 0) continue;
    if (number >= seen.size()) seen.resize(number + 4096);
    if (seen[number]) continue;
    seen[number] = true;
    ++received_;
  }
}

bool UdpFlow::flows(Seconds limit) const {
  const std::uint64_t before = received();
  return wait_until([&] { return received() > before + 10; }, limit);
}

std::uint64_t UdpFlow::lost() {
  sending_ = false;
  send_thread_.join();
  wait_until([this] { return received() == sent(); }, Seconds(2));
  stop();
  return sent() - received();
}

std::uint64_t tcp_transfer(const std::string& from_ns, const std::string& to_ns,
                           const std::string& to_address, std::uint64_t bytes) {
  const int listener = socket_in(to_ns, AF_INET, SOCK_STREAM, 0);
  const int client = socket_in(from_ns, AF_INET, SOCK_STREAM, 0);
  const sockaddr_in to = address_of(to_address, 7001);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  REQUIRE(bind(listener, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  REQUIRE(listen(listener, 1) == 0);
  const timeval limit{20, 0};
  setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  std::thread sender([&] {
    if (connect(client, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return;
    Stream stream;
    for (std::uint64_t sent = 0; sent < bytes;) {
      const auto& block = stream.next();
      const std::size_t size = block.size() * sizeof block[0];
      for (std::size_t done = 0; done < size;) {
        const ssize_t n = ::send(client, reinterpret_cast<const char*>(block.data()) + done,
                                 size - done, MSG_NOSIGNAL);
        if (n <= 0) return;
        done += static_cast<std::size_t>(n);
      }
      sent += size;
    }
  });
  const std::uint64_t good = receive_stream(listener, bytes);
  shutdown(client, SHUT_RDWR);
  sender.join();
  close(client);
  close(listener);
  return good;
}

RawSocket::RawSocket(const std::string& ns, const std::string& device) {
  fd_ = socket_in(ns, AF_PACKET, SOCK_RAW, 0);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  in_namespace(ns, [&] { address.sll_ifindex = static_cast<int>(if_nametoindex(device.c_str())); });
  INFO(device << " in " << ns);
  REQUIRE(address.sll_ifindex != 0);
  const int yes = 1;
  const int buffer = 8 << 20;
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  REQUIRE(setsockopt(fd_, SOL_PACKET, PACKET_AUXDATA, &yes, sizeof yes) == 0);
  REQUIRE(setsockopt(fd_, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes) == 0);
  REQUIRE(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

RawSocket::~RawSocket() {
  close(fd_);
}

bool RawSocket::send(const std::vector<std::uint8_t>& frame) const {
  return ::send(fd_, frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size());
}

std::vector<RawSocket::Frame> RawSocket::received() const {
  std::vector<Frame> frames;
  for (;;) {
    Frame frame{std::vector<std::uint8_t>(65536), {}};
    iovec part{frame.bytes.data(), frame.bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(tpacket_auxdata))];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t n = recvmsg(fd_, &message, MSG_DONTWAIT);
    if (n < 0) return frames;
    frame.bytes.resize(static_cast<std::size_t>(n));
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      tpacket_auxdata aux{};
      std::memcpy(&aux, CMSG_DATA(c), sizeof aux);
      if (aux.tp_status & TP_STATUS_VLAN_VALID) frame.vlan = aux.tp_vlan_tci & 0xfff;
    }
    frames.push_back(std::move(frame));
  }
}

std::vector<std::uint8_t> test_frame(std::uint8_t from, std::uint32_t mark, std::size_t size,
                                     std::optional<std::uint16_t> vlan) {
  std::vector<std::uint8_t> frame = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, from};
  if (vlan) {
    frame.insert(frame.end(), {0x81, 0x00, static_cast<std::uint8_t>(*vlan >> 8),
                               static_cast<std::uint8_t>(*vlan & 0xff)});
  }
  frame.insert(frame.end(), {0x88, 0xb5});
  for (const int shift : {24, 16, 8, 0}) {
    frame.push_back(static_cast<std::uint8_t>(mark >> shift));
  }
  frame.resize(size + (vlan ? 4 : 0));
  return frame;
}

bool is_test_frame(const RawSocket::Frame& frame, std::uint32_t mark) {
  const auto& bytes = frame.bytes;
  if (bytes.size() < 18 || bytes[12] != 0x88 || bytes[13] != 0xb5) return false;
  std::uint32_t found = 0;
  for (std::size_t i = 14; i < 18; ++i) found = found << 8 | bytes[i];
  return found == mark;
}

}  // namespace trestle::testing
