# SPDX-License-Identifier: GPL-3.0-or-later
"""Names in `sstp proxy`: looked up with the VPN's name servers, some of them dead, busy, faulty or hostile."""
import select
import socket
import struct
import threading
import time

import pytest

from lab import INSIDE, PATIENCE, SO_RCVBUFFORCE, eventually
from test_proxy_front import HTTP, SOCKS, read_all, socks_request, start_proxy

FIRST, SECOND = "172.16.5.53", "172.16.5.54"
A, CNAME, SOA, AAAA = 1, 5, 6, 28
OK, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5


def name_of(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels), struct.unpack("!H", query[at + 1:at + 3])[0], query[12:at + 5]


def encoded(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def record(kind, data, name=b"\xc0\x0c", ttl=60):
    return name + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def response(query, rcode=OK, answers=(), authorities=(), flags=0x8180):
    _, _, question = name_of(query)
    return (query[:2] + struct.pack("!HHHHH", flags | rcode, 1, len(answers), len(authorities), 0) + question
            + b"".join(answers) + b"".join(authorities))


def addresses(*texts):
    return [record(A, socket.inet_aton(t)) for t in texts]


SOA_RECORD = record(SOA, bytes(2) + struct.pack("!IIIII", 1, 60, 60, 60, 60))


class Server:
    """A scripted name server: answer(name, type, query, is_tcp) returns the response, or None."""

    def __init__(self, host, address, answer, tcp=True):
        self.answer, self.asked, self.by_tcp, self.ports, self.ids = answer, [], [], set(), set()
        self.udp = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)  # room for many queries at once
        self.udp.bind((address, 53))
        self.tcp = host.listen(address, 53) if tcp else None
        self.is_closed = False
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        sockets = [self.udp] + ([self.tcp] if self.tcp else [])
        while not self.is_closed:
            for s in select.select(sockets, [], [], 0.05)[0]:
                if s is self.udp:
                    query, source = s.recvfrom(4096)
                    self.ports.add(source[1])
                    self.say(query, False, lambda what: self.udp.sendto(what, source))
                else:
                    self.serve_tcp(s.accept()[0])

    def say(self, query, is_tcp, send):
        name, kind, _ = name_of(query)
        (self.by_tcp if is_tcp else self.asked).append((name, kind))
        self.ids.add(query[:2])
        what = self.answer(name, kind, query, is_tcp)
        for message in what if isinstance(what, list) else [what]:
            if message is not None:
                send(message)

    def serve_tcp(self, client):
        with client:
            client.settimeout(PATIENCE)
            size = struct.unpack("!H", client.recv(2, socket.MSG_WAITALL))[0]
            query = client.recv(size, socket.MSG_WAITALL)

            def send(message):
                data = struct.pack("!H", len(message)) + message
                for i in range(0, len(data), 700):  # in pieces
                    client.sendall(data[i:i + 700])
            self.say(query, True, send)

    def close(self):
        self.is_closed = True
        self.thread.join()
        self.udp.close()
        if self.tcp:
            self.tcp.close()


def web(name, kind, query, is_tcp):
    """Every name is the host inside the VPN, with an IPv4 address only."""
    return response(query, answers=addresses(INSIDE) if kind == A else [], authorities=[] if kind == A else [SOA_RECORD])


def says(rcode):
    return lambda name, kind, query, is_tcp: response(query, rcode)


def silent(*_):
    return None


@pytest.fixture
def names(lab):
    """Call it with a script for each server; it starts a proxy, and a listener on port 80 inside the VPN."""
    made = []
    for address in (FIRST, SECOND):
        lab.inside.run("ip", "addr", "add", f"{address}/24", "dev", "cable")
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    lab.inside.sysctl("net.core.somaxconn", 4096)
    with lab.inside.listen(INSIDE, 80) as target:
        target.listen(4096)

        def start(*scripts, proxy_options=(), **more):
            options = []
            for address, script in zip((FIRST, SECOND), scripts):
                if script:
                    made.append(Server(lab.inside, address, script, **more))
                options += ["--dns", address]
            lab.serve(*options)
            start.proxy = start_proxy(lab, "--socks5", SOCKS, "--http-proxy", HTTP, *proxy_options)
            return made
        start.target = target
        yield start
    for server in made:
        server.close()
    for address in (FIRST, SECOND):
        lab.inside.run("ip", "addr", "del", f"{address}/24", "dev", "cable")


def by_socks(lab, name, port=80):
    """The reply's code."""
    said = b""
    with lab.client.connect("127.0.0.1", SOCKS) as s:
        s.settimeout(PATIENCE)
        s.sendall(socks_request(name, port))
        while len(said) < 4:
            piece = s.recv(100)
            assert piece, said
            said += piece
    return said[3]


def by_http(lab, name, port=80):
    """The status, and the text."""
    with lab.client.connect("127.0.0.1", HTTP) as s:
        s.settimeout(PATIENCE)
        s.sendall(f"CONNECT {name}:{port} HTTP/1.1\r\n\r\n".encode())
        said = s.recv(4096)
        if not said.startswith(b"HTTP/1.1 200"):
            said += read_all(s)
    return int(said.split()[1]), said.decode()


def ask_all(lab, port, requests, is_good, seconds=90):
    """All at once; returns how many succeeded."""
    sockets = {}
    for request in requests:
        s = lab.client.connect("127.0.0.1", port)
        sockets[s.fileno()] = s
        s.sendall(request)
    good, end = 0, time.monotonic() + seconds
    waiting = select.poll()
    for fd in sockets:
        waiting.register(fd, select.POLLIN)
    said = dict.fromkeys(sockets, b"")
    while sockets and time.monotonic() < end:
        for fd, _ in waiting.poll(1000):
            piece = sockets[fd].recv(4096)
            said[fd] += piece
            if is_good(said[fd]) or not piece:
                good += is_good(said[fd])
                waiting.unregister(fd)
                sockets.pop(fd).close()
    for s in sockets.values():
        s.close()
    return good


# ---- many


@pytest.mark.parametrize("count", [100, 900])
@pytest.mark.parametrize("protocol", ["socks5", "http"])
def test_many_names_at_once(lab, names, protocol, count):
    servers = names(web)
    if protocol == "socks5":
        requests = [socks_request(f"n{i}.inside.example", 80) for i in range(count)]
        good = ask_all(lab, SOCKS, requests, lambda said: said[:4] == b"\5\0\5\0")
    else:
        requests = [f"CONNECT n{i}.inside.example:80 HTTP/1.1\r\n\r\n".encode() for i in range(count)]
        good = ask_all(lab, HTTP, requests, lambda said: said.startswith(b"HTTP/1.1 200"))
    assert good == count
    asked = {name for name, _ in servers[0].asked}
    assert len(asked) == count
    assert len(servers[0].ports) > min(count, 100) * 0.9 and len(servers[0].ids) > min(count, 100) * 0.9


def test_a_name_is_asked_for_once(lab, both, names):
    servers = names(web)
    for _ in range(5):
        assert by_socks(lab, "Often.example") == 0
        assert by_socks(lab, "often.EXAMPLE.") == 0
    assert servers[0].asked.count(("often.example", A)) == 1


# ---- failures


@pytest.mark.parametrize("script, words", [(says(REFUSED), "refuses"), (says(SERVFAIL), "fails"), (None, "refuses")],
                         ids=["refused", "servfail", "no-server"])
def test_a_name_server_that_does_not_serve(lab, both, names, script, words):
    names(script)
    assert by_socks(lab, "a.example") == 1
    status, said = by_http(lab, "b.example")
    assert status == 504 and f"the name server {FIRST} {words}" in said


def test_a_silent_name_server(lab, both, names):
    names(silent)
    status, said = by_http(lab, "a.example")
    assert status == 504 and f"the name server {FIRST} does not answer" in said
    assert by_socks(lab, "b.example") == 1
    assert names.proxy.log.count(f"warn: the name server {FIRST} does not answer") == 1


def test_no_name_and_no_address(lab, both, names):
    def script(name, kind, query, is_tcp):
        return response(query, NXDOMAIN if name.startswith("no") else OK, authorities=[SOA_RECORD])
    servers = names(script, web)
    assert by_socks(lab, "no.example") == 4
    assert by_socks(lab, "bare.example") == 4
    status, said = by_http(lab, "no.example")
    assert status == 502 and "no such name" in said
    status, said = by_http(lab, "bare.example")
    assert status == 502 and "the name has no address" in said
    assert not servers[1].asked  # what the first said is true
    assert servers[0].asked.count(("no.example", A)) == 1  # and is remembered


# ---- several servers


@pytest.mark.parametrize("first", [silent, says(REFUSED), says(SERVFAIL), None], ids=["silent", "refused", "servfail", "gone"])
def test_the_next_server_responds(lab, both, names, first):
    servers = names(first, web)
    for i in range(5):
        assert by_socks(lab, f"n{i}.example") == 0
    if first is silent:  # it is dead by then
        before = len(servers[0].asked)
        assert by_socks(lab, "later.example") == 0
        assert len(servers[0].asked) == before


# ---- --dns, --search and --dns-domain


def only(*known):
    """Knows these names alone."""
    return lambda name, kind, query, is_tcp: (
        web(name, kind, query, is_tcp) if name in known else response(query, NXDOMAIN, authorities=[SOA_RECORD]))


def test_name_servers_of_ones_own(lab, names):
    """In place of those that the server names."""
    servers = names(silent, web, proxy_options=["--dns", SECOND])
    assert by_socks(lab, "a.example") == 0
    assert not servers[0].asked


def test_search_domains(lab, names):
    servers = names(only("www.corp.test", "wiki.lab.test", "bare"), proxy_options=["--search", "corp.test", "--search", "lab.test"])
    assert by_socks(lab, "www") == 0
    assert by_socks(lab, "WIKI") == 0
    assert by_socks(lab, "bare") == 0
    assert by_socks(lab, "none") == 4
    assert by_socks(lab, "www.other") == 4
    asked = [name for name, kind in servers[0].asked if kind == A]
    assert asked == ["www.corp.test", "wiki.corp.test", "wiki.lab.test", "bare.corp.test", "bare.lab.test", "bare",
                     "none.corp.test", "none.lab.test", "none", "www.other"]


def test_split_dns(lab, names):
    """Other names are looked up on this host; connections to them go through the VPN as well."""
    with open(lab.client.hosts, "a") as hosts:
        hosts.write(f"{INSIDE} public.example other.example\n203.0.113.1 www.corp.test\n2001:db8:77::1 six.example\n")
    servers = names(only("www.corp.test", "wiki.lab.test"), proxy_options=["--dns-domain", "corp.test", "--search", "lab.test"])
    assert by_socks(lab, "www.corp.test") == 0
    assert by_socks(lab, "wiki") == 0
    assert by_socks(lab, "public.example") == 0
    assert by_http(lab, "other.example")[0] == 200
    assert by_socks(lab, "none.corp.test") == 4
    assert by_socks(lab, "six.example") == 4, "there is no IPv6 in the VPN"
    asked = {name for name, kind in servers[0].asked}
    assert asked == {"www.corp.test", "wiki.lab.test", "none.corp.test"}


def test_many_names_of_the_host_at_once(lab, names):
    with open(lab.client.hosts, "a") as hosts:
        hosts.write("".join(f"{INSIDE} n{i}.example\n" for i in range(300)))
    names(silent, proxy_options=["--dns-domain", "corp.test"])
    requests = [socks_request(f"n{i}.example", 80) for i in range(300)]
    assert ask_all(lab, SOCKS, requests, lambda said: said[:4] == b"\5\0\5\0") == 300


# ---- responses


def test_a_large_response_comes_by_tcp(lab, both, names):
    def script(name, kind, query, is_tcp):
        if not is_tcp:
            return response(query, flags=0x8380)
        return response(query, answers=addresses(*[INSIDE] * 4000)) if kind == A else response(query, authorities=[SOA_RECORD])
    servers = names(script)
    assert by_socks(lab, "large.example") == 0
    assert ("large.example", A) in servers[0].by_tcp


def test_aliases(lab, both, names):
    def script(name, kind, query, is_tcp):
        if kind != A:
            return response(query, authorities=[SOA_RECORD])
        if name == "www.example":  # with its end
            return response(query, answers=[record(CNAME, encoded("a.cdn.example")),
                                            record(CNAME, encoded("b.cdn.example"), encoded("a.cdn.example")),
                                            record(A, socket.inet_aton(INSIDE), encoded("b.cdn.example"))])
        if name == "half.example":  # without
            return response(query, answers=[record(CNAME, encoded("rest.example"))])
        if name == "circle.example":
            return response(query, answers=[record(CNAME, encoded("circle.example"))])
        return web(name, kind, query, is_tcp)
    names(script)
    assert by_socks(lab, "www.example") == 0
    assert by_socks(lab, "half.example") == 0
    assert by_socks(lab, "circle.example") in (1, 4)


def test_wrong_messages_are_ignored(lab, both, names):
    def script(name, kind, query, is_tcp):
        right = web(name, kind, query, is_tcp)
        wrong_id = bytes([right[0] ^ 1]) + right[1:]
        wrong_name = right[:13] + b"x" + right[14:]
        cut = right[:-3]
        return [b"", b"\0", wrong_id, wrong_name, query, cut, right]
    names(script)
    assert by_socks(lab, "good.example") == 0


def test_all_addresses_are_tried(lab, both, names):
    """The first refuses, or is silent: then the next one is used."""
    def script(name, kind, query, is_tcp):
        other = FIRST if name.startswith("refused") else "172.16.5.99"
        return response(query, answers=addresses(other, INSIDE)) if kind == A else response(query, authorities=[SOA_RECORD])
    names(script)
    assert by_socks(lab, "refused.example") == 0
    assert by_socks(lab, "silent.example") == 0


def test_dnsmasq(lab, names):
    """A common server; a name with 120 addresses does not fit into a datagram."""
    hosts = lab.file("hosts", f"{INSIDE} web.lan\n" + "".join(f"172.16.5.{i} many.lan\n" for i in range(100, 220)), 0o644)
    lab.start(lab.inside, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root",
              "--pid-file", f"--addn-hosts={hosts}", f"--listen-address={FIRST}", "--bind-interfaces", "--cname=www.lan,web.lan",
              "--local=/lan/", label="dnsmasq")
    eventually("dnsmasq listens", lambda: lab.inside.is_listening(53))
    names(None)
    for name, reply in (("web.lan", 0), ("www.lan", 0), ("nosuch.lan", 4), ("elsewhere.example", 1)):
        assert by_socks(lab, name) == reply, name
    assert by_socks(lab, "many.lan", 81) in (4, 5, 6)  # no address listens there
