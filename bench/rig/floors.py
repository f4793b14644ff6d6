# SPDX-License-Identifier: Apache-2.0
#
# The floor of a kernel interface as a switch of `trestle bench`: rig/floor.cc, which moves frames
# from each port to all others and does nothing else. `floor` does it as trestle does; the others
# try another way.

import os
import shlex

WAYS = {
    "floor": "",
    "floor-sleep": "--spin-us 0",
    "floor-256": "--slots 256",  # a ring that stays in the cache
    "floor-v3": "--receive v3",
    "floor-recvmmsg": "--receive recvmmsg",  # no ring
    "floor-uring": "--send io_uring",
    "floor-xdp": "--send xdp",
}
# Keeps the host's stack from what the devices receive, as trestle does: after the packet sockets, at
# tc ingress, by a program of one instruction that says TC_ACT_SHOT.
DROP_AT_INGRESS = (
    'for each in $INTERFACES; do tc qdisc add dev "$each" clsact && tc filter add dev "$each" '
    'ingress protocol all prio 1 bpf direct-action bytecode "1,6 0 0 2" || exit 1; done; ')


def spec(name, binaries):
    """What `trestle bench --switch` takes for this name: NAME=COMMAND for a floor."""
    if name not in WAYS:
        return name
    program = shlex.quote(os.path.join(binaries, "floor"))
    return f"{name}={DROP_AT_INGRESS}exec {program} {WAYS[name]} $INTERFACES"
