#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# What bench/compare, bench/flows and bench/scale say of a run is what its JSON lines say: ratios by
# round, the aims, and which of them are met.

import json
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench"))

from rig import aims  # noqa: E402


def line(switch, number, test, setup, **values):
    return {"kind": "measurement", "suite": "peers", "test": test, "switch": switch,
            "round": number, "setup": setup, "values": values}


class Aims(unittest.TestCase):
    def test_a_ratio_is_the_median_of_the_rounds_own(self):
        # Everything was twice as fast in round 2: that is not in the ratio. Of round 4 only one is
        # there.
        one = {"frame_bytes": 64, "flows": 1}
        records = [line("trestle", 1, "pps", one, received_rate=1.3e6),
                   line("kernel-bridge", 1, "pps", one, received_rate=1.0e6),
                   line("trestle", 2, "pps", one, received_rate=2.6e6),
                   line("kernel-bridge", 2, "pps", one, received_rate=2.0e6),
                   line("trestle", 3, "pps", one, received_rate=1.5e6),
                   line("kernel-bridge", 3, "pps", one, received_rate=1.0e6),
                   line("trestle", 4, "pps", one, received_rate=9.0e6)]
        found = list(aims.rows(records))
        self.assertIn(("64 B received, 1 flow", "kernel-bridge", "1.30 (1.30–1.50)", "≥ 1.2", "met"),
                      found)
        self.assertIn(("64 B received, 1 flow", "ovs", "no ratio", "≥ 2.5", ""), found)

    def test_a_test_in_another_setup_is_another_one(self):
        records = [line("trestle", 1, "pps", {"flows": 1}, received_rate=9e6),
                   line("trestle", 1, "pps", {"flows": 1000}, received_rate=1e6),
                   line("kernel-bridge", 1, "pps", {"flows": 1000}, received_rate=1e6)]
        self.assertIn(("64 B received, 1,000 flows", "kernel-bridge", "1.00", "≥ 1.2", "MISSED"),
                      list(aims.rows(records)))

    def test_some_aims_are_for_the_value_itself(self):
        records = [line("trestle", 1, "idle", {"ports": 2}, idle_cpu=0.0007),
                   line("trestle", 1, "memory", {"ports": 2}, resident_bytes=41e6)]
        self.assertEqual(list(aims.rows(records)),
                         [("idle CPU, %", "–", "0.07", "< 0.5", "met"),
                          ("resident memory, MB", "–", "41.00", "≤ 40", "MISSED")])

    def test_what_flows_and_scale_measure_is_judged_where_it_is_as_large_as_the_aim(self):
        records = [line("trestle", 1, "attack", {"rules": "access list"}, rate_kept=0.75),
                   line("trestle", 1, "ports", {"ports": 24}, start_time=60.0),
                   line("trestle", 1, "ports", {"ports": 1000}, start_time=3.5),
                   line("trestle", 1, "broadcast", {"ports": 1000}, broadcast_rate=400.0)]
        self.assertEqual([(row[0], row[2], row[4]) for row in aims.rows(records)],
                         [("stream's rate under attack, % of that without", "75.00", "MISSED"),
                          ("1,000 ports up after, s", "3.50", "met")])

    def test_no_ratio_is_made_to_what_did_not_come_about(self):
        records = [line("trestle", 1, "tcp-off", {}, tcp_rate=1e10),
                   line("ovs", 1, "tcp-off", {}, tcp_rate=0.0),
                   {**line("ovs-afxdp", 1, "tcp-off", {}), "marks": ["failed"]}]
        self.assertEqual([row[2] for row in aims.rows(records)], ["no ratio"] * 3)

    def test_a_failure_of_trestle_is_one_of_the_run(self):
        records = [line("trestle", 1, "pps", {}, received_rate=1e6),
                   {**line("trestle", 1, "tcp", {}), "marks": ["failed"], "note": "no iperf3"},
                   {**line("ovs", 1, "pps", {}), "marks": ["failed"]}]
        self.assertEqual(aims.failures(records), ["tcp: no iperf3"])

    def test_a_file_has_lines_of_other_kinds_too(self):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".jsonl") as file:
            for each in ({"kind": "run", "version": "1"},
                         line("trestle", 1, "idle", {}, idle_cpu=0.1), {"kind": "end"}):
                print(json.dumps(each), file=file, flush=True)
            self.assertIn("MISSED", aims.report(file.name))


if __name__ == "__main__":
    unittest.main()
