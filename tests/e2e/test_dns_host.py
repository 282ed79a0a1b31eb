# SPDX-License-Identifier: GPL-3.0-or-later
"""serve --dns host: the clients' queries go to the servers that the server's host uses."""
import ipaddress
import socket
import struct
import threading
from contextlib import suppress

import pytest

from lab import GATEWAY, eventually
from test_netns import named
from test_proxy_names import A, NXDOMAIN, OK, SERVFAIL
from test_split_dns import TXT, ask, looked_up, query

RESOLVER, RESOLVER2 = "192.0.2.254", "10.2.0.254"  # both on the router
OWN6 = "fd00:77::1"
NAMES = {"www.example.org": "198.51.100.80", "ftp.example.org": "198.51.100.81"}


def dnsmasq(lab, address, names, ttl=300):
    lines = ["keep-in-foreground", "no-resolv", "no-hosts", "bind-interfaces", f"listen-address={address}", "user=root",
             "pid-file=", "edns-packet-max=4096", "log-queries", "log-facility=-", f"local-ttl={ttl}", "local=/example.org/",
             *(f"host-record={name},{at}" for name, at in names.items()),
             *(f"txt-record=big.example.org,{'x' * 200}{i:03}" for i in range(40))]
    conf = lab.file(f"dnsmasq-{len(lab.programs)}.conf", "\n".join(lines) + "\n")
    program = lab.start(lab.router, "/usr/sbin/dnsmasq", f"--conf-file={conf}", label="dnsmasq")
    program.wait_for("started")
    return program


@pytest.fixture
def resolver(lab):
    lab.server.resolv_conf.write_text(f"nameserver {RESOLVER}\n")
    return dnsmasq(lab, RESOLVER, NAMES)


def test_clients_use_the_hosts_servers(lab, resolver, both):
    server = lab.serve("--dns", "host", "--ipv6-network", "fd00:77::/48", "--mtu", "1400")
    assert "warn: --dns" not in server.log
    lab.connect().wait_for("^IPv6 address fd00:77:")
    eventually("both addresses", lambda: f"nameserver {GATEWAY}\n" in lab.client.resolv_conf.read_text() and
               f"nameserver {OWN6}\n" in lab.client.resolv_conf.read_text())
    assert looked_up(lab.client, "www.example.org") == NAMES["www.example.org"]
    for to in GATEWAY, OWN6:
        for tcp in False, True:
            for edns in None, 1232:
                reply = ask(lab.client, "ftp.example.org", to=to, tcp=tcp, edns=edns)
                assert (reply.rcode, reply.count) == (OK, 1), (to, tcp, edns)
        assert ask(lab.client, "nowhere.example.org", to=to).rcode == NXDOMAIN
        assert ask(lab.client, "big.example.org", TXT, to=to).is_truncated
        assert ask(lab.client, "big.example.org", TXT, to=to, tcp=True).count == 40
    assert server.stop() == 0


def count(program, name):
    return program.log.count(f"query[A] {name} ")


def test_responses_are_kept(lab, resolver):
    lab.serve("--dns", "host")
    lab.connect()
    lab.connect(host=lab.other, user="bob", password="builder")
    first = ask(lab.client, "www.example.org", to=GATEWAY)
    for host in lab.client, lab.other, lab.client:
        reply = ask(host, "www.example.org", to=GATEWAY)
        assert reply.address == first.address == NAMES["www.example.org"]
    assert ask(lab.client, "ftp.example.org", to=GATEWAY).address == NAMES["ftp.example.org"]
    assert count(resolver, "www.example.org") == count(resolver, "ftp.example.org") == 1
    ask(lab.client, "www.example.org", to=GATEWAY, tcp=True)
    ask(lab.client, "www.example.org", to=GATEWAY, tcp=True)
    assert count(resolver, "www.example.org") == 2


def test_a_response_without_time_is_not_kept(lab):
    lab.server.resolv_conf.write_text(f"nameserver {RESOLVER}\n")
    resolver = dnsmasq(lab, RESOLVER, NAMES, ttl=0)
    lab.serve("--dns", "host")
    lab.connect()
    for _ in range(3):
        assert ask(lab.client, "www.example.org", to=GATEWAY).address == NAMES["www.example.org"]
    assert count(resolver, "www.example.org") == 3


@pytest.mark.parametrize("how", ["written", "renamed", "a link to another folder"])
def test_it_follows_resolv_conf(lab, resolver, how):
    lab.serve("--dns", "host")
    lab.connect()
    assert ask(lab.client, "www.example.org", to=GATEWAY).address == NAMES["www.example.org"]
    dnsmasq(lab, RESOLVER2, {"www.example.org": "203.0.113.9"})
    new, text = lab.server.etc / "resolv.conf.new", f"search example.org\nnameserver {RESOLVER2}\n"
    if how == "written":
        lab.server.resolv_conf.write_text(text)
    elif how == "renamed":
        new.write_text(text)
        new.rename(lab.server.resolv_conf)
    else:
        (lab.server.run_folder / "names").mkdir()
        (lab.server.run_folder / "names/resolv.conf").write_text(text)
        new.symlink_to("/run/names/resolv.conf")
        new.rename(lab.server.resolv_conf)
    eventually("the other server's answer",
               lambda: ask(lab.client, "www.example.org", to=GATEWAY).address == "203.0.113.9")
    if how.startswith("a link"):
        (lab.server.run_folder / "names/resolv.conf").write_text(f"nameserver {RESOLVER}\n")
        eventually("that file is followed too",
                   lambda: ask(lab.client, "www.example.org", to=GATEWAY).address == NAMES["www.example.org"])
        lab.server.resolv_conf.unlink()


@pytest.fixture
def link_local(lab):
    router = ["dev", lab.server.name]
    lab.router.run("ip", "addr", "add", "fe80::53/64", *router, "nodad")
    dnsmasq(lab, "fe80::53", {"www.example.org": "203.0.113.9"})
    yield "fe80::53%cable"
    lab.router.run("ip", "addr", "del", "fe80::53/64", *router)


def test_a_later_server_with_a_scope(lab, resolver, link_local):
    """The index of its device is found in the sandbox."""
    lab.serve("--dns", "host")
    lab.connect()
    assert ask(lab.client, "www.example.org", to=GATEWAY).address == NAMES["www.example.org"]
    lab.server.resolv_conf.write_text(f"nameserver {link_local}\n")
    eventually("the other server", lambda: ask(lab.client, "www.example.org", to=GATEWAY).address == "203.0.113.9")


def test_no_server_answers(lab):
    """Neither does any program on this host, which resolv.conf(5) says to ask then."""
    lab.server.resolv_conf.write_text("search example.org\n")
    lab.serve("--dns", "host")
    lab.connect()
    assert ask(lab.client, "www.example.org", to=GATEWAY).rcode == SERVFAIL


def test_it_serves_clients_alone(lab, resolver):
    """Other hosts that reach the address get no answer."""
    lab.serve("--dns", "host")
    lab.connect()
    for tcp in False, True:
        assert ask(lab.inside, "www.example.org", to=GATEWAY, tcp=tcp, seconds=1) is None
    assert not count(resolver, "www.example.org")
    assert ask(lab.client, "www.example.org", to=GATEWAY).address == NAMES["www.example.org"]


def test_the_host_that_asks_its_own_clients_server(lab, resolver):
    """That would be a loop: the address is left out, so the next server is asked."""
    lab.server.resolv_conf.write_text(f"nameserver {GATEWAY}\nnameserver {RESOLVER}\n")
    lab.serve("--dns", "host")
    lab.connect()
    assert ask(lab.client, "www.example.org", to=GATEWAY).address == NAMES["www.example.org"]
    assert looked_up(lab.server, "ftp.example.org") == NAMES["ftp.example.org"]
    assert count(resolver, "www.example.org") == 1


class Silent(threading.Thread):
    """A name server that answers for names that begin with www alone."""

    def __init__(self, lab):
        super().__init__(daemon=True)
        self.asked = 0
        self.is_ending = False
        self.socket = lab.router.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((RESOLVER, 53))
        self.socket.settimeout(0.1)
        self.start()

    def run(self):
        while not self.is_ending:
            with suppress(TimeoutError):
                message, client = self.socket.recvfrom(4096)
                self.asked += 1
                if message[13:16] == b"www":
                    answer = b"\xc0\x0c" + struct.pack("!HHIH4s", 1, 1, 0, 4, socket.inet_aton("198.51.100.80"))
                    self.socket.sendto(message[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + message[12:] + answer, client)

    def close(self):
        self.is_ending = True
        self.join()
        self.socket.close()


def test_one_client_can_not_take_it_all(lab, both):
    lab.server.resolv_conf.write_text(f"nameserver {RESOLVER}\n")
    silent = Silent(lab)
    lab.serve("--dns", "host")
    lab.connect()
    lab.connect(host=lab.other, user="bob", password="builder")
    with lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((GATEWAY, 53))
        for i in range(600):
            s.send(query(f"host{i}.example.org", A, number=i))
    eventually("its queries are asked", lambda: silent.asked >= 48)
    streams = [lab.client.connect(GATEWAY, 53) for _ in range(64)]
    assert ask(lab.other, "www.example.org", to=GATEWAY).address == "198.51.100.80"
    assert ask(lab.other, "www.example.org", to=GATEWAY, tcp=True, seconds=20).rcode == SERVFAIL, "the server has no TCP"
    for s in streams:
        s.close()
    silent.close()


@pytest.mark.parametrize("of", ["its /64", "its delegated prefix", "a network behind it"])
def test_a_client_with_many_addresses_is_one_client(lab, both, of):
    lab.server.resolv_conf.write_text(f"nameserver {RESOLVER}\n")
    silent = Silent(lab)
    lab.serve("--dns", "host", "--ipv6-network", "fd00:77::/48", "--ipv6-delegate", "fd00:78::/48/56",
              users='ann * "wonder land" * iroute=192.168.5.0/24 iroute=192.168.6.0/24\nbob * builder *\n')
    client = lab.connect("--request-prefix", "56")
    client.wait_for("^IPv6 address fd00:77:")
    delegated = ipaddress.ip_network(client.wait_for(r"^IPv6 prefix (\S+) is delegated").group(1))
    lab.connect(host=lab.other, user="bob", password="builder")
    own = next(a for a in lab.client.addresses() if a.startswith("fd00:77:"))
    sources = [next(ipaddress.ip_network(f"{own}/64", strict=False).hosts()) + i if of == "its /64" else
               delegated[(i << 64) + 1] if of == "its delegated prefix" else
               ipaddress.ip_address(f"192.168.{5 + i % 2}.{i + 1}") for i in range(10)]
    for source in map(str, sources):
        family, to = (socket.AF_INET6, OWN6) if ":" in source else (socket.AF_INET, GATEWAY)
        lab.client.ip(f"address add {source}/{128 if ':' in source else 32} dev sstp0" + " nodad" * (":" in source))
        with lab.client.socket(family, socket.SOCK_DGRAM) as s:
            s.bind((source, 0))
            s.connect((to, 53))
            for number in range(60):
                s.send(query(f"host{source}-{number}.example.org".replace(":", "-"), A, number=number))
    eventually("its queries are asked", lambda: silent.asked >= 48)
    assert ask(lab.other, "www.example.org", to=GATEWAY).address == "198.51.100.80"
    silent.close()


def test_in_another_namespace(lab, resolver):
    """Queries come in there, and go out here."""
    with named(lab.server, "blue"):
        lab.serve("--dns", "host", "--netns", "blue")
        lab.connect()
        assert ask(lab.client, "www.example.org", to=GATEWAY).address == NAMES["www.example.org"]


def test_beside_another_address(lab, resolver):
    lab.serve("--dns", "10.9.0.53", "--dns", "host")
    lab.connect()
    eventually("both", lambda: f"nameserver {GATEWAY}\nnameserver 10.9.0.53\n" in lab.client.resolv_conf.read_text())


def test_what_is_wrong_with_it(lab):
    done = lab.server.run(lab.sstp, "serve", "--cert", lab.pki.server.cert, "--key", lab.pki.server.key, "--users", "/dev/null",
                          "--ipv4-network", "10.9.0.0/24", "--dns", "host", "--dns", "10.9.0.53", "--dns", "10.9.0.54", check=False)
    assert done.returncode == 2 and "--dns host and two other addresses: clients take two" in done.stderr
    done = lab.server.run(lab.sstp, "serve", "--dns", "home", check=False)
    assert done.returncode == 2 and "must be host, or an IP address such as 10.0.0.1 or 2001:db8::53" in done.stderr
    taken = lab.server.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.bind(("0.0.0.0", 53))
    server = lab.serve("--dns", "host", wait=False)
    assert server.wait() == 11
    assert f"error: --dns host needs port 53 of {GATEWAY}: another DNS server listens there" in server.log
    taken.close()
