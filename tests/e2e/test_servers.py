# SPDX-License-Identifier: GPL-3.0-or-later
"""Several servers of one VPN: the order in which they are tried; and how names are looked up while the tunnel is down."""
import re

import pytest

from lab import NAME, SERVER
from test_dialling import NameServer

SECOND = "192.0.2.2"  # further addresses of the host "server"
NAME_SERVER = "192.0.2.53"


@pytest.fixture
def addresses(lab):
    lab.is_changed = True
    lab.server.configure(f"addr add {SECOND}/24 dev cable\naddr add {NAME_SERVER}/24 dev cable\n")


def identity(lab):
    return lab.pki.identity("two-addresses", f"IP:{SERVER},IP:{SECOND},DNS:{NAME}")


def serve(lab, address, **more):
    return lab.serve("--listen", f"{address}:443", identity=identity(lab), **more)


def trust(lab):
    return ["--ca-cert", lab.pki.ca]


def servers_tried(client):
    return re.findall(r"^connecting to (\S+)$", client.log, re.M)


def test_the_next_one_is_tried_at_once(lab, addresses, both):
    serve(lab, SECOND)
    client = lab.connect("--server", SECOND, "--no-default-route", trust=trust(lab))
    assert f"warn: {SERVER}:443: connection refused; trying the next server\n" in client.log
    assert servers_tried(client) == [SERVER, SECOND]
    assert client.stop() == 0


def test_the_last_error_is_the_status_when_none_works(lab, addresses):
    status, said = lab.connect_fails("--server", "no-such.example.net", "--timeout", "2", trust=trust(lab))
    assert status == 3
    assert f"warn: {SERVER}:443: connection refused; trying the next server\n" in said
    assert 'error: no address for "no-such.example.net": ' in said


def test_a_refused_login_is_not_tried_elsewhere(lab, addresses):
    serve(lab, SERVER)
    status, said = lab.connect_fails("--server", SECOND, password="wrong", trust=trust(lab))
    assert status == 9
    assert SECOND not in said


def test_the_one_that_worked_last_is_the_first_next_time(lab, addresses):
    second = serve(lab, SECOND)
    client = lab.connect("--server", SECOND, "--no-default-route", trust=trust(lab))
    second.kill()
    client.wait_for("trying the next server$", 2)
    serve(lab, SECOND)
    client.wait_for("^connected in ", 2)
    tried = servers_tried(client)
    assert tried[:4] == [SERVER, SECOND, SECOND, SERVER]
    assert tried[-1] == SECOND


def test_another_one_takes_over(lab, addresses):
    first = serve(lab, SERVER)
    client = lab.connect("--server", SECOND, "--no-default-route", trust=trust(lab))
    assert servers_tried(client) == [SERVER]
    first.kill()
    serve(lab, SECOND)
    client.wait_for("^connected in ", 2)
    assert servers_tried(client)[-1] == SECOND
    lab.client.ping_server()


def test_a_second_attempt_with_eap_is_at_the_same_server(lab, addresses):
    """Not at the first one of another round: the one that had the tunnel, which has just failed."""
    first = serve(lab, SERVER)
    client = lab.connect("--server", SECOND, "--no-default-route", trust=trust(lab))
    lab.serve("--listen", f"{SECOND}:443", "--auth", "eap-mschapv2", identity=identity(lab))
    first.kill()
    client.wait_for("^connected in ", 2)
    assert servers_tried(client) == [SERVER, SERVER, SECOND, SECOND]


def test_all_traffic_goes_through_the_tunnel_with_the_next_one_too(lab, addresses):
    """The routes of the first tunnel cover the second server."""
    first = serve(lab, SERVER)
    client = lab.connect("--server", SECOND, trust=trust(lab))
    first.kill()
    serve(lab, SECOND)
    client.wait_for("^connected in ", 2)
    assert any(route.startswith(SECOND) for route in lab.client.routes())
    assert not any(route.startswith(f"{SERVER} ") for route in lab.client.routes())
    assert client.stop() == 0


@pytest.mark.parametrize("options, environment, file, tried", [
    (["--server", "a.test", "--server", "b.test"], {}, "", ["a.test", "b.test"]),
    (["--server", "b.test", "c.test"], {}, "", ["c.test", "b.test"]),
    ([], {"SSTP_SERVER": "a.test, b.test:4443"}, "", ["a.test", "b.test:4443"]),
    ([], {}, "server = a.test\nserver = b.test\n", ["a.test", "b.test"]),
    (["c.test"], {"SSTP_SERVER": "a.test b.test"}, "server = d.test\n", ["c.test"]),
    (["c.test", "--server", "e.test"], {"SSTP_SERVER": "a.test b.test"}, "", ["c.test", "e.test"]),
    (["--server", "e.test"], {"SSTP_SERVER": "a.test b.test"}, "", ["e.test"]),
    ([], {"SSTP_SERVER": "a.test"}, "server = d.test\nserver = f.test\n", ["a.test"]),
])
def test_where_servers_are_given(lab, options, environment, file, tried):
    lab.client.hosts.write_text("".join(f"{SERVER} {name}.test\n" for name in "abcdef"))
    client = lab.start(lab.client, lab.sstp, "connect", *options, "-u", "ann", "--password-file", lab.file("password", "x\n"),
                       "--config", lab.file("conf", file), env=environment)
    assert client.wait() == 4
    assert servers_tried(client) == tried


def test_probe_takes_the_first(lab):
    done = lab.client.run(lab.sstp, "probe", "--server", SERVER, "--server", SECOND, check=False)
    assert done.returncode == 4 and SECOND not in done.stdout + done.stderr


# ---- names


@pytest.fixture
def name_server(lab, addresses):
    """A name server that is reached through the router, as a provider's: the tunnel's routes cover it."""
    server = NameServer(lab.server, NAME_SERVER, SERVER)
    lab.client.hosts.write_text("")
    lab.client.resolv_conf.write_text(f"nameserver {NAME_SERVER}\n")
    yield server
    server.close()


def test_while_the_tunnel_is_down_its_server_is_looked_up_outside(lab, name_server):
    """The server has moved to another address. The tunnel's routes stay, and would take the queries."""
    first = serve(lab, SERVER, network="10.9.0.0/24")
    client = lab.connect(to=NAME, trust=trust(lab))
    assert not any(route.startswith(NAME_SERVER) for route in lab.client.routes())
    name_server.answer = SECOND
    first.kill()
    serve(lab, SECOND)
    client.wait_for("^connected in ", 2)
    client.wait_for(f"^{NAME} is at {SECOND}:443, ")
    assert not any(route.startswith(NAME_SERVER) for route in lab.client.routes()), "only while the tunnel is down"
    assert client.stop() == 0


def test_such_routes_are_removed_after_a_kill(lab, name_server):
    routes = lab.client.routes()
    first = serve(lab, SERVER)
    client = lab.connect(to=NAME, trust=trust(lab))
    first.kill()
    client.wait_for("connection refused; next try in")
    assert any(route.startswith(NAME_SERVER) for route in lab.client.routes())
    client.kill()
    assert lab.connect_fails(to=NAME, trust=trust(lab))[0] == 4
    assert lab.client.routes() == routes
