// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include "measure/cases/iperf3.h"

using namespace trestle::measure;

namespace {

// What iperf3 3.12 prints, without what nobody reads.
constexpr char kReport[] = R"({
  "start": {"version": "iperf 3.12", "test_start": {"protocol": "TCP", "num_streams": 4}},
  "intervals": [],
  "end": {
    "streams": [],
    "sum_sent": {"start": 0, "end": 2.0001, "seconds": 2.0001, "bytes": 5000000000,
                 "bits_per_second": 19999000049.9, "retransmits": 17, "sender": true},
    "sum_received": {"start": 0, "end": 2.0102, "seconds": 2.0001, "bytes": 4000000000,
                     "bits_per_second": 15999200039.9, "sender": true}
  }
})";

// /proc/net/tcp6 with one that listens on 5201 and a connection from that port.
constexpr char kTable[] =
    "  sl  local_address                         remote_address                        st\n"
    "   0: 00000000000000000000000000000000:1451 00000000000000000000000000000000:0000 0A 0:0\n"
    "   1: 0000000000000000FFFF00000200000A:1389 0000000000000000FFFF00000100000A:A0B2 01 0:0\n";

}  // namespace

TEST_CASE("a transfer is what its receiver counted") {
  const auto found = parse_iperf3(kReport);
  REQUIRE(found);
  CHECK(found->bits_per_second == 15999200039.9);
  CHECK(found->bytes == 4e9);
  CHECK(found->retransmits == 17);
  CHECK(found->trouble.empty());
}

TEST_CASE("a connection that did not come about is told, with a rate of 0") {
  const auto found = parse_iperf3(R"({"start":{"connected":[]},"intervals":[],"end":{},
      "error":"error - unable to connect to server: Connection timed out"})");
  REQUIRE(found);
  CHECK(found->bits_per_second == 0);
  CHECK(found->trouble == "error - unable to connect to server: Connection timed out");
}

TEST_CASE("what is no report of iperf3's is an error and not a rate") {
  for (const char* text : {"", "iperf3: not found", "[]", "7", "{}", R"({"end":{}})",
                           R"({"end":{"sum_received":[]}})", R"({"end":{"sum_received":{}}})"}) {
    INFO(text);
    CHECK_FALSE(parse_iperf3(text));
  }
  // Of another type than it should have: no number.
  const auto odd = parse_iperf3(R"({"end":{"sum_received":{"bits_per_second":"fast"}}})");
  REQUIRE(odd);
  CHECK(odd->bits_per_second == 0);
}

TEST_CASE("a server is ready when a socket listens on its port, not when one is connected") {
  CHECK(listens(kTable, 5201));
  CHECK_FALSE(listens(kTable, 5001));  // 0x1389: connected
  CHECK_FALSE(listens(kTable, 41138));
  CHECK_FALSE(listens("", 5201));
}
