# SPDX-License-Identifier: Apache-2.0
#
# What bench/compare measures: frames, round trips, CPU time, memory (rig/tcp.py: TCP). A group is
# what --only chooses; a step is what is measured of one switch after the other, and gives {metric:
# value}. The ends' pinning is stated in PINNING and in bench/README.md.

import json
import os
import time

from rig import cpu_time, sandbox, switches, tcp

ENDS_CPU, SWITCH_CPU = 0, 1
PINNING = (f"Frames and round trips: the ends' programs on CPU {ENDS_CPU}, a userspace switch on "
           f"CPU {SWITCH_CPU};\na kernel bridge works on its sender's CPU. TCP: nothing is pinned.")

LOSS_ALLOWED = 0.001  # of the frames sent, in the lossless rate
LOSSLESS_STEPS = 9
CALM_RATE = 100_000  # frames/s at which CPU time is taken
FLOWS = 1000

# metric -> (title, unit, factor for display)
METRICS = {
    "pps": ("64 B received, 1 flow", "M/s", 1e-6),
    "pps1000": ("64 B received, 1,000 flows", "M/s", 1e-6),
    "lossless": ("64 B, < 0.1 % lost", "M/s", 1e-6),
    "tcp1_cubic": ("TCP, 1 stream, cubic", "Gbit/s", 1e-9),
    "tcp4_cubic": ("TCP, 4 streams, cubic", "Gbit/s", 1e-9),
    "tcp1_bbr": ("TCP, 1 stream, bbr", "Gbit/s", 1e-9),
    "tcp4_bbr": ("TCP, 4 streams, bbr", "Gbit/s", 1e-9),
    "cpu_gb": ("CPU of TCP, 1 stream", "s/GB", 1),
    "tcp_off": ("TCP, offloads off", "Gbit/s", 1e-9),
    "cpu_mf": ("CPU at 100 k frames/s", "s/M", 1),
    "cpu_mf_net": ("… above the rig's own", "s/M", 1),
    "cpu_threads_net": ("… counted by thread", "s/M", 1),
    "rtt_p50": ("ping-pong p50", "µs", 1),
    "rtt_p99": ("ping-pong p99", "µs", 1),
    "rtt_p999": ("ping-pong p99.9", "µs", 1),
    "idle": ("idle CPU", "%", 1),
    "memory": ("resident memory", "MB", 1e-6),
    "broadcast": ("broadcast, received at each of 7", "M/s", 1e-6),
    "tap_pps": ("TAPs: 64 B received", "M/s", 1e-6),
    "tap_lossless": ("TAPs: 64 B, < 0.1 % lost", "M/s", 1e-6),
    "tap_tcp": ("TAPs: TCP, 1 stream, cubic", "Gbit/s", 1e-9),
}
# group -> (family of switches it is measured with, its metrics)
GROUPS = {
    "pps": ("veth", ("pps", "pps1000")),
    "lossless": ("veth", ("lossless",)),
    "tcp": ("veth", ("tcp1_cubic", "tcp4_cubic", "tcp1_bbr", "tcp4_bbr", "cpu_gb")),
    "tcp-off": ("veth", ("tcp_off",)),
    "cpu": ("veth", ("cpu_mf", "cpu_mf_net", "cpu_threads_net")),
    "rtt": ("veth", ("rtt_p50", "rtt_p99", "rtt_p999")),
    "idle": ("veth", ("idle",)),
    "memory": ("veth", ("memory",)),
    "broadcast": ("eight", ("broadcast",)),
    "tap": ("tap", ("tap_pps", "tap_lossless", "tap_tcp")),
}


class Rig:
    """How to measure: the rig's programs and the times, from the command line of bench/compare."""

    def __init__(self, box, binaries, options):
        self.box = box
        self.binaries = binaries
        self.seconds = options.seconds
        self.pps_seconds = options.pps_seconds
        self.step_seconds = options.step_seconds
        self.size = options.size
        self.congestion, self.streams = options.congestion, options.streams
        self.tcp = tcp.Transfers(box, options.seconds)
        self.busy = []  # per cent of all CPUs in use while nobody of the bench sent anything

    def steps(self, group):
        """[(name, function of a switch)] of a group; each is taken of all switches in turn."""
        if group == "tcp":
            return [(f"tcp{streams}_{congestion}",
                     lambda switch, s=streams, c=congestion: self.tcp.measure(switch, s, c))
                    for congestion in self.congestion for streams in self.streams]
        found = {
            "pps": [("pps", self.pps), ("pps1000", self.pps_flows)],
            "lossless": [("lossless", self.lossless)],
            "tcp-off": [("tcp_off", self.tcp.without_offloads)],
            "cpu": [("cpu_mf", self.calm_cpu)],
            "rtt": [("rtt", self.rtt)],
            "memory": [("memory", lambda switch: {"memory": switch.resident_bytes()})],
            "broadcast": [("broadcast", self.broadcast)],
            "tap": [("tap_pps", lambda switch: renamed(self.pps(switch), "tap_")),
                    ("tap_lossless", lambda switch: renamed(self.lossless(switch), "tap_")),
                    ("tap_tcp", self.tcp.over_taps)],
        }
        return found[group]

    def program(self, name):
        return os.path.join(self.binaries, name)

    def blast(self, switch, seconds, *extra, to=None, rate=0.0):
        """Send from end a; {"sent", "seconds", "pps", …} and, by the kernel's count at the ends
        other than a, "received" there on the average."""
        others = switch.sides[1:]
        before = sum(switch.received(side) for side in others)
        blast = json.loads(self.box.run(
            self.program("frame-blast"), "eth0", "--dst", to or switch.mac("b"), "--size",
            str(self.size), "--seconds", f"{seconds:g}", "--rate", f"{rate:.0f}", "--cpu",
            str(ENDS_CPU), *extra, namespace=switch.end("a"), timeout=seconds + 20))
        self.settle(switch, others)
        blast["received"] = (sum(switch.received(side) for side in others) - before) / len(others)
        return blast

    def settle(self, switch, sides):
        """Wait until what the switch had in its queues has arrived."""
        last = -1
        while (now := sum(switch.received(side) for side in sides)) != last:
            last = now
            time.sleep(0.005)

    def pps(self, switch):
        """Frames that reached end b while end a sent what one CPU can, by the kernel's count."""
        switch.pin({SWITCH_CPU})
        blast = self.blast(switch, self.pps_seconds)
        return {"pps": blast["received"] / blast["seconds"], "sent_pps": blast["pps"],
                "errors": blast["errors"]}

    def pps_flows(self, switch):
        """As that, of many UDP connections, to a MAC that the switch has learned behind end b but
        that is not b's own, so that b's IP stack does not look at the frames."""
        switch.pin({SWITCH_CPU})
        to = switch.mac("b").replace("02:", "06:", 1)
        self.box.run(self.program("frame-blast"), "eth0", "--src", to, "--dst", switch.mac("a"),
                     "--rate", "1000", "--seconds", "0.003", namespace=switch.end("b"))
        blast = self.blast(switch, self.pps_seconds, "--flows", str(FLOWS), "--vary", "connection",
                           to=to)
        return {"pps1000": blast["received"] / blast["seconds"], "sent_pps": blast["pps"]}

    def lossless(self, switch):
        """The highest rate found at which fewer than 0.1 % of the frames are lost: bisection."""
        switch.pin({SWITCH_CPU})
        blast = self.blast(switch, self.step_seconds)
        if lost(blast) < LOSS_ALLOWED:
            return {"lossless": blast["pps"], "steps": 1}
        low, high = 0.0, min(blast["pps"], 1.1 * blast["received"] / blast["seconds"])
        rate = 0.85 * high
        for _ in range(LOSSLESS_STEPS):
            achieved = self.without_loss(switch, rate)
            if achieved is None:
                high = rate
            else:
                low = max(low, achieved)
                if achieved < 0.99 * rate:  # the sender cannot send that fast
                    break
            if high - low < 0.015 * high:
                break
            rate = (low + high) / 2 if low else 0.7 * high
        return {"lossless": low, "max_sent_pps": blast["pps"]}

    def without_loss(self, switch, rate):
        """The rate achieved if it was without loss, else None. One hiccup of the machine is
        forgiven."""
        for _ in range(2):
            blast = self.blast(switch, self.step_seconds, rate=rate)
            if lost(blast) < LOSS_ALLOWED:
                return blast["pps"]
        return None

    def calm_cpu(self, switch):
        """CPU time of the whole system for a million frames that come at a moderate rate; and of
        the sender's and the switch's threads alone, which other work does not enter."""
        switch.pin({SWITCH_CPU})
        before = switch.received("b")
        blaster = self.box.spawn(
            self.program("frame-blast"), "eth0", "--dst", switch.mac("b"), "--size", str(self.size),
            "--rate", str(CALM_RATE), "--sleep", "--cpu", str(ENDS_CPU), "--seconds",
            f"{self.seconds + 0.5:g}", namespace=switch.end("a"))
        time.sleep(0.25)
        watch = cpu_time.Stopwatch()
        threads = -self.thread_seconds(switch, blaster)
        time.sleep(self.seconds)
        busy, frames = watch.busy(), CALM_RATE * watch.elapsed()
        threads += self.thread_seconds(switch, blaster)
        status = blaster.wait(10)
        self.box.stop(blaster)
        if status != 0:
            raise sandbox.Failure(sandbox.read(blaster.log).strip())
        blast = json.loads(sandbox.read(blaster.log))
        self.settle(switch, "b")
        share = (switch.received("b") - before) / blast["sent"]
        values = {"cpu_mf": busy / frames * 1e6, "cpu_threads": threads / frames * 1e6,
                  "sent_pps": blast["pps"], "arrived": share}
        if share < 0.99 or abs(blast["pps"] / CALM_RATE - 1) > 0.01:
            values["note"] = (f"cpu: sent {blast['pps']:.0f} frames/s, "
                              f"{100 * share:.1f} % arrived")
        return values

    def thread_seconds(self, switch, blaster):
        return switch.cpu_seconds() + switches.cpu_seconds(blaster.pid)

    def broadcast(self, switch):
        """Frames a second received at each of the other ends, while a sends what one CPU can."""
        switch.pin({SWITCH_CPU})
        blast = self.blast(switch, self.pps_seconds, to="ff:ff:ff:ff:ff:ff")
        return {"broadcast": blast["received"] / blast["seconds"], "sent_pps": blast["pps"]}

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
        watch = cpu_time.Stopwatch()
        time.sleep(self.seconds)
        busy, elapsed = watch.busy(), watch.elapsed()
        used = {each.name: each.cpu_seconds() - before[each.name] for each in switches}
        self.busy.append(100 * max(0.0, busy - sum(used.values())) / (elapsed * watch.cpus))
        return {name: {"idle": 100 * seconds / elapsed} for name, seconds in used.items()}


def lost(blast):
    return 1 - blast["received"] / max(1, blast["sent"])


def renamed(values, prefix):
    """The metrics among `values` under another name."""
    return {prefix + key if key in METRICS else key: value for key, value in values.items()}


def busy_percent(seconds=1.0):
    """How much of all CPUs is in use by others than this bench. Steal counts as use."""
    watch = cpu_time.Stopwatch()
    time.sleep(seconds)
    return 100 * watch.busy() / (watch.elapsed() * watch.cpus)
