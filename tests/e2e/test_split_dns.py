# SPDX-License-Identifier: GPL-3.0-or-later
"""Split DNS (--dns-domain) where the host only has resolv.conf: sstp's own forwarder between dnsmasq and unbound."""
import os
import re
import socket
import struct

import pytest

from lab import INSIDE, Sniffer, eventually
from ordinary import Ordinary, needs_user_namespaces
from test_host import leftovers, name_servers
from test_netns import Container, named
from test_proxy_names import A, AAAA, NXDOMAIN, OK, SERVFAIL, encoded

TXT, OPT = 16, 41
BEFORE, BEFORE6 = "10.1.0.254", "2001:db8:1::254"
FORWARDER = "127.83.83.1"
CORP = {"www.corp.test": "10.77.0.1", "corp.test": "10.77.0.2", "www.example.org": "10.77.0.99"}
OTHERS = {"www.example.org": "198.51.100.80", "www.corp.test": "198.51.100.99", "other.test": "198.51.100.81"}
BIG = ["x" * 200 + f"{i:03}" for i in range(40)]  # 8 KB of TXT


def dnsmasq(lab, host, address, names, around=()):
    lines = ["keep-in-foreground", "no-resolv", "no-hosts", "bind-interfaces", f"listen-address={address}", "user=root",
             "pid-file=", "edns-packet-max=4096", "local=/test/", "local=/example.org/"]
    lines += [f"host-record={name},{at}" for name, at in names.items()]
    lines += [f"txt-record=big.{zone},{text}" for zone in ("corp.test", "example.org") for text in BIG]
    lines += [f"txt-record=medium.{zone},{text}" for zone in ("corp.test", "example.org") for text in BIG[:12]]
    conf = lab.file(f"dnsmasq-{len(lab.programs)}.conf", "\n".join(lines) + "\n")
    return lab.start(host, *around, "/usr/sbin/dnsmasq", f"--conf-file={conf}", label="dnsmasq")


def unbound(lab, host, address, names):
    data = [f'"{name}. A {at}"' for name, at in names.items()]
    for zone in ("corp.test", "example.org"):
        data += [f"'big.{zone}. TXT \"{text}\"'" for text in BIG]
        data += [f"'medium.{zone}. TXT \"{text}\"'" for text in BIG[:12]]
    conf = lab.file(f"unbound-{len(lab.programs)}.conf", f"""server:
        interface: {address}
        access-control: 0.0.0.0/0 allow
        access-control: ::/0 allow
        do-daemonize: no
        username: ""
        chroot: ""
        directory: "{lab.folder}"
        pidfile: ""
        use-syslog: no
        module-config: "iterator"
        edns-buffer-size: 4096
        max-udp-size: 4096
        local-zone: "test." static
        local-zone: "example.org." static
""" + "".join(f"        local-data: {line}\n" for line in data) + "remote-control:\n        control-enable: no\n")
    return lab.start(host, "/usr/sbin/unbound", "-d", "-c", conf)


def answers(host, address):
    """Whether a name server is ready."""
    return eventually(f"a name server on {address}", lambda: ask(host, "www.corp.test", to=address, seconds=0.2))


def query(name, kind=A, edns=None, number=0x1234):
    """`edns`: the size for UDP; with the DO bit."""
    extra = b"\0" + struct.pack("!HHIH", OPT, edns, 0x8000, 0) if edns else b""
    return struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, bool(edns)) + encoded(name) + struct.pack("!HH", kind, 1) + extra


class Reply:
    def __init__(self, message):
        flags, _, self.count, _, self.additional = struct.unpack("!HHHHH", message[2:12])
        self.message, self.rcode, self.is_truncated = message, flags & 15, bool(flags & 0x200)

    @property
    def address(self):
        return socket.inet_ntoa(self.message[-4:]) if self.count else None


def ask(host, name, kind=A, to=FORWARDER, edns=None, tcp=False, seconds=20):
    """None: no reply."""
    family = socket.AF_INET6 if ":" in to else socket.AF_INET
    with host.socket(family, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as s:
        s.settimeout(seconds)
        try:
            s.connect((to, 53))
            message = query(name, kind, edns)
            s.sendall(struct.pack("!H", len(message)) * tcp + message)
            return Reply(_receive(s) if tcp else s.recv(65535))
        except OSError:
            return None


def _receive(s):
    def exactly(n):
        got = b""
        while len(got) < n:
            part = s.recv(n - len(got))
            assert part, "the connection ended too early"
            got += part
        return got

    return exactly(struct.unpack("!H", exactly(2))[0])


def looked_up(host, name):
    """As a program does it, with the C library."""
    done = host.run("getent", "ahostsv4", name, check=False)
    return done.stdout.split()[0] if done.stdout else None


both_ways = pytest.mark.parametrize("servers", ["dnsmasq inside", "unbound inside"], indirect=True)


@pytest.fixture
def servers(lab, request):
    is_other = getattr(request, "param", None) == "unbound inside"
    kinds = [unbound, dnsmasq] if is_other else [dnsmasq, unbound]
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    made = [kinds[0](lab, lab.inside, INSIDE, CORP), kinds[1](lab, lab.router, BEFORE, OTHERS)]
    answers(lab.inside, INSIDE)
    answers(lab.router, BEFORE)
    lab.client.resolv_conf.write_text(f"nameserver {BEFORE}\noptions timeout:3\n")
    return made


@pytest.fixture
def ordinary(lab):
    needs_user_namespaces()
    return Ordinary(lab)


@pytest.fixture
def split(lab, servers):
    """Both servers, and a client that splits."""
    lab.serve("--dns", INSIDE)
    return connect(lab)


def connect(lab, *options, **more):
    client = lab.connect("--no-default-route", "--dns-domain", "corp.test", *options, **more)
    client.wait_for("^DNS: names of --dns-domain go to the VPN's servers")
    return client


def splits(lab):
    assert ask(lab.client, "www.corp.test").address == "10.77.0.1"
    assert ask(lab.client, "www.example.org").address == "198.51.100.80"


@both_ways
def test_both_directions(lab, split):
    before = f"nameserver {BEFORE}\noptions timeout:3\n"
    assert lab.client.resolv_conf.read_text().splitlines()[1:] == [f"nameserver {FORWARDER}", "options timeout:3"]
    splits(lab)
    assert ask(lab.client, "CORP.Test").address == "10.77.0.2"
    for tcp in (False, True):
        assert ask(lab.client, "none.corp.test", tcp=tcp).rcode == NXDOMAIN
        assert ask(lab.client, "none.example.org", tcp=tcp).rcode == NXDOMAIN
        assert (ask(lab.client, "www.corp.test", AAAA, tcp=tcp).rcode, ask(lab.client, "www.corp.test", AAAA).count) == (OK, 0)
    assert looked_up(lab.client, "www.corp.test") == "10.77.0.1"
    assert looked_up(lab.client, "www.example.org") == "198.51.100.80"
    assert looked_up(lab.client, "xcorp.test") is None
    assert split.stop() == 0
    assert lab.client.resolv_conf.read_text() == before
    assert leftovers(lab.client) == []
    assert ask(lab.client, "www.corp.test", seconds=1) is None, "the forwarder is gone"


@both_ways
@pytest.mark.parametrize("zone", ["corp.test", "example.org"])
def test_answers_of_any_size(lab, split, zone):
    small = ask(lab.client, f"big.{zone}", TXT)
    assert small.is_truncated and len(small.message) <= 512
    big = ask(lab.client, f"big.{zone}", TXT, tcp=True)
    assert not big.is_truncated and big.count == len(BIG) and len(big.message) > 8000
    assert all(text.encode() in big.message for text in BIG)
    assert ask(lab.client, f"medium.{zone}", TXT).is_truncated
    medium = ask(lab.client, f"medium.{zone}", TXT, edns=4096)  # as a validating resolver asks
    assert not medium.is_truncated and medium.count == 12 and len(medium.message) > 2400
    assert medium.additional == 1, "the OPT record comes through"


def test_several_queries_on_one_connection(lab, split):
    with lab.client.connect(FORWARDER, 53) as s:
        for names in (["www.corp.test"], ["www.example.org", "www.corp.test", "none.example.org"]):
            messages = [query(name, number=i) for i, name in enumerate(names)]
            s.sendall(b"".join(struct.pack("!H", len(m)) + m for m in messages))
            for i, name in enumerate(names):
                reply = _receive(s)
                assert (struct.unpack("!H", reply[:2])[0], encoded(name) in reply) == (i, True)
        s.shutdown(socket.SHUT_WR)
        assert s.recv(1) == b""


@both_ways
def test_many_at_once(lab, split):
    with lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((FORWARDER, 53))
        names = ["www.corp.test", "www.example.org", "none.corp.test", "none.example.org"]
        for i in range(200):
            s.send(query(f"n{i}.{names[i % 4]}" if i >= 4 else names[i], number=i))
        replies = {}
        while len(replies) < 200:
            message = s.recv(65535)
            replies[struct.unpack("!H", message[:2])[0]] = Reply(message)
    assert replies[0].address == "10.77.0.1" and replies[1].address == "198.51.100.80"
    assert {r.rcode for i, r in replies.items() if i > 1} == {NXDOMAIN}


def test_search_domains_belong_to_the_vpn(lab, servers):
    lab.serve("--dns", INSIDE)
    client = lab.connect("--no-default-route", "--dns-domain", "lab.test", "--search", "corp.test")
    assert lab.client.resolv_conf.read_text().splitlines()[2] == "search corp.test"
    assert looked_up(lab.client, "www") == "10.77.0.1"
    splits(lab)
    assert client.stop() == 0


# ---- servers that do not answer


@pytest.mark.parametrize("dead", ["10.1.0.253", "10.1.0.254#silent"], ids=["unreachable", "silent"])
def test_a_dead_first_server(lab, servers, dead):
    """Before and inside, the first of two does not answer."""
    silent = None
    if dead.endswith("silent"):
        lab.router.configure("addr add 10.1.0.250/24 dev client\n")
        lab.is_changed = True
        silent = lab.router.socket(socket.AF_INET, socket.SOCK_DGRAM)
        silent.bind(("10.1.0.250", 53))
        dead = "10.1.0.250"
    lab.client.resolv_conf.write_text(f"nameserver {dead}\nnameserver {BEFORE}\n")
    lab.serve("--dns", "172.16.5.77", "--dns", INSIDE)
    client = connect(lab)
    splits(lab)
    splits(lab)
    if silent:
        client.wait_for(f"^warn: DNS: the server {dead} does not answer$")
        silent.close()


def test_servers_with_ipv6_addresses(lab, servers):
    dnsmasq(lab, lab.router, BEFORE6, OTHERS)
    answers(lab.router, BEFORE6)
    servers[1].stop()
    lab.client.resolv_conf.write_text(f"nameserver {BEFORE6}\n")
    lab.serve("--dns", INSIDE)
    connect(lab)
    splits(lab)


# ---- the tunnel goes, the file changes, the process dies


def test_while_the_tunnel_is_down(lab, servers):
    """resolv.conf is as before; a program that still queries the forwarder gets all names but the VPN's."""
    before = lab.client.resolv_conf.read_text()
    server = lab.serve("--dns", INSIDE)
    client = connect(lab)
    server.stop()
    eventually("resolv.conf is restored", lambda: lab.client.resolv_conf.read_text() == before)
    assert ask(lab.client, "www.example.org").address == "198.51.100.80"
    assert ask(lab.client, "www.corp.test").rcode == SERVFAIL
    assert looked_up(lab.client, "www.example.org") == "198.51.100.80"
    lab.serve("--dns", INSIDE)
    client.wait_for("^connected in ", count=2)
    eventually("resolv.conf is set again", lambda: name_servers(lab.client) == [FORWARDER])
    splits(lab)


def test_the_servers_name_is_looked_up_as_before(lab, servers):
    """Even if it is in a domain of the VPN."""
    servers[1].stop()
    dnsmasq(lab, lab.router, BEFORE, {**OTHERS, "vpn.corp.test": "192.0.2.1"})
    answers(lab.router, BEFORE)
    lab.serve("--dns", INSIDE)
    client = connect(lab, to="vpn.corp.test")
    lab.programs[-2].stop()
    lab.serve("--dns", INSIDE)
    client.wait_for("^connected in ", count=2)


def test_another_program_rewrites_resolv_conf(lab, split):
    """As NetworkManager and DHCP clients do, by a new file under the same name, or in place."""
    dnsmasq(lab, lab.router, BEFORE6, {"www.example.org": "198.51.100.82"})
    answers(lab.router, BEFORE6)
    new = lab.client.etc / "resolv.conf.new"
    new.write_text(f"# by DHCP\nnameserver {BEFORE6}\nsearch dhcp.test\n")
    new.rename(lab.client.resolv_conf)
    split.wait_for("^DNS: another program has changed /etc/resolv.conf: set again$")
    eventually("it is ours again", lambda: name_servers(lab.client) == [FORWARDER])
    assert "search dhcp.test\n" in lab.client.resolv_conf.read_text()
    assert ask(lab.client, "www.example.org").address == "198.51.100.82"
    assert ask(lab.client, "www.corp.test").address == "10.77.0.1"
    lab.client.resolv_conf.write_text(f"nameserver {BEFORE}\n")
    split.wait_for("another program has changed", count=2)
    eventually("it is ours again", lambda: name_servers(lab.client) == [FORWARDER])
    splits(lab)
    assert split.stop() == 0
    assert lab.client.resolv_conf.read_text() == f"nameserver {BEFORE}\n"
    assert leftovers(lab.client) == []


def test_two_programs_that_both_want_resolv_conf(lab, split):
    """In the end it is left to the other one."""
    own = f"nameserver {BEFORE}\n# the other one's\n"
    while "again and again" not in split.log:
        lab.client.resolv_conf.write_text(own)
        eventually("it is ours again", lambda: name_servers(lab.client) == [FORWARDER] or "again and again" in split.log)
    assert lab.client.resolv_conf.read_text() == own
    assert split.stop() == 0
    assert lab.client.resolv_conf.read_text() == own


def test_after_kill_9(lab, split):
    before = f"nameserver {BEFORE}\noptions timeout:3\n"
    split.kill()
    assert name_servers(lab.client) == [FORWARDER]
    client = connect(lab)
    client.wait_for("^restored /etc/resolv.conf after a crash of sstp$")
    splits(lab)
    assert client.stop() == 0
    assert lab.client.resolv_conf.read_text() == before
    assert leftovers(lab.client) == []


def test_a_forwarder_that_is_gone_is_no_server(lab, servers):
    """A copy of our resolv.conf that another program made and wrote back after a crash."""
    lab.client.resolv_conf.write_text(f"nameserver {FORWARDER}\nnameserver {BEFORE}\n")
    lab.serve("--dns", INSIDE)
    connect(lab)
    splits(lab)


# ---- another network namespace


def test_in_a_namespace_of_ip_netns(lab, servers):
    """Both servers are reached from there, and the forwarder is there."""
    before = lab.client.resolv_conf.read_text()
    lab.serve("--dns", INSIDE)
    with named(lab.client, "blue") as run:
        run("ip", "link", "set", "lo", "up")
        own = lab.client.etc / "netns/blue/resolv.conf"
        own.parent.mkdir(parents=True)
        own.write_text("nameserver 127.0.0.1\n")
        dnsmasq(lab, lab.client, "127.0.0.1", OTHERS, around=["ip", "netns", "exec", "blue"])
        eventually("the local server", lambda: "198.51.100.80" in run("getent", "hosts", "www.example.org", check=False).stdout)
        client = connect(lab, "--netns", "blue")
        assert own.read_text().splitlines()[1:] == [f"nameserver {FORWARDER}"]
        for name, address in (("www.corp.test", "10.77.0.1"), ("www.example.org", "198.51.100.80")):
            assert run("getent", "ahostsv4", name).stdout.split()[0] == address
        assert ask(lab.client, "www.corp.test", seconds=1) is None, "there is none in our own"
        assert lab.client.resolv_conf.read_text() == before
        client.kill()
        client = connect(lab, "--netns", "blue")
        assert client.stop() == 0
        assert own.read_text() == "nameserver 127.0.0.1\n"


@pytest.mark.parametrize("is_root", [True, False], ids=["root", "user"])
def test_in_a_process_of_a_user(lab, servers, ordinary, is_root):
    """Only root can make sockets in its namespace; otherwise its resolv.conf is not changed."""
    own = Container(lab, flags="-Urnm", mounts="""ip link set lo up; mount -t tmpfs none /etc
        echo 'nameserver 10.66.0.1' >/etc/file; ln -s ../etc/file /etc/resolv.conf""")
    try:
        lab.serve("--dns", INSIDE)
        options = ["--netns", own.pid, "--dns-domain", "corp.test"]
        client = lab.connect(*options) if is_root else ordinary.start("connect", *options)
        client.wait_for("^connected in ")
        if is_root:
            assert f"\nnameserver {FORWARDER}\n" in own.run("cat", "/etc/resolv.conf").stdout
            assert own.run("getent", "ahostsv4", "www.corp.test").stdout.split()[0] == "10.77.0.1"
        else:
            client.wait_for("^warn: DNS: split DNS .*: in another network namespace only root can do that$")
        assert client.stop() == 0
        assert own.run("cat", "/etc/resolv.conf").stdout == "nameserver 10.66.0.1\n"
    finally:
        own.end()


# ---- port 53 on the client


def test_a_local_server_that_reads_our_resolv_conf_makes_no_loop(lab, servers):
    """dnsmasq sends all to the servers of resolv.conf, which names us; we send all to dnsmasq, as before."""
    conf = lab.file("local.conf", "keep-in-foreground\nno-hosts\nbind-interfaces\nlisten-address=127.0.0.1\nuser=root\n"
                    "pid-file=\nresolv-file=/etc/resolv.conf\nlog-queries\nlog-facility=-\n")
    lab.client.resolv_conf.write_text("nameserver 127.0.0.1\n")
    local = lab.start(lab.client, "/usr/sbin/dnsmasq", f"--conf-file={conf}")
    lab.serve("--dns", INSIDE)
    connect(lab)
    assert ask(lab.client, "www.corp.test").address == "10.77.0.1"
    local.wait_for(f"using nameserver {FORWARDER}#53")
    assert ask(lab.client, "www.example.org", seconds=20).rcode == SERVFAIL
    assert len(re.findall("query", local.log)) <= 4
    assert ask(lab.client, "www.corp.test").address == "10.77.0.1"


def test_a_local_server_with_servers_of_its_own(lab, servers):
    """As NetworkManager's dnsmasq."""
    conf = lab.file("local.conf", "keep-in-foreground\nno-hosts\nbind-interfaces\nlisten-address=127.0.0.1\nuser=root\n"
                    f"pid-file=\nno-resolv\nserver={BEFORE}\n")
    lab.client.resolv_conf.write_text("nameserver 127.0.0.1\n")
    lab.start(lab.client, "/usr/sbin/dnsmasq", f"--conf-file={conf}")
    answers(lab.client, "127.0.0.1")
    lab.serve("--dns", INSIDE)
    connect(lab)
    splits(lab)


def test_another_server_on_the_first_address(lab, servers):
    dnsmasq(lab, lab.client, FORWARDER, OTHERS)
    answers(lab.client, FORWARDER)
    lab.serve("--dns", INSIDE)
    connect(lab)
    assert name_servers(lab.client) == ["127.83.83.2"]
    assert ask(lab.client, "www.corp.test", to="127.83.83.2").address == "10.77.0.1"


def test_a_server_on_all_addresses(lab, servers):
    before = lab.client.resolv_conf.read_text()
    with lab.client.listen("0.0.0.0", 53):
        lab.serve("--dns", INSIDE)
        client = lab.connect("--no-default-route", "--dns-domain", "corp.test")
        client.wait_for("^warn: DNS: split DNS needs port 53 of a loopback address: another DNS server listens")
        assert lab.client.resolv_conf.read_text() == before
        assert client.stop() == 0
    assert lab.client.resolv_conf.read_text() == before


def test_without_the_right_to_bind_port_53(lab, servers):
    before = lab.client.resolv_conf.read_text()
    lab.serve("--dns", INSIDE)
    os.chmod(lab.client.resolv_conf, 0o666)
    client = lab.start(
        lab.client, "setpriv", "--bounding-set", "-net_bind_service", "--inh-caps", "-net_bind_service",
        lab.sstp, "connect", "-v", "192.0.2.1", "--user", "ann", "--password-file",
        lab.file("password", "wonder land\n"), "--servercert", lab.pki.server.pin, "--no-default-route", "--dns-domain",
        "corp.test", label="connect-client")
    client.wait_for("^warn: DNS: split DNS needs port 53 of a loopback address: a process without root needs "
                    "the capability CAP_NET_BIND_SERVICE$")
    client.wait_for("^connected in ")
    assert lab.client.resolv_conf.read_text() == before


def test_only_local_programs_are_served(lab, split):
    """Even where the kernel lets packets for 127.0.0.0/8 come in from the network."""
    lab.client.sysctl("net.ipv4.conf.all.route_localnet", 1)
    lab.is_changed = True
    sniffer = Sniffer(lab.router, "client")
    mac = bytes.fromhex(lab.client.device("cable")["address"].replace(":", ""))
    with lab.router.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0x0800) as s:
        udp = query("www.example.org")
        udp = struct.pack("!HHHH", 5353, 53, 8 + len(udp), 0) + udp
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0)
        head += socket.inet_aton(BEFORE) + socket.inet_aton(FORWARDER)
        head = head[:10] + struct.pack("!H", 0xffff - sum(struct.unpack("!10H", head)) % 0xffff) + head[12:]
        s.sendto(head + udp, ("client", 0x0800, 0, 0, mac))
    splits(lab)
    splits(lab)
    assert sniffer.between(BEFORE, FORWARDER), "it was sent"
    assert not sniffer.between(FORWARDER, BEFORE), "nothing came back"
    sniffer.close()
