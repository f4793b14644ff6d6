// SPDX-License-Identifier: Apache-2.0
//
// The command line of `trestle bench` as values, and what of it needs no root.

#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "measure/command.h"
#include "measure/options.h"

using namespace trestle::measure;

namespace {

tl::expected<Options, NoOptions> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "bench");
  return parse_options(static_cast<int>(words.size()), words.data());
}

struct Said {
  int status = 0;
  std::string out, err;
};
Said bench(std::vector<const char*> words) {
  words.insert(words.begin(), "bench");
  std::ostringstream out, err;
  const int status = bench_command(static_cast<int>(words.size()), words.data(), out, err);
  return {status, out.str(), err.str()};
}

}  // namespace

TEST_CASE("switches are separated by commas, but a command is one switch whatever it contains") {
  const auto options = parse({"rfc2544", "--switch", "trestle,kernel-bridge", "--switch",
                              "mine=sw --a,b {interfaces}", "--no-ceiling"});
  REQUIRE(options);
  CHECK(options->switches ==
        std::vector<std::string>{"trestle", "kernel-bridge", "mine=sw --a,b {interfaces}"});
}

TEST_CASE("the rig's ceiling is measured beside the others unless it is not wanted") {
  CHECK(parse({"rfc2544", "--switch", "trestle"})->switches ==
        std::vector<std::string>{"direct", "trestle"});
  CHECK(parse({"rfc2544", "--switch", "trestle,direct"})->switches ==
        std::vector<std::string>{"trestle", "direct"});
  CHECK(parse({"rfc2544", "--switch", "trestle", "--no-ceiling"})->switches ==
        std::vector<std::string>{"trestle"});
}

TEST_CASE("what is given on the line replaces the suite's own effort, and only that") {
  const auto plain = parse({"rfc2544"});
  const auto longer = parse({"rfc2544", "--seconds", "7", "--sizes", "64,9018"});
  REQUIRE(plain);
  REQUIRE(longer);
  CHECK(longer->effort.trial_seconds == 7);
  CHECK(longer->effort.rounds == plain->effort.rounds);
  CHECK(longer->effort.search_seconds == plain->effort.search_seconds);
  CHECK(longer->effort.frame_sizes == std::vector<std::uint32_t>{64, 9018});
}

TEST_CASE("what a trial offers is said on the line") {
  const auto plain = parse({"trial"});
  REQUIRE(plain);
  CHECK(plain->effort.frame_sizes == std::vector<std::uint32_t>{64});
  CHECK(plain->effort.traffic.inspect == Inspect::kSample);
  const auto said = parse({"trial", "--rate", "5000", "--connections", "9", "--stations", "3",
                           "--vlan", "7", "--both-ways", "--inspect", "all", "--sizes", "64,512"});
  REQUIRE(said);
  const Traffic& traffic = said->effort.traffic;
  CHECK(traffic.rate == 5000);
  CHECK(traffic.connections == 9);
  CHECK(traffic.stations == 3);
  CHECK(traffic.vlan == 7);
  CHECK(traffic.both_ways);
  CHECK(traffic.inspect == Inspect::kAll);
  CHECK(said->effort.frame_sizes == std::vector<std::uint32_t>{64, 512});
  CHECK(parse({"trial", "--imix"})->effort.traffic.imix);
  const auto super = parse({"trial", "--gso", "8948"});
  CHECK(super->effort.traffic.segment_bytes == 8948);
  CHECK(super->effort.frame_sizes == std::vector<std::uint32_t>{8994});  // the MTU follows
}

TEST_CASE("how frames are sent is a choice") {
  CHECK(parse({"quick"})->sending == SendingMeans::kBest);
  CHECK(parse({"quick", "--sending", "auto"})->sending == SendingMeans::kBest);
  CHECK(parse({"quick", "--sending", "messages"})->sending == SendingMeans::kMessages);
  CHECK(parse({"rfc2544", "--sending", "ring"})->sending == SendingMeans::kRing);
  CHECK(parse({"peers", "--sending", "xdp"})->sending == SendingMeans::kXdp);
}

TEST_CASE("what `direct` has no answer to is asked without it") {
  CHECK(parse({"flows"})->switches == std::vector<std::string>{"ovs", "trestle"});
  CHECK(parse({"scale"})->switches == std::vector<std::string>{"trestle"});
  CHECK(parse({"scale"})->effort.rounds == 1);
}

TEST_CASE("how large is large can be said, and is part of what is measured") {
  const auto small = parse({"scale", "--ports", "24", "--macs", "20000"});
  REQUIRE(small);
  CHECK(small->effort.ports == 24);
  CHECK(small->effort.macs == 20'000);
  const Said said = bench({"scale", "--ports", "24", "--macs", "0", "--list"});
  CHECK(said.status == 0);
  CHECK_THAT(said.out, Catch::Contains(R"({"ports":24})") && !Catch::Contains("addresses"));
  const Said nothing = bench({"scale", "--ports", "0", "--macs", "0", "--list"});
  CHECK(nothing.status == 2);
  CHECK_THAT(nothing.err, Catch::Contains("nothing is left to measure"));
}

TEST_CASE("a command line that makes no sense ends with status 2 and one line") {
  for (const auto& words : {std::vector<const char*>{},
                            {"fast"},
                            {"quick", "--rounds", "0"},
                            {"quick", "--rounds", "many"},
                            {"rfc2544", "--sizes", "12"},
                            {"rfc2544", "--sizes", "64,x"},
                            {"rfc2544", "--sizes", "9019"},
                            {"reset", "--sizes", "64"},
                            {"rfc2889", "--transfer-seconds", "2"},
                            {"quick", "--sending", "pigeons"},
                            {"quick", "--vlan", "7"},
                            {"trial", "--vlan", "4095"},
                            {"trial", "--inspect", "some"},
                            {"trial", "--gso", "1448", "--sizes", "64"},
                            {"trial", "--imix", "--sizes", "64"},
                            {"trial", "--stations", "0"},
                            {"quick", "extra"},
                            {"quick", "--ports", "24"},
                            {"scale", "--ports", "many"},
                            {"scale", "--ports", "-1"},
                            {"scale", "--ports", "4001"},
                            {"scale", "--macs", "16000001"},
                            {"scale", "--no-ceiling"},
                            {"flows", "--sizes", "64"},
                            {"compare", "one"},
                            {"compare", "one", "two", "three"},
                            {"report"},
                            {"rfc2544", "--only", "thruput", "--list"}}) {
    const Said said = bench(words);
    CHECK(said.status == 2);
    CHECK(said.out.empty());
    CHECK(std::count(said.err.begin(), said.err.end(), '\n') == 1);
  }
}

TEST_CASE("help names every suite and every switch") {
  const Said said = bench({"--help"});
  CHECK(said.status == 0);
  for (const char* name : {"quick", "rfc2544", "rfc2889", "reset", "peers", "trial", "flows",
                           "scale", "compare", "report"})
    CHECK_THAT(said.out, Catch::Contains(name));
  const Said suite = bench({"rfc2544", "--help"});
  for (const char* name : {"trestle", "kernel-bridge", "ovs", "ovs-afxdp", "vde", "direct"})
    CHECK_THAT(suite.out, Catch::Contains(name));
}

TEST_CASE("--list names the cases and measures nothing") {
  const Said said = bench({"rfc2544", "--only", "throughput", "--sizes", "64,512", "--list"});
  CHECK(said.status == 0);
  CHECK_THAT(said.out, Catch::Contains("throughput"));
  CHECK_THAT(said.out, Catch::Contains("512"));
  CHECK_THAT(said.out, !Catch::Contains("back-to-back"));
}

TEST_CASE("files that are not there are named") {
  const Said said = bench({"compare", "/nonexistent/a.jsonl", "/nonexistent/b.jsonl"});
  CHECK(said.status == 1);
  CHECK_THAT(said.err, Catch::Contains("/nonexistent/a.jsonl"));
}
