# SPDX-License-Identifier: Apache-2.0
#
# From raw results to what bench/compare prints: medians with their spread, the ratio of trestle to
# each of the others, and the targets beside it. Pure functions of the results.

from statistics import median

from rig.measures import METRICS

# metric -> [(against, "≥" or "≤", value)]: ratios to another switch; against None: of the value
# itself, in the unit that is displayed.
TARGETS = {
    "pps": [("kernel-bridge", "≥", 1.2), ("ovs", "≥", 2.5), ("ovs-afxdp", "≥", 1.1)],
    "pps1000": [("kernel-bridge", "≥", 1.2), ("ovs", "≥", 2.5), ("ovs-afxdp", "≥", 1.1)],
    "lossless": [("kernel-bridge", "≥", 1.1), ("ovs", "≥", 4.0), ("ovs-afxdp", "≥", 1.0)],
    **{metric: [("kernel-bridge", "≥", 0.75), ("ovs-tso", "≥", 1.5)]
       for metric in ("tcp1_cubic", "tcp4_cubic", "tcp1_bbr", "tcp4_bbr")},
    "cpu_gb": [("kernel-bridge", "≤", 1.5), ("ovs-tso", "≤", 0.65)],
    "tcp_off": [("kernel-bridge", "≥", 0.8), ("ovs", "≥", 4.0), ("ovs-afxdp", "≥", 1.6)],
    "cpu_mf_net": [("kernel-bridge", "≤", 2.2), ("ovs", "≤", 0.55), ("ovs-afxdp", "≤", 0.2)],
    "rtt_p50": [("ovs", "≤", 0.25), ("ovs-afxdp", "≤", 0.9)],
    "rtt_p99": [("ovs", "≤", 0.25), ("ovs-afxdp", "≤", 0.9)],
    "idle": [(None, "<", 0.5)],
    "memory": [(None, "≤", 40.0)],
    "broadcast": [("kernel-bridge", "≥", 0.7), ("ovs", "≥", 2.4), ("ovs-afxdp", "≥", 1.1)],
    "tap_pps": [("vde", "≥", 1.2)],
    "tap_tcp": [("vde", "≥", 3.0)],
}
HOLDS = {"≥": lambda a, b: a >= b, "≤": lambda a, b: a <= b, "<": lambda a, b: a < b}


def values(results, switch, metric):
    """{round: value} of one switch."""
    return {each["round"]: each[metric] for each in results
            if each.get("switch") == switch and metric in each}


def ratios(results, metric, subject, other):
    """The subject's value over the other's, round by round, where the other has one."""
    mine, theirs = values(results, subject, metric), values(results, other, metric)
    return [mine[r] / theirs[r] for r in sorted(mine) if theirs.get(r, 0) > 0]


def with_net_cpu(results):
    """The results, with the CPU time of frames less what the rig without a switch needed in the
    same round."""
    found = list(results)
    for gross, net in (("cpu_mf", "cpu_mf_net"), ("cpu_threads", "cpu_threads_net")):
        rig = values(results, "direct", gross)
        found = [{**each, net: each[gross] - rig[each["round"]]}
                 if gross in each and each["switch"] != "direct" and each["round"] in rig else each
                 for each in found]
    return found


def spread(numbers, digits):
    """'median (min–max)'."""
    text = f"{median(numbers):.{digits}f}"
    if len(numbers) > 1:
        text += f" ({min(numbers):.{digits}f}–{max(numbers):.{digits}f})"
    return text


def digits_for(number):
    return 2 if number < 10 else 1 if number < 100 else 0


def table(rows):
    """Rows of cells as aligned lines; the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for number, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])] + [cell.rjust(w) for cell, w in zip(row[1:], widths[1:])]
        lines.append("  ".join(cells).rstrip())
        if number == 0:
            lines.append("-" * len(lines[0]))
    return "\n".join(lines)


def medians(results, switches, metrics):
    rows = [["median (min–max)", "", *switches]]
    for metric in metrics:
        title, unit, factor = METRICS[metric]
        row = [title, unit]
        for switch in switches:
            numbers = [each * factor for each in values(results, switch, metric).values()]
            in_kernel = metric in ("idle", "memory") and switch in ("direct", "kernel-bridge")
            nothing = in_kernel or not numbers
            row.append("–" if nothing else spread(numbers, digits_for(median(numbers))))
        rows.append(row)
    return table(rows)


def against(results, metrics, subject, others):
    """The subject's ratio to each of the others; the targets are trestle's."""
    rows = [[subject, "against", "ratio (min–max)", "target", ""]]
    for metric in metrics:
        title, unit, factor = METRICS[metric]
        known = TARGETS.get(metric, []) if subject == "trestle" else []
        targets = {other: (sign, value) for other, sign, value in known}
        if None in targets:
            own = [each * factor for each in values(results, subject, metric).values()]
            if own:
                judged = verdict(median(own), targets[None], unit)
                rows.append([title, "–", f"{spread(own, 2)} {unit}", *judged])
        for other in others:
            found = ratios(results, metric, subject, other)
            if found:
                judged = verdict(median(found), targets.get(other))
                rows.append([title, other, spread(found, 2), *judged])
            elif other in targets:
                sign, value = targets[other]
                rows.append([title, other, "no ratio", f"{sign} {value:g}", ""])
    return table(rows)


def verdict(number, target, unit=""):
    if target is None:
        return ["", ""]
    sign, value = target
    return [f"{sign} {value:g} {unit}".rstrip(), "met" if HOLDS[sign](number, value) else "MISSED"]
