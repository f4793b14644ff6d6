# SPDX-License-Identifier: Apache-2.0
#
# Which switches bench/compare knows, by family: two veth ends, eight veth ends, two TAP ends. A
# name may stand for another class in each.

from rig import floors, openvswitch, sandbox, switches, taps

EIGHT = "abcdefgh"
FLOORS = (floors.Floor, floors.FloorSleep, floors.FloorSmall, floors.FloorV3,
          floors.FloorRecvmmsg, floors.FloorUring, floors.FloorXdp)
VETH = (switches.Direct, switches.KernelBridge, openvswitch.Ovs, openvswitch.OvsTso,
        openvswitch.OvsAfxdp, *FLOORS, switches.Trestle)
TAP = (taps.Vde, taps.FloorTaps, taps.FloorTapsUring, taps.TrestleTaps)
FAMILIES = {
    "veth": {each.name: each for each in VETH},
    "eight": {each.name: each for each in VETH
              if each not in (switches.Direct, openvswitch.OvsTso)},
    "tap": {each.name: each for each in TAP},
}
NAMES = list(dict.fromkeys(name for family in FAMILIES.values() for name in family))


def start(box, family, names, options):
    """The switches of this family that run; prints which do not, and why. All stand still."""
    running = []
    for name in names:
        kind = FAMILIES[family].get(name)
        if kind is None:
            continue
        box.switches_made = getattr(box, "switches_made", 0) + 1
        sides = EIGHT if family == "eight" else switches.SIDES
        tag = {"veth": "", "eight": "-8", "tap": "-tap"}[family]
        binaries = options.bin if issubclass(kind, switches.Trestle) else options.rig_bin
        switch = kind(box, box.switches_made, binaries, sides, tag)
        switch.family = family
        reason = switch.missing()
        if reason is None:
            earlier = list(box.processes)
            try:
                switch.start()
                switch.pause()
                running.append(switch)
                continue
            except sandbox.Failure as failure:
                reason = str(failure)
                box.stop_all_but(earlier)
        print(f"{name} ({family}): SKIPPED: {reason}")
    return running
