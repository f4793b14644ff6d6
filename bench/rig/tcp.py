# SPDX-License-Identifier: Apache-2.0
#
# TCP transfers with iperf3 from end a to end b, and what they cost in CPU time of the whole system.
# Nothing is pinned. A transfer that does not come about is 0 with a "note".

import json
import os

from rig import cpu_time, sandbox

OFFLOADS = {"tso": "tcp-segmentation-offload", "gso": "generic-segmentation-offload",
            "gro": "generic-receive-offload", "tx": "tx-checksumming"}


class Transfers:
    def __init__(self, box, seconds):
        self.box = box
        self.seconds = max(1, round(seconds))  # iperf3 knows whole seconds

    def measure(self, switch, streams, congestion):
        """{"tcp1_cubic": bit/s by the receiver's count}; for one stream of cubic also the CPU time
        that a GB cost."""
        metric = f"tcp{streams}_{congestion}"
        values = self.transfer(switch, metric, streams, congestion)
        cost = values.pop("cpu_gb", None)
        if cost is not None and metric == "tcp1_cubic":
            values["cpu_gb"] = cost
        return values

    def without_offloads(self, switch):
        """One stream of cubic while both ends cut and add up their own segments."""
        switched = [(end, offloads_on(self.box, end)) for end in map(switch.end, "ab")]
        try:
            for end, on in switched:
                set_offloads(self.box, end, on, "off")
            values = self.transfer(switch, "tcp_off", 1, "cubic")
        finally:
            for end, on in switched:
                set_offloads(self.box, end, on, "on")
        values.pop("cpu_gb", None)
        return values

    def over_taps(self, switch):
        values = self.transfer(switch, "tap_tcp", 1, "cubic")
        values.pop("cpu_gb", None)
        return values

    def transfer(self, switch, metric, streams, congestion):
        switch.pin(os.sched_getaffinity(0))
        server = self.box.spawn("iperf3", "--server", "--one-off", "--forceflush", "--port", "5201",
                                namespace=switch.end("b"), ready="Server listening")
        watch = cpu_time.Stopwatch()
        try:
            report = json.loads(self.box.run(
                "iperf3", "--client", switch.address("b"), "--port", "5201", "--json",
                "--congestion", congestion, "--time", f"{self.seconds:g}", "--parallel",
                str(streams), "--connect-timeout", "1500", namespace=switch.end("a"), check=False,
                timeout=self.seconds + 20))
            busy = watch.busy()
        except (sandbox.Failure, ValueError) as error:
            return {metric: 0.0, "note": f"{metric}: {error}"}
        finally:
            self.box.stop(server)
        if "error" in report:
            return {metric: 0.0, "note": f"{metric}: {report['error']}"}
        ended = report["end"]
        received = ended["sum_received"]
        values = {metric: received["bits_per_second"],
                  f"{metric}_retransmits": ended["sum_sent"].get("retransmits", 0)}
        if received["bytes"]:
            values["cpu_gb"] = busy / (received["bytes"] / 1e9)
        return values


def offloads_on(box, end):
    """Those of OFFLOADS that are on at the end's eth0."""
    listing = box.run("ethtool", "-k", "eth0", namespace=end)
    return [short for short, long in OFFLOADS.items() if f"{long}: on" in listing]


def set_offloads(box, end, which, state):
    if which:
        box.run("ethtool", "-K", "eth0", *(word for each in which for word in (each, state)),
                namespace=end, check=False)


def available(wanted):
    """Which of these congestion controls this kernel has, and what to say of the others."""
    there = sandbox.read("/proc/sys/net/ipv4/tcp_available_congestion_control").split()
    missing = [each for each in wanted if each not in there]
    return [each for each in wanted if each in there], missing
