// SPDX-License-Identifier: Apache-2.0
//
// trestle's command line as values, and the request that it becomes.

#include <catch2/catch.hpp>

#include "control/cli/arguments.h"
#include "control/cli/requests.h"

using namespace trestle::control;

namespace {

tl::expected<Arguments, NothingToDo> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "trestle");
  return parse_arguments(static_cast<int>(words.size()), words.data());
}

// The method and parameters of a command line, or what is wrong with it.
std::string asked(const std::vector<const char*>& words) {
  const auto arguments = parse(words);
  if (!arguments) return "usage";
  const auto made = make_request(*arguments);
  return made ? made->method + " " + to_line(made->params) : made.error();
}

}  // namespace

TEST_CASE("options may stand before the noun and after the verb") {
  for (const auto& words :
       {std::vector<const char*>{"--json", "--socket", "/s", "port", "list", "br0"},
        {"port", "list", "br0", "--json", "--socket", "/s"},
        {"port", "--json", "list", "--socket=/s", "br0"}}) {
    const auto arguments = parse(words);
    REQUIRE(arguments);
    CHECK(arguments->json);
    CHECK(arguments->socket == "/s");
    CHECK(arguments->command == "port.list");
    CHECK(arguments->bridge == "br0");
  }
  CHECK(parse({"status"})->socket == "/run/trestle/trestle.sock");
  CHECK_FALSE(parse({"status"})->json);
}

TEST_CASE("names that are also commands are names where a name is expected") {
  CHECK(asked({"port", "show", "port", "list"}) == R"(port.show {"bridge":"port","port":"list"})");
  CHECK(asked({"bridge", "del", "status"}) == R"(bridge.del {"bridge":"status"})");
}

TEST_CASE("what makes no sense is a usage error of one line") {
  for (const auto& words : {std::vector<const char*>{},
                            {"foo"},
                            {"port"},
                            {"port", "foo"},
                            {"port", "show", "br0"},
                            {"port", "show", "br0", "red", "blue"},
                            {"status", "extra"},
                            {"--foo", "status"},
                            {"fdb", "add", "br0"},
                            {"check"},
                            {"port", "set", "br0", "red"},
                            {"--socket"}}) {
    const auto arguments = parse(words);
    REQUIRE_FALSE(arguments);
    CHECK(arguments.error().status == kUsage);
    const std::string& text = arguments.error().text;
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    CHECK(text.starts_with("trestle: "));
  }
  CHECK(parse({"foo"}).error().text ==
        "trestle: there is no command or option 'foo' (see trestle --help)\n");
}

TEST_CASE("help and version are no errors") {
  for (const auto& words : {std::vector<const char*>{"--help"},
                            {"port", "--help"},
                            {"port", "add", "-h"},
                            {"--version"}}) {
    const auto arguments = parse(words);
    REQUIRE_FALSE(arguments);
    CHECK(arguments.error().status == kDone);
    CHECK_FALSE(arguments.error().text.empty());
  }
}

TEST_CASE("words become parameters of the type that the configuration has for them") {
  CHECK(
      asked({"port", "add", "br0", "red", "type=veth", "namespace=7", "mtu=1400",
             "address=10.0.0.1/24,fd00::1/64", "qdisc=true"}) ==
      R"(port.add {"address":["10.0.0.1/24","fd00::1/64"],"bridge":"br0","mtu":1400,"namespace":"7","port":"red","qdisc":true,"type":"veth"})");
  CHECK(asked({"bridge", "add", "br0", "ageing=60s", "link_local={lldp=\"drop\"}"}) ==
        R"(bridge.add {"ageing":"60s","bridge":"br0","link_local":{"lldp":"drop"}})");
  CHECK(asked({"port", "set", "br0", "red", "vlan="}) ==
        R"(port.set {"bridge":"br0","port":"red","vlan":""})");
  CHECK(asked({"port", "add", "br0", "red", "bridge=br1"}) ==
        "'bridge' is no key that can be given");
}

TEST_CASE("MAC addresses are narrowed down by port and VLAN, in any order") {
  CHECK(asked({"fdb", "list"}) == "fdb.list {}");
  CHECK(asked({"fdb", "list", "br0"}) == R"(fdb.list {"bridge":"br0"})");
  CHECK(asked({"fdb", "list", "vlan=7", "br0", "port=red"}) ==
        R"(fdb.list {"bridge":"br0","port":"red","vlan":7})");
  CHECK(asked({"fdb", "add", "br0", "02:00:00:00:00:01", "red", "vlan=7"}) ==
        R"(fdb.add {"bridge":"br0","mac":"02:00:00:00:00:01","port":"red","vlan":7})");
  CHECK(asked({"fdb", "del", "br0", "02:00:00:00:00:01"}) ==
        R"(fdb.del {"bridge":"br0","mac":"02:00:00:00:00:01"})");
  CHECK(asked({"fdb", "flush", "br0", "port=red"}) == R"(fdb.flush {"bridge":"br0","port":"red"})");
  for (const char* word : {"vlan=x", "vlan=", "vlan", "speed=1", "vlan=99999", "vlan=-1"}) {
    CHECK_THAT(asked({"fdb", "flush", "br0", word}), Catch::StartsWith("'"));
  }
  CHECK(asked({"fdb", "del", "br0", "02:00:00:00:00:01", "port=red"}) ==
        "'port=red' is not vlan=VLAN");
  CHECK(asked({"fdb", "list", "br0", "br1"}) == "'br1' is not port=PORT or vlan=VLAN");
}

TEST_CASE("why takes a frame, or one of those that a port remembers") {
  CHECK(asked({"why", "br0", "red", "tcp,tp_dst=80"}) ==
        R"(why {"bridge":"br0","frame":"tcp,tp_dst=80","port":"red"})");
  CHECK(asked({"why", "br0", "red", "0200", "0000"}) ==
        R"(why {"bridge":"br0","frame":"0200 0000","port":"red"})");
  CHECK(asked({"why", "br0", "red", "--last"}) ==
        R"(why {"bridge":"br0","last":true,"port":"red"})");
  CHECK(asked({"why", "--last", "br0", "red"}) ==
        R"(why {"bridge":"br0","last":true,"port":"red"})");
  CHECK(asked({"why", "br0", "red", "--last-dropped"}) ==
        R"(why {"bridge":"br0","last_dropped":true,"port":"red"})");
  CHECK(asked({"why", "br0", "red", "--last-dropped", "flow_drop"}) ==
        R"(why {"bridge":"br0","last_dropped":"flow_drop","port":"red"})");
  CHECK(asked({"why", "br0", "red"}) == "why takes a FRAME, --last or --last-dropped");
  CHECK(asked({"why", "br0", "red", "tcp", "--last"}) == "--last is a frame, and there is another");
  CHECK(asked({"why", "br0"}) == "usage");
}

TEST_CASE("check runs expectations when it is told to") {
  CHECK(parse({"check", "lab.toml", "--run-expect"})->run_expect);
  CHECK_FALSE(parse({"check", "lab.toml"})->run_expect);
}
