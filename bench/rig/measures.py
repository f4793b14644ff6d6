# SPDX-License-Identifier: Apache-2.0
#
# What bench/compare measures. Each function takes a running switch and gives {metric: value}; a
# metric that could not be taken is 0 with a "note". The ends' pinning is stated in PINNING and in
# bench/README.md.

import json
import os
import time

from rig import sandbox

ENDS_CPU, SWITCH_CPU = 0, 1
PINNING = (f"pps, rtt: the ends' programs on CPU {ENDS_CPU}, a userspace switch on CPU "
           f"{SWITCH_CPU}; a kernel bridge works on its sender's CPU. tcp: nothing is pinned.")

# metric -> (title, unit, factor for display, higher is better)
METRICS = {
    "pps": ("64 B frames received", "M/s", 1e-6, True),
    "tcp1": ("TCP, 1 stream", "Gbit/s", 1e-9, True),
    "tcp4": ("TCP, 4 streams", "Gbit/s", 1e-9, True),
    "rtt_p50": ("ping-pong p50", "µs", 1, False),
    "rtt_p99": ("ping-pong p99", "µs", 1, False),
    "rtt_p999": ("ping-pong p99.9", "µs", 1, False),
    "idle": ("idle CPU", "%", 1, False),
    "memory": ("resident memory", "MB", 1e-6, False),
}
GROUPS = {"pps": ("pps",), "tcp": ("tcp1", "tcp4"), "rtt": ("rtt_p50", "rtt_p99", "rtt_p999"),
          "idle": ("idle",), "memory": ("memory",)}


class Rig:
    """How to measure: the rig's programs and the times, from the command line of bench/compare."""

    def __init__(self, box, binaries, seconds, pps_seconds, congestion, size):
        self.box = box
        self.binaries = binaries
        self.seconds = seconds
        self.pps_seconds = pps_seconds
        self.congestion = congestion
        self.size = size
        self.busy = []  # per cent of all CPUs in use while nobody of the bench sent anything

    def program(self, name):
        return os.path.join(self.binaries, name)

    def pps(self, switch):
        """Frames that reached end b while end a sent what one CPU can, by the kernel's count."""
        switch.pin({SWITCH_CPU})
        before = switch.received("b")
        blast = json.loads(self.box.run(
            self.program("frame-blast"), "eth0", "--dst", switch.mac("b"), "--size", str(self.size),
            "--seconds", str(self.pps_seconds), "--cpu", str(ENDS_CPU), namespace=switch.end("a"),
            timeout=self.pps_seconds + 20))
        received = switch.received("b") - before
        return {"pps": received / blast["seconds"], "sent_pps": blast["pps"],
                "errors": blast["errors"]}

    def tcp(self, switch):
        """What iperf3's receiver counted, one stream and four, with a veth's default offloads."""
        switch.pin(os.sched_getaffinity(0))
        results = {}
        for streams in (1, 4):
            results.update(self.tcp_streams(switch, streams))
            if "note" in results:
                results["tcp4"] = 0.0
                break
        return results

    def tcp_streams(self, switch, streams):
        metric = f"tcp{streams}"
        server = self.box.spawn("iperf3", "--server", "--one-off", "--forceflush", "--port", "5201",
                                namespace=switch.end("b"), ready="Server listening")
        try:
            choice = ["--congestion", self.congestion] if self.congestion else []
            report = json.loads(self.box.run(
                "iperf3", "--client", switch.address("b"), "--port", "5201", "--json", *choice,
                "--time", str(self.seconds), "--parallel", str(streams),
                "--connect-timeout", "1500", namespace=switch.end("a"), check=False,
                timeout=self.seconds + 20))
        except (sandbox.Failure, ValueError) as error:
            return {metric: 0.0, "note": str(error)}
        finally:
            self.box.stop(server)
        if "error" in report:
            return {metric: 0.0, "note": report["error"]}
        ended = report["end"]
        return {metric: ended["sum_received"]["bits_per_second"],
                f"{metric}_retransmits": ended["sum_sent"].get("retransmits", 0),
                f"{metric}_congestion": ended.get("sender_tcp_congestion", "")}

    def rtt(self, switch):
        """One datagram to and fro between two processes on one CPU, the switch on another."""
        switch.pin({SWITCH_CPU})
        server = self.box.spawn(self.program("ping-pong"), "serve", switch.address("b"),
                                "--cpu", str(ENDS_CPU), namespace=switch.end("b"), ready="ready")
        try:
            times = json.loads(self.box.run(
                self.program("ping-pong"), "run", switch.address("b"), "--cpu", str(ENDS_CPU),
                "--seconds", str(self.pps_seconds), namespace=switch.end("a"),
                timeout=self.pps_seconds + 60))
        finally:
            self.box.stop(server)
        return {"rtt_p50": times["p50_us"], "rtt_p99": times["p99_us"],
                "rtt_p999": times["p999_us"], "lost": times["lost"], "rounds": times["rounds"]}

    def idle(self, switches):
        """CPU time of each switch's process while nobody sends, over the same seconds."""
        before = {each.name: each.cpu_seconds() for each in switches}
        start = time.monotonic()
        self.busy.append(busy_percent(self.seconds))
        elapsed = time.monotonic() - start
        return {each.name: {"idle": 100 * (each.cpu_seconds() - before[each.name]) / elapsed}
                for each in switches}


def memory(switch):
    """VmRSS of the switch's process after the traffic of its round."""
    return {"memory": switch.resident_bytes()}


def busy_percent(seconds=1.0):
    """How much of all CPUs is in use by others than this bench. Steal counts as use."""
    def sample():
        fields = [int(each) for each in sandbox.read("/proc/stat").splitlines()[0].split()[1:9]]
        return sum(fields), fields[3] + fields[4]
    total, idle = sample()
    time.sleep(seconds)
    total_after, idle_after = sample()
    return 100 * (1 - (idle_after - idle) / max(1, total_after - total))
