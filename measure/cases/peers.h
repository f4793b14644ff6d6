// SPDX-License-Identifier: Apache-2.0
//
// The cases of the suite `peers`: how a switch stands against others where it is used, with frames,
// TCP, round trips, CPU time, memory. One file peers_….cc for each question; the names of the tests
// are what `--only` chooses.
//
// Pinning: frames and round trips have the ends on the senders' CPUs and a switch of user space on
// its own (traffic/cpu_plan.h); a kernel bridge works on its sender's CPU. TCP pins nothing.

#pragma once

#include <string>
#include <vector>

#include "measure/cases/case.h"

namespace trestle::measure::peers {

// Bytes with FCS of the frames of all these cases.
inline constexpr std::uint32_t kFrameBytes = 64;

// `pps`: as many frames as one CPU can send; those that came. `connections` above 1: UDP
// connections in turn, to an address behind the far end that is not its own.
Case overload(const Effort& effort, unsigned connections);
// `lossless`: the highest rate at which at most 0.1 % is lost.
Case lossless(const Effort& effort);

// Segments and checksums: left to the devices, as the kernel sets them, or made by the ends.
enum class Offloads { kDefault, kOff };
// `tcp`, `tcp-off`: iperf3, by the receiver's count, and CPU time of the whole system.
Case tcp(const Effort& effort, unsigned streams, const std::string& congestion, Offloads offloads);
// Of "cubic" and "bbr" those that this kernel has.
std::vector<std::string> congestion_controls();

// `cpu`: CPU time of the whole system at 100,000 frames a second.
Case calm_cpu(const Effort& effort);
// `rtt`: one UDP datagram to and fro.
Case round_trip(const Effort& effort);
// `idle`: CPU time of the switch's processes while nobody sends.
Case idle(const Effort& effort);
// `memory`: what the switch's processes hold after traffic.
Case memory(const Effort& effort);
// `broadcast`: as many as one CPU can send, to seven other ends.
Case broadcast(const Effort& effort);
// The same question with TAP ends, as a case of the test `tap`.
Case over_taps(Case asked);

// Sets cpu_per_frame_own and cpu_per_frame_threads_own: cpu_per_frame and cpu_per_frame_threads
// less what `direct`, the rig without a switch, needed in the same round and setup. Nothing where
// there is no such record, and nothing for `direct`.
void subtract_rig_share(std::vector<Record>& records);

// What comes out when one CPU sends all that it can.
struct Overload {
  Step step;
  double received = 0;  // frames/s at each end that the frames are for, the mean
};
Result<Overload> overload_with(const Stage& stage, const Stream& stream);

}  // namespace trestle::measure::peers
