// SPDX-License-Identifier: Apache-2.0
//
// `why` through the API of a running switch, with imagined frames and with such as came in.

#include <catch2/catch.hpp>

#include <array>
#include <fstream>
#include <sstream>

#include "config/flow/frame_text.h"
#include "control/cli/show.h"
#include "tests/control/api_fixture.h"
#include "tests/control/flows_fixture.h"

using namespace trestle;
using namespace trestle::control;
using namespace trestle::testing;

namespace {

constexpr const char* kWeb =
    "tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_dst=10.0.0.2,tp_dst=80";

// A capture file with this frame alone (draft-ietf-opsawg-pcap).
void write_capture(const std::string& path, const std::string& frame_text) {
  const auto bytes = config::parse_frame(frame_text).value();
  const auto size = static_cast<std::uint32_t>(bytes.size());
  std::ofstream file(path, std::ios::binary);
  const auto put32 = [&](std::uint32_t value) {
    file.write(reinterpret_cast<const char*>(&value), sizeof value);
  };
  for (const std::uint32_t word : {0xa1b2c3d4u, 0x00040002u, 0u, 0u, 65535u, 1u}) put32(word);
  for (const std::uint32_t word : {0u, 0u, size, size}) put32(word);
  file.write(reinterpret_cast<const char*>(bytes.data()), size);
}

std::string shown(const Json& result) {
  std::ostringstream out;
  show_why(result, out);
  return out.str();
}

TEST_CASE("why tells a frame's way through the rules that are installed") {
  RunningSwitch sw;
  sw.add("priority=200,udp,actions=drop");
  sw.add("priority=100,tcp,actions=output:b");
  const Json told = sw.ask("why", {{"bridge", "br0"}, {"port", "a"}, {"frame", kWeb}});
  REQUIRE(told.is_object());
  const Json& visit = told.at("visits").at(0);
  const Json& table = visit.at("steps").at(0);
  CHECK(table.at("rule").get<std::string>().find("priority=100,tcp") != std::string::npos);
  CHECK(table.at("passed_over").at(0).at("why") == "nw_proto is 6, the rule wants 17");
  CHECK(visit.at("megaflow").at("actions") == "output:b");
  CHECK(told.at("outputs").at(0).at("port") == "b");
  CHECK_FALSE(told.contains("kept"));
  CHECK(sw.ask("flow.list", {{"bridge", "br0"}}).at("flows").at(0).at("packets") == 0);

  const std::string text = shown(told);
  INFO(text);
  CHECK(text.find("  table 0: priority=100,tcp actions=output:b\n"
                  "    not priority=200,udp actions=drop: nw_proto is 6, the rule wants 17\n"
                  "    output:b\n") != std::string::npos);
  CHECK(text.find("leaves by\n  br0.b: as it came in\n") != std::string::npos);
}

TEST_CASE("why tells the reason for which a frame is dropped") {
  RunningSwitch sw;
  sw.add("priority=100,tcp,actions=drop");
  const Json told = sw.ask("why", {{"bridge", "br0"}, {"port", "a"}, {"frame", kWeb}});
  CHECK(told.at("visits").at(0).at("drop").at("reason") == "flow_drop");
  CHECK(told.at("outputs").empty());
  CHECK(shown(told).find("  dropped: flow_drop: a flow rule says so") != std::string::npos);
  CHECK(shown(told).find("nothing leaves\n") != std::string::npos);
}

TEST_CASE("why refuses what it cannot explain") {
  RunningSwitch sw;
  const auto ask = [&](Json more) {
    Json params{{"bridge", "br0"}, {"port", "a"}};
    params.update(more);
    const Json reply = sw.ask("why", params);
    return reply.is_string() ? reply.get<std::string>() : "explained";
  };
  CHECK(ask(Json::object()).find("is needed") != std::string::npos);
  CHECK(ask({{"frame", kWeb}, {"last", true}}).find("is needed") != std::string::npos);
  CHECK(ask({{"frame", "tcp,nowhere=1"}}).find("column 5: ") != std::string::npos);
  CHECK(ask({{"frame", "020"}}).find("odd number") != std::string::npos);
  CHECK(ask({{"port", "x"}, {"frame", kWeb}}).find("there is no port 'x'") != std::string::npos);
  CHECK(ask({{"last", true}}) ==
        "cannot explain a frame of port br0.a: no frame has come in by it yet");
  CHECK(ask({{"last_dropped", true}}).find("no frame is kept that was dropped there") !=
        std::string::npos);
  CHECK(ask({{"last_dropped", "bad luck"}}).find("is no reason to drop a frame") !=
        std::string::npos);
}

TEST_CASE("why explains the last frame that came in, and the last one dropped") {
  TemporaryDirectory directory;
  write_capture(directory / "in.pcap", kWeb);
  RunningSwitch sw(
      "[metrics]\nlisten = \"off\"\n[bridge.br0]\nports.a = { type = \"memory\", peer "
      "= \"br0.b\" }\nports.b = { type = \"memory\", peer = \"br0.a\" }\n"
      "flows = \"priority=100,tcp,actions=drop\"\n");
  sw.ask("port.add",
         {{"bridge", "br0"}, {"port", "in"}, {"type", "pcap"}, {"read", directory / "in.pcap"}});
  const Json about{{"bridge", "br0"}, {"port", "in"}, {"last_dropped", "flow_drop"}};
  REQUIRE(sw.wait_until([&] { return sw.ask("why", about).is_object(); }));
  const Json dropped = sw.ask("why", about);
  CHECK(dropped.at("kept").at("reason") == "flow_drop");
  CHECK(dropped.at("visits").at(0).at("drop").at("reason") == "flow_drop");
  const Json last = sw.ask("why", {{"bridge", "br0"}, {"port", "in"}, {"last", true}});
  CHECK(last.at("visits").at(0).at("frame") == dropped.at("visits").at(0).at("frame"));
  CHECK(shown(last).find("a frame of ") == 0);

  // The rule has gone: the same frame would pass now.
  sw.ask("flow.del", {{"bridge", "br0"}});
  const Json now = sw.ask("why", about);
  CHECK_FALSE(now.at("visits").at(0).contains("drop"));
  CHECK(now.at("outputs").size() == 2);
}

TEST_CASE("why explains a frame that the port it should leave by dropped, from where it came in") {
  TemporaryDirectory directory;
  write_capture(directory / "in.pcap", kWeb);
  RunningSwitch sw(
      "[metrics]\nlisten = \"off\"\n"
      "[bridge.br0]\nports.one = { type = \"patch\", peer = \"br1.one\" }\n"
      "ports.two = { type = \"patch\", peer = \"br1.two\" }\n"
      "[bridge.br1]\nports.one = { type = \"patch\", peer = \"br0.one\" }\n"
      "ports.two = { type = \"patch\", peer = \"br0.two\" }\n");
  sw.ask("port.add",
         {{"bridge", "br0"}, {"port", "in"}, {"type", "pcap"}, {"read", directory / "in.pcap"}});
  const Json about{{"bridge", "br1"}, {"port", "two"}, {"last_dropped", "patch_loop"}};
  REQUIRE(sw.wait_until([&] { return sw.ask("why", about).is_object(); }));
  const Json dropped = sw.ask("why", about);
  CHECK(dropped.at("kept").at("reason") == "patch_loop");
  CHECK(dropped.at("visits").at(0).at("bridge") == "br0");
  CHECK(dropped.at("visits").at(0).at("port") == "in");
  CHECK(shown(dropped).find("br1.two, a patch link to br0.two, where it is dropped: patch_loop") !=
        std::string::npos);

  sw.ask("port.del", {{"bridge", "br0"}, {"port", "in"}});
  CHECK(
      sw.ask("why", about).get<std::string>().find("the port that the frame came in by is gone") !=
      std::string::npos);
}

TEST_CASE("a configuration whose expectations do not hold is not planned") {
  RunningSwitch sw;
  const std::string text =
      std::string(kTwoBridges) + "[[expect]]\nport = \"br0.a\"\nframe = \"tcp\"\noutputs = []\n";
  CHECK(sw.ask("config.plan", {{"text", text}, {"file", "lab.toml"}})
            .get<std::string>()
            .find("does not hold: it should go nowhere; it leaves by br0.b, br0.c, br0.d") !=
        std::string::npos);
  REQUIRE(sw.mistakes.size() == 1);
  CHECK(sw.mistakes[0].file == "lab.toml");
  CHECK(sw.mistakes[0].line > 0);
}

TEST_CASE("a file whose expectations do not hold is not reloaded, and what runs stays") {
  TemporaryDirectory directory;
  const std::string file = directory / "trestle.toml";
  const auto expecting = [](const std::string& outputs) {
    return std::string(kTwoBridges) +
           "[[expect]]\nport = \"br0.a\"\nframe = \"tcp\"\noutputs = " + outputs + "\n";
  };
  RunningSwitch sw;
  RunningConfig running(*sw.instance, file);
  std::ofstream(file) << expecting("[]");
  REQUIRE_FALSE(running.reload());
  CHECK(sw.instance->config().expectations.empty());
  std::ofstream(file) << expecting("[\"br0.b\", \"br0.c\", \"br0.d\"]");
  REQUIRE(running.reload());
  CHECK(sw.instance->config().expectations.size() == 1);
}

}  // namespace
