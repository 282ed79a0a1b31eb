# SPDX-License-Identifier: GPL-3.0-or-later
"""--sandbox: what is in force, what is left out where the system lacks or refuses it, and what an attacker cannot do.

The attacker is the program of `make back-door`: a thread of the process in the sandbox connects to this test, reads what to
try, and replies with the error. To add a verb, add a function that starts it to VERBS.
"""
import ctypes
import errno
import json
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from lab import NAME, PATIENCE, REPO, SERVER, eventually
from ordinary import USER, as_user, needs_user_namespaces, open_tun

LANDLOCK_CREATE_RULESET = 444
ALL_PARTS = "sandbox: on$"


def landlock_version():
    return ctypes.CDLL(None).syscall(LANDLOCK_CREATE_RULESET, None, 0, 1)


def lacking(lab, calls, error):
    """From now on sstp runs where these system calls fail."""
    lab.sstp = lab.file("sstp-that-lacks", f"#!/bin/sh\nexec {sys.executable} {REPO}/tests/e2e/seccomp.py {calls} {error} "
                                           f'{lab.sstp} "$@"\n', 0o755)


@pytest.fixture
def whole(lab):
    if landlock_version() < 6:
        pytest.skip("kernel: no Landlock 6")
    return lab


def test_probe_requires_it_and_has_it(whole):
    whole.serve()
    done = whole.probe("--sandbox", "require", "-v", to=NAME)
    assert done.returncode == 0
    assert re.search(ALL_PARTS, done.stderr, re.M)


@pytest.mark.parametrize("calls, error, words", [
    ("landlock_create_ruleset", "ENOSYS", "a list of files, a list of TCP ports, a scope of signals and sockets (this "
                                          "kernel's Landlock is missing or too old)"),
    ("landlock_create_ruleset", "EOPNOTSUPP", "a list of files, a list of TCP ports, a scope of signals and sockets "
                                              "(Landlock is disabled in this kernel)"),
    ("setresuid", "EPERM", "a user of its own (Operation not permitted)"),
    ("capset", "EPERM", "dropped capabilities (Operation not permitted)"),
])
def test_what_a_system_lacks_is_left_out_and_said(whole, calls, error, words):
    whole.serve()
    lacking(whole, calls, error)
    done = whole.probe("-v", to=NAME)
    assert done.returncode == 0
    assert f"debug: sandbox: on, but without {words}\n" in done.stderr
    done = whole.probe("--sandbox=require", to=NAME)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"sstp probe: --sandbox require: the sandbox is on, but without {words}\n"


def test_in_a_user_namespace_with_one_user(whole):
    """As in a rootless container: root there, and nobody else."""
    whole.serve()
    whole.sstp = whole.file("sstp-inside", f'#!/bin/sh\nexec unshare --user --map-root-user {whole.sstp} "$@"\n', 0o755)
    done = whole.probe("-v", to=NAME)
    assert done.returncode == 0
    assert ("debug: sandbox: on, but without a user of its own (user 65534 does not exist in this user namespace)\n"
            in done.stderr)


def test_off(lab):
    lab.serve()
    done = lab.probe("--sandbox", "off", "-v", to=NAME)
    assert done.returncode == 0
    assert "debug: sandbox: off\n" in done.stderr


def test_another_word(lab):
    done = lab.probe("--sandbox", "on")
    assert done.returncode == 2
    assert "must be auto, require or off" in done.stderr


# ---- what an attacker can do who has taken over the process that reads from the network

BACK_DOOR = REPO / "build/back-door/program"
SILENT = 4443  # a port of the server where nothing is ever said
ELSEWHERE = 4444
E = errno
CALLS = ("bpf", "perf_event_open", "keyctl", "userfaultfd", "finit_module", "kexec_load", "settimeofday", "pidfd_open",
         "io_uring_setup", "open_by_handle_at", "process_vm_writev", "setns", "pivot_root", "name_to_handle_at",
         "process_madvise", "swapon")


class Attacker:
    """A connection to the thread in the sandbox."""

    def __init__(self, connection):
        self.connection = connection
        self.connection.settimeout(PATIENCE)
        self.pid = int.from_bytes(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], sys.byteorder)

    def tries(self, words, dies=False):
        """The error of what it tried; 0: it succeeded."""
        self.connection.send(words.encode())
        try:
            reply = self.connection.recv(100)
        except ConnectionResetError:
            reply = b""
        assert reply or dies
        return int(reply or 0)


def start_probe(lab, words, options, env):
    """(program, what must stay open): it waits for the server."""
    listener = lab.server.listen(SERVER, SILENT)
    return lab.start(lab.client, *words, "probe", f"{SERVER}:{SILENT}", *options, label="probe", env=env), listener


def start_proxy(lab, words, options, env, command=()):
    lab.serve()
    program = lab.start(lab.client, *words, "proxy", SERVER, "-v", "--user", "ann", "--servercert", lab.pki.server.pin,
                        "--socks5", "1080", *options, *command, label="proxy", env={**env, "SSTP_PASSWORD": "wonder land"})
    program.wait_for("^connected in ")
    return program, None


def start_proxy_with_command(lab, words, options, env):
    return start_proxy(lab, words, options, env, ("--", "sleep", "1000"))


def start_connect(lab, words, options, env):
    lab.serve()
    to = ["--script-tun", "exec sleep 1000"] if len(words) > 1 else []  # an ordinary user makes no device
    program = lab.start(lab.client, *words, "connect", SERVER, "-v", "--user", "ann", "--servercert", lab.pki.server.pin,
                        *to, *options, label="connect", env={**env, "SSTP_PASSWORD": "wonder land"})
    program.wait_for("^connected in ")
    return program, None


def start_run(lab, words, options, env, command=("sleep", "1000")):
    lab.serve()
    if len(words) > 1:
        needs_user_namespaces()
        open_tun(lab.client)
    program = lab.start(lab.client, *words, "run", SERVER, "-v", "--user", "ann", "--servercert", lab.pki.server.pin, *options,
                        "--", *command, label="run", env={**env, "SSTP_PASSWORD": "wonder land"})
    program.wait_for("^connected in ")
    return program, None


def start_serve(lab, words, options, env):
    """Port 443 of the server is that of its web server."""
    listener = lab.server.listen(SERVER, 443)
    program = lab.start(lab.client, *words, "serve", "-v", "--cert", lab.pki.server.cert, "--key", lab.pki.server.key,
                        "--users", lab.file("users", "ann * wonderland *\n"), "--ipv4-network", "10.9.0.0/24",
                        "--web-backend", f"{SERVER}:443", *(options or ("--sandbox", "require")), label="serve", env=env)
    program.wait_for("^ready: ")
    return program, listener


# How to start it, and how many other processes it has: the helper, the supervisor of the command, that with the keys.
VERBS = {"probe": (start_probe, 0), "proxy": (start_proxy, 1), "proxy -- COMMAND": (start_proxy_with_command, 2),
         "connect": (start_connect, 1), "run": (start_run, 1), "serve": (start_serve, 2)}


@contextmanager
def the_door(lab):
    """Where the attacker connects to."""
    door = lab.client.run_folder / "door"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(door))
        door.chmod(0o777)
        listener.listen()
        listener.settimeout(PATIENCE)
        yield listener
    door.unlink()


@contextmanager
def taken_over(lab, verb, user, *options):
    """(attacker, program): the attacker is in the process of that verb, started by that user."""
    if not BACK_DOOR.exists():
        pytest.fail(f"{BACK_DOOR} is missing: make back-door")
    shutil.copy(BACK_DOOR, lab.client.run_folder / "program")  # which every user may read
    with the_door(lab) as listener:
        words = [*(as_user() if user else []), "/run/program"]
        program, kept = VERBS[verb][0](lab, words, options, {"BACK_DOOR": "/run/door"})
        connection, _ = listener.accept()
        with connection:
            yield Attacker(connection), program
        program.kill()  # its end is not what this is about
        if kept:
            kept.close()


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(word) for word in f.read().split()]


ACTIONS = {  # attack: its words
    "load a kernel module": "module", "mount /tmp": "mount /tmp", "chroot /tmp": "chroot /tmp", "execute a program": "exec",
    "start a process": "fork", "make a namespace": "namespace", "become another user": "setuid", "set capabilities": "capset",
    "become dumpable": "dumpable",
}


def attacks(secret, parent, helpers):
    """(what, words, errors): each must fail with one of these errors."""
    yield "read the file of a key", f"read {secret}", {E.EACCES}
    yield "read the shadow file", "read /etc/shadow", {E.EACCES}
    yield "read /dev/mem", "read /dev/mem", {E.EACCES, E.ENOENT}
    yield "open /dev/net/tun", "read /dev/net/tun", {E.EACCES, E.ENOENT}
    yield "write its own memory through /proc", "write /proc/self/mem", {E.EACCES}
    yield "open a folder", "read /", {E.EACCES}
    yield "make a file in /tmp", "write /tmp/sstp-attack", {E.EACCES}
    yield "make a file in /run", "write /run/sstp-attack", {E.EACCES}
    yield "remove a file", f"remove {secret}", {E.EACCES, E.EPERM}
    yield "change a file's mode", f"chmod {secret}", {E.EPERM}
    yield "connect to another TCP port", f"connect {SERVER} {ELSEWHERE}", {E.EACCES}
    yield "listen on a TCP port", "listen 5555", {E.EACCES}
    yield "connect to an abstract socket of another process", "abstract sstp-test", {E.EACCES}
    yield "connect a new socket to a D-Bus", "unix /run/bus stream", {E.EACCES}
    yield "connect a new socket to a datagram socket with a path", "unix /run/datagrams datagram", {E.EACCES}
    yield "connect one socket of a new pair to a D-Bus", "pair /run/bus stream", {E.EISCONN, E.EACCES}
    yield "connect one socket of a new pair to a datagram socket with a path", "pair /run/datagrams datagram", {E.EACCES}
    yield "connect an open socket to a D-Bus", "own /run/bus", {E.EISCONN}
    yield "connect an open socket to a datagram socket with a path", "own /run/datagrams", {E.EISCONN}
    yield "write to an open file", "writable", {E.EBADF}
    yield "make a packet socket", "socket 17 768", {E.EACCES}
    yield "make a raw socket", "socket 2 1", {E.EPERM}
    yield "add a route", "route", {E.EPERM}
    for what, words in ACTIONS.items():
        yield what, words, {E.EPERM}
    yield "execute code in writable memory", "code", {E.EACCES}
    for name, pid in [("the parent", parent)] + [("the helper", pid) for pid in helpers]:
        yield f"trace {name}", f"ptrace {pid}", {E.EPERM}
        yield f"read the memory of {name}", f"memory {pid}", {E.EPERM}
        yield f"read the memory of {name} through /proc", f"read /proc/{pid}/mem", {E.EACCES}
        yield f"read the environment of {name}", f"read /proc/{pid}/environ", {E.EACCES}
        yield f"send a signal to {name}", f"kill {pid} 0", {E.EPERM}
        yield f"kill {name}", f"kill {pid} 9", {E.EPERM}
        yield f"change the limits of {name}", f"prlimit {pid}", {E.EPERM}
    for name in CALLS:
        yield name, f"call {name}", {E.EPERM, E.ENOSYS}


@contextmanager
def sockets_of_others(lab):
    """A bus, which accepts connections, and a socket for datagrams; everybody may connect to them."""
    with ExitStack() as stack:
        for name, kind in ("bus", socket.SOCK_STREAM), ("datagrams", socket.SOCK_DGRAM):
            path = lab.client.run_folder / name
            listener = stack.enter_context(socket.socket(socket.AF_UNIX, kind))
            listener.bind(str(path))
            path.chmod(0o777)
            if kind == socket.SOCK_STREAM:
                listener.listen(100)
        yield


@pytest.mark.parametrize("verb, user", [(verb, user) for verb in VERBS for user in (0, USER)
                                        if (verb, user) != ("serve", USER)])  # who may not make a device
def test_what_an_attacker_cannot_do(whole, verb, user):
    secret = whole.client.run_folder / "key"
    secret.write_text("secret")
    os.chmod(secret, 0o600)
    os.chown(secret, user, user)
    pids = whole.client.run_folder / "pids"  # where every user may write
    pids.mkdir()
    pids.chmod(0o777)
    pid_file = [] if verb in ("probe", "run") else ["--pid-file", f"/run/pids/{user}"]
    options = ["--sandbox", "require", *pid_file]
    with whole.client.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other, sockets_of_others(whole), \
            taken_over(whole, verb, user, *options) as (attacker, program):
        other.bind("\0sstp-test")
        other.listen()
        helpers = children(attacker.pid)
        failed = [(what, errno.errorcode.get(error, error))
                  for what, words, errors in attacks("/run/key", os.getpid(), helpers)
                  if (error := attacker.tries(words)) not in errors]
        assert failed == []
        # what it needs, it still has
        assert attacker.tries("read /etc/hosts") == 0
        assert attacker.tries("read /etc/resolv.conf") == 0
        assert attacker.tries(f"connect {SERVER} {SILENT if verb == 'probe' else 443}") == 0
        assert program.status is None
        assert children(attacker.pid) == helpers
        assert len(helpers) == VERBS[verb][1]


@pytest.mark.parametrize("verb", VERBS)
def test_no_process_stays_when_its_sockets_do(whole, verb):
    """An attacker can put copies of all sockets where they stay open after the end of the process, but not leave the keys there."""
    with taken_over(whole, verb, 0) as (attacker, _):
        others = children(attacker.pid)
        assert len(others) == VERBS[verb][1]
        attacker.connection.send(b"leave")
        for pid in others:
            eventually("it has ended", lambda pid=pid: not os.path.exists(f"/proc/{pid}/exe"))


def replace(path, text):
    new = path.with_name("new")
    new.write_text(text)
    new.rename(path)


@contextmanager
def linked_resolv_conf(lab):
    """By two links; gives the second one and the file."""
    link, file = (lab.client.run_folder / name / "resolv.conf" for name in ("one", "two"))
    text = lab.client.resolv_conf.read_text()
    for path in link, file:
        path.parent.mkdir()
    file.write_text(text)
    link.symlink_to("../two/resolv.conf")
    lab.client.resolv_conf.unlink()
    lab.client.resolv_conf.symlink_to("/run/one/resolv.conf")
    try:
        yield link, file
    finally:
        lab.client.resolv_conf.unlink()
        lab.client.resolv_conf.write_text(text)


@pytest.mark.parametrize("verb", VERBS)
def test_name_servers_in_an_unusual_place(whole, verb):
    """A new file there can be read, and a file in the place of a link; else no server would be found after the host has moved."""
    with linked_resolv_conf(whole) as (link, file), taken_over(whole, verb, 0, "--sandbox", "require") as (attacker, _):
        text = file.read_text()
        (file.parent / "secret").write_text("secret")
        (file.parent / "secret").chmod(0o600)
        assert attacker.tries("read /etc/resolv.conf") == 0
        replace(file, text)
        assert attacker.tries("read /etc/resolv.conf") == 0
        assert attacker.tries("read /run/two/secret") == E.EACCES
        replace(link, text)
        assert attacker.tries("read /etc/resolv.conf") == 0


@pytest.mark.parametrize("verb", VERBS)
def test_the_same_attacks_succeed_without_a_sandbox(whole, verb):
    """Or else the test above would show nothing."""
    with sockets_of_others(whole), taken_over(whole, verb, 0, "--sandbox", "off") as (attacker, _):
        for words in ("read /etc/shadow", "read /", "fork", "code", "listen 5555", "dumpable", "setuid",
                      f"kill {os.getpid()} 0", "socket 17 768", "route", "unix /run/bus stream",
                      "unix /run/datagrams datagram", "pair /run/datagrams datagram"):
            assert (words, attacker.tries(words)) == (words, 0)
    whole.client.ip("route del 203.0.113.0/24 dev lo")


# ---- the lock of --lockdown, which only the user ends

RESTORE, CLOSE, ASKED = "ask 807", "ask 808 01", "ask 80d"  # questions to the helper: client/host_service.h


@pytest.fixture
def unlocked(whole):
    """Removes the lock at the end, when the helper has released it."""
    whole.is_changed = True
    yield whole
    eventually("unlocked", lambda: whole.client.run(whole.sstp, "unlock", check=False).returncode == 0)


def is_locked(lab):
    return "sstp_lockdown" in lab.client.run("nft", "list", "ruleset").stdout


def test_an_attacker_cannot_end_the_lock(unlocked):
    """Neither by the questions of an orderly end, nor by a signal of its own."""
    with taken_over(unlocked, "connect", 0, "--lockdown") as (attacker, program):
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP):
            assert attacker.tries(f"kill {attacker.pid} {int(number)}") == E.EPERM
        assert attacker.tries(ASKED) == E.EPERM
        assert (attacker.tries(RESTORE), attacker.tries(CLOSE)) == (0, 0)
        program.wait_for("this network stays locked")
        assert is_locked(unlocked)
        attacker.tries(f"kill {attacker.pid} {int(signal.SIGKILL)}", dies=True)
        program.wait()
    assert is_locked(unlocked)


def test_the_same_signal_ends_the_lock_without_a_sandbox(unlocked):
    """Or else the test above would show nothing; that of a user does so with a sandbox too: test_lockdown.py."""
    with taken_over(unlocked, "connect", 0, "--lockdown", "--sandbox", "off") as (attacker, program):
        assert is_locked(unlocked)
        attacker.tries(f"kill {attacker.pid} {int(signal.SIGTERM)}", dies=True)
        assert program.wait() == 0
    assert not is_locked(unlocked)


# ---- files that the helper of `serve` opens


def opens(path):
    """A question to the helper: proc/helper_files.h."""
    return f"ask 102 00{path.encode().hex()}"


def test_which_files_the_helper_of_serve_opens(whole):
    """No word of the settings or of the user file, but what an option or a user's secret names as a file to be read now."""
    folder = whole.client.run_folder

    def put(name, text):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
        return f"/run/{name}"

    names = ("plain", "commented", "named", "pushed", "password", "user", "second", "limit", "secret", "quoted secret",
             "new.pem", "new.p12", "new.key", "ca.pem", "filters", "key password")
    plain, commented, named, pushed, password, user, second, limit, secret, quoted, pem, p12, key, ca, filters, once = (
        put(name, "secret\n") for name in names)
    put("new.p12", "\x30\x82")
    (folder / "users.d").mkdir()
    put("users.d/eve.conf", f"password = @{secret}\n")
    config = put("serve.conf", f"name = {named}\n# {commented} cert = {commented}\n"
                 f"push-domain = a.example\nusers-dir = /run/users.d\n")
    with taken_over(whole, "serve", 0, "--sandbox", "require", "--config", config, "--key-password-file",
                    once) as (attacker, program):
        put("serve.conf", (folder / "serve.conf").read_text() +
            f"push-domain = {pushed}\ncert = {pem}\ncert = {p12}\nkey = {key}\nclient-ca = {ca}\n"
            f"filters = {filters}\n")
        put("users.d/dan.conf", f"password = {password}\nserver = {second}\n# @{plain}\n")
        put("users.d/fay.conf", f"password = @{quoted}\nserver = @{user}\nfilter = @{limit}\n")
        allowed = {path for path in (plain, commented, named, pushed, password, user, second, limit, secret, quoted, pem,
                                     p12, key, ca, filters, once, "/run/none", "/etc/shadow")
                   if attacker.tries(opens(path)) != E.EACCES}
        assert allowed == {secret, quoted}
        assert program.status is None


@pytest.mark.parametrize("verb", ["connect", "proxy"])
def test_which_files_the_helper_of_a_client_opens(whole, verb):
    """Authorities, for the next connection; no private key and no password, which were read once."""
    folder, identity = whole.client.run_folder, whole.pki.server
    sources = {"ca.pem": whole.pki.ca, "cert.pem": identity.cert, "key.pem": identity.key}
    for name, source in sources.items():
        shutil.copy(source, folder / name)
    (folder / "key-password").write_text("not needed\n")
    (folder / "password").write_text("wonder land\n")
    (folder / "client.conf").write_text("no-ipv6 = yes\n")
    names = (*sources, "key-password", "password", "client.conf")
    options = ["--config", "/run/client.conf", "--password-file", "/run/password", "--auth", "mschapv2,eap-tls",
               "--eap-name", NAME, "--eap-ca", "/run/ca.pem", "--client-cert", "/run/cert.pem", "--client-key", "/run/key.pem",
               "--client-key-password-file", "/run/key-password"]
    with taken_over(whole, verb, 0, *options) as (attacker, program):
        opened = {name for name in (*names, "none") if attacker.tries(opens(f"/run/{name}")) != E.EACCES}
        assert opened == {"ca.pem"}
        # options of sockets, without one: in connect only the service that knows the user's values sets them
        assert attacker.tries("ask a01 000200010000") == (E.ENOSYS if verb == "connect" else E.EBADMSG)
        assert program.status is None


def test_the_program_has_no_back_door(lab):
    """Neither that, nor the trap of tools/syscalls."""
    words = (b"BACK_DOOR", b"SYSCALL_LOG")
    assert all(word not in (REPO / "sstp").read_bytes() for word in words)
    assert words[0] in BACK_DOOR.read_bytes()


def status_of(lab, program):
    found = lab.client.run(lab.sstp, "status", "--json")
    return next(o for o in map(json.loads, found.stdout.splitlines()) if o["pid"] == program.pid)


def test_status(whole):
    program, _ = start_proxy(whole, [whole.sstp], [], {})
    everything = {part: True for part in ("memory", "no_new_privs", "user", "capabilities", "files", "tcp", "scopes",
                                          "system_calls")}
    assert status_of(whole, program)["sandbox"] == {"mode": "auto", "state": "on", **everything}
    assert re.search(r"^  sandbox: on$", whole.client.run(whole.sstp, "status").stdout, re.M)


def test_status_of_a_part_that_is_missing(whole):
    plain = whole.sstp
    whole.serve()
    lacking(whole, "landlock_create_ruleset", "ENOSYS")
    whole.serve = lambda: None
    program, _ = start_proxy(whole, [whole.sstp], [], {})
    whole.sstp = plain
    sandbox = status_of(whole, program)["sandbox"]
    assert (sandbox["state"], sandbox["files"], sandbox["system_calls"]) == ("partial", False, True)
    assert re.search(r"^  sandbox: on, but without a list of files, .*too old\)$",
                     whole.client.run(whole.sstp, "status").stdout, re.M)


def test_an_address_with_a_device(whole):
    """The index of the device is found in the sandbox: at a reload, and by a client."""
    at = ["fe80::7/64", "dev", "cable"]
    whole.server.run("ip", "addr", "add", *at, "nodad")
    server = whole.serve("--config", whole.file("listen.conf", "listen = [fe80::7%cable]:443\n"))
    server.send(signal.SIGHUP)
    server.wait_for("^reloaded .*: 2 users$")
    assert "the settings are unchanged" not in server.log
    for to in "fe80::7%cable", "[fe80::7%cable]:443":
        done = whole.probe(host=whole.server, to=to, trust=["--servercert", whole.pki.server.pin])
        assert done.returncode == 0, done.stderr
    assert server.stop() == 0
    whole.server.run("ip", "addr", "del", *at)


def test_serve(whole):
    """All that needs the rights of the start works under it."""
    whole.server.sysctl("net.ipv4.ip_forward", 1)
    server = whole.serve("--sandbox=require", "--host-routes", "--pid-file", "/run/serve.pid")
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{server.pid}/status").read_text().splitlines() if ":\t" in line)
    assert status["Uid"] == "65534\t65534\t65534\t65534"
    assert [status[name] for name in ("CapEff", "CapBnd", "NoNewPrivs", "Seccomp")] == [16 * "0", 16 * "0", "1", "2"]
    shown = json.loads(whole.server.run(whole.sstp, "status", "--json").stdout)["sandbox"]
    assert (shown["mode"], shown["state"]) == ("require", "on")
    client = whole.connect("--no-dns")
    whole.client.ping_server()
    eventually("the route is made", lambda: "10.9.0.2" in [route["dst"] for route in whole.server.ip("route show dev sstp0")])
    server.users.write_text(server.users.read_text() + "carl * builder *\n")
    server.wait_for("^reloaded .*: 3 users$")
    assert client.stop() == 0
    eventually("the route is removed", lambda: "10.9.0.2" not in [route["dst"] for route in whole.server.ip("route show dev sstp0")])
    folder = whole.server.run_folder
    assert server.stop() == 0
    assert not (folder / "serve.pid").exists() and not (folder / "sstp/serve.sock").exists()


@pytest.mark.parametrize("calls, error, words", [("processes", "EAGAIN", "Resource temporarily unavailable"),
                                                 ("socketpair", "EPERM", "Operation not permitted")])
def test_serve_where_no_helper_can_be_started(whole, calls, error, words):
    """It goes on without a sandbox, and does all itself; with `require` that is an error."""
    plain, folder = whole.sstp, whole.server.run_folder
    lacking(whole, calls, error)
    whole.server.sysctl("net.ipv4.ip_forward", 1)
    server = whole.serve("--host-routes", "--pid-file", "/run/serve.pid")
    server.wait_for(f"^warn: the private keys stay in this process: no other can be started: {words}")
    server.wait_for(f"^warn: there is no sandbox: the helper process cannot be started: {words}")
    assert not server.children()
    shown = json.loads(whole.server.run(plain, "status", "--json").stdout)["sandbox"]
    assert (shown["mode"], shown["state"]) == ("off", "off")
    whole.sstp = plain
    client = whole.connect("--no-dns")
    whole.client.ping_server()
    assert "10.9.0.2" in [route["dst"] for route in whole.server.ip("route show dev sstp0")]
    server.users.write_text(server.users.read_text() + "carl * builder *\n")
    server.wait_for("^reloaded .*: 3 users$")
    assert client.stop() == 0
    assert server.stop() == 0
    assert not (folder / "serve.pid").exists() and not (folder / "sstp/serve.sock").exists()
    for options in ([], ["--keys", "here"]):
        lacking(whole, calls, error)
        failed = whole.serve("--sandbox", "require", *options, wait=False)
        whole.sstp = plain
        assert failed.wait() == 1
        assert f"--sandbox require: the {'helper' if options else 'key'} process cannot be started: {words}" in failed.said


def test_the_script_of_sessions_has_the_rights_of_the_start(whole):
    """What the process in the sandbox cannot do: a rule of nf_tables, an address, a file."""
    script = whole.file("session.sh", """#!/bin/sh
[ $REASON = connect ] || exec nft delete table inet sstp-test
nft add table inet sstp-test && nft add set inet sstp-test clients '{ type ipv4_addr; }' &&
    nft add element inet sstp-test clients "{ $IP_REMOTE }" && ip address add 198.51.100.7/32 dev $DEVICE &&
    cat /proc/self/status >/run/status
""", 0o755)
    whole.serve("--sandbox=require", "--session-script", script)
    shown = json.loads(whole.server.run(whole.sstp, "status", "--json").stdout)["sandbox"]
    assert (shown["mode"], shown["state"]) == ("require", "on")
    client = whole.connect("--no-dns")
    assert "10.9.0.2" in whole.server.run("nft", "list", "table", "inet", "sstp-test").stdout
    assert "198.51.100.7" in whole.server.run("ip", "address", "show", "dev", "sstp0").stdout
    status = (whole.server.run_folder / "status").read_text()
    for line in ("Uid:\t0\t0\t0\t0", "NoNewPrivs:\t0", "Seccomp:\t0"):
        assert f"\n{line}\n" in status
    assert client.stop() == 0
    eventually("its end has run", lambda: "sstp-test" not in whole.server.run("nft", "list", "tables").stdout)


# ---- what an attacker can ask of the helper that runs the script of sessions

RUN_SCRIPT = "902"  # src/server/session_script_run.c
RUNS_MAX = 32  # at a time


def run_script(payload):
    return f"ask {RUN_SCRIPT} {payload.hex()}"


def facts(user, limit_ms=10000):
    """Of a login from nowhere: src/server/script_facts.c."""
    return struct.pack(">IQH", limit_ms, 7, len(user)) + user + bytes([3, 0, 0, 0, 0, 0, 0, 0, 0])


def test_what_an_attacker_can_have_the_script_do(whole):
    """Run, with a user's name of his choice; nothing else runs, no other variable is set, and he cannot touch it."""
    folder = whole.client.run_folder / "runs"
    folder.mkdir()
    command = "env >/run/runs/.$$ && mv /run/runs/.$$ /run/runs/$$; exec sleep 1000"
    with taken_over(whole, "serve", 0, "--sandbox", "require", "--session-script", command) as (attacker, program):
        others = children(attacker.pid)
        for payload, error in [(facts(b"ann") + b"LD_PRELOAD=/tmp/evil.so\0", E.EBADMSG),
                               (facts(b"ann\0LD_PRELOAD=/tmp/evil.so"), E.EBADMSG),
                               (facts(b"x" * 257)[:100], E.EBADMSG),
                               (facts(b"ann", limit_ms=0), E.EBADMSG),
                               (b"/bin/id", E.EBADMSG)]:
            assert (payload, attacker.tries(run_script(payload))) == (payload, error)
        assert attacker.tries(f"ask 901 {b'lo'.hex()}") == E.EPERM  # the device's name
        assert attacker.tries(f"ask 903 {b'/bin/id'.hex()}") == E.ENOSYS
        assert attacker.tries(f"ask 301 {b'id'.hex()}") == E.ENOSYS  # there is no --auth-command
        assert list(folder.iterdir()) == []
        assert attacker.tries(run_script(facts(b"ann\nLD_PRELOAD=/tmp/evil.so"))) == 0
        eventually("it runs", lambda: any(not f.name.startswith(".") for f in folder.iterdir()))
        (run,) = folder.iterdir()
        # empty for a moment, while sh becomes sleep
        text = eventually("it has variables", Path(f"/proc/{run.name}/environ").read_text)
        variables = [line.split("=")[0] for line in text.split("\0")]
        assert "USERNAME" in variables and "LD_PRELOAD" not in variables
        pid = run.name
        for words, error in [(f"kill {pid} 9", E.EPERM), (f"kill -{pid} 15", E.EPERM), (f"ptrace {pid}", E.EPERM),
                             (f"memory {pid}", E.EPERM), (f"prlimit {pid}", E.EPERM),
                             (f"read /proc/{pid}/environ", E.EACCES), (f"read /proc/{pid}/mem", E.EACCES)]:
            assert (words, attacker.tries(words)) == (words, error)
        helper, = (p for p in others if Path(f"/proc/{p}/comm").read_text() == "sstp-helper\n")
        for _ in range(100):  # each runs for 10 seconds: on a busy machine fewer than the limit may run at a time
            answer = attacker.tries(run_script(facts(b"bob")))
            assert answer in (0, E.EAGAIN) and len(children(helper)) <= RUNS_MAX
            if answer == E.EAGAIN:
                break
        assert children(attacker.pid) == others and program.status is None


def test_a_command_is_not_in_the_sandbox(whole):
    """It has the rights of the start, and so have the programs that it starts."""
    program, _ = start_proxy(whole, [whole.sstp], [], {}, ("--", "cat", "/proc/self/status"))
    assert program.wait() == 0
    for line in ("Uid:\t0\t0\t0\t0", "NoNewPrivs:\t0", "Seccomp:\t0"):
        assert f"\n{line}\n" in program.log
    assert re.search(r"^CapEff:\t[0-9a-f]*[1-9a-f]", program.log, re.M)


def test_a_command_ends_when_its_proxy_is_killed(whole):
    program, _ = start_proxy(whole, [whole.sstp], [], {}, ("--", "sh", "-c", "echo pid $$; exec sleep 1000"))
    program.wait_for(r"^pid \d+$")
    pid = re.search(r"^pid (\d+)$", program.log, re.M)[1]
    program.kill()
    eventually("the command has ended", lambda: not os.path.exists(f"/proc/{pid}/exe"))


def test_what_is_there_at_the_end_of_proxy(whole):
    """The control socket with its folder, and the pid file, are removed with the rights of the start."""
    folder = whole.client.run_folder
    program, _ = start_proxy(whole, [whole.sstp], ["--pid-file", "/run/proxy.pid"], {})
    assert (folder / "sstp/proxy.sock").exists() and (folder / "proxy.pid").exists()
    assert program.stop() == 0
    eventually("removed", lambda: not (folder / "sstp").exists() and not (folder / "proxy.pid").exists())


# ---- syslog

# A /dev of its own, whose log is in /run.
WITH_SYSLOG = """#!/bin/sh
exec unshare --mount sh -ec '
    mkdir -p /run/dev
    mount -t tmpfs tmpfs /run/dev
    mkdir /run/dev/net
    for device in null urandom net/tun; do
        touch /run/dev/$device
        mount --bind /dev/$device /run/dev/$device
    done
    ln -s /run/syslog /run/dev/log
    mount --move /run/dev /dev
    exec "$@"' sh /run/program "$@"
"""


class Syslog:
    """The daemon."""

    def __init__(self, lab):
        self.path = lab.client.run_folder / "syslog"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(PATIENCE)
        self.socket.bind(str(self.path))
        self.path.chmod(0o666)

    def wait_for(self, pattern):
        """Returns the process ID that the line is of."""
        while not (found := re.match(r"<\d+>.{15} sstp\[(\d+)\]: " + pattern, self.socket.recv(10000).decode())):
            pass
        return int(found[1])

    def close(self):
        self.socket.close()
        self.path.unlink()


def login_words(lab):
    return [SERVER, "--user", "ann", "--servercert", lab.pki.server.pin]


LOGGED = {  # (command line, what is logged when it works, the last line)
    "serve": (lambda lab: ["serve", "--cert", lab.pki.server.cert, "--key", lab.pki.server.key, "--users",
                           lab.file("users", "ann * wonderland *\n"), "--ipv4-network", "10.9.0.0/24"],
              "ready: ", "stopping"),
    "connect": (lambda lab: ["connect", *login_words(lab), "--no-default-route"], "connected in ", "disconnected"),
    "proxy": (lambda lab: ["proxy", *login_words(lab), "--socks5", "1080"], "connected in ", "disconnected"),
}


@pytest.mark.parametrize("verb", LOGGED)
def test_syslog(whole, verb):
    """The lines pass through the helper: a socket to a daemon for datagrams could be connected to another one."""
    shutil.copy(BACK_DOOR, whole.client.run_folder / "program")
    whole.sstp, plain = whole.file("sstp-with-syslog", WITH_SYSLOG, 0o755), whole.sstp
    line, works, last = LOGGED[verb]
    syslog = Syslog(whole)
    if verb != "serve":
        wrapped, whole.sstp = whole.sstp, plain
        whole.serve()
        whole.sstp = wrapped
    with sockets_of_others(whole), the_door(whole) as door:
        program = whole.start(whole.client, whole.sstp, *line(whole), "--sandbox", "require", "--syslog", label=verb,
                              env={"SSTP_PASSWORD": "wonder land", "BACK_DOOR": "/run/door"})
        attacker = Attacker(door.accept()[0])
        assert syslog.wait_for(works) == program.pid
        assert [attacker.tries(f"own /run/{name}") for name in ("bus", "datagrams")] == 2 * [E.EISCONN]
        syslog.close()
        program.send(signal.SIGUSR1)
        syslog = Syslog(whole)  # the daemon was restarted
        assert syslog.wait_for("status: ") == program.pid
        assert program.stop() == 0
        assert syslog.wait_for(last) == program.pid
        attacker.connection.close()
    syslog.close()


def test_syslog_after_a_terminal(whole):
    """In the background, the log continues in syslog when the terminal is closed."""
    shutil.copy(whole.sstp, whole.client.run_folder / "program")
    whole.serve()
    whole.sstp = whole.file("sstp-with-syslog", WITH_SYSLOG, 0o755)
    pid_file = whole.client.run_folder / "background.pid"
    syslog, (terminal, end) = Syslog(whole), os.openpty()
    words = whole.client.words([whole.sstp, *LOGGED["connect"][0](whole), "--sandbox", "require", "--background",
                                "--pid-file", "/run/background.pid"])
    started = subprocess.run(words, stdin=end, stdout=end, stderr=end, timeout=PATIENCE, check=False,
                             env={**os.environ, "SSTP_PASSWORD": "wonder land"})
    os.close(end)
    ready, _, _ = select.select([terminal], [], [], PATIENCE)
    said = os.read(terminal, 10000).decode() if ready else "nothing"
    os.close(terminal)
    assert started.returncode == 0, said
    pid = int(pid_file.read_text())
    try:
        os.kill(pid, signal.SIGUSR1)
        assert syslog.wait_for("status: ") == pid
    finally:
        os.kill(pid, signal.SIGTERM)
    assert syslog.wait_for("disconnected") == pid
    eventually("it has ended", lambda: not os.path.exists(f"/proc/{pid}/exe"))  # nobody may have waited for it
    eventually("its pid file is removed", lambda: not pid_file.exists())
    syslog.close()
