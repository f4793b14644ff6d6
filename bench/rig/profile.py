# SPDX-License-Identifier: Apache-2.0
#
# Where the CPUs' time goes during a measure of bench/compare: samples of all CPUs by perf, split
# into functions, as one text file for each step and switch (the last round's stays).

import os
import shutil
import signal

from rig import sandbox

RATE = "1999"  # samples a second on each CPU; not a multiple of the timer tick


class Profiler:
    """Does nothing where no directory is given."""

    def __init__(self, box, directory):
        self.box = box
        self.directory = directory
        if directory:
            if not shutil.which("perf"):
                raise SystemExit("compare: --profile needs perf (package linux-perf)")
            os.makedirs(directory, exist_ok=True)

    def during(self, label, work):
        """What work() returns, profiled under that label."""
        if not self.directory:
            return work()
        data = self.box.path("perf.data")
        perf = self.box.spawn("perf", "record", "--all-cpus", "--event", "cpu-clock", "--freq",
                              RATE, "--output", data)
        sandbox.wait_for(lambda: os.path.exists(data), "perf does not start", 10, perf)
        try:
            return work()
        finally:
            perf.send_signal(signal.SIGINT)
            perf.wait(20)
            self.box.stop(perf)
            text = self.box.run("perf", "report", "--input", data, "--stdio", "--stdio-color",
                                "never", "--sort", "cpu,comm,symbol", "--percent-limit", "0.3")
            lines = [line for line in text.splitlines() if line and not line.startswith("#")]
            with open(os.path.join(self.directory, f"{label}.txt"), "w", encoding="utf-8") as file:
                file.writelines(line.rstrip(" -") + "\n" for line in lines)
            os.unlink(data)
