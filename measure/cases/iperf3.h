// SPDX-License-Identifier: Apache-2.0
//
// TCP transfers by iperf3(1) between two ends of a lab.

#pragma once

#include <cstdint>
#include <string>

#include "datapath/error.h"
#include "measure/lab/lab.h"

namespace trestle::measure {

struct Transfer {
  double bits_per_second = 0;  // by the receiver's count
  double bytes = 0;            // received
  double retransmits = 0;      // segments
  double busy_seconds = 0;     // CPU time of the whole system meanwhile
  std::string trouble;         // why nothing was transferred: "unable to connect to server: …"
};

// What `iperf3 --client … --json` printed, also where it says that it failed. An error if that is
// no report of iperf3's.
Result<Transfer> parse_iperf3(const std::string& json);

// Whether a socket listens on `port`, by the text of /proc/PID/net/tcp or tcp6.
bool listens(const std::string& table, std::uint16_t port);

// From end 0 to end 1, `seconds` rounded to whole ones, at least 1, as iperf3 knows no others. A
// connection that does not come about is no error but `trouble`. `congestion`: "cubic", "bbr".
Result<Transfer> transfer(Lab& lab, unsigned streams, const std::string& congestion,
                          double seconds);

}  // namespace trestle::measure
