# SPDX-License-Identifier: GPL-3.0-or-later
"""Start, loss, return and end: what each side does when the peer disappears, and what signals do."""
import contextlib
import json
import os
import re
import signal
import ssl
import sys
import time

import pytest

from lab import GATEWAY, NAME, NO_LIMIT, PATIENCE, RESOLV_CONF, SERVER, eventually, last_lines, on_a_terminal
from scripted import ACK, METHOD, NAK, TERMINATE, ScriptedServer

HALVES = {"0.0.0.0/1", "128.0.0.0/1"}
DNS = ["--dns", "10.9.0.53"]

# The counters in the log lines of a session's end and of its status.
LINE = r", \d+ packets dropped, \d+ marked by ECN, \d+ segments retransmitted, round trip \d+ ms"


class Traces:
    """What must not change on the client's host while the tunnel is down."""

    def __init__(self, host):
        self.host = host
        self.ifindex = host.device()["ifindex"]
        self.changes = host.run("ip", "-4", "route", "show").stdout

    def assert_untouched(self):
        assert self.host.device()["ifindex"] == self.ifindex, "the TUN device was gone"
        assert "UP" in self.host.device()["flags"]
        assert set(self.host.routes()) >= HALVES, "traffic might have gone another way"
        assert self.host.routes()[SERVER]["gateway"] == "10.1.0.254"


# ---- the server goes and comes back


@pytest.mark.parametrize("how", ["killed", "asked to end"])
def test_the_client_comes_back_by_itself(lab, both, how):
    server = lab.serve(*DNS)
    client = lab.connect()
    traces = Traces(lab.client)
    if how == "killed":
        server.kill()
    else:
        assert server.stop() == 0
    client.wait_for(r"^warn: .*; next try in \d+\.\d s$")
    traces.assert_untouched()
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF, "while it is down, its name servers cannot be asked"
    server = lab.serve(*DNS)
    client.wait_for("^connected in ", count=2)
    traces.assert_untouched()
    lab.client.ping(GATEWAY)
    assert "nameserver 10.9.0.53\n" in lab.client.resolv_conf.read_text()
    assert client.stop() == 0
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF
    server.wait_for("^session 1: ended ")


def test_it_comes_back_with_another_address_where_the_server_says_so(lab):
    server = lab.serve("--dns", "10.9.0.53")
    client = lab.connect()
    traces = Traces(lab.client)
    server.kill()
    client.wait_for("next try")
    lab.serve("--dns", "10.20.0.53", network="10.20.0.0/24")
    client.wait_for("^connected in .*address 10.20.0.2, server 10.20.0.1, DNS 10.20.0.53$")
    traces.assert_untouched()
    addresses = lab.client.addresses()
    assert "10.20.0.2" in addresses and "10.9.0.2" not in addresses
    lab.client.ping("10.20.0.1")
    assert "nameserver 10.20.0.53\n" in lab.client.resolv_conf.read_text()


def test_a_tcp_connection_inside_survives_the_loss(lab):
    server = lab.serve()
    client = lab.connect()
    with lab.server.listen(port=7000) as listener, lab.client.connect(GATEWAY, 7000) as mine:
        theirs, _ = listener.accept()
        with theirs:
            theirs.settimeout(PATIENCE)
            server.kill()
            client.wait_for("next try")
            mine.sendall(b"while it was away")
            lab.serve(users="ann * \"wonder land\" 10.9.0.2\n")
            client.wait_for("^connected in ", count=2)
            assert theirs.recv(100) == b"while it was away"


def test_the_end_is_sent_to_the_clients_and_logged(lab):
    server = lab.serve()
    client = lab.connect()
    assert server.stop() == 0
    assert server.said.splitlines()[-2] == "stopping: ending 1 session"
    assert re.fullmatch(r'session 1: ended after \d+ s, user "ann": disconnected; \d+ bytes in, \d+ out' + LINE,
                        server.said.splitlines()[-1])
    client.wait_for(rf"^after \d+ s: \d+ bytes in, \d+ out{LINE}$")
    client.wait_for("^warn: closed by the peer; next try")
    assert "Call-Disconnect" in client.log


def test_pauses_between_attempts_grow(lab):
    server = lab.serve()
    client = lab.connect()
    server.kill()
    client.wait_for("next try in", count=3)
    pauses = [float(p) for p in re.findall(r"next try in (\d+\.\d) s", client.log)]
    assert 0.7 <= pauses[0] <= 1.0 and 1.4 <= pauses[1] <= 2.0 and 2.9 <= pauses[2] <= 4.0


def test_a_password_that_was_changed_meanwhile_ends_it(lab):
    server = lab.serve()
    client = lab.connect()
    server.kill()
    lab.serve(users='ann * "other land" *\n')
    assert client.wait() == 9
    assert client.said.splitlines()[-1].startswith("error: the user name or the password is not accepted")


PERHAPS_REFUSED = "the server ended the link: perhaps the user name or the password is not accepted"


@pytest.fixture
def ending(lab):
    """A server that refuses a login by ending the link (SoftEther), or stops during a login."""
    server = ScriptedServer(lab)
    yield server
    server.close()


def test_a_first_login_that_the_server_ends_was_refused(lab, ending):
    ending.login = TERMINATE
    status, said = lab.connect_fails("--auth", "pap")
    assert status == 9
    assert said.splitlines()[-1] == f"error: {PERHAPS_REFUSED}"
    assert ending.logins == 1


def test_a_first_login_that_ends_before_a_method_is_agreed_on(lab, ending):
    ending.login = TERMINATE
    status, said = lab.connect_fails("--auth", "mschapv2")
    assert status == 9
    assert "error: the server ended the link before an authentication method was agreed on: the server offers pap" in said


@pytest.mark.parametrize("method", ["pap", "mschapv2,pap"])
def test_a_login_that_worked_before_is_tried_again_when_the_server_ends_it(lab, ending, method):
    client = lab.connect("--auth", method)
    ending.login = TERMINATE
    ending.hang_up()
    client.wait_for(f"^warn: {PERHAPS_REFUSED}; next try in ", count=2)
    ending.login = ACK
    client.wait_for("^connected in ", count=2)
    assert client.stop() == 0


def test_a_method_that_worked_before_is_tried_again_when_the_server_ends_it(lab, ending):
    client = lab.connect("--auth", "mschapv2,pap")
    ending.login = METHOD
    ending.hang_up()
    client.wait_for("^warn: the server ended the link before an authentication method was agreed on.*; next try in ")
    ending.login = ACK
    client.wait_for("^connected in ", count=2)


def test_with_keep_trying_a_login_that_the_server_ends_is_tried_again(lab, ending):
    ending.login = TERMINATE
    client = lab.connect("--auth", "pap", "--keep-trying", wait=False)
    client.wait_for(f"^warn: {PERHAPS_REFUSED}; next try in ")
    ending.login = ACK
    client.wait_for("^connected in ")


def test_a_login_that_worked_before_and_is_refused_ends_it(lab, ending):
    client = lab.connect("--auth", "pap", "--keep-trying")
    ending.login = NAK
    ending.hang_up()
    assert client.wait() == 9
    assert client.said.splitlines()[-1] == "error: the user name or the password is not accepted"


def test_another_certificate_meanwhile_is_not_trusted(lab):
    """But it may be a proxy's temporary response, so the client tries again."""
    server = lab.serve()
    client = lab.connect()
    traces = Traces(lab.client)
    server.kill()
    liar = lab.serve(identity=lab.pki.identity("other-key", f"DNS:{NAME}"))
    client.wait_for(r"^warn: the certificate of .* but the pin given is .*; next try in ")
    assert "http" not in liar.log
    traces.assert_untouched()
    liar.kill()
    lab.serve()
    client.wait_for("^connected in ", count=2)


def test_the_name_is_looked_up_again(lab):
    lab.is_changed = True
    server = lab.serve(*DNS)
    client = lab.connect(to=NAME)
    server.kill()
    client.wait_for("next try")
    lab.client.hosts.write_text(f"192.0.2.9 {NAME}\n")
    lab.server.configure("addr add 192.0.2.9/24 dev cable\n")
    lab.serve("--listen", "192.0.2.9:443")
    client.wait_for(f"^{NAME} is at 192.0.2.9:443, ")
    client.wait_for("^connected in ", count=2)
    routes = lab.client.routes()
    assert "192.0.2.9" in routes and SERVER not in routes
    lab.client.ping(GATEWAY)


def test_once_means_once(lab, both):
    server = lab.serve()
    client = lab.connect("--once")
    server.kill()
    assert client.wait() == 12
    assert client.said.splitlines()[-1].startswith("error: the peer closed the connection")
    assert "next try" not in client.log


def test_once_and_the_server_ends_in_order(lab):
    server = lab.serve()
    client = lab.connect("--once")
    server.send(signal.SIGTERM)
    assert client.wait() == 12
    assert client.said.splitlines()[-1] == "error: closed by the peer"
    assert server.wait() == 0


# ---- the client ends


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_client_in_order(lab, both, number):
    server = lab.serve()
    client = lab.connect()
    assert client.stop(number) == 0
    assert last_lines(client.said) == ["disconnecting", "disconnected"]
    server.wait_for(r'^session 1: ended after \d+ s, user "ann": closed by the peer; ')
    # both SSTP and PPP were closed properly, and the client did not time out on either
    assert "got Call-Disconnect-Ack" in client.log
    assert "got Terminate-Request" in server.log and "got Call-Disconnect" in server.log


@pytest.mark.parametrize("mode", ["auto", "off"])
def test_nohup(lab, mode):
    """SIGHUP stays ignored, also where the parent has blocked it."""
    lab.serve()
    start = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); " \
            "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP]); os.execv(sys.argv[1], sys.argv[1:])"
    client = lab.start(lab.client, sys.executable, "-c", start, lab.sstp, "connect", "-v", SERVER, "--user", "ann", "--servercert",
                       lab.pki.server.pin, "--sandbox", mode, label="connect", env={"SSTP_PASSWORD": "wonder land"})
    client.wait_for("^connected in ")
    client.send(signal.SIGHUP)
    client.send(signal.SIGUSR2)
    client.wait_for("^connected in ", count=2)
    assert client.stop() == 0


def test_a_signal_while_the_server_is_silent(lab):
    server = lab.serve()
    client = lab.connect()
    server.send(signal.SIGSTOP)
    status = client.stop()
    server.send(signal.SIGCONT)
    assert status == 0
    assert client.said.splitlines()[-1] == "disconnected"


def test_a_second_signal_does_not_wait(lab):
    server = lab.serve()
    client = lab.connect()
    server.send(signal.SIGSTOP)
    client.send(signal.SIGSTOP)  # so that it finds both
    client.send(signal.SIGTERM)
    client.send(signal.SIGINT)
    client.send(signal.SIGCONT)
    status = client.wait()
    server.send(signal.SIGCONT)
    assert status == 0
    assert client.said.splitlines()[-1] == "disconnecting", "it did not wait until it was disconnected"


@pytest.mark.parametrize("when", ["dialling", "waiting"])
def test_a_signal_while_there_is_no_tunnel(lab, when):
    if when == "dialling":
        client = lab.connect("--timeout", NO_LIMIT, to="203.0.113.1", wait=False)
        client.wait_for("^connecting to ")
    else:
        client = lab.connect("--keep-trying", wait=False)
        client.wait_for("next try")
    assert client.stop() == 0


def test_usr2_reconnects_and_the_device_stays(lab, both):
    server = lab.serve()
    client = lab.connect()
    traces = Traces(lab.client)
    client.send(signal.SIGUSR2)
    client.wait_for(r"^reconnecting \(SIGUSR2\)$")
    client.wait_for("^connected in ", count=2)
    traces.assert_untouched()
    lab.client.ping(GATEWAY)
    server.wait_for("^session 1: ended ")
    server.wait_for("^session 2: up, ")


def test_usr2_ends_a_pause(lab):
    server = lab.serve()
    client = lab.connect()
    server.kill()
    start = time.monotonic()
    for tries in range(1, 8):  # the pause after the last would be 45 s and more
        client.wait_for("next try in", count=tries)
        client.send(signal.SIGUSR2)
    client.wait_for("next try in", count=8)
    pauses = [float(p) for p in re.findall(r"next try in (\d+\.\d) s", client.log)]
    assert time.monotonic() - start < sum(pauses[:7])
    lab.serve()
    client.send(signal.SIGUSR2)
    client.wait_for("^connected in ", count=2)


def test_a_host_that_has_changed_networks(lab):
    lab.is_changed = True
    lab.router.configure("addr add 10.1.0.253/24 dev client\n")
    lab.serve()
    client = lab.connect()
    lab.client.configure("route replace default via 10.1.0.253\n")
    client.send(signal.SIGUSR2)
    client.wait_for("^connected in ", count=2)
    assert lab.client.routes()[SERVER]["gateway"] == "10.1.0.253"
    lab.client.ping(GATEWAY)
    assert client.stop() == 0
    assert SERVER not in lab.client.routes()


def test_another_address_is_noticed_and_inner_connections_go_on(lab):
    lab.is_changed = True
    server = lab.serve()
    client = lab.connect()
    address = lab.client.addresses()[0]
    listener = lab.server.listen(GATEWAY, 7)
    inside = lab.client.connect(GATEWAY, 7)
    peer, _ = listener.accept()
    lab.client.configure("addr flush dev cable\naddr add 10.1.0.77/24 dev cable\nroute add default via 10.1.0.254\n")
    client.wait_for("^connected in ", count=2)
    server.wait_for("^session 1: ends: the client has connected again$")
    assert lab.client.addresses()[0] == address
    inside.sendall(b"still there?")
    assert peer.recv(100) == b"still there?"


def test_an_address_that_comes_back_is_no_move(lab):
    lab.is_changed = True
    lab.serve()
    client = lab.connect()
    for _ in range(3):
        lab.client.configure("addr flush dev cable\n")
        lab.client.configure("addr add 10.1.0.2/24 dev cable\nroute add default via 10.1.0.254\n")
        lab.client.ping(GATEWAY)
    assert "reconnecting" not in client.log


def test_a_route_to_the_server_ends_a_pause(lab):
    lab.is_changed = True
    lab.serve()
    client = lab.connect()
    lab.client.configure("link set cable down\n")
    client.send(signal.SIGUSR2)
    client.wait_for("^warn: no way to 192.0.2.1: ")
    start = time.monotonic()
    lab.client.configure("link set cable up\nroute add default via 10.1.0.254\n")
    client.wait_for("^connected in ", count=2)
    assert time.monotonic() - start < 30, "the next look without a notice of the kernel is after a minute"


def test_without_a_way_nothing_is_tried(lab):
    lab.is_changed = True
    lab.serve()
    client = lab.connect()
    lab.client.configure("link set cable down\n")
    for _ in range(3):
        client.send(signal.SIGUSR2)
        client.send(signal.SIGUSR1)
        client.wait_for("^(status: down|warn: no way)")
    tries = re.compile("^connecting to", re.M)
    assert len(tries.findall(client.log)) == 1 and client.log.count("no way to") == 1
    lab.client.configure("link set cable up\nroute add default via 10.1.0.254\n")
    client.wait_for("^connected in ", count=2)
    assert len(tries.findall(client.log)) == 2


def test_a_cable_that_was_pulled_out(lab):
    """Its removal removed the host's routes, also ours to the server."""
    lab.is_changed = True
    lab.serve()
    client = lab.connect()
    ifindex = lab.client.device()["ifindex"]
    lab.client.configure("link set cable down\n")
    client.send(signal.SIGUSR2)
    client.wait_for(r"^warn: no way to 192\.0\.2\.1: this host has no network, or no route; waiting for one$")
    lab.client.configure("link set cable up\nroute add default via 10.1.0.254\n")
    client.wait_for("^connected in ", count=2)
    assert lab.client.routes()[SERVER]["gateway"] == "10.1.0.254"
    assert lab.client.device()["ifindex"] == ifindex
    lab.client.ping(GATEWAY)


# ---- the server ends


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_without_sessions_ends_at_once(lab, number):
    server = lab.serve()
    assert server.stop(number) == 0
    assert server.said.splitlines()[-1] == "stopping: ending 0 sessions"
    assert lab.server.device() is None


def test_a_server_does_not_wait_for_a_silent_client(lab):
    server = lab.serve()
    client = lab.connect()
    client.send(signal.SIGSTOP)
    status = server.stop()
    client.send(signal.SIGCONT)
    assert status == 0


# ---- starting


def test_a_second_server_on_the_same_port_says_why_not(lab):
    lab.serve()
    second = lab.serve(network="10.10.0.0/24", wait=False)
    assert second.wait() == 11
    assert re.fullmatch(r"error: cannot listen on 0\.0\.0\.0:443: Address (already )?in use: another program listens there, "
                        "or this one because of another option; stop it or choose another port", second.said.splitlines()[-1])


def test_an_address_that_is_not_the_hosts(lab):
    server = lab.serve("--listen", "192.0.2.99", wait=False)
    assert server.wait() == 11
    assert re.search(r"^error: cannot listen on 192\.0\.2\.99:443: .*: this host does not have that address$", server.said,
                     re.M)


def test_a_server_without_users_starts_and_says_how_to_add_one(lab):
    server = lab.serve(users="# no users yet\n")
    assert f"warn: {server.users}: no users yet: add one with: sstp passwd {server.users} NAME\n" in server.said


def test_a_user_file_that_others_can_read_is_warned_of(lab):
    users = lab.file("open-users", "ann * secret *\n", 0o644)
    server = lab.serve(users=users)
    assert f"warn: {users}: other users can read or change it: chmod 600 (mode is 644)\n" in server.said


def test_forwarding_that_is_off_is_warned_of(lab):
    assert "warn: IPv4 forwarding is off: clients can reach only this host" in lab.serve().said
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    assert "forwarding" not in lab.serve("--listen", "4443", network="10.10.0.0/24").said


def test_a_network_that_the_host_has_already_is_warned_of(lab):
    server = lab.serve("--listen", "4443", network="192.0.2.128/26")
    assert re.search(r"^warn: --ipv4-network 192\.0\.2\.128/26 overlaps 192\.0\.2\.1/24 of \w+, which this host already has: "
                     "choose another network$", server.said, re.M)
    assert "overlaps" not in lab.serve("--listen", "4444").said
    assert "overlaps 10.9.0.1/24 of sstp" in lab.serve("--listen", "4445").said


def test_the_log_may_be_json_and_have_times(lab):
    server = lab.serve("--log-time", wait=False)
    server.wait_for("ready: ")
    client = lab.connect("--log-json", "--no-default-route", verbose=False, wait=False)
    client.wait_for('"connected in ')
    lines = [json.loads(line) for line in client.log.splitlines()]
    assert all({"time", "level", "who", "message"} <= set(line) for line in lines)
    up = lines[-1]
    assert up["message"].startswith("connected in ")
    assert (up["event"], up["user"], up["peer"], up["interface"], up["address"], up["gateway"]) == (
        "connected", "ann", f"{SERVER}:443", "sstp0", "10.9.0.2", "10.9.0.1")
    assert client.stop() == 0
    end = json.loads(client.log.splitlines()[-1])
    assert end["event"] == "disconnected" and {"duration", "rx_bytes", "tx_bytes", "reason"} <= set(end)
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", line) for line in server.log.splitlines())


def test_quiet_says_nothing_when_all_is_well(lab):
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    server = lab.serve("--quiet", verbose=False, wait=False)
    eventually("the server listens", lambda: lab.server.is_listening(443))
    client = lab.connect("--quiet", verbose=False, wait=False)
    eventually("the tunnel is up", lambda: "10.9.0.2" in lab.client.addresses())
    lab.client.ping(GATEWAY)
    assert client.stop() == 0
    assert server.stop() == 0
    assert (server.log, client.log) == ("", "")


def test_at_a_terminal(lab):
    """sstp asks for the password without showing it; Ctrl-C ends sstp."""
    lab.serve()
    command = [lab.sstp, "connect", SERVER, "-u", "ann", "--servercert", lab.pki.server.pin, "--no-default-route"]
    status, shown = on_a_terminal(lab.client.words(command), [
        (b"Password of ann at 192.0.2.1: ", b"wonder land\n"), (b"connected in ", b"\x03")])
    assert status == 0
    assert "wonder land" not in shown
    assert last_lines(shown) == ["^Cdisconnecting", "disconnected"]


def test_a_change_of_mind_at_the_question_for_the_password(lab):
    command = [lab.sstp, "connect", SERVER, "-u", "ann"]
    status, _ = on_a_terminal(lab.client.words(command), [(b"Password of ann at 192.0.2.1: ", b"\x03")])
    assert status == -signal.SIGINT


# ---- in the background


def pid_in(path):
    return int(path.read_text())


def test_the_background_is_entered_once_all_works(lab, both):
    server_pid, client_pid = lab.folder / "server.pid", lab.folder / "client.pid"
    server = lab.serve("--background", "--pid-file", server_pid, wait=False)
    assert server.wait() == 0
    assert "ready: " in server.log
    assert lab.server.is_listening(443)
    client = lab.connect("--background", "--pid-file", client_pid, wait=False)
    assert client.wait() == 0
    assert "connected in " in client.log
    lab.client.ping(GATEWAY)
    for path, host in ((client_pid, lab.client), (server_pid, lab.server)):
        assert pid_in(path) not in (server.pid, client.pid)
        host.run("kill", pid_in(path))
        eventually("the pid file goes", lambda path=path: not path.exists())
    client.wait_for("^disconnected$")


def test_the_background_is_not_entered_by_what_fails(lab):
    pid_file = lab.folder / "pid"
    assert lab.connect_fails("--background", "--pid-file", pid_file)[0] == 4
    assert not pid_file.exists()
    lab.serve()
    assert lab.connect_fails("--background", "--pid-file", pid_file, password="wrong")[0] == 9
    assert not pid_file.exists()
    second = lab.serve("--background", network="10.10.0.0/24", wait=False)
    assert second.wait() == 11


def test_a_pid_file_is_for_one_program(lab, both):
    pid_file = lab.folder / "pid"
    lab.serve()
    client = lab.connect("--no-default-route", "--pid-file", pid_file)
    assert pid_in(pid_file) == client.pid
    status, said = lab.connect_fails("--no-default-route", "--pid-file", pid_file)
    assert status == 1
    assert said == f"sstp connect: --pid-file {pid_file}: another running program has locked this pid file\n"
    assert pid_in(pid_file) == client.pid
    assert client.stop() == 0
    assert not pid_file.exists()


def test_a_pid_file_of_an_ended_process_is_replaced(lab):
    pid_file = lab.folder / "pid"
    lab.serve()
    lab.connect("--no-default-route", "--pid-file", pid_file).kill()
    eventually("its helper has removed it", lambda: not pid_file.exists())
    pid_file.write_text("4711\n")
    client = lab.connect("--no-default-route", "--pid-file", pid_file)
    assert pid_in(pid_file) == client.pid


def test_a_pid_file_that_cannot_be_written(lab):
    status, said = lab.connect_fails("--pid-file", "/nowhere/pid")
    assert status == 1
    assert said == "sstp connect: --pid-file /nowhere/pid: No such file or directory\n"


def test_a_pid_file_without_room(lab):
    """On a file system that is full."""
    lab.client.run("sh", "-ec", "mkdir -p /run/full\nmount -t tmpfs -o size=4k tmpfs /run/full\n"
                                "! cat /dev/zero >/run/full/all 2>/dev/null")
    try:
        status, said = lab.connect_fails("--pid-file", "/run/full/pid")
    finally:
        lab.client.run("umount", "/run/full")
    assert status == 1
    assert said == "sstp connect: --pid-file /run/full/pid: No space left on device\n"


# ---- without privileges


def test_a_user_without_rights_gets_an_error_that_names_the_capability(lab):
    lab.serve()
    client = lab.start(lab.client, "setpriv", "--inh-caps=-all", "--bounding-set=-all", lab.sstp, "connect", SERVER, "-u",
                       "ann", "--servercert", lab.pki.server.pin, label="connect", env={"SSTP_PASSWORD": "wonder land"})
    assert client.wait() == 11
    assert re.search(r"^error: cannot make a TUN device: Operation not permitted.*CAP_NET_ADMIN", client.said,
                     re.M), client.said


def test_a_server_whose_device_is_deleted_ends(lab, both):
    """Otherwise clients could log in but reach no host, and nothing would restart the server."""
    server = lab.serve("--workers", "2")
    client = lab.connect("--once", "--no-default-route")
    lab.server.run("ip", "link", "del", "sstp0")
    assert server.wait() == 11
    assert server.said.count("error: sstp0 is lost, all sessions end: ") == 1
    assert client.wait() == 12


def test_usr1_logs_the_state_and_ends_nothing(lab):
    server, client = lab.serve(), lab.connect("--no-default-route")
    server.send(signal.SIGUSR1)
    server.wait_for(r"^status: sstp0, running for \d+ s, \d+ workers, 1 of 253 sessions, ")
    server.wait_for(r"^status: since the start 1 connections, 1 logins, 0 refused logins, 0 sessions ended; "
                    r"\d+ packets and \d+ bytes in, \d+ packets and \d+ bytes out$")
    client.send(signal.SIGUSR1)
    server.wait_for(r"^session 1: status: user \"ann\", address 10\.9\.0\.2, from 10\.1\.0\.2:\d+, for \d+ s; "
                    rf"\d+ bytes in, \d+ out{LINE}(, \d+ bytes wait)?$")
    client.wait_for(r"^status: up for \d+ s, sstp0, address 10\.9\.0\.2, to 192\.0\.2\.1:443; "
                    rf"\d+ bytes in, \d+ out{LINE}(, \d+ bytes wait)?$")
    for program in (server, client):
        for number in (signal.SIGPIPE, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO, signal.SIGPWR,
                       signal.SIGXFSZ, signal.SIGRTMIN + 3, signal.SIGRTMAX):
            program.send(number)
        program.send(signal.SIGUSR1)
        program.wait_for("^status: (sstp0, running|up) for ", count=2)
    lab.client.ping_server()
    assert client.stop(signal.SIGQUIT) == 0
    assert server.stop(signal.SIGQUIT) == 0


def test_the_state_of_a_client_that_is_not_connected(lab):
    client = lab.connect("--keep-trying", wait=False)
    client.wait_for("next try in")
    client.send(signal.SIGUSR1)
    client.wait_for(r"^status: (down, next try in \d+ s|connecting to )")
    assert client.stop() == 0


def test_the_servers_milestones_as_json(lab):
    server = lab.serve("--log-json", verbose=False, wait=False)
    server.wait_for("ready: ")
    client = lab.connect("--no-default-route")
    server.wait_for('"event":"login"')
    lab.client.ping_server()
    assert client.stop() == 0
    server.wait_for('"event":"session_end"')
    lab.connect("--no-default-route", password="wrong", wait=False).wait()
    server.wait_for('"event":"login_failed"')
    events = {e["event"]: e for e in map(json.loads, server.log.splitlines()) if "event" in e}
    login, end, refused = (events[name] for name in ("login", "session_end", "login_failed"))
    assert (login["user"], login["address"], login["interface"]) == ("ann", "10.9.0.2", "sstp0")
    assert login["session"] == end["session"] and login["peer"] == end["peer"]
    assert {"rx_dropped", "tx_dropped", "tx_marked", "retransmitted", "rtt_ms"} <= end.keys()
    assert end["user"] == "ann" and end["rx_bytes"] > 0 and end["tx_bytes"] > 0 and end["reason"]
    assert refused["user"] == "ann" and refused["reason"]


def test_port_scans_do_not_fill_the_log(lab):
    server = lab.serve(verbose=False, wait=False)
    server.wait_for("ready: ")
    context = ssl._create_unverified_context()
    request = (b"SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\nHost: x\r\n"
               b"Content-Length: 18446744073709551615\r\n\r\n")
    start = time.monotonic()
    for _ in range(40):
        with context.wrap_socket(lab.client.connect(SERVER, 443)) as stranger:
            stranger.sendall(request)
            stranger.recv(4096)
            stranger.sendall(b"this is no SSTP packet")
            while stranger.recv(4096):
                pass
    lab.connect("--no-default-route")  # a milestone comes through all the same
    server.wait_for(": up, user ")
    minutes = 1 + (time.monotonic() - start) // 60
    assert 0 < len(re.findall("^warn: session", server.log, re.M)) <= 10 * minutes


def test_packets_pass_while_a_script_hangs(lab, tmp_path):
    lab.serve()
    began, go = tmp_path / "began", tmp_path / "go"
    script = f"""[ $reason = connect ] || exit 0; ip addr add $INTERNAL_IP4_ADDRESS peer {GATEWAY} dev $TUNDEV
ip link set $TUNDEV up; touch {began}; while [ ! -e {go} ]; do sleep 0.05; done"""
    client = lab.connect("--script", script, wait=False)
    eventually("the script has set the device up", began.exists)
    lab.client.ping(GATEWAY)
    assert "connected in" not in client.said
    go.touch()
    client.wait_for("^connected in ")


def test_the_end_comes_while_a_script_hangs(lab, tmp_path):
    lab.serve()
    began = tmp_path / "began"
    client = lab.connect("--script", f"[ $reason != connect ] || {{ touch {began}; exec sleep 600; }}", wait=False)
    eventually("the script hangs", began.exists)
    assert client.stop() == 0
    assert "took too long and was ended" in client.said


@contextlib.contextmanager
def log_that_nobody_reads(reader):
    """A descriptor for a log that is already full."""
    readable, writable = os.openpty() if reader == "terminal" else os.pipe()
    os.set_blocking(writable, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writable, b"x" * 100)
    os.set_blocking(writable, True)
    try:
        yield writable
    finally:
        os.close(readable)
        os.close(writable)


@pytest.mark.parametrize("reader", ["pipe", "terminal"])
def test_a_log_that_is_not_read(lab, reader):
    """Unknown clients' connections fill a log whose reader is stopped: logins, packets and the end still work."""
    with log_that_nobody_reads(reader) as writable:
        server = lab.serve(wait=False, stderr=writable)
        eventually("the server listens", lambda: lab.server.is_listening(443))
        client = lab.connect("--no-default-route")
        lab.client.ping_server()
        assert client.stop() == 0
        assert server.stop() == 0


@pytest.mark.parametrize("reader", ["pipe", "terminal"])
def test_a_log_of_a_client_that_is_not_read(lab, reader):
    """It connects, packets pass, it reconnects when the server comes back, reports its health, and ends in order."""
    def health():
        return lab.client.run(lab.sstp, "healthcheck", check=False).stdout

    server = lab.serve("--dns", "10.9.0.53")
    with log_that_nobody_reads(reader) as writable:
        client = lab.connect(wait=False, stderr=writable)
        eventually("it is connected", lambda: health() == "up sstp0\n")
        lab.client.ping(GATEWAY)
        for _ in range(200):
            client.send(signal.SIGUSR1)  # a line each
        lab.client.ping(GATEWAY)
        server.kill()
        eventually("it sees the end", lambda: health().startswith("down"))
        lab.serve("--dns", "10.9.0.53")
        eventually("it is connected again", lambda: health() == "up sstp0\n")
        lab.client.ping(GATEWAY)
        assert client.stop() == 0
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF
    assert not lab.client.device()


@pytest.mark.parametrize("verb", ["run", "proxy"])
def test_a_log_of_a_client_with_a_command_that_is_not_read(lab, tmp_path, verb):
    """The command runs and ends, and sstp with it, with its status."""
    lab.serve()
    done = tmp_path / "done"
    with log_that_nobody_reads("pipe") as writable:
        program = lab.start(lab.client, lab.sstp, verb, "-v", "--user", "ann", "--password-file",
                            lab.file("password", "wonder land\n"), "--servercert", lab.pki.server.pin,
                            *(["--socks5", "127.0.0.1:1080"] if verb == "proxy" else []), SERVER, "--", "sh", "-c",
                            f"echo done >{done}; exit 7", label=verb, stderr=writable)
        assert program.wait() == 7
    assert done.read_text() == "done\n"


@pytest.mark.parametrize("closed", ["0<&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_without_standard_descriptors(lab, closed):
    server = lab.serve(wait=False, redirect=closed)
    eventually("the server listens", lambda: lab.server.is_listening(443))
    fds = {fd: os.readlink(f"/proc/{server.pid}/fd/{fd}") for fd in range(3)}
    assert all(fds[int(word[0])] == "/dev/null" for word in closed.split())
    client = lab.connect("--no-default-route")
    assert client.stop() == 0 and server.stop() == 0
