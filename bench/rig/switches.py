# SPDX-License-Identifier: Apache-2.0
#
# The switches that bench/flows puts between its ends, with veth ports. Each lives in a network
# namespace of its own, NAME-sw; its ends are namespaces NAME-a, NAME-b, …, alike for all: eth0,
# a fixed MAC, 10.INDEX.0.1, .2, …

import json
import os
import signal

from rig import sandbox
from rig.call import BINARIES  # noqa: F401: of those who use this module

ENDS_CPU, SWITCH_CPU = 0, 1
SIDES = ("a", "b")


class Switch:
    """One switch and its ends. `index` tells apart those that live at the same time."""

    name = ""
    what = ""

    def __init__(self, box, index, binaries, sides=SIDES):
        self.box = box
        self.index = index
        self.binaries = binaries
        self.sides = tuple(sides)
        self.process = None
        self.own = f"{self.name}-sw"

    def end(self, side):
        return f"{self.name}-{side}"

    def address(self, side):
        return f"10.{self.index}.0.{self.sides.index(side) + 1}"

    def mac(self, side):
        return f"02:00:00:00:{self.index:02x}:{self.sides.index(side) + 1:02x}"

    def missing(self):
        """Why it cannot be run here, or None."""
        return None

    def start(self):
        for side in self.sides:
            self.box.namespace(self.end(side))
        self.box.namespace(self.own)
        self.attach()
        self.learn()

    def attach(self):
        raise NotImplementedError

    def make_ends(self):
        """veth pairs: port-a, … stay with the switch, eth0 is in the end's namespace."""
        for side in self.sides:
            self.box.run("ip", "-n", self.own, "link", "add", "name", f"port-{side}",
                         "type", "veth", "peer", "name", "eth0", "netns", self.end(side))
            self.box.run("ip", "-n", self.own, "link", "set", f"port-{side}", "up")
            self.dress(side)

    def dress(self, side):
        end = self.end(side)
        self.box.run("ip", "-n", end, "link", "set", "eth0", "address", self.mac(side), "up")
        self.box.run("ip", "-n", end, "addr", "add", f"{self.address(side)}/24", "dev", "eth0")

    def learn(self):
        """Ping both ways until answered: then the ends and the switch know a's and b's MACs."""
        for side, other in (("a", "b"), ("b", "a")):
            sandbox.wait_for(lambda: self.ping(side, other),
                             f"{self.name}: no ping from {side} to {other}", 10, self.process)

    def ping(self, side, other):
        answer = self.box.run("ping", "-n", "-q", "-c", "1", "-W", "1", self.address(other),
                              namespace=self.end(side), check=False)
        return " 1 received" in answer

    def received(self, side):
        """Frames that the kernel counted at the end's eth0."""
        links = self.box.run("ip", "-n", self.end(side), "-json", "-stats", "link", "show", "eth0")
        return json.loads(links)[0]["stats64"]["rx"]["packets"]

    def threads(self):
        if self.process is None:
            return []
        return [int(tid) for tid in os.listdir(f"/proc/{self.process.pid}/task")]

    def pin(self, cpus):
        for tid in self.threads():
            os.sched_setaffinity(tid, cpus)

    def pause(self):
        if self.process:
            self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        if self.process:
            self.process.send_signal(signal.SIGCONT)

    def resident_bytes(self):
        return resident_bytes(self.process.pid) if self.process else 0


class Trestle(Switch):
    name = "trestle"
    what = "this switch"

    def missing(self):
        for program in ("trestled", "trestle"):
            if not os.access(os.path.join(self.binaries, program), os.X_OK):
                return f"no {program} in {self.binaries} (build it, or give --bin)"
        return None

    def attach(self):
        config = ['[metrics]', 'listen = "off"', '[bridge.br0]']
        for side in self.sides:
            config.append(f'ports.{side} = {{ type = "veth", '
                          f'namespace = "{self.end(side)}", interface = "eth0", '
                          f'address = ["{self.address(side)}/24"], mac = "{self.mac(side)}" }}')
        self.process = start_trestled(self.box, self.binaries, config, self.own, self.name)
        sandbox.wait_for(
            lambda: trestle_ports_up(self.box, self.binaries, self.name) == len(self.sides),
            f"{self.name}: its ports are not up", 10, self.process)


def start_trestled(box, binaries, config_lines, namespace, name):
    """Start trestled with this config; returns when it answers on its socket."""
    config, socket = box.path(f"{name}.toml"), box.path(f"{name}.sock")
    with open(config, "w", encoding="utf-8") as file:
        file.write("\n".join(config_lines) + "\n")
    process = box.spawn(os.path.join(binaries, "trestled"), "--config", config, "--socket", socket,
                        namespace=namespace, log=box.path(f"{name}.log"))
    status = [os.path.join(binaries, "trestle"), "--socket", socket, "status"]

    def answers():
        try:
            box.run(*status)
            return True
        except sandbox.Failure:
            return False

    sandbox.wait_for(answers, "trestled does not answer", 60, process)
    return process


def trestle_ports_up(box, binaries, name):
    """How many ports say that they are up, by `trestle --json port list`."""
    listing = box.run(os.path.join(binaries, "trestle"), "--socket", box.path(f"{name}.sock"),
                      "--json", "port", "list")
    return _count_up(json.loads(listing))


def _count_up(node):
    if isinstance(node, list):
        return sum(_count_up(each) for each in node)
    if isinstance(node, dict):
        return (node.get("state") == "up") + sum(_count_up(each) for each in node.values())
    return 0


def cpu_seconds(pid):
    """Time on a CPU so far, all threads; from schedstat (ns) where the kernel keeps it."""
    total = 0.0
    for tid in os.listdir(f"/proc/{pid}/task"):
        task = f"/proc/{pid}/task/{tid}"
        if os.path.exists(f"{task}/schedstat"):
            total += int(sandbox.read(f"{task}/schedstat").split()[0]) / 1e9
        else:
            fields = sandbox.read(f"{task}/stat").rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def resident_bytes(pid):
    """VmRSS, the mapped receive rings included."""
    for line in sandbox.read(f"/proc/{pid}/status").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0
