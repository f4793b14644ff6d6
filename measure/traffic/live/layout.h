// SPDX-License-Identifier: Apache-2.0
//
// What the program that sends (send.bpf.c) and the process that runs it (live_sender.cc) share, by
// maps that both have mapped. In C, since the program is. Times are CLOCK_MONOTONIC in ns.

#pragma once

#include <linux/types.h>

enum {
  // Octets of a frame that the program writes: Ethernet, perhaps a tag, and all that differs.
  kLiveHeadPlain = 60,
  kLiveHeadTagged = 64,
  kLivePhases = 2,
};

// One frame of the cycle, as it is but for its number and time.
struct live_frame {
  __u32 head[kLiveHeadTagged / 4];  // in network byte order
  __u32 first;                      // its number in its stream, in the first cycle
  __u32 step;                       // how much higher it is in each cycle after that
  __s32 trim;                       // octets that it is longer than the longest one: 0 or less
  __u32 device;                     // index in the map of devices
};

struct live_phase {
  __u64 begin_ns;
  __u64 end_ns;    // no frame is sent after it
  __u64 frames;    // nor more than these
  __u64 interval;  // between two of them, in 1/65536 ns; 0: none
};

struct live_state {
  // Set before it begins.
  struct live_phase phases[kLivePhases];  // without frames: there is none
  __u64 to_realtime;                      // is added to a time to have CLOCK_REALTIME
  __u32 cycle_frames;
  __u32 begun;  // set last
  // Written by the program.
  __u32 ready;  // it runs, and waits
  __u32 phase;
  __u64 in_phase;  // frames
  __u64 debt;      // time that is to be made up for, in 1/65536 ns
  __u64 schedule;  // when the next is due after the phase's begin, in 1/65536 ns
  __u64 offered;   // frames handed to devices
  __u64 first_ns, last_ns;
  __u32 next;   // frame of the cycle
  __u32 cycle;  // how many are behind it
  __u32 going;  // it has seen `begun`
  __u32 done;   // all is sent: from now on the program does nothing
};
