# SPDX-License-Identifier: GPL-3.0-or-later
"""`sstp serve` with a load balancer in front of it: HAProxy and nginx."""
import socket
import struct

import pytest

from fronts import BALANCER, FROM, stream_nginx, tcp_haproxy
from lab import SERVER, SERVER6, eventually
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
