# SPDX-License-Identifier: GPL-3.0-or-later
"""What is between client and server: filters, captive portals, TLS inspection. Each is recognized by probe and connect."""
import contextlib
import json
import re
import socket
import ssl
import struct

import pytest

from chains import Maker
from lab import NAME, SERVER, eventually, in_background
from scripted import CALL_ABORT, ScriptedServer
from test_dialling import DEAD, NameServer, Peer

HTML = b"<html><body>Log in to the hotel's network</body></html>"
ALERT_UNRECOGNIZED_NAME = bytes.fromhex("1503030002 0270")


@pytest.fixture(scope="module")
def maker(tmp_path_factory):
    return Maker(tmp_path_factory.mktemp("chains") / "made")


class Network:
    """A network with an obstacle in it: what answers at the server's address, and the name server."""

    def __init__(self, lab, maker):
        self.lab, self.maker, self.made = lab, maker, []
        lab.client.hosts.write_text(f"{SERVER} {NAME}\n")

    def tcp(self, work):
        self.made.append(Peer(self.lab, work))

    def tls(self, work, identity=None):
        identity = identity or self.lab.pki.server
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity.cert, identity.key)

        def in_tls(connection):
            with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True) as tls:
                work(tls)

        self.tcp(in_tls)

    def http(self, response, identity=None):
        """The response to any request, in TLS."""
        def work(tls):
            tls.recv(4096)
            tls.sendall(response)
            while tls.recv(4096):
                pass

        self.tls(work, identity)

    def names(self, answer):
        self.lab.client.hosts.write_text("")
        self.made.append(NameServer(self.lab.router, "10.1.0.254", answer))
        self.lab.client.resolv_conf.write_text("nameserver 10.1.0.254\n")

    def close(self):
        for server in self.made:
            server.close()


@pytest.fixture
def network(lab, maker):
    made = Network(lab, maker)
    yield made
    made.close()


def wait_for_end(connection):
    while connection.recv(4096):
        pass


def reset(connection):
    connection.recv(4096)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def after_the_hello(reply):
    def work(connection):
        connection.recv(4096)
        connection.sendall(reply)
        wait_for_end(connection)
    return work


def by_authority(issuer, subject="server", names=f"DNS:{NAME}"):
    """A certificate that another authority than the trusted one has issued."""
    def make(network):
        root = network.maker.authority(issuer)
        network.http(b"HTTP/1.1 404 Not Found\r\n\r\n", network.maker.make(
            subject, root, extensions=("basicConstraints = CA:FALSE", f"subjectAltName = {names}")))
    return make


def of_a_router(network):
    network.http(b"HTTP/1.1 302 Found\r\nLocation: https://router.local/login\r\n\r\n", network.maker.make(
        "router.local", None, extensions=("basicConstraints = CA:FALSE", "subjectAltName = DNS:router.local")))


def at_another_name(network):
    network.http(b"HTTP/1.1 404 Not Found\r\n\r\n", network.lab.pki.identity("elsewhere", "DNS:elsewhere.example.org"))


# what the network does; options; step and exit status; words of the error; words of the hint
OBSTACLES = {
    "no such name": (lambda n: n.names(3), [], "name", 3, 'no address for "vpn.example.net": ', "a filter, or a captive portal"),
    "a name server that blocks the name": (lambda n: n.names("0.0.0.0"), [], "tcp", 4, "0.0.0.0:443: connection refused",
                                           f"gave 0.0.0.0 for {NAME}, which is no server's address: a filter blocks"),
    "nothing listens": (lambda n: None, [], "tcp", 4, "connection refused", "no program listens at this port"),
    "dropped packets": (lambda n: None, ["--resolve", f"{NAME}:{DEAD}", "--timeout", "1"], "tcp", 4, "timed out",
                        "packets to the server are dropped"),
    "no route": (lambda n: None, ["--resolve", f"{NAME}:[2001:db8:77::1]"], "tcp", 4, "unreachable", "has no route to the server"),
    "a reset after the ClientHello": (lambda n: n.tcp(reset), [], "tls", 6, "during the TLS handshake: Connection reset",
                                      "a firewall filters by name (try --no-sni"),
    "an end after the ClientHello": (lambda n: n.tcp(lambda c: c.recv(4096)), [], "tls", 6, "during the TLS handshake",
                                     "closed as soon as TLS begins"),
    "silence after the ClientHello": (lambda n: n.tcp(wait_for_end), ["--timeout", "1"], "tls", 6, "no TLS handshake within 1 s",
                                      "all packets after that are dropped"),
    "an alert": (lambda n: n.tcp(after_the_hello(ALERT_UNRECOGNIZED_NAME)), [], "tls", 6, "unrecognized_name",
                 "a firewall that answers for it, refuses TLS at once"),
    "in HTTP without TLS": (lambda n: n.tcp(after_the_hello(b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n\r\n")), [],
                         "tls", 6, 'does not speak TLS; it sent "HTTP/1.1 302', "this port answers in HTTP without TLS"),
    "SSH": (lambda n: n.tcp(after_the_hello(b"SSH-2.0-OpenSSH_9.2\r\n")), [], "tls", 6, 'it sent "SSH-2.0', "another service"),
    "TLS inspection": (by_authority("/O=Zscaler Inc./CN=Zscaler Intermediate Root CA"), [], "certificate", 5,
                       "is not signed by an authority", "Zscaler issued this certificate: this network"),
    "an unknown authority": (by_authority("Some Authority"), [], "certificate", 5, "is not signed by an authority",
                             "either an authority of the server's owner, whose file --ca-cert takes, or TLS inspection"),
    "a firewall's own certificate": (of_a_router, [], "certificate", 5, "self-signed", "this self-signed certificate is for other names: either a firewall, a router"),
    "another server": (at_another_name, [], "certificate", 5, f"is not for {NAME} but for elsewhere.example.org",
                       "another server answers at this address, as captive portals do"),
    "a redirection": (lambda n: n.http(b"HTTP/1.1 302 Found\r\nLocation: https://portal.example/login?a=1\r\n\r\n"), [], "http", 7,
                      'a web page wants you to log in first: "https://portal.example/login?a=1" (HTTP status 302)',
                      "a captive portal wants a login"),
    "511": (lambda n: n.http(b"HTTP/1.1 511 Network Authentication Required\r\n\r\n" + HTML), [], "http", 7, "(HTTP status 511)",
            "a captive portal wants a login"),
    "a page": (lambda n: n.http(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + HTML), [], "http", 7,
               "a web page came instead of SSTP (HTTP status 200)", "a captive portal, a block page, or a plain web server"),
    "a proxy that wants a login": (lambda n: n.http(b"HTTP/1.1 407 X\r\nProxy-Authenticate: Basic realm=a\r\n\r\n"), [], "http", 7,
                                   "(HTTP status 407)", "a proxy in between, which was not asked for, wants a login"),
    "a filter's page": (lambda n: n.http(b"HTTP/1.1 403 Forbidden\r\n\r\n" + HTML), [], "http", 7, "(HTTP status 403)",
                        "a filter, or the web server there, forbids"),
    "a web server": (lambda n: n.http(b"HTTP/1.1 404 Not Found\r\n\r\n"), [], "http", 7, "(HTTP status 404)",
                     "this is a web server without SSTP"),
    "no response": (lambda n: n.tls(wait_for_end), ["--timeout", "6"], "http", 7, "HTTP did not finish",
                    "the SSTP request gets no response"),
    "an end in place of a response": (lambda n: n.tls(lambda tls: tls.recv(4096)), [], "http", 7,
                                      "instead of sending an HTTP response", "the SSTP request gets no response"),
}


@pytest.mark.parametrize("what", OBSTACLES)
def test_probe_says_where_it_stopped_and_why(lab, network, what):
    build, options, step, status, error, hint = OBSTACLES[what]
    build(network)
    done = lab.probe(*options, "--json", to=NAME)
    seen = json.loads(done.stdout)
    assert (done.returncode, seen["stopped_at"]) == (status, step)
    steps = {one["step"]: one for one in seen["steps"]}
    assert list(steps) == ["name", "tcp", "tls", "certificate", "http", "sstp", "login"]
    assert steps[step]["state"] == "failed"
    assert error in steps[step]["error"] and hint in steps[step]["hint"]
    before = list(steps)[:list(steps).index(step)]
    assert {steps[one]["state"] for one in before} <= {"ok"}
    done = lab.probe(*options, to=NAME)
    assert done.returncode == status
    labels = {"tcp": "TCP", "tls": "TLS", "http": "HTTP"}
    label = labels.get(step, step)
    assert re.search(rf"^  {label} +failed: .*{re.escape(error)}.*\n  usually +.*{re.escape(hint)}", done.stdout, re.M), done.stdout


@pytest.mark.parametrize("what", ["a name server that blocks the name", "a reset after the ClientHello", "TLS inspection", "a page"])
def test_connect_gives_the_hint_before_the_error(lab, network, what):
    build, options, _, status, error, hint = OBSTACLES[what]
    build(network)
    found, said = lab.connect_fails(*options, to=NAME, trust=["--ca-cert", lab.pki.ca])
    assert found == status
    assert re.search(rf"^warn: hint: .*{re.escape(hint)}.*\nerror: .*{re.escape(error)}", said, re.M), said


def test_a_portal_with_a_certificate_of_its_own_is_seen_as_both(lab, network):
    of_a_router(network)
    seen = json.loads(lab.probe("--json", to=NAME).stdout)
    hints = {one["step"]: one.get("hint") for one in seen["steps"]}
    assert seen["stopped_at"] == "certificate"
    assert "this self-signed certificate is for other names: either a firewall, a router" in hints["certificate"] and "a captive portal wants a login" in hints["http"]


# ---- the request to port 80


class Portal:
    """What answers plain web requests in the place of the server."""

    def __init__(self, lab, response, port=80):
        self.listener, self.response, self.requests = lab.server.listen(SERVER, port), response, []
        self.thread = in_background(self._serve)

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.requests.append(connection.recv(4096))
                connection.sendall(self.response)
                with contextlib.suppress(OSError):
                    while self.response == b"" and connection.recv(100):
                        pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.result()


LOGIN_PAGE = "http://portal.example/login?from=%2F"
REDIRECTION = f"HTTP/1.1 302 Found\r\nLocation: {LOGIN_PAGE}\r\nContent-Length: 4\r\n\r\nmore".encode()
LEADS = f'a plain web request to {NAME} leads to "{LOGIN_PAGE}": usually the page of a captive portal'


@pytest.fixture
def portal(lab):
    made = []

    def start(response):
        made.append(Portal(lab, response))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.mark.parametrize("what", ["nothing listens", "a reset after the ClientHello", "a firewall's own certificate", "another server",
                                  "in HTTP without TLS", "a page"])
def test_the_portal_s_page_is_found(lab, network, portal, what):
    build, options, step, status, error, _ = OBSTACLES[what]
    build(network)
    web = portal(REDIRECTION)
    seen = json.loads(lab.probe(*options, "--json", to=NAME).stdout)
    assert seen["portal"] == LOGIN_PAGE and seen["stopped_at"] == step
    assert LEADS in {one["step"]: one for one in seen["steps"]}[step]["hint"]
    assert web.requests == [f"GET / HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode()]
    found, said = lab.connect_fails(*options, to=NAME, trust=["--ca-cert", lab.pki.ca])
    assert found == status
    assert re.search(rf"^warn: hint: .*\nwarn: hint: {re.escape(LEADS)}.*\nerror: .*{re.escape(error)}", said, re.M), said
    assert len(web.requests) == 2


@pytest.mark.parametrize("response, words", [
    (b"HTTP/1.1 511 Network Authentication Required\r\n\r\n", "511 Network Authentication Required"),
    (f"HTTP/1.0 307 x\r\nLocation: https://{NAME}/\r\n\r\n".encode(), None),
    (b"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", None),
    (b"HTTP/1.1 200 OK\r\n\r\nhello", None), (b"nonsense", None), (b"", None),
])
def test_what_is_a_portal_s_answer(lab, portal, response, words):
    """The last one is silence, which has an end."""
    web = portal(response)
    status, said = lab.connect_fails(to=NAME)
    assert status == 4 and said.count("hint: ") == (2 if words else 1), said
    assert not words or words in said
    assert len(web.requests) == 1


def test_no_portal_is_looked_for(lab, network, portal):
    """By the user's wish; with a proxy; under --lockdown; where something else is the reason."""
    web = portal(REDIRECTION)
    for options in ["--no-portal-check"], ["--lockdown"], ["--proxy", f"http://{SERVER}:81"]:
        status, said = lab.connect_fails(*options, to=NAME)
        assert status in (4, 13) and "plain web request" not in said, said
    assert "portal" not in json.loads(lab.probe("--no-portal-check", "--json", to=NAME).stdout)
    by_authority("/O=Zscaler Inc./CN=Zscaler Intermediate Root CA")(network)
    assert "portal" not in json.loads(lab.probe("--json", to=NAME).stdout)
    assert web.requests == []


def test_a_portal_is_looked_for_once(lab, portal, both):
    web = portal(REDIRECTION)
    client = lab.connect("--keep-trying", to=NAME, wait=False)
    client.wait_for("connection refused; next try in", 3)
    assert client.log.count("hint: ") == 2 and len(web.requests) == 1
    client.stop()


def test_the_end_while_a_portal_is_looked_for(lab, portal, both):
    web = portal(b"")
    client = lab.connect("--keep-trying", to=NAME, wait=False)
    eventually("the request", lambda: web.requests)
    assert client.stop() == 0


def test_a_hint_is_given_once(lab, network):
    client = lab.connect("--keep-trying", to=NAME, wait=False)
    client.wait_for("connection refused; next try in", 2)
    assert client.log.count("hint: ") == 1


class SeesAnotherCertificate(ScriptedServer):
    """A server at the far end of TLS inspection: its own certificate is not the one that the client has seen."""

    def _packet(self):
        packet = super()._packet()
        if packet and packet[1] & 1 and packet[4:6] == b"\x00\x04":  # Call-Connected
            self._say(CALL_ABORT)
        return packet


def test_a_refused_crypto_binding(lab):
    server = SeesAnotherCertificate(lab)
    status, said = lab.connect_fails("--auth", "pap")
    server.close()
    assert status == 8
    assert re.search("^warn: hint: the server sees another certificate than this client: TLS inspection in between", said, re.M)
    assert "the peer aborted the call (VALUE_NOT_SUPPORTED)" in said


class AbortsEarly(ScriptedServer):
    """It has not seen a crypto binding when it refuses the call."""

    def _take(self, frame):
        self._say(CALL_ABORT)


@pytest.mark.parametrize("verb", ["connect", "probe"])
def test_a_call_that_is_refused_before_the_crypto_binding(lab, verb):
    """The reason cannot be the certificate, though the status is the same."""
    server = AbortsEarly(lab)
    said = lab.connect_fails("--auth", "pap")[1] if verb == "connect" else lab.probe().stdout
    server.close()
    assert "the peer aborted the call (VALUE_NOT_SUPPORTED)" in said
    assert "certificate than this client" not in said


def test_all_steps_of_a_good_server(lab):
    lab.client.hosts.write_text(f"{SERVER} {NAME}\n")
    lab.serve()
    done = lab.probe(to=NAME)
    assert done.returncode == 0
    steps = done.stdout.split("server\n")[0].splitlines()
    assert steps[0] == "steps" and len(steps) == 8
    assert all(re.match(r"  \w+ +ok: .", step) for step in steps[1:])
    assert re.fullmatch(rf"  name +ok: {SERVER}, in \d+ ms", steps[1])
    seen = json.loads(lab.probe("--json", "--resolve", f"{NAME}:{SERVER}", to=NAME).stdout)
    assert "stopped_at" not in seen and "name_ms" not in seen and seen["addresses"] == [SERVER]
    assert {one["state"] for one in seen["steps"]} == {"ok"}
