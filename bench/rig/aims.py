# SPDX-License-Identifier: Apache-2.0
#
# The aims that trestle is measured by, and whether a run of `trestle bench` met them:
# from its JSON lines to a table of ratios, each the median of the rounds' own, so that what slows a
# whole round down cancels. `python3 -m rig.aims FILE` in bench/ judges a run that was kept.

import json
import os
import sys
import tempfile
from statistics import median

from rig.report import spread, table

TCP = (("kernel-bridge", "≥", 0.75), ("ovs-tso", "≥", 1.5))
ANY = {}
# (title, test, setup must have, metric, ((against, "≥" or "≤" or "<", value), …)); against None: the
# value itself, times `factor`, in `unit`.
AIMS = (
    ("64 B received, 1 flow", "pps", {"flows": 1}, "received_rate",
     (("kernel-bridge", "≥", 1.2), ("ovs", "≥", 2.5), ("ovs-afxdp", "≥", 1.1))),
    ("64 B received, 1,000 flows", "pps", {"flows": 1000}, "received_rate",
     (("kernel-bridge", "≥", 1.2), ("ovs", "≥", 2.5), ("ovs-afxdp", "≥", 1.1))),
    ("64 B, < 0.1 % lost", "lossless", ANY, "throughput_low_loss",
     (("kernel-bridge", "≥", 1.1), ("ovs", "≥", 4.0), ("ovs-afxdp", "≥", 1.0))),
    *((f"TCP, {streams} stream{'s' if streams > 1 else ''}, {congestion}", "tcp",
       {"streams": streams, "congestion": congestion}, "tcp_rate", TCP)
      for congestion in ("cubic", "bbr") for streams in (1, 4)),
    ("CPU of TCP, 1 stream, cubic", "tcp", {"streams": 1, "congestion": "cubic"},
     "cpu_per_gigabyte", (("kernel-bridge", "≤", 1.5), ("ovs-tso", "≤", 0.65))),
    ("TCP, offloads off", "tcp-off", ANY, "tcp_rate",
     (("kernel-bridge", "≥", 0.8), ("ovs", "≥", 4.0), ("ovs-afxdp", "≥", 1.6))),
    ("CPU at 100 k frames/s above the rig's own", "cpu", ANY, "cpu_per_frame_own",
     (("kernel-bridge", "≤", 2.2), ("ovs", "≤", 0.55), ("ovs-afxdp", "≤", 0.2))),
    ("ping-pong p50", "rtt", ANY, "rtt_p50", (("ovs", "≤", 0.25), ("ovs-afxdp", "≤", 0.9))),
    ("ping-pong p99", "rtt", ANY, "rtt_p99", (("ovs", "≤", 0.25), ("ovs-afxdp", "≤", 0.9))),
    ("idle CPU, %", "idle", ANY, "idle_cpu", ((None, "<", 0.5),)),
    ("resident memory, MB", "memory", ANY, "resident_bytes", ((None, "≤", 40.0),)),
    ("broadcast, received at each of 7", "broadcast", {"ports": 8}, "broadcast_rate",
     (("kernel-bridge", "≥", 0.7), ("ovs", "≥", 2.4), ("ovs-afxdp", "≥", 1.1))),
    ("TAPs: 64 B received", "tap", {"flows": 1}, "received_rate", (("vde", "≥", 1.2),)),
    ("TAPs: TCP, 1 stream, cubic", "tap", {"streams": 1}, "tcp_rate", (("vde", "≥", 3.0),)),
    ("stream's rate under attack, % of that without", "attack", ANY, "rate_kept",
     ((None, "≥", 80.0),)),
    ("resident memory with 3 ports, MB", "ports", {"ports": 3}, "resident_bytes",
     ((None, "≤", 40.0),)),
    ("resident memory with 1,000 ports, MB", "ports", {"ports": 1000}, "resident_bytes",
     ((None, "≤", 4000.0),)),
    ("1,000 ports up after, s", "ports", {"ports": 1000}, "start_time", ((None, "≤", 10.0),)),
    *((f"{title} with 1,000 ports, s", "ports", {"ports": 1000}, metric, ((None, "≤", aim),))
      for title, metric, aim in (("status", "status_time", 1.0), ("port list", "port_list_time", 1.0),
                                 ("scrape", "scrape_time", 0.2))),
    ("scrape with 1,000 ports, MB", "ports", {"ports": 1000}, "scrape_bytes", ((None, "≤", 5.0),)),
)
SHOWN_TIMES = {"idle_cpu": 100, "rate_kept": 100, "resident_bytes": 1e-6, "scrape_bytes": 1e-6}
HOLDS = {"≥": lambda a, b: a >= b, "≤": lambda a, b: a <= b, "<": lambda a, b: a < b}


def read(path):
    """The measurements of a run: its JSON lines, without those of the run itself."""
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file if line.strip()]
    return [line for line in lines if line.get("kind") == "measurement"]


def values(records, switch, test, setup, metric):
    """{round: value} of one switch."""
    return {each["round"]: each["values"][metric] for each in records
            if each["switch"] == switch and each["test"] == test
            and metric in each.get("values", {})
            and all(each["setup"].get(key) == value for key, value in setup.items())}


def ratios(mine, theirs):
    """Round by round, where the other has a value."""
    return [mine[r] / theirs[r] for r in sorted(mine) if theirs.get(r, 0) > 0]


def rows(records):
    """One for each aim of which something was measured: (title, against, found, aim, verdict)."""
    for title, test, setup, metric, aims in AIMS:
        mine = values(records, "trestle", test, setup, metric)
        for other, sign, value in aims if mine else ():
            if other is None:
                found = [each * SHOWN_TIMES.get(metric, 1) for each in mine.values()]
            else:
                found = ratios(mine, values(records, other, test, setup, metric))
            aim = f"{sign} {value:g}"
            if not found:
                yield title, other, "no ratio", aim, ""
                continue
            verdict = "met" if HOLDS[sign](median(found), value) else "MISSED"
            yield title, other or "–", spread(found, 2), aim, verdict


def report(path):
    """The table as text; empty where nothing of it was measured."""
    found = list(rows(read(path)))
    if not found:
        return ""
    return table([("trestle", "against", "ratio (min–max)", "aim", ""), *found])


def failures(records):
    """What could not be measured of trestle: ["tcp: why", …]."""
    return [f"{each['test']}: {each.get('note', '')}" for each in records
            if each["switch"] == "trestle" and "failed" in each.get("marks", [])]


def judged(run, command, path):
    """run(command) with its JSON lines kept in `path`, if that is not None, and the aims printed
    after it. Its exit status, or 1 where a test of trestle failed."""
    with tempfile.TemporaryDirectory(prefix="trestle-compare.") as scratch:
        lines = path or os.path.join(scratch, "lines")
        status = run([*command, f"--json={lines}"])
        if status != 0:
            return status
        print("\n" + report(lines))
        failed = failures(read(lines))
        print("".join(f"trestle failed in {each}\n" for each in failed), end="")
        return 1 if failed else 0


if __name__ == "__main__":
    print(report(sys.argv[1]))
