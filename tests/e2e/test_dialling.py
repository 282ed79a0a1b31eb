# SPDX-License-Identifier: GPL-3.0-or-later
"""Reaching the server: addresses of both families, names, and each way in which there is no SSTP server."""
import http.server
import itertools
import re
import socket
import ssl
import struct
import threading
import time

import pytest

from lab import GATEWAY, NAME, NO_LIMIT, SERVER, SERVER6, in_background
from scripted import IPCP, IPV6CP, ScriptedServer
from test_hostile import ANSWER, CALL_CONNECT_ACK, lcp

DEAD = "192.0.2.77"  # no host has it
DEAD6 = "2001:db8:9::77"


def ends_with(lab, status, *options, **more):
    """Asserts that a client ends with this status and one error line; returns the line."""
    found, said = lab.connect_fails(*options, **more)
    assert found == status, said
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, said
    assert lab.client.device() is None
    return errors[0].removeprefix("error: ")


# ---- there is one


@pytest.mark.parametrize("to", [SERVER, SERVER6, f"[{SERVER6}]", f"[{SERVER6}]:443", f"https://{SERVER}/", f"{SERVER}:443"])
def test_ways_to_write_an_address(lab, to):
    lab.serve()
    lab.connect("--no-default-route", to=to)
    lab.client.ping_server()


def test_over_ipv6_all_ipv4_goes_through_the_tunnel(lab, both):
    server = lab.serve()
    lab.connect(to=SERVER6)
    server.wait_for(r"up, user .*, from \[2001:db8:1::2\]:\d+")
    lab.client.ping(GATEWAY)
    assert lab.client.ping(SERVER), "the server's outer IPv4 address, which is reached through the tunnel now"


@pytest.mark.parametrize("option, address", [("-4", SERVER), ("-6", rf"\[{SERVER6}\]")])
def test_a_family_may_be_chosen(lab, option, address):
    lab.serve()
    client = lab.connect("--no-default-route", option, to=NAME)
    client.wait_for(f"^{NAME} is at {address}:443, ")


@pytest.mark.parametrize("option, found", [("reno", "reno"), ("auto", "reno"), ("no_such_one", "reno")])
def test_congestion_control_of_both_ends(lab, option, found):
    lab.is_changed = True
    lab.client.sysctl("net.ipv4.tcp_congestion_control", "reno")
    lab.server.sysctl("net.ipv4.tcp_congestion_control", "reno")
    server = lab.serve("--congestion", option)
    client = lab.connect("--congestion", option, "--no-default-route")
    for host in (lab.client, lab.server):
        assert re.search(rf"\b{found}\b", host.run("ss", "-tinH", "state", "established").stdout)
    for end in (server, client):
        assert len(re.findall("^warn: congestion control no_such_one: ", end.log, re.M)) == (option == "no_such_one")


def test_a_path_on_which_large_packets_vanish(lab):
    """A veth silently drops a single packet that is larger than its MTU."""
    lab.is_changed = True
    lab.client.run("ethtool", "-K", "cable", "tso", "off", "gso", "off")
    lab.server.configure("link set cable mtu 1280\nroute replace default via 192.0.2.254 advmss 1460\n")
    lab.serve()
    client = lab.connect("--no-default-route")
    assert "large packets vanish on the way to the server: trying with packets of 1280 bytes\n" in client.log
    lab.client.ping_server("-s", 1300)


def test_a_family_that_the_name_has_not(lab):
    lab.client.hosts.write_text(f"{SERVER} {NAME}\n")
    said = ends_with(lab, 3, "-6", "--timeout", "3", to=NAME)
    assert said.startswith(f'no IPv6 address for "{NAME}": ')


@pytest.mark.parametrize("rule, address", [
    (f"nowhere.test:443:{SERVER}", SERVER),
    (f"*:443:[{SERVER6}]", rf"\[{SERVER6}\]"),
    (f"nowhere.test:443:{DEAD},{SERVER}", SERVER),
])
def test_an_address_may_be_given_for_a_name(lab, rule, address):
    """No name server knows nowhere.test."""
    lab.serve()
    client = lab.connect("--no-default-route", "--resolve", "other.test:443:192.0.2.1", "--resolve", rule,
                         to="nowhere.test")
    client.wait_for(f"^nowhere.test is at {address}:443, ")


def test_a_port_may_be_chosen_on_both_sides(lab):
    lab.serve("--listen", f"{SERVER}:4443", "--listen", f"[{SERVER6}]:5443")
    assert not lab.server.is_listening(443)
    lab.connect("--no-default-route", to=f"{SERVER}:4443")
    lab.connect("--no-default-route", to=f"[{SERVER6}]:5443", host=lab.other)
    lab.other.ping_server()


def test_a_dead_address_costs_no_time(lab):
    lab.client.hosts.write_text(f"{DEAD} {NAME}\n{DEAD6} {NAME}\n{SERVER} {NAME}\n")
    lab.serve()
    client = lab.connect("--no-default-route", "--timeout", NO_LIMIT, to=NAME)
    assert f"{NAME} is at {SERVER}:443" in client.log


def test_an_address_that_refuses_costs_no_time_either(lab):
    lab.client.hosts.write_text(f"10.1.0.254 {NAME}\n{SERVER} {NAME}\n")
    lab.serve()
    client = lab.connect("--no-default-route", to=NAME)
    assert f"{NAME} is at {SERVER}:443" in client.log


# ---- there is none


def test_nothing_listens(lab, both):
    assert ends_with(lab, 4, "--timeout", NO_LIMIT) == f"{SERVER}:443: connection refused"


def test_nothing_listens_at_any_address(lab):
    said = ends_with(lab, 4, to=NAME)
    assert sorted(said.split("; ")) == [f"{SERVER}:443: connection refused", f"[{SERVER6}]:443: connection refused"]


def test_no_address_responds(lab):
    said = ends_with(lab, 4, "--timeout", "1", to="203.0.113.1")
    assert re.fullmatch(r"203\.0\.113\.1:443: (operation|connection) timed out", said)


class NameServer:
    """Answers every query in the same way: an address for A, or a code (3: no such name); None: never."""

    def __init__(self, host, address, answer):
        self.socket = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 53))
        self.socket.settimeout(0.1)
        self.answer, self.questions, self.is_open = answer, 0, True
        self.thread = in_background(self._serve)

    def _serve(self):
        while self.is_open:
            try:
                question, asker = self.socket.recvfrom(512)
            except TimeoutError:
                continue
            self.questions += 1
            if self.answer is not None:
                self.socket.sendto(self._answer_to(question), asker)

    def _answer_to(self, question):
        end = question.index(b"\0", 12) + 5
        kind = struct.unpack("!H", question[end - 4:end - 2])[0]
        is_address = isinstance(self.answer, str)
        records = b""
        if is_address and kind == 1:
            records = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(self.answer)
        head = question[:2] + struct.pack("!HHHHH", 0x8180 | (0 if is_address else self.answer), 1, bool(records), 0, 0)
        return head + question[12:end] + records

    def close(self):
        self.is_open = False
        self.thread.result()
        self.socket.close()


@pytest.fixture
def name_server(lab):
    """A name server on the router, which the client uses."""
    made = []

    def make(answer):
        made.append(NameServer(lab.router, "10.1.0.254", answer))
        lab.client.resolv_conf.write_text("nameserver 10.1.0.254\n")
        return made[-1]

    yield make
    for server in made:
        server.close()


def test_a_name_that_does_not_exist(lab, name_server, both):
    name_server(3)
    said = ends_with(lab, 3, to="no-such.example.net")
    assert said.startswith('no address for "no-such.example.net": name ')


def test_a_name_that_the_name_server_knows(lab, name_server):
    server = name_server(SERVER)
    lab.serve(identity=lab.pki.identity("by-dns", "DNS:known.example.org"))
    lab.connect("--no-default-route", to="known.example.org", trust=["--ca-cert", lab.pki.ca])
    assert server.questions


def test_a_name_server_that_fails(lab, name_server):
    name_server(2)
    said = ends_with(lab, 3, "--timeout", "2", to="known.example.org")
    assert said.startswith('no address for "known.example.org": ')


def test_a_name_server_that_is_silent(lab, name_server):
    name_server(None)
    said = ends_with(lab, 3, "--timeout", "1", to="known.example.org")
    assert said == 'no address for "known.example.org": the name servers do not answer'


# ---- there is something else


class Peer:
    """A listener on the server's port 443 that does `work` with each connection."""

    def __init__(self, lab, work):
        self.socket = lab.server.listen(SERVER, 443)
        self.socket.settimeout(None)
        self.work = work
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._work_with, args=(connection,), daemon=True).start()

    def _work_with(self, connection):
        with connection:
            try:
                self.work(connection)
            except OSError:
                pass

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


@pytest.fixture
def peer(lab):
    made = []

    def make(work, tls=True):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(lab.pki.server.cert, lab.pki.server.key)

        def work_in_tls(connection):
            with context.wrap_socket(connection, server_side=True) as inner:
                work(inner)

        made.append(Peer(lab, work_in_tls if tls else work))

    yield make
    for server in made:
        server.close()


def send_and_wait(data):
    """Sends a text at once, then waits until the peer closes."""
    def work(connection):
        connection.sendall(data)
        while connection.recv(4096):
            pass
    return work


def test_a_plain_web_server(lab, peer, both):
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    peer(lambda connection: Handler(connection, ("", 0), None))
    said = ends_with(lab, 7)
    assert said == "the server refuses SSTP on this address (HTTP status 501)"


@pytest.mark.parametrize("answer, words", [
    (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "the server refuses SSTP on this address (HTTP status 404)"),
    (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "the server is full, or out of service for now (HTTP status 503)"),
    (b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\n\r\n",
     "the server refuses SSTP on this address (HTTP status 401)"),
    (b"HTTP/1.1 302 Found\r\nlocation:  https://portal.example/login?a=1&b=2 \r\n\r\n",
     'a web page wants you to log in first: "https://portal.example/login?a=1&b=2" (HTTP status 302)'),
    (b"HTTP/1.1 307 X\r\nLocation: /\x1b[2J\x07\xff\"\r\n\r\n",
     'a web page wants you to log in first: "/\\x1b[2J\\x07\\xff\\"" (HTTP status 307)'),
    (b"HTTP/1.1 304 Not Modified\r\n\r\n", "the server refuses SSTP on this address (HTTP status 304)"),
    (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n",
     'a web page wants you to log in first: "/login" (HTTP status 302)'),
    (b"HTTP/1.1 511 Network Authentication Required\r\n\r\n",
     "a web page wants you to log in first (HTTP status 511)"),
    (b"SSH-2.0-OpenSSH_9.2\r\n", "the peer does not speak SSTP"),
    (b"\x05\x00\x00\x00" * 100, "the peer does not speak SSTP"),
    (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100000, "the peer does not speak SSTP"),
])
def test_other_responses_in_tls(lab, peer, answer, words):
    def work(connection):
        connection.recv(4096)
        send_and_wait(answer)(connection)

    peer(work)
    assert ends_with(lab, 7) == words


def test_a_server_that_closes_after_its_200(lab, peer):
    def work(connection):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n")
        connection.recv(4096)

    peer(work)
    assert "closed the connection" in ends_with(lab, 8)


def test_garbage_in_place_of_tls(lab, peer, both):
    peer(send_and_wait(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), tls=False)
    said = ends_with(lab, 6)
    assert said.startswith('TLS: the server does not speak TLS; it sent "SSH-2.0-')


def test_a_server_that_closes_at_once(lab, peer):
    peer(lambda connection: None, tls=False)
    assert ends_with(lab, 6).startswith("the peer closed the connection during the TLS handshake")


def test_a_server_that_says_nothing(lab, peer):
    peer(lambda connection: connection.recv(1 << 20, socket.MSG_WAITALL), tls=False)
    assert ends_with(lab, 6, "--timeout", "1") == "no TLS handshake within 1 seconds"


def test_keep_trying_waits_for_a_server_that_comes_later(lab):
    client = lab.connect("--keep-trying", "--no-default-route", wait=False)
    client.wait_for(rf"^warn: {re.escape(SERVER)}:443: connection refused; next try in \d\.\d s$")
    lab.serve()
    client.wait_for("^connected in ")
    lab.client.ping_server()


def test_keep_trying_does_not_go_on_where_trust_fails(lab):
    lab.serve()
    assert lab.connect_fails("--keep-trying", to=NAME, trust=[])[0] == 5


def test_keep_trying_waits_for_the_date_of_a_certificate(lab):
    """As on a machine without a battery for its clock, before NTP has set that."""
    start = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 25))
    lab.serve(identity=lab.pki.identity("soon", f"IP:{SERVER}", start=start))
    trust = ["--ca-cert", lab.pki.ca]
    client = lab.connect("--keep-trying", "--no-default-route", trust=trust, wait=False)
    client.wait_for(r"is not valid before .*; next try in \d\.\d s$")
    client.wait_for("^connected in ")


def test_the_first_failure_is_final_without_it(lab):
    assert ends_with(lab, 4)


def drip(s, stuff, pause=1):
    """Sends byte after byte, or piece after piece, until the client has closed."""
    for piece in stuff:
        s.sendall(piece if isinstance(piece, bytes) else bytes([piece]))
        time.sleep(pause)


def lcp_requests():
    """Each with an authentication, and with an option that no peer accepts."""
    for n in itertools.count():
        yield lcp(1, b"\x03\x05\xc2\x23\x81\x0d\x03\x06", identifier=n % 256)


class Dripping:
    """A server that is correct up to `stage`, and then sends endlessly, a byte or a packet at a time."""

    stages = {  # what is dripped after how much was said in order
        "TLS": ([], []),
        "HTTP": ([], b"HTTP/1.1 200 OK\r\nX: " + bytes(4096)),
        "SSTP": ([ANSWER], bytes.fromhex("10010fff 0002 0001 0004 0028") + bytes(4096)),
        "SSTP echoes": ([ANSWER], [bytes.fromhex("10010008 0008 0000")] * 4096),
        "PPP": ([ANSWER, CALL_CONNECT_ACK], bytes.fromhex("10000fff ff03 c021 01 01 0ff7") + bytes(4096)),
        "PPP packets": ([ANSWER, CALL_CONNECT_ACK], lcp_requests()),
    }

    def __init__(self, lab, stage="HTTP"):
        self.stage = stage
        self.listener = lab.server.listen("192.0.2.1", 443)
        self.listener.settimeout(None)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(lab.pki.server.cert, lab.pki.server.key)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection = self.listener.accept()[0]
                if self.stage == "TLS":
                    drip(connection, b"\x16\x03\x03\x40\x00\x02" + bytes(4096))
                with self.context.wrap_socket(connection, server_side=True) as s:
                    answers, drops = self.stages[self.stage]
                    for answer in answers:
                        s.recv(4096)
                        s.sendall(answer)
                    s.recv(4096)
                    drip(s, drops)
            except OSError:
                if self.listener.fileno() < 0:
                    return


LIMIT = 6  # seconds: a busy machine comes to each stage in that time
ECHO_LIMIT = 3  # an echo is not allowed then: sstp aborts the call, and waits for the answer for more than three seconds


@pytest.mark.parametrize("stage, seconds, status, words", [
    ("TLS", LIMIT, 6, "no TLS handshake within {} seconds"),
    ("HTTP", LIMIT, 7, "not connected within {} seconds: HTTP did not finish"),
    ("SSTP", LIMIT, 8, "not connected within {} seconds: SSTP did not finish"),
    ("SSTP echoes", ECHO_LIMIT, 8, "not connected within {} seconds: SSTP did not finish"),
    ("PPP", LIMIT, 10, "not connected within {} seconds: PPP did not finish"),
    ("PPP packets", LIMIT, 10, "not connected within {} seconds: PPP did not finish"),
])
def test_a_server_that_is_slow_all_the_time(lab, stage, seconds, status, words):
    server = Dripping(lab, stage)
    assert ends_with(lab, status, "--timeout", seconds) == words.format(seconds)
    server.listener.close()


@pytest.mark.parametrize("protocol", [IPCP, IPV6CP])
def test_a_server_that_never_comes_to_an_address(lab, protocol):
    """The other network protocol is up, and connecting ends in time."""
    server = ScriptedServer(lab, has_ipv4=protocol != IPV6CP, has_ipv6=True)
    server.silent = protocol
    client = lab.connect("--auth", "pap", "--timeout", LIMIT, wait=False)
    if protocol == IPCP:
        client.wait_for(f"^warn: no IPv4 address within {LIMIT} seconds$")
        client.wait_for("^connected in ")
        assert not [a for a in lab.client.addresses() if ":" not in a]
    else:
        assert client.wait() == 10
        assert f"not connected within {LIMIT} seconds: PPP did not finish" in client.log
    server.close()


@pytest.mark.parametrize("verb", ["connect", "run", "proxy"])
def test_the_time_is_for_all_of_connecting(lab, verb):
    server = Dripping(lab)
    command = {"connect": [], "run": ["--", "true"], "proxy": ["--socks5", "1080"]}[verb]
    client = lab.start(lab.client, lab.sstp, verb, "--timeout", LIMIT, "192.0.2.1", "--user", "ann", "--password-file",
                       lab.file("password", "wonder land\n"), "--servercert", lab.pki.server.pin, *command)
    assert client.wait() == 7
    assert f"not connected within {LIMIT} seconds: HTTP did not finish" in client.log
    server.listener.close()


def test_the_time_of_a_probe_is_for_all_of_it(lab):
    server = Dripping(lab)
    done = lab.probe("--timeout", str(LIMIT))
    assert done.returncode == 7
    assert f"not connected within {LIMIT} seconds" in done.stdout + done.stderr
    server.listener.close()
