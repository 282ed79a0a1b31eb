# SPDX-License-Identifier: GPL-3.0-or-later
"""sstp serve --ndp-proxy: clients have single addresses of the only /64 that there is, the one of the server's network."""
import pytest

from lab import eventually
from packets import echo6, inject
from test_ipv6 import link_local_of, sniffed

ON_LINK = "2001:db8:5:0:"
INSIDE6, GATEWAY6 = "2001:db8:5::2", "2001:db8:5::1"
IPV6 = "--ipv6-network", "2001:db8:5::/64", "--ndp-proxy", "inside"


@pytest.fixture
def on_link(lab):
    """The host "inside" has no route to the clients: it looks for them on its link."""
    lab.is_changed = True
    lab.server.configure(f"addr add {GATEWAY6}/64 dev inside nodad\n")
    lab.inside.configure(f"addr add {INSIDE6}/64 dev cable nodad\n")
    lab.server.sysctl("net.ipv6.conf.all.forwarding", 1)
    yield lab
    lab.server.sysctl("net.ipv6.conf.all.forwarding", 0)


def global_of(host, device="sstp0"):
    return eventually(f"{host.name} has an address of the network",
                      lambda: [a for a in host.addresses(device) if a.startswith("2001:db8:5:")])[0]


def neighbors(host):
    return {n["dst"]: n.get("lladdr") for n in host.ip("-6 neigh show")}


def client_routes(lab):
    return {r["dst"] for r in lab.server.ip("-6 route show dev sstp0") if r["dst"].startswith("2001:")}


def mac_of(host, device):
    return host.ip(f"link show dev {device}")[0]["address"]


@pytest.mark.parametrize("interface", ["inside", "auto"])
def test_a_client_on_the_servers_link(on_link, both, interface):
    lab = on_link
    server = lab.serve(*IPV6[:3], interface)
    assert "clients get addresses of 10.9.0.0/24 and of 2001:db8:5::/64" in server.log
    assert "answering neighbor solicitations for clients on inside" in server.log
    assert "overlaps" not in server.log
    client = lab.connect("--ipv6-id", "::a:b:c:d")
    client.wait_for("^IPv6 address 2001:db8:5:0:a:b:c:d$")
    own = global_of(lab.client)
    lab.client.ping(INSIDE6)
    lab.inside.ping(own)
    lab.client.ping(GATEWAY6)
    assert neighbors(lab.inside)[own] == mac_of(lab.server, "inside")
    assert client_routes(lab) == {own}
    assert client.stop() == 0
    eventually("the route is gone", lambda: not client_routes(lab))
    lab.inside.configure("neigh flush dev cable\n")
    assert not lab.inside.ping(own, count=1, check=False)
    assert server.stop() == 0


def test_nothing_is_left_after_a_crash(on_link):
    lab = on_link
    server = lab.serve(*IPV6)
    lab.connect()
    own = global_of(lab.client)
    lab.inside.ping(own)
    server.kill()
    assert lab.server.run("ip", "-6", "neigh", "show", "proxy").stdout == ""
    assert not [r for r in lab.server.ip("-6 route show") if r["dst"] == own]
    lab.inside.configure("neigh flush dev cable\n")
    assert not lab.inside.ping(own, count=1, check=False)
    assert neighbors(lab.inside).get(own) is None


def test_further_addresses_of_a_client(on_link):
    """As those that hosts make for privacy: each works from its first packets on, eight at a time."""
    lab = on_link
    lab.serve(*IPV6)
    lab.connect()
    first = global_of(lab.client)
    for i in range(9):
        own = f"2001:db8:5::abc:{i + 1:x}"
        lab.client.configure(f"addr add {own}/128 dev sstp0 nodad\n")
        lab.client.ping(INSIDE6, "-I", own)
        lab.inside.ping(own)
    eventually("the oldest ones are given up", lambda: client_routes(lab) == {f"2001:db8:5::abc:{i + 1:x}" for i in range(1, 9)})
    lab.client.ping(INSIDE6, "-I", first)
    assert first in client_routes(lab), "it is claimed again"


@pytest.mark.parametrize("other", [INSIDE6, GATEWAY6])
def test_an_address_of_another_host(on_link, both, other):
    """It stays that host's: the client, which asks for it, gets no IPv6."""
    lab = on_link
    server = lab.serve(*IPV6)
    lab.connect("--ipv6-id", "::" + other.split("::")[1])
    server.wait_for(f"{other} is the address of a host on inside: no client can have it")
    server.wait_for(f"IPv6 is disabled for this session: it cannot have {other}")
    assert not client_routes(lab)
    assert [a for a in lab.client.addresses() if not a.startswith("fe80:")] == ["10.9.0.2"]
    lab.server.ping(INSIDE6)
    lab.inside.ping(GATEWAY6)


def test_a_host_that_comes_later_is_told(on_link):
    """Its duplicate address detection finds the client."""
    lab = on_link
    lab.serve(*IPV6)
    lab.connect()
    own = global_of(lab.client)
    lab.inside.sysctl("net.ipv6.conf.cable.accept_dad", 1)
    lab.inside.configure(f"addr add {own}/64 dev cable\n")
    eventually("the kernel refuses it", lambda: [a for a in lab.inside.device("cable")["addr_info"]
                                                 if a["local"] == own and a.get("dadfailed")])
    lab.inside.configure(f"addr del {own}/64 dev cable\n")
    lab.inside.sysctl("net.ipv6.conf.cable.accept_dad", 0)
    lab.client.ping(INSIDE6)


def test_clients_can_not_use_each_others_addresses(on_link):
    lab = on_link
    lab.serve(*IPV6)
    lab.connect()
    lab.connect(host=lab.other, user="bob", password="builder")
    own, others = global_of(lab.client), global_of(lab.other)
    with sniffed(lab.server) as sniffer:
        wrong = [echo6(others, GATEWAY6), echo6("2001:db8:6::1", GATEWAY6)]
        inject(lab.client, "sstp0", *wrong)
        right = [echo6(own, GATEWAY6), echo6(link_local_of(lab.client), GATEWAY6)]
        inject(lab.client, "sstp0", *right)
        eventually("its own addresses may send", lambda: all(p in sniffer.look() for p in right))
        assert not [p for p in wrong if p in sniffer.look()]
    assert lab.client.ping(others, count=1, check=False) is False, "not without --client-to-client"


def test_from_client_to_client(on_link):
    lab = on_link
    lab.serve(*IPV6, "--client-to-client", "--workers", "2")
    lab.connect()
    lab.connect(host=lab.other, user="bob", password="builder")
    lab.client.ping(global_of(lab.other))
    lab.other.ping(global_of(lab.client))


def test_beside_delegated_prefixes(on_link):
    lab = on_link
    server = lab.serve(*IPV6, "--ipv6-delegate", "2001:db8:100::/40/56")
    client = lab.connect("--request-prefix", "56")
    client.wait_for("^IPv6 prefix 2001:db8:100:200::/56 is delegated to this host$")
    lab.client.ping(INSIDE6)
    assert client.stop() == 0
    assert server.stop() == 0


@pytest.mark.parametrize("options, why", [
    (IPV6[:2], "--ipv6-network 2001:db8:5::/64: must be a /16 to /63, since each client gets a /64 of it; with no more than the "
               "/64 of an interface add --ndp-proxy auto"),
    (("--ndp-proxy", "inside"), "--ndp-proxy needs an --ipv6-network of /64"),
    (("--ipv6-network", "2001:db8::/48", "--ndp-proxy", "inside"), "--ndp-proxy needs an --ipv6-network of /64"),
    (IPV6 + ("--netns", "blue"), "--ndp-proxy and --netns exclude each other"),
    (IPV6[:3] + ("eth/0",), "--ndp-proxy eth/0: must be a device's name"),
])
def test_options_that_do_not_go_together(lab, options, why):
    server = lab.serve(*options, wait=False)
    assert server.wait() == 2
    assert why in server.log


@pytest.mark.parametrize("interface, why", [
    ("auto", "--ndp-proxy auto: no interface of this host has an address in --ipv6-network 2001:db8:5::/64"),
    ("eth77", "--ndp-proxy eth77: there is no such interface"),
    ("lo", "--ndp-proxy lo: the interface has no Ethernet addresses"),
])
def test_interfaces_that_can_not_be(lab, interface, why):
    server = lab.serve(*IPV6[:3], interface, wait=False)
    assert server.wait() == 11
    assert why in server.log
