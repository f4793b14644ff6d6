# SPDX-License-Identifier: Apache-2.0
#
# Where the CPUs' time goes in each test of each switch: samples of all CPUs by perf, split into
# functions, as one text file for each. A run of its own for each, in which the starting of the
# switch is too; look at the lines of the worker's or the sender's thread.

import os
import shutil
import subprocess
import tempfile

RATE = "1999"  # samples a second on each CPU; not a multiple of the timer tick


def run(directory, command, tests, switches):
    """`command` is trestle's, without what to measure; `switches`: --switch=…. An exit status."""
    if not shutil.which("perf"):
        raise SystemExit("compare: --profile needs perf (package linux-perf)")
    os.makedirs(directory, exist_ok=True)
    for test in tests:
        for switch in switches:
            name = f"{test}.{switch.split('=')[1]}"
            with tempfile.TemporaryDirectory() as scratch:
                data = os.path.join(scratch, "perf.data")
                status = subprocess.run(
                    ["perf", "record", "--quiet", "--all-cpus", "--event", "cpu-clock", "--freq",
                     RATE, "--output", data, "--", *command, "--rounds=1",
                     f"--only={test}", switch], check=False).returncode
                if status != 0:
                    return status
                text = subprocess.run(
                    ["perf", "report", "--input", data, "--stdio", "--stdio-color", "never",
                     "--sort", "cpu,comm,symbol", "--percent-limit", "0.3"],
                    check=True, capture_output=True, text=True).stdout
            lines = [line for line in text.splitlines() if line and not line.startswith("#")]
            with open(os.path.join(directory, f"{name}.txt"), "w", encoding="utf-8") as file:
                file.writelines(line.rstrip(" -") + "\n" for line in lines)
    return 0
