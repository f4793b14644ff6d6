# SPDX-License-Identifier: Apache-2.0
#
# Calling `trestle bench` from a script: where it is, and that signals reach it, which then cleans up
# after itself.

import os
import signal
import subprocess
import sys

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARIES = os.path.join(REPOSITORY, "build", "release", "bin")


def require_two_cpus(name, smoke):
    """Ends the script where ends and switch cannot have a CPU each; 4 tells ctest to skip it."""
    if len(os.sched_getaffinity(0)) < 2:
        print(f"{name}: needs two CPUs: one for the ends, one for the switch", file=sys.stderr)
        sys.exit(4 if smoke else 1)


def run(command):
    """Its exit status. In a session of its own, so that Ctrl-C comes once, by us."""
    try:
        child = subprocess.Popen(command, start_new_session=True)
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error.strerror}; build it: cmake --preset release && "
                 "cmake --build build/release")
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda number, _frame: child.send_signal(number))
    return child.wait()
