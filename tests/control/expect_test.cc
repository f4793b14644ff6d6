// SPDX-License-Identifier: Apache-2.0
//
// [[expect]]: expectations that hold and ones that do not, and what is said of those.

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/parse.h"
#include "control/config_file.h"
#include "control/why/expect.h"

namespace trestle::control {
namespace {

const std::string kSwitch = R"([bridge.br0]
ports.red = { type = "tap" }
ports.blue = { type = "tap", vlan = 20 }
ports.green = { type = "tap", trunk = [20] }
flows = [
  "priority=100,tcp,tp_dst=22,actions=drop",
  "priority=50,tcp,actions=mod_vlan_vid:20,output:green",
  "priority=0,actions=NORMAL",
]
[[expect]]
)";
const std::string kTcp = "frame = \"tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,tp_dst=";

// The mistakes of one expectation about br0.red.
std::string failures(const std::string& keys) {
  const auto config = config::parse(kSwitch + "port = \"br0.red\"\n" + keys, "lab.toml");
  std::string all;
  if (!config) {
    for (const config::Mistake& mistake : config.error()) all += mistake.to_string() + "\n";
    FAIL(all);
  }
  for (const config::Mistake& mistake : failed_expectations(*config, "lab.toml")) {
    all += mistake.to_string() + "\n";
  }
  return all;
}

TEST_CASE("expectations that hold are no mistakes") {
  CHECK(failures(kTcp + "22\"\noutputs = []\n") == "");
  CHECK(failures(kTcp + "22\"\ndrop = \"flow_drop\"\n") == "");
  CHECK(failures(kTcp + "80\"\noutputs = [\"br0.green\"]\n") == "");
  CHECK(failures(kTcp +
                 "80\"\noutputs = [{ port = \"br0.green\", match = \"dl_vlan=20,tcp\" }]\n") == "");
}

TEST_CASE("an unexpected output is told with the rule that decided") {
  CHECK(failures("name = \"no web\"\n" + kTcp + "80\"\noutputs = []\n") ==
        "lab.toml:10:1: expectation 'no web' does not hold: it should go nowhere; it leaves by "
        "br0.green; decided in bridge br0, table 0 by 'priority=50,tcp "
        "actions=mod_vlan_vid:20,output:green'\n");
}

TEST_CASE("a missing output is told with the reason for which the frame was dropped") {
  const std::string told = failures(kTcp + "22\"\noutputs = [\"br0.green\"]\n");
  INFO(told);
  CHECK(told.find("it does not leave by br0.green; it goes nowhere (flow_drop)") !=
        std::string::npos);
  CHECK(told.find("priority=100,tcp,tp_dst=22") != std::string::npos);
}

TEST_CASE("an output that looks otherwise is told with the field that differs") {
  const std::string told =
      failures(kTcp + "80\"\noutputs = [{ port = \"br0.green\", match = \"dl_vlan=30\" }]\n");
  INFO(told);
  CHECK(told.find("otherwise than expected: VLAN of the VLAN tag is 20, the rule wants 30") !=
        std::string::npos);
}

TEST_CASE("another reason than the one expected is told") {
  const std::string told = failures(kTcp + "22\"\ndrop = \"no_output\"\n");
  CHECK(told.find("it should be dropped for no_output; it goes nowhere (flow_drop)") !=
        std::string::npos);
}

TEST_CASE("a station that is known gets its frames alone") {
  const std::string frame =
      "frame = \"udp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,dl_vlan=20\"\n";
  CHECK(failures(frame + "outputs = [\"br0.blue\", \"br0.green\"]\n") == "");
  CHECK(failures(frame + "fdb = [\"02:00:00:00:00:02 br0.blue vlan=20\"]\n"
                         "outputs = [{ port = \"br0.blue\", match = \"vlan_tci=0\" }]\n") == "");
}

TEST_CASE("a configuration is checked with its expectations if that is asked for") {
  const auto path = std::filesystem::temp_directory_path() /
                    ("trestle-expect-" + std::to_string(getpid()) + ".toml");
  const auto check = [&](const std::string& text, bool run) {
    std::ofstream(path) << text;
    std::ostringstream out, err;
    const int status = check_config_file(path.string(), run, out, err);
    return std::to_string(status) + " " + out.str() + err.str();
  };
  const std::string good = kSwitch + "port = \"br0.red\"\n" + kTcp + "22\"\noutputs = []\n";
  const std::string bad = kSwitch + "port = \"br0.red\"\n" + kTcp + "80\"\noutputs = []\n";
  CHECK(check(good, true) ==
        "0 " + path.string() + ": ok (1 bridge, 3 ports, 1 expectation holds)\n");
  CHECK(check(bad, false) == "0 " + path.string() + ": ok (1 bridge, 3 ports)\n");
  CHECK(check(bad, true).find("2 " + path.string() + ":10:1: an expectation does not hold") == 0);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace trestle::control
