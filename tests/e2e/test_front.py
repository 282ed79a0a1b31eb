# SPDX-License-Identifier: GPL-3.0-or-later
"""`sstp serve` with a load balancer in front of it: HAProxy and nginx."""
import re
import signal
import socket
import ssl
import struct

import pytest

from fronts import BALANCER, FROM, haproxy, http_haproxy, stream_nginx, tcp_haproxy
from lab import NAME, SERVER, SERVER6, eventually
from radius import SECRET, FreeRadius

CLIENT = "10.1.0.2"
V2 = b"\r\n\r\n\0\r\nQUIT\n"


BALANCERS = {
    "haproxy v1": lambda lab: tcp_haproxy(lab, "send-proxy"),
    "haproxy v2": lambda lab: tcp_haproxy(lab, "send-proxy-v2"),
    "haproxy v2 with TLVs": lambda lab: tcp_haproxy(
        lab, "send-proxy-v2 proxy-v2-options crc32c,unique-id,authority,ssl,cert-cn"),
    "haproxy checks": lambda lab: tcp_haproxy(lab, "send-proxy-v2 check check-send-proxy inter 100ms"),
    "haproxy IPv6": lambda lab: tcp_haproxy(lab, "send-proxy-v2", to=f"[{SERVER6}]:443"),
    "nginx": lambda lab: stream_nginx(lab, "proxy_protocol on;"),
}


@pytest.mark.parametrize("balancer", BALANCERS)
def test_the_client_s_address_is_in_the_log(lab, balancer):
    serve = lab.serve("--proxy-protocol-from", f"{FROM},2001:db8:9::254")
    front = BALANCERS[balancer](lab)
    connect = lab.connect(to=BALANCER)
    lab.client.ping_server()
    serve.wait_for(rf'up, user "ann", .* from {CLIENT}:\d+, ')
    connect.stop()
    front.stop()


def test_radius_gets_the_client_s_address(lab):
    radius = FreeRadius(lab, 'ann Cleartext-Password := "wonder land"\n')
    lab.serve("--radius", "127.0.0.1", "--radius-secret-file", lab.file("secret", SECRET + "\n"),
              "--proxy-protocol-from", FROM, users=False)
    tcp_haproxy(lab, "send-proxy-v2")
    lab.connect(to=BALANCER).stop()
    eventually("a stop", lambda: radius.record("Stop"))
    assert radius.record("Start")[0]["Calling-Station-Id"] == CLIENT


def test_a_ban_is_of_the_client_alone(lab, both):
    """Its own address is refused before TLS, through the load balancer that the others come through too."""
    serve = lab.serve("--proxy-protocol-from", FROM, "--max-failures", "1")
    tcp_haproxy(lab, "send-proxy")
    for name in ("eve", "mallory", "trudy", "oscar", "sybil"):
        lab.connect_fails(to=BALANCER, user=name, password="wrong")
    status, said = lab.connect_fails(to=BALANCER)
    assert status != 0 and "access_denied" in said, said
    serve.wait_for("refused: too many failed logins before")
    lab.connect(host=lab.other, to="10.2.0.254")
    serve.wait_for(r'up, user "ann", .* from 10\.2\.0\.2:\d+, ')


def speaks_tls(host, first, step=None):
    """Sends bytes, then a ClientHello of OpenSSL's; returns the type of the record that comes back, or None."""
    from ssl import MemoryBIO, SSLContext, SSLWantReadError, PROTOCOL_TLS_CLIENT
    context = SSLContext(PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    out = MemoryBIO()
    with pytest.raises(SSLWantReadError):
        context.wrap_bio(MemoryBIO(), out, server_hostname="vpn.example.net").do_handshake()
    data = first + out.read()
    with host.connect(SERVER, 443) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for n in range(0, len(data), step or len(data)):
            s.sendall(data[n:n + (step or len(data))])
        try:
            answer = s.recv(1)
        except ConnectionResetError:
            answer = b""
    return answer[0] if answer else None


HANDSHAKE, ALERT = 22, 21
V1_HEADER = b"PROXY TCP4 10.7.7.7 192.0.2.1 50000 443\r\n"
V2_HEADER = V2 + b"\x21\x11" + struct.pack("!H", 12) + bytes([10, 7, 7, 7, 192, 0, 2, 1, 1, 0, 1, 187])


@pytest.mark.parametrize("header", [V1_HEADER, V2_HEADER, b"PROXY UNKNOWN\r\n"])
def test_a_header_in_any_pieces(lab, both, header):
    serve = lab.serve("--proxy-protocol-from", "192.0.2.254/32")
    assert speaks_tls(lab.router, header) == HANDSHAKE
    assert speaks_tls(lab.router, header, step=1) == HANDSHAKE
    if b"UNKNOWN" not in header:
        serve.wait_for("the client is 10.7.7.7:", count=2)
    assert ("the client is 10.7.7.7:" in serve.log) == (b"UNKNOWN" not in header)


def test_the_header_is_required_from_them_and_refused_from_others(lab):
    serve = lab.serve("--proxy-protocol-from", FROM)
    assert speaks_tls(lab.client, b"") == HANDSHAKE
    assert speaks_tls(lab.client, V1_HEADER) in (ALERT, None)
    assert speaks_tls(lab.client, V2_HEADER) in (ALERT, None)
    assert speaks_tls(lab.router, b"") is None
    serve.wait_for("192.0.2.254:.* is in --proxy-protocol-from, but sent no PROXY header; it sent ")
    assert "10.7.7.7" not in serve.log


@pytest.mark.parametrize("value", ["lb.example.net", "192.0.2.0/33", "192.0.2.1,", ""])
def test_a_list_that_is_none(lab, value):
    serve = lab.serve("--proxy-protocol-from", value, wait=False)
    assert serve.wait() == 2
    assert "--proxy-protocol-from" in serve.log and "192.0.2.0/24" in serve.log


# ---- listening sockets

def test_both_families_side_by_side(lab):
    """IPV6_V6ONLY: each has its own socket, also where the other is given too."""
    for options in (["--listen", "0.0.0.0:443", "--listen", "[::]:443"], ["--listen", "*:443"], []):
        serve = lab.serve(*options)
        assert speaks_tls(lab.client, b"") == HANDSHAKE
        assert re.search(r"^listening on 0.0.0.0:443$", serve.log, re.M)
        assert re.search(r"^listening on \[::\]:443$", serve.log, re.M)
        serve.stop()
    serve = lab.serve("--listen", "[::]:443")
    with pytest.raises(ConnectionRefusedError):
        speaks_tls(lab.client, b"")
    serve.stop()


def connect_through(lab, path, how="send-proxy-v2"):
    tcp = haproxy(lab, f"""
listen vpn
    mode tcp
    bind :4443
    server one unix@{path} {how}
""", port=4443, host=lab.server)
    connect = lab.connect(to=f"{SERVER}:4443")
    lab.client.ping_server()
    connect.stop()
    tcp.stop()


def test_a_unix_socket(lab, both):
    """From HAProxy on the same host; the socket is gone at the end, and one that was left over is replaced."""
    path = lab.server.run_folder / "tls.sock"
    path.unlink(missing_ok=True)
    serve = lab.serve("--listen", "unix:/run/tls.sock", "--proxy-protocol-from", "unix", "--workers", "2")
    assert path.stat().st_mode & 0o777 == 0o660
    connect_through(lab, "/run/tls.sock")
    serve.wait_for(rf'up, user "ann", .* from {CLIENT}:\d+, ')
    second = lab.serve("--listen", "unix:/run/tls.sock", "-i", "vpn%d", wait=False, network="10.10.0.0/24")
    assert second.wait() == 11 and "another program listens there" in second.log
    assert path.exists()
    serve.stop()
    assert not path.exists()
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(path))
    serve = lab.serve("--listen", "unix:/run/tls.sock")
    connect_through(lab, "/run/tls.sock", "")
    serve.wait_for(r'up, user "ann", .* from a Unix socket, ')


def activated(lab, *options, sockets, more=()):
    """sstp serve, started by systemd-socket-activate."""
    words = [w for s in sockets for w in ("--listen", s)]
    program = lab.start(
        lab.server, "systemd-socket-activate", *words, *more, lab.sstp, "serve", "-v", "--cert", lab.pki.server.cert,
        "--key", lab.pki.server.key, "--users", lab.file("users", 'ann * "wonder land" *\n'), "--ipv4-network",
        "10.9.0.0/24", *options, label="activated")
    program.wait_for("Listening on ")
    return program


@pytest.mark.parametrize("sockets, options, count", [
    (["0.0.0.0:443", "[2001:db8:9::1]:443", "/run/given.sock"], [], 3),
    (["0.0.0.0:443", "[2001:db8:9::1]:443", "/run/given.sock"], ["--listen", "4443"], 3),
    (["443"], ["--listen", "443", "--workers", "3"], 1),  # one for both families
])
def test_sockets_of_systemd(lab, both, sockets, options, count):
    path = lab.server.run_folder / "given.sock"
    path.unlink(missing_ok=True)
    serve = activated(lab, *options, sockets=sockets)
    first = lab.connect(wait=False)  # which starts the server
    serve.wait_for("^ready: ")
    first.wait_for("^connected in ")
    lab.client.ping_server()
    assert serve.log.count(", given by systemd") == count
    assert ("listening on 0.0.0.0:4443" in serve.log) == ("4443" in options)
    lab.connect(host=lab.other, to=f"[{SERVER6}]", user="ann")
    serve.stop()
    assert path.exists() == (count == 3)  # that is systemd's


def test_the_workers_share_the_sockets_of_systemd(lab):
    serve = activated(lab, "--workers", "3", sockets=["0.0.0.0:443"])
    clients = [lab.start(lab.client, lab.sstp, "probe", SERVER, "--ca-cert", lab.pki.ca) for _ in range(3)]
    serve.wait_for("^ready: ")
    for client in clients:
        assert client.wait() == 0
    connections = [lab.client.connect(SERVER, 443) for _ in range(30)]
    eventually("all", lambda: len(re.findall(r"connected$", serve.log, re.M)) >= 30)
    for c in connections:
        c.close()


def test_what_is_no_listening_socket(lab):
    serve = lab.start(lab.server, "sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3</dev/null', "sh", lab.sstp, "serve",
                      "--cert", lab.pki.server.cert, "--key", lab.pki.server.key, "--users",
                      lab.file("users", "ann * x *\n"), "--ipv4-network", "10.9.0.0/24")
    assert serve.wait() == 2
    assert "LISTEN_FDS: descriptor 3 is not a listening stream socket" in serve.log


def test_sockets_of_another_process_are_not_taken(lab):
    serve = lab.serve(env={"LISTEN_PID": "1", "LISTEN_FDS": "3"})
    assert "given by systemd" not in serve.log and "listening on 0.0.0.0:443" in serve.log


@pytest.mark.parametrize("value, words", [("unix:tls.sock", "slash"), ("unix:/" + "a" * 200, "too long"),
                                          ("http://", "it is empty"), ("https://127.0.0.1:443", "")])
def test_a_listener_that_cannot_be(lab, value, words):
    serve = lab.serve("--listen", value, wait=False)
    assert serve.wait() == 2 and "--listen" in serve.log and words in serve.log


# ---- a TLS terminator: HAProxy on the same host ends TLS and passes HTTP on

HTTP = "http://127.0.0.1:8080"


def serve_http(lab, *options, certs=True, listen=HTTP, **more):
    """Without certificate and key of its own: it only knows the terminator's certificate."""
    words = ["--binding-cert", lab.pki.server.cert] if certs else []
    serve = lab.start(lab.server, lab.sstp, "serve", "-v", "--users", lab.file("users", 'ann * "wonder land" *\n'),
                      "--ipv4-network", "10.9.0.0/24", "--listen", listen, *words, *options, label="serve", **more)
    return serve


def test_a_tls_terminator(lab, both):
    serve = serve_http(lab)
    serve.wait_for("^ready: ")
    http_haproxy(lab, "127.0.0.1:8080")
    connect = lab.connect(to=NAME, trust=["--ca-cert", lab.pki.ca])
    lab.client.ping_server("-s", "1200", count=20)
    serve.wait_for(rf'up, user "ann", .* from {CLIENT}:0, HTTP without TLS')
    connect.stop()
    serve.wait_for("ended after ")


def test_a_terminator_by_a_unix_socket_with_a_proxy_header(lab):
    serve = serve_http(lab, "--proxy-protocol-from", "unix", listen="http://unix:/run/http.sock")
    serve.wait_for("^ready: ")
    assert "listening: http://unix:/run/http.sock\n" in lab.server.run(lab.sstp, "status").stdout
    http_haproxy(lab, "unix@/run/http.sock send-proxy-v2", backend="")
    lab.connect(to=NAME, trust=["--ca-cert", lab.pki.ca])
    lab.client.ping_server()
    serve.wait_for(rf'up, user "ann", .* from {CLIENT}:\d+, ')


@pytest.mark.parametrize("order", [("www", "server"), ("server", "www")])
def test_any_of_its_certificates(lab, order):
    other = lab.pki.identity("www", "DNS:www.example.net")
    certs = [lab.pki.server.cert if n == "server" else other.cert for n in order]
    serve = serve_http(lab, "--binding-cert", certs[0], "--binding-cert", certs[1], certs=False)
    serve.wait_for("^ready: ")
    http_haproxy(lab, "127.0.0.1:8080")
    lab.connect(to=NAME, trust=["--ca-cert", lab.pki.ca])
    lab.client.ping_server()


def test_another_certificate_is_refused(lab):
    other = lab.pki.identity("www", "DNS:www.example.net")
    serve = serve_http(lab, "--binding-cert", other.cert, certs=False)
    serve.wait_for("^ready: ")
    http_haproxy(lab, "127.0.0.1:8080")
    lab.connect(to=NAME, trust=["--ca-cert", lab.pki.ca], wait=False).wait_for(r"Call-Abort: VALUE_NOT_SUPPORTED \(4\)")
    serve.wait_for("ended .*certificate")


def test_its_own_tls_beside_it(lab):
    """--cert serves both: TLS here, and the crypto binding of the terminator."""
    serve = lab.serve("--listen", "443", "--listen", HTTP)
    http_haproxy(lab, "127.0.0.1:8080", port=4443)
    lab.connect(to=f"{SERVER}:4443")
    lab.client.ping_server()
    serve.wait_for("HTTP without TLS")
    lab.connect(host=lab.other)
    lab.other.ping_server()


def test_only_a_terminator_may_say_whom_it_is_for(lab):
    """Who may not connect there is closed out; X-Forwarded-For of a client itself is not believed."""
    serve = serve_http(lab, "--terminator-from", "192.0.2.0/24", listen="http://0.0.0.0:8080")
    serve.wait_for("^ready: ")
    with lab.client.connect(SERVER, 8080) as s:
        s.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert s.recv(100) == b""
    serve.wait_for(f"{CLIENT}:.* may not send HTTP without TLS")
    with lab.router.connect(SERVER, 8080) as s:
        s.sendall(b"GET / HTTP/1.1\r\nX-Forwarded-For: 6.6.6.6, 10.7.7.7, 192.0.2.254\r\n\r\n")
        assert s.recv(100).startswith(b"HTTP/1.1 404 Not Found\r\n")
    serve.wait_for("the client is 10.7.7.7$")
    http_haproxy(lab, f"{SERVER}:8080")
    with lab.client.connect(SERVER, 443) as s:
        context = ssl.create_default_context(cafile=lab.pki.ca)
        with context.wrap_socket(s, server_hostname=NAME) as t:
            t.sendall(f"GET / HTTP/1.1\r\nHost: {NAME}\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n".encode())
            assert t.recv(100).startswith(b"HTTP/1.1 404 ")
    serve.wait_for(f"the client is {CLIENT}$")
    assert "the client is 6.6.6.6" not in serve.log


def test_a_ban_through_a_terminator(lab):
    serve = serve_http(lab, "--max-failures", "1")
    serve.wait_for("^ready: ")
    http_haproxy(lab, "127.0.0.1:8080")
    for name in ("eve", "mallory", "trudy", "oscar", "sybil"):
        lab.connect_fails(to=NAME, trust=["--ca-cert", lab.pki.ca], user=name, password="wrong")
    status, said = lab.connect_fails(to=NAME, trust=["--ca-cert", lab.pki.ca])
    assert status != 0 and "403" in said
    lab.connect(host=lab.other, to=NAME, trust=["--ca-cert", lab.pki.ca])


def test_a_new_certificate_of_the_terminator(lab):
    """SIGHUP reads it again."""
    other = lab.pki.identity("www", "DNS:www.example.net")
    cert = lab.file("binding.crt", other.cert.read_text())
    serve = serve_http(lab, "--binding-cert", cert, "--no-watch", certs=False)
    serve.wait_for("^ready: ")
    http_haproxy(lab, "127.0.0.1:8080")
    client = lab.connect(to=NAME, trust=["--ca-cert", lab.pki.ca], wait=False)
    client.wait_for(r"Call-Abort: VALUE_NOT_SUPPORTED \(4\)")
    client.stop()
    cert.write_text(lab.pki.server.cert.read_text())
    serve.send(signal.SIGHUP)
    serve.wait_for("reloaded .*binding.crt")
    lab.connect(to=NAME, trust=["--ca-cert", lab.pki.ca])


@pytest.mark.parametrize("option, words", [("--binding-cert", "give the certificate by --cert"),
                                           ("--terminator-from", "use --proxy-protocol-from")])
def test_options_of_a_terminator_without_one(lab, option, words):
    serve = lab.serve(option, lab.pki.server.cert if option == "--binding-cert" else "192.0.2.0/24", wait=False)
    assert serve.wait() == 2 and words in serve.log, serve.log
    assert f"{option}: no socket is for a TLS terminator in front of sstp: add --listen http://127.0.0.1:8080" in serve.log


@pytest.mark.parametrize("listen, options, words", [
    ("http://0.0.0.0:8080", [], "only on a loopback address or a Unix socket"),
    ("http://8080", [], "only on a loopback address"),
    ("http://[2001:db8:9::1]:8080", [], "--listen http://[2001:db8:9::1]:8080"),
    ("http://127.0.0.1", [], "there is no port"),
    (HTTP, ["--terminator-from", "lb"], "192.0.2.0/24"),
    (HTTP, [], "--binding-cert FILE"),
    (HTTP, ["--auth", "peap"], "--cert FILE"),
])
def test_a_terminator_that_cannot_be(lab, listen, options, words):
    serve = serve_http(lab, *options, listen=listen, certs=words.startswith(("only", "--listen", "there")))
    assert serve.wait() == 2 and words in serve.log, serve.log
