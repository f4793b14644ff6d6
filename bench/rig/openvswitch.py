# SPDX-License-Identifier: Apache-2.0
#
# Open vSwitch's userspace datapath as a switch of bench/flows, with its own database, sockets, logs
# and namespace.

import os
import shutil

from rig import sandbox
from rig.switches import Switch


class Ovs(Switch):
    name = "ovs"
    what = "Open vSwitch, userspace datapath (datapath_type=netdev)"
    programs = ("/usr/lib/openvswitch-switch/ovs-vswitchd", "/usr/sbin/ovs-vswitchd")

    def missing(self):
        tools = all(shutil.which(tool) for tool in ("ovsdb-server", "ovsdb-tool", "ovs-vsctl"))
        if not tools or not self.program():
            return "package openvswitch-switch is not installed"
        return None

    def program(self):
        return next((path for path in self.programs if os.path.exists(path)), None)

    def attach(self):
        home = self.box.path(self.name)
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
        # Without --no-wait, ovs-vsctl returns when the daemon has carried it out.
        self.box.run(*vsctl, "add-br", "br0",
                     "--", "set", "bridge", "br0", "datapath_type=netdev", *ports, env=env)

    def start_database(self, home, env):
        """A database of its own; the ovs-vsctl command line for it."""
        socket = f"{home}/db.sock"
        vsctl = ["ovs-vsctl", f"--db=unix:{socket}", "--timeout=10"]
        self.box.run("ovsdb-tool", "create", f"{home}/conf.db",
                     "/usr/share/openvswitch/vswitch.ovsschema", env=env)
        database = self.box.spawn("ovsdb-server", f"{home}/conf.db", f"--remote=punix:{socket}",
                                  f"--pidfile={home}/ovsdb-server.pid", f"--unixctl={home}/db.ctl",
                                  namespace=self.own, env=env, log=f"{home}/ovsdb-server.log")
        sandbox.wait_for(lambda: os.path.exists(socket), "ovsdb-server is not ready", 10, database)
        self.box.run(*vsctl, "--no-wait", "init", env=env)
        return vsctl
