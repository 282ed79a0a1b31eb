# SPDX-License-Identifier: GPL-3.0-or-later
"""serve --nat: clients reach hosts that have no route to their addresses, and nothing of it is left afterwards."""
import re
import socket

import pytest

from lab import GATEWAY, REPO, SERVER, SERVER6, Sniffer, eventually, in_background
from test_netns import named

OTHER, OTHER6 = "10.2.0.2", "2001:db8:2::2"  # it has no route to the clients
INSIDE6, INSIDE6_GATEWAY = "2001:db8:5::2", "2001:db8:5::1"
TABLE = "sstp_nat_sstp0"


@pytest.fixture
def changed(lab):
    lab.is_changed = True
    yield lab
    lab.server.sysctl("net.ipv4.ip_forward", 0)
    lab.server.sysctl("net.ipv6.conf.all.forwarding", 0)


def tables(host):
    return host.run("nft", "list", "tables").stdout


def forwards(host, name="net.ipv4.ip_forward"):
    return host.run("sysctl", "-n", name).stdout.strip() == "1"


def source_seen_by(host, client, to, family=socket.AF_INET):
    """The address from which a connection of the client comes."""
    any_address = "0.0.0.0" if family == socket.AF_INET else "::"
    with host.listen(any_address, 7000, family=family) as listener:
        accepted = in_background(listener.accept)
        client.connect(to, 7000).close()
        connection, (source, *_) = accepted.result()
        connection.close()
        return source


@pytest.mark.parametrize("out", ["any", "cable"])
def test_clients_reach_what_has_no_route_to_them(changed, both, out):
    lab = changed
    assert not forwards(lab.server)
    server = lab.serve("--nat", out)
    server.wait_for(r"^IPv4 forwarding is on now \(net.ipv4.ip_forward=1\), and stays on$")
    server.wait_for(f"^NAT: packets of clients leave by {'any interface' if out == 'any' else out} with this host's address$")
    assert "warn: " not in server.log
    lab.connect()
    lab.client.ping(OTHER)
    assert source_seen_by(lab.other, lab.client, OTHER) == SERVER
    lab.client.ping(GATEWAY)
    assert server.stop() == 0
    assert TABLE not in tables(lab.server)


def test_only_by_that_interface(changed):
    lab = changed
    lab.serve("--nat", "inside")
    lab.connect()
    assert source_seen_by(lab.inside, lab.client, "172.16.5.2") == "172.16.5.1"
    assert not lab.client.ping(OTHER, count=1, check=False)


def test_the_mss_is_that_of_the_tunnel(changed):
    """No rule is needed for it."""
    lab = changed
    lab.serve("--nat", "any", "--mtu", "1300")
    lab.connect()
    sniffer = Sniffer(lab.other, "cable")
    source_seen_by(lab.other, lab.client, OTHER)
    assert (SERVER, OTHER, 1260) in sniffer.syns()
    sniffer.close()


def test_from_client_to_client_is_no_nat(changed):
    lab = changed
    lab.serve("--nat", "any", "--client-to-client")
    lab.connect()
    lab.connect(host=lab.other, user="bob", password="builder")
    own = lab.client.addresses()[0]
    with lab.other.listen(port=7000) as listener:
        accepted = in_background(listener.accept)
        lab.client.connect(next(a for a in lab.other.addresses() if "." in a), 7000).close()
        assert accepted.result()[1][0] == own


def test_ipv6_of_unique_local_addresses(changed, both):
    lab = changed
    server = lab.serve("--nat", "any", "--ipv6-network", "fd00:77::/48")
    server.wait_for(r"^IPv6 forwarding is on now \(net.ipv6.conf.all.forwarding=1\), and stays on$")
    lab.connect().wait_for("^IPv6 address fd00:77:")
    lab.client.ping(OTHER6)
    assert source_seen_by(lab.other, lab.client, OTHER6, socket.AF_INET6) == SERVER6


def test_global_ipv6_is_routed(changed):
    lab = changed
    lab.server.configure(f"addr add {INSIDE6_GATEWAY}/64 dev inside nodad\n")
    lab.inside.configure(f"addr add {INSIDE6}/64 dev cable nodad\nroute add default via {INSIDE6_GATEWAY}\n")
    lab.serve("--nat", "any", "--ipv6-network", "2001:db8:77::/48")
    lab.connect().wait_for("^IPv6 address 2001:db8:77:")
    lab.client.ping(INSIDE6)
    assert source_seen_by(lab.inside, lab.client, INSIDE6, socket.AF_INET6).startswith("2001:db8:77:")


def test_a_router_keeps_what_routers_advertised(changed):
    """Forwarding would make the kernel ignore Router Advertisements."""
    lab = changed
    lab.server.sysctl("net.ipv6.conf.cable.accept_ra", 1)
    lab.server.sysctl("net.ipv6.conf.inside.accept_ra", 0)
    lab.serve("--nat", "any", "--ipv6-network", "fd00:77::/48")
    assert lab.server.run("sysctl", "-n", "net.ipv6.conf.cable.accept_ra").stdout == "2\n"
    assert lab.server.run("sysctl", "-n", "net.ipv6.conf.inside.accept_ra").stdout == "0\n"


def test_nothing_is_left_by_a_crash(changed):
    lab = changed
    server = lab.serve("--nat", "any")
    assert TABLE in tables(lab.server)
    server.kill()
    eventually("the kernel has removed the table", lambda: TABLE not in tables(lab.server))


def test_a_firewall_that_is_loaded_again_leaves_it(changed):
    lab = changed
    lab.serve("--nat", "any")
    lab.connect()
    lab.server.run("nft", "flush", "ruleset")
    assert TABLE in tables(lab.server)
    lab.client.ping(OTHER)


def test_a_firewall_that_drops_what_it_does_not_know(changed):
    """NAT alone does not help then; the rules that docs/guide.md gives for it do."""
    lab = changed
    guide = (REPO / "docs/guide.md").read_text()
    rules = re.search(r"^\| nftables with a chain `forward` that drops \| in that chain: `(.*)` and `(.*)` \|$", guide, re.M).groups()
    lab.server.run("nft", "add table inet fw; add chain inet fw forward { type filter hook forward priority 0; policy drop; }")
    lab.serve("--nat", "any")
    lab.connect()
    lab.client.ping(GATEWAY)
    assert not lab.client.ping(OTHER, count=1, check=False)
    for rule in rules:
        lab.server.run("nft", f"add rule inet fw forward {rule}")
    lab.client.ping(OTHER)
    lab.server.run("nft", "delete", "table", "inet", "fw")


def test_dockers_firewall(changed):
    """Its chains, as it makes them, and the rules of docs/guide.md."""
    lab = changed
    guide = (REPO / "docs/guide.md").read_text()
    rules = re.findall("`iptables (-I DOCKER-USER [^`]*)`", guide)
    assert len(rules) == 2
    for words in "-N DOCKER-USER", "-P FORWARD DROP", "-A FORWARD -j DOCKER-USER", "-A DOCKER-USER -j RETURN":
        if lab.server.run("iptables", *words.split(), check=False).returncode:
            pytest.skip("kernel: no iptables")
    lab.serve("--nat", "any")
    lab.connect()
    assert not lab.client.ping(OTHER, count=1, check=False)
    for words in rules:
        if "conntrack" in lab.server.run("iptables", *words.split(), check=False).stderr:
            pytest.skip("kernel: no match of conntrack for iptables")
    lab.client.ping(OTHER)


def test_what_an_older_kernel_left_is_replaced(changed):
    """A table that nobody owns, as a crash before Linux 5.12 leaves one."""
    lab = changed
    lab.server.run("nft", f"add table inet {TABLE}; add chain inet {TABLE} old "
                   "{ type filter hook forward priority 0; policy drop; }")
    server = lab.serve("--nat", "any")
    lab.connect()
    lab.client.ping(OTHER)
    assert server.stop() == 0
    assert TABLE not in tables(lab.server)


def test_two_servers_have_a_table_each(changed):
    lab = changed
    first = lab.serve("--nat", "any")
    second = lab.serve("--nat", "any", "--listen", "4443", "--interface", "vpn9", network="10.99.0.0/24")
    assert TABLE in tables(lab.server) and "sstp_nat_vpn9" in tables(lab.server)
    assert first.stop() == 0
    assert TABLE not in tables(lab.server) and "sstp_nat_vpn9" in tables(lab.server)
    assert second.stop() == 0
    assert "sstp_nat" not in tables(lab.server)


def test_in_another_namespace(changed):
    """Where the device is: forwarding and the table are there, and the host's own stays as it is."""
    lab = changed
    with named(lab.server, "blue") as inside:
        lab.server.run("ip", "link", "add", "toblue", "type", "veth", "peer", "name", "out", "netns", "blue")
        lab.server.configure("addr add 10.66.0.1/24 dev toblue\nlink set toblue up\n")
        inside("ip", "addr", "add", "10.66.0.2/24", "dev", "out")
        inside("ip", "link", "set", "out", "up")
        server = lab.serve("--nat", "out", "--netns", "blue")
        assert not forwards(lab.server) and TABLE not in tables(lab.server)
        assert TABLE in inside("nft", "list", "tables").stdout
        lab.connect()
        assert source_seen_by(lab.server, lab.client, "10.66.0.1") == "10.66.0.2"
        assert server.stop() == 0
        assert TABLE not in inside("nft", "list", "tables").stdout


def test_forwarding_that_cannot_be_turned_on(lab):
    """/proc/sys is read-only in most containers: an error says what to do; where it is on already that is no matter."""
    read_only = ["unshare", "--mount", "sh", "-ec", 'mount --bind -o ro /proc/sys /proc/sys; exec "$@"', "sh"]
    users = lab.file("users", "ann * secret *\n")
    words = [lab.sstp, "serve", "--cert", lab.pki.server.cert, "--key", lab.pki.server.key, "--users", users,
             "--ipv4-network", "10.9.0.0/24", "--nat", "any"]
    server = lab.start(lab.server, *read_only, *words)
    assert server.wait() == 11
    assert re.search(r"^error: --nat: IPv4 forwarding is off, and sstp cannot turn it on: Read-only file system; turn it on "
                     r"outside of sstp \(sysctl net.ipv4.ip_forward=1; for a container podman's and docker's option "
                     r"--sysctl net.ipv4.ip_forward=1\)$", server.log, re.M)
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    server = lab.start(lab.server, *read_only, *words)
    server.wait_for("^ready: ")
    assert "forwarding" not in server.log and TABLE in tables(lab.server)


def test_what_is_wrong_with_it(lab):
    server = lab.serve("--nat", "eth9")
    assert "--nat eth9: this host has no interface of that name (yet)" in server.log
    for wrong in "", "eth0:1", "a/b", "an interface", "x" * 16:
        done = lab.server.run(lab.sstp, "serve", "--nat", wrong, check=False)
        assert done.returncode == 2
        assert "must be the interface by which clients' packets leave this host, such as eth0, or any" in done.stderr
