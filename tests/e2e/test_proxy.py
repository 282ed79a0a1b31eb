# SPDX-License-Identifier: GPL-3.0-or-later
"""`sstp proxy`: connections through its own TCP/IP stack, for a user without privileges.

What a relay must do for both ends: relay every byte, half-closes and resets, with limited memory. SOCKS5 and HTTP have
their own tests (test_proxy_front.py); this file tests -L and -R, and what all of them share.
"""
import fcntl
import hashlib
import os
import re
import signal
import socket
import struct
import threading
from contextlib import contextmanager, suppress

import pytest

from lab import GATEWAY, INSIDE, PATIENCE, SERVER, eventually, in_background
from ordinary import USER, Ordinary

HERE, THERE = 8080, 9000  # the forward's port, and the port of its target
MANY = 100
MEBIBYTE = 1 << 20
SIOCOUTQ = 0x5411
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends RST


def random_bytes(size):
    return os.urandom(MEBIBYTE) * (size // MEBIBYTE) if size >= MEBIBYTE else os.urandom(size)


def start_proxy(lab, *options, wait=True):
    """sstp proxy on the client host, as a user without privileges."""
    program = Ordinary(lab).start("proxy", *options)
    if wait:
        program.wait_for("^connected in ")
    return program


@pytest.fixture
def far(lab):
    """A server, and a route from there to the host inside and back."""
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    lab.program = lab.serve()
    listener = lab.inside.listen(INSIDE, THERE)
    yield listener
    listener.shutdown(socket.SHUT_RDWR)  # wakes up accept()
    listener.close()


def forward(to=INSIDE, port=THERE):
    return ["-L", f"{HERE}:{to}:{port}"]


@contextmanager
def both_ends(lab, listener, here=HERE):
    """A connection through the proxy: (the local client's socket, that of the server inside)."""
    client = lab.client.connect("127.0.0.1", here)
    server, _ = listener.accept()
    client.settimeout(PATIENCE)
    server.settimeout(PATIENCE)
    try:
        yield client, server
    finally:
        client.close()
        server.close()


def read_all(s):
    digest, size = hashlib.sha256(), 0
    while data := s.recv(MEBIBYTE):
        digest.update(data)
        size += len(data)
    return size, digest.hexdigest()


def send_all(s, data):
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)


def test_no_byte_is_lost_either_way(lab, both, far):
    start_proxy(lab, *forward())
    up, down = random_bytes(50 * MEBIBYTE), random_bytes(50 * MEBIBYTE)[1:]
    with both_ends(lab, far) as (client, server):
        work = [in_background(send_all, client, up), in_background(send_all, server, down)]
        at_server, at_client = in_background(read_all, server), in_background(read_all, client)
        assert at_server.result() == (len(up), hashlib.sha256(up).hexdigest())
        assert at_client.result() == (len(down), hashlib.sha256(down).hexdigest())
        for w in work:
            w.result()


def test_it_needs_and_changes_nothing(lab, far):
    """No device, no route, no privilege, no open file of the host; and it ends properly."""
    before = lab.client.state()
    program = start_proxy(lab, *forward())
    assert lab.client.state() == before
    status = open(f"/proc/{program.pid}/status").read()
    assert re.search(r"^CapEff:\s*0+$", status, re.M) and re.search(rf"^Uid:\s*{USER}\s", status, re.M)
    assert program.stop() == 0


def test_half_closes_are_passed_on(lab, both, far):
    start_proxy(lab, *forward())
    with both_ends(lab, far) as (client, server):
        client.sendall(b"question")
        client.shutdown(socket.SHUT_WR)
        assert server.recv(100) == b"question"
        assert server.recv(100) == b""
        server.sendall(b"answer")
        assert client.recv(100) == b"answer"
        server.close()
        assert client.recv(100) == b""
    with both_ends(lab, far) as (client, server):
        server.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
        client.sendall(b"still here")
        assert server.recv(100) == b"still here"


@pytest.mark.parametrize("from_client", [True, False])
def test_resets_are_passed_on(lab, both, far, from_client):
    start_proxy(lab, *forward())
    with both_ends(lab, far) as (client, server):
        client.sendall(b"x")
        assert server.recv(1) == b"x"
        one, other = (client, server) if from_client else (server, client)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        one.close()
        with pytest.raises(ConnectionResetError):
            other.recv(1)


def test_what_is_refused_is_reset(lab, both, far):
    program = start_proxy(lab, *forward(port=THERE + 1))
    with pytest.raises(ConnectionResetError):
        lab.client.connect("127.0.0.1", HERE).recv(1)
    program.wait_for("172.16.5.2:9001: connection refused")


def test_unreachable_hosts_are_reported(lab, far):
    lab.server.configure("route add unreachable 203.0.113.0/24\n")
    try:
        program = start_proxy(lab, *forward(to="203.0.113.5"))
        with pytest.raises(ConnectionResetError):
            lab.client.connect("127.0.0.1", HERE).recv(1)
        program.wait_for("203.0.113.5:9000: host unreachable")
    finally:
        lab.server.configure("route del unreachable 203.0.113.0/24\n")


def test_many_connections_at_once(lab, both, far):
    start_proxy(lab, *forward())

    def echo():
        with suppress(OSError):
            while True:
                s, _ = far.accept()
                threading.Thread(target=lambda s=s: send_all(s, s.recv(100)), daemon=True).start()

    in_background(echo)
    clients = [lab.client.connect("127.0.0.1", HERE) for _ in range(MANY)]
    for i, c in enumerate(clients):
        c.sendall(b"%d" % i)
    for i, c in enumerate(clients):
        c.settimeout(PATIENCE)
        assert c.recv(100) == b"%d" % i
        assert c.recv(100) == b""
        c.close()


def memory_of(program):
    return int(re.search(r"^VmRSS:\s*(\d+)", open(f"/proc/{program.pid}/status").read(), re.M).group(1)) * 1024


@pytest.mark.parametrize("is_upload", [True, False])
def test_slow_readers_cost_bounded_memory(lab, far, is_upload):
    program = start_proxy(lab, *forward())
    before = memory_of(program)
    with both_ends(lab, far) as (client, server):
        sender, reader = (client, server) if is_upload else (server, client)
        data = random_bytes(32 * MEBIBYTE)
        work = in_background(send_all, sender, data)
        # until no buffer takes any more
        seen = []

        def stands_still():
            seen.append(struct.unpack("i", fcntl.ioctl(sender, SIOCOUTQ, bytes(4)))[0])
            return len(seen) > 20 and seen[-1] and len(set(seen[-20:])) == 1

        eventually("the sender is held", stands_still)
        assert memory_of(program) - before < 8 * MEBIBYTE
        assert read_all(reader) == (len(data), hashlib.sha256(data).hexdigest())
        work.result()


def test_connections_outlive_the_tunnel_if_the_address_stays(lab, far):
    """The server stops and comes back; with the same address the stack's connections continue."""
    lab.program.stop()
    users = lab.file("users-fixed", 'ann * "wonder land" 10.9.0.77\n')
    lab.program = lab.serve(users=users)
    program = start_proxy(lab, *forward())
    with both_ends(lab, far) as (client, server):
        client.sendall(b"before")
        assert server.recv(100) == b"before"
        lab.program.stop()
        program.wait_for("next try in")
        client.sendall(b"while it is down")
        lab.serve(users=users)
        program.wait_for("^connected in ", count=2)
        assert server.recv(100) == b"while it is down"
        server.sendall(b"after")
        assert client.recv(100) == b"after"


@contextmanager
def without_a_tunnel(lab, program):
    """
    While there is none, but the server is ready: at the end only a login is missing. A new connection waits ten seconds,
    which a busy machine may need to start a server.
    """
    rule = ["to", SERVER, "unreachable"]
    lab.client.run("ip", "rule", "add", *rule)
    try:
        program.send(signal.SIGUSR2)
        program.wait_for(f"^warn: no way to {SERVER}: ")
        yield
    finally:
        lab.client.run("ip", "rule", "del", *rule)
    program.send(signal.SIGUSR2)


def test_new_connections_wait_for_the_tunnel(lab, far):
    program = start_proxy(lab, *forward())
    with without_a_tunnel(lab, program):
        client = lab.client.connect("127.0.0.1", HERE)
        client.sendall(b"patient")
        assert program.log.count("connected in ") == 1
    server, _ = far.accept()
    server.settimeout(PATIENCE)
    assert server.recv(100) == b"patient"


def own_address(program):
    return re.search(r"^connected in .*address (\S+),", program.log, re.M).group(1)


def test_remote_forwards(lab, both, far):
    here = lab.client.listen("127.0.0.1", 7000)
    program = start_proxy(lab, "-R", "2222:127.0.0.1:7000", "-R", "2223:127.0.0.1:7001")
    data = random_bytes(8 * MEBIBYTE)
    server = lab.server.connect(own_address(program), 2222)
    client, _ = here.accept()
    work = in_background(send_all, server, data)
    assert read_all(client) == (len(data), hashlib.sha256(data).hexdigest())
    send_all(client, b"answer")
    assert server.recv(100) == b"answer"
    work.result()
    with pytest.raises(ConnectionResetError):
        lab.server.connect(own_address(program), 2223).recv(1)
    with pytest.raises(ConnectionRefusedError):  # what -R did not open
        lab.server.connect(own_address(program), 2224)


def test_ipv6_through_the_link(lab, both, far):
    """The server's side of an IPv6 link has only a link-local address."""
    address = next(a["local"] for a in lab.server.device()["addr_info"] if a["local"].startswith("fe80"))
    with lab.server.network():
        listener = socket.socket(socket.AF_INET6)
        listener.bind((address, THERE, 0, socket.if_nametoindex("sstp0")))
        listener.listen()
        listener.settimeout(PATIENCE)
    start_proxy(lab, *forward(to=f"[{address}]"))
    with both_ends(lab, listener) as (client, server):
        client.sendall(b"question")
        assert server.recv(100) == b"question"
        server.sendall(b"answer")
        assert client.recv(100) == b"answer"


def test_a_forward_that_cannot_be_bound_ends_it(lab, far):
    taken = lab.client.listen("127.0.0.1", HERE)
    program = start_proxy(lab, *forward(), wait=False)
    assert program.wait() == 11
    taken.close()
    assert f"-L {HERE}:{INSIDE}:{THERE}: " in program.said and "another program listens there" in program.said


@pytest.mark.parametrize("options, said", [
    (["-L", "8080"], "must be [ADDR:]PORT:HOST:PORT"),
    (["-L", "0:host:80"], "must be [ADDR:]PORT:HOST:PORT"),
    (["-R", "127.0.0.1:80:host:80"], "must be PORT:HOST:PORT"),
    ([], "nothing to do"),
    (["-D", "1080", "--"], "no command after --"),
])
def test_mistakes_are_reported(lab, options, said):
    done = lab.client.run(lab.sstp, "proxy", SERVER, "--user", "ann", "--password-file", "/dev/null", *options, check=False)
    assert done.returncode == 2 and said in done.stderr


def test_a_command_runs_with_the_tunnel(lab, far):
    program = start_proxy(lab, *forward(), "--", "sh", "-c", "exit 7", wait=False)
    assert program.wait() == 7
    assert GATEWAY in program.log
