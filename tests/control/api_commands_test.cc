// SPDX-License-Identifier: Apache-2.0
//
// The commands of the API but for what an instance does: parameters, pages of the FDB, shapes of
// JSON, and that docs/api.md speaks of every method.

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <set>

#include "control/api/commands.h"
#include "control/api/fdb_page.h"
#include "control/api/params.h"
#include "control/api/port_json.h"

using namespace trestle;
using namespace trestle::control;

namespace {

std::string fault(Params& params) {
  const auto error = params.error();
  if (!error) return "";
  CHECK(error->value().code == kInvalidParams);
  return error->value().message;
}

std::shared_ptr<Fdb> make_fdb() {
  return std::make_shared<Fdb>(0, FdbHash(1));
}

// Two bridges with 300 addresses each in three VLANs on two ports.
Inventory two_bridges() {
  Inventory inventory;
  PortId id = 0;
  for (const char* name : {"br0", "br1"}) {
    inventory.bridges.push_back({name, config::Bridge(), make_fdb()});
    Fdb& fdb = *inventory.bridges.back().fdb;
    for (const char* port : {"a", "b"}) {
      PortEntry entry;
      entry.bridge = name;
      entry.name = port;
      entry.id = id;
      for (std::uint64_t i = 0; i < 150; ++i) {
        const auto mac = MacAddress::from_u64(0x020000000000 + i * 7919 % 1000 + 1000u * id);
        fdb.learn(static_cast<VlanId>(i % 3), mac, id, 100);
      }
      inventory.ports.push_back(entry);
      ++id;
    }
  }
  return inventory;
}

FdbCursor key(const FdbLine& line) {
  return {line.bridge, line.entry.vlan, line.entry.mac};
}

std::vector<FdbCursor> all_pages(const Inventory& inventory, FdbQuery query) {
  std::vector<FdbCursor> keys;
  do {
    const FdbPage page = fdb_page(inventory, query, 110);
    CHECK(page.entries.size() <= query.limit);
    for (const FdbLine& line : page.entries) keys.push_back(key(line));
    query.after = page.next;
  } while (query.after);
  return keys;
}

std::vector<std::string> doc_lines() {
  std::ifstream file(TRESTLE_API_DOC);
  REQUIRE(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("parameters are read by name, and what is missing, wrong or unknown is said") {
  const Json json = Json::parse(
      R"({"bridge":"br0","mac":"02:00:00:00:00:01","vlan":7,"bad":[],"none":null,"limit":-1})");
  Params good(json);
  CHECK(good.text("bridge") == "br0");
  CHECK(good.mac("mac").to_u64() == 0x020000000001);
  CHECK(good.optional_vlan("vlan") == 7);
  CHECK_FALSE(good.optional_text("none"));
  CHECK_FALSE(good.optional_text("absent"));
  CHECK(fault(good) == "unknown parameter 'bad'");

  Params missing(json);
  missing.text("port");
  CHECK(fault(missing) == "parameter 'port' is missing");
  Params kind(json);
  kind.text("vlan");
  CHECK(fault(kind) == "parameter 'vlan' must be a string");
  Params range(json);
  range.optional_number("limit", 1, 10);
  CHECK(fault(range) == "parameter 'limit' must be an integer from 1 to 10");
  Params mac(json);
  mac.mac("bridge");
  CHECK(fault(mac) == "parameter 'bridge' must be a MAC address, as 02:00:00:00:00:01");
  Params object(json);
  object.optional_object("bad");
  CHECK(fault(object) == "parameter 'bad' must be an object");
}

TEST_CASE("the rest of the parameters are keys of a configuration") {
  const Json json = Json::parse(
      R"({"bridge":"br0","mtu":1400,"qdisc":true,"address":["10.0.0.1/24"],"link_local":{"lldp":"drop"},"mac":null})");
  Params params(json);
  params.text("bridge");
  const config::Keys keys = params.rest();
  CHECK_FALSE(params.error());
  CHECK(keys == config::Keys{{"mtu", 1400},
                             {"qdisc", true},
                             {"address", config::Value::List{"10.0.0.1/24"}},
                             {"link_local", config::Value::Map{{"lldp", "drop"}}},
                             {"mac", config::Value()}});
}

TEST_CASE("keys that no configuration can hold are refused") {
  Json many = Json::object();
  for (std::size_t i = 0; i <= kKeysMax; ++i) many["k" + std::to_string(i)] = 1;
  for (const Json& json :
       {Json{{"mtu", 1.5}}, Json{{"mtu", std::uint64_t{1} << 63}}, many, Json{{"link_local", many}},
        Json{{"trunk", Json(kElementsMax + 1, 1)}}}) {
    Params params(json);
    params.rest();
    CHECK(params.error());
  }
}

TEST_CASE("pages of the FDB together are every entry once, in order, whatever their size") {
  const Inventory inventory = two_bridges();
  const auto whole =
      all_pages(inventory, {.bridge = {}, .port = {}, .vlan = {}, .after = {}, .limit = 10'000});
  CHECK(whole.size() == 600);
  CHECK(std::is_sorted(whole.begin(), whole.end()));
  CHECK(std::set<FdbCursor>(whole.begin(), whole.end()).size() == 600);
  for (const std::size_t limit : {1, 7, 299, 300, 301, 600}) {
    CHECK(all_pages(inventory,
                    {.bridge = {}, .port = {}, .vlan = {}, .after = {}, .limit = limit}) == whole);
  }
}

TEST_CASE("a listing of the FDB can be narrowed to a bridge, a port and a VLAN") {
  const Inventory inventory = two_bridges();
  const auto count = [&](std::optional<std::string> bridge, std::optional<std::string> port,
                         std::optional<VlanId> vlan) {
    return all_pages(inventory,
                     {.bridge = bridge, .port = port, .vlan = vlan, .after = {}, .limit = 40})
        .size();
  };
  CHECK(count("br0", {}, {}) == 300);
  CHECK(count("br0", "a", {}) == 150);
  CHECK(count("br0", "a", 1) == 50);
  CHECK(count({}, "a", 1) == 100);
  CHECK(count("br2", {}, {}) == 0);
}

TEST_CASE("an entry that stays is listed once though others come and go between pages") {
  const Inventory inventory = two_bridges();
  FdbQuery query{.bridge = "br0", .port = {}, .vlan = {}, .after = {}, .limit = 100};
  const FdbPage first = fdb_page(inventory, query, 110);
  REQUIRE(first.next);
  std::set<FdbCursor> seen;
  for (const FdbLine& line : first.entries) seen.insert(key(line));
  // All of the first page goes, its last entry, which is the cursor, among it.
  for (const FdbLine& line : first.entries) {
    REQUIRE(inventory.bridges[0].fdb->remove(line.entry.vlan, line.entry.mac));
  }
  for (std::uint64_t i = 0; i < 50; ++i) {
    inventory.bridges[0].fdb->learn(0, MacAddress::from_u64(0x060000000000 + i), 0, 110);
  }
  query.after = first.next;
  for (const FdbCursor& cursor : all_pages(inventory, query)) CHECK(seen.insert(cursor).second);
  CHECK(seen.size() >= 300);
}

TEST_CASE("a port is shown with its keys, its state, its counters and the drops there were") {
  auto stats = std::make_shared<PortStats>();
  PortCounters& block = stats->block(0);
  block.rx_frames.add(7);
  block.forwarded.add(5);
  block.drop(DropReason::kSamePort, 2);
  block.software_segmented.add(3);
  PortEntry port;
  port.bridge = "br0";
  port.name = "red";
  port.id = 4;
  port.config.ns = "red";
  port.config.vlan = PortVlan::access(10);
  port.state = PortState::kWaiting;
  port.message = "there is no namespace red";
  port.interface = "tr0123";
  port.stats = stats;
  CHECK(port_json(port) == Json::parse(R"({
      "bridge": "br0", "port": "red", "number": 5, "type": "veth", "namespace": "red", "vlan": 10, "interface": "red",
      "device": "tr0123", "state": "waiting", "message": "there is no namespace red",
      "receive": {"frames": 7, "bytes": 0, "segments": 0}, "transmit": {"frames": 0, "bytes": 0, "software_segmented": 3},
      "forwarded": 5, "staged": 0, "drops": {"same_port": 2}})"));
}

TEST_CASE("an event is a notification with its fields, numbers as numbers") {
  const Event event{"fdb.learn", 1234, {{"bridge", "br0"}, {"vlan", "7"}, {"port", "7"}}};
  CHECK(Json::parse(event_line(event)) == Json::parse(R"({"jsonrpc":"2.0","method":"event","params":
      {"type":"fdb.learn","time":1234,"bridge":"br0","vlan":7,"port":"7"}})"));
}

TEST_CASE("docs/api.md has a section for every method, and none for another") {
  std::vector<std::string> documented;
  for (const std::string& line : doc_lines()) {
    if (line.starts_with("### `")) documented.push_back(line.substr(5, line.size() - 6));
  }
  std::sort(documented.begin(), documented.end());
  const auto names = command_names();
  CHECK(documented == std::vector<std::string>(names.begin(), names.end()));
}

TEST_CASE("every example in docs/api.md is one line of JSON-RPC, and its method exists") {
  const auto names = command_names();
  std::set<std::string> asked;
  bool in_example = false;
  for (const std::string& line : doc_lines()) {
    if (line.starts_with("```")) {
      in_example = line == "```json";
      continue;
    }
    if (!in_example) continue;
    INFO(line);
    const Json message = Json::parse(line);
    CHECK(message.at("jsonrpc") == "2.0");
    if (!message.contains("method") || message["method"] == "event") continue;
    CHECK(std::count(names.begin(), names.end(), message["method"].get<std::string>()) == 1);
    asked.insert(message["method"].get<std::string>());
  }
  CHECK(asked.size() == names.size());
}
