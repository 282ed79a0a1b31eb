# SPDX-License-Identifier: GPL-3.0-or-later
"""Who can log in: authentication methods, kinds of secrets, and the response to a refused login."""
import re
import signal
from pathlib import Path

import pytest

from lab import eventually
from pki import openssl
from scripted import ABORT, CLOSE, METHOD, NAK, TERMINATE, ScriptedServer

CRYPT_OF_BUILDER = openssl("passwd", "-6", "-salt", "eightbytes", "builder").decode().strip()
SLOW_CRYPT_OF_BUILDER = openssl("passwd", "-6", "-salt", "rounds=100000$eightbytes", "builder").decode().strip()
NT_OF_PASSWORD = "$nt$8846f7eaee8fb117ad06bdd830b7586c"


@pytest.mark.parametrize("method", ["mschapv2", "chap", "pap", "eap-mschapv2"])
def test_each_method(lab, both, method):
    server = lab.serve("--auth", method)
    lab.connect("--auth", method, "--no-default-route")
    assert server.wait_for(r'^session \d+: up, user "ann", address (\S+), from 10\.1\.0\.2:\d+, TLSv1\.3').group(1) == \
        "10.9.0.2"
    lab.client.ping_server()


@pytest.mark.parametrize("offered, allowed, taken", [
    ("mschapv2,chap,pap", "pap,chap,mschapv2", "mschapv2"),  # the server proposes
    ("mschapv2,chap,pap", "pap,chap", "pap"),  # the client names another, by its own order
    ("mschapv2,chap,pap", "chap", "chap"),
    ("pap,mschapv2", "mschapv2", "mschapv2"),
    ("chap,mschapv2", "mschapv2,pap", "mschapv2"),
    ("eap-mschapv2,mschapv2", "mschapv2,eap-mschapv2", "mschapv2"),  # EAP is accepted where it is the first choice
    ("eap-mschapv2,mschapv2", "eap-mschapv2,mschapv2", "eap"),
    ("mschapv2,eap-mschapv2", "eap-mschapv2", "eap"),
])
def test_the_two_agree_on_a_method(lab, offered, allowed, taken):
    server = lab.serve("--auth", offered)
    lab.connect("--auth", allowed, "--no-default-route")
    server.wait_for(f"^debug: session 1: auth: {taken}$")
    lab.client.ping_server()


@pytest.mark.parametrize("offered, allowed", [("pap", "mschapv2"), ("mschapv2", "pap"), ("pap,chap", "mschapv2")])
def test_without_a_method_in_common_both_ends_say_so(lab, offered, allowed):
    server = lab.serve("--auth", offered)
    status, said = lab.connect_fails("--auth", allowed)
    assert status == 9
    assert said.splitlines()[-1] == ("error: the server ended the link before an authentication method was agreed on: "
                                     f"the server offers {offered.replace(',', ', ')} (--auth allows it)")
    server.wait_for(r"^session 1: 10\.1\.0\.2:\d+: ended: there is no authentication method that both ends allow$")


LAST_WORDS = [[TERMINATE], [TERMINATE, CLOSE], [CLOSE], [ABORT], [ABORT, CLOSE], [TERMINATE, ABORT, CLOSE]]


@pytest.fixture
def scripted(lab):
    server = ScriptedServer(lab)
    yield server
    server.close()


@pytest.mark.parametrize("last_words", LAST_WORDS, ids=str)
def test_a_server_without_a_method_in_common_that_is_quick_to_go(lab, scripted, last_words):
    """accel-ppp closes the connection at once: that must not be reported as the cause."""
    scripted.login, scripted.last_words = METHOD, last_words
    status, said = lab.connect_fails("--auth", "mschapv2")
    assert said.splitlines()[-1] == ("error: the server ended the link before an authentication method was agreed on: "
                                     "the server offers eap (--auth eap-mschapv2 or another EAP method allows it)")
    assert status == 9


def test_a_method_that_is_not_allowed_is_named(lab, scripted):
    scripted.login, scripted.last_words = TERMINATE, [CLOSE]
    status, said = lab.connect_fails("--auth", "mschapv2,chap")
    assert said.splitlines()[-1] == ("error: the server ended the link before an authentication method was agreed on: "
                                     "the server offers pap (--auth allows it)")
    assert status == 9


@pytest.mark.parametrize("last_words", LAST_WORDS, ids=str)
def test_a_server_that_refuses_and_is_quick_to_go(lab, scripted, last_words):
    scripted.login, scripted.last_words = NAK, [NAK, *last_words]
    status, said = lab.connect_fails("--auth", "pap")
    assert said.splitlines()[-1] == "error: the user name or the password is not accepted"
    assert status == 9


@pytest.mark.parametrize("secret, password, method, works", [
    ("builder", "builder", "mschapv2", True),
    ("builder", "builder", "chap", True),
    ("builder", "builder", "pap", True),
    (NT_OF_PASSWORD, "password", "mschapv2", True),
    (NT_OF_PASSWORD, "password", "pap", True),
    (NT_OF_PASSWORD, "password", "chap", False),
    (CRYPT_OF_BUILDER, "builder", "pap", True),
    (CRYPT_OF_BUILDER, "builder", "mschapv2", False),
    (SLOW_CRYPT_OF_BUILDER, "builder", "pap", True),
    (SLOW_CRYPT_OF_BUILDER, "building", "pap", False),
    ("'Bär und Öl'", "Bär und Öl", "mschapv2", True),
])
def test_kinds_of_secrets(lab, secret, password, method, works):
    server = lab.serve("--auth", method, users=f"bob * {secret} *\n")
    client = lab.connect("--auth", method, "--no-default-route", user="bob", password=password, wait=works)
    if works:
        lab.client.ping_server()
    else:
        assert client.wait() == 9
        assert server.wait_for(r'login of user "bob" by \w+ refused: (.+)').group(1)


def test_a_server_that_has_eap_alone(lab):
    """The client prefers MS-CHAPv2 and refuses EAP once: the server's list ends there. It connects again, and accepts EAP."""
    server = lab.serve("--auth", "eap-mschapv2")
    lab.connect("--no-default-route")
    server.wait_for('^session 2: up, user "ann"')
    lab.client.ping_server()


def test_eap_tells_a_wrong_password(lab):
    server = lab.serve("--auth", "eap-mschapv2")
    status, said = lab.connect_fails("--auth", "eap-mschapv2", password="mistyped")
    assert status == 9
    assert said.splitlines()[-1] == 'error: the user name or the password is not accepted (error 691, "Access denied")'
    server.wait_for('login of user "ann" by eap refused: wrong password')


def test_the_outer_identity_is_another_name(lab):
    server = lab.serve("--auth", "eap-mschapv2")
    lab.connect("--auth", "eap-mschapv2", "--eap-identity", "anonymous@example.net", "--no-default-route")
    server.wait_for('^session 1: up, user "ann"')


def test_a_wrong_password_is_exit_status_9_with_words(lab, both):
    server = lab.serve()
    status, said = lab.connect_fails(password="wonderland")
    assert status == 9
    assert said.splitlines()[-1].startswith("error: the user name or the password is not accepted")
    server.wait_for(r'^warn: session 1: 10\.1\.0\.2:\d+: login of user "ann" by mschapv2 refused: wrong password$')
    assert lab.client.device() is None


def test_a_user_who_is_not_there_gets_the_same_words_as_a_wrong_password(lab):
    server = lab.serve("--auth", "mschapv2,chap,pap")
    pairs = [(lab.connect("--auth", method, user="eve", wait=False),
              lab.connect("--auth", method, password="wrong", wait=False)) for method in ("mschapv2", "chap", "pap")]
    for unknown, wrong in pairs:
        assert (unknown.wait(), wrong.wait()) == (9, 9)
        assert unknown.said.splitlines()[-1] == wrong.said.splitlines()[-1]
    server.wait_for(r'login of user "eve" by \w+ refused: no such user$', count=3)


def test_a_domain_may_precede_the_name(lab):
    server = lab.serve(users='ann * secret *\n"OFFICE\\\\bob" * builder *\n')
    lab.connect("--no-default-route", user="OFFICE\\ann", password="secret")
    lab.connect("--no-default-route", user="OFFICE\\bob", password="builder", host=lab.other)
    server.wait_for(r'up, user "ann", ')
    server.wait_for(r'up, user "OFFICE\\\\bob", ')
    lab.client.ping_server()
    lab.other.ping_server()


def test_a_user_may_have_an_address_of_their_own(lab):
    lab.serve(users="ann * secret 10.9.0.77\nbob * builder 172.31.9.9\n")
    lab.connect("--no-default-route", password="secret")
    assert "10.9.0.77" in lab.client.addresses()
    lab.client.ping_server()
    # also one outside the pool's network
    bob = lab.connect("--no-default-route", user="bob", password="builder", host=lab.other)
    assert "172.31.9.9" in lab.other.addresses()
    lab.other.ping_server()
    assert "172.31.9.9" in lab.server.routes()
    assert bob.stop() == 0
    eventually("the route is gone", lambda: "172.31.9.9" not in lab.server.routes())


def test_a_user_without_an_address_is_refused(lab):
    server = lab.serve(users="ann * secret -\n")
    status, said = lab.connect_fails(password="secret")
    assert status == 9
    server.wait_for(r'login of user "ann" by mschapv2 refused: (?!wrong password)')
    assert 'error 649, "this user may not log in"' in said


def test_the_server_column_chooses_the_line(lab):
    server = lab.serve("--name", "office", users="ann elsewhere secret *\nann office builder *\nbob elsewhere secret *\n")
    elsewhere = lab.connect(password="secret", wait=False)
    not_here = lab.connect(user="bob", password="secret", host=lab.other, wait=False)
    assert (elsewhere.wait(), not_here.wait()) == (9, 9)
    lab.connect("--no-default-route", password="builder")
    server.wait_for('user "bob" by mschapv2 refused: no such user')


def test_the_servers_name_is_its_hosts_by_default(lab):
    lab.serve(users="ann server secret *\n")
    lab.connect("--no-default-route", password="secret")


def test_the_secret_may_be_kept_in_a_file_of_its_own(lab):
    secret = lab.file("secret", "from a file\nsecond line\n")
    lab.serve(users=f"ann * @{secret} *\n")
    lab.connect("--no-default-route", password="from a file")


def test_what_sstp_passwd_writes_is_accepted(lab):
    users = lab.folder / "made-users"
    for user, options in (("ann", []), ("bob", ["--pap-only"]), ("carl lee", ["--clear-text"])):
        lab.server.run(lab.sstp, "passwd", "--passwd-on-stdin", *options, users, user, input=f"{user}'s \"own\" #1\n")
    lab.serve("--auth", "mschapv2,chap,pap", users=users)
    for user, method in (("ann", "mschapv2"), ("ann", "pap"), ("bob", "pap"), ("carl lee", "chap")):
        client = lab.connect("--auth", method, "--no-default-route", user=user, password=f"{user}'s \"own\" #1")
        assert client.stop() == 0


def is_to_be_seen(program, secret):
    """Readable by every user, or by those that may read its environment."""
    return any(secret in Path(f"/proc/{program.pid}/{of}").read_bytes() for of in ("cmdline", "environ"))


@pytest.mark.parametrize("way", ["stdin", "environment", "file", "descriptor", "environment of a file"])
def test_the_password_comes_from_where_it_is_kept(lab, way):
    lab.serve()
    command = [lab.sstp, "connect", "192.0.2.1", "-u", "ann", "--servercert", lab.pki.server.pin, "--no-default-route"]
    password = lab.file("password", "wonder land\r\nmore\n")
    more = {
        "stdin": (["--passwd-on-stdin"], {"stdin": "wonder land"}),
        "environment": ([], {"env": {"SSTP_PASSWORD": "wonder land"}}),
        "file": (["--password-file", password], {}),
        "descriptor": (["--password-fd", "0"], {"stdin": "wonder land\n"}),
        "environment of a file": ([], {"env": {"SSTP_PASSWORD_FILE": str(password)}}),
    }[way]
    client = lab.start(lab.client, *command, *more[0], label="connect", **more[1])
    client.wait_for("^connected in ")
    assert not is_to_be_seen(client, b"wonder")


def test_a_password_that_is_not_used_is_named(lab):
    """A leftover SSTP_PASSWORD, or a password-file in the configuration file that overrides it, without a word."""
    lab.serve()
    client = lab.connect("--no-default-route", "--passwd-on-stdin", stdin="wonder land\n", password="another",
                         env={"SSTP_PASSWORD": "third"})
    client.wait_for("^warn: --passwd-on-stdin gives the password: --password-file is not used$")
    client.wait_for("^warn: --passwd-on-stdin gives the password: SSTP_PASSWORD is not used$")


def test_an_empty_first_line_is_an_empty_password(lab):
    lab.serve()
    code, said = lab.connect_fails(password="\nwonder land")
    assert code == 9 and "warn: the password is empty: only the first line is read\n" in said


@pytest.mark.parametrize("verb", ["connect", "proxy", "serve"])
def test_a_password_of_the_environment_is_hidden_where_it_is_not_used(lab, verb):
    env = {"SSTP_PASSWORD": "builder"}
    server = lab.serve(env=env)
    if verb == "serve":
        assert not is_to_be_seen(server, b"builder")
    elif verb == "connect":
        client = lab.connect("--no-default-route", "--script", "env >&2", env=env)
        assert not is_to_be_seen(client, b"builder")
        client.wait_for('"reason=connect"')
        assert "SSTP_PASSWORD=" not in client.log, "in the environment of the script"
    else:
        client = lab.start(lab.client, lab.sstp, "proxy", "--socks5", "1080", "192.0.2.1", "-u", "ann", "--servercert",
                           lab.pki.server.pin, "--password-file", lab.file("password", "wonder land\n"), env=env)
        client.wait_for("^connected in ")
        assert not is_to_be_seen(client, b"builder")


def test_each_of_two_passwords_of_the_environment_is_hidden(lab):
    """No shell makes such an environment, but execve passes it on."""
    lab.serve()
    start = """if True:
        import ctypes, sys
        env = (ctypes.c_char_p * 3)(b"SSTP_PASSWORD=wonder land", b"SSTP_PASSWORD=builder", None)
        words = [w.encode() for w in sys.argv[1:]]
        ctypes.CDLL(None).execve(words[0], (ctypes.c_char_p * (len(words) + 1))(*words, None), env)
        """
    client = lab.start(lab.client, "/usr/bin/python3", "-c", start, lab.sstp, "connect", "192.0.2.1", "-u", "ann",
                       "--servercert", lab.pki.server.pin, "--no-default-route", label="connect")
    client.wait_for("^connected in ")
    assert not is_to_be_seen(client, b"wonder") and not is_to_be_seen(client, b"builder")


def test_many_failures_from_one_address_ban_it_for_a_while(lab):
    server = lab.serve("--max-failures", "2")
    guesses = [lab.connect(password="guess", wait=False) for _ in range(2)]
    assert [g.wait() for g in guesses] == [9, 9]
    status, said = lab.connect_fails()
    assert status == 9
    assert 'error 691, "too many failed logins, try again in ten minutes"' in said
    assert server.log.count('warn: 10.1.0.2: too many failed logins, the last of user "ann": refused for ten minutes ') == 1
    # others are
    lab.connect("--no-default-route", host=lab.other)
    lab.other.ping_server()
    # and another user from there
    lab.connect("--no-default-route", user="bob", password="builder")
    # the bans can be seen and lifted
    server.send(signal.SIGUSR1)
    server.wait_for(r'^status: sstp0, running for \d+ s, \d+ workers, 2 of 253 sessions, \d+ connections without a login, '
                    '1 bans$')
    server.wait_for(r'^status: banned: user "ann" from 10\.1\.0\.2: 2 failures, refused for another \d+ s$')
    server.send(signal.SIGUSR2)
    server.wait_for("^lifted all bans")
    lab.connect("--no-default-route")


def test_an_address_with_failures_of_many_users_gets_no_tls_handshake(lab):
    server = lab.serve("--max-failures", "1", users="\n".join(f"{user} * secret *" for user in "abcdefg") + "\n")
    lab.connect("--no-default-route", user="g", password="secret", host=lab.other)
    guesses = [lab.connect(user=user, password="guess", wait=False) for user in "abcde"]
    assert [g.wait() for g in guesses] == [9] * 5
    server.wait_for(r"warn: 10\.1\.0\.2: too many failed logins, ")
    status, said = lab.connect_fails(user="f", password="secret")
    assert status == 6 and said.rstrip().endswith("the server sent the TLS alert access_denied")
    server.wait_for("ended: refused: too many failed logins before")
    # no other address
    lab.connect("--no-default-route", user="f", password="secret", host=lab.other)
    server.send(signal.SIGUSR2)
    server.wait_for("^lifted all bans")
    lab.connect("--no-default-route", user="a", password="secret")
    lab.client.ping_server()


@pytest.mark.parametrize("method, words", [("pap", "too many failed logins"), ("chap", "too many failed logins")])
def test_a_ban_is_reported_by_every_method(lab, method, words):
    lab.serve("--max-failures", "1", "--auth", method)
    assert lab.connect_fails("--auth", method, password="guess")[0] == 9
    status, said = lab.connect_fails("--auth", method)
    assert status == 9 and words in said


def test_a_ban_is_for_those_too_who_had_connected_before(lab):
    """All connections come first, then all the guesses: failures are counted when the passwords are checked."""
    server = lab.serve("--max-failures", "3")
    guesses = [lab.connect(password="guess", wait=False) for _ in range(12)]
    assert {g.wait() for g in guesses} == {9}
    assert server.log.count("refused: wrong password\n") == 3
    assert server.log.count("refused: too many failed logins before\n") == 9


def test_a_good_login_resets_the_count_of_failures(lab):
    lab.serve("--max-failures", "3")
    for _ in range(2):
        guesses = [lab.connect(password="guess", wait=False) for _ in range(2)]
        assert [g.wait() for g in guesses] == [9, 9]
        assert lab.connect().stop() == 0


def test_a_good_login_of_another_user_does_not_reset_the_count(lab):
    lab.serve("--max-failures", "3")
    for _ in range(2):
        assert lab.connect_fails(password="guess")[0] == 9
    assert lab.connect(user="bob", password="builder").stop() == 0
    assert lab.connect_fails(password="guess")[0] == 9
    assert "too many failed logins" in lab.connect_fails()[1]


def test_a_login_is_never_tried_without_a_verified_certificate(lab):
    server = lab.serve("--auth", "pap")
    status, _ = lab.connect_fails("--auth", "pap", trust=[])
    assert status == 5
    server.wait_for("session 1: .*ended")
    assert "login" not in server.log and "pap" not in server.log.replace("--auth", "")


@pytest.mark.parametrize("user", ["CORP\\ann", "ann@vpn.example.net"])
def test_users_of_domains(lab, user):
    users = lab.file("users-of-domains", "")
    lab.client.run(lab.sstp, "passwd", "--password-file", lab.file("word", "wonder land\n"), users, user)
    server = lab.serve(users=users)
    assert lab.connect("--no-default-route", user=user).stop() == 0
    said = server.wait_for('^session 1: up, user "(.*)", address').group(1)
    assert said.replace("\\\\", "\\").replace("\\x5c", "\\") == user
