# SPDX-License-Identifier: Apache-2.0
#
# Open vSwitch's userspace datapath as a switch of the benches: as Debian builds it, its DPDK build
# with TSO, and on AF_XDP sockets. Each instance has its own database, sockets, logs and namespace.

import os
import shutil

from rig import sandbox
from rig.switches import Switch

PMD_CPU = 1  # of AF_XDP's polling thread; the same as measures.SWITCH_CPU


class Ovs(Switch):
    name = "ovs"
    what = "Open vSwitch, userspace datapath (datapath_type=netdev)"
    programs = ("/usr/lib/openvswitch-switch/ovs-vswitchd", "/usr/sbin/ovs-vswitchd")
    package = "openvswitch-switch"
    settings = ()
    port_settings = ()

    def missing(self):
        tools = all(shutil.which(tool) for tool in ("ovsdb-server", "ovsdb-tool", "ovs-vsctl"))
        if not tools or not self.program():
            return f"package {self.package} is not installed (--install-peers installs it)"
        return None

    def program(self):
        return next((path for path in self.programs if os.path.exists(path)), None)

    def attach(self):
        home = self.box.path(self.label)
        os.mkdir(home)
        # RUNTIME_DIRECTORY is DPDK's: without it the DPDK build would write to /var/run.
        env = dict(os.environ, OVS_RUNDIR=home, OVS_DBDIR=home, OVS_LOGDIR=home,
                   OVS_SYSCONFDIR=home, RUNTIME_DIRECTORY=home)
        vsctl = self.start_database(home, env)
        self.make_ends()
        self.process = self.box.spawn(self.program(), f"unix:{home}/db.sock",
                                      f"--pidfile={home}/vswitchd.pid",
                                      f"--unixctl={home}/vswitchd.ctl", namespace=self.own,
                                      env=env, log=f"{home}/ovs-vswitchd.log")
        ports = []
        for side in self.sides:
            ports += ["--", "add-port", "br0", f"port-{side}"]
            if self.port_settings:
                ports += ["--", "set", "interface", f"port-{side}", *self.port_settings]
        # Without --no-wait, ovs-vsctl returns when the daemon has carried it out.
        try:
            self.box.run(*vsctl, "add-br", "br0",
                         "--", "set", "bridge", "br0", "datapath_type=netdev", *ports, env=env)
        except sandbox.Failure as failure:
            raise sandbox.Failure(" | ".join([str(failure), *self.complaints()])) from failure

    def start_database(self, home, env):
        """A database of its own with this switch's settings; the ovs-vsctl command line for it."""
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
        return vsctl

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


class OvsAfxdp(Ovs):
    name = "ovs-afxdp"
    what = f"Open vSwitch on AF_XDP sockets, one polling thread on CPU {PMD_CPU}"
    settings = (f"other_config:pmd-cpu-mask={1 << PMD_CPU:#x}",)
    port_settings = ("type=afxdp", "options:n_rxq=1")

    def start(self):
        try:
            super().start()
        except sandbox.Failure as failure:
            words = [str(failure)]
            if self.process is not None:
                words += self.complaints()
            raise sandbox.Failure(" | ".join(words)) from failure
