# SPDX-License-Identifier: Apache-2.0
#
# The floor of a kernel interface as a switch of bench/compare: rig/floor.cc moves frames from each
# port to all others and does nothing else. `floor` does it as trestle does; the others try another
# way.

import os

from rig.switches import Switch


class Floor(Switch):
    name = "floor"
    what = "frames moved from AF_PACKET ring to sendmmsg, nothing else: the interface's floor"
    way = ()

    def missing(self):
        if not os.access(os.path.join(self.binaries, "floor"), os.X_OK):
            return f"no floor in {self.binaries} (build it, or give --rig-bin)"
        return None

    def attach(self):
        self.make_ends()
        ports = [f"port-{side}" for side in self.sides]
        for port in ports:
            drop_at_ingress(self.box, self.own, port)
        self.process = self.box.spawn(os.path.join(self.binaries, "floor"), *self.way, *ports,
                                      namespace=self.own, ready="ready")


class FloorSmall(Floor):
    name = "floor-256"
    what = "the same with a ring of 256 slots, which stays in the cache"
    way = ("--slots", "256")


class FloorSleep(Floor):
    name = "floor-sleep"
    what = "the same, sleeping whenever there is nothing"
    way = ("--spin-us", "0")


class FloorV3(Floor):
    name = "floor-v3"
    what = "the same with a TPACKET_V3 ring"
    way = ("--receive", "v3")


class FloorRecvmmsg(Floor):
    name = "floor-recvmmsg"
    what = "the same with recvmmsg and no ring"
    way = ("--receive", "recvmmsg")


class FloorUring(Floor):
    name = "floor-uring"
    what = "the same, sending through io_uring"
    way = ("--send", "io_uring")


class FloorXdp(Floor):
    name = "floor-xdp"
    what = "the same, small frames sent through AF_XDP"
    way = ("--send", "xdp")


def drop_at_ingress(box, namespace, device):
    """Keep the host's stack from what the device receives, as trestle does: after the packet
    sockets, at tc ingress, by a program of one instruction that says TC_ACT_SHOT."""
    box.run("tc", "-n", namespace, "qdisc", "add", "dev", device, "clsact")
    box.run("tc", "-n", namespace, "filter", "add", "dev", device, "ingress", "protocol", "all",
            "prio", "1", "bpf", "direct-action", "bytecode", "1,6 0 0 2")
