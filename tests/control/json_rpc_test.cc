// SPDX-License-Identifier: Apache-2.0
//
// JSON-RPC 2.0 without a transport: every kind of message and every error code.

#include <catch2/catch.hpp>

#include "control/api/json_rpc.h"
#include "control/api/limits.h"
#include "tests/control/api_fixture.h"

using namespace trestle::control;
using trestle::testing::made_up_commands;

namespace {

Json ask(const std::string& message) {
  Caller caller;
  const std::string reply = answer(message, made_up_commands(), caller);
  return reply.empty() ? Json() : Json::parse(reply);
}

int code(const Json& reply) {
  return reply.at("error").at("code").get<int>();
}

}  // namespace

TEST_CASE("a request is answered with its result and its id") {
  CHECK(ask(R"({"jsonrpc":"2.0","id":7,"method":"echo","params":{"a":1}})") ==
        Json::parse(R"({"jsonrpc":"2.0","id":7,"result":{"a":1}})"));
  CHECK(ask(R"({"jsonrpc":"2.0","id":"x","method":"echo"})") ==
        Json::parse(R"({"jsonrpc":"2.0","id":"x","result":{}})"));
  CHECK(ask(R"({"jsonrpc":"2.0","id":null,"method":"echo"})") ==
        Json::parse(R"({"jsonrpc":"2.0","id":null,"result":{}})"));
}

TEST_CASE("a notification is carried out and not answered") {
  Caller caller;
  CHECK(answer(R"({"jsonrpc":"2.0","method":"events"})", made_up_commands(), caller).empty());
  CHECK(caller.wants_events);
  CHECK(ask(R"({"jsonrpc":"2.0","method":"nothing"})").is_null());
}

TEST_CASE("a batch is answered by an array without its notifications") {
  const Json reply = ask(R"([{"jsonrpc":"2.0","id":1,"method":"echo"},
      {"jsonrpc":"2.0","method":"echo"}, 5, {"jsonrpc":"2.0","id":2,"method":"refuse"}])");
  REQUIRE(reply.is_array());
  REQUIRE(reply.size() == 3);
  CHECK(reply[0]["id"] == 1);
  CHECK(code(reply[1]) == kInvalidRequest);
  CHECK(code(reply[2]) == kRefused);
  CHECK(ask(R"([{"jsonrpc":"2.0","method":"echo"}])").is_null());
}

TEST_CASE("an empty batch and one with too many requests are refused as a whole") {
  CHECK(code(ask("[]")) == kInvalidRequest);
  Json batch = Json::array();
  for (std::size_t i = 0; i < kBatchMax; ++i) {
    batch.push_back({{"jsonrpc", "2.0"}, {"id", i}, {"method", "echo"}});
  }
  CHECK(ask(to_line(batch)).size() == kBatchMax);
  batch.push_back(batch.front());
  CHECK(code(ask(to_line(batch))) == kInvalidRequest);
}

TEST_CASE("a batch whose replies are too large is carried out only as far as can be told") {
  int calls = 0;
  CommandTable commands = made_up_commands();
  commands["count"] = [&](const Json&, Caller&) -> Reply {
    ++calls;
    return Json(std::string(kReplyMax / 2, 'x'));
  };
  Json batch = Json::array();
  for (int i = 0; i < 4; ++i) batch.push_back({{"jsonrpc", "2.0"}, {"id", i}, {"method", "count"}});
  Caller caller;
  const Json reply = Json::parse(answer(to_line(batch), commands, caller));
  REQUIRE(reply.size() == 4);
  CHECK(calls == 2);
  CHECK(code(reply[3]) == kRefused);
}

TEST_CASE("a reply that is too large is an error instead") {
  const Json reply = ask(R"({"jsonrpc":"2.0","id":1,"method":"large","params":{"bytes":)" +
                         std::to_string(kReplyMax) + "}}");
  CHECK(code(reply) == kRefused);
  CHECK(reply["id"] == 1);
}

TEST_CASE("what is not JSON is a parse error with id null") {
  for (const char* text :
       {"hello", "{", "{\"jsonrpc\":\"2.0\",", "\xff\xfe", "\"\\ud800\"", "1e999x", " "}) {
    const Json reply = ask(text);
    CHECK(code(reply) == kParseError);
    CHECK(reply["id"].is_null());
  }
}

TEST_CASE("JSON that is no request is an invalid request") {
  for (const char* text :
       {"1", "\"x\"", "null", "{}", R"({"jsonrpc":"1.0","id":1,"method":"echo"})",
        R"({"id":1,"method":"echo"})", R"({"jsonrpc":"2.0","id":1,"method":5})",
        R"({"jsonrpc":"2.0","id":1})", R"({"jsonrpc":"2.0","id":{},"method":"echo"})",
        R"({"jsonrpc":"2.0","id":true,"method":"echo"})"}) {
    INFO(text);
    CHECK(code(ask(text)) == kInvalidRequest);
  }
}

TEST_CASE("an unknown method and parameters by position have codes of their own") {
  const Json unknown = ask(R"({"jsonrpc":"2.0","id":1,"method":"port.ad"})");
  CHECK(code(unknown) == kMethodNotFound);
  CHECK(unknown["error"]["message"] == "no method 'port.ad'");
  CHECK(code(ask(R"({"jsonrpc":"2.0","id":1,"method":"echo","params":[1]})")) == kInvalidParams);
  CHECK(code(ask(R"({"jsonrpc":"2.0","id":1,"method":"echo","params":null})")) == kInvalidParams);
}

TEST_CASE("a refusal carries its message, and mistakes of a configuration with their places") {
  const Json error = ask(R"({"jsonrpc":"2.0","id":1,"method":"refuse"})")["error"];
  CHECK(error["code"] == kRefused);
  CHECK(error["message"] == "cannot add port br0.red: no");
  CHECK(error["data"] ==
        Json::parse(R"([{"file":"lab.toml","line":3,"column":7,"message":"unknown key"},
                        {"file":"lab.toml","line":4,"column":1,"message":"another"}])"));
}

TEST_CASE("a handler that throws is an internal error") {
  CHECK(code(ask(R"({"jsonrpc":"2.0","id":1,"method":"throw"})")) == kInternalError);
}

TEST_CASE(
    "nesting is counted outside of strings only, and too much of it is refused before parsing") {
  CHECK(nesting_depth("[[1],[2,[3]]]") == 3);
  CHECK(nesting_depth(R"({"a\"[[[":"}]{","b":[]})") == 2);
  CHECK(nesting_depth("]]][") == 1);
  CHECK(nesting_depth("\"\\") == 0);
  CHECK(code(ask(std::string(1'000'000, '['))) == kInvalidRequest);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
  CHECK(code(ask(deep)) == kInvalidRequest);
  const std::size_t inner = kNestingMax - 2;  // the request and its params are two
  const auto nested = [](std::size_t depth) {
    return R"({"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":)" + std::string(depth, '[') +
           std::string(depth, ']') + "}}";
  };
  CHECK(ask(nested(inner)).contains("result"));
  CHECK(code(ask(nested(inner + 1))) == kInvalidRequest);
}
