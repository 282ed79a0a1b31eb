# SPDX-License-Identifier: GPL-3.0-or-later
"""The server asks RADIUS: FreeRADIUS, and a server that is slow, dead, or lies."""
import hashlib
import re
import socket
import struct
import time

import pytest

from chains import Maker
from lab import PATIENCE, eventually
from radius import (ACCEPT, CHALLENGE, REJECT, SECRET, FreeRadius, Hostapd, Radsecproxy, ScriptedRadius, attribute, attributes, password_of,
                    respond)
from test_limits import use_up

USERS = 'ann Cleartext-Password := "wonder land"\nbob Cleartext-Password := "builder"\n'


@pytest.fixture
def serve(lab):
    def start(*options, servers=("127.0.0.1",), **more):
        radius = [w for s in servers for w in ("--radius", s)]
        return lab.serve(*radius, "--radius-secret-file", lab.file("secret", SECRET + "\n"), *options, users=False,
                         **more)

    return start


@pytest.fixture
def scripted(lab):
    servers = []

    def start(answer, **more):
        servers.append(ScriptedRadius(lab.server, answer, **more))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


# ---- FreeRADIUS

@pytest.mark.parametrize("method", ["mschapv2", "chap", "pap", "eap-mschapv2"])
def test_each_method(lab, both, serve, method):
    FreeRadius(lab, USERS)
    server = serve("--auth", method)
    lab.connect("--auth", method, "--no-default-route")
    server.wait_for(r'^session \d+: up, user "ann", address 10\.9\.0\.2')
    lab.client.ping_server()


@pytest.mark.parametrize("method", ["mschapv2", "chap", "pap", "eap-mschapv2"])
def test_a_wrong_password(lab, serve, method):
    FreeRadius(lab, USERS)
    server = serve("--auth", method)
    status, said = lab.connect_fails("--auth", method, password="wrong")
    assert status == 9
    assert said.splitlines()[-1].startswith("error: the user name or the password is not accepted")
    server.wait_for(rf'login of user "ann" by {method.split("-")[0]} refused: the RADIUS server rejected it')


def test_the_text_of_a_refusal_reaches_the_client(lab, serve):
    FreeRadius(lab, 'DEFAULT Auth-Type := Reject\n    Reply-Message := "closed until Monday"\n')
    server = serve("--auth", "pap")
    _, said = lab.connect_fails("--auth", "pap")
    assert "closed until Monday" in said
    server.wait_for(r'refused: the RADIUS server rejected it: "closed until Monday"$')


def test_what_it_grants_is_applied(lab, serve):
    FreeRadius(lab, """ann Cleartext-Password := "wonder land"
    Framed-IP-Address = 10.9.0.77, MS-Primary-DNS-Server = 10.9.0.1, MS-Secondary-DNS-Server = 10.9.0.5,
    Framed-MTU = 1280, Service-Type = Framed-User, Framed-Protocol = PPP
""")
    serve("--dns", "10.9.0.9")
    client = lab.connect("--no-default-route")
    assert "10.9.0.77" in lab.client.addresses()
    client.wait_for(r"10\.9\.0\.1, 10\.9\.0\.5")
    lab.client.ping_server()


@pytest.mark.parametrize("reply", [
    'Framed-Route = "10.8.0.0/16 0.0.0.0 1"',
    "Framed-IP-Address = 10.8.0.5, Framed-IP-Netmask = 255.255.0.0",
])
def test_a_network_behind_the_client(lab, both, serve, reply):
    FreeRadius(lab, f'ann Cleartext-Password := "wonder land"\n    {reply}\n')
    serve("--workers", "2")
    client = lab.connect("--no-default-route", "--route", "10.9.0.0/24")
    lab.is_changed = True
    lab.client.ip("addr add 10.8.0.1/32 dev lo")
    assert lab.server.ping("10.8.0.1")
    assert "10.8.0.0/16" in str(lab.server.routes())
    for address, is_own in (("10.8.0.1", True), ("10.7.0.1", False)):
        lab.client.run("ip", "addr", "add", f"{address}/32", "dev", "lo", check=False)
        assert bool(lab.client.ping("10.9.0.1", "-I", address, count=1, check=False)) == is_own
    client.stop()
    eventually("the route is gone", lambda: "10.8.0.0/16" not in str(lab.server.routes()))


def test_ipv6_of_the_user(lab, both, serve):
    FreeRadius(lab, """ann Cleartext-Password := "wonder land"
    Framed-IPv6-Prefix = 2001:db8:99:7::/64, DNS-Server-IPv6-Address = 2001:db8:99::53
""")
    serve("--workers", "2")
    client = lab.connect("--no-default-route", "--route", "2001:db8:99::/48")
    own = client.wait_for(r"^IPv6 address (2001:db8:99:7:\S+)").group(1).rstrip(",")
    eventually("a name server", lambda: "2001:db8:99::53" in lab.client.resolv_conf.read_text())
    eventually("a route", lambda: "2001:db8:99:7::/64" in str(lab.server.ip("-6 route show")))
    assert own in " ".join(lab.client.addresses())
    client.stop()
    eventually("the route is gone", lambda: "2001:db8:99:7::/64" not in str(lab.server.ip("-6 route show")))


def test_addresses_of_a_pool(lab, both, serve):
    """The IPv6 prefix has the number of the IPv4 address, so it is of the pool too."""
    FreeRadius(lab, """ann Cleartext-Password := "wonder land"
    Framed-Pool = "staff", Framed-IPv6-Pool = "staff", Framed-Interface-Id = 0:0:0:abcd
bob Cleartext-Password := "builder"
    Framed-Pool = "nobody"
""")
    server = serve("--pool", "guests=10.9.0.32/27", "--pool", "staff=10.9.0.64/26", "--ipv6-network", "2001:db8:77::/48")
    client = lab.connect("--no-default-route", "--route", "2001:db8:77::/48")
    assert "10.9.0.64" in lab.client.addresses()
    client.wait_for("^IPv6 address 2001:db8:77:40::abcd")
    lab.connect_fails("--once", user="bob", password="builder", host=lab.other)
    server.wait_for('there is no --pool "nobody"$')
    server.wait_for("refused: the user's address is to come from a pool that no --pool names$")


def test_a_pool_means_nothing_where_there_are_none(lab, serve):
    FreeRadius(lab, 'ann Cleartext-Password := "wonder land"\n    Framed-Pool = "staff"\n')
    server = serve()
    lab.connect("--no-default-route")
    server.wait_for('there is no --pool "staff": the address is of --ipv4-network$')
    lab.client.ping_server()


def test_a_route_that_would_cut_the_connection_is_not_made(lab, serve):
    FreeRadius(lab, 'ann Cleartext-Password := "wonder land"\n    Framed-Route = "10.1.0.0/16 0.0.0.0 1"\n')
    server = serve()
    lab.connect("--no-default-route")
    server.wait_for("no route to 10.1.0.0/16 through this session: the server or the client's connection is in it")
    lab.client.ping_server()


@pytest.mark.parametrize("reply, reason", [
    ("Service-Type = Login-User", "the RADIUS server grants another Service-Type than Framed-User"),
    ("Framed-Protocol = SLIP", "the RADIUS server grants another Framed-Protocol than PPP"),
    ('Filter-Id = "guests"', "the user's filter does not exist, and without it the session would be allowed too much"),
    ('Filter-Id = "a", Filter-Id += "b"', "the RADIUS server sends more than one Filter-Id"),
])
def test_what_cannot_be_granted_is_refused(lab, serve, reply, reason):
    FreeRadius(lab, f'ann Cleartext-Password := "wonder land"\n    {reply}\n')
    server = serve()
    lab.connect_fails("--once")
    server.wait_for(rf'login of user "ann" by mschapv2 refused: {reason}')


def test_a_response_without_message_authenticator_is_refused_with_the_cure(lab, serve):
    FreeRadius(lab, USERS, signed=False)
    server = serve()
    lab.connect_fails("--once")
    server.wait_for(r"^error: RADIUS server 127\.0\.0\.1: .*CVE-2024-3596.*Message-Authenticator := 0x00.*"
                    r"--radius-message-authenticator auto$")


def test_with_auto_it_is_accepted(lab, serve):
    FreeRadius(lab, USERS, signed=False)
    serve("--radius-message-authenticator", "auto")
    lab.connect("--no-default-route")
    lab.client.ping_server()


def test_without_keys_there_is_no_binding(lab, serve):
    FreeRadius(lab, USERS, mppe="no")
    server = serve()
    lab.connect_fails("--once")
    server.wait_for(r"refused: the RADIUS server sent no MS-MPPE keys, which the crypto binding needs")


# ---- EAP, which passes through

CERTIFICATE = ("--auth", "eap-tls", "--eap-name", "vpn.example.net")
PEAP = ("--auth", "peap", "--eap-name", "vpn.example.net")


@pytest.fixture(scope="module")
def maker(tmp_path_factory):
    return Maker(tmp_path_factory.mktemp("radius") / "made")


@pytest.fixture(scope="module")
def clients(maker):
    return maker.authority("Clients")


def with_certificate(maker, clients):
    client = maker.make("ann", clients, extensions=("basicConstraints = CA:FALSE", "extendedKeyUsage = clientAuth"))
    return "--client-cert", client.cert, "--client-key", client.key


@pytest.mark.parametrize("method", ["certificate", "peap"])
def test_eap_through_freeradius(lab, both, serve, maker, clients, method):
    FreeRadius(lab, USERS, client_ca=clients.cert)
    server = serve("--auth", "eap-mschapv2")
    options = [*CERTIFICATE, *with_certificate(maker, clients)] if method == "certificate" else PEAP
    lab.connect(*options, "--eap-ca", lab.pki.ca, "--no-default-route")
    server.wait_for(r'^session \d+: up, user "ann"')
    lab.client.ping_server()


@pytest.mark.parametrize("method, line", [
    ("eap-mschapv2", '"ann" MSCHAPV2 "wonder land"'),
    ("certificate", '"ann" TLS'),
    ("peap", '"ann" PEAP\n"ann" MSCHAPV2 "wonder land" [2]'),
])
def test_eap_through_hostapd(lab, serve, maker, clients, method, line):
    Hostapd(lab, line + "\n", client_ca=clients.cert)
    server = serve("--auth", "eap-mschapv2", "--radius-acct", "none")
    options = {"eap-mschapv2": ["--auth", "eap-mschapv2"], "peap": [*PEAP, "--eap-ca", lab.pki.ca],
               "certificate": [*CERTIFICATE, "--eap-ca", lab.pki.ca, *with_certificate(maker, clients)]}[method]
    lab.connect(*options, "--no-default-route")
    server.wait_for(r'^session \d+: up, user "ann"')
    lab.client.ping_server()


def test_logins_wait_for_a_server_that_is_restarted(lab, serve):
    radius = FreeRadius(lab, USERS)
    server = serve("--user-sessions", "0", "--radius-timeout", "30")  # a busy machine needs a while for that many starts
    radius.stop()
    clients = [lab.connect("--no-default-route", "--interface", f"vpn{n}", host=host, wait=False)
               for host in (lab.client, lab.other) for n in range(3)]
    for client in clients:
        client.wait_for("auth: mschapv2")
    radius.start()
    for client in clients:
        client.wait_for("^connected in ")
    server.wait_for("up, user", count=6)
    eventually("six starts", lambda: len(radius.record("Start")) == 6)


# ---- a server of the test's own

def accept(request, _):
    return [respond(request, ACCEPT)]


def say_no(request, _):
    return [respond(request, REJECT)]


def test_the_request(lab, serve, scripted):
    radius = scripted(accept)
    serve("--auth", "pap", "--nas-identifier", "gate 1", "--radius-acct", "none")
    lab.connect("--auth", "pap", "--no-default-route")
    request = radius.requests[0]
    attrs = attributes(request)
    first, values = attrs[0], dict(attrs)
    assert first[0] == 80  # Message-Authenticator
    assert password_of(request) == "wonder land"
    assert values[1] == b"ann"
    assert values[4] == bytes([127, 0, 0, 1])
    assert values[32] == b"gate 1"
    assert values[61] == bytes([0, 0, 0, 5]) and values[6] == bytes([0, 0, 0, 2]) and values[7] == bytes([0, 0, 0, 1])
    assert values[31] == b"10.1.0.2" and values[30] == b"192.0.2.1"
    assert re.fullmatch(rb"[0-9a-f]{16}", values[44])


@pytest.mark.parametrize("lie", [
    lambda request: respond(request, ACCEPT, secret="guessed"),
    lambda request: respond(request[:4] + bytes(16) + request[20:], ACCEPT),
    lambda request: respond(request, ACCEPT)[:30],
    lambda request: respond(request, 5),
    lambda request: b"",
    lambda request: os_random(4096),
], ids=["secret", "authenticator", "cut", "code", "empty", "noise"])
def test_a_forged_response_is_not_believed(lab, serve, scripted, lie):
    """The lie comes first, the true response after it."""
    scripted(lambda request, number: [lie(request), respond(request, REJECT)])
    server = serve("--auth", "pap", "--radius-acct", "none")
    assert lab.connect_fails("--auth", "pap")[0] == 9
    server.wait_for("the RADIUS server rejected it")


def os_random(count):
    return bytes((i * 167 + 13) & 255 for i in range(count))


def test_a_request_is_repeated_and_a_doubled_response_does_no_harm(lab, serve, scripted):
    radius = scripted(lambda request, number: [respond(request, ACCEPT)] * 3 if number else [])
    serve("--auth", "pap", "--radius-acct", "none")
    lab.connect("--auth", "pap", "--no-default-route")
    assert radius.requests[0] == radius.requests[1]
    lab.client.ping_server()


def test_the_next_server_is_asked(lab, serve, scripted):
    silent = scripted(lambda request, number: [])
    radius = scripted(accept, address="127.0.0.2")
    server = serve("--auth", "pap", "--radius-acct", "none", "--radius-timeout", "2", servers=("127.0.0.1", "127.0.0.2"))
    lab.connect("--auth", "pap", "--no-default-route")
    assert server.wait_for(r"^error: RADIUS server 127\.0\.0\.1 port 1812 does not answer \(logins\)")
    assert silent.requests[0][4:20] != radius.requests[0][4:20]
    assert password_of(radius.requests[0]) == "wonder land"
    lab.connect("--auth", "pap", "--no-default-route", host=lab.other)  # at once, by the one that lives
    assert len([r for r in silent.requests if dict(attributes(r)).get(1)]) < 4


def test_nothing_listens_at_the_first_server(lab, serve, scripted):
    scripted(accept, address="127.0.0.2")
    serve("--auth", "pap", "--radius-acct", "none", servers=("127.0.0.1", "127.0.0.2"))
    lab.connect("--auth", "pap", "--no-default-route")
    lab.client.ping_server()


def test_no_server_answers(lab, serve):
    server = serve("--auth", "pap", "--radius-acct", "none", "--radius-timeout", "1")
    status, said = lab.connect_fails("--auth", "pap", "--once")
    assert status == 10 and "error: the server cannot check logins now" in said, said
    server.wait_for(r'login of user "ann" by pap refused: no RADIUS server answers$')
    client = lab.connect("--auth", "pap", "--keep-trying", wait=False)
    client.wait_for(r"^warn: the server cannot check logins now: .*; next try in")
    assert client.stop() == 0


def test_a_session_that_ends_takes_its_question_back(lab, both, serve, scripted):
    late = []
    radius = scripted(lambda request, number: late.append(request) or [])
    server = serve("--auth", "pap", "--radius-acct", "none")
    client = lab.connect("--auth", "pap", wait=False)
    eventually("a request", lambda: radius.requests)
    client.kill()
    server.wait_for("session 1: .*ended")
    radius.answer = lambda request, number: [respond(r, ACCEPT) for r in late] + [respond(request, ACCEPT)]
    lab.connect("--auth", "pap", "--no-default-route")
    lab.client.ping_server()
    assert server.status is None


def test_a_challenge_for_a_password_is_refused(lab, serve, scripted):
    scripted(lambda request, number: [respond(request, CHALLENGE, attribute(24, b"state") + attribute(18, b"token?"))])
    server = serve("--auth", "pap", "--radius-acct", "none")
    lab.connect_fails("--auth", "pap", "--once")
    server.wait_for("refused: the RADIUS server asks for more than a password")


# ---- settings

@pytest.mark.parametrize("options, words", [
    (["--radius", "127.0.0.1"], "RADIUS needs a secret: --radius-secret-file FILE"),
    (["--radius", "127.0.0.1", "--users", "{users}"], "--users and --radius: one of them says who may log in"),
    (["--radius", "127.0.0.1", "--radius-secret-file", "{empty}"], "its first line is empty"),
    (["--radius", "127.0.0.1", "--radius-secret-file", "{users}", "--radius-secret-file", "{users}"],
     "1 times --radius and 2 times --radius-secret-file"),
    (["--radius", "::1:1812x", "--radius-secret-file", "{users}"], "--radius ::1:1812x: "),
    (["--radius", "127.0.0.1", "--radius-secret-file", "{users}", "--radius-timeout", "31"], "at most 30 seconds"),
])
def test_settings_that_cannot_work(lab, options, words):
    files = {"users": lab.file("some-users", "ann * secret *\n"), "empty": lab.file("empty", "\n")}
    server = lab.serve(*[o.format(**files) for o in options], users=False, wait=False)
    assert server.wait() == 2
    assert words in server.said


# ---- accounting

def test_the_records_of_a_session(lab, both, serve):
    radius = FreeRadius(lab, """ann Cleartext-Password := "wonder land"
    Class = 0x616263, Class += 0x646566, Session-Timeout = 3600
""")
    server = serve("--nas-identifier", "gate 1")
    client = lab.connect("--no-default-route")
    eventually("a start", lambda: radius.record("Start"))
    lab.client.ping_server("-s", "1000", count=5)
    assert client.stop() == 0
    eventually("a stop", lambda: radius.record("Stop"))
    server.stop()
    start, stop = radius.record("Start")[0], radius.record("Stop")[0]
    for r in (start, stop):
        assert r["User-Name"] == "ann" and r["Framed-IP-Address"] == "10.9.0.2"
        assert r["NAS-Identifier"] == "gate 1" and r["NAS-Port-Type"] == "Virtual"
        assert r["Calling-Station-Id"] == "10.1.0.2" and r["Acct-Authentic"] == "RADIUS"
        assert r["Acct-Delay-Time"] == "0" and "Event-Timestamp" in r
    assert start["Connect-Info"].startswith("TLSv1.3 ")
    assert start["Acct-Session-Id"] == stop["Acct-Session-Id"]
    assert 5 * 1028 <= int(stop["Acct-Input-Octets"]) < 20000 and int(stop["Acct-Input-Packets"]) >= 5
    assert 5 * 1028 <= int(stop["Acct-Output-Octets"]) < 20000
    assert stop["Acct-Terminate-Cause"] == "User-Request"
    detail = (radius.folder / "detail").read_text()
    assert detail.count("Class = 0x616263") == 2 and detail.count("Class = 0x646566") == 2
    assert [r["Acct-Status-Type"] for r in radius.records] == ["Accounting-On", "Start", "Stop", "Accounting-Off"]


@pytest.mark.slow
def test_a_session_reports_while_it_lasts(lab, serve):
    """The shortest interval is a minute (RFC 2869, section 5.16)."""
    radius = FreeRadius(lab, 'ann Cleartext-Password := "wonder land"\n    Acct-Interim-Interval = 5\n')
    serve()
    lab.connect("--no-default-route")
    lab.client.ping_server()
    eventually("a report", lambda: radius.record("Interim-Update"), seconds=150)
    report = radius.record("Interim-Update")[0]
    assert 57 <= int(report["Acct-Session-Time"]) and int(report["Acct-Input-Packets"]) >= 3
    assert int(report["Acct-Delay-Time"]) < 10 and "Acct-Terminate-Cause" not in report


def kill_client(lab, server, client):
    client.kill()


def stop_server(lab, server, client):
    server.stop()


def use_quota(lab, server, client):
    use_up(lab, client)


def wait(lab, server, client):
    pass


@pytest.mark.parametrize("reply, end, cause", [
    ("", kill_client, "Lost-Carrier"),
    ("", stop_server, "NAS-Reboot"),
    ("Session-Timeout = 3", wait, "Session-Timeout"),
    ("Idle-Timeout = 2", wait, "Idle-Timeout"),
    ("Mikrotik-Xmit-Limit = 20000", use_quota, "NAS-Request"),
])
def test_the_cause_of_an_end(lab, serve, reply, end, cause):
    radius = FreeRadius(lab, f'ann Cleartext-Password := "wonder land"\n    {reply}\n' if reply else USERS)
    server = serve("--no-ipv6")
    client = lab.connect("--no-default-route", "--no-ipv6", "--once")
    eventually("a start", lambda: radius.record("Start"))
    end(lab, server, client)
    eventually("a stop", lambda: radius.record("Stop"))
    assert radius.record("Stop")[0]["Acct-Terminate-Cause"] == cause
    client.wait()


def test_nothing_is_lost_while_the_server_is_away(lab, serve):
    radius = FreeRadius(lab, USERS)
    server = serve("--radius-timeout", "4")
    client = lab.connect("--no-default-route")
    eventually("a start", lambda: radius.record("Start"))
    radius.stop()
    client.stop()
    server.wait_for(r"^error: RADIUS server 127\.0\.0\.1 port 1813 does not answer \(accounting\)$")
    radius.start()
    eventually("a stop", lambda: radius.record("Stop"))
    assert int(radius.record("Stop")[0]["Acct-Delay-Time"]) >= 1
    server.wait_for(r"^RADIUS server 127\.0\.0\.1 port 1813 answers again \(accounting\)$")


def test_a_server_that_is_away_at_the_end_is_not_waited_for_long(lab, serve):
    server = serve("--radius-timeout", "1")
    assert server.stop() == 0
    server.wait_for(r"^error: RADIUS accounting: 2 records were not acknowledged by a server and are lost$")


def test_accounting_without_logins_by_radius(lab):
    radius = FreeRadius(lab, USERS)
    lab.serve("--radius-acct", "127.0.0.1", "--radius-secret-file", lab.file("secret", SECRET + "\n"))
    lab.connect("--no-default-route").stop()
    eventually("a stop", lambda: radius.record("Stop"))
    start = radius.record("Start")[0]
    assert start["User-Name"] == "ann" and start["Acct-Authentic"] == "Local"


# ---- requests of the RADIUS server: Disconnect and CoA

def radclient(lab, kind, attributes, host=None, secret=SECRET, port=3799, seconds=PATIENCE):
    """Sends one request to the server's port 3799; returns what radclient prints."""
    done = (host or lab.server).run("radclient", "-x", "-r", "1", "-t", seconds, f"127.0.0.1:{port}", kind, secret,
                                    input="\n".join(attributes) + "\n", check=False)
    return done.stdout + done.stderr


def gets_no_answer(*words, **more):
    return "No reply" in radclient(*words, **more, seconds=2)


def test_a_busy_port_for_coa(lab, serve):
    with lab.server.socket(socket.AF_INET, socket.SOCK_DGRAM) as busy:
        busy.bind(("0.0.0.0", 3799))
        server = serve("--radius-coa-from", "127.0.0.1", wait=False)
        assert server.wait() == 11
    assert "cannot listen on UDP port 3799 for RADIUS' CoA: Address in use: another program listens there" in server.log


@pytest.fixture
def ruled(lab, serve):
    """A server with two sessions of ann and one of bob, and FreeRADIUS' records of them."""
    radius = FreeRadius(lab, USERS)
    server = serve("--radius-coa-from", "127.0.0.1", "--nas-identifier", "gate")
    client = lab.connect("--no-default-route", "--once")
    other = lab.connect("--no-default-route", "--once", host=lab.other, user="bob", password="builder")
    eventually("two starts", lambda: len(radius.record("Start")) == 2)
    ids = {r["User-Name"]: r["Acct-Session-Id"] for r in radius.record("Start")}
    return radius, server, client, other, ids


def test_disconnect_by_session_id(lab, ruled):
    radius, server, client, other, ids = ruled
    said = radclient(lab, "disconnect", [f"Acct-Session-Id = {ids['ann']}", "NAS-Identifier = gate"])
    assert "Disconnect-ACK" in said
    assert client.wait() == 12
    eventually("a stop", lambda: radius.record("Stop"))
    assert radius.record("Stop")[0]["Acct-Terminate-Cause"] == "Admin-Reset"
    server.wait_for("^RADIUS: Disconnect-Request of 127.0.0.1 done$")
    assert other.status is None


@pytest.mark.parametrize("kind, attributes, answer", [
    ("disconnect", ["User-Name = bob"], "Disconnect-ACK"),
    ("disconnect", ["Framed-IP-Address = 10.9.0.3"], "Disconnect-ACK"),
    ("disconnect", ["Framed-IP-Address = 10.9.0.3", "User-Name = ann"], "Session-Context-Not-Found"),
    ("disconnect", ["User-Name = eve"], "Session-Context-Not-Found"),
    ("disconnect", ["Acct-Session-Id = 0000000000000001"], "Session-Context-Not-Found"),
    ("disconnect", ["NAS-Port-Type = Virtual"], "Missing-Attribute"),
    ("disconnect", ["User-Name = bob", "NAS-Identifier = other"], "NAS-Identification-Mismatch"),
    ("coa", ["User-Name = bob", "Session-Timeout = 100"], "CoA-ACK"),
    ("coa", ["User-Name = bob", "Reply-Message = hello"], "Unsupported-Attribute"),
    ("coa", ["User-Name = bob", "Mikrotik-Rate-Limit = fast"], "Invalid-Attribute-Value"),
    ("coa", ["NAS-Identifier = gate", "Calling-Station-Id = 10.1.0.99"], "Session-Context-Not-Found"),
])
def test_requests_and_answers(lab, ruled, kind, attributes, answer):
    assert answer in radclient(lab, kind, attributes)
    if answer == "Disconnect-ACK":
        assert ruled[3].wait() == 12


def test_a_change_is_applied_at_once(lab, both, ruled):
    _, server, client, _, ids = ruled
    said = radclient(lab, "coa", [f"Acct-Session-Id = {ids['ann']}", "Session-Timeout = 1",
                                  'Mikrotik-Rate-Limit = "1M/1M"'])
    assert "CoA-ACK" in said
    server.wait_for("session 1: the RADIUS server changed the limits of this session")
    server.wait_for("session 1: ends: the user's time is over")
    assert client.wait() == 12


def test_others_get_no_answer(lab, ruled):
    assert gets_no_answer(lab, "disconnect", ["User-Name = ann"], secret="guessed")
    assert gets_no_answer(lab, "disconnect", ["User-Name = ann", "Event-Timestamp = 1000000"])
    assert ruled[2].status is None


def disconnect_of(user):
    """A Disconnect-Request without a date, as somebody might have recorded it."""
    attrs = bytes([1, 2 + len(user)]) + user.encode()
    head = struct.pack("!BBH", 40, 77, 20 + len(attrs))
    return head + hashlib.md5(head + bytes(16) + attrs + SECRET.encode()).digest() + attrs


def test_a_replay_changes_nothing(lab, both, ruled):
    """The same bytes from another port, after the user has come back."""
    _, server, client, _, _ = ruled

    def send():
        with lab.server.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(disconnect_of("ann"), ("127.0.0.1", 3799))
            return s.recv(4096)

    answer = send()
    assert answer[0] == 41
    assert client.wait() == 12
    lab.connect("--no-default-route", "--once")
    assert send() == answer
    lab.client.ping_server()
    assert server.log.count("Disconnect-Request of 127.0.0.1 done") == 1


def test_requests_without_a_date_can_be_refused(lab, serve):
    FreeRadius(lab, USERS)
    server = serve("--radius-coa-from", "127.0.0.1", "--radius-coa-timestamp", "require")
    client = lab.connect("--no-default-route", "--once")
    assert gets_no_answer(lab, "disconnect", ["User-Name = ann"])
    server.wait_for("^warn: RADIUS: dropped a request of 127.0.0.1: it has no Event-Timestamp")
    assert gets_no_answer(lab, "disconnect", ["User-Name = ann", f"Event-Timestamp = {int(time.time()) - 400}"])
    server.wait_for("^warn: RADIUS: dropped a request of 127.0.0.1: its Event-Timestamp is off by more than 5 minutes")
    assert client.status is None
    assert "Disconnect-ACK" in radclient(lab, "disconnect", ["User-Name = ann", f"Event-Timestamp = {int(time.time())}"])
    assert client.wait() == 12


# ---- TLS (RadSec)

LEAF = ("basicConstraints = CA:FALSE", "extendedKeyUsage = serverAuth, clientAuth")


@pytest.fixture(scope="module")
def proxies(maker):
    """The authority of radsecproxy's certificate."""
    return maker.authority("Proxies")


@pytest.fixture
def radsec(lab, maker, proxies, clients):
    """Starts radsecproxy, with a certificate for the names."""
    started = []

    def start(names="IP:127.0.0.1", authority=None):
        identity = maker.make("radius", authority or proxies, extensions=(*LEAF, f"subjectAltName = {names}"))
        started.append(Radsecproxy(lab, identity, clients.cert))
        return started[-1]

    yield start
    for proxy in started:
        proxy.program.kill()  # it does not handle signals


def serve_by_tls(lab, maker, proxies, clients, *options, **more):
    own = maker.make("gate", clients, extensions=LEAF)
    return lab.serve("--radius", "tls:127.0.0.1", "--radius-ca", proxies.cert, "--radius-cert", own.cert,
                     "--radius-key", own.key, *options, users=False, **more)


def test_tls(lab, both, radsec, maker, proxies, clients):
    radius = FreeRadius(lab, USERS)
    radsec()
    server = serve_by_tls(lab, maker, proxies, clients)
    lab.connect("--auth", "eap-mschapv2", "--no-default-route").stop()
    lab.connect("--auth", "mschapv2", "--no-default-route").stop()
    eventually("two stops", lambda: len(radius.record("Stop")) == 2)
    server.wait_for(r"^RADIUS server 127\.0\.0\.1 port 2083: connected by TLSv1\.[23]$", count=2)  # and accounting


def test_tls_is_connected_again(lab, radsec, maker, proxies, clients):
    FreeRadius(lab, USERS)
    proxy = radsec()
    server = serve_by_tls(lab, maker, proxies, clients, "--radius-acct", "none", "--radius-timeout", "30")
    lab.connect("--no-default-route").stop()
    proxy.program.kill()
    server.wait_for("^error: RADIUS server 127.0.0.1 port 2083, TLS: ")
    client = lab.connect("--no-default-route", wait=False)
    proxy.start()
    client.wait_for("^connected in ")
    server.wait_for("port 2083: connected by TLS", count=2)


@pytest.mark.parametrize("names, authority, words", [
    ("IP:127.0.0.2", "proxies", "the server's certificate is not for 127.0.0.1"),
    ("IP:127.0.0.1", "clients", "is not signed by an authority"),
])
def test_tls_with_a_wrong_certificate(lab, radsec, maker, proxies, clients, names, authority, words):
    radsec(names, proxies if authority == "proxies" else clients)
    server = serve_by_tls(lab, maker, proxies, clients, "--radius-acct", "none")
    server.wait_for(rf"^error: RADIUS server 127\.0\.0\.1 port 2083, TLS: .*{words}")
    lab.connect_fails("--once")


def test_tls_needs_our_certificate_where_the_server_asks_for_it(lab, radsec, proxies):
    radsec()
    server = lab.serve("--radius", "tls:127.0.0.1", "--radius-ca", proxies.cert, "--radius-acct", "none", users=False)
    server.wait_for("^error: RADIUS server 127.0.0.1 port 2083, TLS: ")


def test_check_reads_the_files_of_tls(lab):
    server = lab.serve("--check", "--radius", "tls:127.0.0.1", "--radius-cert", lab.file("no-cert", "text\n"), users=False,
                       wait=False)
    assert server.wait() == 2
    assert "RADIUS by TLS: " in server.said and "no-cert" in server.said


def test_check_refuses_a_url_as_a_server(lab):
    server = lab.serve("--check", "--radius", "tls://127.0.0.1", users=False, wait=False)
    assert server.wait() == 2
    assert "--radius tls://127.0.0.1: must be HOST[:PORT] or tls:HOST[:PORT]" in server.said
