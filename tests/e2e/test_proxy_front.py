# SPDX-License-Identifier: GPL-3.0-or-later
"""SOCKS5 and the HTTP proxy of `sstp proxy`, as curl and Python's HTTP client use them, and with invalid requests.

The proxy runs as a user without privileges. Inside the VPN there are a web server and a name server.
"""
import hashlib
import http.client
import http.server
import resource
import socket
import ssl
import struct
import threading
from contextlib import ExitStack, suppress

import pytest

from lab import INSIDE, NAME, PATIENCE, eventually
from ordinary import NAMES, NameServer, Ordinary, Web
from test_proxy import without_a_tunnel
from traffic import IP_MTU_DISCOVER, IP_PMTUDISC_DONT

WEB = "web.inside"  # only the VPN's name server knows it
SOCKS, HTTP = 1080, 8080
LOGIN = ("--listen-user", "eve", "--listen-password-file", "/etc/proxy-password")
HELLO = b"hello from inside\n"


class Echo(http.server.BaseHTTPRequestHandler):
    """Says hello, or what it was sent; keeps heads and bodies."""
    protocol_version = "HTTP/1.1"

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Keep-Alive", "timeout=5")
        self.end_headers()
        self.wfile.write(body)

    def take_chunks(self):
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            assert self.rfile.readline() == b"\r\n"
        assert self.rfile.readline() == b"\r\n"
        return body

    def do_GET(self):
        self.server.requests.append((self.requestline, dict(self.headers)))
        self.answer(HELLO)

    def do_POST(self):
        chunked = self.headers.get("Transfer-Encoding") == "chunked"
        body = self.take_chunks() if chunked else self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.requestline, dict(self.headers)))
        self.answer(body)

    def log_message(self, *_):
        pass


def serve_web(host, port, tls=None):
    """A web server on one of the lab's hosts."""
    server = http.server.ThreadingHTTPServer((INSIDE, port), Echo, bind_and_activate=False)
    server.socket.close()
    server.socket = host.listen(INSIDE, port)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.requests = []
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


class Names(NameServer):
    """Knows two names, and responds that others do not exist."""

    def _answer(self, query):
        answer = super()._answer(query)
        if self.asked_for[-1] in (WEB, NAME):
            return answer
        return query[:2] + b"\x81\x83\0\1" + bytes(6) + query[12:]


class Inside:
    """The servers inside the VPN."""

    def __init__(self, lab):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(lab.pki.server.cert, lab.pki.server.key)
        self.names, self.web, self.secure = Names(lab.inside), serve_web(lab.inside, 80), serve_web(lab.inside, 443, tls)

    def close(self):
        for server in (self.web, self.secure):
            server.shutdown()
            server.server_close()
        self.names.close()


@pytest.fixture
def inside(lab):
    made = Inside(lab)
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    lab.serve("--dns", NAMES)
    yield made
    made.close()


def start_proxy(lab, *options, wait=True, env=None):
    (lab.client.etc / "proxy-password").write_text("s3cret:#\n")
    if not hasattr(lab, "ordinary"):
        lab.ordinary = Ordinary(lab)
    lab.ordinary.env |= env or {}
    proxy = lab.ordinary.start("proxy", *options)
    if wait:
        proxy.wait_for("^connected in ")
    return proxy


@pytest.fixture
def proxy(lab, inside):
    return start_proxy(lab, "--socks5", SOCKS, "--http-proxy", HTTP)


def curl(lab, *words, check=True):
    done = lab.client.run("curl", "-sS", "--max-time", PATIENCE, *words, check=check)
    return done.stdout if check else done


THROUGH_SOCKS = ("--socks5-hostname", f"127.0.0.1:{SOCKS}")
THROUGH_HTTP = ("--proxy", f"http://127.0.0.1:{HTTP}")


# ---- valid requests


@pytest.mark.parametrize("through", [THROUGH_SOCKS, ("--socks5", f"[::1]:{SOCKS}"), THROUGH_HTTP,
                                     (*THROUGH_HTTP, "--proxytunnel")], ids=["socks5h", "socks5", "http", "connect"])
def test_curl(lab, inside, proxy, through):
    host = INSIDE if "--socks5" in through else WEB
    assert curl(lab, *through, f"http://{host}/a?b") == HELLO.decode()
    line, head = inside.web.requests[-1]
    assert line == "GET /a?b HTTP/1.1" and head["Host"] == host
    assert (WEB in inside.names.asked_for) == (host == WEB)


@pytest.mark.parametrize("through", [THROUGH_SOCKS, THROUGH_HTTP], ids=["socks5", "http"])
def test_curl_with_tls(lab, both, inside, proxy, through):
    assert curl(lab, *through, "--cacert", lab.pki.ca, f"https://{NAME}/") == HELLO.decode()
    assert len(inside.secure.requests) == 1


@pytest.mark.parametrize("through", [THROUGH_SOCKS, THROUGH_HTTP, (*THROUGH_HTTP, "--proxytunnel")],
                         ids=["socks5", "http", "connect"])
def test_fifty_megabytes(lab, proxy, through):
    web = Web(lab.inside, 50_000_000, port=81)
    curl(lab, *through, "-o", "/run/fetched", f"http://{WEB}:81/")
    web.close()
    fetched = lab.client.run_folder / "fetched"
    assert hashlib.sha256(fetched.read_bytes()).hexdigest() == web.digest
    fetched.unlink()


def test_a_forwarded_request_has_nothing_of_ours(lab, inside, proxy):
    answer = curl(lab, *THROUGH_HTTP, "-i", "-H", "Connection: X-Mine", "-H", "X-Mine: 1", "-H", "X-Other: 2", "-H",
                  "Host: elsewhere.example", f"http://{WEB}/")
    head = inside.web.requests[-1][1]
    assert head["Host"] == WEB and head["Connection"] == "close" and head["X-Other"] == "2"
    assert not {"X-Mine", "Proxy-Connection"} & set(head)
    assert "Connection:" not in answer and "Keep-Alive" not in answer


def test_bodies(lab, both, inside, proxy):
    size = 3_000_000 if both == "shipped" else 300_000
    pieces = [bytes([n % 251]) * (n * 7919 % 50_000 + 1) for n in range(size // 25_000)]
    body = b"".join(pieces)
    for words in ({"body": body}, {"body": iter(pieces), "encode_chunked": True, "headers": {"Transfer-Encoding": "chunked"}}):
        with lab.client.network():
            client = http.client.HTTPConnection("127.0.0.1", HTTP, timeout=PATIENCE)
            client.request("POST", f"http://{WEB}/upload", **words)
        answer = client.getresponse()
        assert answer.status == 200 and "Connection" not in answer.headers
        assert answer.read() == body
    assert "Content-Length" in inside.web.requests[0][1] and "Content-Length" not in inside.web.requests[1][1]


def test_curl_that_waits_for_100_continue(lab, inside, proxy):
    file = lab.client.etc / "body"
    file.write_bytes(b"x" * 2_000_000)
    assert curl(lab, *THROUGH_HTTP, "-H", "Expect: 100-continue", "--data-binary", "@/etc/body",
                f"http://{WEB}/") == "x" * 2_000_000


def test_a_request_after_another_has_a_target_of_its_own(lab, both, inside, proxy):
    """Sent at once: the responses come in order, each from the target that the request names."""
    with lab.client.connect("127.0.0.1", HTTP) as s:
        s.sendall(f"GET http://{WEB}/1 HTTP/1.1\r\n\r\nPOST http://{INSIDE}/2 HTTP/1.1\r\nContent-Length: 5\r\n\r\nfirst"
                  f"POST http://{WEB}/3 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n6;x\r\nsecond\r\n0\r\nT: 1\r\n\r\n"
                  f"GET http://{WEB}:81/4 HTTP/1.1\r\n\r\n".encode())
        answer = read_all(s)  # the last is refused, and that closes
    assert [p[9:12] for p in answer.split(b"HTTP/1.1")[1:]] and answer.count(b"HTTP/1.1 200") == 3
    assert answer.index(HELLO) < answer.index(b"first") < answer.index(b"second") < answer.index(b"HTTP/1.1 502")
    assert [(line, head["Host"]) for line, head in inside.web.requests] == [
        ("GET /1 HTTP/1.1", WEB), ("POST /2 HTTP/1.1", INSIDE), ("POST /3 HTTP/1.1", WEB)]


def answers_of(s, count):
    """Splits the input into that many responses with a length; returns their bodies."""
    file, bodies = s.makefile("rb"), []
    for _ in range(count):
        assert file.readline().startswith(b"HTTP/1.1 200")
        length = None
        while (line := file.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
            assert not line.lower().startswith(b"connection:")
        bodies.append(file.read(length))
    return bodies


def test_a_connection_is_kept_for_the_next_request(lab, both, inside, proxy):
    with lab.client.connect("127.0.0.1", HTTP) as s:
        for i in range(20):
            s.sendall(f"GET http://{WEB}/{i} HTTP/1.1\r\nHost: {WEB}\r\n\r\n".encode())
            assert answers_of(s, 1) == [HELLO]
        s.sendall(f"GET http://{WEB}/last HTTP/1.1\r\nProxy-Connection: close\r\n\r\n".encode())
        assert read_all(s).endswith(HELLO)
    assert len(inside.web.requests) == 21


@pytest.mark.parametrize("answer, is_kept", [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", True),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" + b"HTTP/1.1 200 OK\r\n\r\nevil", True),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", True),
    (b"HTTP/1.1 204 No Content\r\n\r\n", True),
    (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", True),
    (b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n", False),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello", False),
], ids=["length", "more", "chunks", "204", "304", "interim", "both", "bad-length"])
def test_a_target_that_keeps_its_end_open(lab, both, proxy, answer, is_kept):
    """A complete response is forwarded as one: the client can send another request, or its connection ends."""
    with lab.inside.listen(INSIDE, 8000) as listener, lab.client.connect("127.0.0.1", HTTP) as s:
        for turn in range(2):
            s.sendall(f"GET http://{INSIDE}:8000/{turn} HTTP/1.1\r\n\r\n".encode())
            target, _ = listener.accept()
            target.settimeout(PATIENCE)
            assert target.recv(1000).startswith(f"GET /{turn} ".encode())
            target.sendall(answer)
            if not is_kept:
                said = read_all(s)
                assert b"Connection: close\r\n" in said and b"evil" not in said
                target.close()
                break
            said = b""
            while b"\r\n\r\n" not in said or (b"hello" in answer and b"hello" not in said):
                said += s.recv(1000)
            assert b"Connection: close" not in said and b"evil" not in said
            if b"\r\n0\r\n\r\n" in answer:
                while not said.endswith(b"\r\n0\r\n\r\n"):
                    said += s.recv(100)
            if turn == 0:
                first = target
        if is_kept:
            with suppress(ConnectionResetError):
                assert first.recv(100) == b""  # no more of it is needed
            first.close()
            target.close()


def test_a_response_to_head_has_no_body(lab, inside, proxy):
    with lab.inside.listen(INSIDE, 8000) as listener, lab.client.connect("127.0.0.1", HTTP) as s:
        s.sendall(f"HEAD http://{INSIDE}:8000/ HTTP/1.1\r\n\r\nGET http://{WEB}/ HTTP/1.1\r\n\r\n".encode())
        target, _ = listener.accept()
        target.recv(1000)
        target.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        said = b""
        while not said.endswith(HELLO):
            said += s.recv(1000)
        assert said.count(b"HTTP/1.1 200") == 2
        target.close()


def test_an_old_client_is_closed(lab, inside, proxy):
    for request in (f"GET http://{WEB}/ HTTP/1.0\r\n\r\n", f"GET http://{WEB}/ HTTP/1.1\r\nConnection: Close\r\n\r\n"):
        with lab.client.connect("127.0.0.1", HTTP) as s:
            s.sendall(request.encode())
            said = read_all(s)
        assert b"Connection: close\r\n" in said and said.endswith(HELLO)


def test_a_response_before_the_request_is_complete_ends_it(lab, inside, proxy):
    """What the client still sends is not a new request."""
    with lab.inside.listen(INSIDE, 8000) as listener, lab.client.connect("127.0.0.1", HTTP) as s:
        s.sendall(f"POST http://{INSIDE}:8000/ HTTP/1.1\r\nContent-Length: 100\r\n\r\n".encode())
        target, _ = listener.accept()
        target.recv(1000)
        target.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        assert s.recv(1000).startswith(b"HTTP/1.1 413 ")
        with suppress(ConnectionError):
            s.sendall(f"GET http://{WEB}/smuggled HTTP/1.1\r\n\r\n".encode())
            assert read_all(s) == b""
        target.close()
    assert not inside.web.requests


def test_logins(lab, inside):
    start_proxy(lab, "--socks5", SOCKS, "--http-proxy", HTTP, *LOGIN)
    for through in (THROUGH_SOCKS, THROUGH_HTTP, (*THROUGH_HTTP, "--proxytunnel")):
        for user, is_good in (("eve:s3cret:#", True), ("eve:secret", False), (None, False)):
            login = ["--proxy-user", user] if user else []
            done = curl(lab, *through, *login, "--fail", f"http://{WEB}/", check=False)
            assert (done.returncode == 0) == is_good, done.stderr
    done = curl(lab, *THROUGH_HTTP, "-w", "%{http_code}", f"http://{WEB}/", check=False)
    assert done.stdout.endswith("407") and "a user name and a password are required" in done.stdout
    assert len(inside.web.requests) == 3


def test_a_command_gets_the_addresses_of_both(lab, inside):
    (lab.client.etc / "ca").write_bytes(lab.pki.ca.read_bytes())
    for url in (f"http://{WEB}/", f"https://{NAME}/"):
        proxy = start_proxy(lab, "--", "curl", "-sS", "--cacert", "/etc/ca", url, wait=False,
                            env={"http_proxy": "http://192.0.2.99:1", "no_proxy": "*"})
        assert proxy.wait() == 0
        assert HELLO.decode() in proxy.log
    proxy = start_proxy(lab, *LOGIN, "--", "sh", "-c", "env -u http_proxy curl -sS http://" + WEB + "/ && exit 7", wait=False)
    assert proxy.wait() == 7
    assert HELLO.decode() in proxy.log and "s3cret" not in proxy.log


# ---- what fails


def read_all(s):
    pieces = []
    with suppress(ConnectionResetError):
        while piece := s.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def talk(lab, port, *words):
    """Sends all, reads all; returns the response."""
    with lab.client.connect("127.0.0.1", port) as s:
        for word in words:
            s.sendall(word)
        s.shutdown(socket.SHUT_WR)
        return read_all(s)


def socks_request(host, port, command=1):
    if isinstance(host, str):
        host = b"\3" + bytes([len(host)]) + host.encode()
    return b"\5\1\0\5" + bytes([command, 0]) + host + struct.pack(">H", port)


def v4(text):
    return b"\1" + socket.inet_aton(text)


def test_failures_say_what_they_are(lab, both, inside, proxy):
    for host, port, reply, status in (
            (INSIDE, 81, 5, 502), ("no.such.name", 80, 4, 502), ("127.0.0.1", 80, 2, 403), ("2001:db8::1", 80, 4, 502),
            ("localhost.", 80, 4, 502), ("224.0.0.1", 80, 2, 403), ("10.9.0.2", 80, 2, 403), ("127.1", 80, 4, 502),
            ("0.0.0.0", 80, 2, 403)):
        said = talk(lab, SOCKS, socks_request(host, port))
        assert said[:2] == b"\5\0" and said[2:4] == bytes([5, reply]), (host, said)
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        for request in (f"CONNECT {authority} HTTP/1.1\r\n\r\n", f"GET http://{authority}/ HTTP/1.1\r\n\r\n"):
            with lab.client.connect("127.0.0.1", HTTP) as s:
                s.sendall(request.encode())
                said = read_all(s)
            assert said.startswith(f"HTTP/1.1 {status} ".encode()), (host, said)
            assert f"sstp proxy: {authority}: ".encode() in said


def test_what_is_no_request(lab, both, inside, proxy):
    assert talk(lab, SOCKS, socks_request(v4(INSIDE), 80, command=2)) == b"\5\0\5\7\0\1" + bytes(6)
    assert talk(lab, SOCKS, b"\4\1\0\x50" + socket.inet_aton(INSIDE) + b"\0") == b"\0\x5b" + bytes(6)
    assert talk(lab, SOCKS, b"GET / HTTP/1.1\r\n\r\n") == b""
    assert talk(lab, SOCKS, b"\5\1\0\5") == b"\5\0"
    for words in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\3\1\2\0\1", b"\5\1\0", b"CONNECT a HTTP/1.1\r\n\r\n",
                  b"POST http://a/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"):
        assert talk(lab, HTTP, words).startswith(b"HTTP/1.1 400 ")
    assert talk(lab, HTTP, b"GET http://a/ HTTP/1.1\r\nX: " + b"x" * 20_000).startswith(b"HTTP/1.1 431 ")
    assert talk(lab, HTTP, f"POST http://{WEB}/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".encode()).startswith(
        b"HTTP/1.1 400 ")
    assert not inside.web.requests


def test_words_for_the_target_that_came_early(lab, both, inside, proxy):
    request = f"GET /early HTTP/1.1\r\nHost: {WEB}\r\nConnection: close\r\n\r\n".encode()
    said = talk(lab, SOCKS, socks_request(WEB, 80) + request)
    assert said[:4] == b"\5\0\5\0" and said.endswith(HELLO)
    assert talk(lab, HTTP, f"CONNECT {WEB}:80 HTTP/1.1\r\n\r\n".encode() + request).endswith(HELLO)
    for piece in (1, 3):  # one byte after another, as no client would
        whole = socks_request(WEB, 80) + request
        assert talk(lab, SOCKS, *(whole[i:i + piece] for i in range(0, len(whole), piece))).endswith(HELLO)


def test_a_target_that_speaks_something_else(lab, inside, proxy):
    listener = lab.inside.listen(INSIDE, 22)
    with listener, lab.client.connect("127.0.0.1", HTTP) as s:
        s.sendall(f"GET http://{INSIDE}:22/ HTTP/1.1\r\n\r\n".encode())
        target, _ = listener.accept()
        with target:
            target.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            target.recv(1000)
        assert read_all(s).startswith(b"HTTP/1.1 502 ")


@pytest.fixture
def many_files():
    """The test itself may hold many sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_stalled_clients_are_dropped(lab, both, inside, proxy, many_files):
    stalled = []
    with lab.client.network():
        for n in range(700):
            s = socket.create_connection(("127.0.0.1", SOCKS), 20)
            s.sendall(b"\5\1\0"[:n % 3])
            stalled.append(s)
    try:
        assert curl(lab, *THROUGH_SOCKS, f"http://{WEB}/") == HELLO.decode()
        assert stalled[0].recv(1) == b""  # or a reset; the first to come is the first to go
    except ConnectionResetError:
        pass
    finally:
        for s in stalled:
            s.close()
    assert curl(lab, *THROUGH_SOCKS, f"http://{WEB}/") == HELLO.decode()


def test_data_that_is_not_read_is_not_buffered(lab, inside, proxy):
    """A forwarded response that the client does not read, and a body that the target does not read."""
    web = Web(lab.inside, 50_000_000, port=81)
    idle = lab.inside.listen(INSIDE, 82)
    before = proxy.resident
    with lab.client.connect("127.0.0.1", HTTP) as reader, lab.client.connect("127.0.0.1", HTTP) as writer:
        reader.sendall(f"GET http://{INSIDE}:81/ HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
        writer.sendall(f"POST http://{INSIDE}:82/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        target, _ = idle.accept()
        writer.settimeout(1)  # nothing more is taken
        with pytest.raises(TimeoutError):
            while True:
                writer.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        assert proxy.resident - before < 8000
        assert hashlib.sha256(read_all(reader).split(b"\r\n\r\n", 1)[1]).hexdigest() == web.digest
        target.close()
    idle.close()
    web.close()


def test_more_connections_than_are_held(lab, inside, proxy, many_files):
    """1024 of them: the next client gets an error response, and one that ends makes room."""
    idle = lab.inside.listen(INSIDE, 82)
    taken, clients = [], []

    def connect():
        s = lab.client.connect("127.0.0.1", SOCKS)
        clients.append(s)
        s.sendall(socks_request(INSIDE, 82))
        reply = s.recv(2) + s.recv(100)
        if reply[3] == 0:
            taken.append(idle.accept()[0])
        return reply[3]

    assert not any(connect() for _ in range(1024))
    assert connect() == 1
    assert talk(lab, HTTP, f"CONNECT {INSIDE}:82 HTTP/1.1\r\n\r\n".encode()).startswith(b"HTTP/1.1 503 ")
    assert proxy.resident < 64_000
    for s in (clients.pop(0), taken.pop(0)):
        s.close()
    eventually("there is room again", lambda: connect() == 0)
    for s in clients + taken + [idle]:
        s.close()
    eventually("all is over", lambda: curl(lab, *THROUGH_SOCKS, f"http://{WEB}/", check=False).stdout == HELLO.decode())


def test_a_flood_of_a_remote_forward_leaves_room(lab, inside, many_files):
    """512 connections from the VPN are accepted; more are reset, and clients of this host are not affected."""
    idle = lab.client.listen("127.0.0.1", 9000)
    proxy = start_proxy(lab, "--socks5", SOCKS, "-R", "9000:127.0.0.1:9000")
    flood = []
    for _ in range(600):
        with suppress(ConnectionResetError):
            flood.append(lab.inside.connect("10.9.0.2", 9000))

    def count():
        """Those that were not reset since."""
        for s in flood:
            s.setblocking(False)
        return sum(not is_reset(s) for s in flood)

    eventually("the rest is reset", lambda: count() <= 512)
    assert count() > 400 and proxy.resident < 64_000
    assert curl(lab, *THROUGH_SOCKS, f"http://{WEB}/") == HELLO.decode()
    for s in [*flood, idle]:
        s.close()


def is_reset(s):
    try:
        return s.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def test_while_the_tunnel_is_down_clients_wait_for_it(lab, inside, proxy):
    with ExitStack() as stack:
        with without_a_tunnel(lab, proxy):
            s, h = (stack.enter_context(lab.client.connect("127.0.0.1", port)) for port in (SOCKS, HTTP))
            s.sendall(socks_request(WEB, 80) + f"GET / HTTP/1.1\r\nHost: {WEB}\r\nConnection: close\r\n\r\n".encode())
            h.sendall(f"GET http://{WEB}/ HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
        assert read_all(s).endswith(HELLO)
        assert read_all(h).endswith(HELLO)


# ---- datagrams


def query(name, number):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


class Association:
    """A client's UDP ASSOCIATE."""

    def __init__(self, lab, address="127.0.0.1", said=b"\1" + bytes(6)):
        self.tcp = lab.client.connect(address, SOCKS)
        self.tcp.sendall(b"\5\1\0\5\3\0" + said)
        reply = self.tcp.recv(2) + self.tcp.recv(100)
        family, kind, size = (socket.AF_INET6, b"\4", 16) if ":" in address else (socket.AF_INET, b"\1", 4)
        assert reply[:6] == b"\5\0\5\0\0" + kind and len(reply) == 8 + size
        self.at = socket.inet_ntop(family, reply[6:6 + size]), struct.unpack(">H", reply[6 + size:])[0]
        assert self.at[0] == address
        self.udp = lab.client.socket(family, socket.SOCK_DGRAM)
        self.udp.connect(self.at)

    def send(self, to, port, payload, fragment=0):
        self.udp.send(b"\0\0" + bytes([fragment]) + to + struct.pack(">H", port) + payload)

    def close(self):
        self.tcp.close()
        self.udp.close()


@pytest.fixture
def association(lab, proxy):
    made = Association(lab)
    yield made
    made.close()


def test_a_name_is_asked_for_through_an_association(lab, both, inside, association):
    for number, to in enumerate((v4(INSIDE), b"\3" + bytes([len(WEB)]) + WEB.encode())):
        association.send(to, 53, query(WEB, number))
        answer = association.udp.recv(1000)
        assert answer[:10] == b"\0\0\0" + v4(INSIDE) + struct.pack(">H", 53)
        assert answer[10:12] == struct.pack(">H", number) and answer.endswith(socket.inet_aton(INSIDE))


@pytest.mark.parametrize("said", [v4(INSIDE) + b"\0\x35", b"\4" + bytes(15) + b"\7\0\x35", b"\3\x0aweb.inside\0\x35",
                                  b"\4" + bytes(18), b"\1\xff\xff\xff\xff\0\1"],
                         ids=["target", "target6", "name", "zeroes6", "nonsense"])
def test_an_association_that_names_the_target(lab, both, inside, proxy, said):
    """Some clients send the destination there instead of the source: RFC 1928 can be read so."""
    association = Association(lab, said=said)
    association.send(v4(INSIDE), 53, query(WEB, 7))
    assert association.udp.recv(1000)[10:12] == b"\0\7"
    association.close()


def test_an_association_that_names_its_port(lab, inside, proxy):
    with lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as own, lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        own.bind(("127.0.0.1", 0))
        association = Association(lab, said=v4("127.0.0.1") + struct.pack(">H", own.getsockname()[1]))
        other.sendto(b"\0\0\0" + v4(INSIDE) + b"\0\x35" + query("stranger", 1), association.at)
        own.sendto(b"\0\0\0" + v4(INSIDE) + b"\0\x35" + query(WEB, 2), association.at)
        assert own.recv(1000)[10:12] == b"\0\2"
        association.close()
    assert "stranger" not in inside.names.asked_for


def test_an_association_over_ipv6(lab, inside, proxy):
    association = Association(lab, "::1")
    association.send(v4(INSIDE), 53, query(WEB, 1))
    assert association.udp.recv(1000)[10:12] == b"\0\1"
    association.close()


def test_datagrams_of_all_sizes(lab, both, inside, association):
    echo = lab.inside.socket(socket.AF_INET, socket.SOCK_DGRAM)
    echo.bind((INSIDE, 7))
    echo.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
    with echo:
        for size in (0, 1, 1300, 1372, 1373, 4000, 20_000):
            association.send(v4(INSIDE), 7, b"x" * size)
            payload, client = echo.recvfrom(65536)
            echo.sendto(payload, client)
            assert association.udp.recv(65536)[10:] == b"x" * size, size


def test_an_association_is_its_clients_alone(lab, inside, association):
    with lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        association.send(v4(INSIDE), 53, query("first", 1), fragment=1)  # dropped
        association.send(v4("127.0.0.1"), 53, query("second", 2))  # nowhere
        association.udp.send(b"\0\0\0")
        association.send(v4(INSIDE), 53, query(WEB, 3))
        assert association.udp.recv(1000)[10:12] == b"\0\3"
        stranger.sendto(b"\0\0\0" + v4(INSIDE) + b"\0\x35" + query("stranger", 4), association.at)
        association.send(v4(INSIDE), 53, query(WEB, 5))
        assert association.udp.recv(1000)[10:12] == b"\0\5"
    assert inside.names.asked_for == [WEB, WEB]


def test_an_association_ends_with_its_connection(lab, both, inside, association):
    association.send(v4(INSIDE), 53, query(WEB, 1))
    association.udp.recv(1000)
    association.tcp.close()

    def is_gone():
        try:
            association.send(v4(INSIDE), 53, query(WEB, 2))
        except ConnectionRefusedError:
            return True
        return False

    eventually("the port is closed", is_gone)


# ---- options


def test_others_than_this_host(lab, inside):
    proxy = start_proxy(lab, "--socks5", f"*:{SOCKS}", "--http-proxy", f"10.1.0.2:{HTTP}")
    assert proxy.said.count("EVERYBODY who reaches this port") == 2
    done = lab.other.run("curl", "-sS", "--max-time", PATIENCE, "--proxy", f"http://10.1.0.2:{HTTP}", f"http://{WEB}/")
    assert done.stdout == HELLO.decode()


def test_others_with_a_login_are_no_reason_to_warn(lab, inside):
    assert "EVERYBODY" not in start_proxy(lab, "--socks5", f"*:{SOCKS}", *LOGIN).said


def test_this_host_alone(lab, inside, proxy):
    done = lab.other.run("curl", "-sS", "--max-time", PATIENCE, "--proxy", f"http://10.1.0.2:{HTTP}", f"http://{WEB}/", check=False)
    assert done.returncode == 7  # curl's value for no connection


@pytest.mark.parametrize("options, words", [
    (("--socks5", "nonsense"), "--socks5.*must be .ADDR:.PORT"),
    (("--socks5", "0"), "--socks5.*must be .ADDR:.PORT"),
    (("--http-proxy", "host.example:80"), "--http-proxy.*must be .ADDR:.PORT"),
    (("--socks5", SOCKS, "--listen-user", "eve"), "--listen-user and --listen-password-file need each other"),
    (("--socks5", SOCKS, "--listen-user", "e:ve", "--listen-password-file", "/etc/proxy-password"), "the user name no colon"),
    (("--socks5", SOCKS, "--listen-user", "eve", "--listen-password-file", "/nowhere"), "--listen-password-file /nowhere: "),
    ((), "nothing to do: give --socks5"),
])
def test_wrong_options(lab, options, words):
    proxy = start_proxy(lab, *options, wait=False)
    assert proxy.wait() == 2
    proxy.wait_for(words)


def test_a_port_that_is_taken(lab, inside, proxy):
    other = start_proxy(lab, "--socks5", SOCKS, wait=False)
    assert other.wait() == 11
    other.wait_for(f"--socks5 {SOCKS}: .*another program listens there")
