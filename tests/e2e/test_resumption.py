# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS sessions resumed by tickets: our client's reconnects, OpenSSL's client, and servers that end TLS in front of ours."""
import base64
import os
import signal

import pytest

from lab import NAME, SERVER, eventually
from pki import Identity
from test_peer_http import s_client

RESUMED = "the TLS session is resumed"


@pytest.fixture
def trust(lab):
    return ["--ca-cert", lab.pki.ca]


def reconnect(client, count):
    client.send(signal.SIGUSR2)
    client.wait_for("^connected in ", count)


def test_a_reconnect_is_resumed(lab, both):
    """Each time by the ticket of the call before, with the pin that was given."""
    server = lab.serve()
    client = lab.connect("--no-default-route")
    assert RESUMED not in client.log
    for count in (2, 3):
        reconnect(client, count)
        assert client.log.count(RESUMED) == count - 1
        assert client.log.count("certificate trusted by its pin") == count
    server.wait_for(", resumed$", count=2)
    assert server.log.count(", resumed\n") == 2
    lab.client.ping_server()
    assert client.stop() == 0
    assert server.stop() == 0


def test_after_a_cut(lab, trust):
    """The server has lost the connection, and sends the client a reset."""
    server = lab.serve()
    client = lab.connect("--no-default-route", trust=trust)
    done = lab.server.run("ss", "-K", "sport", "=", ":443", check=False)
    if "not supported" in done.stderr:
        pytest.skip("kernel: no INET_DIAG_DESTROY")
    client.wait_for("^connected in ", 2)
    assert client.log.count(RESUMED) == 1
    server.wait_for(", resumed$")


def test_why_a_resumed_tunnel_ended_is_logged(lab, trust):
    """The next attempt comes at once, in case the ticket was the reason."""
    lab.serve()
    client = lab.connect("--no-default-route", trust=trust)
    reconnect(client, 2)
    lab.server.run(lab.sstp, "kick", "ann")
    client.wait_for(r'^warn: closed by the peer \("ended by an administrator"\); once more, with a full TLS handshake$')
    client.wait_for("^connected in ", 3)


SECOND = "192.0.2.2"  # a second address of the host "server"


def test_the_attempt_after_a_resumed_tunnel_is_like_any_other(lab):
    """The server is killed: the attempt without a ticket fails too. Its hint is logged, and the next server is tried at once."""
    lab.is_changed = True
    lab.server.configure(f"addr add {SECOND}/24 dev cable\n")
    identity = lab.pki.identity("two-addresses", f"IP:{SERVER},IP:{SECOND},DNS:{NAME}")
    first = lab.serve("--listen", f"{SERVER}:443", identity=identity)
    lab.serve("--listen", f"{SECOND}:443", identity=identity)
    client = lab.connect("--server", SECOND, "--no-default-route", "--no-portal-check", trust=["--ca-cert", lab.pki.ca])
    reconnect(client, 2)
    assert client.log.count(RESUMED) == 1
    first.kill()
    client.wait_for("^connected in ", 3)
    end = client.log[client.log.index("; once more, with a full TLS handshake\n"):]
    assert "\nwarn: hint: " in end
    assert f"\nwarn: {SERVER}:443: connection refused; trying the next server\n" in end
    assert "; next try in " not in end


def test_run_and_proxy_resume_too(lab, trust):
    lab.serve()
    for verb in (["run", SERVER], ["proxy", SERVER, "--socks5", "1080"]):
        more = ["--", "sleep", "1000"] if verb[0] == "run" else []
        client = lab.start(lab.client, lab.sstp, *verb, "-v", "--user", "ann", "--password-file",
                           lab.file("password", "wonder land\n"), *trust, *more)
        client.wait_for("^connected in ")
        reconnect(client, 2)
        assert client.log.count(RESUMED) == 1
        client.stop()


def write_pem(path, identity):
    """At once, as a server that watches the file must find it."""
    path.with_suffix(".new").write_text(identity.cert.read_text() + identity.key.read_text())
    path.with_suffix(".new").rename(path)


@pytest.mark.parametrize("change", ["restart", "reload", "certificate"])
def test_a_server_with_new_keys(lab, trust, change, tmp_path):
    """The handshake is a full one, in the same attempt."""
    pem = tmp_path / "server.pem"
    write_pem(pem, lab.pki.server)
    server = lab.serve(identity=Identity(pem, pem))
    client = lab.connect("--no-default-route", trust=trust)
    if change == "restart":
        server.kill()
        server = lab.serve(identity=Identity(pem, pem))
        client.wait_for("^connected in ", 2)
    else:
        if change == "reload":
            server.send(signal.SIGHUP)
        else:
            write_pem(pem, lab.pki.identity("renewed", f"IP:{SERVER},DNS:{NAME}"))
        server.wait_for("reloaded .*server.pem")
        reconnect(client, 2)
    assert RESUMED not in client.log
    assert ", resumed\n" not in server.log
    assert "once more" not in client.log
    reconnect(client, 3)
    assert client.log.count(RESUMED) == 1


# ---- OpenSSL's client


def session_of(lab, *options):
    path = lab.folder / "session"
    path.unlink(missing_ok=True)
    said, is_done = s_client(lab, "-tls1_3", "-ign_eof", "-sess_out", path, *options, text="GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert is_done, said
    assert path.exists(), "no ticket came"
    return path


def test_openssl_resumes(lab):
    """A ticket of TLS 1.3 is also good a second time: nothing is decrypted by it alone."""
    server = lab.serve()
    session = session_of(lab)
    for _ in range(2):
        said, _ = s_client(lab, "-tls1_3", "-sess_in", session)
        assert "Reused, TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256\n" in said, said
        assert "Server Temp Key: " in said or "Negotiated TLS1.3 group: " in said  # with a key of its own
        assert "Early data was not sent" in said or "Max Early Data: 0" in said
    server.wait_for(", resumed$", count=2)


@pytest.mark.parametrize("options", [["-groups", "P-256"], ["-groups", "X448:X25519"],
                                     ["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"]], ids=" ".join)
def test_openssl_resumes_with_other_settings(lab, options):
    """Resumed or not, the handshake succeeds."""
    lab.serve()
    session = session_of(lab)
    said, is_done = s_client(lab, "-tls1_3", "-sess_in", session, *options)
    assert is_done or "Reused, TLSv1.3" in said, said


def test_openssl_with_the_ticket_of_another_server(lab):
    """That was there before: of any length it is passed over, and the certificate is shown."""
    session = None
    for length in (0, 3000):
        identity = lab.pki.server
        other = lab.start(lab.server, "openssl", "s_server", "-quiet", "-port", "443", "-cert", identity.cert, "-key",
                          identity.key, "-www", *(["-Verify", "1", "-CAfile", lab.pki.ca] if length else []))
        eventually("s_server listens", lambda: lab.server.is_listening(443))
        client = lab.pki.identity("somebody", "DNS:" + "x" * 60 + ".example.net", usage="clientAuth", key="rsa")
        session = session_of(lab, *(["-cert", client.cert, "-key", client.key] if length else []))
        other.kill()
        server = lab.serve()
        said, is_done = s_client(lab, "-tls1_3", "-sess_in", session)
        assert is_done and "New, TLSv1.3" in said, said
        assert ", resumed\n" not in server.log
        server.kill()


@pytest.mark.parametrize("length", [1, 32, 128])
def test_openssl_with_a_key_of_its_own(lab, length):
    """A name of 32 bytes looks like a session id."""
    lab.serve()
    said, is_done = s_client(lab, "-tls1_3", "-psk", "1a2b3c4d" * 8, "-psk_identity", "x" * length)
    assert is_done and "New, TLSv1.3" in said, said


def test_openssl_asks_for_another_name(lab):
    lab.serve()
    said, _ = s_client(lab, "-tls1_3", "-sess_in", session_of(lab), "-servername", "elsewhere.example.net")
    assert "CONNECTED" in said and "Cipher is TLS_AES_128_GCM_SHA256" in said


# ---- TLS that ends in front of our server


@pytest.fixture
def front(lab):
    """Starts haproxy, which ends TLS and speaks TLS to our server on port 8443."""
    programs = []

    def start(identity, keys):
        for program in programs:
            program.kill()
        programs.append(haproxy(lab, identity, keys))

    yield start
    for program in programs:
        program.kill()


def haproxy(lab, identity, keys):
    pem = lab.file(f"front-{len(lab.programs)}.pem", identity.cert.read_text() + identity.key.read_text())
    config = lab.file(f"haproxy-{len(lab.programs)}.cfg", f"""
global
    maxconn 100
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
frontend vpn
    bind {SERVER}:443 ssl crt {pem} tls-ticket-keys {keys}
    default_backend ours
backend ours
    server one 127.0.0.1:8443 ssl verify none
""")
    program = lab.start(lab.server, "haproxy", "-db", "-f", config, label="haproxy")
    eventually("haproxy listens", lambda: lab.server.is_listening(443))
    return program


@pytest.fixture
def keys(lab):
    return lab.file("ticket-keys", "".join(base64.b64encode(os.urandom(48)).decode() + "\n" for _ in range(3)))


def test_a_front_resumes(lab, front, trust, keys):
    lab.serve("--listen", "127.0.0.1:8443")
    front(lab.pki.server, keys)
    client = lab.connect("--no-default-route", trust=trust)
    reconnect(client, 2)
    assert client.log.count(RESUMED) == 1
    lab.client.ping_server()


def test_a_front_with_another_certificate_and_the_same_keys(lab, front, trust, keys):
    """
    The client hashes the certificate of its first call, the server its own: the binding fails. The client
    connects once more, by a full handshake.
    """
    server = lab.serve("--listen", "127.0.0.1:8443")
    front(lab.pki.server, keys)
    client = lab.connect("--no-default-route", trust=trust)
    other = lab.pki.identity("renewed", f"IP:{SERVER},DNS:{NAME}")
    client.send(signal.SIGSTOP)  # it comes back when both have the other certificate
    server.kill()
    server = lab.serve("--listen", "127.0.0.1:8443", identity=other)
    front(other, keys)
    client.send(signal.SIGCONT)
    client.wait_for("once more, with a full TLS handshake")
    assert client.log.count(RESUMED) == 1
    server.wait_for("^session .*: up, ")
    lab.client.ping_server()
    reconnect(client, client.log.count("\nconnected in ") + 1)
    assert client.log.count(RESUMED) == 2
