# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client changes on its host, and that all of it is restored: routes, DNS, the script; also after a crash."""
import re
import shutil
import signal
import socket
from pathlib import Path

import pytest

from lab import GATEWAY, INSIDE, NAME, POOL, RESOLV_CONF, SERVER, SERVER6, eventually, open_files

HALVES = {"0.0.0.0/1", "128.0.0.0/1"}
VIA = {"gateway": "10.1.0.254", "dev": "cable"}  # how the client reaches the server without a tunnel


def is_via(route):
    return route and {k: route.get(k) for k in VIA} == VIA


@pytest.fixture
def before(lab):
    return lab.client.routes()


# ---- routes


def test_by_default_everything_goes_through_the_tunnel(lab, before, both):
    lab.serve()
    client = lab.connect()
    routes = lab.client.routes()
    assert set(routes) - set(before) == HALVES | {SERVER}
    assert all(routes[half]["dev"] == "sstp0" for half in HALVES)
    assert is_via(routes[SERVER])
    assert routes["default"] == before["default"], "the host's own default route stays underneath"
    assert lab.client.ip("route get 198.51.100.1")[0]["dev"] == "sstp0"
    assert client.stop() == 0
    assert lab.client.routes() == before
    assert lab.client.device() is None


def test_a_first_attempt_that_fails_leaves_nothing(lab, before):
    lab.serve()
    assert lab.connect_fails(password="wrong")[0] == 9
    assert lab.client.routes() == before


@pytest.mark.parametrize("to, is_server_route", [(SERVER, True), (SERVER6, False)])
def test_only_some_networks(lab, before, to, is_server_route):
    """A host route to the server only if a network of the tunnel's covers it."""
    lab.serve()
    client = lab.connect("--no-default-route", "--route", "172.16.0.0/12", "--route", "192.0.2.0/24", "--route",
                         "198.51.100.77", to=to)
    routes = lab.client.routes()
    assert set(routes) - set(before) == {"172.16.0.0/12", "192.0.2.0/24", "198.51.100.77"} | (
        {SERVER} if is_server_route else set())
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    lab.client.ping(INSIDE)
    assert client.stop() == 0
    assert lab.client.routes() == before


def test_no_networks_at_all(lab, before):
    lab.serve()
    lab.connect("--no-default-route")
    assert lab.client.routes() == before
    lab.client.ping(GATEWAY, "-I", "sstp0")
    assert not lab.client.ping(INSIDE, count=1, check=False)


def test_the_servers_own_address_can_be_asked_for(lab, before):
    lab.serve()
    lab.connect("--no-default-route", "--route", GATEWAY)
    assert set(lab.client.routes()) - set(before) == {GATEWAY}
    lab.client.ping(GATEWAY)


@pytest.mark.parametrize("to", [SERVER, SERVER6])
def test_ipv6_does_not_leave_outside_of_the_tunnel(lab, to):
    lab.serve()
    before = lab.client.ip("-6 route show")
    client = lab.connect(to=to)
    assert lab.client.ping(SERVER6, count=1, check=False) == (to == SERVER6), "but to the server itself"
    assert not lab.client.ping("2001:db8:2::2", count=1, check=False)
    client.kill()
    assert not lab.client.ping("2001:db8:2::2", count=1, check=False)
    again = lab.connect("--allow-ipv6-outside", to=to)
    lab.client.ping("2001:db8:2::2")
    assert again.stop() == 0
    assert lab.client.ip("-6 route show") == before


CHANGES = {
    "an address that goes and comes back": """addr flush dev cable
        addr add 10.1.0.2/24 dev cable
        addr add 2001:db8:1::2/64 dev cable nodad
        route add default via 10.1.0.254""",
    "a link that was down": """link set cable down
        link set cable up
        route add default via 10.1.0.254""",
    "its own route removed": f"route del {SERVER}",
    "a default route without its gateway": """route replace default dev cable
        route replace default via 10.1.0.254""",
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_route_to_the_server_follows_the_host(lab, change, both):
    lab.is_changed = True
    lab.serve()
    client = lab.connect()
    for _ in range(2):
        lab.client.configure("\n".join(map(str.strip, CHANGES[change].splitlines())) + "\n")
        eventually("the host route is back", lambda: is_via(lab.client.routes().get(SERVER)))
        assert lab.client.ping(GATEWAY, count=3)
    assert client.log.count("connected in ") == 1
    assert "next try" not in client.log


def changes_follow(lab, client, *, via, device="cable"):
    """Unrelated changes of the host have no effect, and a route that is removed is added again."""
    lab.client.configure("".join(f"route add 198.18.{i}.0/24 via 10.1.0.254\n" for i in range(20)) +
                         "".join(f"route del 198.18.{i}.0/24\n" for i in range(20)))
    lab.client.ping_server()
    lab.client.configure(f"route del {SERVER}\n")
    eventually("the host route is back", lambda: lab.client.routes().get(SERVER, {}).get("gateway") in via)
    lab.client.ping_server()
    client.wait_for("^the route to the server .* was removed by another program; added it again$")
    assert "has changed" not in client.log and "has no route to the server" not in client.log
    assert lab.client.routes()[SERVER]["dev"] == device
    assert client.log.count("connected in ") == 1


def test_a_gateway_that_only_onlink_allows(lab):
    """As in clouds and containers: no route of the host leads to the gateway itself."""
    lab.is_changed = True
    lab.router.configure("addr add 10.99.0.254/32 dev client\n")
    lab.client.configure("route replace default via 10.99.0.254 dev cable onlink\n")
    before = lab.client.routes()
    lab.serve()
    client = lab.connect()
    assert lab.client.routes()[SERVER]["gateway"] == "10.99.0.254"
    assert "onlink" in lab.client.routes()[SERVER]["flags"]
    changes_follow(lab, client, via=["10.99.0.254"])
    assert client.stop() == 0
    assert lab.client.routes() == before


HOPS = ["10.1.0.254", "10.1.0.253"]
HOPS6 = ["2001:db8:1::254", "2001:db8:1::253"]


@pytest.mark.parametrize("default", [
    pytest.param("route add default nexthop via {0} dev cable nexthop via {1} dev cable", id="of the route"),
    pytest.param("""nexthop add id 1 via {0} dev cable
        nexthop add id 2 via {1} dev cable
        nexthop add id 3 group 1/2
        route add default nhid 3""", id="a group"),
    pytest.param("nexthop add id 1 via {0} dev cable\nroute add default nhid 1", id="an object"),
    pytest.param("route add default via {0} metric 10\nroute add default via {1} metric 20", id="metrics"),
])
def test_a_default_route_with_several_next_hops(lab, default):
    """One of them is used for the server, and does not change."""
    lab.is_changed = True
    lab.router.configure(f"addr add {HOPS[1]}/24 dev client\n")
    lab.client.configure("route del default\n" + default.format(*HOPS) + "\n")
    before = lab.client.ip("-4 route show")
    lab.serve()
    client = lab.connect()
    first = lab.client.routes()[SERVER]["gateway"]
    assert first in HOPS
    changes_follow(lab, client, via=[first])
    assert client.stop() == 0
    assert lab.client.ip("-4 route show") == before


def test_several_next_hops_of_ipv6(lab):
    lab.is_changed = True
    lab.router.configure(f"addr add {HOPS6[1]}/64 dev client nodad\n")
    lab.client.configure("route del default via 2001:db8:1::254\nroute add default " +
                         " ".join(f"nexthop via {hop} dev cable" for hop in HOPS6) + "\n")
    before = lab.client.ip("-6 route show")
    lab.serve()
    client = lab.connect(to=SERVER6)

    def way():
        return next((r for r in lab.client.ip("-6 route show") if r["dst"] == SERVER6), {}).get("gateway")

    first = way()
    assert first in HOPS6
    lab.client.configure(f"route del {SERVER6}\n")
    eventually("the host route is back", lambda: way() == first)
    lab.client.ping_server()
    assert client.log.count("connected in ") == 1
    assert client.stop() == 0
    assert lab.client.ip("-6 route show") == before


@pytest.mark.parametrize("to, is_server_route", [(SERVER, False), (SERVER6, True)])
def test_all_ipv6_and_no_ipv4(lab, before, to, is_server_route):
    before6 = lab.client.ip("-6 route show")
    lab.serve()
    client = lab.connect("--no-default-route", "--route", "::/0", to=to)
    assert lab.client.routes() == before
    new = {r["dst"]: r for r in lab.client.ip("-6 route show") if r not in before6}
    assert {"::/1", "8000::/1"} <= set(new)
    assert {r["dev"] for dst, r in new.items() if dst in ("::/1", "8000::/1")} == {"sstp0"}
    assert (SERVER6 in new) == is_server_route
    lab.client.ping_server()
    assert client.stop() == 0
    assert lab.client.ip("-6 route show") == before6


def drops_of(program):
    """How many messages its netlink sockets have lost."""
    inodes = set(open_files(program.pid).values())
    rows = [line.split() for line in Path(f"/proc/{program.pid}/net/netlink").read_text().splitlines()[1:]]
    return sum(int(row[8]) for row in rows if f"socket:[{row[9]}]" in inodes)


def test_more_changes_than_the_kernel_reports(lab):
    """The message that matters is among the lost ones: sstp checks everything after a loss."""
    lab.is_changed = True
    lab.serve()
    client = lab.connect()
    flood = "".join(f"route add 198.18.{i // 250}.{i % 250} via 10.1.0.254 table 99\n" for i in range(3000))
    client.send(signal.SIGSTOP)
    lab.client.configure(flood + f"route del {SERVER}\n" + flood.replace("route add", "route del"))
    assert drops_of(client)
    client.send(signal.SIGCONT)
    eventually("the host route is back", lambda: is_via(lab.client.routes().get(SERVER)))
    lab.client.ping_server()
    client.wait_for("^the route to the server .* was removed by another program; added it again$")
    lab.client.configure(f"route del {SERVER}\n")  # it goes on looking
    client.wait_for("^the route to the server .* was removed by another program; added it again$", count=2)
    assert client.log.count("connected in ") == 1


def test_a_rule_before_the_main_table_is_reported(lab):
    lab.is_changed = True
    lab.client.configure("route add default via 10.1.0.254 table 77\nrule add pref 100 lookup 77\n")
    lab.serve()
    client = lab.connect()
    client.wait_for(r"^warn: .* do not go through sstp0, but through cable, by the route 0\.0\.0\.0/0 of table 77 "
                    r"\(ip rule, priority 100\)$")


def test_an_ipv6_network(lab):
    lab.serve()
    client = lab.connect("--no-default-route", "--route", "2001:db8:77::/48")
    assert [r["dst"] for r in lab.client.ip("-6 route show dev sstp0")] == ["2001:db8:77::/48", "fe80::/64"]
    assert client.stop() == 0


def test_a_table_of_their_own(lab, before):
    lab.serve()
    client = lab.connect("--table", "100", "--route", "172.16.0.0/12")
    assert lab.client.routes() == before
    table = lab.client.routes("table 100")
    assert set(table) == HALVES | {"172.16.0.0/12", SERVER}
    assert is_via(table[SERVER])
    assert client.stop() == 0
    assert [r for r in lab.client.ip("-4 route show table all") if str(r.get("table")) == "100"] == []


def test_a_route_that_is_there_already_is_not_taken_over(lab):
    lab.is_changed = True
    lab.client.configure("route add 172.16.0.0/12 via 10.1.0.254\n")
    before = lab.client.routes()
    lab.serve()
    status, said = lab.connect_fails("--no-default-route", "--route", "172.16.0.0/12")
    assert status == 11
    assert re.search(r"^error: sstp0: there is a route to 172\.16\.0\.0/12 already", said, re.M)
    assert lab.client.routes() == before


def test_the_hosts_own_route_to_the_server_stays(lab):
    lab.is_changed = True
    lab.client.configure(f"route add {SERVER} via 10.1.0.254\n")
    before = lab.client.routes()
    lab.serve()
    client = lab.connect()
    lab.client.ping(GATEWAY)
    assert client.stop() == 0
    assert lab.client.routes() == before


def test_a_server_on_the_same_link(lab):
    """The server is on the link, and the tunnel's routes must not cover it."""
    server = lab.serve(host=lab.router, identity=lab.pki.identity("router", "IP:10.1.0.254"))
    client = lab.connect(to="10.1.0.254", trust=["--ca-cert", lab.pki.ca])
    lab.client.ping(GATEWAY)
    lab.client.ping("10.1.0.254")
    assert client.stop() == 0
    assert server.stop() == 0


def test_two_clients_on_one_host(lab, before):
    lab.serve()
    lab.serve("--listen", f"{SERVER}:4443", network="10.10.0.0/24")
    one = lab.connect("--no-default-route", "--route", "172.16.0.0/12", "--route", GATEWAY)
    two = lab.connect("--no-default-route", "--route", "172.16.0.0/16", "--route", "10.10.0.1", "--no-dns", to=f"{SERVER}:4443")
    assert "sstp1, address 10.10.0.2" in two.log
    lab.client.ping(GATEWAY)
    lab.client.ping("10.10.0.1")
    assert one.stop() == 0
    lab.client.ping("10.10.0.1")
    assert two.stop() == 0
    assert lab.client.routes() == before


WHOLE_NETWORK = ["--no-default-route", "--route", "192.0.2.0/24"]


@pytest.mark.parametrize("first, own, second", [
    pytest.param([], "0.0.0.0/1", WHOLE_NETWORK, id="a route over the server's network"),
    pytest.param(WHOLE_NETWORK, "192.0.2.0/24", [], id="the default route"),
])
def test_one_client_does_not_take_the_server_from_another(lab, before, first, own, second):
    """The second client's routes cover the server of the first, whose host route must stay out of that tunnel."""
    lab.serve()
    lab.serve("--listen", f"{SERVER}:4443", network="10.10.0.0/24")
    one = lab.connect(*first)
    two = lab.connect("--no-dns", *second, to=f"{SERVER}:4443")
    # a client checks its host route before its other routes: once this one is back, it has seen all changes
    lab.client.configure(f"route del {own} dev sstp0\n")
    eventually("the first client has seen the changes", lambda: own in lab.client.routes("dev sstp0"))
    assert is_via(lab.client.routes()[SERVER])
    lab.client.ping_server()
    lab.client.ping("10.10.0.1", "-I", "sstp1")
    assert "has changed" not in one.log
    assert two.stop() == 0
    lab.client.ping_server()
    assert one.stop() == 0
    assert lab.client.routes() == before


def test_the_second_client_keeps_its_route_when_the_first_ends(lab, before):
    """The first client added the host route that both use, and removes it."""
    lab.serve()
    lab.serve("--listen", f"{SERVER}:4443", network="10.10.0.0/24")
    one = lab.connect(*WHOLE_NETWORK)
    two = lab.connect("--no-dns", to=f"{SERVER}:4443")
    assert one.stop() == 0
    two.wait_for(f"the route to the server {SERVER} was removed by another program; added it again")
    assert is_via(lab.client.routes()[SERVER])
    lab.client.ping("10.10.0.1")
    assert two.stop() == 0
    assert lab.client.routes() == before


def test_after_a_link_flap_no_client_goes_through_the_other(lab, before):
    """While the link is down, the only route to the server is the other tunnel's."""
    lab.is_changed = True
    lab.serve()
    lab.serve("--listen", f"{SERVER}:4443", network="10.10.0.0/24")
    one = lab.connect()
    two = lab.connect("--no-dns", *WHOLE_NETWORK, to=f"{SERVER}:4443")
    lab.client.configure("link set cable down\n")
    eventually("a tunnel has the route", lambda: lab.client.routes().get(SERVER, {}).get("dev") in ("sstp0", "sstp1"))
    lab.client.configure("link set cable up\nroute add default via 10.1.0.254\n")
    eventually("the host route is back", lambda: is_via(lab.client.routes().get(SERVER)))
    lab.client.ping_server()
    lab.client.ping("10.10.0.1", "-I", "sstp1")
    assert two.stop() == 0
    lab.client.ping_server()
    assert one.stop() == 0
    assert lab.client.routes() == before


@pytest.mark.parametrize("what", ["addr flush dev sstp0", "link set sstp0 down"])
def test_another_program_that_changes_the_device(lab, what):
    """As network managers do that do not know the device. Routes go with addresses; a device that is down has no IPv6."""
    lab.serve()
    client = lab.connect()
    before, addresses = lab.client.state(), lab.client.addresses()
    assert len(addresses) == 2
    lab.client.configure(f"{what}\nlink set sstp0 up\n")
    eventually("all is back", lambda: lab.client.state() == before)
    assert sorted(lab.client.addresses()) == sorted(addresses)
    lab.client.ping(GATEWAY)
    client.wait_for("added it again", count=2)


def test_another_program_that_removes_the_device(lab):
    before = lab.client.routes()
    server = lab.serve()
    client = lab.connect()
    lab.client.configure("link del sstp0\n")
    assert client.wait() == 11
    assert "error: sstp0: another program has removed the device\n" in client.log
    assert lab.client.routes() == before
    lab.server.configure("link del sstp0\n")
    server.wait()
    assert "error: sstp0 is lost, all sessions end: another program has removed the device\n" in server.log


def test_a_name_for_the_device(lab):
    lab.serve("--interface", "office")
    client = lab.connect("--no-default-route", "--interface", "vpn%d")
    assert "vpn0, address" in client.log
    assert lab.client.device("vpn0") and lab.server.device("office")


def test_a_device_name_that_is_taken(lab):
    lab.serve()
    lab.connect("--no-default-route", "--interface", "vpn0")
    status, said = lab.connect_fails("--no-default-route", "--interface", "vpn0")
    assert status == 11
    assert said.startswith("error: cannot make the TUN device vpn0: ")


def test_the_device_has_its_own_address_and_an_mtu(lab):
    lab.serve("--mtu", "1350")
    lab.connect("--mtu", "1300")
    device = lab.client.device()
    own = next(a for a in device["addr_info"] if a["family"] == "inet")
    assert (own["local"], own["prefixlen"]) == ("10.9.0.2", 32)
    assert "address" not in own, "the peer's address would get a route"
    assert device["mtu"] == 1300
    assert "UP" in device["flags"]
    assert lab.server.device()["mtu"] == 1350
    assert next(a for a in lab.server.device()["addr_info"] if a["family"] == "inet")["local"] == GATEWAY


# ---- DNS

DNS = ["--dns", "10.9.0.53", "--dns", "10.9.0.54"]


def name_servers(host):
    return re.findall(r"^nameserver (\S+)$", host.resolv_conf.read_text(), re.M)


def leftovers(host):
    """Files in resolv.conf's folder and in /run that are not the host's."""
    state = host.run_folder / "sstp"
    return sorted(p.name for p in host.etc.iterdir() if p.name.startswith("resolv.conf.")) + (
        sorted(p.name for p in state.iterdir()) if state.exists() else [])


def test_the_tunnels_name_servers_while_it_is_up(lab, both):
    lab.serve(*DNS)
    client = lab.connect()
    assert "DNS 10.9.0.53, 10.9.0.54" in client.log
    assert name_servers(lab.client) == ["10.9.0.53", "10.9.0.54"]
    assert "search example.net\n" in lab.client.resolv_conf.read_text(), "the host's own names stay short"
    assert client.stop() == 0
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF
    assert leftovers(lab.client) == []


@pytest.mark.parametrize("given, set_", [(["10.9.0.53", "10.9.0.53"], ["10.9.0.53"]), ([GATEWAY, GATEWAY], [GATEWAY])])
def test_a_name_server_that_is_named_twice(lab, given, set_):
    lab.serve(*(word for address in given for word in ("--dns", address)))
    client = lab.connect("--no-default-route")
    assert client.log.count(f"DNS {', '.join(set_)}\n") == 1
    assert name_servers(lab.client) == set_
    assert list(lab.client.routes("dev sstp0")) == set_
    assert client.stop() == 0


def test_no_dns_changes_no_dns(lab):
    lab.serve(*DNS)
    lab.connect("--no-dns")
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF
    assert not [f for f in leftovers(lab.client) if f.startswith("resolv")]


def test_a_server_without_name_servers_changes_nothing(lab):
    lab.serve()
    lab.connect()
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF


def test_a_file_that_somebody_else_changed_meanwhile_stays(lab):
    lab.serve(*DNS)
    client = lab.connect()
    lab.client.resolv_conf.write_text("nameserver 10.77.0.1\n")
    assert client.stop() == 0
    assert lab.client.resolv_conf.read_text() == "nameserver 10.77.0.1\n"
    assert leftovers(lab.client) == []


def test_a_host_without_the_file_has_none_afterwards(lab):
    lab.client.resolv_conf.unlink()
    lab.serve(*DNS)
    client = lab.connect()
    assert name_servers(lab.client) == ["10.9.0.53", "10.9.0.54"]
    assert client.stop() == 0
    assert not lab.client.resolv_conf.exists()
    assert leftovers(lab.client) == []


@pytest.mark.parametrize("is_link", [False, True])
def test_a_new_file_is_for_all_users_whatever_the_umask(lab, is_link):
    """Programs of other users could not look a name up: the file had mode 0600."""
    lab.client.resolv_conf.unlink()
    if is_link:
        lab.client.resolv_conf.symlink_to("/run/resolv.conf")
    real = lab.client.run_folder / "resolv.conf" if is_link else lab.client.resolv_conf
    lab.serve(*DNS)
    client = lab.connect(umask=0o077)
    assert real.stat().st_mode & 0o7777 == 0o644
    assert client.stop() == 0
    assert not real.exists()
    if is_link:
        lab.client.resolv_conf.unlink()


def test_a_link_stays_a_link(lab):
    real = lab.client.run_folder / "resolv.conf"
    real.write_text(RESOLV_CONF)
    lab.client.resolv_conf.unlink()
    lab.client.resolv_conf.symlink_to("/run/resolv.conf")
    lab.serve(*DNS)
    client = lab.connect()
    assert "10.9.0.53" in real.read_text()
    assert client.stop() == 0
    assert real.read_text() == RESOLV_CONF
    assert lab.client.resolv_conf.is_symlink()
    lab.client.resolv_conf.unlink()


def test_the_hosts_resolvconf_is_used_where_there_is_one(lab):
    """resolvconf, as Debian and openresolv have it."""
    folder = lab.folder / "bin"
    folder.mkdir()
    (folder / "resolvconf").write_text(f'#!/bin/sh\necho "$@" >>{lab.folder}/asked\ncat >>{lab.folder}/asked\n')
    (folder / "resolvconf").chmod(0o755)
    lab.serve(*DNS)
    client = lab.connect(env={"PATH": f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin"})
    asked = lab.folder / "asked"
    assert asked.read_text() == "-a sstp0.sstp -m 0 -x\nnameserver 10.9.0.53\nnameserver 10.9.0.54\n"
    assert client.stop() == 0
    assert asked.read_text().endswith("-d sstp0.sstp\n")
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF


def test_name_servers_of_ones_own(lab):
    """In place of those that the server names, each by its own route through the tunnel; and search domains."""
    lab.serve(*DNS)
    client = lab.connect("--no-default-route", "--dns", "10.66.0.1", "--dns", "2001:db8:66::1", "--dns", "127.0.0.1",
                         "--search", ".Corp.Test", "--search", "lab.test")
    assert name_servers(lab.client) == ["10.66.0.1", "2001:db8:66::1", "127.0.0.1"]
    assert "\nsearch corp.test lab.test example.net\n" in lab.client.resolv_conf.read_text()
    assert list(lab.client.routes("dev sstp0")) == ["10.66.0.1"]
    assert "2001:db8:66::1" in [r["dst"] for r in lab.client.ip("-6 route show dev sstp0")]
    assert client.stop() == 0
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF


def test_a_script_gets_the_domains(lab):
    lab.serve(*DNS)
    lab.connect("--dns", "10.66.0.1", "--dns-domain", "corp.test", "--search", "lab.test", "--script",
                f'[ "$reason" != connect ] || env >{lab.folder}/asked')
    asked = (lab.folder / "asked").read_text().splitlines()
    assert {"INTERNAL_IP4_DNS=10.66.0.1", "CISCO_SPLIT_DNS=corp.test", "CISCO_DEF_DOMAIN=lab.test"} <= set(asked)


@pytest.mark.parametrize("options, why", [
    (["--no-dns", "--dns", "10.0.0.1"], "--no-dns contradicts --dns"),
    (["--tun-fd", "0", "--search", "corp.test"], "--tun-fd contradicts --dns"),
    (["--dns", "10.0.0.300"], "--dns 10.0.0.300: must be an address"),
    (["--dns", "::"], "--dns ::: must be an address"),
    (["--dns", "fe80::1"], "--dns fe80::1: must be an address"),
    (["--dns", "ff02::1"], "--dns ff02::1: must be an address"),
    (["--dns", "224.0.0.1"], "--dns 224.0.0.1: must be an address"),
    (["--dns", "10.0.0.1"] * 5, "--dns 10.0.0.1: at most 4 can be given"),
    (["--dns-domain", "a..b"], "--dns-domain a..b: must be a domain"),
    (["--dns-domain", "bücher.test"], "must be given as DNS has it: probably xn--bcher-kva.test"),
    (["--search", "a.test"] * 33, "--search a.test: at most 32 can be given"),
])
def test_dns_options_that_make_no_sense(lab, options, why):
    status, said = lab.connect_fails(*options)
    assert status == 2
    assert why in said


def test_systemd_resolved_is_used_where_resolv_conf_is_its(lab):
    folder, resolved = lab.folder / "bin", lab.client.run_folder / "systemd/resolve"
    folder.mkdir()
    resolved.mkdir(parents=True)
    (resolved / "stub-resolv.conf").write_text("nameserver 127.0.0.53\n")
    (folder / "resolvectl").write_text(f'#!/bin/sh\necho "$@" >>{lab.folder}/asked\n')
    (folder / "resolvectl").chmod(0o755)
    lab.client.resolv_conf.unlink()
    lab.client.resolv_conf.symlink_to("/run/systemd/resolve/stub-resolv.conf")
    lab.serve(*DNS)
    client = lab.connect(env={"PATH": f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin"})
    asked = lab.folder / "asked"
    assert asked.read_text().splitlines()[:2] == ["dns sstp0 10.9.0.53 10.9.0.54", "domain sstp0 ~."]
    assert (resolved / "stub-resolv.conf").read_text() == "nameserver 127.0.0.53\n"
    assert client.stop() == 0
    assert asked.read_text().splitlines()[-1] == "revert sstp0"
    lab.client.resolv_conf.unlink()
    shutil.rmtree(lab.client.run_folder / "systemd")


@pytest.fixture
def hanging(lab):
    """A resolvectl that always hangs; gives a function that returns its running processes."""
    folder, resolved = lab.folder / "bin", lab.client.run_folder / "systemd/resolve"
    folder.mkdir()
    resolved.mkdir(parents=True)
    (resolved / "stub-resolv.conf").write_text("nameserver 127.0.0.53\n")
    (folder / "resolvectl").write_text(f'#!/bin/sh\necho $$ "$@" >>{lab.folder}/asked\nexec sleep 1000\n')
    (folder / "resolvectl").chmod(0o755)
    lab.client.resolv_conf.unlink()
    lab.client.resolv_conf.symlink_to("/run/systemd/resolve/stub-resolv.conf")
    asked = lab.folder / "asked"
    asked.touch()

    def running():
        pids = [line.split()[0] for line in asked.read_text().splitlines()]
        return {pid for pid in pids if Path(f"/proc/{pid}").exists()}

    running.asked = lambda: [line.split(" ", 1)[1] for line in asked.read_text().splitlines()]
    running.path = {"PATH": f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin"}
    yield running
    lab.client.resolv_conf.unlink()
    shutil.rmtree(lab.client.run_folder / "systemd")


def test_packets_pass_while_resolvectl_hangs(lab, both, hanging):
    lab.serve(*DNS)
    client = lab.connect(env=hanging.path, wait=False)

    def ping_meanwhile():
        before = hanging()
        return before and lab.client.ping_server(count=1, check=False) and before & hanging()

    eventually("a ping passes while it hangs", ping_meanwhile)
    client.wait_for("^warn: DNS: .*/resolvectl dns took too long and was ended$")
    client.wait_for("^connected in ")  # which does not wait forever, ...
    client.wait_for("^warn: DNS: /etc/resolv.conf is /run/systemd/resolve/stub-resolv.conf, which belongs to systemd-resolved")
    assert (lab.client.run_folder / "systemd/resolve/stub-resolv.conf").read_text() == "nameserver 127.0.0.53\n"
    assert hanging.asked()[:2] == ["dns sstp0 10.9.0.53 10.9.0.54", "revert sstp0"]
    assert client.stop() == 0
    assert (lab.client.run_folder / "systemd/resolve/stub-resolv.conf").read_text() == "nameserver 127.0.0.53\n"


def test_the_end_comes_while_resolvectl_hangs(lab, hanging):
    lab.serve(*DNS)
    client = lab.connect(env=hanging.path, wait=False)
    eventually("it hangs", hanging)
    assert client.stop() == 0
    assert hanging.asked() == ["dns sstp0 10.9.0.53 10.9.0.54", "revert sstp0"]
    assert not hanging()


def test_a_reconnect_waits_for_the_hosts_dns(lab):
    """The server's name must be looked up with the host's servers, not with those in the tunnel that ended."""
    folder, resolved = lab.folder / "bin", lab.client.run_folder / "systemd/resolve"
    folder.mkdir()
    resolved.mkdir(parents=True)
    (resolved / "stub-resolv.conf").write_text("nameserver 127.0.0.53\n")
    (folder / "resolvectl").write_text(f"""#!/bin/sh
        [ $1 != revert ] || {{ touch {lab.folder}/reverts; until [ -e {lab.folder}/go ]; do sleep 0.01; done; }}
        echo "$@" >>{lab.folder}/asked\n""")
    (folder / "resolvectl").chmod(0o755)
    lab.client.resolv_conf.unlink()
    lab.client.resolv_conf.symlink_to("/run/systemd/resolve/stub-resolv.conf")
    lab.serve(*DNS)
    client = lab.connect(env={"PATH": f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin"})
    client.send(signal.SIGUSR2)
    eventually("the revert begins", (lab.folder / "reverts").exists)
    client.send(signal.SIGUSR1)
    client.wait_for("^status: ")
    assert len(re.findall(f"^connecting to {SERVER}$", client.log, re.M)) == 1
    (lab.folder / "go").touch()
    client.wait_for("^connected in ", count=2)
    words = [line.split()[0] for line in (lab.folder / "asked").read_text().splitlines()]
    assert words == ["dns", "domain", "default-route", "revert", "dns", "domain", "default-route"]
    assert client.stop() == 0
    lab.client.resolv_conf.unlink()
    shutil.rmtree(lab.client.run_folder / "systemd")


def test_a_folder_that_cannot_be_written_costs_dns_and_no_more(lab):
    lab.is_changed = True
    lab.client.run("mount", "-o", "remount,bind,ro", "/etc")
    lab.serve(*DNS)
    client = lab.connect()
    client.wait_for("^warn: DNS: /etc/resolv.conf .*Read-only file system$")
    lab.client.ping(GATEWAY)
    assert client.stop() == 0


def test_changes_that_cannot_be_recorded_are_undone_too(lab, before):
    (lab.client.run_folder / "sstp").write_text("in the way\n")
    lab.serve(*DNS)
    client = lab.connect()
    client.wait_for(r"^warn: cannot write to /run/sstp \(Not a directory\)")
    assert client.stop() == 0
    assert lab.client.routes() == before
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF
    (lab.client.run_folder / "sstp").unlink()


def test_hosts_without_ipv6(lab):
    lab.is_changed = True
    for host in (lab.client, lab.server):
        host.sysctl("net.ipv6.conf.all.disable_ipv6", 1)
        host.sysctl("net.ipv6.conf.default.disable_ipv6", 1)
    server = lab.serve()
    client = lab.connect()
    lab.client.ping(GATEWAY)
    assert client.stop() == 0
    assert not [line for line in (server.said + client.said).splitlines() if line.startswith("error")]


# ---- a crash


def test_the_next_client_restores_the_host_after_a_killed_one(lab, before, both):
    lab.serve(*DNS)
    first = lab.connect()
    first.kill()
    assert is_via(lab.client.routes()[SERVER]), "what a crash leaves"
    assert name_servers(lab.client) == ["10.9.0.53", "10.9.0.54"]
    second = lab.connect()
    second.wait_for(rf"^removed the route to {re.escape(SERVER)}, left by an sstp that crashed$")
    second.wait_for("^restored /etc/resolv.conf after a crash of sstp$")
    lab.client.ping(GATEWAY)
    assert name_servers(lab.client) == ["10.9.0.53", "10.9.0.54"]
    assert set(lab.client.routes()) - set(before) == HALVES | {SERVER}
    assert second.stop() == 0
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF
    assert lab.client.routes() == before
    assert leftovers(lab.client) == []


def test_the_next_client_restores_the_host_even_without_a_tunnel(lab, before):
    server = lab.serve(*DNS)
    lab.connect().kill()
    assert server.stop() == 0
    assert lab.connect_fails()[0] == 4
    assert lab.client.routes() == before
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF
    assert leftovers(lab.client) == []


def test_after_a_crash_another_device_name_does_not_matter(lab, before):
    lab.serve(*DNS)
    lab.connect("--interface", "vpn7").kill()
    assert lab.connect("--interface", "vpn8").stop() == 0
    assert lab.client.routes() == before
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF
    assert leftovers(lab.client) == []


def test_a_crash_of_one_client_does_not_touch_another_that_lives(lab):
    lab.serve(*DNS)
    lab.serve("--listen", f"{SERVER}:4443", network="10.10.0.0/24")
    lives = lab.connect()
    lab.connect("--no-default-route", "--route", "192.0.2.0/24", to=f"{SERVER}:4443").kill()
    eventually("the first has its way again", lambda: is_via(lab.client.routes().get(SERVER)))
    third = lab.connect("--no-default-route", to=f"{SERVER}:4443")
    assert third.stop() == 0
    assert name_servers(lab.client) == ["10.9.0.53", "10.9.0.54"]
    assert is_via(lab.client.routes()[SERVER])
    lab.client.ping(GATEWAY)
    assert lives.stop() == 0
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF


# ---- --script

WANTED = r"reason|TUNDEV|VPNGATEWAY|VPNPID|INTERNAL_\w+|CISCO_\w+|SSTP_\w+|LOG_LEVEL"


class Script:
    """A vpnc-script that records its environment."""

    def __init__(self, lab, more=""):
        self.records = lab.folder / "records"
        self.path = lab.file("script", f"""#!/bin/sh
            {{ env | grep -E '^({WANTED})=' | sort; echo; }} >>{self.records}
            {more}""", 0o755)

    def calls(self):
        if not self.records.exists():
            return []
        return [dict(line.split("=", 1) for line in part.splitlines())
                for part in self.records.read_text().split("\n\n") if part]

    def reasons(self):
        return [c["reason"] for c in self.calls()]


def test_a_script_sets_up_the_network_instead(lab, before, both):
    script = Script(lab, """
        case $reason in
        connect) ip link set $TUNDEV up mtu $INTERNAL_IP4_MTU; ip addr add $INTERNAL_IP4_ADDRESS peer 10.9.0.1 dev $TUNDEV;;
        esac""")
    lab.serve(*DNS)
    client = lab.connect("--script", script.path, "--mtu", "1350")
    pre_init, connect = script.calls()
    assert pre_init["reason"] == "pre-init" and pre_init["TUNDEV"] == "sstp0"
    assert connect["reason"] == "connect"
    assert connect["TUNDEV"] == "sstp0"
    assert connect["VPNGATEWAY"] == SERVER
    assert connect["VPNPID"] == str(client.pid)
    assert connect["INTERNAL_IP4_ADDRESS"] == "10.9.0.2"
    assert connect["INTERNAL_IP4_NETMASK"] == "255.255.255.255"
    assert connect["INTERNAL_IP4_MTU"] == "1350"
    assert connect["INTERNAL_IP4_DNS"] == "10.9.0.53 10.9.0.54"
    assert "CISCO_SPLIT_INC" not in connect
    assert set(lab.client.routes()) - set(before) == {GATEWAY}, "no route but the script's"
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF
    lab.client.ping(GATEWAY)
    assert client.stop() == 0
    assert script.reasons() == ["pre-init", "connect", "disconnect"]
    assert script.calls()[-1]["INTERNAL_IP4_ADDRESS"] == "10.9.0.2"


def test_a_script_gets_the_networks_of_a_split_tunnel(lab):
    script = Script(lab)
    lab.serve()
    lab.connect("--script", script.path, "--no-default-route", "--route", "172.16.0.0/12", "--route", "10.20.0.0/16")
    call = script.calls()[1]
    assert call["CISCO_SPLIT_INC"] == "2"
    assert (call["CISCO_SPLIT_INC_0_ADDR"], call["CISCO_SPLIT_INC_0_MASK"], call["CISCO_SPLIT_INC_0_MASKLEN"]) == (
        "172.16.0.0", "255.240.0.0", "12")
    assert call["CISCO_SPLIT_INC_1_ADDR"] == "10.20.0.0"


def test_a_script_is_called_on_loss_and_reconnect(lab):
    script = Script(lab)
    lab.serve()
    client = lab.connect("--script", script.path)
    client.send(signal.SIGUSR2)
    client.wait_for("^connected in ", count=2)
    eventually("the script runs for the reconnect", lambda: script.reasons()[-1] == "reconnect")
    assert script.reasons() == ["pre-init", "connect", "attempt-reconnect", "reconnect"]


def test_a_script_gets_neither_the_password_nor_variables_of_another_vpn(lab):
    """Neither the password nor variables of another VPN's script in our own environment."""
    script = Script(lab)
    lab.serve()
    client = lab.start(lab.client, lab.sstp, "connect", SERVER, "-u", "ann", "--servercert", lab.pki.server.pin,
                       "--script", script.path, label="connect",
                       env={"SSTP_PASSWORD": "wonder land", "INTERNAL_IP4_ADDRESS": "10.66.6.6", "SSTP_LOG_TIME": "no"})
    client.wait_for("^connected in ")
    assert "wonder land" not in script.records.read_text()
    assert "INTERNAL_IP4_ADDRESS" not in script.calls()[0]


def test_a_script_that_fails_is_logged(lab):
    script = Script(lab, "[ $reason != connect ] || exit 3")
    lab.serve()
    client = lab.connect("--script", script.path)
    assert "error: script (connect): it ended with status 3\n" in client.log


def test_a_script_may_be_a_command_with_arguments(lab):
    lab.serve()
    lab.connect("--script", f"echo one two >>{lab.folder}/calls; exit 0")
    assert (lab.folder / "calls").read_text() == "one two\none two\n"


def test_a_dns_server_of_our_own_where_nothing_listens(lab):
    missing = f"warn: --dns {GATEWAY}: this is the server's own address, and nothing listens on UDP port 53 there"
    server = lab.serve("--dns", GATEWAY)
    server.wait_for("^" + re.escape(missing))
    assert server.stop() == 0
    with lab.server.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener: # all addresses, also those to come
        listener.bind(("0.0.0.0", 53))
        server = lab.serve("--dns", GATEWAY, "--dns", "192.0.2.53")
        lab.connect("--no-default-route").stop() # what the server logs after "ready" is logged
        assert "nothing listens" not in server.log
