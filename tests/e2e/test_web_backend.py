# SPDX-License-Identifier: GPL-3.0-or-later
"""Port 443 is shared: `sstp serve` passes on to nginx and Apache what is not SSTP, or not for its name."""
import base64
import hashlib
import os
import re
import socket
import ssl
import struct
import threading

import pytest

from fronts import BALANCER, FROM, GENTLY, WEB, haproxy, tcp_haproxy, web_apache, web_nginx
from lab import NAME, PATIENCE, REPO, SERVER, eventually, in_background

PAGE = b"<h1>A web site</h1>\n"
SSTP = b"SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n"
BACKEND = f"127.0.0.1:{WEB}"


def open_tls(lab, name=NAME, host=None, port=443, to=SERVER):
    """`name`: for which the client asks; None: for none."""
    context = ssl.create_default_context(cafile=lab.pki.ca)
    context.check_hostname = False
    if name != NAME:
        context.verify_mode = ssl.CERT_NONE
    connection = (host or lab.client).connect(to, port)
    return context.wrap_socket(connection, server_hostname=name)


def read_all(connection):
    answer = b""
    while piece := connection.recv(65536):
        answer += piece
    return answer


def read_response(connection, method="GET"):
    """One response, with a body of known length."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = connection.recv(65536)
        assert piece, f"closed in a response: {answer}"
        answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(re.search(rb"Content-Length: (\d+)", head, re.I)[1]) if method != "HEAD" else 0
    body = bytearray(body)
    while len(body) < length:
        piece = connection.recv(65536)
        assert piece, f"closed in a body: {len(body)} of {length}"
        body += piece
    return head.decode(), bytes(body)


def get(path="/", name=NAME, more=""):
    return f"GET {path} HTTP/1.1\r\nHost: {name}\r\n{more}\r\n".encode()


def curl(lab, *options, path="/", name=NAME, check=True):
    return lab.client.run("curl", "--silent", "--show-error", "--max-time", PATIENCE, "--cacert", lab.pki.ca,
                          "--resolve", f"{name}:443:{SERVER}", *options, f"https://{name}{path}", check=check)


# ---- web servers

@pytest.mark.parametrize("how", ["", ",send-proxy", ",send-proxy-v2", "unix", "unix,send-proxy"])
def test_nginx_beside_a_tunnel(lab, both, how):
    option = " proxy_protocol" if "send-proxy" in how else ""
    listen = "unix:/run/nginx.sock" if "unix" in how else BACKEND
    (lab.server.run_folder / "nginx.sock").unlink(missing_ok=True)
    web_nginx(lab, listen + option)
    lab.serve("--web-backend", listen + how.replace("unix", ""))
    lab.connect()
    lab.client.ping_server()
    assert curl(lab).stdout.encode() == PAGE
    who = curl(lab, path="/who").stdout.split()
    assert who[:1] == (["10.1.0.2"] if option else [])
    lab.client.ping_server()


def test_the_client_of_a_load_balancer_reaches_the_web_server(lab):
    web_nginx(lab, BACKEND + " proxy_protocol")
    lab.serve("--web-backend", BACKEND + ",send-proxy-v2", "--proxy-protocol-from", FROM)
    tcp_haproxy(lab, "send-proxy")
    with open_tls(lab, to=BALANCER) as s:
        s.sendall(get("/who"))
        head, body = read_response(s)
    assert head.startswith("HTTP/1.1 200 ") and body.split()[0] == b"10.1.0.2"


def test_apache(lab, both):
    web_apache(lab, "RemoteIPProxyProtocol On")
    lab.serve("--web-backend", BACKEND + ",send-proxy-v2")
    with open_tls(lab) as s:
        for _ in range(3):
            s.sendall(get())
            head, body = read_response(s)
            assert head.startswith("HTTP/1.1 200 OK\r\n") and "X-Who: 10.1.0.2" in head and body == PAGE
        s.sendall(get(more="Connection: close\r\n"))
        assert read_all(s).endswith(PAGE)


def test_a_server_that_knows_x_forwarded_for_alone(lab, both):
    """HAProxy between, as docs/front.md has it; what the client writes into the field is gone."""
    rules = re.search(r"(?s)```\nfrontend site\n.*?```", (REPO / "docs/front.md").read_text())[0].strip("`")
    haproxy(lab, rules, WEB, lab.server)
    lab.serve("--web-backend", BACKEND + ",send-proxy-v2")
    with lab.server.listen("127.0.0.1", 3000) as app, open_tls(lab) as s:
        s.sendall(get(more="X-Forwarded-For: 192.0.2.66\r\n") * 2)
        for _ in range(2):
            connection, _ = app.accept()
            with connection:
                fields = connection.recv(65536).decode().lower()
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            assert re.findall("x-forwarded-for: (.*)\r", fields) == ["10.1.0.2"], fields
            assert "x-forwarded-proto: https" in fields
            assert read_response(s)[1] == b"ok"


def test_keep_alive_pipelining_and_head(lab):
    web_nginx(lab)
    lab.serve("--web-backend", BACKEND)
    with open_tls(lab) as s:
        s.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert "Content-Length: 20" in read_response(s, "HEAD")[0]
        s.sendall(get() * 20 + get(more="Connection: close\r\n"))
        assert read_all(s).count(PAGE) == 21


def test_an_upload_and_a_download(lab, both):
    site = web_nginx(lab).site
    lab.serve("--web-backend", BACKEND)
    content = os.urandom(20 << 20)
    file = lab.folder / "file"
    file.write_bytes(content)
    curl(lab, "--fail", "--upload-file", file, path="/up/file")
    assert (site / "up/file").read_bytes() == content
    copy = lab.folder / "copy"
    curl(lab, "--fail", "--output", copy, path="/up/file")
    assert copy.read_bytes() == content


def ws_frame(data, mask=b"\1\2\3\4"):
    masked = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
    return bytes([0x82, 0x80 | len(data)]) + mask + masked


def ws_echo(listener):
    """A server of WebSocket (RFC 6455) that sends all messages back; for one client."""
    s, _ = listener.accept()
    with s:
        request = b""
        while b"\r\n\r\n" not in request:
            request += s.recv(4096)
        key = re.search(rb"Sec-WebSocket-Key: (\S+)", request)[1]
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        s.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        stream = s.makefile("rb")
        while head := stream.read(2):
            mask = stream.read(4)
            data = bytes(b ^ mask[i % 4] for i, b in enumerate(stream.read(head[1] & 127)))
            s.sendall(bytes([head[0], len(data)]) + data)
    return request


def test_a_websocket_beside_a_tunnel(lab, both):
    echo = in_background(ws_echo, lab.server.listen("127.0.0.1", WEB))
    lab.serve("--web-backend", BACKEND)
    lab.connect()
    with open_tls(lab) as s:
        s.sendall(get("/ws", more="Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"))
        stream = s.makefile("rb")
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += stream.readline()
        assert b"101 Switching" in head and b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        for n in range(100):
            message = os.urandom(n)
            s.sendall(ws_frame(message))
            answer = stream.read(2 + n)
            assert answer == bytes([0x82, n]) + message
            if n % 25 == 0:
                lab.client.ping_server(count=1)
        s.unwrap()
    echo.result()


# ---- a prober

def without_date(answer):
    return re.sub(rb"\r\n(Date|Last-Modified|ETag): [^\r]*", b"", answer)


PROBES = {
    "a page": get(more="Connection: close\r\n"),
    "HTTP/1.0": b"GET / HTTP/1.0\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n",
    "a page that is not there": get("/x", more="Connection: close\r\n"),
    "HTTP/1.1 without Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "HTTP/3.0": b"GET / HTTP/3.0\r\nHost: a\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a long line": b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "long fields": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: " + b"a" * 40000 + b"\r\n\r\n",
    "line feeds alone": b"GET / HTTP/1.1\nHost: a\nConnection: close\n\n",
    "an empty line first": b"\r\n" + get(more="Connection: close\r\n"),
    "zeroes": b"\0\0\0\0\r\n\r\n",
    "bytes": bytes(range(128, 256)) + b"\r\n\r\n",
    "TLS in TLS": b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03",
    "an unknown method": b"BREW / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "almost SSTP": b"SSTP_DUPLEX_POSt / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "SSTP's method": b"SSTP_DUPLEX_POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "SSTP under another name": SSTP + b"Host: www.example.net\r\nContent-Length: 18446744073709551615\r\n\r\n",
    "SSTP without a name": SSTP + b"\r\n",
    "SSTP without an end": SSTP + b"X: " + b"a" * 50000,
    "SSTP in HTTP/1.0": SSTP.replace(b"1.1", b"1.0") + b"Host: vpn.example.net\r\n\r\n",
    "a wrong length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    "both lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "CONNECT": b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
    "nothing": b"",
    "half a request": b"GET / HT",
    "half of SSTP": SSTP[:30],
}


def probe(lab, port, data, step=None):
    """All that comes back, and how the connection ended."""
    with open_tls(lab, port=port) as s:
        try:
            for n in range(0, len(data), step or len(data) or 1):
                s.sendall(data[n:n + (step or len(data))])
            if not data or data in (PROBES["half a request"], PROBES["half of SSTP"], PROBES["TLS in TLS"],
                                    PROBES["SSTP without an end"]):
                with pytest.raises((ssl.SSLError, OSError)):  # close_notify, and what comes then
                    s.settimeout(PATIENCE)
                    raise OSError(s.unwrap())
                return None
            return without_date(read_all(s))
        except (ConnectionResetError, ssl.SSLEOFError) as error:
            return type(error)


def test_a_prober_sees_a_web_server(lab, both):
    """What nginx answers with TLS of its own is what comes, for whatever is asked, however it is cut."""
    web_nginx(lab, tls_port=8443)
    serve = lab.serve("--web-backend", BACKEND, "--sstp-host", NAME)
    for name, data in PROBES.items():
        expected = probe(lab, 8443, data)
        assert probe(lab, 443, data) == expected, name
        assert len(data) > 1000 or probe(lab, 443, data, step=1) == expected, f"{name}, byte by byte"
    assert "logs in" not in serve.log


# ---- names

def has_sstp(lab, name, host, to=SERVER):
    with open_tls(lab, name, to=to) as s:
        s.sendall(SSTP + f"Host: {host}\r\nContent-Length: 18446744073709551615\r\n\r\n".encode())
        return s.recv(4096).startswith(b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\nServer: Microsoft")


def test_sstp_under_its_name_only(lab):
    web_nginx(lab)
    lab.serve("--web-backend", BACKEND, "--sstp-host", NAME, "--sstp-host", "*.gate.example.net")
    for name, host, is_served in (
            (NAME, NAME, True), (NAME.upper(), NAME + ":443", True), ("a.gate.example.net", "b.gate.example.net", True),
            ("www.example.net", NAME, False), (NAME, "www.example.net", False), (None, NAME, False), (NAME, "", False),
            ("gate.example.net", "gate.example.net", False), (NAME, SERVER, False)):
        assert has_sstp(lab, name, host) == is_served, (name, host)
    lab.connect(to=NAME, trust=["--ca-cert", lab.pki.ca])
    lab.client.ping_server()
    status, said = lab.connect_fails(host=lab.other)  # by its address
    assert status == 7, said


def test_without_a_web_server_another_name_is_not_found(lab):
    lab.serve("--sstp-host", NAME)
    with open_tls(lab) as s:
        s.sendall(SSTP + b"Host: www.example.net\r\n\r\n")
        assert read_all(s).startswith(b"HTTP/1.1 404 Not Found\r\n")


def test_a_banned_client_sees_the_web_site(lab):
    web_nginx(lab)
    lab.serve("--web-backend", BACKEND, "--max-failures", "1")
    for name in ("eve", "mallory", "trudy", "oscar", "sybil"):
        lab.connect_fails(user=name, password="wrong")
    assert curl(lab).stdout.encode() == PAGE
    assert not has_sstp(lab, NAME, NAME)


# ---- limits

def test_a_web_server_that_is_away(lab, both):
    serve = lab.serve("--web-backend", BACKEND)
    assert "502 Bad Gateway" in curl(lab, "--include").stdout
    serve.wait_for(rf"session 1: cannot pass a connection on to {BACKEND}: [Cc]onnection refused$")
    web_nginx(lab)
    assert curl(lab).stdout.encode() == PAGE


def test_a_reset_is_passed_on(lab):
    listener = lab.server.listen("127.0.0.1", WEB)
    serve = lab.serve("--web-backend", BACKEND)
    with open_tls(lab) as s:
        s.sendall(get())
        back, _ = listener.accept()
        assert back.recv(4096) == get()
        back.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        back.close()
        serve.wait_for("the server's connection is lost")
        raw = socket.socket(fileno=s.detach())  # Python's TLS takes a reset for an end
        with raw, pytest.raises(ConnectionResetError):
            raw.settimeout(PATIENCE)
            while raw.recv(4096):
                pass
    with open_tls(lab) as s:
        s.sendall(get())
        back, _ = listener.accept()
        assert back.recv(4096) == get()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket(fileno=s.detach()).close()
        back.settimeout(PATIENCE)
        with pytest.raises(ConnectionResetError):
            back.recv(1)


def test_the_end_of_a_request_is_passed_on(lab):
    """close_notify, as a half-close; the response still comes."""
    listener = lab.server.listen("127.0.0.1", WEB)
    lab.serve("--web-backend", BACKEND)
    with open_tls(lab) as s:
        s.sendall(b"data without a length")
        done = in_background(unwrap, s)
        back, _ = listener.accept()
        with back:
            assert read_all(back) == b"data without a length"
        done.result()


def unwrap(s):
    s.settimeout(PATIENCE)
    s.unwrap()


def test_nobody_s_slowness_takes_memory_or_the_loop(lab, both):
    """A client that does not read a large file, and a server that does not read a large upload."""
    site = web_nginx(lab).site
    (site / "large").write_bytes(bytes(30 << 20))
    serve = lab.serve("--web-backend", BACKEND, "--workers", "1")
    before = serve.resident
    slow = [open_tls(lab) for _ in range(5)]
    for s in slow:
        s.sendall(get("/large"))
    assert curl(lab).stdout.encode() == PAGE
    lab.connect()
    lab.client.ping_server()
    assert serve.resident - before < 20 << 10
    for s in slow:
        head, body = read_response(s)
        assert len(body) == 30 << 20
        s.close()


def test_more_than_are_allowed(lab):
    """With few descriptors a quarter of them is for this; an idle connection ends for a new one."""
    listener = lab.server.listen("127.0.0.1", WEB)
    stop = threading.Event()

    def hold():
        held = []
        listener.settimeout(0.1)
        while not stop.is_set():
            try:
                held.append(listener.accept())
            except TimeoutError:
                pass

    holder = in_background(hold)
    serve = lab.start(lab.server, "sh", "-c", 'ulimit -n 160 && exec "$@"', "sh", lab.sstp, "serve", "-v", "--cert",
                      lab.pki.server.cert, "--key", lab.pki.server.key, "--users", lab.file("users", "ann * x *\n"),
                      "--ipv4-network", "10.9.0.0/28", "--workers", "1", "--web-backend", BACKEND)
    serve.wait_for("^ready: ")
    opened, answer = [], ""
    while not answer and len(opened) < 100:
        s = open_tls(lab)
        opened.append(s)
        for each in opened:
            each.sendall(get())  # on a busy machine the first would be idle before the last comes
        while not answer and len(re.findall("passed on to ", serve.log)) < len(opened):
            answer = answer_of(s)
    assert answer.startswith("HTTP/1.1 503 ") and 4 <= len(opened) <= 30, (answer, len(opened))
    stop.set()
    holder.result()


def answer_of(s):
    s.settimeout(0.05)
    try:
        return s.recv(64).decode()
    except (TimeoutError, ssl.SSLWantReadError):
        return ""


def test_a_response_goes_on_while_the_server_is_drained(lab):
    listener = lab.server.listen("127.0.0.1", WEB)
    serve = lab.serve("--web-backend", BACKEND)
    lab.connect()  # which is waited for
    with open_tls(lab) as s:
        s.sendall(get())
        back, _ = listener.accept()
        with back:
            assert back.recv(4096) == get()
            lab.server.run(lab.sstp, "drain")
            serve.wait_for("[Dd]rain")
            back.sendall(b"late")
        assert read_all(s) == b"late"


# ---- before TLS

def s_server(lab, port, identity, *options):
    program = lab.start(lab.server, *GENTLY, "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", identity.cert, "-key",
                        identity.key, "-www", *options, label="s_server")
    eventually("s_server listens", lambda: lab.server.is_listening(port))
    return program


def fingerprint(s):
    return "sha256:" + hashlib.sha256(s.getpeercert(binary_form=True)).hexdigest()


def test_a_foreign_name_is_passed_on(lab, both):
    other = lab.pki.identity("www", "DNS:www.example.net")
    s_server(lab, 9443, other)
    lab.serve("--pass", "www.example.net=127.0.0.1:9443", "--pass", "*.shop.example.net=localhost:9443")
    lab.connect()
    for name, identity in (("www.example.net", other), ("WWW.Example.Net", other), ("a.shop.example.net", other),
                           (NAME, lab.pki.server), ("shop.example.net", lab.pki.server), (None, lab.pki.server)):
        with open_tls(lab, name) as s:
            assert fingerprint(s) == identity.fingerprint, name
            if identity is other:
                s.sendall(b"GET / HTTP/1.0\r\n\r\n")
                assert b"200 ok" in read_all(s)
    lab.client.ping_server()


@pytest.mark.parametrize("padding", [0, 14000])
def test_a_hello_in_many_pieces_is_passed_on_unchanged(lab, both, padding):
    listener = lab.server.listen("127.0.0.1", 9443)
    lab.serve("--pass", "www.example.net=127.0.0.1:9443,send-proxy")
    out = ssl.MemoryBIO()
    context = ssl.create_default_context()
    if padding:
        context.set_alpn_protocols(["p" * 200] * (padding // 201))
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="www.example.net").do_handshake()
    hello = out.read()
    message = hello[5:]
    records = b"".join(b"\x16\x03\x01" + struct.pack("!H", len(message[n:n + 100])) + message[n:n + 100]
                       for n in range(0, len(message), 100))
    for data in (hello, records):
        with lab.client.connect(SERVER, 443) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for n in range(0, len(data), 50):
                s.sendall(data[n:n + 50])
            back, _ = listener.accept()
            s.shutdown(socket.SHUT_WR)
            with back:
                header, _, rest = read_all(back).partition(b"\r\n")
                assert re.fullmatch(rb"PROXY TCP4 10\.1\.0\.2 192\.0\.2\.1 \d+ 443", header)
                assert rest == data
                back.sendall(b"answer")
            assert read_all(s) == b"answer"


def test_acme(lab):
    """TLS-ALPN-01 (RFC 8737) reaches the ACME client, under the VPN's own name."""
    other = lab.pki.identity("acme", "DNS:acme.invalid")
    s_server(lab, 9443, other, "-alpn", "acme-tls/1")
    lab.serve("--pass-alpn", "acme-tls/1=127.0.0.1:9443")
    for protocols, identity in ((["acme-tls/1"], other), (["http/1.1"], lab.pki.server), (["acme-tls/2"], lab.pki.server)):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(protocols)
        with context.wrap_socket(lab.client.connect(SERVER, 443), server_hostname=NAME) as s:
            assert fingerprint(s) == identity.fingerprint
    lab.connect()


# ---- wrong values

@pytest.mark.parametrize("option, value, words", [
    ("--web-backend", "8080", "127.0.0.1:8080"), ("--web-backend", "localhost", "there is no port"),
    ("--web-backend", "localhost:http", "the port is not a number"), ("--web-backend", "unix:web.sock", "slash"),
    ("--web-backend", "unix:/" + "a" * 200, "too long"), ("--web-backend", "[::1]:80,v2", "send-proxy-v2"),
    ("--web-backend", "http://127.0.0.1", "127.0.0.1:8080"),
    ("--web-backend", "127.0.0.1:80,x-forwarded-for", "X-Forwarded-For is not added"),
    ("--sstp-host", "vpn.example.net:443", "without a port"), ("--sstp-host", "*", "host name"),
    ("--pass", "127.0.0.1:8443", "NAME=HOST:PORT"), ("--pass", "=127.0.0.1:8443", "NAME=TARGET"),
    ("--pass", "*=127.0.0.1:8443", "*.example.net"), ("--pass", "a.b=127.0.0.1", "what is after the = must be 127.0.0.1:8080 or"),
    ("--pass-alpn", "acme-tls/1", "acme-tls/1=127.0.0.1:8443"),
])
def test_wrong_values(lab, option, value, words):
    serve = lab.serve(option, value, wait=False)
    assert serve.wait() == 2
    assert option in serve.log and words in serve.log, serve.log
