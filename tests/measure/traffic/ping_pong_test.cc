// SPDX-License-Identifier: Apache-2.0
//
// Round trips over loopback, which needs no namespaces.

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>
#include <thread>

#include "measure/traffic/ping_pong.h"

using namespace trestle::measure;

namespace {

constexpr char kLoopback[] = "127.0.0.1";
constexpr std::size_t kBytes = 18;

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

// A server that answers the n-th datagram by what `answer` makes of it: (sequence number of the
// question, n) -> the sequence numbers of the answers.
class OddServer {
 public:
  using Answer = std::function<std::vector<std::uint64_t>(std::uint64_t)>;
  explicit OddServer(Answer answer) : answer_(std::move(answer)) {
    const auto opened = open_server(kLoopback, 0);
    REQUIRE(opened);
    fd_ = *opened;
    thread_ = std::thread([this] { run(); });
  }
  ~OddServer() {
    stop_ = true;
    thread_.join();
    close(fd_);
  }
  std::uint16_t port() const { return port_of(fd_); }

 private:
  void run() {
    std::array<char, 64> buffer{};
    while (!stop_) {
      sockaddr_in peer{};
      socklen_t peer_size = sizeof peer;
      auto* const from = reinterpret_cast<sockaddr*>(&peer);
      if (recvfrom(fd_, buffer.data(), buffer.size(), 0, from, &peer_size) < 0) continue;
      std::uint64_t asked;
      std::memcpy(&asked, buffer.data(), sizeof asked);
      for (const std::uint64_t sequence : answer_(asked)) {
        std::memcpy(buffer.data(), &sequence, sizeof sequence);
        sendto(fd_, buffer.data(), kBytes, 0, from, peer_size);
      }
    }
  }

  Answer answer_;
  int fd_ = -1;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

RoundTrips asked(std::uint16_t port, std::uint64_t count) {
  const auto client = open_client(kLoopback, port);
  REQUIRE(client);
  const auto trips = ask(*client, kBytes, 30, count);
  close(*client);
  REQUIRE(trips);
  return *trips;
}

}  // namespace

TEST_CASE("each round trip is timed, and as many are made as were asked for") {
  const auto server = open_server(kLoopback, 0);
  REQUIRE(server);
  std::atomic<bool> stop = false;
  std::thread serving([&] { serve(*server, stop); });
  const RoundTrips trips = asked(port_of(*server), 500);
  stop = true;
  serving.join();
  close(*server);
  CHECK(trips.times.count() == 500);
  CHECK(trips.lost == 0);
  CHECK(trips.times.min() > 0);
  // They follow each other: together they took no longer than all of it.
  CHECK(trips.times.mean() * 500 <= trips.seconds * 1e9 * 1.001);
}

TEST_CASE("a question that is not answered is lost, and the next one is asked") {
  OddServer server([](std::uint64_t sequence) -> std::vector<std::uint64_t> {
    if (sequence == 120 || sequence == 130) return {};
    return {sequence};
  });
  const RoundTrips trips = asked(server.port(), 50);
  CHECK(trips.times.count() == 50);
  CHECK(trips.lost == 2);
}

TEST_CASE("an answer to an earlier question is not taken for this one's") {
  // After the warm-up every other question gets only the number of the one before it.
  OddServer server([](std::uint64_t sequence) -> std::vector<std::uint64_t> {
    if (sequence >= 100 && sequence % 2 == 1) return {sequence - 1};
    return {sequence};
  });
  const RoundTrips trips = asked(server.port(), 2);
  CHECK(trips.times.count() == 2);
  CHECK(trips.lost == 1);
}

TEST_CASE("asking where nobody serves is an error") {
  const auto server = open_server(kLoopback, 0);
  REQUIRE(server);
  const std::uint16_t port = port_of(*server);
  close(*server);
  const auto client = open_client(kLoopback, port);
  REQUIRE(client);
  CHECK_FALSE(ask(*client, kBytes, 1));
  close(*client);
}

TEST_CASE("a datagram has room for its number and fits into a frame") {
  const auto client = open_client(kLoopback, 9);
  REQUIRE(client);
  CHECK_FALSE(ask(*client, 7, 1));
  CHECK_FALSE(ask(*client, kPingPongMax + 1, 1));
  close(*client);
  CHECK_FALSE(open_client("localhost", 9));
}
