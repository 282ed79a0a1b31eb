# SPDX-License-Identifier: GPL-3.0-or-later
"""What supervisors and container runtimes see: sstp healthcheck, sd_notify, and sstp as process 1."""
import contextlib
import json
import os
import re
import shutil
import signal
import socket
from pathlib import Path

import pytest

from lab import GATEWAY, LIBC, PATIENCE, SERVER, SILENT, SSTP, eventually, last_lines, on_a_terminal

STRANGER = 54321  # an unused user id
SILENT_SERVER = SILENT.removesuffix(".0") + ".7"
PRETENDER = r"""
import socket
s = socket.socket(socket.AF_UNIX)
s.bind("\0sstp/health/0")
s.listen()
print("listening", flush=True)
while True:
    c = s.accept()[0]
    c.sendall(b"up sstp9\n")
    c.close()
"""


def healthcheck(lab, host, *options, user=None):
    """Returns its exit status and its line."""
    become = ["setpriv", "--reuid", user, "--clear-groups"] if user else []
    program = shutil.copy(lab.sstp, host.run_folder / "program")  # where every user can get at it
    done = host.run(*become, f"/run/{program.name}", "healthcheck", *options, check=False)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) == 1 or (len(lines) == 2 and lines[1].startswith("last error: ") and done.returncode == 1)
    return done.returncode, lines[0]


# ---- sstp healthcheck


def test_without_a_running_sstp_it_says_so(lab):
    assert healthcheck(lab, lab.client) == (1, "down: no sstp runs in this network namespace")
    assert healthcheck(lab, lab.client, "--interface", "vpn") == (1, "down vpn: no sstp in this network namespace has this tunnel")


def test_it_follows_the_tunnel(lab, both):
    server = lab.serve()
    assert healthcheck(lab, lab.server) == (0, "up sstp0")
    client = lab.connect()
    assert healthcheck(lab, lab.client) == (0, "up sstp0")
    server.kill()
    client.wait_for("next try")
    eventually("the client has no server", lambda: healthcheck(lab, lab.client) ==
               (1, "down sstp0: no connection to the server"))
    said = lab.client.run(lab.sstp, "healthcheck", check=False).stdout
    assert re.search("^last error: 192.0.2.1:443: connection refused$", said, re.M), said
    lab.serve()
    client.wait_for("^connected in ", count=2)
    assert healthcheck(lab, lab.client) == (0, "up sstp0")
    assert client.stop() == 0
    assert healthcheck(lab, lab.client)[0] == 1


def test_a_client_that_never_was_up(lab):
    lab.connect("--keep-trying", to=SILENT_SERVER, wait=False).wait_for("^connecting to ")
    eventually("it is asked", lambda: healthcheck(lab, lab.client) == (1, "down sstp0: connecting"))


def test_of_several_all_must_be_up_or_the_one_that_is_named(lab):
    lab.serve()
    lab.connect("--interface", "vpn", "--no-default-route")
    lab.connect("--interface", "vpn2", "--no-default-route", user="bob", password="builder")
    assert healthcheck(lab, lab.client) == (0, "up: 2 tunnels")
    lab.connect("--interface", "other", "--keep-trying", "--no-default-route", to=SILENT_SERVER,
                wait=False).wait_for("^connecting to ")
    eventually("it is asked", lambda: healthcheck(lab, lab.client, "-i", "other") == (1, "down other: connecting"))
    assert healthcheck(lab, lab.client) == (1, "down other: connecting")
    assert healthcheck(lab, lab.client, "-i", "vpn") == (0, "up vpn")
    assert healthcheck(lab, lab.client, "-i", "vp") == (1, "down vp: no sstp in this network namespace has this tunnel")


def test_a_client_that_hangs_is_detected(lab):
    server = lab.serve()
    server.send(signal.SIGSTOP)
    try:
        assert healthcheck(lab, lab.server) == (1, "down: a program does not answer")
    finally:
        server.send(signal.SIGCONT)


@contextlib.contextmanager
def one_thread_stopped(program, name):
    """Stops one thread, like a debugger; the others keep running."""
    seize, interrupt, detach, any_child = 0x4206, 0x4207, 17, 0x40000000
    # it names itself, a moment after its start
    thread = eventually(f"the thread {name} runs", lambda: [
        int(t.parent.name) for t in Path(f"/proc/{program.pid}/task").glob("*/comm") if t.read_text() == f"{name}\n"])[0]
    assert LIBC.ptrace(seize, thread, None, None) == 0
    assert LIBC.ptrace(interrupt, thread, None, None) == 0
    os.waitpid(thread, any_child)
    try:
        yield
    finally:
        LIBC.ptrace(detach, thread, None, None)


def test_a_worker_that_hangs_is_detected(lab, both):
    server = lab.serve("--workers", "2")
    with one_thread_stopped(server, "worker 1"):
        server.wait_for("^error: worker 1 does not respond$")
        assert healthcheck(lab, lab.server) == (1, "down sstp0: a worker does not respond")
    server.wait_for("^all workers respond again$")
    assert healthcheck(lab, lab.server) == (0, "up sstp0")


def test_any_user_may_ask_and_root_trusts_every_users_sstp(lab):
    lab.serve()
    assert healthcheck(lab, lab.server, user=STRANGER) == (0, "up sstp0")
    pretender = lab.start(lab.client, "setpriv", "--reuid", STRANGER, "--clear-groups", "/usr/bin/python3", "-c",
                          PRETENDER, label="pretender")
    pretender.wait_for("listening")
    assert healthcheck(lab, lab.client) == (0, "up sstp9")
    assert healthcheck(lab, lab.client, user=STRANGER) == (0, "up sstp9")
    assert healthcheck(lab, lab.client, user=STRANGER + 1) == \
        (1, "down: no sstp of this user's or root's runs in this network namespace")
    pretender.kill()


# ---- sd_notify


class Manager:
    """A service manager's socket, in a file or (with an @) in the abstract of a host's network namespace."""

    def __init__(self, host, name):
        self.name, self.received = name, []
        self.socket = host.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name.replace("@", "\0"))

    def gets(self, word):
        """Waits for a message that has this line; returns all lines since the last wait."""
        lines = []
        while word not in lines:
            lines += self.socket.recv(4096).decode().splitlines()
        return lines


@pytest.mark.parametrize("kind", ["a path", "an abstract name"])
def test_a_service_manager_gets_the_state_of_a_client(lab, both, kind):
    manager = Manager(lab.client, f"{lab.folder}/notify" if kind == "a path" else "@manager")
    server = lab.serve()
    client = lab.connect(env={"NOTIFY_SOCKET": manager.name})
    assert "READY=1" not in manager.gets("STATUS=down sstp0: connecting")
    assert manager.gets("STATUS=up sstp0") == ["READY=1", "STATUS=up sstp0"]
    server.kill()
    manager.gets("STATUS=down sstp0: no connection to the server")
    lab.serve()
    manager.gets("STATUS=up sstp0")
    client.send(signal.SIGTERM)
    manager.gets("STOPPING=1")
    assert client.wait() == 0
    manager.socket.close()


def test_a_service_manager_gets_the_state_of_a_server(lab):
    manager = Manager(lab.server, f"{lab.folder}/notify")
    server = lab.serve(env={"NOTIFY_SOCKET": manager.name})
    assert manager.gets("STATUS=up sstp0")[-2:] == ["READY=1", "STATUS=up sstp0"]
    server.send(signal.SIGHUP)
    reload = manager.gets("READY=1")
    assert reload[0] == "RELOADING=1" and re.fullmatch(r"MONOTONIC_USEC=\d+", reload[1]) and len(reload) == 3
    server.send(signal.SIGTERM)
    manager.gets("STOPPING=1")
    assert server.wait() == 0
    manager.socket.close()


def fill(address):
    """Puts messages into a manager's socket until the kernel takes no more."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                sender.sendto(b"STATUS=of another", address)


def test_a_service_manager_that_was_busy_gets_the_state_later(lab):
    """Its socket is full while client and server come up: they notify it when there is room."""
    managers = [Manager(host, f"{lab.folder}/notify-{host.name}") for host in (lab.server, lab.client)]
    for manager in managers:
        fill(manager.name)
    server = lab.serve(env={"NOTIFY_SOCKET": managers[0].name})
    client = lab.connect(env={"NOTIFY_SOCKET": managers[1].name})
    server.send(signal.SIGHUP)
    server.wait_for("^reloaded ", count=2)
    for manager in managers:
        manager.gets("READY=1")
    managers[0].gets("RELOADING=1")
    managers[0].gets("READY=1")
    assert client.stop() == 0 and server.stop() == 0
    for manager in managers:
        manager.socket.close()


def test_a_script_cannot_notify_the_service_manager(lab):
    """The variable is not passed to the programs that we run."""
    manager = Manager(lab.client, f"{lab.folder}/notify")
    script = lab.file("script", '#!/bin/sh\necho "script: ${NOTIFY_SOCKET-nobody}"\n', mode=0o700)
    lab.serve()
    lab.connect("--script", script, env={"NOTIFY_SOCKET": manager.name}).wait_for("script: nobody")
    manager.socket.close()


# ---- process 1


PROCESS_1 = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


def process1_of(program):
    """Its process id in our namespace, once it has executed the program."""
    children = Path(f"/proc/{program.pid}/task/{program.pid}/children")
    pid = int(eventually("there is a process 1", children.read_text))
    eventually("it is sstp", lambda: os.path.basename(os.readlink(f"/proc/{pid}/exe")) == os.path.basename(SSTP))
    return pid


def start_as_process1(lab, host, *argv, **more):
    program = lab.start(host, *PROCESS_1, SSTP, *argv, label=argv[0], **more)
    return program, process1_of(program)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_process_1_ends_in_order(lab, number):
    server, server_pid = start_as_process1(
        lab, lab.server, "serve", "--cert", lab.pki.server.cert, "--key", lab.pki.server.key, "--users",
        lab.file("users", "ann * wonderland *\n"), "--ipv4-network", "10.9.0.0/24")
    server.wait_for("^ready: ")
    client, client_pid = start_as_process1(lab, lab.client, "connect", SERVER, "--user", "ann", "--servercert",
                                           lab.pki.server.pin, env={"SSTP_PASSWORD": "wonderland"})
    client.wait_for("^connected in ")
    os.kill(client_pid, number)
    assert client.wait() == 0
    assert last_lines(client.said) == ["disconnecting", "disconnected"]
    os.kill(server_pid, number)
    assert server.wait() == 0


def catches(pid, number):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^SigCgt:\s+(\w+)$", status, re.M).group(1), 16) >> number - 1 & 1


def test_process_1_can_be_interrupted_before_it_has_begun(lab):
    """No signal has a default action there: for other processes the kernel would do it."""
    probe, pid = start_as_process1(lab, lab.client, "probe", SILENT_SERVER)
    eventually("its first lines have run", lambda: catches(pid, signal.SIGINT))
    os.kill(pid, signal.SIGINT)
    assert probe.wait() == 128 + signal.SIGINT


def test_process_1_can_be_interrupted_while_it_asks_for_the_password(lab):
    status, _ = on_a_terminal(lab.client.words([*PROCESS_1, SSTP, "connect", SERVER, "-u", "ann"]),
                              [(b"Password of ann at 192.0.2.1: ", b"\x03")])
    assert status == 128 + signal.SIGINT


def orphans_of(pid):
    """Its children but those that are sstp: the helper, and who has the keys."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(p) for p in children if not Path(f"/proc/{p}/comm").read_text().startswith("sstp-")]


@pytest.mark.parametrize("verb", ["connect", "serve"])
def test_process_1_reaps_orphans(lab, verb):
    if verb == "serve":
        program, pid = start_as_process1(
            lab, lab.server, "serve", "--cert", lab.pki.server.cert, "--key", lab.pki.server.key, "--users",
            lab.file("users", "ann * wonderland *\n"), "--ipv4-network", "10.9.0.0/24")
        program.wait_for("^ready: ")
    else:
        program, pid = start_as_process1(lab, lab.client, "connect", SILENT_SERVER, "--user", "ann", "--keep-trying",
                                         env={"SSTP_PASSWORD": "wonderland"})
        program.wait_for("^connecting to ")
    lab.start(lab.client, "nsenter", "-t", pid, "-p", "sh", "-c", "sleep 600 &").wait()
    orphan, = eventually("the orphan comes to process 1", lambda: orphans_of(pid))
    os.kill(orphan, signal.SIGKILL)
    eventually("the orphan is reaped", lambda: not Path(f"/proc/{orphan}").exists())
    os.kill(pid, signal.SIGTERM)
    assert program.wait() == 0


def test_an_empty_read_only_root_is_enough(lab):
    """As in an image FROM scratch, started read-only: no /etc, /run, /tmp, no home."""
    root = lab.folder / "root"
    for folder in ("dev/net", "proc", "secret"):
        (root / folder).mkdir(parents=True)
    shutil.copy(SSTP, root / "sstp")
    (root / "dev/net/tun").touch()
    (root / "secret/password").write_text("wonder land\n")
    lab.serve("--dns", "10.9.0.53")
    client = lab.start(lab.client, "unshare", "--pid", "--mount", "--fork", "--kill-child", "sh", "-ec", f"""
        mount --bind {root} {root}
        mount -t proc proc {root}/proc
        mount --bind /dev/net/tun {root}/dev/net/tun
        mount -o remount,bind,ro {root}
        exec env -i SSTP_SERVER={SERVER} SSTP_USER=ann SSTP_PASSWORD_FILE=/secret/password \\
            SSTP_SERVERCERT={lab.pki.server.pin} SSTP_LOG_JSON=yes /usr/sbin/chroot {root} /sstp connect""", label="connect")
    client.wait_for("connected in ")
    lab.client.ping(GATEWAY)
    assert {json.loads(line)["level"] for line in client.log.splitlines()} == {"info", "warn"}
    assert lab.client.run("chroot", root, "/sstp", "healthcheck").stdout == "up sstp0\n"
    os.kill(process1_of(client), signal.SIGTERM)
    assert client.wait() == 0


@pytest.mark.slow
def test_a_server_that_acknowledges_nothing(lab):
    """healthcheck reports it, then the connection is closed, long before TCP or an SSTP echo would time out."""
    lab.is_changed = True
    lab.serve()
    client = lab.connect()
    lab.router.configure("route add blackhole 192.0.2.1/32\n")
    pinging = lab.start(lab.client, "ping", "-q", "-i", "0.2", "10.9.0.1", label="ping")
    eventually("health sees it", lambda: "no acknowledgement from the server for" in lab.client.run(
        lab.sstp, "healthcheck", check=False).stdout, seconds=60 + PATIENCE)
    client.wait_for(r"no acknowledgement from the server for \d+ s; next try in", seconds=60 + PATIENCE)
    lab.router.configure("route del blackhole 192.0.2.1/32\n")
    client.wait_for("^connected in ", count=2, seconds=60 + PATIENCE)
    pinging.kill()


@pytest.mark.slow
def test_a_client_that_acknowledges_nothing(lab):
    """The server ends its session, but not that of a client that is only stopped: its kernel acknowledges."""
    lab.is_changed = True
    server = lab.serve()
    ann = lab.connect("--no-default-route")
    bob = lab.connect("--no-default-route", host=lab.other, user="bob", password="builder")
    pings = [lab.start(lab.server, "ping", "-q", "-i", "0.2", address, label="ping") for address in ("10.9.0.2", "10.9.0.3")]
    bob.send(signal.SIGSTOP)
    lab.client.configure("link set cable down\n")
    ann.kill()
    server.wait_for(r"^session 1: ended after \d+ s, user \"ann\": no acknowledgement from the client for \d+ s;", seconds=60 + PATIENCE)
    bob.send(signal.SIGCONT)
    lab.other.ping_server()
    assert "session 2: ended" not in server.log
    for ping in pings:
        ping.kill()
