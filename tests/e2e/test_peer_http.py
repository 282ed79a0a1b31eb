# SPDX-License-Identifier: GPL-3.0-or-later
"""curl and openssl's tools as clients of our server and as servers for our client: TLS and HTTP as others see them."""
import re
import socket
import ssl
import time
from contextlib import contextmanager

import pytest
from lab import NAME, PATIENCE, SERVER, eventually, in_background, on_a_terminal

# starts the connections that test_peer_softether.py checks later
pytestmark = pytest.mark.usefixtures("waiting")

REQUEST = "SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1"
EXIT_TLS, EXIT_HTTP = 6, 7
DEADLINE = 10  # seconds, for TLS and again for a request
HEADER_MAX = 8 * 1024


def curl(lab, *options, path="/"):
    """curl's view of https://vpn.example.net/: status, headers, and its notes on the connection."""
    done = lab.client.run("curl", "--silent", "--show-error", "--verbose", "--max-time", PATIENCE, "--cacert", lab.pki.ca,
                          *options, f"https://{NAME}{path}", check=False)
    assert done.returncode == 0, done.stderr
    status = re.search(r"^< HTTP/1.1 (\d+) ", done.stderr, re.M)
    assert status, done.stderr
    return int(status[1]), done.stderr


def s_client(lab, *options, text="", to="192.0.2.1:443"):
    """Runs openssl s_client; returns its output, and whether the handshake succeeded."""
    done = lab.client.run("openssl", "s_client", "-connect", to, "-servername", NAME, "-CAfile", lab.pki.ca,
                          "-verify_hostname", NAME, *options, check=False, input=text)
    said = done.stdout + done.stderr
    return said, "Verify return code: 0 (ok)" in said and "Cipher is (NONE)" not in said


def open_tls(lab):
    """A TLS connection of Python's."""
    context = ssl.create_default_context(cafile=lab.pki.ca)
    return context.wrap_socket(lab.client.connect("192.0.2.1", 443), server_hostname=NAME)


def ask(lab, request):
    """Sends bytes; returns all that the server sends until it closes."""
    with open_tls(lab) as connection:
        connection.sendall(request)
        return read_all(connection)


def read_all(connection):
    answer = b""
    while piece := connection.recv(4096):
        answer += piece
    return answer.decode()


# ---- HTTP


@pytest.mark.parametrize("options, path, status", [
    pytest.param([], "/", 404, id="GET"),
    pytest.param(["--head"], "/", 404, id="HEAD"),
    pytest.param(["--data", "a=b"], "/login", 404, id="POST"),
    pytest.param(["--data", "a" * 120_000, "--header", "Expect:"], "/login", 404, id="long-POST"),
    pytest.param(["--http2"], "/", 404, id="HTTP-2"),
    pytest.param(["--request", "DELETE"], "/", 501, id="DELETE"),
    pytest.param(["--request", "SSTP_DUPLEX_POST"], "/", 404, id="another-path"),
    pytest.param(["--request", "sstp_duplex_post"], "/sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/", 501, id="lower"),
    pytest.param(["--http1.0", "--request", "SSTP_DUPLEX_POST"], "/sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/", 400,
                 id="HTTP-1.0"),
])
def test_curl_gets_an_error_status(lab, options, path, status):
    server = lab.serve()
    got, said = curl(lab, "--globoff", *options, path=path)
    assert got == status
    assert re.search("^< Connection: close", said, re.M | re.I) and re.search("^< Content-Length: 0", said, re.M | re.I)
    assert "Closing connection" in said
    assert "session" not in server.said, "scanners come all day"


@pytest.mark.parametrize("request_text, status", [
    pytest.param("\r\n\r\n", 400, id="empty-line"),
    pytest.param("GET\r\n\r\n", 400, id="method-alone"),
    pytest.param("GET / HTTP/9.9\r\n\r\n", 400, id="version"),
    pytest.param("G\x00T / HTTP/1.1\r\n\r\n", 400, id="zero-byte"),
    pytest.param("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, id="HTTP-2-preface"),
    pytest.param("BREW /pot HTTP/1.1\r\n\r\n", 501, id="method"),
    pytest.param(f"GET / HTTP/1.1\r\nX: {'a' * HEADER_MAX}\r\n\r\n", 400, id="long-header"),
    pytest.param(f"{REQUEST}\r\nX: {'a' * HEADER_MAX}\r\n\r\n", 400, id="long-header-of-SSTP"),
    pytest.param("a" * 3 * HEADER_MAX, 400, id="no-end"),
])
def test_nonsense_is_refused(lab, request_text, status):
    lab.serve()
    answer = ask(lab, request_text.encode())
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert answer.endswith("\r\n\r\n") and answer.count("HTTP/1.1") == 1
    assert "\r\nConnection: close\r\n" in answer


def test_a_request_gets_one_response(lab):
    """One response in one record, then silence until the client sends its Call-Connect-Request."""
    lab.serve()
    with open_tls(lab) as connection:
        connection.sendall(f"{REQUEST}\r\nContent-Length: 18446744073709551615\r\nHost: {NAME}\r\n\r\n".encode())
        answer = connection.recv(4096).decode()
        assert answer.startswith("HTTP/1.1 200 OK\r\n") and answer.endswith("\r\n\r\n")
        assert "\r\nContent-Length: 18446744073709551615\r\n" in answer
        connection.settimeout(1)
        with pytest.raises(TimeoutError):
            connection.recv(4096)


def seconds_until_closed(start, connection, drip):
    """How long after `start` the server closes the connection of a client that sends `drip` each half second."""
    connection.settimeout(0.5)
    while time.monotonic() < start + PATIENCE:
        try:
            if drip:
                connection.sendall(drip)
            if not connection.recv(4096):
                break
        except (TimeoutError, ssl.SSLWantReadError):
            continue
        except OSError:
            break
    return time.monotonic() - start


def test_slow_clients_are_dropped(lab):
    """No handshake, no request, a request that comes a byte at a time: all wait for the same ten seconds."""
    server, start = lab.serve(), time.monotonic()
    slow = {
        "TCP alone": (lab.client.connect("192.0.2.1", 443), b""),
        "half a Client Hello": (lab.client.connect("192.0.2.1", 443), b"\x16"),
        "TLS alone": (open_tls(lab), b""),
        "a slow header": (open_tls(lab), b"X"),
        "slow lines": (open_tls(lab), b"X: y\r\n"),
    }
    waits = {name: in_background(seconds_until_closed, start, *how) for name, how in slow.items()}
    for name, wait in waits.items():
        assert DEADLINE - 1 <= wait.result() < PATIENCE, name
    for connection, _ in slow.values():
        connection.close()
    assert "error" not in server.said
    lab.connect("--no-default-route")


def test_plain_http_on_the_port_is_harmless(lab):
    lab.serve()
    with lab.client.connect("192.0.2.1", 443) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.settimeout(PATIENCE)
        connection.recv(4096)  # an alert, or the end
    lab.connect("--no-default-route")


# ---- TLS


@pytest.mark.parametrize("options, cipher", [
    (["-tls1_3"], "TLS_AES_128_GCM_SHA256"),
    (["-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"], "TLS_AES_256_GCM_SHA384"),
    (["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], "TLS_CHACHA20_POLY1305_SHA256"),
    (["-tls1_3", "-groups", "P-256"], "TLS_AES_128_GCM_SHA256"),
    (["-tls1_3", "-groups", "X448:X25519"], "TLS_AES_128_GCM_SHA256"),
    (["-tls1_2"], "ECDHE-ECDSA-AES128-GCM-SHA256"),
    (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"], "ECDHE-ECDSA-AES256-GCM-SHA384"),
    (["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], "ECDHE-ECDSA-CHACHA20-POLY1305"),
], ids=lambda value: value if isinstance(value, str) else " ".join(value).replace("-ciphersuites ", ""))
def test_openssl_shakes_hands(lab, options, cipher):
    """The server chooses the cipher suite, and prefers AES-128 if the processor has instructions for it."""
    lab.serve()
    said, is_done = s_client(lab, *options)
    assert is_done, said
    assert f"Cipher is {cipher}\n" in said


@pytest.mark.parametrize("options", [
    pytest.param(["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], id="TLS-1.1"),
    pytest.param(["-tls1", "-cipher", "ALL:@SECLEVEL=0"], id="TLS-1.0"),
    pytest.param(["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"], id="CBC"),
    pytest.param(["-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"], id="anonymous"),
    pytest.param(["-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"], id="CCM"),
])
def test_openssl_is_refused(lab, options):
    lab.serve()
    said, is_done = s_client(lab, *options)
    assert not is_done, said
    assert "alert" in said
    _, is_done = s_client(lab)
    assert is_done


def test_cbc_is_available_by_an_option(lab):
    lab.serve("--legacy-ciphers")
    said, is_done = s_client(lab, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA")
    assert is_done, said
    assert "Cipher is ECDHE-ECDSA-AES128-SHA\n" in said


def test_only_tls_1_3_with_the_option(lab):
    lab.serve("--min-tls", "1.3")
    assert not s_client(lab, "-tls1_2")[1]
    assert s_client(lab, "-tls1_3")[1]


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_alpn_is_http_1_1_or_nothing(lab, version):
    lab.serve()
    said, is_done = s_client(lab, version, "-alpn", "h2,http/1.1")
    assert is_done and "ALPN protocol: http/1.1\n" in said
    said, is_done = s_client(lab, version, "-alpn", "h2")
    assert is_done and "No ALPN negotiated" in said
    said, is_done = s_client(lab, version)
    assert is_done and "No ALPN negotiated" in said


def test_tls_1_2_is_not_resumed_and_nothing_is_renegotiated(lab):
    """A renegotiation could change the certificate. TLS 1.3: test_resumption.py."""
    lab.serve()
    session = lab.folder / "session"
    said, _ = s_client(lab, "-tls1_2", "-sess_out", session)
    assert "TLS session ticket:" not in said
    if session.exists():
        assert "Reused" not in s_client(lab, "-tls1_2", "-sess_in", session)[0]
    said, _ = s_client(lab, "-tls1_2", text="R\n")
    assert "Secure Renegotiation IS supported" in said
    assert not re.search("RENEGOTIATING\n(?!.*error|.*alert|.*no renegotiation)", said, re.S)


def test_openssl_asks_for_new_keys(lab):
    """KeyUpdate of TLS 1.3, before and after the request."""
    server = lab.serve()
    shown = on_a_terminal(lab.client.words(["openssl", "s_client", "-crlf", "-connect", f"{SERVER}:443", "-CAfile",
                                            lab.pki.ca]), [
        (b"Verify return code: 0 (ok)", b"K\n"),
        (b"KEYUPDATE", f"{REQUEST}\nContent-Length: 18446744073709551615\nHost: {NAME}\n\n".encode()),
        (b"200 OK", b"K\nno call\n"),
    ])[1]
    assert shown.count("KEYUPDATE") == 2
    server.wait_for("the peer sent bytes that are not an SSTP packet")  # which were understood, then


# ---- our client with others' servers


@contextmanager
def s_server(lab, *options, says=""):
    """OpenSSL's server on port 443; `says` is its response to any request."""
    identity = lab.pki.server
    command = f"openssl s_server -quiet -port 443 -cert {identity.cert} -key {identity.key} {' '.join(options)}"
    # it would close the connection at the end of its standard input
    program = lab.start(lab.server, "bash", "-c", f"exec {command} < <(cat {lab.file('says', says)}; exec sleep 1000)",
                        label="s_server")
    eventually("s_server listens", lambda: lab.server.is_listening(443))
    yield program
    program.kill()


@pytest.mark.parametrize("version, shown", [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
@pytest.mark.parametrize("answer, words", [
    pytest.param("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n", "405", id="405"),
    pytest.param("HTTP/1.1 200 OK\r\n\r\n<html>Welcome</html>", "", id="page"),
    pytest.param("SSH-2.0-OpenSSH_9.2p1\r\n", "", id="ssh"),
])
def test_our_client_tells_a_web_server_from_an_sstp_server(lab, version, shown, answer, words):
    with s_server(lab, version, says=answer):
        status, said = lab.connect_fails("--once")
        assert status == EXIT_HTTP
        assert words in said
    with s_server(lab, version, says=answer):
        report = lab.probe()
        assert report.returncode == EXIT_HTTP
        assert re.search(rf"version +{shown},", report.stdout)


@pytest.mark.parametrize("options", [
    pytest.param(["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], id="TLS-1.1"),
    pytest.param(["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"], id="CBC"),
])
def test_our_client_refuses_old_tls(lab, options):
    with s_server(lab, *options):
        status, said = lab.connect_fails("--once")
    assert status == EXIT_TLS
    assert re.search("version|cipher", said)


def test_our_client_accepts_cbc_with_the_option(lab):
    with s_server(lab, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA", says="HTTP/1.1 404 Not Found\r\n\r\n"):
        status, said = lab.connect_fails("--once", "--legacy-ciphers")
    assert status == EXIT_HTTP
    assert "AES_128_CBC_SHA" in said
