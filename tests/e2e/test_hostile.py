# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile or faulty peers: they lose their own connection, and no other session is affected."""
import contextlib
import random
import re
import socket
import ssl
import struct
import time

import pytest

from lab import NAME, PATIENCE, SERVER, eventually, in_background

REQUEST = (b"SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n"
           b"SSTPCORRELATIONID: {4D5E0E3B-C1D5-4C17-8E33-C73F7518135A}\r\n"
           b"Content-Length: 18446744073709551615\r\nHost: vpn.example.net\r\n\r\n")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"
CALL_CONNECT_REQUEST = bytes.fromhex("1001000e0001 0001 0001 0006 0001")
CALL_CONNECT_ACK = bytes.fromhex("100100300002 0001 0004 0028 000000 03") + bytes(32)
PAP_ACK = b"\xff\x03\xc0\x23\x02"
ORDINARY = ("listening on ", "warn: IPv4 forwarding is off", "ready: ", "session ", "warn: session ")


def data(ppp):
    """A PPP frame in an SSTP data packet."""
    return struct.pack("!BBH", 0x10, 0, 4 + len(ppp)) + ppp


def lcp(code, body=b"", length=None, identifier=1):
    length = 4 + len(body) if length is None else length
    return data(b"\xff\x03\xc0\x21" + struct.pack("!BBH", code, identifier, length) + body)


def pap(user, password):
    fields = b"".join(bytes([len(text)]) + text for text in (user.encode(), password.encode()))
    return data(b"\xff\x03\xc0\x23" + struct.pack("!BBH", 1, 1, 4 + len(fields)) + fields)


class Attacker:
    """Makes connections to the server from the host "other"."""

    def __init__(self, lab):
        self.lab = lab
        self.context = ssl.create_default_context(cafile=lab.pki.ca)
        self.kept = []
        self.piece = 1 << 14  # of what is said in TLS: so much goes into a record

    def say(self, s, stuff):
        for start in range(0, len(stuff), self.piece):
            s.sendall(stuff[start:start + self.piece])

    def tcp(self):
        s = self.lab.other.connect(SERVER, 443)
        self.kept.append(s)
        return s

    def tls(self):
        s = self.context.wrap_socket(self.tcp(), server_hostname=NAME)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.kept.append(s)
        return s

    def http(self):
        s = self.tls()
        self.say(s, REQUEST)
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += s.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200 ")
        return s

    def sstp(self):
        s = self.http()
        self.say(s, CALL_CONNECT_REQUEST)
        assert s.recv(4096)[4:6] == b"\x00\x02"
        return s

    def pap(self, user="ann", password="wonder land"):
        """Logs in at a server with --auth pap, without sending Call-Connected."""
        s = self.sstp()
        self.say(s, lcp(1))
        request = s.recv(4096)  # each frame comes in a TLS record of its own, and the server's request first
        self.say(s, lcp(2, request[12:], identifier=request[9]) + pap(user, password))
        while PAP_ACK not in (came := s.recv(4096)):
            assert came, "the server hangs up"
        return s

    def close(self):
        for s in self.kept:
            s.close()


@pytest.fixture
def attacker(lab):
    made = Attacker(lab)
    yield made
    made.close()


def serve_victim(lab, **more):
    server = lab.serve(**more)
    lab.connect("--no-default-route")
    lab.client.ping_server()
    return server


@pytest.fixture
def victim(lab):
    """A session that must not be affected. Returns the server."""
    return serve_victim(lab)


def send_all(s, stuff, seconds=1):
    """Sends as much as the peer takes; then reads all that it sends, for that long."""
    s.settimeout(seconds)
    end = time.monotonic() + seconds
    with contextlib.suppress(OSError):
        s.sendall(stuff)
    with contextlib.suppress(OSError):
        while s.recv(65536) and time.monotonic() < end:
            s.settimeout(max(end - time.monotonic(), 0.001))


def send_each(connect, stuffs):
    """Sends each on its own connection, all at the same time."""
    connections = [connect() for _ in stuffs]
    for thread in [in_background(send_all, *pair) for pair in zip(connections, stuffs)]:
        thread.result()


def assert_unharmed(lab, server):
    lab.client.ping_server()
    assert server.status is None
    said = re.sub(r"^warn: \d+ (more lines about .* were skipped; .*|log lines? (?:was|were) lost: they were not read in time)\n", "",
                  server.said, flags=re.M)  # which a flood and a busy machine make of a verbose log
    assert [line for line in said.splitlines() if not line.startswith(ORDINARY)] == []


def test_random_bytes_in_place_of_tls(lab, both, victim, attacker):
    send_each(attacker.tcp, [random.Random(n).randbytes(n) for n in (1, 2, 5, 6, 100, 3000, 16000, 40000, 500000)])
    assert_unharmed(lab, victim)


def test_other_protocols_at_the_port(lab, victim, attacker):
    send_each(attacker.tcp, [
        b"GET / HTTP/1.1\r\nHost: vpn.example.net\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"\x05\x01\x00",
        b"\x16\x03\x01\xff\xff" + bytes(70000), b"\x16\x03\x01\x00\x00" * 1000, b"\x80\x2e\x01\x00\x02" + bytes(50)])
    assert_unharmed(lab, victim)


def test_a_handshake_with_wrong_bytes_in_it(lab, both, victim, attacker):
    """A real client's first bytes, with one byte changed each time, and truncated each time."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = attacker.context.wrap_bio(incoming, outgoing, server_hostname=NAME)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    hello = outgoing.read()
    places = range(0, len(hello), max(len(hello) // 40, 1))
    send_each(attacker.tcp, [hello[:at] + bytes([hello[at] ^ 0xff]) + hello[at + 1:] for at in places])
    send_each(attacker.tcp, [hello[:at] for at in places])
    assert_unharmed(lab, victim)


def test_random_bytes_in_tls(lab, both, victim, attacker):
    send_each(attacker.tls, [random.Random(n).randbytes(n) + b"\r\n\r\n" for n in (0, 1, 2, 100, 8000, 16384, 100000)])
    assert_unharmed(lab, victim)


def test_odd_requests(lab, both, victim, attacker):
    send_each(attacker.tls, [
        b"\r\n\r\n", b" / HTTP/1.1\r\n\r\n", REQUEST.replace(b"HTTP/1.1", b"HTTP/9.9"), REQUEST.replace(b"sra_", b"../"),
        b"SSTP_DUPLEX_POST " + b"/" * 60000 + b" HTTP/1.1\r\n\r\n", REQUEST[:-2] + b"X: " + b"y" * 60000 + b"\r\n\r\n",
        REQUEST[:-2] + b"A: b\r\n" * 10000 + b"\r\n", REQUEST.replace(b"\r\n", b"\n"),
        REQUEST.replace(b"{4D5E", b"\0\x1b[31m"),
    ])
    assert_unharmed(lab, victim)


def test_random_bytes_after_the_request(lab, both, victim, attacker):
    send_each(attacker.http, [random.Random(n).randbytes(n) for n in (1, 2, 3, 4, 5, 8, 100, 4095, 4096, 50000)])
    assert_unharmed(lab, victim)


ODD_CONTROL = [
    bytes.fromhex("10010008 0001 ffff"),  # more attributes than there can be
    bytes.fromhex("1001000e 0001 0001 0001 0000 0001"),  # an attribute without length
    bytes.fromhex("1001000e 0001 0001 0001 ffff 0001"),  # one beyond the packet
    bytes.fromhex("10010003"),  # shorter than its own header
    bytes.fromhex("10010000"),
    bytes.fromhex("1001ffff") + bytes(4091),
    bytes.fromhex("20010008 0001 0000"),  # another version
    bytes.fromhex("10010070 0004 0001 0003 0068 000000 02") + bytes(100),  # Call-Connected before its time
    bytes.fromhex("10010008 0008 0000") * 5000,  # echoes
    bytes.fromhex("10010014 0005 0001 0002 000c 000000 00 00000004"),  # abort
    data(b"\xff\x03\x00\x21" + bytes(40)),  # a packet before login
]


@pytest.mark.parametrize("stage", ["http", "sstp"])
def test_odd_control_messages(lab, both, victim, attacker, stage):
    send_each(getattr(attacker, stage), ODD_CONTROL)
    assert_unharmed(lab, victim)


ODD_PPP = [
    lcp(1, b"\x01\x00"), lcp(1, b"\x01\x01" * 300), lcp(1, b"\x03\xff\xc0"), lcp(1, b"\x05\x06AAAA" * 200),
    lcp(1, b"", 0), lcp(1, b"", 3), lcp(1, b"", 65535), lcp(0), lcp(255, b"x" * 100), lcp(9, b"\0" * 2000), lcp(8, b"\xc0\x21"),
    lcp(7, b"\x01"), lcp(2, b"\x01\x04\x05\xdc"), lcp(5) * 50, lcp(1, b"\x05\x06AAAA") * 1000,
    data(b"\xc0"), data(b""), data(b"\xff\x03"), data(b"\xff\x03\xff\xff" + bytes(3000)), data(b"\xc0\x23\x01\x01\x00\x06\xff\xff"),
    data(b"\xc2\x23\x02\x01\x00\x05\xff"),
]


def test_odd_ppp(lab, both, victim, attacker):
    send_each(attacker.sstp, ODD_PPP)
    assert_unharmed(lab, victim)


def random_frames(seed):
    """Random packets of PPP's control protocols, with valid codes."""
    dice = random.Random(seed)
    protocols = [bytes.fromhex(p) for p in ("c021", "c023", "c223", "8021", "8057", "80fd")]
    return b"".join(data(b"\xff\x03" + dice.choice(protocols) + bytes((dice.randrange(1, 12), dice.randrange(4))) +
                         dice.randbytes(dice.randrange(60))) for _ in range(100))


def test_random_ppp(lab, both, victim, attacker):
    send_each(attacker.sstp, [random_frames(seed) for seed in range(20)])
    assert_unharmed(lab, victim)


def test_idle_connections_are_dropped_and_do_not_affect_others(lab, victim, attacker):
    kinds = [attacker.tcp, attacker.tls, attacker.http, attacker.sstp]
    idle = [kind() for kind in kinds for _ in range(25)]
    assert_unharmed(lab, victim)
    new = lab.connect("--no-default-route", host=lab.other)
    lab.other.ping_server()
    assert new.stop() == 0
    # a handshake and a request have ten seconds each; an SSTP call has sixty, for which this test does not wait
    for s in idle[:50]:
        s.settimeout(PATIENCE)
        with contextlib.suppress(OSError):
            assert s.recv(4096) == b""
    eventually("the log reports it", lambda: victim.log.count("no TLS handshake within 10 seconds") == 25 and
               victim.log.count("no complete HTTP request arrived in time") == 25)
    lab.client.ping_server()


def test_a_byte_at_a_time(lab, both, attacker):
    """Each byte in its own TLS record and segment, up to a login; this must be slow for that client only."""
    lab.serve("--auth", "pap")
    attacker.piece = 1
    attacker.pap().close()


def seconds_until_closed(s, drops):
    """How long the server tolerates a client that sends the next of `drops` each second."""
    start = time.monotonic()
    s.settimeout(1)
    with contextlib.suppress(OSError):
        for drop in drops:
            s.sendall(drop)
            end = time.monotonic() + 1
            while (left := end - time.monotonic()) > 0:
                s.settimeout(left)
                with contextlib.suppress(TimeoutError):
                    if not s.recv(65536):
                        return time.monotonic() - start
    return time.monotonic() - start


def single(stuff):
    return [bytes([byte]) for byte in stuff + bytes(4096)]


def test_a_slow_login_has_a_minute(lab, attacker):
    """Also if whole packets are sent slowly: SSTP and PPP have sixty seconds for the whole login."""
    server = lab.serve("--auth", "pap")
    requests = [lcp(1, b"\x0d\x03\x06", identifier=n % 256) for n in range(4096)]
    ipcp = [data(b"\xff\x03\x80\x21" + bytes((1, n % 256, 0, 7, 0x0d, 3, 6))) for n in range(4096)]
    slow = {
        "SSTP": (attacker.http(), single(bytes.fromhex("10010fff 0001 0001"))),
        "SSTP echoes": (attacker.http(), [bytes.fromhex("10010008 0008 0000")] * 4096),
        "echoes in a call": (attacker.sstp(), [bytes.fromhex("10010008 0008 0000")] * 4096),
        "PPP": (attacker.sstp(), single(bytes.fromhex("10000fff ff03 c021 01 01 0ff7"))),
        "LCP packets": (attacker.sstp(), requests),
        "IPCP packets": (attacker.pap(), ipcp),
        "IP packets": (attacker.pap("bob", "builder"), [data(b"\xff\x03\x00\x21" + b"E" * 40)] * 4096),
    }
    waits = {name: in_background(seconds_until_closed, *how) for name, how in slow.items()}
    lab.connect("--no-default-route", "--auth", "pap")
    lab.client.ping_server()
    for name, wait in waits.items():
        assert wait.result(60 + PATIENCE) < 60 + PATIENCE, name
    lab.client.ping_server()
    assert server.status is None


QUESTIONS = {
    "echoes": bytes.fromhex("10010008 0008 0000"),
    "LCP": lcp(1, b"\x05\x06AAAA" * 20),
    "protocols": data(b"\xff\x03\xff\xff" + bytes(1000)),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_clients_that_do_not_read_cost_little(lab, attacker, question):
    """Data for them is queued up to a limit, and then their sessions end."""
    victim = serve_victim(lab, verbose=False)  # a line for each question would be 100 MB
    before = victim.resident
    for s in [attacker.sstp() for _ in range(10)]:
        s.settimeout(1)
        with contextlib.suppress(OSError):
            for _ in range(100):
                s.sendall(question * (200000 // len(question)))
    assert victim.resident - before < 10 * 512 + 4096
    assert_unharmed(lab, victim)


def test_a_login_without_a_call_is_no_session(lab, attacker):
    """They have addresses for a while; no packet passes, and the log names them."""
    server = lab.serve("--auth", "pap")
    aborting, leaving = attacker.pap(), attacker.pap("bob", "builder")
    aborting.sendall(bytes.fromhex("10010014 0005 0001 0002 000c 000000 00 00000004"))
    leaving.close()
    ended = r'ended after \d+ s and was never up, user "{}", from 10\.2\.0\.2:\d+: '
    server.wait_for("^session 1: " + ended.format("ann") + "the peer aborted the call")
    server.wait_for("^session 2: " + ended.format("bob") + "the peer closed the connection")
    # a silent one is dropped after sixty seconds, for which this test does not wait


def test_more_connections_than_files(lab, attacker):
    """The server holds no more of them than its limit of open files allows, and keeps working."""
    server = lab.start(lab.server, "prlimit", "--nofile=80:80", "setpriv", "--bounding-set=-sys_resource", "--inh-caps=-all",
                       lab.sstp, "serve", "--cert", lab.pki.server.cert, "--key", lab.pki.server.key, "--users",
                       lab.file("some-users", 'ann * "wonder land" *\n'), "--ipv4-network", "10.9.0.0/24", label="serve")
    server.wait_for("^ready: ")
    lab.connect("--no-default-route")
    for _ in range(100):
        attacker.tcp()
    server.wait_for("^warn: 80 open files are allowed: ")
    lab.client.ping_server()
    attacker.close()
    new = lab.connect("--no-default-route", host=lab.other)
    lab.other.ping_server()
    assert new.stop() == 0


def test_names_from_the_peer_stay_on_one_line_of_the_log(lab, attacker):
    server = lab.serve("--auth", "pap")
    for user in 'ann\nsession 9: up, user "root"\x1b[31m', "Jörg", "x" * 255:
        with pytest.raises((AssertionError, OSError)):
            attacker.pap(user, "guess")
    line = server.wait_for("^warn: session 1: .*refused.*$").group(0)
    assert r'user "ann\x0asession 9: up, user \"root\"\x1b[31m" by pap' in line
    server.wait_for('^warn: session 2: .* login of user "Jörg" by pap refused')
    server.wait_for("^warn: session 3: .* login of user .*xxxxx.* by pap refused")
    assert server.status is None


# ---- hostile servers


class HostileServer:
    """Speaks TLS with a valid certificate, HTTP up to the 200, and then sends `stuff`."""

    def __init__(self, lab, stuff, ack=False):
        self.listener = lab.server.listen(SERVER, 443)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(lab.pki.server.cert, lab.pki.server.key)
        self.stuff, self.ack = stuff, ack
        self.thread = in_background(self._serve)

    def _serve(self):
        connection, _ = self.listener.accept()
        with contextlib.suppress(OSError), self.context.wrap_socket(connection, server_side=True) as tls:
            tls.settimeout(PATIENCE)
            tls.recv(4096)
            tls.sendall(ANSWER)
            tls.recv(4096)
            send_all(tls, (CALL_CONNECT_ACK if self.ack else b"") + self.stuff)

    def close(self):
        self.listener.close()
        self.thread.result()


@pytest.fixture
def hostile_server(lab):
    made = []
    yield lambda *what: made.append(HostileServer(lab, *what))
    for server in made:
        server.close()


def test_a_server_with_sha1_alone_is_reported_in_one_line(lab, hostile_server):
    hostile_server(CALL_CONNECT_ACK[:15] + b"\x01" + CALL_CONNECT_ACK[16:])
    status, said = lab.connect_fails("--min-hash", "sha256")
    errors = [line for line in said.splitlines() if not line.startswith(("connecting", f"{SERVER} is at"))]
    assert errors == ["error: the server offers no hash for the crypto binding that --min-hash allows "
                      "(VALUE_NOT_SUPPORTED)"]
    assert status == 8


@pytest.mark.parametrize("stuff, ack, status", [
    pytest.param(random.Random(1).randbytes(3000), False, 7, id="random bytes for the Ack"),
    pytest.param(bytes.fromhex("10010000"), False, 7, id="no length"),
    pytest.param(bytes.fromhex("10010014 0005 0001 0002 000c 000000 00 00000004"), False, 8, id="abort"),
    pytest.param(bytes.fromhex("10010014 0006 0001 0002 000c 000000 00 00000000"), True, 8, id="disconnect"),
    pytest.param(random.Random(2).randbytes(3000), True, 8, id="random bytes after the Ack"),
    pytest.param(lcp(5, b"go away"), True, 10, id="terminate"),
])
def test_a_server_that_sends_nonsense(lab, both, hostile_server, stuff, ack, status):
    hostile_server(stuff, ack)
    before = lab.client.routes()
    found, said = lab.connect_fails()
    assert found == status, said
    assert len([line for line in said.splitlines() if line.startswith("error: ")]) == 1
    assert "HTTP status" not in said
    assert lab.client.routes() == before
