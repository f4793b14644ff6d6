// SPDX-License-Identifier: Apache-2.0
//
// Flow rules, groups and meters in a configuration: what they become, what is wrong with them and
// where, what a plan says of them. What a rule may say is tested in flow/.

#include <catch2/catch.hpp>

#include <map>

#include "config/diff.h"
#include "config/edit.h"
#include "tests/config/expect.h"

namespace trestle::config {
namespace {

const std::string kPorts = R"([bridge.br0]
ports.red = { type = "tap" }
ports.blue = { type = "tap" }
ports.own = { type = "internal" }
)";

RuleTexts flows_of(const std::string& keys) {
  return parsed(kPorts + keys).bridges.at("br0").flows;
}

// A reader of files that exist here only, at these paths.
ReadFile files(std::map<std::string, std::string> texts) {
  return [texts =
              std::move(texts)](const std::string& path) -> tl::expected<std::string, std::string> {
    const auto found = texts.find(path);
    if (found == texts.end()) return tl::unexpected("cannot read " + path);
    return found->second;
  };
}

std::string mistakes_of(const std::string& text, const ReadFile& read = {},
                        const std::string& name = "lab.toml") {
  const auto config = parse(text, name, read);
  return config ? "none" : all_of(config.error());
}

TEST_CASE("a rule means the same as a string and as a table") {
  const RuleTexts text = flows_of(
      "flows = [\"table=1,priority=7,cookie=0x10,idle_timeout=5,hard_timeout=6,"
      "tcp,tp_dst=80,actions=output:blue\"]");
  const RuleTexts table = flows_of(R"([[bridge.br0.flows]]
table = 1
priority = 7
cookie = 16
idle_timeout = 5
hard_timeout = 6
match = "tcp,tp_dst=80"
actions = "output:blue"
)");
  REQUIRE(text.size() == 1);
  CHECK(text == table);
  CHECK(flows_of("flows = \"actions=drop\"").size() == 1);
  CHECK(flows_of("[[bridge.br0.flows]]\nactions = \"drop\"") ==
        flows_of("flows = \"actions=drop\""));
}

TEST_CASE("rules that are the same are one, in whatever order and spelling") {
  CHECK(flows_of("flows = [\"tcp,tp_dst=80,actions=blue\", \"priority=1,actions=drop\"]") ==
        flows_of("flows = [\"priority=1,actions=drop\", \"priority=1 actions=drop\", "
                 "\"tcp,tcp_dst=80,actions=output:blue\"]"));
}

TEST_CASE("the first group or meter too many is a mistake") {
  std::string groups, meters;
  for (int i = 1; i <= 4098; ++i) {
    groups += "\n\"group_id=" + std::to_string(i) + ",type=all\",";
    meters += "\n\"meter=" + std::to_string(i) + ",band=type=drop,rate=1\",";
  }
  CHECK(
      mistakes_of(kPorts + "groups = [" + groups + "]") ==
      "lab.toml:4102:1: 'groups' of bridge br0: one too many: a bridge has at most 4096 groups\n");
  CHECK(
      mistakes_of(kPorts + "meters = [" + meters + "]") ==
      "lab.toml:4102:1: 'meters' of bridge br0: one too many: a bridge has at most 4096 meters\n");
}

TEST_CASE("LOCAL is the internal port of the bridge") {
  CHECK(flows_of("flows = \"in_port=LOCAL,actions=red\"") ==
        flows_of("flows = \"in_port=own,actions=red\""));
}

TEST_CASE("a mistake in a rule is told at its place inside of the string") {
  const auto config = parse(kPorts +
                                "flows = [\n  \"tcp,tp_dst=80,actions=output:blue\",\n  "
                                "\"ip,nowhere=3,actions=drop\",\n]\n",
                            "lab.toml");
  REQUIRE_FALSE(config);
  REQUIRE(config.error().size() == 1);
  CHECK(config.error()[0].line == 7);
  CHECK(config.error()[0].column == 7);  // two blanks, the quote, "ip,"
  CHECK(config.error()[0].message.find("'flows' of bridge br0: ") == 0);
  CHECK(config.error()[0].message.find("nowhere") != std::string::npos);
}

TEST_CASE("where a string is not written as it is, the mistake is told at the string") {
  const auto config = parse(kPorts + "flows = [\"\\u0069p,nowhere=3,actions=drop\"]\n", "lab.toml");
  REQUIRE_FALSE(config);
  CHECK(config.error()[0].line == 5);
  CHECK(config.error()[0].column == 10);
}

TEST_CASE("mistakes in tables of rules are told at their keys") {
  const auto config = parse(kPorts + R"([[bridge.br0.flows]]
table = 255
match = "tcp,tp_dts=80"
actions = "drop"
[[bridge.br0.flows]]
match = "tcp"
[[bridge.br0.flows]]
match = "tcp,tp_dst=80"
action = "drop"
)",
                            "lab.toml");
  REQUIRE_FALSE(config);
  const std::string all = all_of(config.error());
  INFO(all);
  CHECK(all.find("lab.toml:6:9: 'table' of a flow of bridge br0: 255 is out of range") !=
        std::string::npos);
  CHECK(all.find("lab.toml:7:14: 'match' of a flow of bridge br0: ") != std::string::npos);
  CHECK(all.find("'actions' of a flow of bridge br0: must be given") != std::string::npos);
  CHECK(all.find("lab.toml:13:1: unknown key 'action' in a flow of bridge br0") !=
        std::string::npos);
}

TEST_CASE("rules name ports by their names, and numbers are not known") {
  CHECK(mistakes_of(kPorts + "flows = \"in_port=1,actions=drop\"") != "none");
  CHECK(mistakes_of(kPorts + "flows = \"in_port=green,actions=drop\"").find("green") !=
        std::string::npos);
}

TEST_CASE("rules and groups lead to groups and meters that exist") {
  CHECK(mistakes_of(kPorts + "flows = \"actions=group:7\"").find("there is no group 7") !=
        std::string::npos);
  CHECK(mistakes_of(kPorts + "flows = \"actions=meter:3,NORMAL\"").find("there is no meter 3") !=
        std::string::npos);
  CHECK(mistakes_of(kPorts +
                    "groups = \"group_id=1,type=indirect,bucket=actions=group:2\"\nflows = []")
            .find("there is no group 2") != std::string::npos);
  const Config config = parsed(kPorts + R"(
groups = ["group_id=1,type=all,bucket=actions=output:red,bucket=actions=output:blue"]
meters = ["meter=3,pktps,band=type=drop,rate=10"]
flows = ["actions=meter:3,group:1"]
)");
  CHECK(config.bridges.at("br0").groups.size() == 1);
  CHECK(config.bridges.at("br0").meters.size() == 1);
}

TEST_CASE("a group or a meter is there once, and no group leads back to itself") {
  CHECK(mistakes_of(kPorts + "groups = [\"group_id=1,type=all,bucket=actions=red\", "
                             "\"group_id=1,type=all,bucket=actions=blue\"]")
            .find("there is a group 1 already") != std::string::npos);
  CHECK(mistakes_of(kPorts + "meters = [\"meter=1,kbps,band=type=drop,rate=1\", "
                             "\"meter=1,kbps,band=type=drop,rate=2\"]")
            .find("there is a meter 1 already") != std::string::npos);
  CHECK(mistakes_of(kPorts + "groups = [\"group_id=1,type=indirect,bucket=actions=group:2\", "
                             "\"group_id=2,type=indirect,bucket=actions=group:1\"]")
            .find("leads back to itself") != std::string::npos);
}

TEST_CASE(
    "two rules for the same frames that do different things are a mistake, with both places") {
  const std::string all =
      mistakes_of(kPorts + "flows = [\"tcp,actions=drop\",\n\"tcp,actions=red\"]\n");
  CHECK(all.find("lab.toml:6:1: ") == 0);
  CHECK(all.find("(line 5)") != std::string::npos);
}

TEST_CASE("a file of flows stands beside the configuration") {
  const auto read = files({{"/etc/trestle/acl.flows", "# rules\n\ntcp,actions=drop  # no TCP\n"}});
  const auto config = parse(kPorts + "flows_file = \"acl.flows\"\nflows = [\"udp,actions=drop\"]\n",
                            "/etc/trestle/trestle.toml", read);
  REQUIRE(config);
  CHECK(config->bridges.at("br0").flows ==
        flows_of("flows = [\"tcp,actions=drop\", \"udp,actions=drop\"]"));
  CHECK(parse(kPorts + "flows_file = \"/etc/trestle/acl.flows\"\n", "lab.toml", read));
}

TEST_CASE("mistakes in a file of flows are told with its name, line and column, after all others") {
  const auto read = files({{"dir/acl",
                            "tcp,actions=drop\n\n  ip,nowhere=3,actions=drop\n"
                            "ip,nowhere=4,actions=drop\nactions=group:9\n"}});
  const std::string text = kPorts + "mac_limit = -1\nflows_file = \"acl\"\n";
  const auto config = parse(text, "dir/lab.toml", read);
  REQUIRE_FALSE(config);
  const std::string all = all_of(config.error());
  INFO(all);
  REQUIRE(config.error().size() == 3);  // the groups of a file with bad lines are not looked at
  CHECK(config.error()[0].file == "dir/lab.toml");
  CHECK(all.find("dir/acl:3:6: ") != std::string::npos);
  CHECK(all.find("dir/acl:4:4: ") != std::string::npos);
}

TEST_CASE("a rule of a file that leads nowhere is told with its line") {
  const auto read = files({{"acl", "# first\ntcp,actions=drop\n\nactions=group:9\n"}});
  CHECK(mistakes_of(kPorts + "flows_file = \"acl\"", read) == "acl:4:1: there is no group 9\n");
}

TEST_CASE("a file that cannot be read is a mistake at its key, and so is one that nobody reads") {
  const std::string text = kPorts + "flows_file = \"acl\"\n";
  CHECK(mistakes_of(text, files({})) ==
        "lab.toml:5:14: 'flows_file' of bridge br0: cannot read acl\n");
  CHECK(mistakes_of(text).find("lab.toml:5:14: 'flows_file' of bridge br0: is read only") == 0);
}

TEST_CASE("a plan says how many rules come and go") {
  const auto plan = [](const std::string& from, const std::string& to) {
    std::vector<std::string> lines;
    for (const Change& change : diff(parsed(from), parsed(to))) lines.push_back(change.to_string());
    return lines;
  };
  using Lines = std::vector<std::string>;
  CHECK(plan(kPorts + "flows = [\"tcp,actions=drop\", \"udp,actions=drop\"]",
             kPorts + "flows = [\"ip,actions=drop\", \"udp,actions=drop\", \"arp,actions=drop\"]\n"
                      "meters = \"meter=1,kbps,band=type=drop,rate=1\"") ==
        Lines{"~ bridge br0 flows: 2 to add, 1 to remove, meters: 1 to add, 0 to remove"});
  CHECK(plan("", "[bridge.b]\nflows = [\"tcp,actions=drop\", \"udp,actions=drop\"]") ==
        Lines{"+ bridge b (2 flows)"});
  CHECK(plan(kPorts + "flows = \"tcp,actions=drop\"", kPorts + "flows = \"tcp,actions=drop\"") ==
        Lines{});
}

TEST_CASE("a port that a rule names stays until the rule has gone") {
  const Config config = parsed(kPorts + "flows = [\"in_port=red,actions=drop\"]");
  const auto refused = without_port(config, "br0", "red");
  REQUIRE_FALSE(refused);
  CHECK(all_of(refused.error()).find("in_port=red") != std::string::npos);
  CHECK(without_port(config, "br0", "blue"));
  CHECK(without_bridge(config, "br0"));
  const auto cleared = with_bridge_set(config, "br0", {{"flows", ""}});
  REQUIRE(cleared);
  CHECK(without_port(*cleared, "br0", "red"));
}

TEST_CASE("rules survive edits of other things") {
  const Config config = parsed(kPorts + "flows = [\"in_port=red,actions=LOCAL\"]");
  const auto edited = with_port(config, "br0", "a", {{"type", "tap"}});
  REQUIRE(edited);
  CHECK(edited->bridges.at("br0").flows == config.bridges.at("br0").flows);
}

}  // namespace
}  // namespace trestle::config
