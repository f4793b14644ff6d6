// SPDX-License-Identifier: Apache-2.0
//
// A cable for the tests of sending and receiving: a veth pair between two namespaces, which loses,
// delays and mixes up nothing. Needs root.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "measure/traffic/packet_socket.h"
#include "measure/traffic/runner.h"
#include "tests/sandbox.h"

namespace trestle::measure::testing {

inline const MacAddress kLeft = MacAddress::from_u64(0x02'00'00'00'00'01);
inline const MacAddress kRight = MacAddress::from_u64(0x02'00'00'00'00'02);

// A shell command that has to succeed.
void must(const std::string& command);

// Trials between namespaces "left" and "right".
std::unique_ptr<LinkTrials> open_cable(SendingMeans means,
                                       const std::vector<int>& senders = {0, 1});

// A socket that keeps what comes to the right end, and does not read it before it is asked.
class Queue {
 public:
  Queue();
  // Empty when there is none.
  std::vector<std::uint8_t> next();

 private:
  std::optional<PacketSocket> socket_;
};

// Namespaces "left" and "right", eth0 to eth0.
struct Cable : trestle::testing::Sandbox {
  Cable();
  ~Cable();
  void make_pair(const std::string& options);
  TrialResult run(const Trial& trial);
  std::unique_ptr<LinkTrials> trials;
};

// From end 0 (left) to end 1, or back.
Stream stream(std::size_t from);
// 20,000 frames/s to the right for 0.2 s.
Trial rightwards();

void require_nothing_lost(const Trial& trial, const TrialResult& result);
void require_every_frame_read(const Trial& trial, const TrialResult& result);

}  // namespace trestle::measure::testing
