# SPDX-License-Identifier: GPL-3.0-or-later
"""What a container withholds: system calls refused by a seccomp filter, and a /dev/net/tun that is something else."""
import errno
import os
import subprocess
import sys

import pytest
from lab import PATIENCE, REPO

PIN = "pin-sha256:" + "A" * 43 + "="
TO_NOBODY = ["--user", "ann", "--servercert", PIN, "127.0.0.1:1"]
CONNECT = ["connect", "--interface", "vpn0", *TO_NOBODY]
RUN = ["run", *TO_NOBODY, "--", "true"]
PROXY = ["proxy", "--socks5", "10800", *TO_NOBODY]
FORK = "clone,clone3,fork,vfork"
ADVICE = "seccomp"


def in_new_network(argv, before=":"):
    """Runs argv as root of a network and a mount namespace of its own; `before` is a shell's."""
    script = f'ip link set lo up; {before}; exec "$@"'
    done = subprocess.run(["unshare", "--net", "--mount", "sh", "-ec", script, "sh", *map(str, argv)],
                          capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL,
                          env={"PATH": os.environ["PATH"], "SSTP_PASSWORD": "secret"})
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("error", ["ENOSYS", "EPERM"])
@pytest.mark.parametrize("calls, argv, status, words", [
    ("ioctl", CONNECT, 11, "cannot make the TUN device vpn0: "),
    ("ioctl", RUN, 11, "the loopback device can't be brought up: "),
    ("socketpair", RUN, 1, "a socket pair: "),
    ("socket", ["healthcheck"], 1, "down: cannot ask: "),
    ("unshare", RUN, 11, "a namespace for the command can't be made: "),
    ("mount", RUN, 11, "the command's mounts can't be made its own: "),
    (FORK, RUN, 1, "cannot run true: "),
    ("epoll_create1", CONNECT, 1, "cannot start: "),
    ("epoll_create1", PROXY, 1, "cannot start: "),
])
def test_a_refused_system_call_is_explained(sstp, calls, argv, status, words, error):
    code, said = in_new_network([sys.executable, REPO / "tests/e2e/seccomp.py", calls, error, sstp, *argv])
    last = said.splitlines()[-1]
    assert code == status, said
    assert words + os.strerror(getattr(errno, error)) in last
    assert ADVICE in last


@pytest.mark.parametrize("error", ["ENOSYS", "EPERM"])
@pytest.mark.parametrize("calls, argv", [
    ("getrandom", PROXY), # /dev/urandom takes its place
    ("pidfd_open", CONNECT),
    ("unshare,setns,mount", CONNECT),
    ("unshare,setns,mount,clone,fork,vfork,clone3,socketpair", PROXY),
])
def test_what_can_be_done_without(sstp, calls, argv, error):
    code, said = in_new_network([sys.executable, REPO / "tests/e2e/seccomp.py", calls, error, sstp, *argv])
    assert code == 4 and "connection refused" in said, said


def test_without_random_numbers_nothing_is_done(sstp):
    code, said = in_new_network([sys.executable, REPO / "tests/e2e/seccomp.py", "getrandom", "EPERM", sstp, *PROXY],
                                before="mount -t tmpfs tmpfs /dev")
    assert code in (1, 2) and "random numbers" in said, said


# ---- /dev/net/tun

AS_USER = "setpriv --reuid 54321 --clear-groups --"


@pytest.mark.parametrize("make, words", [
    ("mkdir /dev/net/tun", "is a folder, where a device is needed (a container's -v makes a folder"),
    ("echo hello >/dev/net/tun", "is an ordinary file, where a device is needed"),
    ("mkfifo /dev/net/tun", "is not a character device"),
    ("mknod /dev/net/tun c 1 3", "is another device (1:3, and the TUN device is 10:200)"),
    ("ln -s nowhere /dev/net/tun", "there is no /dev/net/tun; on the host: modprobe tun"),
    ("ln -s tun /dev/net/tun", "there is no /dev/net/tun; on the host: modprobe tun"),
    (":", "there is no /dev/net/tun; on the host: modprobe tun; in a container: --device /dev/net/tun"),
    ("rmdir /dev/net; echo hello >/dev/net", "there is no /dev/net/tun"),
    ("mknod -m 666 /dev/net/tun c 10 200; mount -o remount,nodev /dev", "is mounted with nodev"),
])
@pytest.mark.parametrize("argv", [CONNECT, RUN], ids=["connect", "run"])
def test_a_tun_device_that_is_something_else(sstp, argv, make, words):
    code, said = in_new_network([sstp, *argv],
                                before=f"mount -t tmpfs -o dev tmpfs /dev; mkdir /dev/net; {make}")
    assert code == 11 and words in said.splitlines()[-1], said


def test_a_tun_device_of_another_user(sstp):
    before = ("mount -t tmpfs -o dev,mode=755 tmpfs /dev; mkdir /dev/net; mknod -m 600 /dev/net/tun c 10 200; "
              "mknod -m 666 /dev/null c 1 3")
    code, said = in_new_network([*AS_USER.split(), sstp, *CONNECT], before)
    assert code == 11
    assert "/dev/net/tun has mode 0600 and belongs to user 0 and group 0, and this process is user 54321" in said


def test_a_user_without_the_capability(sstp):
    before = ("mount -t tmpfs -o dev,mode=755 tmpfs /dev; mkdir /dev/net; mknod -m 666 /dev/net/tun c 10 200; "
              "mknod -m 666 /dev/null c 1 3")
    code, said = in_new_network([*AS_USER.split(), sstp, *CONNECT], before)
    assert code == 11
    assert "Operation not permitted: root or the capability CAP_NET_ADMIN is needed" in said
