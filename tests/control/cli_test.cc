// SPDX-License-Identifier: Apache-2.0
//
// trestle but for its main(), against a server with made-up commands: what it prints and what it
// exits with.

#include <catch2/catch.hpp>

#include <fstream>
#include <future>
#include <sstream>

#include "control/api/limits.h"
#include "control/cli/exit_status.h"
#include "control/cli/table.h"
#include "tests/control/cli_fixture.h"

using namespace trestle::control;
using namespace trestle::testing;

namespace {

Json port(const char* name, const char* state, const char* message) {
  return {{"bridge", "br0"},
          {"port", name},
          {"number", 2},
          {"type", "veth"},
          {"state", state},
          {"message", message},
          {"namespace", "n"},
          {"receive", {{"frames", 12}}},
          {"transmit", {{"frames", 3}}},
          {"drops", {{"queue_full", 2}, {"oversize", 5}}}};
}

// Three pages of addresses, whatever the limit.
Reply three_pages(const Json& params, Caller&) {
  if (params.at("limit").get<std::size_t>() > kFdbPageMax) return invalid_params("limit");
  const int page = params.contains("after") ? params["after"]["page"].get<int>() : 0;
  const std::string name = page == 1 ? "a-longer-name" : "p";
  Json result{{"entries", Json::array({{{"bridge", "br0"},
                                        {"vlan", page},
                                        {"mac", "02:00:00:00:00:01"},
                                        {"port", name},
                                        {"age_seconds", 4},
                                        {"static", page == 2}}})}};
  if (page < 2) result["next"] = {{"page", page + 1}};
  return result;
}

CommandTable commands() {
  CommandTable table = made_up_commands();
  table["port.list"] = [](const Json&, Caller&) -> Reply {
    return Json{
        {"ports", {port("blue", "up", ""), port("red", "waiting", "there is no namespace n")}}};
  };
  table["port.show"] = [](const Json&, Caller&) -> Reply { return port("red", "up", ""); };
  table["port.add"] = [](const Json& params, Caller&) -> Reply {
    return Json{{"bridge", "br0"},
                {"port", params.at("port")},
                {"state", params.at("port") == "red" ? "waiting" : "up"},
                {"message", "there is no namespace n"}};
  };
  table["port.del"] = [](const Json&, Caller&) -> Reply {
    return refuse("cannot delete port br0.red: no");
  };
  table["config.reload"] = [](const Json&, Caller&) -> Reply {
    return refuse("cannot reload: 2 mistakes in f", {{"f", 1, 2, "x"}, {"f", 3, 4, "y"}});
  };
  table["config.plan"] = [](const Json& params, Caller&) -> Reply {
    return Json{{"changes", {"+ " + params.at("file").get<std::string>()}},
                {"summary", "1 to add"}};
  };
  table["bridge.del"] = [](const Json&, Caller&) -> Reply {
    return invalid_params("unknown parameter");
  };
  table["fdb.list"] = three_pages;
  table["metrics"] = [](const Json&, Caller&) -> Reply { return Json{{"text", "a 1\nb 2\n"}}; };
  return table;
}

class Serving : public ServingClient {
 public:
  Serving() : ServingClient(commands()) {}
};

// What is printed, and a signal once `word` has been.
class LineWatch : public std::stringbuf {
 public:
  explicit LineWatch(std::string word) : word_(std::move(word)) {}
  std::future<void> seen() { return promise_.get_future(); }

 protected:
  int sync() override {
    if (!told_ && str().find(word_) != std::string::npos) {
      told_ = true;
      promise_.set_value();
    }
    return 0;
  }

 private:
  std::string word_;
  std::promise<void> promise_;
  bool told_ = false;
};

std::string write_file(const TemporaryDirectory& directory, const std::string& text) {
  std::string path = directory / "lab.toml";
  std::ofstream(path) << text;
  return path;
}

}  // namespace

TEST_CASE("columns are aligned, empty cells are dashes, and later rows never narrow them") {
  Table table({"A", "LONG", "C"});
  table.add({"xxx", "", "two words"});
  std::ostringstream out;
  table.write(out);
  CHECK(out.str() == "A    LONG  C\nxxx  -     two words\n");
  table.add({"y", "z", ""});
  table.write(out);
  CHECK_THAT(out.str(), Catch::EndsWith("\ny    z     -\n"));
}

TEST_CASE("ports are listed in columns, with the reason where one is not up") {
  Serving serving;
  const Ran ran = run(serving.socket(), {"port", "list"});
  CHECK(ran.status == kDone);
  CHECK(ran.out ==
        "BRIDGE  PORT  NO.  TYPE  STATE    INTERFACE  NAMESPACE  RX-FRAMES  TX-FRAMES  DROPS  "
        "MESSAGE\n"
        "br0     blue  2    veth  up       -          n          12         3          7      -\n"
        "br0     red   2    veth  waiting  -          n          12         3          7      "
        "there is no namespace n\n");
  CHECK(ran.err.empty());
  const Json json = Json::parse(run(serving.socket(), {"port", "list", "--json"}).out);
  CHECK(json.is_array());
  CHECK(json.size() == 2);
}

TEST_CASE("one port is shown a field a line, nested ones by their path") {
  Serving serving;
  const std::string out = run(serving.socket(), {"port", "show", "br0", "red"}).out;
  CHECK_THAT(out, Catch::StartsWith(
                      "bridge            br0\nport              red\nnumber            2\n"));
  CHECK_THAT(out, Catch::Contains("\ndrops.queue_full  2\n"));
}

TEST_CASE("a port that is added but does not work yet is done, with a warning") {
  Serving serving;
  const Ran waiting = run(serving.socket(), {"port", "add", "br0", "red", "type=veth"});
  CHECK(waiting.status == kDone);
  CHECK(waiting.out.empty());
  CHECK(waiting.err == "warning: port br0.red: waiting: there is no namespace n\n");
  const Ran up = run(serving.socket(), {"port", "add", "br0", "blue", "type=veth"});
  CHECK(up.status == kDone);
  CHECK(up.err.empty());
}

TEST_CASE("a refusal is one line on stderr and exit status 1, with --json too") {
  Serving serving;
  for (const auto& words : {std::vector<const char*>{"port", "del", "br0", "red"},
                            {"--json", "port", "del", "br0", "red"}}) {
    const Ran ran = run(serving.socket(), words);
    CHECK(ran.status == kRefusedByDaemon);
    CHECK(ran.out.empty());
    CHECK(ran.err == "cannot delete port br0.red: no\n");
  }
}

TEST_CASE("mistakes in the daemon's file are shown with their places, and are a refusal") {
  Serving serving;
  const Ran ran = run(serving.socket(), {"reload"});
  CHECK(ran.status == kRefusedByDaemon);
  CHECK(ran.err == "cannot reload: 2 mistakes in f\nf:1:2: x\nf:3:4: y\n");
}

TEST_CASE("parameters and methods that the daemon does not know are usage errors") {
  Serving serving;
  CHECK(run(serving.socket(), {"bridge", "del", "br0"}).status == kUsage);
  CHECK(run(serving.socket(), {"bridge", "show", "br0"}).status ==
        kUsage);  // not among the made-up ones
  CHECK(run(serving.socket(), {"fdb", "flush", "br0", "x=1"}).status == kUsage);
  CHECK(run(serving.socket(), {"nonsense"}).status == kUsage);
}

TEST_CASE("without a daemon the exit status is 3, and the message names the socket") {
  TemporaryDirectory directory;
  const std::string socket = directory / "nobody.sock";
  for (const auto& words : {std::vector<const char*>{"status"}, {"events"}, {"fdb", "list"}}) {
    const Ran ran = run(socket, words);
    CHECK(ran.status == kNoDaemon);
    CHECK(ran.err == "cannot reach trestled at " + socket + ": No such file or directory\n");
  }
  CHECK(run(std::string(200, 'x'), {"status"}).status == kUsage);
}

TEST_CASE("MAC addresses are asked for page by page and shown as one listing") {
  Serving serving;
  const Ran text = run(serving.socket(), {"fdb", "list"});
  CHECK(text.status == kDone);
  CHECK(text.out ==
        "BRIDGE  VLAN  MAC                PORT  AGE\n"
        "br0     0     02:00:00:00:00:01  p     4\n"
        "br0     1     02:00:00:00:00:01  a-longer-name  4\n"
        "br0     2     02:00:00:00:00:01  p              static\n");
  const Ran json = run(serving.socket(), {"--json", "fdb", "list"});
  CHECK(Json::parse(json.out).size() == 3);
}

TEST_CASE("texts are printed as they are, or inside JSON") {
  Serving serving;
  CHECK(run(serving.socket(), {"metrics"}).out == "a 1\nb 2\n");
  CHECK(Json::parse(run(serving.socket(), {"metrics", "--json"}).out)["text"] == "a 1\nb 2\n");
}

TEST_CASE("events are printed a line each until their reader is gone") {
  Serving serving;
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  // The reader is gone from the start: what has been sent may be printed or not, but it ends.
  CHECK(run(serving.socket(), {"events"}, ends[1]).status == kDone);
  close(ends[1]);
}

TEST_CASE("events are printed as they come, and a daemon that goes away is exit status 3") {
  for (const bool json : {false, true}) {
    auto serving = std::make_unique<Serving>();
    const std::string socket = serving->socket();
    LineWatch watched("events.lost");
    std::ostream out(&watched);
    std::ostringstream err;
    int status = 0;
    std::thread follower([&] {
      const char* words[] = {"trestle", "--socket", socket.c_str(), "events", "--json"};
      status = run_command_line(json ? 5 : 4, words, {out, err});
    });
    watched.seen().wait();
    serving.reset();
    follower.join();
    CHECK(status == kNoDaemon);
    CHECK(err.str() == "trestled at " + socket + " went away\n");
    std::istringstream lines(watched.str());
    std::string first;
    std::string second;
    REQUIRE(std::getline(lines, first));
    REQUIRE(std::getline(lines, second));
    if (json) {
      CHECK(Json::parse(first) ==
            Json{{"type", "port.state"}, {"time", 1000}, {"bridge", "br0"}, {"message", "a b"}});
      CHECK(Json::parse(second)["count"] == 3);
    } else {
      CHECK_THAT(first, Catch::EndsWith(":01.000 port.state bridge=br0 message=a b"));
      CHECK_THAT(second, Catch::EndsWith(":02.000 events.lost count=3"));
    }
  }
}

TEST_CASE("check needs no daemon, says all mistakes with their places and exits with 2") {
  TemporaryDirectory directory;
  const std::string path =
      write_file(directory, "[bridge.br0]\nageing = 5\nfoo = 1\nports.a = { type = \"x\" }\n");
  const Ran bad = run("/nonexistent", {"check", path.c_str()});
  CHECK(bad.status == kUsage);
  CHECK(std::count(bad.err.begin(), bad.err.end(), '\n') == 3);
  CHECK_THAT(bad.err, Catch::StartsWith(path + ":2:"));
  write_file(directory, "[bridge.br0]\nports.a = { type = \"tap\" }\n");
  const Ran good = run("/nonexistent", {"check", path.c_str()});
  CHECK(good.status == kDone);
  CHECK(good.out == path + ": ok (1 bridge, 1 port)\n");
  CHECK(run("/nonexistent", {"check", "/nonexistent"}).status == kUsage);
}

TEST_CASE("plan shows what the daemon would do, and mistakes without asking it") {
  Serving serving;
  TemporaryDirectory directory;
  const std::string path = write_file(directory, "[bridge.br0]\n");
  const Ran good = run(serving.socket(), {"plan", path.c_str()});
  CHECK(good.status == kDone);
  CHECK(good.out == "+ " + path + "\n1 to add\n");
  write_file(directory, "[bridge.br0]\nfoo = 1\n");
  const Ran bad = run("/nonexistent", {"plan", path.c_str()});
  CHECK(bad.status == kUsage);
  CHECK_THAT(bad.err, Catch::StartsWith(path + ":2:1: "));
}

TEST_CASE("the version is told without a daemon") {
  CHECK_THAT(run("/nonexistent", {"version"}).out, Catch::StartsWith("trestle "));
}
