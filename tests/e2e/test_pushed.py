# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks that the server's side names: for the client to reach, and those that are reached through a client."""
import re
import socket
import struct

import pytest

from lab import GATEWAY, INSIDE, PATIENCE, SERVER, Sniffer, eventually
from packets import icmp4, inject, ipv4
from radius import SECRET, FreeRadius
from test_netns import named
from test_split import dnsmasq, way

SITE, SITE_HOST = "192.168.5.0/24", "192.168.5.1"  # a network of the client's
INSIDE6, INSIDE6_GATEWAY = "2001:db8:5::2", "2001:db8:5::1"
SITE6, SITE6_HOST = "2001:db8:5:5::/64", "2001:db8:5:5::1"
# Message type, client identifier, host name, vendor class, requested parameters: in Windows' order.
WINDOWS = (b"\x35\x01\x08\x3d\x07\x01\x02\x53\x0a\x09\x00\x02\x0c\x04WIN1\x3c\x08MSFT 5.0"
           b"\x37\x0d\x01\x0f\x03\x06\x2c\x2e\x2f\x1f\x21\x79\xf9\xfc\x2b\xff")


def test_routes_and_a_domain_for_our_client(lab, both):
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    server = lab.serve("--push-route", "172.16.0.0/12", "--push-route", "198.51.100.77/24", "--push-domain", "corp.example",
                       "--dns", "10.9.0.53", users='ann * "wonder land" * push-route=203.0.113.128/25\nbob * builder *\n')
    client = lab.connect("--no-default-route")
    client.wait_for("^the server's side gives 3 routes, domain corp.example$")
    eventually("routes", lambda: {"172.16.0.0/12", "198.51.100.0/24", "203.0.113.128/25"} <= set(lab.client.routes()))
    assert way(lab.client, INSIDE) == ("sstp0", None)
    lab.client.ping(INSIDE)
    eventually("DNS", lambda: "nameserver 10.9.0.53\n" in lab.client.resolv_conf.read_text())
    assert "corp.example" in lab.client.resolv_conf.read_text()
    lab.connect("--no-default-route", host=lab.other, user="bob", password="builder").wait_for(
        "^the server's side gives 2 routes, domain corp.example$")
    assert "warn: " not in server.log.replace("warn: IPv4 forwarding", "")


def requests(source, destination="255.255.255.255"):
    boot = struct.pack("!BBBBIHH4s", 1, 1, 6, 0, 0xcafe0001, 0, 0, socket.inet_aton(source)) + bytes(12)
    boot += bytes((2, 0x53, 10, 9, 0, 2)) + bytes(10 + 64 + 128) + b"\x63\x82\x53\x63" + WINDOWS
    return ipv4(source, destination, struct.pack("!HHHH", 68, 67, 8 + len(boot), 0) + boot, proto=17)


def options_of(packet):
    """{number: value} of a DHCP message in an IPv4 packet."""
    found, at = {}, packet[268:]
    while at and at[0] != 255:
        if at[0] == 0:
            at = at[1:]
            continue
        found[at[0]] = at[2:2 + at[1]]
        at = at[2 + at[1]:]
    return found


def test_windows_asks(lab):
    """Its packet, by hand, through a tunnel of ours that does not ask itself."""
    lab.serve("--push-route", "172.16.0.0/12", "--push-domain", "corp.example", "--push-domain", "example.net",
              "--dns", "10.9.0.53", "--dns", "10.9.0.54")
    lab.connect("--no-default-route", "--no-server-routes")
    sniffer = Sniffer(lab.client, "sstp0")
    for to in "255.255.255.255", GATEWAY:
        inject(lab.client, "sstp0", requests("10.9.0.2", to))
    replies = eventually("two replies", lambda: [p for p in sniffer.between(GATEWAY, "10.9.0.2") if p[9] == 17][1:] and
                         [p for p in sniffer.between(GATEWAY, "10.9.0.2") if p[9] == 17])
    for reply in replies:
        assert reply[20:24] == b"\0C\0D" and reply[28] == 2
        route = bytes((12, 172, 16)) + socket.inet_aton(GATEWAY)
        assert options_of(reply) == {53: b"\5", 54: socket.inet_aton(GATEWAY), 121: route, 249: route, 15: b"corp.example",
                                     6: socket.inet_aton("10.9.0.53") + socket.inet_aton("10.9.0.54")}
    sniffer.close()


def test_it_answers_nobody_else(lab):
    """A request with another source goes nowhere, and without anything to push a DHCP server at the device is asked."""
    lab.serve("--push-route", "172.16.0.0/12")
    lab.connect("--no-default-route", "--no-server-routes")
    sniffer = Sniffer(lab.client, "sstp0")
    inject(lab.client, "sstp0", requests("10.9.0.3"), requests("0.0.0.0"), requests("10.9.0.2"))
    eventually("the reply to the right one", lambda: [p for p in sniffer.look() if p[9] == 17 and p[20:22] == b"\0C"])
    assert len([p for p in sniffer.look() if p[9] == 17 and p[20:22] == b"\0C"]) == 1
    sniffer.close()


def test_a_dhcp_server_at_the_device(lab):
    lab.serve("--dns", "10.9.0.53")
    dnsmasq(lab, "--dhcp-option=121,198.51.100.0/24,10.9.0.1")
    lab.connect("--no-default-route").wait_for("^the server's side gives 1 routes")


RESERVED = "clients cannot have a route to this network: part of it is link-local, multicast or reserved"


@pytest.mark.parametrize("value, why", [
    ("10.0.0.0/33", "must be a network such as 10.0.0.0/8 or 2001:db8::/32"), ("corp", "must be a network such as"),
    ("0.0.0.0/0", "whether all traffic goes into the tunnel is the client's own setting"),
    ("::/0", "whether all traffic goes into the tunnel is the client's own setting"),
    ("fe80::/64", RESERVED), ("ff00::/8", RESERVED), ("8000::/1", RESERVED), ("::1", RESERVED),
    (" ".join(f"203.0.113.{i}" for i in range(29)), "more networks than fit into one DHCP option"),
    (" ".join(f"2001:db8:{i:x}::/48" for i in range(33)), "more than 32 IPv6 networks, which a Router Advertisement has room for"),
])
def test_what_can_not_be_pushed(lab, value, why):
    done = lab.server.run(lab.sstp, "serve", *(w for v in value.split() for w in ("--push-route", v)), check=False)
    assert done.returncode == 2 and why in done.stderr


def test_ipv6_routes_without_ipv6(lab):
    server = lab.serve("--push-route", "2001:db8:5::/64", wait=False)
    assert server.wait() == 2
    assert "--push-route 2001:db8:5::/64 needs --ipv6-network: without it clients have no IPv6 address" in server.log


# ---- IPv6 routes, by Router Advertisements


NETWORK6 = "--ipv6-network", "2001:db8:77::/56"
SPLIT = "--no-default-route", "--no-dns"


@pytest.fixture
def routed(lab):
    """The server forwards IPv6 to the host "inside"."""
    lab.is_changed = True
    lab.server.configure(f"addr add {INSIDE6_GATEWAY}/64 dev inside nodad\n")
    lab.inside.configure(f"addr add {INSIDE6}/64 dev cable nodad\nroute add default via {INSIDE6_GATEWAY}\n")
    lab.server.sysctl("net.ipv6.conf.all.forwarding", 1)
    yield lab
    lab.server.sysctl("net.ipv6.conf.all.forwarding", 0)


def pushed6(run, device="sstp0"):
    """Its routes but the kernel's own."""
    shown = run("ip", "-6", "route", "show", "dev", device).stdout
    return {line.split()[0] for line in shown.splitlines()} - {"fe80::/64"}


def test_ipv6_routes_for_our_client(routed, both):
    """Those of all, and a user's own; also with a default route into the tunnel, where the user wants one."""
    lab = routed
    server = lab.serve(*NETWORK6, "--push-route", "2001:db8:5::/64", "--push-route", "172.16.0.0/12",
                       "--push-route", "2001:db8:66::99", users='ann * "wonder land" * push-route=2001:db8:7::1/48\nbob * builder *\n')
    client = lab.connect(*SPLIT)
    client.wait_for("^the server's side gives 3 IPv6 routes$")
    eventually("routes", lambda: pushed6(lab.client.run) == {"2001:db8:5::/64", "2001:db8:7::/48", "2001:db8:66::99"})
    eventually("IPv4's", lambda: "172.16.0.0/12" in lab.client.routes())
    lab.client.ping(INSIDE6)
    assert client.stop() == 0
    assert pushed6(lab.client.run, "cable") == pushed6(lab.client.run, "cable") - {"2001:db8:5::/64"}
    lab.connect(*SPLIT, host=lab.other, user="bob", password="builder")
    eventually("bob's", lambda: pushed6(lab.other.run) == {"2001:db8:5::/64", "2001:db8:66::99"})
    client = lab.connect("--no-dns")
    eventually("and all else", lambda: pushed6(lab.client.run) == {"::/1", "8000::/1", "2001:db8:5::/64", "2001:db8:7::/48",
                                                                   "2001:db8:66::99"})
    assert client.stop() == 0
    client = lab.connect(*SPLIT, "--no-server-routes", "--route", "2001:db8:6::/48")
    client.wait_for("^IPv6 address 2001:db8:77:")
    client.wait_for("^connected in ")
    eventually("the user's alone", lambda: pushed6(lab.client.run) == {"2001:db8:6::/48"})
    assert client.stop() == 0
    assert "warn: " not in re.sub("warn: IPv[46] forwarding", "", server.log)


def test_ipv6_routes_by_radius(routed):
    """Route-IPv6-Information (RFC 6911), beside those of all."""
    lab = routed
    FreeRadius(lab, 'ann Cleartext-Password := "wonder land"\n    Route-IPv6-Information = "2001:db8:5::/64",\n'
               '    Route-IPv6-Information += "2001:db8:7::/48"\n')
    lab.serve(*NETWORK6, "--push-route", "2001:db8:6::/48", "--radius", "127.0.0.1", "--radius-secret-file",
              lab.file("secret", SECRET + "\n"), users=False)
    client = lab.connect(*SPLIT)
    eventually("routes", lambda: pushed6(lab.client.run) == {"2001:db8:5::/64", "2001:db8:6::/48", "2001:db8:7::/48"})
    lab.client.ping(INSIDE6)
    assert client.stop() == 0


def test_ipv6_routes_in_another_namespace(routed):
    lab = routed
    lab.serve(*NETWORK6, "--push-route", "2001:db8:5::/64")
    with named(lab.client, "blue") as run_there:
        client = lab.connect("--netns", "blue", *SPLIT)
        eventually("the route", lambda: pushed6(run_there) == {"2001:db8:5::/64"})
        assert "1 received" in run_there("ping", "-c1", "-w", str(PATIENCE), INSIDE6).stdout
        assert client.stop() == 0


def test_ipv6_routes_for_a_command(routed):
    lab = routed
    lab.serve(*NETWORK6, "--push-route", "2001:db8:5::/64")
    command = lab.start(lab.client, lab.sstp, "run", SERVER, "--user", "ann", "--password-file", lab.file("password", "wonder land\n"),
                        "--servercert", lab.pki.server.pin, "--no-default-route", "--", "sh", "-c",
                        f"until ip -6 route | grep '^2001:db8:5::/64 dev sstp0 '; do sleep 0.1; done; ping -c1 -w60 {INSIDE6}")
    assert command.wait() == 0
    assert "2001:db8:5::/64 dev sstp0" in command.log and "::/1" not in command.log


def test_ipv6_routes_for_a_script(routed):
    """With those of the user; and it runs again when they change."""
    lab = routed
    config = lab.file("serve.conf", "push-route = 2001:db8:5::/64\npush-route = 10.0.0.0/8\n")
    server = lab.serve(*NETWORK6, "--config", config)
    client = lab.connect("--script", "echo $CISCO_IPV6_SPLIT_INC: $CISCO_IPV6_SPLIT_INC_0_ADDR/$CISCO_IPV6_SPLIT_INC_0_MASKLEN "
                         "$CISCO_IPV6_SPLIT_INC_1_ADDR/$CISCO_IPV6_SPLIT_INC_1_MASKLEN $INTERNAL_IP6_ADDRESS",
                         "--no-default-route", "--route", "2001:db8:6::/48")
    client.wait_for('script: "2: 2001:db8:6::/48 2001:db8:5::/64 2001:db8:77:')
    config.write_text("push-route = 2001:db8:8::/47\n")
    server.wait_for("reloaded the settings")
    client.wait_for('script: "2: 2001:db8:6::/48 2001:db8:8::/47 2001:db8:77:')
    assert client.stop() == 0


def test_a_reload_changes_the_routes(routed):
    """Sessions that are up get what is new, and lose what is gone; a user's own networks stay."""
    lab = routed
    config = lab.file("serve.conf", "push-route = 2001:db8:5::/64\npush-route = 2001:db8:7::/48\npush-route = 10.0.0.0/8\n")
    server = lab.serve(*NETWORK6, "--config", config, users='ann * "wonder land" * push-route=2001:db8:7::/48\nbob * builder *\n')
    lab.connect(*SPLIT)
    lab.connect(*SPLIT, host=lab.other, user="bob", password="builder")
    for host in (lab.client, lab.other):
        eventually("routes", lambda h=host: pushed6(h.run) == {"2001:db8:5::/64", "2001:db8:7::/48"})
    config.write_text("push-route = 2001:db8:6::/48\npush-route = 10.1.0.0/16\n")
    server.wait_for("reloaded the settings")
    eventually("ann's", lambda: pushed6(lab.client.run) == {"2001:db8:6::/48", "2001:db8:7::/48"})
    eventually("bob's", lambda: pushed6(lab.other.run) == {"2001:db8:6::/48"})
    config.write_text("push-route = fe80::/16\n")
    server.wait_for("push-route = fe80::/16: clients cannot have a route to this network")
    config.write_text("")
    eventually("only ann's own", lambda: pushed6(lab.client.run) == {"2001:db8:7::/48"})
    eventually("none", lambda: pushed6(lab.other.run) == set())


# ---- networks that are reached through a client


@pytest.fixture
def site(lab):
    """The client has a network of its own."""
    lab.is_changed = True
    lab.client.configure(f"addr add {SITE_HOST}/32 dev lo\naddr add {SITE6_HOST}/128 dev lo nodad\n")
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    return lab


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_network_of_a_user(site, both, workers):
    lab = site
    server = lab.serve("--workers", workers, "--ipv6-network", "fd00:77::/48",
                       users=f'ann * "wonder land" * iroute={SITE} iroute={SITE6}\nbob * builder *\n')
    client = lab.connect("--no-default-route", "--route", "172.16.0.0/12", "--route", "10.9.0.0/24", "--route", "fd00:77::/48")
    client.wait_for("^IPv6 address fd00:77:")
    eventually("the server's routes", lambda: lab.server.routes().get(SITE, {}).get("dev") == "sstp0")
    lab.inside.ping(SITE_HOST)
    lab.server.ping(SITE_HOST)
    lab.server.ping(SITE6_HOST)
    lab.client.ping(INSIDE, "-I", SITE_HOST)
    assert client.stop() == 0
    server.wait_for("ended after")
    eventually("no route", lambda: SITE not in lab.server.routes())


def test_only_from_the_users_networks(site):
    """Of two users the one without networks may not send from the other's, nor the first from a third one's."""
    lab = site
    lab.serve(users=f'ann * "wonder land" * iroute={SITE}\nbob * builder *\n')
    lab.connect("--no-default-route", "--route", "10.9.0.0/24")
    lab.connect("--no-default-route", "--route", "10.9.0.0/24", host=lab.other, user="bob", password="builder")
    eventually("the route", lambda: SITE in lab.server.routes())
    sniffer = Sniffer(lab.server, "sstp0")
    echo = icmp4(8, 0, bytes(4))
    inject(lab.other, "sstp0", ipv4("192.168.5.9", GATEWAY, echo), ipv4("10.9.0.3", GATEWAY, echo))
    inject(lab.client, "sstp0", ipv4("192.168.6.9", GATEWAY, echo), ipv4("192.168.5.10", GATEWAY, echo))
    eventually("what may be sent", lambda: sniffer.between("10.9.0.3", GATEWAY) and
               sniffer.between("192.168.5.10", GATEWAY))
    assert not sniffer.between("192.168.5.9", GATEWAY) and not sniffer.between("192.168.6.9", GATEWAY)
    sniffer.close()


def test_a_network_that_would_cut_the_server_off(lab):
    server = lab.serve(users='ann * "wonder land" * iroute=10.1.0.0/16 iroute=10.9.0.0/24 iroute=192.168.5.0/24\n')
    lab.connect("--no-default-route")
    for network in "10.1.0.0/16", "10.9.0.0/24":
        server.wait_for(f"no route to {re.escape(network)} through this session: the server or the client's connection is in it")
    eventually("the route", lambda: SITE in lab.server.routes())


def test_routes_to_each_client(lab, both):
    """For programs that announce them; without the option there is one for each network alone."""
    def routes():
        return {r["dst"] for family in "46" for r in lab.server.ip(f"-{family} route show dev sstp0")} - {"fe80::/64"}

    server = lab.serve("--ipv6-network", "fd00:77::/48")
    client = lab.connect()
    client.wait_for("^IPv6 address")
    networks = {"10.9.0.0/24", "fd00:77::/48"}
    assert routes() == networks
    assert client.stop() == 0 and server.stop() == 0
    server = lab.serve("--host-routes", "--ipv6-network", "fd00:77::/48", "--ipv6-delegate", "fd00:78::/48/56")
    networks.add("fd00:78::/48")
    client = lab.connect("--request-prefix", "any", host=lab.other, user="bob", password="builder")
    number = int(client.wait_for(r"^IPv6 address fd00:77:0:(\w+):").group(1), 16)
    eventually("its routes", lambda: routes() == networks | {
        f"10.9.0.{number}", f"fd00:77:0:{number:x}::/64", f"fd00:78:0:{number:x}00::/56"})
    assert client.stop() == 0
    eventually("they are gone", lambda: routes() == networks)


def test_two_sites_by_two_routers(site):
    """Client to client: each has a network, and both reach each other's."""
    lab = site
    lab.other.configure("addr add 192.168.6.1/32 dev lo\n")
    lab.serve("--client-to-client", users=f'ann * "wonder land" * iroute={SITE} push-route=192.168.6.0/24\n'
              f'bob * builder * iroute=192.168.6.0/24 push-route={SITE}\n')
    lab.connect("--no-default-route").wait_for("^the server's side gives 1 routes")
    lab.connect("--no-default-route", host=lab.other, user="bob", password="builder").wait_for(
        "^the server's side gives 1 routes")
    eventually("routes", lambda: "192.168.6.0/24" in lab.client.routes() and SITE in lab.other.routes())
    lab.client.ping("192.168.6.1", "-I", SITE_HOST)
