// SPDX-License-Identifier: Apache-2.0
//
// trestle flow, group and meter against a server with made-up commands: what is asked, what is
// printed, what it exits with.

#include <catch2/catch.hpp>

#include <fstream>

#include "control/cli/exit_status.h"
#include "tests/control/cli_fixture.h"

using namespace trestle::control;
using namespace trestle::testing;

namespace {

// Two pages of one rule each.
Reply two_pages(const Json& params, Caller&) {
  if (params.value("match", std::string()) == "none") return Json{{"flows", Json::array()}};
  if (params.contains("after")) {
    return Json{{"flows",
                 {{{"table", 1},
                   {"priority", 32768},
                   {"cookie", "0x17"},
                   {"duration_seconds", 61.5},
                   {"packets", 7},
                   {"bytes", 700},
                   {"idle_age_seconds", 3},
                   {"idle_timeout", 10},
                   {"hard_timeout", 20},
                   {"match", ""},
                   {"actions", "NORMAL"}}}}};
  }
  return Json{{"flows",
               {{{"table", 0},
                 {"priority", 10},
                 {"cookie", "0x0"},
                 {"duration_seconds", 1.234},
                 {"packets", 0},
                 {"bytes", 0},
                 {"idle_age_seconds", 1},
                 {"match", "tcp,in_port=red"},
                 {"actions", "output:blue"}}}},
              {"next", {{"table", 0}, {"priority", 10}, {"serial", 1}}}};
}

CommandTable commands() {
  CommandTable table = made_up_commands();
  table["flow.list"] = two_pages;
  table["flow.add"] = [](const Json& params, Caller&) -> Reply {
    return refuse("asked for " + to_line(params));
  };
  table["flow.del"] = table["flow.mod"] = table["flow.add"];
  table["group.add"] = table["meter.del"] = table["flow.add"];
  table["flow.replace"] = [](const Json& params, Caller&) -> Reply {
    const std::string text = params.at("text");
    if (text == "bad\n") {
      return refuse("cannot replace", {{"f", 1, 2, "no such field"}, {"f", 3, 4, "nor this"}});
    }
    if (text == "full\n") return refuse("cannot replace: there is no room");
    return Json{
        {"added", 3}, {"modified", text.empty() ? 0 : 2}, {"removed", 1}, {"unchanged", 9996}};
  };
  table["group.list"] = [](const Json&, Caller&) -> Reply {
    return Json{{"groups",
                 {{{"group_id", 1},
                   {"group", "group_id=1,type=all,bucket=actions=output:a"},
                   {"duration_seconds", 2},
                   {"packets", 4},
                   {"bytes", 240},
                   {"buckets", {{{"packets", 4}, {"bytes", 240}}}}}}}};
  };
  table["meter.list"] = [](const Json&, Caller&) -> Reply {
    return Json{{"meters",
                 {{{"meter", 3},
                   {"text", "meter=3,pktps,band=type=drop,rate=5"},
                   {"duration_seconds", 0.5},
                   {"packets", 9},
                   {"bytes", 540},
                   {"dropped", {{{"packets", 4}, {"bytes", 240}}}}}}}};
  };
  return table;
}

std::string write_file(const TemporaryDirectory& directory, const std::string& text) {
  std::string path = directory / "acl";
  std::ofstream(path) << text;
  return path;
}

}  // namespace

TEST_CASE("flows are listed as ovs-ofctl dump-flows lists them, page by page") {
  ServingClient serving(commands());
  const Ran ran = run(serving.socket(), {"flow", "list", "br0"});
  CHECK(ran.status == kDone);
  CHECK(ran.out ==
        " cookie=0x0, duration=1.234s, table=0, n_packets=0, n_bytes=0, idle_age=1, "
        "priority=10,tcp,in_port=red actions=output:blue\n"
        " cookie=0x17, duration=61.500s, table=1, n_packets=7, n_bytes=700, idle_timeout=10, "
        "hard_timeout=20, idle_age=3, actions=NORMAL\n");
  const Json json = Json::parse(run(serving.socket(), {"--json", "flow", "list", "br0"}).out);
  REQUIRE(json.size() == 2);
  CHECK(json[1]["cookie"] == "0x17");
  CHECK(run(serving.socket(), {"flow", "list", "br0", "none"}).out.empty());
  CHECK(run(serving.socket(), {"--json", "flow", "list", "br0", "none"}).out == "[]\n");
}

TEST_CASE("a flow is one argument or several") {
  ServingClient serving(commands());
  const auto asked = [&](const std::vector<const char*>& words) {
    const Ran ran = run(serving.socket(), words);
    CHECK(ran.status == kRefusedByDaemon);
    return ran.err;
  };
  CHECK(asked({"flow", "add", "br0", "priority=1,tcp actions=drop"}) ==
        "asked for {\"bridge\":\"br0\",\"flow\":\"priority=1,tcp actions=drop\"}\n");
  CHECK(asked({"flow", "add", "br0", "priority=1", "tcp", "actions=drop"}) ==
        "asked for {\"bridge\":\"br0\",\"flow\":\"priority=1,tcp,actions=drop\"}\n");
  CHECK(asked({"flow", "mod", "br0", "actions=drop"}) ==
        "asked for {\"bridge\":\"br0\",\"flow\":\"actions=drop\"}\n");
  CHECK(asked({"flow", "del", "br0"}) == "asked for {\"bridge\":\"br0\"}\n");
  CHECK(asked({"flow", "del", "br0", "tcp", "table=1"}) ==
        "asked for {\"bridge\":\"br0\",\"match\":\"tcp,table=1\"}\n");
  CHECK(asked({"group", "add", "br0", "group_id=1", "type=all"}) ==
        "asked for {\"bridge\":\"br0\",\"group\":\"group_id=1,type=all\"}\n");
  CHECK(asked({"meter", "del", "br0"}) == "asked for {\"bridge\":\"br0\"}\n");
  CHECK(asked({"meter", "del", "br0", "meter=3"}) ==
        "asked for {\"bridge\":\"br0\",\"meter\":\"meter=3\"}\n");
  for (const auto& words : {std::vector<const char*>{"flow"},
                            {"flow", "add", "br0"},
                            {"flow", "list"},
                            {"flow", "replace", "br0"},
                            {"meter", "add", "br0"}})
    CHECK(run(serving.socket(), words).status == kUsage);
}

TEST_CASE("replacing flows by a file reports the difference, or its mistakes as check does") {
  ServingClient serving(commands());
  TemporaryDirectory directory;
  const auto replace = [&](const std::string& text) {
    return run(serving.socket(), {"flow", "replace", "br0", write_file(directory, text).c_str()});
  };
  CHECK(replace("").out == "+3 -1 =9996\n");
  CHECK(replace("x\n").out == "+3 -1 ~2 =9996\n");
  const Ran bad = replace("bad\n");
  CHECK(bad.status == kUsage);
  CHECK(bad.out.empty());
  CHECK(bad.err == "f:1:2: no such field\nf:3:4: nor this\n");
  const Ran full = replace("full\n");
  CHECK(full.status == kRefusedByDaemon);
  CHECK(full.err == "cannot replace: there is no room\n");
  CHECK(run(serving.socket(), {"flow", "replace", "br0", "/nonexistent"}).status == kUsage);
}

TEST_CASE("groups and meters are listed with their counters") {
  ServingClient serving(commands());
  CHECK(run(serving.socket(), {"group", "list", "br0"}).out ==
        " duration=2.000s, n_packets=4, n_bytes=240, bucket0: n_packets=4, n_bytes=240, "
        "group_id=1,type=all,bucket=actions=output:a\n");
  CHECK(run(serving.socket(), {"meter", "list", "br0"}).out ==
        " duration=0.500s, n_packets=9, n_bytes=540, band0: n_packets=4, n_bytes=240, "
        "meter=3,pktps,band=type=drop,rate=5\n");
  CHECK(Json::parse(run(serving.socket(), {"--json", "meter", "list", "br0"}).out).size() == 1);
}
