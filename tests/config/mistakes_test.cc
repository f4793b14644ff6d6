// SPDX-License-Identifier: Apache-2.0
//
// Each mistake that one table alone can make, where it is and what is said of it. § marks the
// place.

#include <catch2/catch.hpp>

#include "tests/config/expect.h"

namespace trestle::config {
namespace {

// Puts one port's inline table on bridge br0.
void expect_port(const std::string& keys, const std::vector<std::string>& messages) {
  expect_mistakes("[bridge.br0]\nports.p = { " + keys + " }\n", messages);
}

TEST_CASE("three mistakes are told at once, in the order of the file") {
  expect_mistakes(R"([switch]
workers = §"two"
[bridge.br0]
ports.red = { type = "veth", namespace = "red", §adress = ["10.0.0.1/24"], mtu = §15 }
)",
                  {"'workers' of [switch]: expected an integer, found a string 'two'",
                   "unknown key 'adress' in port br0.red; did you mean 'address'?",
                   "'mtu' of port br0.red: 15 is out of range (68 to 65521)"});
}

TEST_CASE("mistakes come in file order though sections are read in another") {
  expect_mistakes(R"([bridge.b]
§agein = "5s"
[switch]
§worker = 1
)",
                  {"unknown key 'agein' in bridge b; did you mean 'ageing'?",
                   "unknown key 'worker' in [switch]; did you mean 'workers'?"});
}

TEST_CASE("text that is not TOML is one mistake with its place") {
  for (const char* text : {"[bridge.br0\n", "a = ", "a = 1\na = 2\n", "= 1", "[a]\n[a]\n",
                           "a = \"\xff\"", "a = \"x\n"}) {
    CAPTURE(text);
    const auto config = parse(text, "lab.toml");
    REQUIRE_FALSE(config);
    REQUIRE(config.error().size() == 1);
    CHECK(config.error()[0].file == "lab.toml");
    CHECK(config.error()[0].line >= 1);
    CHECK(config.error()[0].column >= 1);
    CHECK_FALSE(config.error()[0].message.empty());
  }
  const auto config = parse("[switch]\nworkers = = 2\n", "lab.toml");
  REQUIRE_FALSE(config);
  CHECK(config.error()[0].line == 2);
  CHECK(config.error()[0].column == 11);
}

TEST_CASE("a mistake reads as compilers write theirs") {
  CHECK(Mistake{"lab.toml", 3, 7, "unknown"}.to_string() == "lab.toml:3:7: unknown");
  CHECK(Mistake{"", 0, 0, "unknown"}.to_string() == "unknown");
}

TEST_CASE("columns count characters, not bytes") {
  expect_mistakes("[bridge.b]\nports.p = { type = \"pcap\", read = \"ä€ß\", §red = 1 }\n",
                  {"unknown key 'red' in port b.p; did you mean 'read'?"});
}

TEST_CASE("unknown keys are mistakes in every section") {
  expect_mistakes(
      "§bridges = 1\n§colour = 2\n[switch]\n§x = 1\n[metrics]\n§lisen = 1\n[namespace.n]\n§nds = "
      "1\n",
      {"unknown key 'bridges' in the file; did you mean 'bridge'?",
       "unknown key 'colour' in the file", "unknown key 'x' in [switch]",
       "unknown key 'lisen' in [metrics]; did you mean 'listen'?",
       "unknown key 'nds' in namespace n; did you mean 'dns'?"});
}

TEST_CASE("what should be a table and is none is a mistake") {
  expect_mistakes("switch = §1\nmetrics = §true\nnamespace = §[]\nbridge = §\"br0\"\n",
                  {"[switch]: expected a table, found an integer",
                   "[metrics]: expected a table, found a boolean",
                   "[namespace]: expected a table, found an array",
                   "[bridge]: expected a table, found a string"});
  expect_mistakes("namespace.n = §1.5\nbridge.b = §2020-01-01\nbridge.c.ports = §1\n",
                  {"namespace n: expected a table, found a float",
                   "bridge b: expected a table, found a date or time",
                   "'ports' of bridge c: expected a table, found an integer"});
  expect_mistakes(
      "bridge.d.ports.§p = §1\n",
      {"'type' of port d.p: missing; it is one of veth, tap, netdev, internal, patch, pcap, memory",
       "port d.p: expected a table, found an integer"});
}

TEST_CASE("wrong types say what was expected and what was found") {
  expect_port(R"(type = §1)", {"'type' of port br0.p: expected a string, found an integer (1)"});
  expect_port(R"(type = "tap", mtu = §"1500")",
              {"'mtu' of port br0.p: expected an integer, found a string '1500'"});
  expect_port(R"(type = "tap", mtu = §1500.0)",
              {"'mtu' of port br0.p: expected an integer, found a float"});
  expect_port(R"(type = "netdev", qdisc = §1)",
              {"'qdisc' of port br0.p: expected a boolean, found an integer (1)"});
  expect_port(R"(type = "netdev", shared = §"yes")",
              {"'shared' of port br0.p: expected a boolean, found a string 'yes'"});
  expect_port(R"(type = "tap", address = §true)", {"'address' of port br0.p: expected a string or "
                                                   "an array of strings, found a boolean (true)"});
  expect_port(R"(type = "tap", address = ["10.0.0.1/8", §7])",
              {"'address' of port br0.p: expected an array of strings, and in it a string, found "
               "an integer (7)"});
  expect_port(R"(type = "tap", mac = §12)",
              {"'mac' of port br0.p: expected a string, found an integer (12)"});
  expect_port(R"(type = "tap", namespace = §[])",
              {"'namespace' of port br0.p: expected a string, found an array"});
  expect_port(R"(type = "patch", peer = §{})",
              {"'peer' of port br0.p: expected a string, found a table"});
  expect_port(R"(type = "tap", trunk = §true)",
              {"'trunk' of port br0.p: expected a VLAN, a range such as \"10-20\", or an array of "
               "these, found a boolean (true)"});
}

TEST_CASE("CPUs of workers are checked") {
  expect_mistakes(
      "switch.cpus = §\"0-3\"\n",
      {"'cpus' of [switch]: expected an integer or an array of integers, found a string "
       "'0-3'"});
  expect_mistakes(
      "switch.cpus = [0, §1024, §\"2\", §0]\n",
      {"'cpus' of [switch]: 1024 is out of range (0 to 1023)",
       "'cpus' of [switch]: expected an array of integers, and in it an integer, found a "
       "string '2'",
       "'cpus' of [switch]: CPU 0 is there twice"});
  expect_mistakes("switch.cpus = §[]\n", {"'cpus' of [switch]: names no CPU"});
}

TEST_CASE("workers and metrics are checked") {
  expect_mistakes("switch.workers = §0\nmetrics.listen = §\"localhost\"\n",
                  {"'workers' of [switch]: 0 is out of range (1 to 64)",
                   "'listen' of [metrics]: expected ADDRESS:PORT, such as \"127.0.0.1:9477\" or "
                   "\"[::1]:9477\", or "
                   "\"off\", found 'localhost'"});
  expect_mistakes("switch.workers = §65\nmetrics.listen = §\"\"\n",
                  {"'workers' of [switch]: 65 is out of range (1 to 64)",
                   "'listen' of [metrics]: expected ADDRESS:PORT, such as \"127.0.0.1:9477\" or "
                   "\"[::1]:9477\", or "
                   "\"off\", found ''"});
}

TEST_CASE("whether latency is measured is one of two words") {
  expect_mistakes("metrics.latency = §\"on\"\n",
                  {"'latency' of [metrics]: expected \"sampled\" or \"off\", found 'on'"});
}

TEST_CASE("how workers wait is checked, and said once") {
  expect_mistakes(
      "switch.latency = §\"fast\"\n",
      {"'latency' of [switch]: expected \"low\", \"balanced\" or \"idle\", found 'fast'"});
  expect_mistakes(
      "switch.busy_poll = §\"50\"\n",
      {"'busy_poll' of [switch]: expected a duration with a unit (us, ms or s), such as "
       "\"50us\", found '50'"});
  expect_mistakes("switch.busy_poll = §\"1001ms\"\n",
                  {"'busy_poll' of [switch]: '1001ms' is out of range (0us to 1s)"});
  expect_mistakes("switch.latency = \"balanced\"\nswitch.busy_poll = §\"50us\"\n",
                  {"'busy_poll' of [switch]: stands in place of 'latency'; give one of them"});
}

TEST_CASE("namespaces have names, and resolvers addresses") {
  expect_mistakes(
      "[namespace.§\"a/b\"]\n[namespace.§\"pid:1\"]\n[namespace.n]\ndns = [§\"dns.example\", "
      "\"10.0.0.2\", §\"0.0.0.0\"]\n",
      {"namespace 'a/b': a name has no '/', a path begins with one",
       "namespace 'pid:1': a process's namespace has no name",
       "'dns' of namespace n: expected an IP address, found 'dns.example'",
       "'dns' of namespace n: expected an IP address, found '0.0.0.0'"});
}

TEST_CASE("names of bridges and ports are checked") {
  expect_mistakes(
      "[bridge.§\"br.0\"]\n[bridge.b]\nports.§\"a b\" = { type = \"tap\", interface = \"x\" "
      "}\n[bridge.§\"\"]\n",
      {"bridge 'br.0': the name of a bridge has no '.', for ports are named BRIDGE.PORT",
       "port 'a b' of bridge b: only letters, digits and _ . : @ - may stand in it",
       "bridge '': empty"});
}

TEST_CASE("ageing is a duration in whole seconds, up to three days") {
  const auto expect = [](const std::string& value, const std::string& message) {
    expect_mistakes("[bridge.b]\nageing = §" + value + "\n", {"'ageing' of bridge b: " + message});
  };
  expect("300", "expected a string with a unit, such as \"300s\", found an integer (300)");
  expect("\"300\"",
         "expected a duration with a unit (s, m, h or d), such as \"300s\", found '300'");
  expect("\"5min\"",
         "expected a duration with a unit (s, m, h or d), such as \"300s\", found '5min'");
  expect("\"500ms\"", "ageing counts whole seconds");
  expect("\"0s\"", "'0s' is out of range (1s to 3d)");
  expect("\"4d\"", "'4d' is out of range (1s to 3d)");
  expect("\"292000000000d\"",
         "expected a duration with a unit (s, m, h or d), such as \"300s\", found '292000000000d'");
}

TEST_CASE("limits of MACs are checked") {
  expect_mistakes(
      "[bridge.b]\nmac_limit = §-1\nports.p = { type = \"tap\", mac_limit = §16777217 }\n",
      {"'mac_limit' of bridge b: -1 is out of range (0 to 16777216)",
       "'mac_limit' of port b.p: 16777217 is out of range (0 to 16777216)"});
}

TEST_CASE("numbers of queues are checked") {
  expect_port(R"(type = "netdev", queues = §0)",
              {"'queues' of port br0.p: 0 is out of range (1 to 64)"});
  expect_port(R"(type = "netdev", queues = §65)",
              {"'queues' of port br0.p: 65 is out of range (1 to 64)"});
}

TEST_CASE("link_local is a word or a table of addresses") {
  const std::string addresses = " (stp, pause, lacp, eapol, lldp, or \"00\" to \"0f\")";
  expect_mistakes(
      "[bridge.b]\nlink_local = §\"dorp\"\n[bridge.c]\nlink_local = §1\n",
      {"'link_local' of bridge b: expected \"forward\", \"drop\" or a table, found 'dorp'",
       "'link_local' of bridge c: expected \"forward\", \"drop\" or a table, found an integer "
       "(1)"});
  expect_mistakes(
      "[bridge.b.link_local]\n§lldpd = \"drop\"\n§10 = \"drop\"\n§0g = \"drop\"\nlacp = "
      "§\"dropp\"\nstp = §true\n",
      {"'link_local' of bridge b: unknown address 'lldpd'" + addresses + "; did you mean 'lldp'?",
       "'link_local' of bridge b: unknown address '10'" + addresses,
       "'link_local' of bridge b: unknown address '0g'" + addresses,
       "'link_local' of bridge b: expected \"forward\" or \"drop\", found 'dropp'",
       "'link_local' of bridge b: expected \"forward\" or \"drop\", found a boolean (true)"});
  expect_mistakes("[bridge.b]\nlink_local = { 0e = \"drop\", §lldp = \"forward\" }\n",
                  {"'link_local' of bridge b: 'lldp' names an address a second time"});
}

TEST_CASE("a port needs a type that exists") {
  const std::string types = "veth, tap, netdev, internal, patch, pcap, memory";
  expect_mistakes("[bridge.br0]\nports.§p = {}\n",
                  {"'type' of port br0.p: missing; it is one of " + types});
  expect_port(R"(type = §"vet")", {"'type' of port br0.p: unknown type 'vet', not one of " + types +
                                   "; did you mean 'veth'?"});
  expect_port(R"(type = §"bonding", mtu = §1)",
              {"'type' of port br0.p: unknown type 'bonding', not one of " + types,
               "'mtu' of port br0.p: 1 is out of range (68 to 65521)"});
}

TEST_CASE("a key of other types says whose it is") {
  expect_port(R"(type = "tap", §peer = "a.b", §read = "x", §shared = true)",
              {"'peer' of port br0.p: a tap port has none; it is for patch and memory ports",
               "'read' of port br0.p: a tap port has none; it is for pcap ports",
               "'shared' of port br0.p: a tap port has none; it is for netdev ports"});
  expect_port(
      R"(type = "netdev", §address = ["nonsense"], §mtu = "x", §namespace = 1)",
      {"'address' of port br0.p: a netdev port has none; it is for veth, tap and internal ports",
       "'mtu' of port br0.p: a netdev port has none; it is for veth, tap and internal ports",
       "'namespace' of port br0.p: a netdev port has none; it is for veth and tap ports"});
  expect_port(R"(type = "netdev", §gro = false)",
              {"'gro' of port br0.p: a netdev port has none; it is for veth ports"});
  expect_port(R"(type = "internal", §qdisc = true, §gateway = "10.0.0.1")",
              {"'qdisc' of port br0.p: an internal port has none; it is for veth and netdev ports",
               "'gateway' of port br0.p: an internal port has none; it is for veth and tap ports"});
}

TEST_CASE("ports say what their type needs") {
  expect_mistakes(
      "[bridge.b]\nports.§v = { type = \"veth\" }\nports.§p = { type = \"patch\" }\n"
      "ports.§m = { type = \"memory\" }\nports.§c = { type = \"pcap\" }\n",
      {"'namespace' of port b.v: a veth port needs one",
       "'peer' of port b.p: a patch port needs one, as \"BRIDGE.PORT\"",
       "'peer' of port b.m: a memory port needs one, as \"BRIDGE.PORT\"",
       "'read' of port b.c: a pcap port needs it, or 'write', or both"});
}

TEST_CASE("namespaces and interfaces of ports are checked") {
  expect_port(R"(type = "tap", namespace = §"")", {"'namespace' of port br0.p: '': empty"});
  expect_port(R"(type = "veth", namespace = §"run/red")",
              {"'namespace' of port br0.p: 'run/red': a name has no '/', a path begins with one"});
  expect_port(R"(type = "tap", namespace = §"pid:x")",
              {"'namespace' of port br0.p: 'pid:x': 'pid:' takes the number of a process"});
  expect_port(R"(type = "tap", interface = §"sixteenletters-1")",
              {"'interface' of port br0.p: 'sixteenletters-1': longer than 15 characters"});
  expect_port(R"(type = "netdev", interface = §"a b")",
              {"'interface' of port br0.p: 'a b': no blank, '/', ':' or '%' may stand in it"});
}

TEST_CASE("addresses of ports are checked one by one") {
  expect_port(
      R"(type = "tap", address = [§"10.0.0.1", §"10.0.0.300/8", §"224.0.0.1/8", "10.0.0.9/8", §"fd00::1/129", §"x"])",
      {"'address' of port br0.p: '10.0.0.1' has no prefix length, such as \"/24\"",
       "'address' of port br0.p: expected an IP address with a prefix length, such as "
       "\"10.1.1.2/24\", found '10.0.0.300/8'",
       "'address' of port br0.p: '224.0.0.1/8' is no address of a host",
       "'address' of port br0.p: expected an IP address with a prefix length, such as "
       "\"10.1.1.2/24\", found 'fd00::1/129'",
       "'address' of port br0.p: expected an IP address with a prefix length, such as "
       "\"10.1.1.2/24\", found 'x'"});
}

TEST_CASE("a gateway is an address in a network of the port") {
  const std::string veth = R"(type = "veth", namespace = "n", )";
  expect_port(veth + R"(gateway = §"10.0.0.1")",
              {"'gateway' of port br0.p: '10.0.0.1': a gateway needs an 'address'"});
  expect_port(veth + R"(address = "10.0.0.1/24", gateway = §"10.0.1.1")",
              {"'gateway' of port br0.p: '10.0.1.1': lies in no network of the port's addresses"});
  expect_port(veth + R"(address = "10.0.0.1/24", gateway = §"10.0.0.1")",
              {"'gateway' of port br0.p: '10.0.0.1': is the port's own address"});
  expect_port(veth + R"(address = "10.0.0.1/24", gateway = §"10.0.0.2/24")",
              {"'gateway' of port br0.p: expected an IP address without prefix length, found "
               "'10.0.0.2/24'"});
  expect_port(
      veth +
          R"(address = ["10.0.0.1/24", "fd00::1/64"], gateway = ["10.0.0.2", "fd00::2", §"10.0.0.3", §"fe80::1"])",
      {"'gateway' of port br0.p: '10.0.0.3': is a second gateway for IPv4",
       "'gateway' of port br0.p: 'fe80::1': is a second gateway for IPv6"});
  expect_port(R"(type = "tap", address = "10.0.0.1/24", §gateway = "10.0.0.2")",
              {"'gateway' of port br0.p: a tap port has one only with a 'namespace'"});
}

TEST_CASE("a gateway is not blamed for an address that could not be read") {
  expect_port(R"(type = "veth", namespace = "n", address = §"10.0.0.1", gateway = "10.0.0.2")",
              {"'address' of port br0.p: '10.0.0.1' has no prefix length, such as \"/24\""});
}

TEST_CASE("a MAC address is unicast and not zero") {
  expect_port(R"(type = "tap", mac = §"02:00:00:00:00")",
              {"'mac' of port br0.p: expected a MAC address such as \"02:00:00:00:00:01\", found "
               "'02:00:00:00:00'"});
  for (const char* mac : {"00:00:00:00:00:00", "01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff"}) {
    expect_port("type = \"tap\", mac = §\"" + std::string(mac) + "\"",
                {"'mac' of port br0.p: '" + std::string(mac) + "' is not a unicast address"});
  }
}

TEST_CASE("an MTU must carry the port's IPv6 addresses") {
  expect_port(R"(type = "tap", address = ["fd00::1/64", "fd00::2/64"], mtu = §1279)",
              {"'mtu' of port br0.p: IPv6 addresses need at least 1280"});
  expect_port(R"(type = "tap", mtu = §65522)",
              {"'mtu' of port br0.p: 65522 is out of range (68 to 65521)"});
}

TEST_CASE("VLANs are 1 to 4094") {
  for (const char* vlan : {"0", "4095", "-1"}) {
    const std::string fault = std::string(vlan) + " is out of range (1 to 4094)";
    expect_port("type = \"tap\", vlan = §" + std::string(vlan), {"'vlan' of port br0.p: " + fault});
    expect_port("type = \"tap\", native = §" + std::string(vlan),
                {"'native' of port br0.p: " + fault});
    expect_port("type = \"tap\", trunk = §" + std::string(vlan),
                {"'trunk' of port br0.p: " + fault});
    expect_port("type = \"tap\", trunk = [1, §" + std::string(vlan) + "]",
                {"'trunk' of port br0.p: " + fault});
  }
  for (const char* range :
       {"20-10", "0-5", "10-4095", "10-", "-10", "a", "1-2-3", "10 - 20", "", "99999999999"}) {
    expect_port(
        "type = \"tap\", trunk = [§\"" + std::string(range) + "\"]",
        {"'trunk' of port br0.p: expected a range in 1 to 4094, such as \"10-20\", found '" +
         std::string(range) + "'"});
  }
  expect_port("type = \"tap\", trunk = §[]", {"'trunk' of port br0.p: names no VLAN"});
}

TEST_CASE("an access port is no trunk") {
  expect_port("type = \"tap\", §vlan = 1, trunk = [2]",
              {"'vlan' of port br0.p: makes an access port, which has no 'trunk'"});
  expect_port("type = \"tap\", native = 2, §vlan = 1",
              {"'vlan' of port br0.p: makes an access port, which has no 'native'"});
}

TEST_CASE("a pcap port does not write the file it reads") {
  expect_port(R"(type = "pcap", read = "/a", write = §"/a")",
              {"'write' of port br0.p: is the file that is read, too"});
  expect_port(R"(type = "pcap", read = §"", write = §"a\u0000b")",
              {"'read' of port br0.p: '': empty",
               "'write' of port br0.p: 'a\\x00b': a control character stands in it"});
}

}  // namespace
}  // namespace trestle::config
