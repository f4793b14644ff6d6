// SPDX-License-Identifier: Apache-2.0
//
// [[expect]] as the parser has it. Whether expectations hold is tested in tests/control.

#include <catch2/catch.hpp>

#include "config/diff.h"
#include "tests/config/expect.h"

namespace trestle::config {
namespace {

const std::string kPorts = R"([bridge.br0]
ports.red = { type = "tap" }
ports.blue = { type = "tap" }
)";
const std::string kFrame = "frame = \"tcp,dl_dst=02:00:00:00:00:02,tp_dst=80\"\n";

TEST_CASE("an expectation is read with all it can say") {
  const Config config = parsed(kPorts + R"([[expect]]
name = "web"
port = "br0.red"
frame = "tcp,dl_dst=02:00:00:00:00:02,tp_dst=80"
outputs = [{ port = "br0.red", match = "dl_vlan=20" }, "br0.blue"]
fdb = ["02:00:00:00:00:02 br0.blue", "02:00:00:00:00:03 br0.blue vlan=20"]
)");
  REQUIRE(config.expectations.size() == 1);
  const Expectation& one = config.expectations[0];
  CHECK(one.name == "web");
  CHECK(one.port == PortName{"br0", "red"});
  REQUIRE(one.outputs.size() == 2);
  CHECK(one.outputs[0].port.port == "blue");
  CHECK(one.outputs[1].match == "dl_vlan=20");
  REQUIRE(one.fdb.size() == 2);
  CHECK(one.fdb[1].vlan == 20);
  CHECK(one.place.line == 4);
}

TEST_CASE("expectations may stand in any order, and their places do not count") {
  const std::string a = "[[expect]]\nport = \"br0.red\"\noutputs = []\n" + kFrame;
  const std::string b = "[[expect]]\nport = \"br0.blue\"\ndrop = \"flow_drop\"\n" + kFrame;
  CHECK(parsed(kPorts + a + b) == parsed(kPorts + "\n" + b + a));
}

TEST_CASE("a frame may be given by its bytes") {
  CHECK(parsed(kPorts + "[[expect]]\nport = \"br0.red\"\noutputs = []\n"
                        "frame = \"02:00:00:00:00:02 020000000001 0800 45\"\n")
            .expectations.size() == 1);
}

TEST_CASE("mistakes of expectations") {
  expect_mistakes(kPorts + R"(
[[expect]]
name = "a"
port = §"br0.green"
frame = "tcp"
outputs = [§"br1.red", §"blue", §7, §{ match = "tcp" }, { port = "br0.red", §mach = "tcp" }]
fdb = [§"nonsense", "02:00:00:00:00:02 br0.red"]

[[expect]]
§outcomes = []
port = "br0.red"
frame = "tcp"
drop = §"flow_dorp"
)",
                  {"'port' of expectation 'a': there is no port 'green' on bridge br0",
                   "'outputs' of expectation 'a': there is no bridge 'br1'; did you mean 'br0'?",
                   "'outputs' of expectation 'a': expected \"BRIDGE.PORT\", found 'blue'",
                   "'outputs' of expectation 'a': expected \"BRIDGE.PORT\", found an integer (7)",
                   "'outputs' of expectation 'a': 'port' must be given",
                   "'outputs' of expectation 'a': unknown key 'mach'; did you mean 'match'?",
                   "'fdb' of expectation 'a': expected \"MAC BRIDGE.PORT\" or "
                   "\"MAC BRIDGE.PORT vlan=1\", found 'nonsense'",
                   "unknown key 'outcomes' in an expectation",
                   "'drop' of an expectation: there is no reason 'flow_dorp' to drop a received "
                   "frame; did you mean 'flow_drop'?"});
}

TEST_CASE("what must be given is missed, and outputs exclude a drop") {
  const auto mistakes = [](const std::string& keys) {
    const auto config = parse(kPorts + "[[expect]]\n" + keys, "lab.toml");
    return config ? "none" : all_of(config.error());
  };
  CHECK(mistakes("").find("'port' of an expectation: must be given") != std::string::npos);
  CHECK(mistakes("").find("'frame' of an expectation: must be given") != std::string::npos);
  CHECK(mistakes("").find("'outputs' of an expectation: must be given") != std::string::npos);
  CHECK(mistakes("port = \"br0.red\"\noutputs = [\"br0.blue\"]\ndrop = \"flow_drop\"\n" + kFrame)
            .find("a frame that is dropped has none") != std::string::npos);
  CHECK(mistakes("port = \"br0.red\"\noutputs = []\nframe = \"tcp,nowhere=1\"\n")
            .find("lab.toml:7:14: 'frame' of an expectation: ") != std::string::npos);
  const auto config = parse("expect = 3", "lab.toml");
  REQUIRE_FALSE(config);
  CHECK(all_of(config.error()) ==
        "lab.toml:1:10: [[expect]]: expected an array of tables, found an integer\n");
}

TEST_CASE("a plan says how many expectations come and go") {
  const auto changes = diff(parsed(kPorts), parsed(kPorts +
                                                   "[[expect]]\nport = \"br0.red\"\n"
                                                   "outputs = []\n" +
                                                   kFrame));
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].to_string() == "~ switch expectations: 1 to add, 0 to remove");
}

}  // namespace
}  // namespace trestle::config
