// SPDX-License-Identifier: Apache-2.0
//
// The names of switches under test.

#include <catch2/catch.hpp>

#include <set>

#include "measure/switches/catalogue.h"

using namespace trestle;
using namespace trestle::measure;

TEST_CASE("every known switch is made by its name and says what it is") {
  std::set<std::string> names;
  for (const Known& known : known_switches()) {
    CAPTURE(known.name);
    const auto made = make_switch(known.name, "/nowhere");
    REQUIRE(made);
    CHECK((*made)->name() == known.name);
    CHECK_FALSE((*made)->what().empty());
    CHECK((*made)->processes().empty());
    CHECK(names.insert(known.name).second);
  }
  CHECK(names == std::set<std::string>{"trestle", "kernel-bridge", "ovs", "ovs-tso", "ovs-afxdp",
                                       "vde", "direct"});
}

TEST_CASE("any other switch is given by its command") {
  const auto made = make_switch("mine=run-me --x=1 {interfaces}", "/nowhere");
  REQUIRE(made);
  CHECK((*made)->name() == "mine");
  CHECK((*made)->what() == "run-me --x=1 {interfaces}");
  CHECK((*made)->takes(EndKind::kVeth, 2));
  CHECK_FALSE((*made)->takes(EndKind::kTap, 2));
  CHECK_FALSE((*made)->can_restart());
  CHECK_FALSE((*made)->restart());
}

TEST_CASE("a name that nobody knows is answered with those that are known") {
  const auto made = make_switch("kernelbridge", "/nowhere");
  REQUIRE_FALSE(made);
  CHECK(made.error().what.find("no switch \"kernelbridge\"") == 0);
  for (const Known& known : known_switches()) {
    CHECK(made.error().what.find(known.name) != std::string::npos);
  }
  CHECK(made.error().what.find("NAME=COMMAND") != std::string::npos);
}

TEST_CASE("a command needs a name of its own and something to run") {
  const std::string spec =
      GENERATE("=sleep 1", "a b=sleep 1", "../x=sleep 1", "-x=sleep 1", "ovs=sleep 1",
               "mine=", "mine=  ", "a-name-that-has-more-than-32-letters=sleep 1");
  CAPTURE(spec);
  const auto made = make_switch(spec, "/nowhere");
  REQUIRE_FALSE(made);
  CHECK_FALSE(made.error().what.empty());
}

TEST_CASE("trestle says which of its programs is missing, and where") {
  const auto made = make_switch("trestle", "/nowhere");
  REQUIRE(made);
  CHECK((*made)->missing() == "no trestled in /nowhere");
}

TEST_CASE("switches say which ends they take") {
  const auto takes = [](const char* name, EndKind kind, std::size_t ends) {
    return make_switch(name, "/nowhere").value()->takes(kind, ends);
  };
  CHECK(takes("trestle", EndKind::kVeth, 32));
  CHECK(takes("trestle", EndKind::kTap, 32));
  CHECK(takes("vde", EndKind::kTap, 4));
  CHECK_FALSE(takes("vde", EndKind::kVeth, 4));
  CHECK(takes("direct", EndKind::kVeth, 2));
  CHECK_FALSE(takes("direct", EndKind::kVeth, 4));
  CHECK_FALSE(takes("kernel-bridge", EndKind::kTap, 2));
}
