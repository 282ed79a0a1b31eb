# SPDX-License-Identifier: GPL-3.0-or-later
"""IPv6 in the tunnel, and what neither end lets its peer do to the host with it."""
import json
import re
from contextlib import contextmanager

import pytest

from lab import GATEWAY, RESOLV_CONF, SERVER, Sniffer, eventually
from packets import (ALL_NODES, address, advertisement, echo6, hidden, icmp4, icmp6, inject, ipv4, ipv6, mtu_option,
                     prefix_option, rdnss_option, route_option)
from scripted import Router, ScriptedServer
from test_netns import named

DISTRUST = {"ipv6": ("accept_ra", "autoconf", "accept_redirects", "accept_source_route"),
            "ipv4": ("accept_redirects", "send_redirects", "accept_source_route")}


def link_local_of(host, device="sstp0"):
    return eventually(f"{host.name} has a link-local address",
                      lambda: [a for a in host.addresses(device) if a.startswith("fe80:")])[0]


def routes6(host):
    return host.run("ip", "-6", "route", "show").stdout


def settings(read):
    return {f"{family}.{name}": read(f"/proc/sys/net/{family}/conf/sstp0/{name}").strip()
            for family, names in DISTRUST.items() for name in names}


@contextmanager
def sniffed(host, device="sstp0"):
    sniffer = Sniffer(host, device)
    try:
        yield sniffer
    finally:
        sniffer.close()


def configuring(source, destination):
    """Packets that would change a host's configuration, in every form: {what: [packet, ...]}."""
    victim = "2001:db8:1::66"
    messages = {
        "RA": advertisement(source, destination, prefix_option() + rdnss_option("2001:db8:66::53")),
        "redirect": icmp6(source, destination, 137, bytes(4) + bytes(16) + bytes(16) + bytes(8)),
        "NA": icmp6(source, destination, 136, bytes((0x60, 0, 0, 0)) + bytes.fromhex("20010db8000100000000000000000066")),
        "NS": icmp6(source, destination, 135, bytes(4) + bytes.fromhex("20010db8000100000000000000000066")),
        "RS": icmp6(source, destination, 133, bytes(4)),
    }
    made = {f"{what}, {how}": packets for what, message in messages.items()
            for how, packets in hidden(message, source, destination).items()}
    made["routing header 0"] = [ipv6(source, destination, bytes((58, 2, 0, 1)) + bytes(4) + bytes(16) +
                                     icmp6(source, victim, 128, bytes(4)), proto=43)]
    made["MLD report"] = [ipv6(source, destination, bytes((58, 0, 5, 2, 0, 0, 1, 0)) +
                               icmp6(source, destination, 131, bytes(20)), proto=0, hop_limit=1)]
    return made


def configuring4(source, destination):
    inner = ipv4(destination, "172.16.5.2", bytes(8))
    via = bytes((10, 9, 0, 66))
    return {
        "redirect": [ipv4(source, destination, icmp4(5, 1, via + inner))],
        "redirect in a fragment": [ipv4(source, destination, icmp4(5, 1, via + inner), fragment=0x2000)],
        "router advertisement": [ipv4(source, destination, icmp4(9, 0, bytes((1, 2, 0x70, 8)) + via + bytes(4)))],
        "source route": [ipv4(source, destination, icmp4(8, 0, bytes(4)), options=bytes((131, 7, 4, 172, 16, 5, 2, 0)))],
    }


def assert_nothing_arrives(sniffer, made, prove):
    """No entry of `made`, all sent before `prove` got a response, came out of the tunnel with all its packets."""
    prove()
    came = sniffer.look()
    assert [what for what, packets in made.items() if all(p in came for p in packets)] == []


def test_a_client_can_not_configure_the_servers_host(lab, both):
    server = lab.serve()
    assert set(settings(lambda path: lab.server.run("cat", path).stdout).values()) == {"0"}
    # as with a read-only /proc/sys
    lab.server.sysctl("net.ipv6.conf.sstp0.accept_ra", 1)
    lab.server.sysctl("net.ipv6.conf.sstp0.accept_redirects", 1)
    client = lab.connect("--no-default-route")
    own, far = link_local_of(lab.client), link_local_of(lab.server)
    before = routes6(lab.server)
    with sniffed(lab.server) as sniffer:
        made = {f"{what} to {to}": packets for to in (far, ALL_NODES) for what, packets in configuring(own, to).items()}
        made.update(configuring4(lab.client.addresses()[0], GATEWAY))
        for packets in made.values():
            inject(lab.client, "sstp0", *packets)
        assert_nothing_arrives(sniffer, made, lambda: lab.client.ping_server())
        assert routes6(lab.server) == before
        ping = echo6(own, far)
        inject(lab.client, "sstp0", ping)
        eventually("an echo request passes", lambda: ping in sniffer.look())
        lab.client.ping(f"{far}%sstp0")
    assert client.stop() == 0
    assert routes6(lab.server) == before
    assert server.status is None


def test_the_servers_device_in_another_namespace_accepts_no_advertisement(lab):
    with named(lab.server, "blue") as run_there:
        server = lab.serve("--netns", "blue")
        assert set(settings(lambda path: run_there("cat", path).stdout).values()) == {"0"}
        assert server.stop() == 0


def test_a_server_can_not_configure_the_clients_host(lab, both):
    lab.serve()
    client = lab.connect("--no-default-route", "--no-dns", "--route", GATEWAY)
    own, far = link_local_of(lab.client), link_local_of(lab.server)
    assert set(settings(lambda path: lab.client.run("cat", path).stdout).values()) == {"0"}
    lab.client.sysctl("net.ipv6.conf.sstp0.accept_ra", 2)
    lab.client.sysctl("net.ipv6.conf.sstp0.accept_redirects", 1)
    before = routes6(lab.client)
    with sniffed(lab.client) as sniffer:
        made = configuring(far, own)
        made.update(configuring4(GATEWAY, lab.client.addresses()[0]))
        for packets in made.values():
            inject(lab.server, "sstp0", *packets)
        assert_nothing_arrives(sniffer, made, lambda: lab.server.ping(lab.client.addresses()[0]))
    assert routes6(lab.client) == before
    lab.client.ping(f"{far}%sstp0")
    assert client.stop() == 0


# ---- a server that gives IPv6

PREFIX, FAR6, NAMES6 = "2001:db8:77:1:", "2001:db8:ffff::1", "2001:db8:77::53"
ACCEL_PPP = prefix_option(valid=2592000, preferred=604800) + rdnss_option(NAMES6)
HALVES = {"::/1", "8000::/1"}


@pytest.fixture
def giver(lab):
    """Makes a server that gives IPv6."""
    made = []

    def make(*arguments, **more):
        made.append(ScriptedServer(lab, *arguments, **more))
        return made[-1]

    yield make
    for server in made:
        server.close()


def global_of(host, device="sstp0"):
    """The address that was formed from the prefix."""
    return eventually(f"{host.name} has an address of the prefix", lambda: global_addresses(host, device))[0]


def global_addresses(host, device="sstp0"):
    return [a for a in host.addresses(device) if a.startswith(PREFIX)]


def tunnel_routes6(host, device="sstp0"):
    return {r["dst"]: r for r in host.ip("-6 route show") if r["dev"] == device and r["dst"] != "fe80::/64"}


def connect(lab, *options, **more):
    return lab.connect("--auth", "pap", *options, **more)


def address_info(host, address):
    return next(a for a in host.device()["addr_info"] if a["local"] == address)


def test_a_server_that_gives_ipv6(lab, both, giver):
    server = giver(ACCEL_PPP + mtu_option(1350))
    client = connect(lab)
    client.wait_for("^IPv6 address 2001:db8:77:")
    own = global_of(lab.client)
    assert address(own)[8:] == address(link_local_of(lab.client))[8:], "with the identifier of IPV6CP"
    info = address_info(lab.client, own)
    assert info["prefixlen"] == 64
    assert 604700 < info["preferred_life_time"] <= 604800
    assert 2591900 < info["valid_life_time"] <= 2592000
    eventually("all IPv6 goes into the tunnel", lambda: set(tunnel_routes6(lab.client)) == HALVES)
    lab.client.ping(FAR6)
    assert lab.client.device()["mtu"] == 1350
    eventually("its name server is used", lambda: f"nameserver {NAMES6}\n" in lab.client.resolv_conf.read_text())
    assert server.solicitations == 1
    assert client.stop() == 0
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF


def test_a_real_router(lab, giver):
    """What dnsmasq advertises: its own order of options, and flags (both L and A)."""
    server = giver(None)
    router = Router(lab.server, server)
    try:
        lab.server.configure(f"addr add {PREFIX}:1/64 dev ra0 nodad\n")
        dnsmasq = lab.start(
            lab.server, "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--interface=ra0", "--user=root",
            "--dhcp-leasefile=/dev/null", "--enable-ra", "--dhcp-range=::,constructor:ra0,ra-stateless,64,2h",
            f"--dhcp-option=option6:dns-server,[{NAMES6}]", "--dhcp-option=option6:domain-search,corp.test", "--ra-param=ra0,mtu:1320,0,1200", "--log-dhcp")
        dnsmasq.wait_for("router advertisement on 2001:db8:77:1::")
        connect(lab).wait_for(f"^IPv6 address {PREFIX}")
        info = address_info(lab.client, global_of(lab.client))
        assert 7100 < info["valid_life_time"] <= 7200
        eventually("all IPv6 goes into the tunnel", lambda: set(tunnel_routes6(lab.client)) == HALVES)
        assert lab.client.device()["mtu"] == 1320
        eventually("its name server is used", lambda: f"nameserver {NAMES6}\n" in lab.client.resolv_conf.read_text())
        eventually("its domain is searched", lambda: "search corp.test" in lab.client.resolv_conf.read_text())
        dnsmasq.wait_for("DHCPINFORMATION-REQUEST")
        assert dnsmasq.stop() == 0
    finally:
        router.close()


KEA = {"Dhcp6": {
    "interfaces-config": {"interfaces": ["ra0"]}, "server-id": {"type": "EN", "enterprise-id": 32473, "persist": False},
    "lease-database": {"type": "memfile", "persist": False}, "preferred-lifetime": 3000, "valid-lifetime": 4000,
    "option-data": [{"name": "dns-servers", "data": NAMES6}, {"name": "domain-search", "data": "corp.test, lab.test"}],
    "subnet6": [{"subnet": "2001:db8:77::/48", "interface": "ra0",
                 "pd-pools": [{"prefix": "2001:db8:200::", "prefix-len": 40, "delegated-len": 56}]}]}}


def test_a_real_dhcpv6_server(lab, giver):
    """radvd advertises a prefix and that there is DHCPv6; kea has name servers, domains, and a prefix to delegate."""
    server = giver(None)
    router = Router(lab.server, server)
    try:
        lab.server.configure(f"addr add {PREFIX}:1/64 dev ra0 nodad\n")
        lab.server.sysctl("net.ipv6.conf.all.forwarding", 1)
        lab.is_changed = True
        radvd = lab.start(lab.server, "radvd", "-n", "-d", "3", "-m", "stderr", "-p", lab.folder / "radvd.pid", "-C", lab.file(
            "radvd.conf", f"interface ra0 {{ AdvSendAdvert on; AdvOtherConfigFlag on; prefix {PREFIX}:/64 {{ }}; }};\n"))
        kea = lab.start(lab.server, "env", "KEA_LOCKFILE_DIR=none", f"KEA_PIDFILE_DIR={lab.folder}", "kea-dhcp6", "-c",
                        lab.file("kea.json", json.dumps(KEA)), label="kea")
        kea.wait_for("DHCP6_STARTED")
        client = connect(lab, "--request-prefix", "56")
        client.wait_for(f"^IPv6 address {PREFIX}")
        client.wait_for("^IPv6 prefix 2001:db8:200:0?:?[0-9a-f:]*/56 is delegated to this host$")
        eventually("its name server is used", lambda: f"nameserver {NAMES6}\n" in lab.client.resolv_conf.read_text())
        eventually("its domains are searched", lambda: "search corp.test lab.test" in lab.client.resolv_conf.read_text())
        assert client.stop() == 0
        kea.kill()
        radvd.kill()
    finally:
        lab.server.sysctl("net.ipv6.conf.all.forwarding", 0)
        router.close()


def test_routes_of_ipv6_come_from_the_options_alone(lab, giver):
    giver(ACCEL_PPP)
    client = connect(lab, "--no-default-route", "--route", "2001:db8:ffff::/48")
    global_of(lab.client)
    assert set(tunnel_routes6(lab.client)) == {"2001:db8:ffff::/48", "2001:db8:77::53"}, "and the way to the DNS server"
    lab.client.ping(FAR6)
    assert lab.client.ping("2001:db8:1::254"), "the LAN is where it was"
    assert client.stop() == 0


def test_routes_of_the_server_are_limited(lab, both, giver):
    """Of all that a hostile one may send, networks are used: no default route, nothing of the host's own, 32 at most."""
    ours = set(routes6(lab.client).splitlines())
    options = ACCEL_PPP + b"".join((
        route_option("2001:db8:66::", 48), route_option("2001:db8:66::", 48, flags=8), route_option("2001:db8:67::1", 128),
        route_option("::", 0), route_option("::", 1), route_option("8000::", 1), route_option("fe80::", 64),
        route_option("ff02::", 16), route_option("::1", 128), route_option("2001:db8:68::", 48, flags=16),
        route_option("2001:db8:69::", 129, units=3), route_option("2001:db8:6a::", 65, units=2),
        route_option("2001:db8:6b::", 64, units=1), route_option("2001:db8:6c::", 64, units=5),
        route_option("2001:db8:1::", 64), route_option("2001:db8:6d::", 48, lifetime=0)))
    server = giver(options, lifetime=0)
    client = connect(lab, "--no-default-route", "--no-dns", "--exclude", "2001:db8:67::/48", "-v")
    global_of(lab.client)
    expected = {"2001:db8:66::/48", "2001:db8:67::1"}
    eventually("networks alone", lambda: set(tunnel_routes6(lab.client)) == expected)
    assert ours <= set(routes6(lab.client).splitlines()), "the host's own are where they were"
    assert lab.client.ping("2001:db8:1::254"), "the LAN is where it was"
    # a message without a valid length counts for nothing
    server.advertise(route_option("2001:db8:70::", 48) + bytes((24, 0, 48, 0, 0, 0, 0, 9)))
    for part in range(10):
        server.advertise(b"".join(route_option(f"2001:db8:1{part}:{i:x}::", 64) for i in range(70)), lifetime=0)
    eventually("as many as there is room for, besides that to the LAN", lambda: len(tunnel_routes6(lab.client)) == 31)
    assert "2001:db8:70::/48" not in tunnel_routes6(lab.client)
    server.advertise(b"".join(route_option(f"2001:db8:10:{i:x}::", 64, lifetime=0) for i in range(70)) +
                     route_option("2001:db8:66::", 48, lifetime=1), lifetime=0)
    eventually("one is withdrawn, and one expires", lambda: set(tunnel_routes6(lab.client)) == expected - {"2001:db8:66::/48"})
    assert client.stop() == 0
    assert set(routes6(lab.client).splitlines()) == ours


def test_routes_of_radvd(lab, giver):
    """It withdraws them when it ends."""
    server = giver(None)
    router = Router(lab.server, server)
    try:
        lab.server.configure(f"addr add {PREFIX}:1/64 dev ra0 nodad\n")
        lab.server.sysctl("net.ipv6.conf.all.forwarding", 1)
        lab.is_changed = True
        radvd = lab.start(lab.server, "radvd", "-n", "-d", "3", "-m", "stderr", "-p", lab.folder / "radvd.pid", "-C", lab.file(
            "radvd.conf", f"interface ra0 {{ AdvSendAdvert on; AdvDefaultLifetime 0; prefix {PREFIX}:/64 {{ }};\n"
            "route 2001:db8:66::/48 { AdvRoutePreference high; AdvRouteLifetime 600; };\n"
            "route 2001:db8:67::9/128 { AdvRoutePreference low; AdvRouteLifetime infinity; }; };\n"))
        client = connect(lab, "--no-dns")
        client.wait_for(f"^IPv6 address {PREFIX}.*, and no router for other networks$")
        client.wait_for("^the server's side gives 2 IPv6 routes$")
        eventually("these networks, and no default route", lambda: set(tunnel_routes6(lab.client)) == {"2001:db8:66::/48", "2001:db8:67::9"})
        radvd.stop()
        eventually("they are withdrawn", lambda: not tunnel_routes6(lab.client))
        assert client.stop() == 0
    finally:
        lab.server.sysctl("net.ipv6.conf.all.forwarding", 0)
        router.close()


def test_lifetimes_of_an_address_are_the_servers(lab, giver):
    server = giver(ACCEL_PPP)
    connect(lab)
    own = global_of(lab.client)
    server.advertise(prefix_option(valid=1000, preferred=0))
    eventually("it is deprecated", lambda: address_info(lab.client, own).get("deprecated"))
    server.advertise(prefix_option(valid=5000, preferred=4000))
    eventually("it is preferred again", lambda: 3900 < address_info(lab.client, own)["preferred_life_time"] <= 4000)
    # another prefix in addition, and then that one alone
    server.advertise(prefix_option("2001:db8:78::"))
    eventually("both are there", lambda: [a for a in lab.client.addresses() if a.startswith("2001:db8:78:")])
    server.advertise(prefix_option(valid=0, preferred=0) + rdnss_option(NAMES6, lifetime=0))
    eventually("it is gone", lambda: not global_addresses(lab.client))
    eventually("its name server too", lambda: NAMES6 not in lab.client.resolv_conf.read_text())
    lab.client.ping(FAR6)
    server.advertise(lifetime=0)
    eventually("without a router nothing is sent there", lambda: set(tunnel_routes6(lab.client)) <= {NAMES6})


def test_a_router_that_repeats_itself_changes_nothing(lab, giver):
    server = giver(ACCEL_PPP + mtu_option(1350))
    client = connect(lab)
    own = global_of(lab.client)
    monitor = lab.start(lab.client, "ip", "-o", "-6", "monitor", "address", "route", "link")

    def is_listening():
        lab.client.configure("addr add 2001:db8:aaaa::1/128 dev lo\n")
        lab.client.configure("addr del 2001:db8:aaaa::1/128 dev lo\n")
        return "2001:db8:aaaa::1" in monitor.log

    eventually("ip monitor listens", is_listening)
    said = client.log.count("\n")
    for _ in range(3):
        server.advertise()
        lab.client.ping(FAR6)  # longer than changes are held back
    assert client.log.count("\n") == said
    assert own not in monitor.log
    server.advertise(prefix_option("2001:db8:78::"))
    eventually("another prefix is news", lambda: "2001:db8:78:" in monitor.log)
    monitor.kill()
    assert client.stop() == 0


def test_no_router_at_all(lab, both, giver):
    """The device is ready without one, and uses one that comes later."""
    server = giver(None, has_ipv4=False)
    client = connect(lab)
    assert server.solicitations == 2, "the third is not waited for"
    assert global_addresses(lab.client) == []
    assert link_local_of(lab.client) in client.wait_for("^connected in .*$").group(0)
    server.options = ACCEL_PPP
    server.advertise()
    client.wait_for("^IPv6 address 2001:db8:77:")
    global_of(lab.client)
    lab.client.ping(FAR6)
    assert client.stop() == 0


def test_hostile_advertisements(lab, both, giver):
    server = giver(None)
    client = connect(lab)
    before = routes6(lab.client), lab.client.addresses()
    good = advertisement(server.own, ALL_NODES, ACCEL_PPP)
    for packet in (ipv6(server.own, ALL_NODES, good, hop_limit=64), ipv6(server.own, ALL_NODES, good[:-8]),
                   ipv6(server.own, ALL_NODES, good[:2] + b"\0\0" + good[4:]),
                   ipv6("2001:db8::1", ALL_NODES, advertisement("2001:db8::1", ALL_NODES, ACCEL_PPP)),
                   ipv6(server.own, ALL_NODES, advertisement(server.own, ALL_NODES, ACCEL_PPP + bytes(8))),
                   *(p for how, packets in hidden(good, server.own, ALL_NODES).items() if how != "plain" for p in packets)):
        server.send(packet)
    server.advertise(b"".join(prefix_option(p, n, f, v, w) for p, n, f, v, w in (
        ("2001:db8:66::", 48, 0x40, 9, 9), ("2001:db8:66::", 64, 0x80, 9, 9), ("fe80::", 64, 0x40, 9, 9),
        ("ff02::", 64, 0x40, 9, 9), ("::", 64, 0x40, 9, 9), ("2001:db8:66::", 64, 0x40, 8, 9))) +
        mtu_option(1000) + rdnss_option("::1", "ff02::fb", "fe80::1"), lifetime=0)
    lab.client.ping(GATEWAY)
    assert (routes6(lab.client), lab.client.addresses()) == before
    assert lab.client.device()["mtu"] > 1280
    server.advertise(mtu_option(9000) + prefix_option("2001:db8:79::"))
    eventually("a good one is taken", lambda: [a for a in lab.client.addresses() if a.startswith("2001:db8:79:")])
    assert lab.client.device()["mtu"] == 1400, "the tunnel takes no more"
    server.advertise(prefix_option("2001:db8:79::", valid=0, preferred=0))
    server.advertise(b"".join(prefix_option(f"2001:db8:77:1{i:02x}::") for i in range(40)))
    eventually("as many as are kept", lambda: len([a for a in lab.client.addresses() if a.startswith("2001:db8:77:1")]) == 4)
    lab.client.ping(GATEWAY)
    assert client.stop() == 0


@pytest.mark.parametrize("end", ["hang_up", "say_goodbye"])
def test_addresses_stay_over_a_reconnect(lab, giver, end):
    server = giver(ACCEL_PPP)
    client = connect(lab)
    own = global_of(lab.client)
    eventually("all IPv6 goes into the tunnel", lambda: set(tunnel_routes6(lab.client)) == HALVES)
    getattr(server, end)()
    eventually("the tunnel is down", lambda: "next try in" in client.log)
    assert global_addresses(lab.client) == [own], "nothing leaves by another way meanwhile"
    assert set(tunnel_routes6(lab.client)) == HALVES
    client.wait_for("^IPv6 address 2001:db8:77:", count=1)
    eventually("it asks again", lambda: server.solicitations == 2)
    lab.client.ping(FAR6)
    assert global_addresses(lab.client) == [own]
    # and a server without IPv6
    server.has_ipv6 = False
    server.hang_up()
    eventually("its addresses go", lambda: not global_addresses(lab.client))
    eventually("its routes go", lambda: set(tunnel_routes6(lab.client)) <= {NAMES6})
    assert client.stop() == 0


def test_ipv6cp_goes_down_and_comes_up_again(lab, giver):
    server = giver(ACCEL_PPP)
    connect(lab)
    own = global_of(lab.client)
    server.end_ipv6()
    eventually("its addresses go", lambda: not global_addresses(lab.client))
    lab.client.ping(GATEWAY)
    server.begin_ipv6()
    assert global_of(lab.client) == own
    lab.client.ping(FAR6)


def test_a_server_that_gives_ipv6_alone(lab, giver):
    giver(ACCEL_PPP, has_ipv4=False)
    client = connect(lab)
    client.wait_for(f"^connected in .*, address {PREFIX}")
    lab.client.ping(FAR6)
    eventually("its name server is used", lambda: f"nameserver {NAMES6}\n" in lab.client.resolv_conf.read_text())
    assert client.stop() == 0


def test_ipv6_in_another_namespace(lab, giver):
    giver(ACCEL_PPP)
    with named(lab.client, "blue") as run_there:
        client = connect(lab, "--netns", "blue")
        client.wait_for("^IPv6 address 2001:db8:77:")
        eventually("all its IPv6 goes into the tunnel", lambda: "8000::/1 dev sstp0" in run_there("ip", "-6", "route").stdout)
        assert "1 received" in run_there("ping", "-c1", "-W60", FAR6).stdout
        assert f"nameserver {NAMES6}\n" in run_there("cat", "/etc/resolv.conf").stdout
        assert client.stop() == 0


SCRIPT_SAYS = "env | grep -E '^(reason|INTERNAL_IP6|CISCO_DEF)' | sort"


def test_variables_of_a_script(lab, giver):
    domains = bytes((31, 3, 0, 0)) + (600).to_bytes(4, "big") + b"\7example\3net\0" + bytes(3)
    server = giver(ACCEL_PPP + domains)
    client = connect(lab, "--script", SCRIPT_SAYS)
    own = PREFIX + "[0-9a-f:]+"
    between = r"(?:(?!script:).*\n)*"  # of the other process
    says = between.join(rf'script: "{variable}"\n' for variable in (
        "CISCO_DEF_DOMAIN=example.net", f"INTERNAL_IP6_ADDRESS={own}", f"INTERNAL_IP6_DNS={NAMES6}",
        r"INTERNAL_IP6_LINK_LOCAL=fe80::\S+", f"INTERNAL_IP6_NETMASK={own}/128", "reason=connect"))
    client.wait_for(says)
    before = client.log.count("reason=")
    server.advertise()  # nothing new
    server.advertise(rdnss_option("2001:db8:77::54"))
    says = says.replace(NAMES6, f"{NAMES6} 2001:db8:77::54").replace("=connect", "=reconnect")
    client.wait_for(says)
    assert client.log.count("reason=") == before + 1
    assert client.stop() == 0


def test_ipv6_of_a_command(lab, giver):
    giver(ACCEL_PPP, has_ipv4=False)
    password = lab.file("password", "wonder land\n")
    command = lab.start(lab.client, lab.sstp, "run", "-v", SERVER, "--auth", "pap", "--user", "ann", "--password-file",
                        password, "--servercert", lab.pki.server.pin, "--", "sh", "-c",
                        f"cat /etc/resolv.conf; ping -c1 -W60 {FAR6}")
    assert command.wait() == 0
    assert "1 received" in command.log
    assert f"nameserver {NAMES6}\n" in command.log


def test_ipv6_of_the_proxy(lab, giver):
    """Its stack has the address, and asks the name server that was advertised."""
    server = giver(ACCEL_PPP)
    password = lab.file("password", "wonder land\n")
    proxy = lab.start(lab.client, lab.sstp, "proxy", "-v", SERVER, "--auth", "pap", "--user", "ann", "--password-file",
                      password, "--servercert", lab.pki.server.pin, "--socks5", "127.0.0.1:1080")
    proxy.wait_for("^IPv6 address 2001:db8:77:")
    with lab.client.connect("127.0.0.1", 1080) as s:
        s.sendall(b"\5\1\0")
        assert s.recv(2) == b"\5\0"
        s.sendall(b"\5\1\0\3\x0bexample.net\0\x50")
        asked = server.wait_for_packet("it asks for the name", lambda p: p[0] >> 4 == 6 and p[6] == 17 and
                                       b"\7example\3net\0" in p)
    assert asked[8:16] == address(PREFIX + ":")[:8]
    assert asked[24:40] == address(NAMES6)
    with lab.client.connect("127.0.0.1", 1080) as s:
        s.sendall(b"\5\1\0")
        assert s.recv(2) == b"\5\0"
        s.sendall(b"\5\1\0\4" + address(FAR6) + b"\0\x50")
        syn = server.wait_for_packet("it connects", lambda p: p[0] >> 4 == 6 and p[6] == 6)
    assert syn[24:40] == address(FAR6)
    assert proxy.stop() == 0


def test_only_solicitations_for_our_own_address_get_a_reply(lab, giver):
    """By the client itself, not by its kernel."""
    server = giver(ACCEL_PPP)
    connect(lab)
    own = link_local_of(lab.client)

    def solicit(source, target):
        server.send(ipv6(source, own, icmp6(source, own, 135, bytes(4) + address(target))))

    solicit(server.own, "fe80::66")
    solicit(server.own, global_of(lab.client))
    solicit("::", own)
    solicit(server.own, own)
    reply = server.wait_for_packet("it is answered", lambda p: p[6] == 58 and p[40] == 136)
    assert reply == ipv6(own, server.own, icmp6(own, server.own, 136, bytes((0x60, 0, 0, 0)) + address(own)))
    assert len([p for p in server.packets if p[6] == 58 and p[40] == 136]) == 1
