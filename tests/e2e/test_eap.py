# SPDX-License-Identifier: GPL-3.0-or-later
"""Login by EAP with certificates: sstp at both ends, certificates made by openssl."""
import signal
from pathlib import Path

import pytest

from chains import Maker
from lab import NAME, on_a_terminal
from pki import openssl
from radius import SECRET, FreeRadius

FOR_CLIENTS = ("basicConstraints = CA:FALSE", "extendedKeyUsage = clientAuth")
UPN = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:"
METHOD = ("--auth", "eap-tls", "--eap-name", "vpn.example.net")
EXIT_USAGE, EXIT_TRUST, EXIT_AUTH = 2, 5, 9


@pytest.fixture(scope="module")
def maker(tmp_path_factory):
    return Maker(tmp_path_factory.mktemp("eap") / "made")


@pytest.fixture(scope="module")
def clients(maker):
    """The authority of the clients."""
    return maker.authority("Clients")


def client_of(maker, authority, name="ann", names="", kind="ec", extensions=FOR_CLIENTS):
    san = (f"subjectAltName = {names}",) if names else ()
    return maker.make(name, authority, kind=kind, extensions=extensions + san)


def serve(lab, clients, *options, **more):
    return lab.serve("--auth", "eap-tls", "--client-ca", clients.cert, *options, **more)


def connect(lab, client, *options, **more):
    return lab.connect(*METHOD, "--eap-ca", lab.pki.ca, "--client-cert", client.cert, "--client-key", client.key,
                       "--no-default-route", *options, **more)


@pytest.mark.parametrize("kind", ["ec", "rsa", "p384", "ed25519"])
def test_a_certificate_is_enough(lab, both, maker, clients, kind):
    server = serve(lab, clients, users="ann * $cert$ *\n")
    connect(lab, client_of(maker, clients, kind=kind))
    server.wait_for('^session 1: up, user "ann"')
    lab.client.ping_server()


@pytest.mark.parametrize("names, identity, user", [
    (f"{UPN}ann@example.net,email:a.smith@example.net", "ann@example.net", "ann@example.net"),
    (f"email:a.smith@example.net", "A.Smith@example.net", "a.smith@example.net"),
    (f"{UPN}ann@example.net", "anonymous@example.net", "ann@example.net"),
    (f"{UPN}ann@example.net", "smith", "smith"),  # the common name
])
def test_the_name_in_the_certificate(lab, maker, clients, names, identity, user):
    server = serve(lab, clients, users=f"{user} * $cert$ 10.9.0.77\n")
    connect(lab, client_of(maker, clients, "smith", names), "--eap-identity", identity)
    assert server.wait_for(r'^session 1: up, user "(\S+)", address 10.9.0.77').group(1) == user


def test_a_user_name_is_not_needed(lab, maker, clients):
    server = serve(lab, clients, users="ann@example.net * $cert$ *\n")
    client = client_of(maker, clients, "ann", UPN + "ann@example.net")
    program = lab.start(lab.client, lab.sstp, "connect", "-v", "192.0.2.1", "--servercert", lab.pki.server.pin, *METHOD,
                        "--eap-ca", lab.pki.ca, "--client-cert", client.cert, "--client-key", client.key,
                        "--no-default-route", label="connect")
    program.wait_for("^connected in ")
    server.wait_for('^session 1: up, user "ann@example.net"')


def refused(lab, server, client, why, *options, status=EXIT_AUTH, **more):
    program = connect(lab, client, *options, wait=False, **more)
    assert program.wait() == status
    server.wait_for(f'login of user .* by eap refused: {why}')
    return program.said.splitlines()[-1]


def test_the_certificate_of_somebody_else(lab, maker, clients):
    server = serve(lab, clients, users="ann * $cert$ *\nbob * $cert$ *\n")
    refused(lab, server, client_of(maker, clients, "bob"), 'the client\'s certificate is for another user: "bob"')


def test_a_user_who_is_not_in_the_file(lab, maker, clients):
    server = serve(lab, clients, users="bob * $cert$ *\n")
    refused(lab, server, client_of(maker, clients, "ann"), "no such user")


def test_a_certificate_is_no_password(lab, clients):
    server = lab.serve("--auth", "eap-tls,mschapv2,pap", "--client-ca", clients.cert, users="ann * $cert$ *\n")
    status, _ = lab.connect_fails("--auth", "pap", password="$cert$")
    assert status == EXIT_AUTH
    server.wait_for("login of user \"ann\" by pap refused: the user file has no password for this user")


@pytest.mark.parametrize("what", ["another authority", "a server's", "expired"])
def test_certificates_that_the_server_refuses(lab, maker, clients, what):
    server = serve(lab, clients)
    if what == "another authority":
        client, why = client_of(maker, maker.authority("Elsewhere")), "is not signed by an authority that --client-ca holds"
    elif what == "a server's":
        client = client_of(maker, clients, extensions=("basicConstraints = CA:FALSE", "extendedKeyUsage = serverAuth"))
        why = "is not meant for clients"
    else:
        client = maker.make("ann", clients, extensions=FOR_CLIENTS, start="20200101000000Z", end="20210101000000Z")
        why = "expired on 2021"
    refused(lab, server, client, f".*{why}")


def test_a_revoked_certificate(lab, maker, clients):
    good, bad = client_of(maker, clients), client_of(maker, clients)
    lists = maker.file(maker.crl(clients, [bad]))
    server = serve(lab, clients, "--client-crl", lists)
    connect(lab, good).stop()
    refused(lab, server, bad, ".*revoked")
    # a list that is replaced is used from the next SIGHUP on
    lists.write_bytes(maker.crl(clients, [good, bad]))
    server.send(signal.SIGHUP)
    server.wait_for("^reloaded .*crt")
    refused(lab, server, good, ".*revoked")


@pytest.mark.parametrize("name, works", [
    ("vpn.example.net", True), ("example.net", True), ("VPN.Example.Net", True),
    ("radius.example.net", False), ("ample.net", False), ("net.example.vpn", False),
])
def test_the_name_of_the_server_inside(lab, maker, clients, name, works):
    serve(lab, clients)
    client = connect(lab, client_of(maker, clients), "--eap-name", name, wait=works)
    if not works:
        assert client.wait() == EXIT_TRUST
        assert client.said.splitlines()[-1] == \
            f"error: login by EAP: the server's certificate is not for {name} but for vpn.example.net, 192.0.2.1, 2001:db8:9::1"


def test_the_authority_of_the_server_inside(lab, maker, clients):
    serve(lab, clients)
    client = connect(lab, client_of(maker, clients), "--eap-ca", lab.pki.other_ca, wait=False)
    assert client.wait() == EXIT_TRUST
    assert client.said.splitlines()[-1] == \
        ("error: login by EAP: the certificate of vpn.example.net is not signed by an authority that --eap-ca (or --ca-cert) "
         "holds (issuer CN=The office authority)")


@pytest.mark.parametrize("method", ["eap-tls", "peap"])
def test_a_revoked_server_inside(lab, both, maker, clients, method):
    root = maker.authority("Inside")
    leaf, client = maker.make("vpn.example.net", root), client_of(maker, clients)
    lab.serve("--auth", method, "--client-ca", clients.cert, identity=maker.shown(leaf))
    own = ["--client-cert", client.cert, "--client-key", client.key] if method == "eap-tls" else []

    def start(*options, wait=False):
        return lab.connect("--auth", method, "--eap-name", "vpn.example.net", "--eap-ca", root.cert, *own,
                           "--no-default-route", *options, to="vpn.example.net", trust=["--ca-cert", root.cert], wait=wait)

    def refused(client, words):
        client.wait_for(f"login by EAP: {words}")
        client.stop()

    revoked = "the certificate of vpn.example.net was revoked on .*: keyCompromise"
    another = maker.file(maker.crl(maker.authority("Another")))
    lists = maker.file(maker.crl(root))
    client = start("--eap-crl", lists, wait=True)
    lists.write_bytes(maker.crl(root, [leaf], "keyCompromise"))
    client.send(signal.SIGUSR2)  # it connects again, and reads the file again
    refused(client, revoked)
    refused(start("--eap-crl", another),
            "the file of --eap-crl or --crl has no revocation list that is for the certificate of vpn.example.net")


def test_the_lists_of_the_outer_server_count_inside(lab, maker):
    """Unless --eap-ca gives other authorities. Inside there is another server, with a certificate that is revoked."""
    root = maker.authority("Both")
    outer, inner = (maker.make(NAME, root) for _ in range(2))
    FreeRadius(lab, 'ann Cleartext-Password := "wonder land"\n', identity=maker.shown(inner))
    lab.serve("--radius", "127.0.0.1", "--radius-secret-file", lab.file("secret", SECRET + "\n"), "--auth", "peap",
              users=False, identity=maker.shown(outer))
    lists = maker.file(maker.crl(root, [inner]))

    def start(*options, wait=False):
        return lab.connect(*PEAP, "--no-default-route", *options, to=NAME,
                           trust=["--ca-cert", root.cert, "--crl", lists], wait=wait)

    client = start()
    client.wait_for("login by EAP: the certificate of vpn.example.net was revoked on")
    client.stop()
    start("--eap-ca", root.cert, wait=True)


DES3 = ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"]


@pytest.mark.parametrize("how, password", [
    ([], "secret"),  # PBES2 with AES-256 and HMAC-SHA-256
    (DES3, "secret"),
    (["-keypbe", "AES-128-CBC", "-certpbe", "NONE", "-macalg", "sha512"], "grüße 😀"),
    (["-keypbe", "NONE", "-certpbe", "AES-192-CBC", "-iter", "1", "-nomaciter"], ""),
])
def test_a_pkcs12_file(lab, both, tmp_path, maker, clients, how, password):
    """With the certificate of an intermediate authority, which the server does not have."""
    middle = maker.authority("Middle", clients)
    client = client_of(maker, middle)
    chain = maker.file(Path(middle.cert).read_bytes())
    p12 = tmp_path / "ann.p12"
    p12.write_bytes(openssl("pkcs12", "-export", "-in", client.cert, "-inkey", client.key, "-certfile", chain, *how,
                            "-passout", f"pass:{password}"))
    server = serve(lab, clients, users="ann * $cert$ *\n")
    lab.connect(*METHOD, "--eap-ca", lab.pki.ca, "--client-cert", p12, "--client-key-password-file",
                lab.file("p12-password", password + "\n"), "--no-default-route")
    server.wait_for('^session 1: up, user "ann"')


@pytest.mark.parametrize("iterations, fits", [(60_000, True), (700_000, False)])
def test_a_pkcs12_file_that_takes_long(lab, tmp_path, maker, clients, iterations, fits):
    """Its certificates, its key and its MAC each ask for that many; a hostile file could ask for it thousands of times."""
    client = client_of(maker, clients)
    p12, password = tmp_path / "ann.p12", lab.file("p12-password", "secret\n")
    p12.write_bytes(openssl("pkcs12", "-export", "-in", client.cert, "-inkey", client.key, "-iter", iterations, "-passout",
                            "pass:secret"))
    p12.chmod(0o600)
    done = lab.client.run(lab.sstp, "connect", *METHOD, "--eap-ca", lab.pki.ca, "--servercert", lab.pki.server.pin,
                          "--client-cert", p12, "--client-key-password-file", password, "--check", "192.0.2.1", check=False)
    if fits:
        assert done.returncode == 0 and "iterations" not in done.stderr, done.stderr
    else:
        assert done.returncode == EXIT_USAGE
        assert (f"{p12}, a PKCS #12 file, cannot be read: it asks for more than 2000000 iterations in all, which would take "
                "too long. This makes PEM of it: openssl pkcs12 -in ") in done.stderr


def test_the_password_of_the_key_is_asked_for(lab, tmp_path, maker, clients):
    client = client_of(maker, clients)
    p12 = tmp_path / "ann.p12"
    p12.write_bytes(openssl("pkcs12", "-export", "-in", client.cert, "-inkey", client.key, "-passout", "pass:secret"))
    argv = [lab.sstp, "connect", *METHOD, "--client-cert", p12, "--eap-ca", lab.pki.ca, "--servercert", lab.pki.server.pin,
            "--check", "192.0.2.1"]
    status, shown = on_a_terminal(list(map(str, argv)), [(f"Password of {p12}: ".encode(), b"secret\n")])
    assert (status, "configuration OK" in shown) == (0, True), shown


@pytest.mark.parametrize("options, words", [
    (["--auth", "eap-tls", "--eap-name", "vpn.example.net"], "--auth eap-tls needs --client-cert FILE"),
    (["--auth", "eap-tls", "--client-cert", "CERT"], "--auth eap-tls and peap need --eap-name NAME"),
    (["--client-cert", "CERT"], "--client-cert is for --auth eap-tls and peap, and neither is in the list of methods"),
    (["--eap-crl", "CERT"], "--eap-crl is for --auth eap-tls and peap, and neither is in the list of methods"),
    (["--client-key", "CERT"], "--client-key needs --client-cert"),
    (["--auth", "peap"], "--auth eap-tls and peap need --eap-name NAME"),
    ([*METHOD, "--client-cert", "CERT"], "name the key's file with --client-key"),
    ([*METHOD, "--client-cert", "CERT", "--client-key", "OTHER"], "is not the key of the certificate in"),
    ([*METHOD, "--client-cert", "P12"], "the key is encrypted, and no password was given for it: --client-key-password-file"),
    ([*METHOD, "--client-cert", "P12", "--client-key-password-file", "OTHER"],
     "p12, a PKCS #12 file, cannot be read: its password is wrong. This makes PEM of it: openssl pkcs12 -in "),
    ([*METHOD, "--client-cert", "CERT", "--client-key", "LOCKED"], "the key is encrypted, and no password was given for it"),
])
def test_settings_that_cannot_work(lab, tmp_path, maker, clients, options, words):
    client, other = client_of(maker, clients), client_of(maker, clients)
    (tmp_path / "p12").write_bytes(openssl("pkcs12", "-export", "-in", client.cert, "-inkey", client.key, "-passout", "pass:x"))
    openssl("pkey", "-in", client.key, "-aes256", "-passout", "pass:x", "-out", tmp_path / "locked")
    files = {"CERT": client.cert, "OTHER": other.key, "P12": tmp_path / "p12", "LOCKED": tmp_path / "locked"}
    status, said = lab.connect_fails(*(files.get(option, option) for option in options))
    assert status == EXIT_USAGE
    assert words in said


def test_a_fault_of_the_certificate_is_warned_of_once(lab, maker, clients):
    serve(lab, clients, users="ann * $cert$ *\n")
    client = connect(lab, client_of(maker, clients, extensions=("basicConstraints = CA:FALSE",), kind="ec"), wait=False)
    client.wait_for("^connected in ")
    server_only = client_of(maker, clients, extensions=("basicConstraints = CA:FALSE", "extendedKeyUsage = serverAuth"))
    status, said = lab.connect_fails(*METHOD, "--eap-ca", lab.pki.ca, "--client-cert", server_only.cert, "--client-key",
                                     server_only.key)
    assert said.count("the certificate is not meant for clients") == 1
    assert client.said.count("warn: ") == 0


def test_one_file_and_an_encrypted_key(lab, tmp_path, maker, clients):
    client = client_of(maker, clients)
    locked = openssl("pkey", "-in", client.key, "-aes256", "-passout", "pass:correct horse")
    (tmp_path / "client.pem").write_bytes(client.cert.read_bytes() + locked)
    (tmp_path / "password").write_text("correct horse\n")
    serve(lab, clients)
    lab.connect(*METHOD, "--eap-ca", lab.pki.ca, "--client-cert", tmp_path / "client.pem", "--client-key-password-file",
                tmp_path / "password", "--no-default-route")
    lab.client.ping_server()


# ---- PEAP

PEAP = ("--auth", "peap", "--eap-name", "vpn.example.net")


def connect_by_peap(lab, *options, **more):
    return lab.connect(*PEAP, "--eap-ca", lab.pki.ca, "--no-default-route", *options, **more)


def test_peap_with_a_password(lab, both):
    server = lab.serve("--auth", "peap", "--peap-binding", "require")
    connect_by_peap(lab, "--eap-identity", "anonymous", "--peap-binding", "require")
    server.wait_for('^session 1: up, user "ann"')
    lab.client.ping_server()


def test_peap_with_a_certificate(lab, both, maker, clients):
    server = lab.serve("--auth", "peap", "--client-ca", clients.cert, users="ann * $cert$ *\n")
    client = client_of(maker, clients)
    connect_by_peap(lab, "--client-cert", client.cert, "--client-key", client.key)
    server.wait_for('^session 1: up, user "ann"')
    lab.client.ping_server()


def test_peap_with_a_wrong_password(lab):
    server = lab.serve("--auth", "peap")
    client = connect_by_peap(lab, password="mistyped", wait=False)
    assert client.wait() == EXIT_AUTH
    assert client.said.splitlines()[-1] == "error: the user name or the password is not accepted"
    server.wait_for('login of user "ann" by eap refused: wrong password')


@pytest.mark.parametrize("options, words", [
    (["--eap-name", "radius.example.net"], "the server's certificate is not for radius.example.net but for vpn.example.net"),
    (["--eap-ca", "other"], "is not signed by an authority that --eap-ca"),
])
def test_peap_and_a_server_that_is_not_trusted(lab, options, words):
    server = lab.serve("--auth", "peap")
    client = connect_by_peap(lab, *(lab.pki.other_ca if o == "other" else o for o in options), wait=False)
    assert client.wait() == EXIT_TRUST
    assert words in client.said.splitlines()[-1]
    assert "mschapv2" not in server.log


def test_peap_is_named_where_it_is_missing(lab):
    lab.serve("--auth", "peap")
    status, said = lab.connect_fails("--auth", "eap-mschapv2")
    assert status == EXIT_AUTH
    assert said.splitlines()[-1] == "error: the server's EAP requires peap, which --auth does not list"


def test_the_client_finds_its_method_among_all(lab, maker, clients):
    server = lab.serve("--auth", "eap-tls,peap,eap-mschapv2,mschapv2", "--client-ca", clients.cert)
    for options in (["--auth", "eap-mschapv2"], [*PEAP, "--eap-ca", lab.pki.ca], ["--auth", "mschapv2"]):
        client = lab.connect(*options, "--no-default-route")
        assert client.stop() == 0
    server.wait_for('^session 3: up, user "ann"')
