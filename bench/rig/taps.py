# SPDX-License-Identifier: Apache-2.0
#
# Switches of bench/compare whose ends are TAP devices: what sends and receives at an end is the
# host's side of the TAP, moved to the end's namespace and dressed like a veth end.

import os
import shutil

from rig import floors, sandbox
from rig.switches import Switch, Trestle


class TrestleTaps(Trestle):
    port_type = "tap"
    tap = True


class OwnTaps(Switch):
    """A switch that makes its TAPs itself, in its own namespace: port-a, port-b."""

    tap = True

    def attach(self):
        self.start_process()
        for side in self.sides:
            tap = ("ip", "-n", self.own, "link", "show", f"port-{side}")
            sandbox.wait_for(lambda: self.box.run(*tap, check=False),
                             f"{self.label}: it has not made its TAPs", 10, self.process)
            self.box.run("ip", "-n", self.own, "link", "set", f"port-{side}", "netns",
                         self.end(side), "name", "eth0")
            self.dress(side)

    def start_process(self):
        raise NotImplementedError


class Vde(OwnTaps):
    name = "vde"
    what = "VDE: vde_switch with two TAPs"

    def missing(self):
        if not shutil.which("vde_switch"):
            return "package vde2 is not installed (--install-peers installs it)"
        return None

    def start_process(self):
        home = self.box.path(self.label)
        # It ends when its console, standard input, does.
        self.process = self.box.spawn("vde_switch", "--sock", home, "--tap", "port-a", "--tap",
                                      "port-b", namespace=self.own, keep_stdin=True)


class FloorTaps(OwnTaps):
    name = "floor"
    what = "frames moved from read() to write() on TAPs, nothing else: the interface's floor"
    way = ()
    missing = floors.Floor.missing

    def start_process(self):
        self.process = self.box.spawn(os.path.join(self.binaries, "floor"), "--tap", *self.way,
                                      "port-a", "port-b", namespace=self.own, ready="ready")


class FloorTapsUring(FloorTaps):
    name = "floor-uring"
    what = "the same through io_uring"
    way = ("--send", "io_uring")
