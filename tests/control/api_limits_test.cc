// SPDX-License-Identifier: Apache-2.0
//
// What a client that misbehaves can take of the server: each limit of control/api/limits.h that the
// server keeps.

#include <catch2/catch.hpp>

#include <list>
#include <optional>

#include "control/api/limits.h"
#include "tests/control/api_fixture.h"

using namespace trestle::control;
using namespace trestle::testing;

namespace {

// A request of so many bytes, without its line break.
std::string request_of(std::size_t bytes) {
  std::string line = request("echo");
  line.pop_back();
  line.insert(line.size() - 1, bytes - line.size(), ' ');
  return line;
}

// Sends the same bytes until the server closes or takes no more; how many went.
std::size_t send_for_ever(Served& served, RawClient& client, const std::string& bytes,
                          std::size_t most) {
  std::size_t sent = 0;
  while (sent < most) {
    const ssize_t n = client.write_some(bytes);
    if (n < 0) break;
    sent += static_cast<std::size_t>(n);
    served.pump();
    if (n == 0 && client.write_some(bytes.substr(0, 1)) <= 0) break;
  }
  return sent;
}

}  // namespace

TEST_CASE("the longest request that is allowed is answered, one byte more is not") {
  Served served;
  RawClient client(served.socket);
  CHECK(client.exchange(served, request_of(kRequestMax) + "\n" + request("echo")).size() == 2);
  const auto replies =
      client.exchange(served, request_of(kRequestMax + 1) + "\n" + request("echo"));
  REQUIRE(replies.size() == 1);
  CHECK(replies[0]["error"]["code"] == kInvalidRequest);
  CHECK_FALSE(client.open());
}

TEST_CASE("bytes without a line break are refused and cut off after a little more than the limit") {
  Served served;
  RawClient client(served.socket);
  RawClient other(served.socket);
  const std::size_t sent =
      send_for_ever(served, client, std::string(1 << 16, 'x'), std::size_t{1} << 30);
  CHECK(sent > kRequestMax);
  CHECK(sent < 4 * kRequestMax);
  CHECK_FALSE(client.read_some());
  const auto replies = client.lines();
  REQUIRE(replies.size() == 1);
  CHECK(replies[0]["error"]["code"] == kInvalidRequest);
  CHECK(other.exchange(served, request("echo")).size() == 1);
}

TEST_CASE("a client that asks without reading is not listened to any more, and cut off in time") {
  Served served;
  RawClient client(served.socket);
  std::string text;
  for (int i = 0; i < 100; ++i) text += request("large", {{"bytes", 10'000}});
  CHECK(send_for_ever(served, client, text, std::size_t{1} << 28) < std::size_t{1} << 24);
  CHECK(served.server->connections() == 1);
  served.now += kReplyTimeout - std::chrono::milliseconds(1);
  served.server->tick(served.now);
  CHECK(served.server->connections() == 1);
  served.now += std::chrono::milliseconds(1);
  served.server->tick(served.now);
  CHECK(served.server->connections() == 0);
}

TEST_CASE("a large reply arrives whole when it is read in time") {
  Served served;
  RawClient client(served.socket);
  client.write_some(request("large", {{"bytes", 50'000'000}}) + request("echo"));
  served.pump();
  served.now += kReplyTimeout / 2;
  served.server->tick(served.now);
  const auto replies = client.exchange(served, "");
  REQUIRE(replies.size() == 2);
  CHECK(replies[0]["result"].get<std::string>() == std::string(50'000'000, 'x'));
  served.now += kReplyTimeout;
  served.server->tick(served.now);
  CHECK(client.exchange(served, request("echo")).size() == 1);
}

TEST_CASE("a subscriber that stops reading loses events, is told how many, and stays connected") {
  Served served;
  RawClient client(served.socket);
  client.exchange(served, request("events"));
  const std::string padding(1000, 'x');
  std::size_t published = 0;
  const auto publish = [&](std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      served.server->publish(
          notification("event", {{"type", "test"}, {"n", ++published}, {"x", padding}}));
      served.pump();
    }
  };
  publish(20'000);  // five times the backlog
  served.now += 10 * kReplyTimeout;
  served.server->tick(served.now);
  REQUIRE(served.server->connections() == 1);

  auto events = client.exchange(served, "");
  publish(10);
  for (Json& event : client.exchange(served, "")) events.push_back(std::move(event));
  std::size_t received = 0;
  std::size_t lost = 0;
  std::size_t notices = 0;
  for (const Json& event : events) {
    const Json& params = event["params"];
    if (params["type"] == "events.lost") {
      lost += params["count"].get<std::size_t>();
      ++notices;
    } else {
      ++received;
    }
  }
  CHECK(notices == 1);
  CHECK(received * padding.size() < 2 * kEventBacklogMax);
  CHECK(lost > 0);
  CHECK(received + lost == published);
  CHECK(events.back()["params"]["n"] == published);
}

TEST_CASE("one client too many is told so and closed, until another leaves") {
  Served served;
  std::list<RawClient> clients;
  for (std::size_t i = 0; i < kConnectionsMax; ++i) {
    clients.emplace_back(served.socket);
    served.pump();  // the backlog of the socket is shorter than that
  }
  CHECK(served.server->connections() == kConnectionsMax);
  {
    RawClient extra(served.socket);
    const auto replies = extra.exchange(served, "");
    REQUIRE(replies.size() == 1);
    CHECK(replies[0]["error"]["code"] == kRefused);
    CHECK_FALSE(extra.open());
  }
  CHECK(served.server->connections() == kConnectionsMax);
  CHECK(clients.back().exchange(served, request("echo")).size() == 1);
  clients.pop_front();
  served.pump();
  RawClient next(served.socket);
  CHECK(next.exchange(served, request("echo")).size() == 1);
}
