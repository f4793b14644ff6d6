# SPDX-License-Identifier: Apache-2.0
#
# The switches that bench/compare puts between two ends. Each lives in a network namespace of its
# own, NAME-sw; its ends are namespaces NAME-a and NAME-b, alike for all: eth0, a fixed MAC,
# 10.INDEX.0.1 and .2.

import json
import os
import shutil
import signal

from rig import sandbox

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARIES = os.path.join(REPOSITORY, "build", "release", "bin")
SIDES = ("a", "b")


class Switch:
    """One switch with two ends; `process` is None where the kernel does the work."""

    name = ""
    what = ""

    def __init__(self, box, index, binaries):
        self.box = box
        self.index = index
        self.binaries = binaries
        self.process = None
        self.own = f"{self.name}-sw"

    def end(self, side):
        return f"{self.name}-{side}"

    def address(self, side):
        return f"10.{self.index}.0.{SIDES.index(side) + 1}"

    def mac(self, side):
        return f"02:00:00:00:{self.index:02x}:{SIDES.index(side) + 1:02x}"

    def missing(self):
        """Why it cannot be run here, or None."""
        return None

    def start(self):
        for side in SIDES:
            self.box.namespace(self.end(side))
        self.box.namespace(self.own)
        self.attach()
        self.learn()

    def attach(self):
        raise NotImplementedError

    def make_ends(self):
        """veth pairs: port-a and port-b stay with the switch, eth0 is in the end's namespace."""
        for side in SIDES:
            self.box.run("ip", "-n", self.own, "link", "add", "name", f"port-{side}",
                         "type", "veth", "peer", "name", "eth0", "netns", self.end(side))
            self.box.run("ip", "-n", self.own, "link", "set", f"port-{side}", "up")
            self.dress(side)

    def dress(self, side):
        end = self.end(side)
        self.box.run("ip", "-n", end, "link", "set", "eth0", "address", self.mac(side), "up")
        self.box.run("ip", "-n", end, "addr", "add", f"{self.address(side)}/24", "dev", "eth0")

    def learn(self):
        """Ping both ways until answered: then the ends and the switch know both MACs."""
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

    def alive(self):
        return self.process is None or self.process.poll() is None

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid) if self.process else 0.0

    def resident_bytes(self):
        return resident_bytes(self.process.pid) if self.process else 0


class Direct(Switch):
    name = "direct"
    what = "the two ends are one veth pair: the rig's ceiling"

    def attach(self):
        self.box.run("ip", "-n", self.end("a"), "link", "add", "name", "eth0", "type", "veth",
                     "peer", "name", "eth0", "netns", self.end("b"))
        for side in SIDES:
            self.dress(side)


class KernelBridge(Switch):
    name = "kernel-bridge"
    what = "Linux bridge, netfilter off"

    def attach(self):
        # Per namespace since Linux 5.3. With them on, bridged IP frames would meet netfilter as
        # well.
        for family in ("iptables", "ip6tables", "arptables"):
            self.box.sysctl(self.own, f"net.bridge.bridge-nf-call-{family}", 0)
        self.box.run("ip", "-n", self.own, "link", "add", "name", "br0", "type", "bridge",
                     "stp_state", "0", "forward_delay", "0")
        self.make_ends()
        for side in SIDES:
            self.box.run("ip", "-n", self.own, "link", "set", f"port-{side}", "master", "br0")
        self.box.run("ip", "-n", self.own, "link", "set", "br0", "up")


class Ovs(Switch):
    name = "ovs"
    what = "Open vSwitch, userspace datapath (datapath_type=netdev)"
    programs = ("/usr/lib/openvswitch-switch/ovs-vswitchd", "/usr/sbin/ovs-vswitchd")
    package = "openvswitch-switch"
    settings = ()

    def missing(self):
        tools = all(shutil.which(tool) for tool in ("ovsdb-server", "ovsdb-tool", "ovs-vsctl"))
        if not tools or not self.program():
            return f"package {self.package} is not installed (--install-peers installs it)"
        return None

    def program(self):
        return next((path for path in self.programs if os.path.exists(path)), None)

    def attach(self):
        home = self.box.path(self.name)
        os.mkdir(home)
        # RUNTIME_DIRECTORY is DPDK's: without it the DPDK build would write to /var/run.
        env = dict(os.environ, OVS_RUNDIR=home, OVS_DBDIR=home, OVS_LOGDIR=home,
                   OVS_SYSCONFDIR=home, RUNTIME_DIRECTORY=home)
        socket = f"{home}/db.sock"
        vsctl = ["ovs-vsctl", f"--db=unix:{socket}", "--timeout=10"]
        self.box.run("ovsdb-tool", "create", f"{home}/conf.db",
                     "/usr/share/openvswitch/vswitch.ovsschema", env=env)
        database = self.box.spawn("ovsdb-server", f"{home}/conf.db", f"--remote=punix:{socket}",
                                  f"--pidfile={home}/ovsdb-server.pid", f"--unixctl={home}/db.ctl",
                                  namespace=self.own, env=env, log=f"{home}/ovsdb-server.log")
        sandbox.wait_for(lambda: os.path.exists(socket), "ovsdb-server is not ready", 10, database)
        self.box.run(*vsctl, "--no-wait", "init", env=env)
        if self.settings:
            self.box.run(*vsctl, "--no-wait", "set", "Open_vSwitch", ".", *self.settings, env=env)
        self.make_ends()
        self.process = self.box.spawn(self.program(), f"unix:{socket}",
                                      f"--pidfile={home}/vswitchd.pid",
                                      f"--unixctl={home}/vswitchd.ctl", namespace=self.own,
                                      env=env, log=f"{home}/ovs-vswitchd.log")
        # Without --no-wait, ovs-vsctl returns when the daemon has carried it out.
        try:
            self.box.run(*vsctl, "add-br", "br0",
                         "--", "set", "bridge", "br0", "datapath_type=netdev",
                         "--", "add-port", "br0", "port-a", "--", "add-port", "br0", "port-b",
                         env=env)
        except sandbox.Failure as failure:
            raise sandbox.Failure(" | ".join([str(failure), *self.complaints()])) from failure

    def complaints(self):
        lines = sandbox.read(self.process.log).splitlines()
        return [line for line in lines if "|ERR|" in line or "|EMER|" in line][-3:]


class OvsTso(Ovs):
    name = "ovs-tso"
    what = "Open vSwitch of the DPDK build, userspace TSO, no huge pages"
    programs = ("/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk",)
    package = "openvswitch-switch-dpdk"
    settings = ("other_config:dpdk-init=true", "other_config:userspace-tso-enable=true",
                'other_config:dpdk-extra="--no-huge --legacy-mem -m 512 --no-pci --no-shconf '
                '--no-telemetry"')


class Trestle(Switch):
    name = "trestle"
    what = "this switch: two veth ports"

    def missing(self):
        for program in ("trestled", "trestle"):
            if not os.access(os.path.join(self.binaries, program), os.X_OK):
                return f"no {program} in {self.binaries} (build it, or give --bin)"
        return None

    def attach(self):
        config = ['[metrics]', 'listen = "off"', '[bridge.br0]']
        for side in SIDES:
            config.append(f'ports.{side} = {{ type = "veth", namespace = "{self.end(side)}", '
                          f'interface = "eth0", address = ["{self.address(side)}/24"], '
                          f'mac = "{self.mac(side)}" }}')
        self.process = start_trestled(self.box, self.binaries, config, self.own, self.name)
        sandbox.wait_for(lambda: trestle_ports_up(self.box, self.binaries, self.name) == len(SIDES),
                         "trestle: its ports are not up", 10, self.process)


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


ALL = {each.name: each for each in (Direct, KernelBridge, Ovs, OvsTso, Trestle)}
