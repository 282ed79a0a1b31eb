# SPDX-License-Identifier: GPL-3.0-or-later
"""The kill switch: nothing leaves but the connection to the server, from start to end and after a crash.

By a packet filter, and on a kernel without nf_tables by policy rules: there the sockets for packet filters are refused.
"""
import os
import re
import signal
import socket
import struct
import sys
import threading
import time
from contextlib import suppress

import pytest

from lab import GATEWAY, NAME, PATIENCE, REPO, SERVER, SERVER6, SO_RCVBUFFORCE, SSTP, eventually, open_files

OTHER, OTHER6 = "10.2.0.2", "2001:db8:2::2"  # outside of the tunnel
PACKET_OUTGOING = 4
ON_THE_LINK = {"10.1.0.255", "ff02::fb"}  # broadcasts and multicast, which rules do not stop
NEIGHBORS = {130, 131, 132, 133, 134, 135, 136, 143}  # ICMPv6: of discovery of neighbors and of multicast groups


class Leaks:
    """Watches what leaves a device while a flood of all kinds tries to."""

    def __init__(self, host, device="cable", permitted=()):
        self.host, self.permitted = host, permitted
        self.socket = host.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.socket.bind((device, 3))
        self.socket.setblocking(False)
        self.seen = []
        self.sent = 0
        self.is_done = threading.Event()
        self.flood = threading.Thread(target=self._flood)
        self.flood.start()

    def _flood(self):
        """UDP of both families, to hosts, name servers and the server itself; connections; broadcasts."""
        with self.host.network():
            targets = []
            for family, addresses in ((socket.AF_INET, (OTHER, "198.51.100.9", "10.1.0.254", "10.1.0.255", SERVER,
                                                        "224.0.0.251")),
                                      (socket.AF_INET6, (OTHER6, "2001:db8:1::254", SERVER6, "ff02::fb%cable"))):
                for address in addresses:
                    for port in (53, 123, 443, 67, 547):
                        s = socket.socket(family, socket.SOCK_DGRAM)
                        s.setblocking(False)
                        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                        targets.append((s, socket.getaddrinfo(address, port, family, socket.SOCK_DGRAM)[0][4]))
            while not self.is_done.is_set():
                for s, to in targets:
                    with suppress(OSError):
                        s.sendto(b"leak", to)
                    self.sent += 1
                for family, address in ((socket.AF_INET, OTHER), (socket.AF_INET6, OTHER6), (socket.AF_INET, SERVER)):
                    with socket.socket(family, socket.SOCK_STREAM) as s, suppress(OSError):
                        s.setblocking(False)
                        s.connect((address, 80))
                time.sleep(0.002)
            for s, _ in targets:
                s.close()

    def close(self):
        self.is_done.set()
        self.flood.join()
        self.socket.close()

    def look(self):
        """What has left so far and is not permitted, as text."""
        while True:
            try:
                packet, (_, protocol, kind, *_) = self.socket.recvfrom(65536)
            except BlockingIOError:
                return self.seen
            if kind == PACKET_OUTGOING and (what := self._describe(protocol, packet)):
                self.seen.append(what)

    def _describe(self, protocol, p):
        if protocol == 0x0806:  # ARP
            return None
        if protocol == 0x0800:
            source, to, number, rest = *map(socket.inet_ntoa, (p[12:16], p[16:20])), p[9], p[(p[0] & 15) * 4:]
        else:
            source, to = (socket.inet_ntop(socket.AF_INET6, a) for a in (p[8:24], p[24:40]))
            number, rest = p[6], p[40:]
            if number == 0 and rest[0] == socket.IPPROTO_ICMPV6:  # MLD has a hop-by-hop option
                number, rest = rest[0], rest[8:]
        if number == socket.IPPROTO_ICMPV6 and rest[0] in NEIGHBORS:
            return None
        if to in self.permitted:
            return None
        ports = struct.unpack("!HH", rest[:4])
        if number == socket.IPPROTO_TCP and to in (SERVER, SERVER6) and ports[1] == 443:
            return None
        return f"{number} {source}:{ports[0]} > {to}:{ports[1]}"

    def nothing(self):
        """Asserts that nothing has left while the flood went on for a moment."""
        sent = self.sent
        eventually("the flood goes on", lambda: self.sent > sent + 1000)
        assert self.look() == []


@pytest.fixture(params=["filter", "rules"])
def method(request, lab):
    lab.is_changed = True
    if request.param == "rules":
        lab.sstp = lab.file("sstp-without-nf_tables", f"#!/bin/sh\nexec {sys.executable} {REPO}/tests/e2e/seccomp.py "
                            f'nf_tables EPROTONOSUPPORT {lab.sstp} "$@"\n', 0o755)
    yield request.param
    lab.client.run("nft", "delete", "table", "inet", "sstp_lockdown", check=False)
    for family in "-4", "-6":
        for priority in 3, 1, 2, 4:
            while lab.client.run("ip", family, "rule", "del", "pref", priority, check=False).returncode == 0:
                pass
        lab.client.run("ip", family, "route", "flush", "table", "443443", check=False)


@pytest.fixture
def leaks(lab, method):
    watch = None

    def begin():
        nonlocal watch
        watch = Leaks(lab.client, permitted=ON_THE_LINK if method == "rules" else ())
        return watch

    yield begin
    if watch:
        watch.close()


def filters(host):
    """The packet filter, rules, and routes of all tables but for those of sstp's device."""
    routes = [line for family in ("-4", "-6") for what in (["rule"], ["route", "show", "table", "all"])
              for line in host.run("ip", family, *what).stdout.splitlines() if "sstp0" not in line]
    return host.run("nft", "list", "ruleset").stdout + "\n".join(sorted(routes))


def is_locked(host):
    return "sstp_lockdown" in filters(host) or "443443" in filters(host)


@pytest.mark.parametrize("to", [SERVER, SERVER6])
def test_nothing_leaves_from_start_to_unlock(lab, leaks, to):
    """Start, loss, reconnect, another network, kill -9, the next start, the end."""
    server = lab.serve()
    client = lab.connect("--lockdown", to=to)
    watch = leaks()
    watch.nothing()
    lab.client.ping(GATEWAY)
    client.send(signal.SIGUSR2)
    client.wait_for("^connected in ", count=2)
    watch.nothing()
    server.kill()
    client.wait_for("next try in")
    watch.nothing()
    server = lab.serve()
    client.wait_for("^connected in ", count=3)
    watch.nothing()
    lab.client.configure("addr del 10.1.0.2/24 dev cable\naddr add 10.1.0.3/24 dev cable\n"
                         "route add default via 10.1.0.254\n")
    if to == SERVER:
        client.wait_for("^connected in ", count=4)
    watch.nothing()
    client.kill()
    watch.nothing()
    again = lab.connect("--lockdown", to=to)
    again.wait_for("^taken over the lock of this network that an earlier sstp left$")
    lab.client.ping(GATEWAY)
    watch.nothing()
    again.kill()
    watch.nothing()
    assert lab.client.run(lab.sstp, "unlock").stdout == "this network is not locked any more\n"
    eventually("the flood gets out", watch.look)
    assert not is_locked(lab.client)
    assert lab.client.run(lab.sstp, "unlock").stdout == "this network is not locked\n"


def test_the_last_rule_drops(lab):
    """The policy of a new chain is in force a moment later than its rules."""
    lab.is_changed = True
    lab.serve()
    client = lab.connect("--lockdown")
    rules = [line.strip() for line in lab.client.run("nft", "list", "table", "inet", "sstp_lockdown").stdout.splitlines()]
    assert rules[-3:] == ["drop", "}", "}"]
    assert client.stop() == 0
    assert not is_locked(lab.client)


@pytest.mark.parametrize("mode", ["auto", "off"])
@pytest.mark.parametrize("what", ["flush ruleset", "delete table inet sstp_lockdown"])
def test_a_firewall_that_removes_all_filters(lab, what, mode):
    """As nftables.service does when it is reloaded."""
    lab.is_changed = True
    lab.serve()
    client = lab.connect("--lockdown", "--sandbox", mode)
    before = filters(lab.client)
    lab.client.run("nft", "add", "table", "inet", "another")
    lab.client.run("nft", "delete", "table", "inet", "another")
    for count in 1, 2:
        lab.client.run("nft", *what.split())
        client.wait_for("^warn: --lockdown: another program has removed the packet filter; this network is locked again$", count)
        assert filters(lab.client) == before
        assert not lab.client.ping("10.1.0.254", count=1, check=False)
        lab.client.ping(GATEWAY)
    assert client.stop() == 0
    assert not is_locked(lab.client)
    assert client.log.count("locked again") == 2


@pytest.mark.parametrize("method", ["rules"], indirect=True)
@pytest.mark.parametrize("what", [
    "rule flush\nrule add pref 32766 lookup main\n", "route flush table 443443\n", "rule del pref 3\n",
], ids=["all rules", "routes", "the rule that stops"])
@pytest.mark.parametrize("family", ["-4", "-6"])
def test_a_network_manager_that_removes_rules(lab, method, what, family):
    """As systemd-networkd does with those that are not its own."""
    lab.serve()
    client = lab.connect("--lockdown")
    before = re.sub(r"^[12]:", "1:", filters(lab.client), flags=re.M)  # the permitted ones alternate
    if "flush\n" in what and family == "-4":
        what += "rule add pref 32767 lookup default\n"
    lab.client.run("ip", family, "-batch", "-", input=what)
    client.wait_for("^warn: --lockdown: another program has removed the rules; this network is locked again$")
    eventually("all is as before", lambda: sorted(re.sub(r"^[12]:", "1:", filters(lab.client), flags=re.M)) == sorted(before))
    assert not lab.client.ping("10.1.0.254" if family == "-4" else "2001:db8:1::254", count=1, check=False)
    lab.client.ping(GATEWAY)
    assert client.stop() == 0
    assert not is_locked(lab.client)
    assert client.log.count("locked again") >= 1  # sstp may see that only some are removed yet


def test_an_orderly_end_unlocks(lab, leaks, both):
    before = filters(lab.client)
    lab.serve()
    client = lab.connect("--lockdown")
    assert is_locked(lab.client)
    assert not lab.client.ping("10.1.0.254", count=1, check=False)
    assert client.stop() == 0
    assert filters(lab.client) == before
    lab.client.ping("10.1.0.254")


@pytest.mark.parametrize("number", [0, 1, 8])
def test_the_end_of_exit_fd_unlocks(lab, number):
    """Only the helper has the descriptor: who takes the other process over could end a socket's connection."""
    lab.is_changed = True
    hold = lab.client.run_folder / "hold"
    os.mkfifo(hold)
    try:
        lab.serve()
        lab.sstp = lab.file("sstp-with-a-descriptor", f'#!/bin/sh\nexec {number}</run/hold\nexec {lab.sstp} "$@"\n', 0o755)
        with hold.open("r+b", buffering=0):  # no open of it waits
            client = lab.connect("--lockdown", "--exit-fd", number)
            assert is_locked(lab.client)
            helper, = client.children()
            assert [path.endswith("/hold") for path in open_files(helper).values()].count(True) == 1
            files = open_files(client.pid)
            assert number == 8 or files[number] == "/dev/null"
            assert not [path for path in files.values() if path.endswith("/hold")]
        assert client.wait() == 0
        assert not is_locked(lab.client)
    finally:
        hold.unlink()


def test_the_control_socket_does_not_unlock(lab):
    """The process that reads from the network answers there, so its word is not enough."""
    lab.is_changed = True
    lab.serve()
    client = lab.connect("--lockdown")
    lab.client.run(lab.sstp, "disconnect")
    assert client.wait() == 0
    assert is_locked(lab.client)
    lab.client.run(lab.sstp, "unlock")
    assert not is_locked(lab.client)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM])
def test_each_signal_unlocks(lab, number):
    lab.is_changed = True
    lab.serve()
    client = lab.connect("--lockdown")
    client.send(signal.SIGUSR1)
    client.wait_for("^status: up")
    assert is_locked(lab.client)
    client.send(number)
    assert client.wait() == 0
    assert not is_locked(lab.client)


def test_without_proc_the_lock_stays(lab):
    """There the helper cannot see that a signal has come."""
    lab.is_changed = True
    lab.serve()
    plain = lab.sstp
    lab.sstp = lab.file("sstp-without-proc", "#!/bin/sh\nexec unshare --mount sh -c 'mount -t tmpfs none /proc && exec "
                        f'"$@"\' sh {lab.sstp} "$@"\n', 0o755)
    client = lab.connect("--lockdown")
    assert client.stop() == 0
    assert "the helper process cannot see in /proc that a signal ends sstp" in client.log
    assert "this network stays locked; `sstp unlock` removes the lock" in client.log
    assert is_locked(lab.client)
    lab.client.run(plain, "unlock")


def test_the_next_start_knows_the_address(lab, leaks):
    """The name is in the hosts file only at first, and the name server does not answer."""
    lab.serve()
    trust = ["--ca-cert", lab.pki.ca]
    lab.connect("--lockdown", to=NAME, trust=trust).kill()
    lab.client.hosts.write_text("127.0.0.1 localhost\n")
    watch = leaks()
    client = lab.connect("--lockdown", to=NAME, trust=trust)
    lab.client.ping(GATEWAY)
    sent = watch.sent
    eventually("the flood goes on", lambda: watch.sent > sent + 1000)
    assert {packet.split(" > ")[1] for packet in watch.look()} == {"10.53.0.1:53"}, "its own queries"
    assert client.stop() == 0
    assert not is_locked(lab.client)


def test_dns_passes_until_the_name_is_looked_up_and_nothing_else(lab, leaks):
    """The first start: the name server does not answer."""
    lab.client.resolv_conf.write_text("nameserver 10.2.0.2\n")
    watch = leaks()
    eventually("the flood", watch.look)
    client = lab.connect("--lockdown", "--timeout", "600", to="vpn.example.org", wait=False)
    client.wait_for("^this network is locked: only the connection to the server may leave$")
    watch.look()
    watch.seen.clear()
    sent = watch.sent
    eventually("the flood goes on", lambda: watch.sent > sent + 1000)
    assert {packet.rsplit(":", 1)[1] for packet in watch.look()} == {"53"}
    assert client.stop() == 0
    assert not is_locked(lab.client)


def test_the_second_server_can_be_looked_up_too(lab, leaks):
    """The first one is refused; once one is connected no name is looked up any more."""
    lab.start(lab.other, "dnsmasq", "--keep-in-foreground", "--log-facility=-", "--no-hosts", "--no-resolv",
              "--user=root", "--conf-file=/dev/null", "--pid-file=", f"--listen-address={OTHER}", "--bind-interfaces",
              "--local=/example.org/", "--host-record=one.example.org,10.1.0.254",
              f"--host-record=two.example.org,{SERVER}").wait_for("started")
    lab.client.resolv_conf.write_text(f"nameserver {OTHER}\n")
    lab.serve()
    client = lab.connect("--lockdown", "--server", "two.example.org", "--keep-trying", to="one.example.org")
    lab.client.ping(GATEWAY)
    leaks().nothing()
    assert client.stop() == 0
    assert not is_locked(lab.client)


def name_server(lab, address):
    """dnsmasq on the other host, which knows one address of the server's name."""
    dnsmasq = lab.start(lab.other, "dnsmasq", "--keep-in-foreground", "--log-facility=-", "--no-hosts", "--no-resolv",
                        "--user=root", "--conf-file=/dev/null", "--pid-file=", f"--listen-address={OTHER}",
                        "--bind-interfaces", "--log-queries", "--local=/example.org/",
                        f"--host-record=vpn.example.org,{address}")
    dnsmasq.wait_for("started")
    return dnsmasq


@pytest.mark.parametrize("options", [[], ["--policy-rules"], ["--no-default-route"]])
def test_a_server_that_moves_is_found_again(lab, leaks, options):
    """Only sstp's own queries leave: the flood to port 53 of the name server does not."""
    names = name_server(lab, SERVER)
    lab.client.resolv_conf.write_text(f"nameserver {OTHER}\n")
    server = lab.serve()
    trust = ["--servercert", lab.pki.server.pin]
    client = lab.connect("--lockdown", *options, to="vpn.example.org", trust=trust)
    watch = leaks()
    watch.nothing()
    names.stop()
    name_server(lab, "192.0.2.77")
    lab.server.configure("addr add 192.0.2.77/24 dev cable\n")
    server.kill()
    lab.serve("--listen", "192.0.2.77:443")
    client.wait_for("^connected in ", count=2)
    lab.client.ping_server()
    ours = {f"6 10.1.0.2:{packet.split()[1].split(':')[1]} > 192.0.2.77:443"
            for packet in watch.look() if packet.endswith("192.0.2.77:443")}
    queries = [packet for packet in watch.look() if packet not in ours]
    assert queries and all(re.fullmatch(rf"17 10\.1\.0\.2:\d+ > {OTHER}:53", packet) for packet in queries)
    assert len(queries) < 20, "one look-up"
    client.kill()
    watch.seen.clear()
    again = lab.connect("--lockdown", *options, to="vpn.example.org", trust=trust)
    again.wait_for("^taken over the lock")
    assert "192.0.2.77" in again.log
    assert again.stop() == 0
    assert not is_locked(lab.client)


def test_a_first_attempt_that_fails_locks_nothing(lab, leaks):
    lab.serve()
    assert lab.connect_fails("--lockdown", password="wrong")[0] == 9
    assert not is_locked(lab.client)


def test_a_tunnel_that_ends_by_itself_leaves_the_lock(lab, leaks):
    server = lab.serve()
    client = lab.connect("--lockdown", "--once")
    server.kill()
    assert client.wait() != 0
    assert "this network stays locked; `sstp unlock` removes the lock" in client.log
    assert is_locked(lab.client)
    lab.client.run(lab.sstp, "unlock")
    assert not is_locked(lab.client)


@pytest.mark.parametrize("to, family", [(OTHER, socket.AF_INET), (OTHER6, socket.AF_INET6)])
def test_established_connections_outside_are_cut(lab, leaks, to, family):
    lab.serve()
    listener = lab.other.listen(to, 7000, family)
    with lab.client.connect(to, 7000) as ours, listener.accept()[0] as theirs:
        ours.sendall(b"before")
        assert theirs.recv(100) == b"before"
        client = lab.connect("--lockdown")
        watch = leaks()
        ours.sendall(b"while")
        watch.nothing()
        assert client.stop() == 0
        assert theirs.recv(100) == b"while", "it was sent again after the end"


def test_forwarded_packets_stay_inside_too(lab, leaks):
    """The client is a router for a network of its own."""
    lab.client.run("ip", "netns", "add", "inner")
    try:
        lab.client.configure("link add toward type veth peer name home netns inner\naddr add 10.77.0.1/24 dev toward\n"
                             "link set toward up\n")
        lab.client.run("ip", "-n", "inner", "addr", "add", "10.77.0.2/24", "dev", "home")
        lab.client.run("ip", "-n", "inner", "link", "set", "home", "up")
        lab.client.run("ip", "-n", "inner", "route", "add", "default", "via", "10.77.0.1")
        lab.client.sysctl("net.ipv4.ip_forward", 1)
        lab.router.configure("route add 10.77.0.0/24 via 10.1.0.2\n")

        def ping(seconds):
            return lab.client.run("ip", "netns", "exec", "inner", "ping", "-c", "1", "-W", seconds, OTHER,
                                  check=False).returncode == 0

        assert ping(PATIENCE)
        lab.serve()
        client = lab.connect("--lockdown", "--no-default-route")
        assert not ping(1)
        assert client.stop() == 0
        assert ping(PATIENCE)
    finally:
        lab.client.run("ip", "netns", "del", "inner")


def test_excluded_networks_are_permitted(lab, leaks):
    lab.serve()
    lab.connect("--lockdown", "--exclude", "10.2.0.0/16", "--exclude", "2001:db8:2::/48")
    lab.client.ping(OTHER)
    lab.client.ping(OTHER6)
    assert not lab.client.ping("10.1.0.254", count=1, check=False)


def test_dhcp_and_neighbors_are_permitted(lab, leaks):
    """The host keeps its lease and finds its neighbors."""
    lab.serve()
    lab.connect("--lockdown")
    with lab.router.socket(socket.AF_INET, socket.SOCK_DGRAM) as dhcp, \
            lab.router.socket(socket.AF_INET6, socket.SOCK_DGRAM) as dhcp6, \
            lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours, \
            lab.client.socket(socket.AF_INET6, socket.SOCK_DGRAM) as ours6:
        dhcp.bind(("10.1.0.254", 67))
        dhcp6.bind(("2001:db8:1::254", 547))
        ours.bind(("10.1.0.2", 68))
        ours6.bind(("2001:db8:1::2", 546))
        lab.client.run("ip", "neigh", "flush", "dev", "cable")
        ours.sendto(b"renew", ("10.1.0.254", 67))
        ours6.sendto(b"renew", ("2001:db8:1::254", 547))
        assert dhcp.recv(100) == dhcp6.recv(100) == b"renew"


@pytest.mark.parametrize("options", [["--policy-rules"], ["--table", "100"], ["--mark", "7"]])
def test_with_a_table_of_its_own(lab, leaks, options):
    """The user's own rule leads to table 100."""
    lab.serve()
    lab.client.configure("rule add pref 500 not fwmark 443 lookup 100\n")
    client = lab.connect("--lockdown", *options)
    lab.client.ping(GATEWAY)
    watch = leaks()
    watch.nothing()
    client.send(signal.SIGUSR2)
    client.wait_for("^connected in ", count=2)
    lab.client.ping(GATEWAY)
    watch.nothing()
    assert client.stop() == 0
    assert not is_locked(lab.client)


@pytest.mark.parametrize("rp_filter", [1, 2])
def test_with_a_kernel_that_checks_sources(lab, leaks, rp_filter):
    lab.client.sysctl("net.ipv4.conf.all.rp_filter", rp_filter)
    lab.serve()
    client = lab.connect("--lockdown")
    lab.client.ping(GATEWAY)
    leaks().nothing()
    client.send(signal.SIGUSR2)
    client.wait_for("^connected in ", count=2)
    lab.client.ping(GATEWAY)


@pytest.mark.parametrize("method", ["rules"], indirect=True)
def test_a_filter_takes_the_place_of_rules(lab, leaks, method):
    """A module for nf_tables was loaded after the crash."""
    lab.serve()
    lab.connect("--lockdown").kill()
    assert "443443" in filters(lab.client)
    watch = leaks()
    lab.sstp = SSTP
    client = lab.connect("--lockdown")
    assert "443443" not in filters(lab.client) and is_locked(lab.client)
    watch.nothing()
    client.kill()
    lab.client.run(lab.sstp, "unlock")
    assert not is_locked(lab.client)


def test_two_do_not_share_a_lock(lab, leaks):
    lab.serve()
    first = lab.connect("--lockdown")
    status, said = lab.connect_fails("--lockdown")
    assert status == 11 and "another sstp has locked this network already" in said
    done = lab.client.run(lab.sstp, "unlock", check=False)
    assert done.returncode == 1 and "still runs" in done.stderr
    lab.client.ping(GATEWAY)
    assert first.stop() == 0
    assert not is_locked(lab.client)


@pytest.mark.parametrize("words, status, said", [
    (["connect", "--lockdown", "--user", "ann", "--password-file", "PASSWORD", "--servercert", "PIN", SERVER], 11,
     r"^error: --lockdown: a packet filter cannot be set: .*CAP_NET_ADMIN"),
    (["unlock"], 11, r"^sstp unlock: the lock cannot be removed: .*CAP_NET_ADMIN"),
])
def test_without_root(lab, leaks, words, status, said):
    real = {"PASSWORD": lab.file("password", "x\n"), "PIN": lab.pki.server.pin}
    program = lab.start(lab.client, "setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", lab.sstp,
                        *(real.get(word, word) for word in words))
    assert program.wait() == status
    assert re.search(said, program.log, re.M)
    assert not is_locked(lab.client)


def test_lockdown_does_not_go_with_a_namespace(lab):
    status, said = lab.connect_fails("--lockdown", "--netns", "1")
    assert status == 2 and "--lockdown does not go with" in said
