// SPDX-License-Identifier: Apache-2.0

#include "tests/measure/traffic/cable.h"

#include <linux/if_ether.h>
#include <net/if.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <utility>

#include "control/net/namespaces.h"
#include "measure/lab/sandbox.h"

namespace trestle::measure::testing {

using trestle::testing::shell;

void must(const std::string& command) {
  const auto outcome = shell(command);
  INFO(command << ": " << outcome.output);
  REQUIRE(outcome.ok());
}

std::unique_ptr<LinkTrials> open_cable(SendingMeans means, const std::vector<int>& senders) {
  std::vector<Port> ports;
  for (const auto& [name, mac] : {std::pair{"left", kLeft}, {"right", kRight}}) {
    auto space = net::open_namespace(name);
    REQUIRE(space);
    ports.push_back({std::move(*space), "eth0", mac});
  }
  auto trials = LinkTrials::open(std::move(ports), {senders, {1}, {1}}, means);
  if (!trials) FAIL(trials.error().what);
  return std::move(*trials);
}

Queue::Queue() {
  const auto scope = net::NamespaceScope::enter(*net::open_namespace("right"));
  REQUIRE(scope);
  auto socket = PacketSocket::open();
  REQUIRE(socket);
  const int bytes = 256 << 20;
  REQUIRE(setsockopt(socket->fd(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0);
  REQUIRE(socket->bind(static_cast<int>(if_nametoindex("eth0")), ETH_P_ALL));
  socket_.emplace(std::move(*socket));
}

std::vector<std::uint8_t> Queue::next() {
  std::vector<std::uint8_t> octets(10'000);
  const ssize_t size = recv(socket_->fd(), octets.data(), octets.size(), MSG_DONTWAIT);
  octets.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return octets;
}

Cable::Cable() {
  prefer(-20);  // rates are compared, and other tests may run beside this one
  must("ip netns add left; ip netns add right");
  for (const char* space : {"left", "right"}) {
    must(std::string("ip netns exec ") + space +
         " sysctl -qw net.ipv6.conf.default.disable_ipv6=1");
  }
  make_pair("");
  trials = open_cable(SendingMeans::kBest);
}

Cable::~Cable() {
  trials.reset();
  shell("ip netns del left; ip netns del right");
}

void Cable::make_pair(const std::string& options) {
  must("ip -n left link add eth0 " + options +
       " address 02:00:00:00:00:01 type veth peer name eth0 netns right " +
       " address 02:00:00:00:00:02");
  must("ip -n left link set eth0 up; ip -n right link set eth0 up");
}

TrialResult Cable::run(const Trial& trial) {
  auto result = trials->run(trial);
  if (!result) FAIL(result.error().what);
  return std::move(*result);
}

Stream stream(std::size_t from) {
  Stream stream;
  stream.from = from;
  stream.to = 1 - from;
  stream.source = from == 0 ? kLeft : kRight;
  stream.destination = from == 0 ? kRight : kLeft;
  return stream;
}

Trial rightwards() {
  Trial trial;
  trial.streams = {stream(0)};
  trial.rate = 20'000;
  trial.seconds = 0.2;
  return trial;
}

void require_nothing_lost(const Trial& trial, const TrialResult& result) {
  CHECK(loss(trial, result) == 0);
  CHECK(result.received() == result.sent());
  for (const EndResult& end : result.ends) {
    CHECK(end.refused == 0);
    CHECK(end.missing == 0);
    CHECK(end.duplicated == 0);
    CHECK(end.reordered == 0);
    CHECK(end.corrupted == 0);
    CHECK(end.strays == 0);
    CHECK(end.unread == 0);
  }
}

void require_every_frame_read(const Trial& trial, const TrialResult& result) {
  require_nothing_lost(trial, result);
  std::uint64_t read = 0;
  for (const EndResult& end : result.ends) read += end.read;
  CHECK(read == result.sent());
  CHECK(result.latency.count() == result.sent());
  CHECK(result.latency.min() > 0);
  CHECK(result.latency.quantile(0.5) < 1'000'000);
}

}  // namespace trestle::measure::testing
