# SPDX-License-Identifier: GPL-3.0-or-later
"""IPv6 that sstp serve gives to its clients: a /64 each, by Router Advertisements."""
import struct

import pytest

from lab import GATEWAY, SERVER, eventually
from packets import DESTINATION, FRAGMENT, HOP_BY_HOP, PAD, address, checksum, echo6, inject, ipv6
from test_ipv6 import link_local_of, sniffed
from traffic import exchange

NETWORK = "2001:db8:77::/56"
OWN = "2001:db8:77::1"
INSIDE6, INSIDE6_GATEWAY = "2001:db8:5::2", "2001:db8:5::1"
NAMES6 = "2001:db8:77::53"
HALVES = {"::/1", "8000::/1"}
IPV6 = "--ipv6-network", NETWORK


@pytest.fixture
def routed(lab):
    """The server forwards IPv6 to the host "inside", which has a route back."""
    lab.is_changed = True
    lab.server.configure(f"addr add {INSIDE6_GATEWAY}/64 dev inside nodad\n")
    lab.inside.configure(f"addr add {INSIDE6}/64 dev cable nodad\nroute add default via {INSIDE6_GATEWAY}\n")
    lab.server.sysctl("net.ipv6.conf.all.forwarding", 1)
    yield lab
    lab.server.sysctl("net.ipv6.conf.all.forwarding", 0)


def global_of(host, device="sstp0"):
    return eventually(f"{host.name} has an address of the network",
                      lambda: [a for a in host.addresses(device) if a.startswith("2001:db8:77:")])[0]


def routes6(host, device="sstp0"):
    return {r["dst"] for r in host.ip("-6 route show") if r["dev"] == device and r["dst"] != "fe80::/64"}


def test_a_client_gets_a_prefix(routed, both):
    lab = routed
    server = lab.serve(*IPV6, "--dns", "10.9.0.1", "--dns", NAMES6, "--mtu", "1380")
    assert "clients get addresses of 10.9.0.0/24 and a /64 each of 2001:db8:77::/56" in server.log
    assert OWN in lab.server.addresses("sstp0")
    client = lab.connect()
    client.wait_for("^IPv6 address 2001:db8:77:")
    own = global_of(lab.client)
    assert own.startswith("2001:db8:77:2:"), "the number of its IPv4 address, 10.9.0.2"
    assert own.endswith(link_local_of(lab.client)[len("fe80::"):])
    eventually("all IPv6 goes into the tunnel", lambda: routes6(lab.client) == HALVES)
    eventually("its name server is used", lambda: f"nameserver {NAMES6}\n" in lab.client.resolv_conf.read_text())
    lab.client.ping(OWN)
    lab.client.ping(INSIDE6)
    lab.inside.ping(own)
    assert lab.client.run("ping", "-M", "do", "-c1", "-W60", "-s", 1380 - 48, INSIDE6)
    assert client.stop() == 0
    assert server.stop() == 0
    assert not routes6(lab.server)


def test_the_first_advertisement_is_sent(routed, both):
    """IPV6CP opens a moment before the tunnel carries packets: a Router Advertisement waits for that."""
    lab = routed
    server = lab.serve(*IPV6)
    client = lab.connect()
    client.wait_for("^IPv6 address 2001:db8:77:")
    assert client.stop() == 0
    server.wait_for("ended after .* 0 packets dropped")


def test_the_same_prefix_again(routed):
    lab = routed
    server = lab.serve(*IPV6)
    client = lab.connect()
    first = global_of(lab.client)
    client.kill()
    client = lab.connect()
    assert global_of(lab.client)[:len("2001:db8:77:2:")] == first[:len("2001:db8:77:2:")]
    assert client.stop() == 0
    server.stop()
    lab.serve(*IPV6)
    lab.connect(host=lab.other, user="bob", password="builder")
    assert global_of(lab.other).startswith("2001:db8:77:3:"), "the other one's is kept, as its IPv4 address is"
    lab.connect()
    assert global_of(lab.client)[:len("2001:db8:77:2:")] == first[:len("2001:db8:77:2:")]


def test_clients_can_not_use_each_others_addresses(routed):
    lab = routed
    lab.serve(*IPV6)
    lab.connect()
    lab.connect(host=lab.other, user="bob", password="builder")
    own, others = global_of(lab.client), global_of(lab.other)
    link_local = link_local_of(lab.client)
    with sniffed(lab.server) as sniffer:
        wrong = [echo6(others, OWN), echo6("2001:db8:77:66::1", OWN), echo6("2001:db8:1::2", OWN),
                 echo6("::1", OWN), echo6(OWN, OWN), echo6("ff02::1", OWN)]
        inject(lab.client, "sstp0", *wrong)
        right = [echo6(own, OWN), echo6(own[:own.rindex("::") + 2] + "abcd" if "::" in own else
                                        ":".join(own.split(":")[:4]) + "::abcd", OWN), echo6(link_local, OWN)]
        inject(lab.client, "sstp0", *right)
        eventually("its own addresses may send", lambda: all(p in sniffer.look() for p in right))
        assert not [p for p in wrong if p in sniffer.look()]
    assert lab.client.ping(others, count=1, check=False) is False, "not without --client-to-client"


def test_from_client_to_client(routed):
    lab = routed
    lab.serve(*IPV6, "--client-to-client", "--workers", "2")
    lab.connect()
    lab.connect(host=lab.other, user="bob", password="builder")
    lab.client.ping(global_of(lab.other))
    lab.other.ping(global_of(lab.client))


def test_no_prefix_is_left(routed):
    """The next client has IPv4, and a line in the log says why it has no more."""
    lab = routed
    server = lab.serve("--ipv6-network", "fd00:77::/63")
    lab.connect()
    eventually("the only prefix", lambda: [a for a in lab.client.addresses() if a.startswith("fd00:77:0:1:")])
    lab.connect(host=lab.other, user="bob", password="builder")
    server.wait_for("no IPv6 prefix for this session: all of --ipv6-network fd00:77::/63 are in use")
    lab.other.ping(GATEWAY)


def test_it_warns_of_what_will_not_work(lab):
    server = lab.serve(*IPV6)
    assert "IPv6 forwarding is off: clients can reach only this host" in server.log
    assert server.stop() == 0
    lab.is_changed = True
    lab.server.configure("addr add 2001:db8:77:9::1/64 dev inside nodad\n")
    server = lab.serve(*IPV6)
    assert "--ipv6-network 2001:db8:77::/56 overlaps 2001:db8:77:9::1/64 of inside" in server.log


@pytest.mark.parametrize("value, why", [
    ("10.9.0.0/24", "must be an IPv6 network, such as 2001:db8:1::/48"),
    ("2001:db8::/64", "must be a /16 to /63, since each client gets a /64 of it"),
    ("2001:db8::1", "must be a /16 to /63"),
    ("fe80::/48", "hosts cannot have these addresses"),
    ("ff0e::/48", "hosts cannot have these addresses"),
    ("::/48", "hosts cannot have these addresses"),
    ("office", "must be an IPv6 network"),
])
def test_networks_that_can_not_be(lab, value, why):
    server = lab.serve("--ipv6-network", value, wait=False)
    assert server.wait() == 2
    assert f"--ipv6-network {value}: {why}" in server.log


@pytest.mark.parametrize("options, why", [
    (("--no-ipv6",), "--ipv6-network and --no-ipv6 exclude each other"),
    (("--mtu", "1200"), "--ipv6-network needs an --mtu of at least 1280"),
    (("--ipv6-delegate", "2001:db8:77:80::/57/60"), "--ipv6-delegate and --ipv6-network overlap"),
    (("--dns", "fe80::1"), "clients cannot reach this address"),
    (("--dns", "2001:db8::1", "--dns", "2001:db8::2", "--dns", "2001:db8::3"), "more than two IPv6 addresses"),
    (("--dns", "office"), "must be host, or an IP address such as 10.0.0.1 or 2001:db8::53"),
])
def test_options_that_do_not_go_together(lab, options, why):
    server = lab.serve(*IPV6, *options, wait=False)
    assert server.wait() == 2
    assert why in server.log


# ---- DHCPv6


DELEGATE = "--ipv6-delegate", "2001:db8:100::/40/56"


def dhcp6c(lab, host, statements, interface="sstp0"):
    """wide-dhcpv6's client on the device; returns a function that reads what its script printed."""
    said = lab.folder / f"{host.name}-dhcp6c"
    script = lab.file("dhcp6c-script", f"#!/bin/sh\nenv >>{said}\n", mode=0o755)
    config = lab.file("dhcp6c.conf", f"interface {interface} {{ {statements} request domain-name-servers; "
                      f"script \"{script}\"; }};\n"
                      "id-assoc pd 0 { prefix-interface cable { sla-id 1; sla-len 8; }; };\n")
    (lab.folder / "dhcp6c_duid").write_bytes(bytes((10, 0)) + bytes((0, 3, 0, 1, 2, 0, 0, 0, 0, 1)))
    return lab.start(host, "dhcp6c", "-f", "-D", "-c", config, "-p", lab.folder / "dhcp6c.pid", interface), said


# ---- the interface identifier


def test_an_identifier_of_ones_own(routed, both):
    """It is that of all addresses; the second client that asks for it gets another one, and its log says so."""
    lab = routed
    lab.serve(*IPV6)
    client = lab.connect("--ipv6-id", "::1:2:3:4")
    client.wait_for("^IPv6 address 2001:db8:77:2:1:2:3:4$")
    assert lab.client.addresses() == ["10.9.0.2", "2001:db8:77:2:1:2:3:4", "fe80::1:2:3:4"]
    lab.client.ping(INSIDE6)
    other = lab.connect("--ipv6-id", "::1:2:3:4", host=lab.other, user="bob", password="builder")
    other.wait_for("--ipv6-id: another host has fe80::1:2:3:4; this one gets fe80::")
    assert not global_of(lab.other).endswith(":1:2:3:4")
    lab.other.ping(INSIDE6)
    assert client.stop() == 0
    client = lab.connect()
    assert not global_of(lab.client).endswith(":1:2:3:4"), "random by default"


def test_a_stable_identifier(routed):
    """The same each time, and another one for another user."""
    lab = routed
    lab.serve(*IPV6)
    machine_id = lab.client.etc / "machine-id"
    machine_id.unlink(missing_ok=True)
    status, said = lab.connect_fails("--ipv6-id", "stable")
    assert status == 2
    assert "--ipv6-id stable: this host has no /etc/machine-id; give an identifier such as ::1:2:3:4" in said
    machine_id.write_text("0123456789abcdef0123456789abcdef\n")
    try:
        own = []
        for user, password in (("ann", "wonder land"), ("ann", "wonder land"), ("bob", "builder")):
            client = lab.connect("--ipv6-id", "stable", user=user, password=password)
            own.append(link_local_of(lab.client))
            assert client.stop() == 0
    finally:
        machine_id.unlink()
    assert own[0] == own[1] != own[2]


@pytest.mark.parametrize("options, why", [
    (("--ipv6-id", "::"), "--ipv6-id ::: must be random, stable, or the lower 64 bits of an address"),
    (("--ipv6-id", "2001:db8::1"), "--ipv6-id 2001:db8::1: must be random, stable"),
    (("--ipv6-id", "10.0.0.1"), "must be random, stable"),
    (("--ipv6-id", "::fdff:ffff:ffff:ff80"), "must be random, stable"),
    (("--ipv6-id", "eui64"), "must be random, stable"),
    (("--ipv6-id", "stable", "--no-ipv6"), "--ipv6-id needs IPv6, and --no-ipv6 excludes it"),
    (("--ipv6-id", "::1", "--mtu", "1000"), "--ipv6-id needs IPv6, and an --mtu under 1280 excludes it"),
])
def test_identifiers_that_can_not_be(lab, options, why):
    status, said = lab.connect_fails(*options)
    assert status == 2
    assert why in said


DOMAINS = "--push-domain", "corp.test", "--push-domain", "lab.test"


def search_of(host):
    return [line for line in host.resolv_conf.read_text().splitlines() if line.startswith("search")]


def test_search_domains_for_the_clients(routed, both):
    """Where the server gives IPv6; the client's own ones come first."""
    lab = routed
    lab.serve(*IPV6, "--dns", NAMES6, *DOMAINS)
    client = lab.connect("--search", "own.test")
    eventually("they are searched", lambda: [line for line in search_of(lab.client)
                                             if line.startswith("search own.test corp.test lab.test")])
    assert client.stop() == 0
    assert "corp.test" not in lab.client.resolv_conf.read_text()
    client = lab.connect("--script", "echo domains $CISCO_DEF_DOMAIN")
    client.wait_for('"domains corp.test lab.test"')
    assert client.stop() == 0


def test_search_domains_of_a_command(routed):
    lab = routed
    lab.serve(*IPV6, "--dns", NAMES6, *DOMAINS)
    command = lab.start(lab.client, lab.sstp, "run", SERVER, "--user", "ann", "--password-file",
                        lab.file("password", "wonder land\n"), "--servercert", lab.pki.server.pin, "--", "sh", "-c",
                        "until grep 'search corp.test lab.test' /etc/resolv.conf; do sleep 0.1; done")
    assert command.wait() == 0


@pytest.mark.parametrize("values, why", [
    (["a..b"], "--push-domain a..b: must be a domain such as corp.example.net"),
    (["corp test"], "--push-domain corp test: must be a domain"),
    (["a.test", "b.test", "c.test", "d.test", "e.test"], "--push-domain e.test: at most 4 can be given"),
])
def test_domains_that_can_not_be(lab, values, why):
    server = lab.serve(*IPV6, *(word for value in values for word in ("--push-domain", value)), wait=False)
    assert server.wait() == 2
    assert why in server.log


def test_dhcpv6_gives_domains(routed):
    """To wide-dhcpv6's client, as Windows asks for them."""
    lab = routed
    lab.serve(*IPV6, *DOMAINS)
    lab.connect()
    global_of(lab.client)
    client, said = dhcp6c(lab, lab.client, "information-only; request domain-name;")
    eventually("it has the domains", lambda: said.exists() and
               "new_domain_name=corp.test. lab.test." in said.read_text())
    client.kill()


def test_dhcpv6_gives_name_servers(routed):
    """To a client of its own, not sstp's: what Windows asks for."""
    lab = routed
    lab.serve(*IPV6, "--dns", NAMES6)
    lab.connect()
    global_of(lab.client)
    client, said = dhcp6c(lab, lab.client, "information-only;")
    eventually("it has the name server", lambda: said.exists() and f"new_domain_name_servers={NAMES6}" in
               said.read_text().replace(" \n", "\n"))
    client.kill()


def test_a_prefix_is_delegated(routed):
    """wide-dhcpv6's client gets one, and the network behind the client is reached."""
    lab = routed
    server = lab.serve(*IPV6, *DELEGATE)
    lab.connect()
    global_of(lab.client)
    client, _ = dhcp6c(lab, lab.client, "send ia-pd 0;")
    own = eventually("an address of the prefix on the client's other device",
                     lambda: [a for a in lab.client.addresses("cable") if a.startswith("2001:db8:100:201:")])[0]
    server.wait_for("IPv6 prefix 2001:db8:100:200::/56 is delegated")
    lab.inside.ping(own)
    lab.client.ping(INSIDE6, "-I", own)
    assert "2001:db8:100::/40" in routes6(lab.server)
    client.kill()


def test_two_clients_have_different_prefixes(routed):
    lab = routed
    server = lab.serve(*IPV6, *DELEGATE)
    lab.connect()
    lab.connect(host=lab.other, user="bob", password="builder")
    for host in (lab.client, lab.other):
        global_of(host)
        dhcp6c(lab, host, "send ia-pd 0;")[0].wait_for("Sending|dhcp6c")
    server.wait_for("IPv6 prefix 2001:db8:100:200::/56 is delegated")
    server.wait_for("IPv6 prefix 2001:db8:100:300::/56 is delegated")


@pytest.mark.parametrize("value", ["2001:db8:100::/40", "2001:db8:100::/40/40", "2001:db8:100::/40/65", "10.9.0.0/16/24",
                                   "2001:db8:100::/40/x", "office", "2001:db8:100::/40/56/60"])
def test_delegations_that_can_not_be(lab, value):
    server = lab.serve(*IPV6, "--ipv6-delegate", value, wait=False)
    assert server.wait() == 2
    assert f"--ipv6-delegate {value}: must be an IPv6 network and the length of the prefixes that clients get of it" in server.log


PREFIX_56 = "2001:db8:100:200::/56"


def unreachable(host):
    return {r["dst"] for r in host.ip("-6 route show type unreachable")}


def test_our_client_asks_for_a_prefix(routed, both):
    lab = routed
    lab.serve(*IPV6, *DELEGATE)
    client = lab.connect("--request-prefix", "56", "--up", "env | grep INTERNAL_IP6_DELEGATED || true", "--no-default-route")
    client.wait_for(f"^IPv6 prefix {PREFIX_56} is delegated to this host$")
    client.wait_for(f"INTERNAL_IP6_DELEGATED={PREFIX_56}")
    eventually("what is not used of it is unreachable", lambda: PREFIX_56 in unreachable(lab.client))
    lab.client.configure("addr add 2001:db8:100:201::1/64 dev cable nodad\nroute add ::/1 dev sstp0\n"
                         "route add 8000::/1 dev sstp0\n")
    lab.is_changed = True
    lab.inside.ping("2001:db8:100:201::1")
    lab.client.ping(INSIDE6, "-I", "2001:db8:100:201::1")
    assert not lab.inside.ping("2001:db8:100:2ff::1", count=1, check=False)
    assert client.stop() == 0
    assert PREFIX_56 not in unreachable(lab.client)
    lab.client.configure("addr del 2001:db8:100:201::1/64 dev cable\n")


def test_the_prefix_after_a_crash(routed):
    lab = routed
    lab.serve(*IPV6, *DELEGATE)
    client = lab.connect("--request-prefix", "any")
    eventually("it is unreachable", lambda: PREFIX_56 in unreachable(lab.client))
    client.kill()
    assert PREFIX_56 in unreachable(lab.client)
    client = lab.connect()
    client.wait_for(f"removed the unreachable route to {PREFIX_56}, left by an sstp that crashed")
    eventually("it is gone", lambda: PREFIX_56 not in unreachable(lab.client))


def test_a_server_without_prefixes(routed):
    lab = routed
    lab.serve(*IPV6)
    client = lab.connect("--request-prefix", "any")
    client.wait_for("DHCPv6: the server has no prefix for this host")
    global_of(lab.client)
    eventually("all IPv6 goes into the tunnel", lambda: routes6(lab.client) == HALVES)
    lab.client.ping(OWN)
    assert client.stop() == 0


@pytest.mark.parametrize("value", ["0", "15", "65", "many", "56x", ""])
def test_lengths_that_can_not_be(lab, value):
    status, said = lab.connect_fails("--request-prefix", value)
    assert status == 2
    assert "must be the length of a prefix, 32 to 64, or any" in said


# ---- packets of all kinds


@pytest.fixture
def two(routed):
    """The server with two clients; each has an address."""
    lab = routed
    lab.serve(*IPV6)
    lab.connect()
    lab.connect(host=lab.other, user="bob", password="builder")
    return lab, global_of(lab.client), global_of(lab.other)


def test_datagrams_in_fragments(two):
    """Of both ends, up to the largest; not one is lost, and none is another."""
    lab, own, _ = two
    sizes = [1, 1232, 1233, 1352, 1353, 2000, 9000, 30000, 65507]
    assert exchange(lab.client, lab.inside, INSIDE6, sizes) == 0
    assert exchange(lab.inside, lab.client, own, sizes) == 0


def udp6(source, destination, port, data=b"x"):
    header = struct.pack("!HHHH", 5000, port, 8 + len(data), 0)
    body = header + data
    pseudo = address(source) + address(destination) + struct.pack("!II", len(body), 17)
    return body[:6] + struct.pack("!H", checksum(pseudo + body) or 0xffff) + body[8:]


@pytest.mark.parametrize("kind, size, mtu", [(1, 1, 1500), (2, 1340, 1280), (3, 1, 1500)])
def test_errors_reach_the_session_that_caused_them(two, kind, size, mtu):
    """ICMPv6: no such port, too big, time exceeded; from hosts behind the server and from the server itself."""
    lab, own, others = two
    lab.server.configure(f"link set dev inside mtu {mtu}\n")
    packet = ipv6(own, INSIDE6, udp6(own, INSIDE6, 9, bytes(size)), proto=17, hop_limit=1 if kind == 3 else 64)
    with sniffed(lab.client) as sniffer, sniffed(lab.other) as elsewhere:
        inject(lab.client, "sstp0", packet)
        error = eventually("the error comes back", lambda: [p for p in sniffer.look() if p[0] >> 4 == 6 and p[6] == 58 and
                                                            p[40] == kind and p[24:40] == address(own)])[0]
        # the packet is in it, as it was sent but for its hop limit
        assert error[48 + 8:48 + 48] == packet[8:48]
        assert not [p for p in elsewhere.look() if p[0] >> 4 == 6 and p[6] == 58 and p[40] in (1, 2, 3)]
    lab.server.configure("link set dev inside mtu 1500\n")


@pytest.mark.parametrize("header", [DESTINATION, HOP_BY_HOP, FRAGMENT], ids=["destination options", "hop-by-hop", "fragment"])
def test_extension_headers_pass(two, header):
    """As they are, both ways; but nothing of Neighbor Discovery after one (test_ipv6.py)."""
    lab, own, _ = two
    body = bytes((17, 0)) + (bytes((0, 0, 0, 0, 0, 7)) if header == FRAGMENT else PAD)
    # sent at the server's device, as its kernel forwards what the host inside sends
    for near, far, device, source, to in ((lab.client, lab.inside, "cable", own, INSIDE6),
                                          (lab.server, lab.client, "sstp0", INSIDE6, own)):
        payload = body + udp6(source, to, 9, b"extended")
        with sniffed(far, device) as sniffer:
            inject(near, "sstp0", ipv6(source, to, payload, proto=header, hop_limit=64))
            eventually("it arrives", lambda: [p for p in sniffer.look() if p[0] >> 4 == 6 and p[6] == header and
                                              p[8:40] == address(source) + address(to) and p[40:] == payload])
