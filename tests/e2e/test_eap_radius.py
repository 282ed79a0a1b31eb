# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's EAP methods with other programs' servers: FreeRADIUS and hostapd, to which sstp serve passes EAP on."""
import pytest

from radius import AUTH_PORT, SECRET, FreeRadius

EXIT_TRUST, EXIT_AUTH = 5, 9
NAME = ("--eap-name", "vpn.example.net")
USERS = 'ann Cleartext-Password := "wonder land"\n'

HOSTAPD = """
driver=none
interface=none0
logger_stdout=-1
logger_stdout_level=0
eap_server=1
eap_user_file={folder}/users
radius_server_clients={folder}/clients
radius_server_auth_port={port}
ca_cert={ca}
server_cert={cert}
private_key={key}
check_crl=0
fragment_size=400
{flags}
"""


class Hostapd:
    """hostapd as a RADIUS server, with `users` as the text of its user file."""

    def __init__(self, lab, users, flags=""):
        folder = lab.folder / "hostapd"
        folder.mkdir()
        (folder / "users").write_text(users)
        (folder / "clients").write_text(f"127.0.0.0/8 {SECRET}\n")
        identity = lab.pki.server
        (folder / "conf").write_text(HOSTAPD.format(folder=folder, port=AUTH_PORT, ca=lab.pki.ca, cert=identity.cert,
                                                    key=identity.key, flags=flags))
        self.program = lab.start(lab.server, "hostapd", "-d", folder / "conf")
        self.program.wait_for("AP-ENABLED|RADIUS SRV")


@pytest.fixture
def server(lab):
    def start(auth):
        return lab.serve("--radius", "127.0.0.1", "--radius-secret-file", lab.file("secret", SECRET + "\n"), "--auth",
                         auth, users=False)

    return start


@pytest.fixture
def client(lab):
    return lab.pki.identity("ann", "email:ann@example.net", usage="clientAuth")


def connect(lab, method, *options, **more):
    trust = [] if method == "eap-mschapv2" else [*NAME, "--eap-ca", lab.pki.ca]
    return lab.connect("--auth", method, *trust, "--no-default-route", *options, **more)


# ---- FreeRADIUS

def test_freeradius_peap(lab, both, server):
    FreeRadius(lab, USERS)
    program = server("peap")
    connect(lab, "peap", "--eap-identity", "anonymous")
    program.wait_for("^session 1: up, user ")
    lab.client.ping_server()


def test_freeradius_peap_with_a_wrong_password(lab, server):
    FreeRadius(lab, USERS)
    server("peap")
    program = connect(lab, "peap", password="mistyped", wait=False)
    assert program.wait() == EXIT_AUTH
    assert program.said.splitlines()[-1] == "error: the user name or the password is not accepted"


def test_freeradius_has_no_crypto_binding(lab, server):
    FreeRadius(lab, USERS)
    server("peap")
    program = connect(lab, "peap", "--peap-binding", "require", wait=False)
    assert program.wait() == EXIT_AUTH
    assert program.said.splitlines()[-1] == \
        "error: login by EAP: the server sends no crypto binding for PEAP (--peap-binding requires it)"


def test_freeradius_eap_tls(lab, both, server, client):
    FreeRadius(lab, USERS)
    program = server("eap-tls")
    connect(lab, "eap-tls", "--client-cert", client.cert, "--client-key", client.key)
    program.wait_for("^session 1: up, user ")
    lab.client.ping_server()


def test_freeradius_refuses_a_certificate(lab, server):
    stranger = lab.pki.identity("stranger", "email:ann@example.net", ca="elsewhere", usage="clientAuth")
    FreeRadius(lab, USERS)
    server("eap-tls")
    program = connect(lab, "eap-tls", "--client-cert", stranger.cert, "--client-key", stranger.key, wait=False)
    assert program.wait() == EXIT_AUTH


@pytest.mark.parametrize("method", ["peap", "eap-tls"])
def test_freeradius_with_another_name(lab, server, client, method):
    FreeRadius(lab, USERS)
    server(method)
    options = ["--client-cert", client.cert, "--client-key", client.key] if method == "eap-tls" else []
    program = connect(lab, method, "--eap-name", "radius.example.net", *options, wait=False)
    assert program.wait() == EXIT_TRUST
    assert "the server's certificate is not for radius.example.net" in program.said.splitlines()[-1]


def test_freeradius_finds_a_method_by_our_nak(lab, server):
    """It proposes EAP-MSCHAPv2 first."""
    FreeRadius(lab, USERS)
    program = server("peap")
    connect(lab, "peap")
    program.wait_for("^session 1: up, user ")


# ---- hostapd

def test_hostapd_eap_mschapv2(lab, both, server):
    Hostapd(lab, '"ann" MSCHAPV2 "wonder land"\n')
    program = server("eap-mschapv2")
    connect(lab, "eap-mschapv2")
    program.wait_for('^session 1: up, user "ann"')
    lab.client.ping_server()


def test_hostapd_tells_a_wrong_password(lab, server):
    Hostapd(lab, '"ann" MSCHAPV2 "wonder land"\n')
    server("eap-mschapv2")
    program = connect(lab, "eap-mschapv2", password="mistyped", wait=False)
    assert program.wait() == EXIT_AUTH
    assert program.said.splitlines()[-1].startswith("error: the user name or the password is not accepted (error 691")


def test_hostapd_peap_with_the_crypto_binding(lab, both, server):
    Hostapd(lab, '* PEAP\n"ann" MSCHAPV2 "wonder land" [2]\n')
    program = server("peap")
    connect(lab, "peap", "--eap-identity", "anonymous", "--peap-binding", "require")
    program.wait_for("^session 1: up, user ")
    lab.client.ping_server()


def test_hostapd_peap_with_a_certificate_inside(lab, server, client):
    Hostapd(lab, '* PEAP\n"ann" TLS [2]\n')
    program = server("peap")
    connect(lab, "peap", "--client-cert", client.cert, "--client-key", client.key)
    program.wait_for("^session 1: up, user ")
    lab.client.ping_server()


@pytest.mark.parametrize("flags", ["tls_flags=[DISABLE-TLSv1.3]", "tls_flags=[ENABLE-TLSv1.3]"], ids=["1.2", "1.3"])
def test_hostapd_eap_tls(lab, both, server, client, flags):
    """With TLS 1.3 it sends tickets before the byte that says that it has accepted us."""
    Hostapd(lab, "* TLS\n", flags)
    program = server("eap-tls")
    connect(lab, "eap-tls", "--client-cert", client.cert, "--client-key", client.key)
    program.wait_for("^session 1: up, user ")
    lab.client.ping_server()
