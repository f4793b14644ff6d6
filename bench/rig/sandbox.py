# SPDX-License-Identifier: Apache-2.0
#
# Where a bench lives: a network and a mount namespace of its own with an empty /run/netns, a
# private directory, and the processes it started. Nothing of it is seen by the host, and all of it
# is gone when the bench ends, however it ends: namespaces vanish with their last process, and every
# process gets SIGKILL from the kernel when the bench itself is killed.

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

NETNS = "/run/netns"
INSIDE = "TRESTLE_BENCH_SANDBOX"
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """The world refused: what was attempted and what it answered."""


def enter():
    """Start this script again inside namespaces of its own. Returns only there."""
    if os.environ.get(INSIDE):
        return
    if os.geteuid() != 0:
        sys.exit(f"{sys.argv[0]}: needs root, to make namespaces: sudo {' '.join(sys.argv)}")
    # It stays: to remove it would take it from other benches that run, from under their mounts.
    os.makedirs(NETNS, exist_ok=True)
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--propagation", "private",
                          sys.executable, *sys.argv])


def _end(signum, _frame):
    raise SystemExit(128 + signum)


class Sandbox:
    """Use as a context manager, after enter(). `processes`: those that run, oldest first."""

    def __init__(self):
        self.processes = []
        self.directory = None

    def __enter__(self):
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, _end)
        self.directory = tempfile.mkdtemp(prefix="trestle-bench.")
        self.run("mount", "-t", "tmpfs", "none", NETNS)
        self.run("ip", "link", "set", "lo", "up")
        return self

    def __exit__(self, *_):
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        self.stop_all_but([])
        for name in os.listdir(NETNS):
            self.run("ip", "netns", "del", name, check=False)
        # `ip netns add` mounts the directory onto itself, so there is more than one layer to take
        # off.
        while subprocess.run(["umount", NETNS], capture_output=True).returncode == 0:
            pass
        shutil.rmtree(self.directory, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def namespace(self, name):
        """Make a quiet namespace: no IPv6, so that only what is measured is sent."""
        self.run("ip", "netns", "add", name)
        self.sysctl(name, "net.ipv6.conf.all.disable_ipv6", 1)
        self.sysctl(name, "net.ipv6.conf.default.disable_ipv6", 1)
        self.run("ip", "-n", name, "link", "set", "lo", "up")
        return name

    def sysctl(self, namespace, key, value):
        """Set a sysctl there; a kernel that does not have it is left alone."""
        self.run("sysctl", "-q", "-w", f"{key}={value}", namespace=namespace, check=False)

    def run(self, *command, namespace=None, check=True, timeout=60, env=None):
        """Run to its end; its standard output. Raises Failure with its last words."""
        try:
            done = subprocess.run(_inside(namespace, command), capture_output=True, text=True,
                                  env=env, timeout=timeout, stdin=subprocess.DEVNULL,
                                  preexec_fn=_die_with_parent)
        except FileNotFoundError as error:
            raise Failure(f"{error.filename}: not installed") from error
        except subprocess.TimeoutExpired as error:
            raise Failure(f"{' '.join(command)}: no end within {timeout} s") from error
        if check and done.returncode != 0:
            words = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
            raise Failure(f"{' '.join(command)}: {words}")
        return done.stdout

    def spawn(self, *command, namespace=None, env=None, log=None, ready=None, timeout=10,
              keep_stdin=False):
        """Start a process that runs until stop(). With `ready`, wait until it has printed that;
        with `keep_stdin`, its standard input stays open and silent."""
        log = log or self.path(f"{os.path.basename(command[0])}.{len(self.processes)}.log")
        with open(log, "wb") as out:
            process = subprocess.Popen(_inside(namespace, command), stdout=out, stderr=out, env=env,
                                       stdin=subprocess.PIPE if keep_stdin else subprocess.DEVNULL,
                                       start_new_session=True,
                                       preexec_fn=_die_with_parent)
        process.log = log
        process.command = command
        self.processes.append(process)
        if ready:
            wait_for(lambda: ready in read(log), f"{command[0]} is not ready", timeout, process)
        return process

    def stop(self, process, timeout=10):
        """End a process of ours; its exit status, negative where a signal ended it."""
        if process in self.processes:
            self.processes.remove(process)
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        return process.returncode

    def stop_all_but(self, kept):
        for process in reversed(list(self.processes)):
            if process not in kept:
                self.stop(process)


def _inside(namespace, command):
    if namespace is None:
        return list(command)
    return ["nsenter", f"--net={NETNS}/{namespace}", *command]


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def wait_for(condition, complaint, timeout=10, process=None):
    """Poll until `condition()`; Failure with `complaint` on time-out or `process` ending."""
    end = time.monotonic() + timeout
    while not condition():
        ended = process is not None and process.poll() is not None
        if ended or time.monotonic() > end:
            words = read(process.log).strip().splitlines()[-3:] if process is not None else []
            raise Failure(" | ".join([complaint + (" (it ended)" if ended else ""), *words]))
        time.sleep(0.02)
