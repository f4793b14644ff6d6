// SPDX-License-Identifier: Apache-2.0
//
// The API server over its socket: how bytes become lines, and who hears of events.

#include <catch2/catch.hpp>

#include "control/api/limits.h"
#include "tests/control/api_fixture.h"

using namespace trestle::control;
using namespace trestle::testing;

TEST_CASE("a request that comes byte by byte is answered once it is complete") {
  Served served;
  RawClient client(served.socket);
  const std::string line = request("echo", {{"a", 1}});
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    REQUIRE(client.exchange(served, line.substr(i, 1)).empty());
  }
  const auto replies = client.exchange(served, "\n");
  REQUIRE(replies.size() == 1);
  CHECK(replies[0]["result"] == Json{{"a", 1}});
}

TEST_CASE("many requests in one write are answered in their order") {
  Served served;
  RawClient client(served.socket);
  std::string text;
  for (int id = 0; id < 5000; ++id) text += request("echo", Json::object(), id);
  const auto replies = client.exchange(served, text);
  REQUIRE(replies.size() == 5000);
  for (int id = 0; id < 5000; ++id) REQUIRE(replies[static_cast<std::size_t>(id)]["id"] == id);
}

TEST_CASE("empty lines ask nothing, and a line may end as on other systems") {
  Served served;
  RawClient client(served.socket);
  std::string line = request("echo");
  line.insert(line.size() - 1, "\r");
  CHECK(client.exchange(served, "\n\r\n\n" + line + std::string(100'000, '\n')).size() == 1);
}

TEST_CASE("garbage is answered line by line, and the connection lives on") {
  Served served;
  RawClient client(served.socket);
  const auto replies = client.exchange(
      served, std::string("\0\x01\x02\n{{{{\nGET / HTTP/1.1\n", 24) + request("echo"));
  REQUIRE(replies.size() == 4);
  for (std::size_t i = 0; i < 3; ++i) CHECK(replies[i]["error"]["code"] == kParseError);
  CHECK(replies[3].contains("result"));
}

TEST_CASE("a client that shuts its side down gets the answers to all it has sent, then the end") {
  Served served;
  RawClient client(served.socket);
  std::string text = request("large", {{"bytes", 3'000'000}}) + request("echo", Json::object(), 2) +
                     request("echo", Json::object(), 3);
  text.pop_back();  // the last line may lack its line break
  client.write_some(text);
  client.finish();
  const auto replies = client.exchange(served, "");
  REQUIRE(replies.size() == 3);
  CHECK(replies[0]["result"].get<std::string>().size() == 3'000'000);
  CHECK(replies[2]["id"] == 3);
  served.pump();
  CHECK_FALSE(client.read_some());
  CHECK(served.server->connections() == 0);
}

TEST_CASE("a client that goes away in the middle of a request leaves nothing behind") {
  Served served;
  {
    RawClient client(served.socket);
    client.exchange(served, "{\"jsonrpc\":");
    CHECK(served.server->connections() == 1);
  }
  served.pump();
  CHECK(served.server->connections() == 0);
}

TEST_CASE("a client that asks and goes away at once harms nobody") {
  Served served;
  for (int i = 0; i < 100; ++i) {
    RawClient client(served.socket);
    client.write_some(request("large", {{"bytes", 1'000'000}}) + request("echo"));
    if (i % 2) served.pump();
  }
  served.pump();
  CHECK(served.server->connections() == 0);
  RawClient client(served.socket);
  CHECK(client.exchange(served, request("echo")).size() == 1);
}

TEST_CASE("events go to those who subscribed, after the reply that says so") {
  Served served;
  std::vector<bool> heard;
  served.server->watch_subscribers([&](bool any) { heard.push_back(any); });
  RawClient deaf(served.socket);
  deaf.exchange(served, request("echo"));
  {
    RawClient client(served.socket);
    served.server->publish("{\"early\":1}");
    CHECK(client.exchange(served, request("events")).size() == 1);
    CHECK(heard == std::vector<bool>{true});
    served.server->publish("{\"n\":1}");
    served.server->publish("{\"n\":2}");
    const auto events = client.exchange(served, "");
    REQUIRE(events.size() == 2);
    CHECK(events[1]["n"] == 2);
    const auto mixed = client.exchange(served, request("echo"));
    CHECK(mixed.size() == 1);
  }
  served.pump();
  CHECK(heard == std::vector<bool>{true, false});
  CHECK(deaf.exchange(served, "").empty());
}

TEST_CASE("a subscriber that only shuts its writing side down goes on hearing events") {
  Served served;
  RawClient client(served.socket);
  client.write_some(request("events"));
  client.finish();
  CHECK(client.exchange(served, "").size() == 1);
  served.server->publish("{\"n\":1}");
  CHECK(client.exchange(served, "").size() == 1);
  CHECK(client.open());
}
