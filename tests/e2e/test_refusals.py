# SPDX-License-Identifier: GPL-3.0-or-later
"""What a container withholds: system calls refused by a seccomp filter, and a /dev/net/tun that is something else."""
import errno
import os
import re
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
    ("ioctl", RUN, 11, "the loopback device cannot be brought up: "),
    ("socketpair", RUN, 1, "a socket pair: "),
    ("socket", ["healthcheck"], 1, "down: cannot ask: "),
    ("unshare", RUN, 11, "a namespace for the command cannot be made: "),
    ("mount", RUN, 11, "the command's mounts cannot be made its own: "),
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
    ("unshare,setns,mount,fork,vfork,socketpair", CONNECT),
    ("unshare,setns,mount,clone,fork,vfork,clone3,socketpair", PROXY),
])
def test_what_can_be_done_without(sstp, calls, argv, error):
    code, said = in_new_network([sys.executable, REPO / "tests/e2e/seccomp.py", calls, error, sstp, *argv])
    assert code == 4 and "connection refused" in said, said


def test_without_random_numbers_nothing_is_done(sstp):
    code, said = in_new_network([sys.executable, REPO / "tests/e2e/seccomp.py", "getrandom", "EPERM", sstp, *PROXY],
                                before="mount -t tmpfs tmpfs /dev")
    assert code in (1, 2) and "random numbers" in said, said


# ---- the server, and the verbs that prepare one


@pytest.fixture
def serve(tmp_path, pki):
    (tmp_path / "users").write_text("ann * secret *\n")
    (tmp_path / "users").chmod(0o600)
    return ["serve", "--cert", pki.server.cert, "--key", pki.server.key, "--users", tmp_path / "users", "--ipv4-network",
            "10.9.0.0/24", "--workers", "2", "--leases", tmp_path / "leases", "--listen", "127.0.0.1:4443"]


def filtered(sstp, calls, error, argv, **more):
    return in_new_network([sys.executable, REPO / "tests/e2e/seccomp.py", calls, error, sstp, *argv], **more)


@pytest.mark.parametrize("error", ["ENOSYS", "EPERM"])
@pytest.mark.parametrize("calls, status, words", [
    ("ioctl", 11, "cannot make a TUN device: "),
    ("socket", 11, "netlink: "),
    ("epoll_create1", 1, "cannot start: "),
    ("eventfd2", 1, "cannot start: "),
    ("listen", 11, "cannot listen on 127.0.0.1:4443: "),
])
def test_a_system_call_refused_to_a_server_is_explained(sstp, serve, calls, status, words, error):
    code, said = filtered(sstp, calls, error, serve)
    last = said.splitlines()[-1]
    assert code == status, said
    assert words + os.strerror(getattr(errno, error)) in last
    assert ADVICE in last


@pytest.mark.parametrize("error", ["ENOSYS", "EPERM"])
@pytest.mark.parametrize("keys, what", [("apart", "key"), ("here", "helper")])
def test_a_server_without_processes_says_so(sstp, serve, keys, what, error):
    """Without `require` it goes on without them (test_sandbox.py)."""
    code, said = filtered(sstp, FORK, error, [*serve, "--keys", keys, "--sandbox", "require"])
    last = said.splitlines()[-1]
    assert code == 1
    assert f"--sandbox require: the {what} process cannot be started: " in last and ADVICE in last


def test_a_low_port_without_the_capability(sstp, serve):
    drop = ["setpriv", "--bounding-set", "-net_bind_service"]
    code, said = in_new_network([*drop, sstp, *serve[:-1], "127.0.0.1:443"])
    assert code == 11
    assert "cannot listen on 127.0.0.1:443: Permission denied: ports under 1024 need root or CAP_NET_BIND_SERVICE" in said


@pytest.mark.parametrize("error", ["ENOSYS", "EPERM"])
@pytest.mark.parametrize("calls", ["flock", "fsync", "rename,renameat,renameat2"])
@pytest.mark.parametrize("argv", [["passwd", "users", "bob"], ["passwd", "-d", "users", "ann"],
                                  ["cert", "--name", "a.example", "--out", "users", "--force"]],
                         ids=["passwd", "delete", "cert"])
def test_a_file_that_cannot_be_written_for_a_filter(sstp, tmp_path, argv, calls, error):
    """The file is unchanged, and no other file is left."""
    for name in ("users", "users.crt", "users.key"):
        (tmp_path / name).write_text("ann * secret *\n")
    code, said = filtered(sstp, calls, error, [tmp_path / w if w == "users" else w for w in argv])
    last = said.splitlines()[-1]
    assert code == 1, said
    assert f"{tmp_path}/users" in last and os.strerror(getattr(errno, error)) in last and ADVICE in last
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {
        name: "ann * secret *\n" for name in ("users", "users.crt", "users.key")}


@pytest.mark.parametrize("argv", [["passwd", "--pap-only", "users", "bob"], ["cert", "--name", "a.example", "--out", "new"]],
                         ids=["passwd", "cert"])
@pytest.mark.parametrize("error", ["ENOSYS", "EPERM"])
def test_random_numbers_come_from_the_device_where_the_call_is_refused(sstp, tmp_path, argv, error):
    code, said = filtered(sstp, "getrandom", error, [tmp_path / w if w in ("users", "new") else w for w in argv])
    assert code == 0, said


@pytest.mark.parametrize("argv", [["passwd", "--pap-only", "users", "bob"], ["cert", "--name", "a.example", "--out", "new"]],
                         ids=["passwd", "cert"])
def test_without_random_numbers_nothing_is_made(sstp, tmp_path, argv):
    code, said = filtered(sstp, "getrandom", "EPERM", [tmp_path / w if w in ("users", "new") else w for w in argv],
                          before="mount -t tmpfs tmpfs /dev")
    assert code == 1 and "random numbers" in said, said
    assert list(tmp_path.iterdir()) == []


# ---- another network namespace

OTHER = "unshare --net sleep 1000 & other=$!; while [ \"$(readlink /proc/$other/ns/net)\" = \"$(readlink /proc/$$/ns/net)\" ]; do :; done"


def into_another(argv, around=()):
    """argv's last word is the id of a process in another network namespace."""
    script = f'ip link set lo up; {OTHER}; trap "kill $other" EXIT; "$@" --netns $other'
    done = subprocess.run(["unshare", "--net", "--mount", "sh", "-ec", script, "sh", *around, *map(str, argv)],
                          capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL,
                          env={"PATH": os.environ["PATH"], "SSTP_PASSWORD": "secret"})
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("error, advice", [
    ("ENOSYS", "this process has a seccomp filter"),
    ("EPERM", "the capability CAP_SYS_ADMIN is needed (in a container: --cap-add SYS_ADMIN, which also makes the usual "
     "seccomp profile allow setns)"),
])
@pytest.mark.parametrize("verb", ["connect", "serve"])
def test_setns_that_is_refused_is_explained(sstp, serve, verb, error, advice):
    argv = serve if verb == "serve" else CONNECT
    code, said = into_another(argv, [sys.executable, REPO / "tests/e2e/seccomp.py", "setns", error, sstp])
    assert code == 11, said
    assert re.search(rf"^error: --netns \d+: it cannot be entered: {os.strerror(getattr(errno, error))}: {re.escape(advice)}",
                     said, re.M), said


@pytest.mark.parametrize("capability", ["sys_ptrace", "sys_admin"])
def test_a_capability_that_another_namespace_needs_is_named(sstp, capability):
    code, said = into_another(CONNECT, ["setpriv", "--bounding-set", f"-{capability}", "--inh-caps", f"-{capability}", sstp])
    assert code == 11, said
    assert f"the capability CAP_{capability.upper()} is needed (in a container: --cap-add {capability.upper()}" in said


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


@pytest.mark.parametrize("verb", ["connect", "run", "serve"])
def test_a_tun_device_that_a_device_cgroup_refuses(sstp, serve, verb):
    before = "mount -t tmpfs -o dev tmpfs /dev; mkdir /dev/net; mknod -m 666 /dev/net/tun c 10 200; mknod -m 666 /dev/null c 1 3"
    argv = {"connect": CONNECT, "run": RUN, "serve": serve}[verb]
    code, said = filtered(sstp, "open_device", "EPERM", argv, before=before)
    assert code == 11, said
    assert ("Operation not permitted: this container is not allowed to use the device; --device /dev/net/tun allows it"
            in said.splitlines()[-1])


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
