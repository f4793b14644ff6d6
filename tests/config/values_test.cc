// SPDX-License-Identifier: Apache-2.0
//
// The small parts of the parser: durations, addresses, names, suggestions, and text for people.

#include <catch2/catch.hpp>
#include <set>

#include "config/address.h"
#include "config/document.h"
#include "config/duration.h"
#include "config/names.h"
#include "config/suggest.h"
#include "config/toml_reader.h"

namespace trestle::config {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("a duration is a whole number and a unit") {
  CHECK(parse_duration("50us") == microseconds(50));
  CHECK(parse_duration("500ms") == milliseconds(500));
  CHECK(parse_duration("300s") == seconds(300));
  CHECK(parse_duration("5m") == seconds(300));
  CHECK(parse_duration("1h") == seconds(3600));
  CHECK(parse_duration("2d") == seconds(172800));
  for (const char* bad : {"", "5", "s", "-5s", "5 s", "1.5s", "5min", "5s5s", "+5s", "0x5s",
                          "99999999999999999999s", "9223372036854775807s"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_duration(bad));
  }
}

TEST_CASE("a duration is written in the largest unit that is exact and reads back") {
  CHECK(format_duration(seconds(0)) == "0s");
  CHECK(format_duration(seconds(90)) == "90s");
  CHECK(format_duration(seconds(300)) == "5m");
  CHECK(format_duration(seconds(7200)) == "2h");
  CHECK(format_duration(seconds(86400)) == "1d");
  CHECK(format_duration(seconds(86401)) == "86401s");
  CHECK(format_duration(milliseconds(2)) == "2ms");
  CHECK(format_duration(microseconds(1500)) == "1500us");
  for (int s = 1; s < 100000; s += 37)
    CHECK(parse_duration(format_duration(seconds(s))) == seconds(s));
}

TEST_CASE("an IP address is read strictly and written in its canonical form") {
  CHECK(IpAddress::parse("10.1.1.2")->to_string() == "10.1.1.2");
  CHECK(IpAddress::parse("FD00:0:0::0002")->to_string() == "fd00::2");
  for (const char* bad : {"", "10.1.1", "10.1.1.02x", "10.1.1.256", "fe80::1%eth0", "::g", "1"}) {
    CAPTURE(bad);
    CHECK_FALSE(IpAddress::parse(bad));
  }
  CHECK_FALSE(IpAddress::parse(std::string_view("10.1.1.2\0x", 10)));
  CHECK(IpAddress::parse("fe80::1")->is_link_local());
  CHECK(IpAddress::parse("febf::1")->is_link_local());
  CHECK_FALSE(IpAddress::parse("fec0::1")->is_link_local());
  for (const char* no_host :
       {"0.0.0.0", "224.0.0.1", "239.1.1.1", "255.255.255.255", "::", "ff02::1"}) {
    CAPTURE(no_host);
    CHECK_FALSE(IpAddress::parse(no_host)->is_host());
  }
  CHECK(IpAddress::parse("127.0.0.1")->is_host());
}

TEST_CASE("a prefix contains the addresses that share its first bits") {
  const auto net = [](const char* text) { return *IpPrefix::parse(text); };
  const auto ip = [](const char* text) { return *IpAddress::parse(text); };
  CHECK(net("10.1.1.2/24").contains(ip("10.1.1.255")));
  CHECK_FALSE(net("10.1.1.2/24").contains(ip("10.1.2.2")));
  CHECK(net("10.1.1.2/23").contains(ip("10.1.0.9")));
  CHECK_FALSE(net("10.1.1.2/32").contains(ip("10.1.1.3")));
  CHECK(net("10.1.1.2/1").contains(ip("127.0.0.1")));
  CHECK_FALSE(net("10.1.1.2/1").contains(ip("128.0.0.1")));
  CHECK(net("fd00::1/65").contains(ip("fd00::7fff:0:0:1")));
  CHECK_FALSE(net("fd00::1/65").contains(ip("fd00::8000:0:0:1")));
  CHECK_FALSE(net("10.1.1.2/24").contains(ip("fd00::1")));
  for (const char* bad : {"10.1.1.2", "10.1.1.2/", "10.1.1.2/0", "10.1.1.2/33", "10.1.1.2/2 ",
                          "10.1.1.2/-1", "10.1.1.2/24/24", "fd00::1/129", "/24"}) {
    CAPTURE(bad);
    CHECK_FALSE(IpPrefix::parse(bad));
  }
}

TEST_CASE("a server listens on an address and a port") {
  for (const char* good : {"127.0.0.1:9477", "0.0.0.0:1", "[::]:65535", "[::1]:9477"}) {
    CAPTURE(good);
    CHECK(is_listen_address(good));
  }
  for (const char* bad :
       {"", ":9477", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "::1:9477",
        "[127.0.0.1]:9477", "[]:1", "localhost:9477", "127.0.0.1:94x"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_listen_address(bad));
  }
}

TEST_CASE("names keep to the characters and lengths they may have") {
  const std::string longest(63, 'a');
  CHECK(bridge_name_fault("br0") == "");
  CHECK(bridge_name_fault(longest) == "");
  CHECK(bridge_name_fault(longest + "a") == "longer than 63 characters");
  CHECK(bridge_name_fault("br.0") != "");
  CHECK(port_name_fault("eth0.100@x:y-z_") == "");
  for (const char* bad : {"", "a b", "a/b", "a\tb", "ä"}) {
    CAPTURE(bad);
    CHECK(port_name_fault(bad) != "");
    CHECK(bridge_name_fault(bad) != "");
  }
  CHECK(interface_name_fault("enp3s0.100") == "");
  for (const char* bad :
       {"", ".", "..", "a/b", "a b", "a:b", "eth%d", "sixteenlettersxx", "\xff"}) {
    CAPTURE(bad);
    CHECK(interface_name_fault(bad) != "");
  }
}

TEST_CASE("a namespace is named, a process's or a path") {
  for (const char* good :
       {"red", "cni-1234", "pid:1", "pid:4194304", "/run/netns/red", "/proc/1/ns/net"}) {
    CAPTURE(good);
    CHECK(namespace_fault(good) == "");
  }
  for (const char* bad : {"", ".", "..", "a/b", "./a", "a b", "pid:", "pid:x", "pid:0", "pid:-1",
                          "pid:01", "pid:1 ", "pid:99999999999", "/a\nb"}) {
    CAPTURE(bad);
    CHECK(namespace_fault(bad) != "");
  }
  CHECK(namespace_name_fault("pid:1") != "");
  CHECK(namespace_name_fault("/run/netns/red") != "");
  CHECK(canonical_namespace("/var/run/netns/red") == "red");
  CHECK(canonical_namespace("/run/netns/red") == "red");
  CHECK(canonical_namespace("/proc/12/ns/net") == "pid:12");
  CHECK(canonical_namespace("/proc/ns/net") == "/proc/ns/net");
  CHECK(canonical_namespace("red") == "red");
}

TEST_CASE("a path is UTF-8 without control characters") {
  for (const char* good : {"/a", "a b", "ä", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    CAPTURE(good);
    CHECK(path_fault(good) == "");
  }
  for (const char* bad :
       {"", "a\nb", "\x7f", "\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
        "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82"}) {
    CAPTURE(bad);
    CHECK(path_fault(bad) != "");
  }
}

TEST_CASE("BRIDGE.PORT is split at the first dot") {
  CHECK(parse_port_name("br0.eth0.100") == PortName{"br0", "eth0.100"});
  for (const char* bad : {"", "br0", "br0.", ".p", "."}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_port_name(bad));
  }
}

TEST_CASE("an interface is named as its port where that is a name for interfaces, else by a hash") {
  Port port;
  CHECK(interface_name("br0", "red", port) == "red");
  CHECK(interface_name("br0", "fifteenletters1", port) == "fifteenletters1");
  const std::string hashed = interface_name("br0", "sixteenletters-1", port);
  CHECK(hashed.size() == 15);
  CHECK(hashed.substr(0, 9) == "sixteenl-");
  CHECK(hashed == interface_name("br0", "sixteenletters-1", port));
  CHECK(hashed != interface_name("br1", "sixteenletters-1", port));
  CHECK(hashed != interface_name("br0", "sixteenletters-2", port));
  for (const char* odd : {"a:b", ".", "..", "a:b:c:d:e:f:g:h:i"}) {
    CAPTURE(odd);
    CHECK(interface_name_fault(interface_name("br0", odd, port)) == "");
  }
  port.interface = "eth0";
  CHECK(interface_name("br0", "red", port) == "eth0");
}

TEST_CASE("the names of the switch's ends are valid, stable and differ between ports") {
  CHECK(switch_end_name("br0", "red") == "tr3084fkecvq4c2");
  std::set<std::string> names;
  for (int bridge = 0; bridge < 20; ++bridge) {
    for (int port = 0; port < 500; ++port) {
      names.insert(switch_end_name("br" + std::to_string(bridge), "port" + std::to_string(port)));
    }
  }
  CHECK(names.size() == 20 * 500);
  for (const std::string& name : names) CHECK(interface_name_fault(name) == "");
}

TEST_CASE("edit distance counts insertions, deletions, replacements and swaps") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("adress", "address") == 1);
  CHECK(edit_distance("mut", "mtu") == 1);
  CHECK(edit_distance("MTU", "mtu") == 0);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("a suggestion is made only for a word that is near") {
  const std::vector<std::string_view> words{"address", "gateway", "mtu", "mac"};
  CHECK(did_you_mean("adress", words) == "; did you mean 'address'?");
  CHECK(did_you_mean("mut", words) == "; did you mean 'mtu'?");
  CHECK(did_you_mean("Gatway", words) == "; did you mean 'gateway'?");
  CHECK(did_you_mean("colour", words) == "");
  CHECK(did_you_mean("", words) == "");
  CHECK(did_you_mean("x", std::vector<std::string_view>{"y"}) == "");
  CHECK(did_you_mean(std::string(5000, 'a'), words) == "");
}

TEST_CASE("quoted text fits one line of bounded length") {
  CHECK(trestle::config::quoted("a\nb\x01") == "'a\\x0ab\\x01'");
  CHECK(trestle::config::quoted(std::string(200, 'a')) == "'" + std::string(80, 'a') + "…'");
  std::string long_text(79, 'a');
  long_text += "€€";
  const std::string euros = trestle::config::quoted(long_text);
  CHECK(euros == "'" + std::string(79, 'a') + "€…'");
}

TEST_CASE("strings and keys survive being written as TOML") {
  const std::string odd = "a \"b\" \\ \t\x01\x7f ä";
  Node table;
  table.set(odd, Node::of(odd));
  const auto read = read_toml(toml_key(odd) + " = " + toml_text(Node::of(odd)), "");
  REQUIRE(read);
  CHECK(*read == table);
}

TEST_CASE(
    "text that nests deeper than a configuration is refused before it can exhaust the stack") {
  const auto fault_of = [](const std::string& text) {
    const auto read = read_toml(text, "deep");
    return read ? "" : read.error().to_string();
  };
  std::string dots = "a";
  for (int i = 0; i < 1000000; ++i) dots += ".a";
  CHECK(fault_of(dots + " = 1") == "deep:1:34: nested deeper than any configuration is");
  CHECK(fault_of("[" + dots + "]").find("nested deeper") != std::string::npos);
  CHECK(fault_of("\nx = " + std::string(1000000, '[')) ==
        "deep:2:21: nested deeper than any configuration is");
  CHECK(fault_of("x = '''\n" + dots + "'''\n# " + dots + "\ny = \"\\\"" + dots + "\"") == "");
  CHECK(fault_of(std::string(kTextMax + 1, '\n')) == "deep:1:1: longer than 16 MiB");
}

}  // namespace
}  // namespace trestle::config
