# SPDX-License-Identifier: Apache-2.0
#
# CPU time of the whole system: what was not idle, so that softirqs, interrupts and kernel threads
# are in it, whoever's work they do. Everything else that runs is in it too: for quiet machines.
#
# From /proc/stat, whose unit is 10 ms; with a tickless kernel its idle time is exact within that.

import os
import time

from rig import sandbox

TICK = 1 / os.sysconf("SC_CLK_TCK")


def idle_seconds():
    """Idle time of all CPUs so far. Waiting for a disk is idle."""
    fields = sandbox.read("/proc/stat").split("\n", 1)[0].split()
    return (int(fields[4]) + int(fields[5])) * TICK


class Stopwatch:
    """busy() is the CPU time of the whole system since it was made, in seconds."""

    def __init__(self):
        self.cpus = os.cpu_count()
        self.start, self.idle = time.monotonic(), idle_seconds()

    def elapsed(self):
        return time.monotonic() - self.start

    def busy(self):
        elapsed, idle = self.elapsed(), idle_seconds() - self.idle
        return max(0.0, self.cpus * elapsed - idle)


def busy_percent(seconds=1.0):
    """How much of all CPUs is in use by others than this bench. Steal counts as use."""
    watch = Stopwatch()
    time.sleep(seconds)
    return 100 * watch.busy() / (watch.elapsed() * watch.cpus)
