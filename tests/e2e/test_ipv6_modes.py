# SPDX-License-Identifier: GPL-3.0-or-later
"""IPv6 in each mode: the table "IPv6" of docs/guide.md, cell by cell, and 50 MB each way over IPv6 alone."""
import re
import select
import signal
import socket
from contextlib import contextmanager

import pytest

from lab import GATEWAY, INSIDE, PATIENCE, REPO, SERVER6, eventually, in_background
from ordinary import Ordinary, needs_user_namespaces
from test_ipv6 import sniffed
from test_netns import named
from test_proxy_names import AAAA, SOA_RECORD, SOCKS, A, Server, by_socks, record, response, socks_request
from traffic import MB, carry, download, receive, send, upload

INSIDE6, INSIDE6_GATEWAY = "2001:db8:5::2", "2001:db8:5::1"
NAMES6 = "2001:db8:77::53"
OWN, OWN_LL, PREFIX = "2001:db8:77:2:a:b:c:d", "fe80::a:b:c:d", "2001:db8:100:200::/56"
SERVER_OPTIONS = ("--ipv6-network", "2001:db8:77::/56", "--ipv6-delegate", "2001:db8:100::/40/56", "--dns", NAMES6,
                  "--push-domain", "corp.test")
OPTIONS = "--ipv6-id", "::a:b:c:d"
SPLIT = "--no-default-route", "--route", "2001:db8:5::/64"
SIZE = 50 * MB


@pytest.fixture
def routed(lab):
    """A server that gives IPv6, and forwards it to the host "inside"."""
    lab.is_changed = True
    lab.server.configure(f"addr add {INSIDE6_GATEWAY}/64 dev inside nodad\n")
    lab.inside.configure(f"addr add {INSIDE6}/64 dev cable nodad\nroute add default via {INSIDE6_GATEWAY}\n")
    lab.server.sysctl("net.ipv6.conf.all.forwarding", 1)
    lab.serve(*SERVER_OPTIONS)
    yield lab
    lab.server.sysctl("net.ipv6.conf.all.forwarding", 0)


def addresses_in(text):
    """Of `ip -6 -o addr show dev sstp0`."""
    return set(re.findall(r"inet6 (\S+) ", text))


def routes_in(text):
    """Of `ip -6 route`, those of the tunnel, without the kernel's own of the link-local address."""
    lines = [line.split() for line in text.splitlines()]
    return {" ".join(w for w in line[:2] if line[0] == "unreachable" or w == line[0]) for line in lines
            if line and "inet6" not in line and ("sstp0" in line or line[0] == "unreachable") and not line[0].startswith("fe80:")}


ADDRESSES = {f"{OWN}/64", f"{OWN_LL}/64"}
# the latter for when the tunnel has no IPv6: then nothing goes past it
ALL = {"::/1", "8000::/1", "unreachable ::/1", "unreachable 8000::/1"}
SOME = {"2001:db8:5::/64", NAMES6}
UNUSED = {f"unreachable {PREFIX}"}
CELLS = [
    pytest.param(OPTIONS, ALL, id="default route"),
    pytest.param(OPTIONS + SPLIT, SOME, id="split route"),
    pytest.param(OPTIONS + SPLIT + ("--request-prefix", "56"), SOME | UNUSED, id="prefix"),
]


def check(run, routes):
    """The cells of a mode, as ip(8) shows them where the tunnel's device is."""
    eventually("the addresses", lambda: addresses_in(run("ip", "-6", "-o", "addr", "show", "dev", "sstp0").stdout) == ADDRESSES)
    eventually("the routes", lambda: routes_in(run("ip", "-6", "route", "show").stdout) == routes)
    eventually("name server and search domain", lambda: {f"nameserver {NAMES6}", "search corp.test"} <=
               {re.sub(r" example\.net$", "", line) for line in run("cat", "/etc/resolv.conf").stdout.splitlines()})


@pytest.mark.parametrize("options, routes", CELLS)
def test_cells_of_connect(routed, options, routes):
    lab = routed
    before = lab.client.run("ip", "-6", "route", "show").stdout, lab.client.resolv_conf.read_text()
    client = lab.connect(*options)
    check(lab.client.run, routes)
    lab.client.ping(INSIDE6)
    assert client.stop() == 0
    assert (lab.client.run("ip", "-6", "route", "show").stdout, lab.client.resolv_conf.read_text()) == before


@pytest.mark.parametrize("options, routes", CELLS)
def test_cells_of_a_namespace(routed, options, routes):
    lab = routed
    before = lab.client.run("ip", "-6", "route", "show").stdout
    with named(lab.client, "blue") as run_there:
        client = lab.connect("--netns", "blue", *options)
        check(run_there, routes)
        assert "1 received" in run_there("ping", "-c1", "-w", str(PATIENCE), INSIDE6).stdout
        assert lab.client.run("ip", "-6", "route", "show").stdout == before
        assert client.stop() == 0


@pytest.mark.parametrize("options, routes", CELLS)
def test_cells_of_run(routed, options, routes):
    needs_user_namespaces()
    lab = routed
    before = lab.client.run("ip", "-6", "route", "show").stdout
    ordinary = Ordinary(lab)

    program = ordinary.start("run", *options, "--", "sh", "-c",
                             "while sleep 0.2; do echo BEGIN; ip -6 -o addr show dev sstp0; ip -6 route show; cat /etc/resolv.conf; "
                             f"ping -q -c1 -w60 {INSIDE6}; done")

    def look(*argv):
        """The last complete round."""
        rounds = program.log.split("BEGIN\n")
        return type("Done", (), {"stdout": rounds[-2] if len(rounds) > 2 else ""})

    check(look, routes)
    program.wait_for("1 received")
    assert lab.client.run("ip", "-6", "route", "show").stdout == before
    assert program.stop() == 128 + signal.SIGTERM


def test_cells_of_proxy(routed):
    """The host has no address and no route of it; the proxy's own stack has."""
    lab = routed
    before = lab.client.run("ip", "-6", "addr").stdout, lab.client.run("ip", "-6", "route").stdout
    with lab.inside.listen(INSIDE6, 9000, family=socket.AF_INET6) as listener:
        proxy = Ordinary(lab).start("proxy", *OPTIONS, "-L", f"8080:[{INSIDE6}]:9000")
        proxy.wait_for(f"^IPv6 address {OWN}$")
        with sniffed(lab.server, "sstp0") as sniffer, lab.client.connect("127.0.0.1", 8080) as near:
            far, peer = listener.accept()
            with far:
                assert peer[0] == OWN
                near.sendall(b"hello")
                assert far.recv(5) == b"hello"
            assert [p for p in sniffer.look() if p[0] >> 4 == 6]
    assert (lab.client.run("ip", "-6", "addr").stdout, lab.client.run("ip", "-6", "route").stdout) == before
    assert proxy.stop() == 0


def test_cells_of_scripts(routed):
    """What a script that sets all up itself is given, and a program with the packets themselves."""
    lab = routed
    client = lab.connect(*OPTIONS, "--script", "env | grep -E '^(INTERNAL_IP6|CISCO_DEF)' | sort; echo done",
                         "--request-prefix", "56")
    for line in (f"INTERNAL_IP6_ADDRESS={OWN}", f"INTERNAL_IP6_LINK_LOCAL={OWN_LL}", f"INTERNAL_IP6_DNS={NAMES6}",
                 f"INTERNAL_IP6_DELEGATED={PREFIX}", "CISCO_DEF_DOMAIN=corp.test"):
        client.wait_for(f'script: "{line}"')
    assert client.stop() == 0


def test_cells_of_serve(routed):
    lab = routed
    addresses = addresses_in(lab.server.run("ip", "-6", "-o", "addr", "show", "dev", "sstp0").stdout)
    assert {a for a in addresses if not a.startswith("fe80:")} == {"2001:db8:77::1/56"}
    assert len(addresses) == 2
    assert routes_in(lab.server.run("ip", "-6", "route", "show").stdout) == {"2001:db8:77::/56", "2001:db8:100::/40"}


def test_the_table_of_the_guide_has_these_modes():
    """A mode that is added there has its test here."""
    (table,) = re.findall(r"^\| \| address .*\n(?:\|.*\n)+", (REPO / "docs/guide.md").read_text(), re.M)
    modes = [line.split("|")[1].strip() for line in table.splitlines()[2:]]
    assert modes == ["`connect`", "`connect --netns`", "`run`", "`proxy`", "`connect --script`, `--script-tun`", "`serve`"]


# ---- names with addresses of both families, by sstp proxy (RFC 8305)

GOOD, SILENT_HERE, REFUSES = (INSIDE6, INSIDE), ("2001:db8:5::99", "172.16.5.99"), (INSIDE6_GATEWAY, GATEWAY)


@pytest.mark.parametrize("v6, v4, used", [
    pytest.param(GOOD, GOOD, 6, id="IPv6 first"),
    pytest.param(None, GOOD, 4, id="IPv4 alone"),
    pytest.param(GOOD, None, 6, id="IPv6 alone"),
    pytest.param(REFUSES, GOOD, 4, id="IPv6 refuses"),
    pytest.param(SILENT_HERE, GOOD, 4, id="IPv6 is silent"),
    pytest.param(GOOD, SILENT_HERE, 6, id="IPv4 is silent"),
    pytest.param(GOOD, "no answer", 6, id="no answer for IPv4"),
    pytest.param("no answer", GOOD, 4, id="no answer for IPv6"),
])
def test_both_families_are_tried(routed, v6, v4, used):
    lab = routed

    def answer(name, kind, query, is_tcp):
        which, family = (v6, socket.AF_INET6) if kind == AAAA else (v4, socket.AF_INET)
        if which == "no answer" and name == "both.example":
            return None
        address = name == "both.example" and which and which[kind != AAAA]
        return response(query, answers=[record(kind, socket.inet_pton(family, address))] if address else [],
                        authorities=[] if address else [SOA_RECORD])

    lab.server.sysctl("net.ipv4.ip_forward", 1)
    names = Server(lab.inside, INSIDE, answer, tcp=False)
    try:
        with lab.inside.listen(INSIDE6, 80, family=socket.AF_INET6) as six, lab.inside.listen(INSIDE, 80) as four:
            proxy = Ordinary(lab).start("proxy", *OPTIONS, "--dns", INSIDE, "--socks5", str(SOCKS))
            proxy.wait_for("^IPv6 address ")
            # The second answer may be late by 50 ms: have both in the cache. What is asked later is answered later.
            with lab.client.connect("127.0.0.1", SOCKS) as early:
                early.sendall(socks_request("both.example", 81))
                eventually("both questions", lambda: {("both.example", A), ("both.example", AAAA)} <= set(names.asked))
                assert by_socks(lab, "none.example") != 0
            with lab.client.connect("127.0.0.1", SOCKS) as s:
                s.settimeout(PATIENCE)
                s.sendall(socks_request("both.example", 80))
                # if its answer is late by 250 ms, the other is tried too: the data show which is used
                ready = select.select([six, four], [], [], PATIENCE)[0]
                assert ready[0] is (six if used == 6 else four)
                with ready[0].accept()[0] as far:
                    said = b""
                    while len(said) < 4:
                        said += s.recv(100)
                    assert said[3] == 0
                    s.sendall(b"hello")
                    far.settimeout(PATIENCE)
                    assert far.recv(100) == b"hello"
        assert proxy.stop() == 0
    finally:
        names.close()


# ---- 50 MB each way, over IPv6 alone

BOTH_WAYS = """
import random, socket, struct, sys, threading, time, zlib
while True:  # a command starts when there is IPv4
    try:
        s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 120)
        break
    except OSError:
        time.sleep(0.1)
block, left, sent = random.Random(2).randbytes(1 << 20), int(sys.argv[3]), 0
def send():
    global left, sent
    while left:
        part = block[:left]
        s.sendall(part)
        sent, left, = zlib.crc32(part, sent), left - len(part)
    s.shutdown(socket.SHUT_WR)
t = threading.Thread(target=send)
t.start()
size = came = 0
while data := s.recv(1 << 20):
    size, came = size + len(data), zlib.crc32(data, came)
t.join()
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 60))
s.close()  # the tunnel ends with this command: only after the other end has acknowledged all
print("digests", size, came, sent, flush=True)
"""


@contextmanager
def only_ipv6(lab):
    """Nothing of what is carried goes by IPv4 inside the tunnel."""
    with sniffed(lab.server, "sstp0") as sniffer:
        yield
        assert not [p for p in sniffer.look() if p[0] >> 4 == 4 and p[9] == socket.IPPROTO_TCP]


def far_end(listener):
    """Sends and receives SIZE bytes on the next connection; their digests."""
    far, _ = listener.accept()
    far.settimeout(PATIENCE)
    with far:
        sending = in_background(send, far, SIZE)
        size, came = receive(far)
        return size, came, sending.result()


def carried_by(lab, start):
    """`start` runs a command line where the tunnel is, and returns what it said."""
    with lab.inside.listen(INSIDE6, family=socket.AF_INET6) as listener:
        listener.settimeout(PATIENCE)
        far = in_background(far_end, listener)
        said = start("/usr/bin/python3", "-c", BOTH_WAYS, INSIDE6, str(listener.getsockname()[1]), str(SIZE))
        size, came, sent = map(int, re.search(r"digests (\d+) (\d+) (\d+)", said).groups())
        assert far.result() == (SIZE, sent, came)
        assert size == SIZE


def test_50_mb_by_connect(routed):
    lab = routed
    lab.connect(*OPTIONS).wait_for("^IPv6 address ")
    with only_ipv6(lab):
        carried_by(lab, lambda *argv: lab.client.run(*argv).stdout)


def test_50_mb_over_ipv6_in_ipv6(routed):
    """The connection to the server is one of IPv6 as well."""
    lab = routed
    client = lab.connect(*OPTIONS, to=SERVER6)
    client.wait_for("^IPv6 address ")
    with only_ipv6(lab), sniffed(lab.client, "cable") as outside:
        carried_by(lab, lambda *argv: lab.client.run(*argv).stdout)
        packets = outside.look()
    assert not [p for p in packets if p[0] >> 4 == 4 and p[9] == socket.IPPROTO_TCP]
    assert client.stop() == 0


def test_50_mb_in_a_namespace(routed):
    lab = routed
    with named(lab.client, "blue") as run_there:
        lab.connect("--netns", "blue", *OPTIONS).wait_for("^IPv6 address ")
        with only_ipv6(lab):
            carried_by(lab, lambda *argv: run_there(*argv).stdout)


def test_50_mb_by_run(routed):
    needs_user_namespaces()
    with only_ipv6(routed):
        carried_by(routed, lambda *argv: Ordinary(routed).output(*argv, options=OPTIONS))


def test_50_mb_by_proxy(routed):
    lab = routed
    with lab.inside.listen(INSIDE6, family=socket.AF_INET6) as listener:
        proxy = Ordinary(lab).start("proxy", *OPTIONS, "-L", f"8080:[{INSIDE6}]:{listener.getsockname()[1]}")
        proxy.wait_for("^IPv6 address ")
        with only_ipv6(lab):
            for turn in range(2):
                near = lab.client.connect("127.0.0.1", 8080)
                far, _ = listener.accept()
                far.settimeout(PATIENCE)
                carry(*((near, far) if turn else (far, near)), SIZE)
    assert proxy.stop() == 0


def test_50_mb_with_the_least_mtu(routed):
    """1280, IPv6's minimum, outside and inside."""
    lab = routed
    client = lab.connect(*OPTIONS, "--mtu", "1280")
    client.wait_for("^IPv6 address ")
    assert lab.client.device()["mtu"] == 1280
    with only_ipv6(lab):
        upload(lab.client, lab.inside, INSIDE6, SIZE)
        download(lab.client, lab.inside, INSIDE6, SIZE)
    assert client.stop() == 0
    client = lab.connect("--mtu", "1279")
    assert not [a for a in lab.client.addresses() if ":" in a], "under it there is no IPv6"
    assert client.stop() == 0
