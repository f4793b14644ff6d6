// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include "config/words.h"

namespace trestle::config {
namespace {

Value value_of(const std::string& word) {
  const auto keys = parse_words({word});
  INFO(word);
  REQUIRE(keys);
  REQUIRE(keys->size() == 1);
  return keys->begin()->second;
}

std::string fault_of(const std::vector<std::string>& words) {
  const auto keys = parse_words(words);
  REQUIRE_FALSE(keys);
  return keys.error();
}

TEST_CASE("words become values of the kind their key has") {
  CHECK(value_of("mtu=1400") == Value(1400));
  CHECK(value_of("qdisc=true") == Value(true));
  CHECK(value_of("shared=false") == Value(false));
  CHECK(value_of("namespace=7") == Value("7"));
  CHECK(value_of("namespace=true") == Value("true"));
  CHECK(value_of("interface=[x") == Value("[x"));
  CHECK(value_of("write=a=b,c.pcap") == Value("a=b,c.pcap"));
  CHECK(value_of("ageing=5m") == Value("5m"));
  CHECK(value_of("mtu=large") == Value("large"));
  CHECK(value_of("unheard=5") == Value(5));
  CHECK(value_of("mtu=") == Value(""));
}

TEST_CASE("commas make lists of keys that are lists") {
  CHECK(value_of("address=10.0.0.1/24") == Value("10.0.0.1/24"));
  CHECK(value_of("address=10.0.0.1/24,fd00::1/64") ==
        Value(Value::List{"10.0.0.1/24", "fd00::1/64"}));
  CHECK(value_of("gateway=10.0.0.1,fe80::1") == Value(Value::List{"10.0.0.1", "fe80::1"}));
  CHECK(value_of("trunk=10") == Value(10));
  CHECK(value_of("trunk=10,20-30") == Value(Value::List{10, "20-30"}));
  CHECK(value_of("trunk=10,") == Value(Value::List{10, ""}));
}

TEST_CASE("arrays and inline tables may be written as in the file") {
  CHECK(value_of("trunk=[10, \"20-30\"]") == Value(Value::List{10, "20-30"}));
  CHECK(value_of("link_local={ lldp = \"drop\" }") == Value(Value::Map{{"lldp", "drop"}}));
  CHECK(value_of("link_local=drop") == Value("drop"));
  CHECK(fault_of({"trunk=[10"}).find("'trunk': ") == 0);
  CHECK(fault_of({"trunk=[10]\nmtu = 5"}) == "'trunk': more than a value");
}

TEST_CASE("words that are no key=value are refused") {
  CHECK(fault_of({"mtu"}) == "expected key=value, found 'mtu'");
  CHECK(fault_of({"=5"}) == "expected key=value, found '=5'");
  CHECK(fault_of({"mtu=1", "mtu=2"}) == "'mtu' is given twice");
}

TEST_CASE("words and edits together add a port as a file would") {
  const auto keys = parse_words(
      {"type=veth", "namespace=red", "address=10.0.0.1/24,fd00::1/64", "trunk=10,20-30"});
  REQUIRE(keys);
  Config config;
  config.bridges["br0"];
  const auto edited = with_port(config, "br0", "red", *keys);
  REQUIRE(edited);
  const Port& red = edited->bridges.at("br0").ports.at("red");
  CHECK(red.address.size() == 2);
  CHECK(red.vlan.carries(25));
  CHECK_FALSE(red.vlan.carries(31));
}

}  // namespace
}  // namespace trestle::config
