# SPDX-License-Identifier: Apache-2.0
#
# Installs the switches that bench/compare compares with, and what it measures with: section [peers]
# of scripts/packages.txt and a part of [test].
# Their packages start services; what was not installed before is stopped and kept from starting
# again, since the bench runs its own instances. What was installed before is left as it is.

import os
import subprocess

from rig.call import REPOSITORY

OF_TEST = ("ethtool", "iperf3", "iproute2", "iputils-ping", "openvswitch-switch")


def packages(section):
    found, inside = [], False
    with open(os.path.join(REPOSITORY, "scripts", "packages.txt"), encoding="utf-8") as file:
        for line in file:
            line = line.split("#")[0].strip()
            if line.startswith("["):
                inside = line == f"[{section}]"
            elif line and inside:
                found.append(line)
    return found


def installed(package):
    query = subprocess.run(["dpkg-query", "--show", "--showformat=${db:Status-Status}", package],
                           capture_output=True, text=True, check=False)
    return query.stdout == "installed"


def install():
    """True when all are installed and no service of a new one runs."""
    needed = [each for each in packages("test") if each in OF_TEST] + packages("peers")
    wanted = [each for each in needed if not installed(each)]
    if not wanted:
        print("peers: all installed")
        return True
    print(f"peers: installing {' '.join(wanted)}", flush=True)
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for command in (["apt-get", "update", "-q"],
                    ["apt-get", "install", "-q", "-y", "--no-install-recommends", *wanted]):
        if subprocess.run(command, env=env, check=False).returncode != 0:
            print(f"peers: {' '.join(command)} failed")
            return False
    for package in wanted:
        quiet_services(package)
    return True


def quiet_services(package):
    """Stop and disable what the package brought, through systemd or its init script."""
    listing = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True, check=False)
    for path in listing.stdout.split():
        name = os.path.basename(path)
        if os.path.isdir("/run/systemd/system"):
            if "/systemd/system/" in path and path.endswith(".service"):
                subprocess.run(["systemctl", "disable", "--now", name], check=False)
        elif path.startswith("/etc/init.d/") and os.path.isfile(path):
            subprocess.run([path, "stop"], check=False, capture_output=True)
