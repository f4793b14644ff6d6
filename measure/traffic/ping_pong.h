// SPDX-License-Identifier: Apache-2.0
//
// One UDP datagram to and fro, blocking, nothing spins: what a request and its answer wait for, the
// wake-ups of both ends and of the switch included.
//
// Datagrams carry no UDP checksum (SO_NO_CHECK), because some switches lose the metadata of an
// unfinished one and their datagrams would never arrive.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "datapath/error.h"
#include "measure/result/histogram.h"

namespace trestle::measure {

inline constexpr std::size_t kPingPongMax = 1472;  // bytes a datagram: fills an MTU of 1500

struct PingPong {
  std::string asking;   // network namespace, as net::open_namespace takes it
  std::string serving;  // the other's
  std::string address;  // IPv4 of the one that serves
  std::uint16_t port = 7777;
  std::size_t bytes = 18;  // of a datagram, 8 … kPingPongMax; 18 make a 64-byte frame with its FCS
  double seconds = 2;
  int cpu = -1;  // for both ends' threads; -1: any
};

struct RoundTrips {
  Histogram times;  // of those that were answered
  std::uint64_t lost = 0;
  double seconds = 0;  // from the first question to the last answer
};

// Two threads of its own, one in each namespace; blocks until both have ended. Errors
// are those of ask(). Needs CAP_SYS_ADMIN. Any thread.
Result<RoundTrips> ping_pong(const PingPong& exchange);

// Its halves, for programs that are one end each. The sockets are of the calling thread's
// namespace, the caller closes them.
Result<int> open_server(const std::string& address, std::uint16_t port);
Result<int> open_client(const std::string& address, std::uint16_t port);
// Sends back what comes until `stop`, at which it looks 20 times a second.
void serve(int server, const std::atomic<bool>& stop);
// After a warm-up of 100 round trips. At most `count` of them. A question is lost when no answer
// came for 200 ms. An error when none is answered in the first second.
Result<RoundTrips> ask(int client, std::size_t bytes, double seconds,
                       std::uint64_t count = std::numeric_limits<std::uint64_t>::max());

}  // namespace trestle::measure
