# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals that another password cures: expired ones (error 648), and wrong ones that may be typed again (R=1)."""
import hashlib
import subprocess

import pytest

from lab import on_a_terminal
from scripted import ACK, CLOSE, IPCP, LCP, REQUEST, ScriptedServer

CHAP = 0xc223
CHALLENGE, RESPONSE, SUCCESS, FAILURE, CHANGE_PASSWORD = 1, 2, 3, 4, 7
C = bytes(range(16))
OWN4 = bytes([10, 9, 0, 1])
EXIT_AUTH = 9


def legacy(*argv, data):
    return subprocess.run(["openssl", *argv, "-provider", "legacy", "-provider", "default"], input=data, check=True,
                          capture_output=True).stdout


def nt_hash(password):
    return legacy("dgst", "-md4", "-binary", data=password.encode("utf-16-le"))


def md4(data):
    return legacy("dgst", "-md4", "-binary", data=data)


def proof(password, peer_challenge, challenge, nt_response, user=b"ann"):
    """GenerateAuthenticatorResponse of RFC 2759."""
    sha1 = lambda *parts: hashlib.sha1(b"".join(parts)).digest()
    digest = sha1(md4(nt_hash(password)), nt_response, b"Magic server to client signing constant")
    digest = sha1(digest, sha1(peer_challenge, challenge, user)[:8], b"Pad to make it do more than one iteration")
    return b"S=" + digest.hex().upper().encode()


class MsChapServer(ScriptedServer):
    """Refuses the Response to its challenge with `failures`, one for each connection; then the password is `right`."""

    def __init__(self, lab, failures, right="wonder land"):
        self.failures, self.right, self.changed_to, self.refusal_of_change = list(failures), right, None, None
        super().__init__(lab)

    def _take_control(self, protocol, code, identifier, options, whole):
        if protocol == LCP and code == REQUEST:
            self._control(LCP, ACK, identifier, options)
            self._control(LCP, REQUEST, 1, b"\x03\x05\xc2\x23\x81")
        elif protocol == LCP and code == ACK:
            self._control(CHAP, CHALLENGE, 7, b"\x10" + C + b"srv")
        elif protocol == CHAP and code == RESPONSE:
            self._judge(options, identifier)
        elif protocol == CHAP and code == CHANGE_PASSWORD:
            self._change(options, identifier)
        else:
            super()._take_control(protocol, code, identifier, options, whole)

    def _judge(self, options, identifier):
        failure = self.failures.pop(0) if self.failures else None
        if failure:
            self._control(CHAP, FAILURE, identifier, failure.encode())
            return
        self._succeed(identifier, self.right, options[1:17], options[25:49])

    def _change(self, options, identifier):
        block = legacy("enc", "-d", "-rc4", "-K", nt_hash(self.right).hex(), data=options[:516])
        length = int.from_bytes(block[512:], "little")
        self.changed_to = block[512 - length:512].decode("utf-16-le")
        if self.refusal_of_change:
            self._control(CHAP, FAILURE, identifier, self.refusal_of_change.encode())
            return
        self.right = self.changed_to
        self._succeed(identifier, self.right, options[532:548], options[556:580])

    def _succeed(self, identifier, password, peer_challenge, nt_response):
        self._control(CHAP, SUCCESS, identifier, proof(password, peer_challenge, C, nt_response))
        self._control(IPCP, REQUEST, 1, b"\x03\x06" + OWN4)


EXPIRED = f"E=648 R=1 C={C.hex()} V=3 M=expired"


@pytest.fixture
def server(lab):
    servers = []

    def start(*failures, **more):
        servers.append(MsChapServer(lab, failures, **more))
        return servers[-1]

    yield start
    for one in servers:
        one.close()


def new_password_file(lab, text="a new one"):
    return "--new-password-file", lab.file("new-password", text + "\n")


def test_a_new_password_from_a_file(lab, both, server):
    scripted = server(EXPIRED)
    client = lab.connect("--auth", "mschapv2", "--no-default-route", *new_password_file(lab))
    assert scripted.changed_to == "a new one"
    client.wait_for("^the server has set the new password: use it from now on$")
    # a reconnect uses it: the server would prove itself by another password otherwise
    scripted.hang_up()
    client.wait_for("^connected in ", count=2)
    assert client.said.count("the server has set the new password") == 1


def test_a_new_password_that_the_server_does_not_like(lab, server):
    scripted = server(EXPIRED)
    scripted.refusal_of_change = f"E=709 R=0 C={C.hex()} V=3 M=too short"
    status, said = lab.connect_fails("--auth", "mschapv2", *new_password_file(lab, "x"))
    assert status == EXIT_AUTH
    assert said.splitlines()[-1] == ("error: the server does not accept the new password: perhaps it is too short, too simple, "
                                     'or was used before (error 709, "too short")')


def test_an_expired_password_is_told(lab, server):
    server(EXPIRED)
    status, said = lab.connect_fails("--auth", "mschapv2")
    assert status == EXIT_AUTH
    assert said.splitlines()[-1] == 'error: the password has expired (error 648, "expired")'


@pytest.mark.parametrize("number, words", [
    (646, "this account may not log in at this time of day"),
    (647, "this account is disabled"),
    (649, "this account has no permission to use the VPN (dial-in)"),
])
def test_the_other_reasons(lab, server, number, words):
    server(f"E={number} R=0 C={C.hex()} V=3 M=no")
    status, said = lab.connect_fails("--auth", "mschapv2")
    assert status == EXIT_AUTH
    assert said.splitlines()[-1] == f'error: {words} (error {number}, "no")'


def connect_on_a_terminal(lab, answers, *options):
    argv = lab.client.words([lab.sstp, "connect", "192.0.2.1", "--user", "ann", "--auth", "mschapv2", "--servercert",
                             lab.pki.server.pin, "--no-default-route", "--once", *options])
    return on_a_terminal(argv, answers)


def test_a_new_password_is_asked_for(lab, server):
    scripted = server(EXPIRED, EXPIRED)
    status, shown = connect_on_a_terminal(lab, [
        (b"Password of ann at 192.0.2.1: ", b"wonder land\n"),
        (b"The password has expired. New password of ann at 192.0.2.1: ", b"a new one\n"),
        (b"The new password again: ", b"a new one\n"),
        (b"connected in ", b"\3"),
    ])
    assert status == 0
    assert scripted.changed_to == "a new one"
    assert "a new one" not in shown and "wonder land" not in shown


def test_two_new_passwords_that_differ(lab, server):
    scripted = server(EXPIRED, EXPIRED)
    status, shown = connect_on_a_terminal(lab, [
        (b"Password of ann at 192.0.2.1: ", b"wonder land\n"),
        (b"New password of ann at 192.0.2.1: ", b"a new one\n"),
        (b"The new password again: ", b"another\n"),
    ])
    assert status == EXIT_AUTH
    assert "the two are not the same" in shown
    assert scripted.changed_to is None


def test_a_password_may_be_typed_again(lab, server):
    server(f"E=691 R=1 C={C.hex()} V=3 M=again")
    status, _ = connect_on_a_terminal(lab, [
        (b"Password of ann at 192.0.2.1: ", b"wander land\n"),
        (b"Password of ann at 192.0.2.1, again: ", b"wonder land\n"),
        (b"connected in ", b"\3"),
    ])
    assert status == 0


def test_a_password_that_may_not_be_typed_again(lab, server):
    server(f"E=691 R=0 C={C.hex()} V=3 M=no")
    status, shown = connect_on_a_terminal(lab, [(b"Password of ann at 192.0.2.1: ", b"wander land\n")])
    assert status == EXIT_AUTH
    assert shown.count("Password of ann") == 1
