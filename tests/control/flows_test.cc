// SPDX-License-Identifier: Apache-2.0
//
// Flow rules, groups and meters by the API of a running switch: what is installed, what is refused
// and how, what a configuration does to them, and what is told of them.

#include <catch2/catch.hpp>

#include <fstream>
#include <map>

#include "config/print.h"
#include "control/api/limits.h"
#include "control/metrics/exposer.h"
#include "tests/control/api_fixture.h"
#include "tests/control/flows_fixture.h"
#include "tests/sanitized.h"

using namespace trestle;
using namespace trestle::control;
using namespace trestle::testing;

namespace {

constexpr int kManyRules = steps(100'000);

using Texts = std::vector<std::string>;

TEST_CASE("a flow that is added is listed, changed and deleted") {
  RunningSwitch sw;
  CHECK(sw.add("priority=10,tcp,in_port=a,tp_dst=80,actions=output:b") ==
        Json{{"added", 1}, {"modified", 0}, {"removed", 0}});
  CHECK(sw.add("table=1,cookie=0x17,actions=NORMAL")["added"] == 1);
  CHECK(sw.add("priority=10,tcp,in_port=a,tp_dst=80,actions=drop")["modified"] == 1);
  CHECK(sw.flows() == Texts{"table=0,priority=10,tcp,in_port=a,tp_dst=80 actions=drop",
                            "table=1,priority=32768, actions=NORMAL"});
  CHECK(sw.flows("table=1").size() == 1);
  CHECK(sw.ask("flow.list", {{"bridge", "br0"}})["flows"][0]["cookie"] == "0x0");
  CHECK(sw.flows("cookie=0x10/0xf0").size() == 1);
  CHECK(sw.flows("", "br1").empty());

  const Json listed = sw.ask("flow.list", {{"bridge", "br0"}, {"match", "table=1"}});
  const Json& flow = listed.at("flows").at(0);
  CHECK(flow.at("cookie") == "0x17");
  CHECK(flow.at("packets") == 0);
  CHECK(flow.at("duration_seconds").is_number());
  CHECK_FALSE(flow.contains("idle_timeout"));

  CHECK(sw.ask("flow.mod", {{"bridge", "br0"}, {"flow", "tcp,actions=output:c"}})["modified"] == 1);
  CHECK(sw.flows("out_port=c").size() == 1);
  CHECK(sw.ask("flow.mod", {{"bridge", "br0"}, {"flow", "udp,actions=output:c"}})["added"] == 1);
  CHECK(sw.ask("flow.mod",
               {{"bridge", "br0"}, {"flow", "arp,cookie=1/-1,actions=output:c"}})["added"] == 0);
  CHECK(sw.ask("flow.del", {{"bridge", "br0"}, {"match", "tcp"}})["removed"] == 1);
  CHECK(sw.ask("flow.del", {{"bridge", "br0"}})["removed"] == 2);
  CHECK(sw.flows().empty());
}

TEST_CASE("a refused flow is told what is wrong with it, on one line") {
  RunningSwitch sw;
  const std::string begin = "cannot add flow on bridge br0: ";
  CHECK(sw.add("priority=10,tcp_dts=80,actions=drop")
            .get<std::string>()
            .starts_with(begin + "column 13: "));
  CHECK(sw.add("in_port=x,actions=drop").get<std::string>().find("'x'") != std::string::npos);
  CHECK(sw.add("actions=group:7") == begin + "there is no group 7");
  CHECK(sw.add("actions=meter:3,NORMAL") == begin + "there is no meter 3");
  CHECK(sw.ask("flow.add", {{"bridge", "br9"}, {"flow", "actions=drop"}}) ==
        "cannot add flow on bridge br9: there is no bridge 'br9'");
  CHECK(sw.ask("flow.list", {{"bridge", "br9"}}) ==
        "cannot list the flows of bridge br9: there is no bridge 'br9'");
  CHECK(sw.ask("flow.mod", {{"bridge", "br0"}, {"flow", "tcp"}})
            .get<std::string>()
            .starts_with("cannot modify flows on bridge br0: column 4: "));
  CHECK(sw.ask("flow.del", {{"bridge", "br0"}, {"match", "nonsense"}})
            .get<std::string>()
            .starts_with("cannot delete flows on bridge br0: column 1: "));
  CHECK(sw.ask("flow.list", {{"bridge", "br0"}, {"match", "nonsense"}})
            .get<std::string>()
            .starts_with("cannot list the flows of bridge br0: column 1: "));
  CHECK(sw.flows().empty());
}

TEST_CASE("replacing all flows reports the difference, or every bad line and does nothing") {
  RunningSwitch sw;
  const auto replace = [&](const std::string& text) {
    return sw.ask("flow.replace", {{"bridge", "br0"}, {"file", "acl"}, {"text", text}});
  };
  CHECK(replace("# rules\ntcp,actions=drop\n\nudp,actions=drop # no\nactions=NORMAL\n") ==
        Json{{"added", 3}, {"modified", 0}, {"removed", 0}, {"unchanged", 0}});
  CHECK(replace("tcp,actions=drop\nudp,actions=NORMAL\narp,actions=a\n") ==
        Json{{"added", 1}, {"modified", 1}, {"removed", 1}, {"unchanged", 1}});
  CHECK(replace("tcp,actions=drop\ntpc,actions=drop\nudp,actions=nothing\n") ==
        "cannot replace the flows of bridge br0: 2 mistakes in acl");
  REQUIRE(sw.mistakes.size() == 2);
  CHECK(sw.mistakes[0].to_string().starts_with("acl:2:1: "));
  CHECK(sw.mistakes[1].to_string().starts_with("acl:3:13: "));
  replace("tcp,actions=drop\n#\nudp,actions=group:7\n\narp,actions=meter:8,NORMAL\n");
  REQUIRE(sw.mistakes.size() == 2);
  CHECK(sw.mistakes[0].to_string() == "acl:3:1: there is no group 7");
  CHECK(sw.mistakes[1].line == 5);
  CHECK(sw.flows().size() == 3);
}

TEST_CASE("ten thousand flows are replaced by one request and listed by pages") {
  RunningSwitch sw;
  std::string text;
  for (int i = 0; i < 10'000; ++i) {
    text += "table=" + std::to_string(i % 3) + ",priority=" + std::to_string(i % 7) +
            ",tcp,nw_dst=10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256) +
            ",actions=output:b,output:c\n";
  }
  const Json params{{"bridge", "br0"}, {"text", text}};
  CHECK(request("flow.replace", params).size() < kRequestMax / 10);
  CHECK(sw.ask("flow.replace", params)["added"] == 10'000);
  const Texts flows = sw.flows();
  CHECK(flows.size() == 10'000);
  CHECK(sw.flows("table=2").size() == 3333);
  CHECK(sw.ask("flow.replace", params)["unchanged"] == 10'000);
  CHECK(sw.ask("flow.list", {{"bridge", "br0"}})["flows"].size() == kFlowPageDefault);
  CHECK(sw.ask("flow.list", {{"bridge", "br0"}, {"limit", 3u}})["flows"].size() == 3);
}

TEST_CASE("a page of flows with very long texts ends early") {
  RunningSwitch sw;
  std::string outputs = "b";
  for (int i = 0; i < 30'000; ++i) outputs += ",b,c,d";
  for (int i = 0; i < 12; ++i)
    REQUIRE(sw.add("priority=" + std::to_string(i) + ",actions=" + outputs)["added"] == 1);
  const Json page = sw.ask("flow.list", {{"bridge", "br0"}});
  CHECK(page.at("flows").size() < 12);
  CHECK(page.contains("next"));
  CHECK(sw.flows().size() == 12);
}

TEST_CASE("groups are listed, changed, and stay while something leads to them") {
  RunningSwitch sw;
  const auto group = [&](const char* method, const std::string& text) {
    return sw.ask(method, {{"bridge", "br0"}, {"group", text}});
  };
  CHECK(group("group.add", "group_id=7,type=all,bucket=output:a,bucket=output:b") ==
        Json::object());
  CHECK(group("group.add", "group_id=7,type=all,bucket=output:a") ==
        "cannot add group on bridge br0: group 7 is there already");
  CHECK(group("group.add", "group_id=8,type=all,bucket=group:9")
            .get<std::string>()
            .starts_with("cannot add group on bridge br0: "));
  CHECK(group("group.mod", "group_id=9,type=all,bucket=output:a") ==
        "cannot modify group on bridge br0: there is no group 9");
  CHECK(sw.add("actions=group:7")["added"] == 1);
  CHECK(group("group.del", "group_id=7") ==
        "cannot delete group on bridge br0: group 7 is used by 1 rule");
  CHECK(group("group.del", "x") == "cannot delete group on bridge br0: 'x' is not group_id=NUMBER");
  const Json listed = sw.ask("group.list", {{"bridge", "br0"}});
  REQUIRE(listed.at("groups").size() == 1);
  CHECK(listed["groups"][0]["group_id"] == 7);
  CHECK(listed["groups"][0]["buckets"].size() == 2);
  CHECK_FALSE(listed.contains("next"));
  CHECK(sw.ask("group.list", {{"bridge", "br0"}, {"after", 7u}}).at("groups").empty());
  CHECK(group("group.mod", "group_id=7,type=select,bucket=output:a") == Json::object());
  CHECK(sw.ask("flow.del", {{"bridge", "br0"}})["removed"] == 1);
  CHECK(group("group.del", "7") == Json::object());
  CHECK(sw.ask("group.list", {{"bridge", "br0"}}).at("groups").empty());
}

TEST_CASE("meters are listed, changed, and stay while something uses them") {
  RunningSwitch sw;
  const auto meter = [&](const char* method, const std::string& text) {
    return sw.ask(method, {{"bridge", "br0"}, {"meter", text}});
  };
  CHECK(meter("meter.add", "meter=3,kbps,band=type=drop,rate=1000") == Json::object());
  CHECK(sw.add("actions=meter:3,NORMAL")["added"] == 1);
  CHECK(meter("meter.del", "meter=3") ==
        "cannot delete meter on bridge br0: meter 3 is used by 1 rule");
  CHECK(meter("meter.mod", "meter=4,kbps,band=type=drop,rate=1000") ==
        "cannot modify meter on bridge br0: there is no meter 4");
  const Json listed = sw.ask("meter.list", {{"bridge", "br0"}});
  REQUIRE(listed.at("meters").size() == 1);
  CHECK(listed["meters"][0]["meter"] == 3);
  CHECK(listed["meters"][0]["dropped"].size() == 1);
  CHECK(sw.ask("flow.del", {{"bridge", "br0"}})["removed"] == 1);
  CHECK(meter("meter.del", "3") == Json::object());
  CHECK(meter("meter.del", "3") == "cannot delete meter on bridge br0: there is no meter 3");
}

TEST_CASE("without a number all groups or meters are deleted, or none while a rule uses one") {
  RunningSwitch sw;
  const auto ask = [&](const char* method) { return sw.ask(method, {{"bridge", "br0"}}); };
  for (const char* group :
       {"group_id=1,type=all,bucket=output:a", "group_id=2,type=all,bucket=group:1"}) {
    CHECK(sw.ask("group.add", {{"bridge", "br0"}, {"group", group}}) == Json::object());
  }
  CHECK(sw.ask("meter.add", {{"bridge", "br0"}, {"meter", "meter=3,band=type=drop,rate=1"}}) ==
        Json::object());
  CHECK(sw.add("actions=meter:3,group:2")["added"] == 1);
  CHECK(ask("group.del") == "cannot delete group on bridge br0: group 2 is used by 1 rule");
  CHECK(ask("meter.del") == "cannot delete meter on bridge br0: meter 3 is used by 1 rule");
  CHECK(ask("group.list").at("groups").size() == 2);
  CHECK(ask("flow.del")["removed"] == 1);
  CHECK(ask("group.del") == Json::object());
  CHECK(ask("meter.del") == Json::object());
  CHECK(ask("group.list").at("groups").empty());
  CHECK(ask("meter.list").at("meters").empty());
}

TEST_CASE("a configuration's rules are installed, shown, and brought back by it") {
  const std::string rules = std::string(kTwoBridges) + R"(
flows = ["in_port=e,actions=group:1", "priority=5,tcp,actions=meter:2,NORMAL"]
groups = ["group_id=1,type=all,bucket=output:f"]
meters = ["meter=2,pktps,band=type=drop,rate=10"]
)";
  RunningSwitch sw(rules);
  CHECK(sw.flows("", "br1").size() == 2);
  const std::string shown = config::print(sw.instance->config());
  const auto again = config::parse(shown, "shown");
  REQUIRE(again.has_value());
  CHECK(*again == sw.instance->config());

  const auto counter = sw.instance->flows("br1")->store().list({})[0];
  sw.ask("flow.add", {{"bridge", "br1"}, {"flow", "udp,actions=drop"}});
  sw.ask("flow.del", {{"bridge", "br1"}, {"match", "priority=5,tcp"}});
  CHECK(sw.instance->config().bridges.at("br1").flows.size() == 2);
  const Json planned = sw.ask("config.plan", {{"text", rules}});
  CHECK(planned.at("summary") == "0 to add, 1 to change, 0 to remove");
  sw.apply(rules);
  CHECK(sw.flows("", "br1") == Texts{"table=0,priority=32768,in_port=e actions=group:1",
                                     "table=0,priority=5,tcp actions=meter:2,NORMAL"});
  CHECK(sw.instance->flows("br1")->store().list({})[0] == counter);

  // A change of something else leaves rules alone, and a bridge takes its rules along.
  CHECK(sw.ask("bridge.add", {{"bridge", "br2"}}).is_object());
  CHECK(sw.flows("", "br1").size() == 2);
  sw.apply("[metrics]\nlisten = \"off\"\n");
  CHECK(sw.instance->flows("br1") == nullptr);
}

TEST_CASE("a configuration with rules that cannot be installed changes nothing") {
  RunningSwitch sw;
  config::Config next = sw.instance->config();
  next.bridges.erase("br1");
  next.bridges.at("br0").flows = {"actions=group:7"};
  const auto applied = sw.instance->apply(next);
  REQUIRE_FALSE(applied.has_value());
  CHECK(applied.error().what == "bridge br0: there is no group 7");
  CHECK(sw.instance->config().bridges.contains("br1"));
}

TEST_CASE("a port that thousands of rules name is not deleted, and few of them are told") {
  RunningSwitch sw;
  for (int i = 0; i < 1000; ++i)
    REQUIRE(sw.add("tcp,tp_dst=" + std::to_string(i) + ",actions=b")["added"] == 1);
  const Json refusal = sw.ask("port.del", {{"bridge", "br0"}, {"port", "b"}});
  REQUIRE(refusal.is_string());
  CHECK(refusal.get<std::string>().size() < 2000);
  CHECK(refusal.get<std::string>().find(" more") != std::string::npos);
  CHECK(sw.instance->config().bridges.at("br0").ports.contains("b"));
}

TEST_CASE("a rule that times out is gone, and subscribers are told") {
  RunningSwitch sw;
  std::vector<Event> removed;
  sw.events.subscribe([&](const Event& event) {
    if (event.type == "flow.removed") removed.push_back(event);
  });
  CHECK(sw.add("cookie=5,hard_timeout=1,tcp,actions=drop")["added"] == 1);
  CHECK(sw.add("idle_timeout=1,udp,actions=drop")["added"] == 1);
  CHECK(sw.add("idle_timeout=1000,actions=drop")["added"] == 1);
  REQUIRE(sw.wait_until([&] { return removed.size() >= 2; }));
  CHECK(sw.flows().size() == 1);
  sw.ask("flow.del", {{"bridge", "br0"}});
  REQUIRE(removed.size() == 3);
  const auto field = [](const Event& event, const std::string& name) {
    for (const auto& [key, value] : event.fields) {
      if (key == name) return value;
    }
    return std::string();
  };
  // In any order: both timeouts may have been found by the same look at the clock.
  std::map<std::string, const Event*> by_reason;
  for (const Event& event : removed) by_reason[field(event, "reason")] = &event;
  REQUIRE(by_reason.contains("idle_timeout"));
  CHECK(field(*by_reason["idle_timeout"], "flow") == "idle_timeout=1, udp actions=drop");
  CHECK(by_reason["delete"] == &removed[2]);
  REQUIRE(by_reason.contains("hard_timeout"));
  const Event& hard = *by_reason["hard_timeout"];
  CHECK(field(hard, "bridge") == "br0");
  CHECK(field(hard, "flow") == "cookie=0x5, hard_timeout=1, tcp actions=drop");
  const Json line = Json::parse(event_line(hard)).at("params");
  CHECK(line.at("packets") == 0);
  CHECK(line.at("duration_seconds").get<double>() >= 1);
}

// A capture file with `count` frames of 60 bytes, UDP to port 7.
void write_capture(const std::string& path, int count) {
  std::ofstream file(path, std::ios::binary);
  const auto put = [&](std::initializer_list<std::uint32_t> words) {
    for (const std::uint32_t word : words)
      file.write(reinterpret_cast<const char*>(&word), sizeof word);
  };
  put({0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1});
  std::string frame(
      "\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0\x45\0\0\x1c\0\0\0\0\x40\x11\0\0"
      "\x0a\0\0\x01\x0a\0\0\x02\0\x09\0\x07\0\x08\0\0",
      42);
  frame.resize(60);
  for (int i = 0; i < count; ++i) {
    put({0, 0, 60, 60});
    file << frame;
  }
}

TEST_CASE("frames that a rule gives to control are told to subscribers, and counted") {
  TemporaryDirectory directory;
  write_capture(directory / "in.pcap", 5);
  const std::string bridge = R"(
[switch]
workers = 1
[metrics]
listen = "off"
[bridge.br0]
flows = ["table=0,cookie=0x9,udp,tp_dst=7,actions=CONTROLLER:20"]
)";
  RunningSwitch sw(bridge);
  std::vector<Json> punted;
  sw.events.subscribe([&](const Event& event) {
    if (event.type == "packet.in") punted.push_back(Json::parse(event_line(event)).at("params"));
  });
  sw.instance->dispatch();  // from now on punts are kept
  sw.apply(bridge + "ports.in = { type = \"pcap\", read = \"" + (directory / "in.pcap") + "\" }\n");
  REQUIRE(sw.wait_until([&] { return punted.size() >= 5; }));
  REQUIRE(punted.size() == 5);
  const Json& one = punted[0];
  CHECK(one.at("bridge") == "br0");
  CHECK(one.at("port") == "in");
  CHECK(one.at("table") == 0);
  CHECK(one.at("cookie") == "0x9");
  CHECK(one.at("length") == 60);
  CHECK(one.at("data") ==
        "0200000000010200000000020800450000"
        "1c0000");
  const Json listed = sw.ask("flow.list", {{"bridge", "br0"}});
  CHECK(listed["flows"][0]["packets"] == 5);
  CHECK(listed["flows"][0]["bytes"] == 300);
  const std::string scrape = metrics_text(*sw.instance->inventory());
  CHECK(scrape.find("trestle_flow_entries{bridge=\"br0\",table=\"0\"} 1") != std::string::npos);
  CHECK(scrape.find("trestle_flow_cache_misses_total{bridge=\"br0\",cache=\"megaflow\"} 1") !=
        std::string::npos);
}

TEST_CASE("a thousand single changes of a hundred thousand rules all take effect") {
  RunningSwitch sw;
  std::string text;
  const auto flow = [](int i, const char* actions) {
    return "tcp,nw_src=10." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." +
           std::to_string(i & 255) + ",tp_dst=" + std::to_string(i % 1000) + ",actions=" + actions;
  };
  for (int i = 0; i < kManyRules; ++i) text += flow(i, "NORMAL") + "\n";
  REQUIRE(sw.ask("flow.replace", {{"bridge", "br0"}, {"text", text}})["added"] == kManyRules);
  for (int i = 0; i < 1000; ++i) {
    if (i % 2 == 0) {
      REQUIRE(sw.add(flow(200'000 + i, "b"))["added"] == 1);
    } else {
      REQUIRE(sw.add(flow(i, "drop"))["modified"] == 1);
    }
  }
  CHECK(sw.instance->flows("br0")->store().rules() == kManyRules + 500);
  CHECK(sw.flows("out_port=b").size() == 500);
  CHECK(sw.flows("nw_src=10.0.0.1,tcp") ==
        Texts{"table=0,priority=32768,tcp,nw_src=10.0.0.1,tp_dst=1 actions=drop"});
}

}  // namespace
