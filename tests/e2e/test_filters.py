# SPDX-License-Identifier: GPL-3.0-or-later
"""Packet filters of users: named by the user file and by RADIUS; both directions, both families, fragments, batches."""
import signal
import socket

import pytest

import traffic
from lab import GATEWAY, eventually
from radius import SECRET, FreeRadius

NETWORK6 = "2001:db8:77::/56"
OPEN, CLOSED, WEB = 5300, 5301, 8443
RULES = f"""# what the tests use
guest permit {GATEWAY} udp {OPEN}   # and nothing else there by UDP
guest permit 2001:db8::/32 udp {OPEN}
guest permit any tcp {WEB}
staff permit any
"""


def by_file(lab, name, *options):
    return lab.serve("--filters", lab.file("filters", RULES), *options, users=f'ann * "wonder land" filter={name}\n')


def by_radius(lab, name, *options):
    FreeRadius(lab, f'ann Cleartext-Password := "wonder land"\n    Filter-Id = "{name}"\n')
    return lab.serve("--filters", lab.file("filters", RULES), "--radius", "127.0.0.1", "--radius-secret-file",
                     lab.file("secret", SECRET + "\n"), *options, users=False)


def udp(host, port, family=socket.AF_INET):
    s = traffic.udp_socket(host, family)
    s.settimeout(10)
    s.bind(("", port))
    return s


def nothing_came(s):
    s.setblocking(False)
    with pytest.raises(BlockingIOError):
        s.recv(65536)


def check_udp(client, server, address, size=100):
    """Only the open port answers. What is closed is sent first, and has not come when the other has."""
    family = traffic.family_of(address)
    with udp(client, 4000, family) as near, udp(server, OPEN, family) as good, udp(server, CLOSED, family) as bad:
        where = traffic.socket_address(client, address, OPEN)
        for _ in range(3):
            near.sendto(traffic.datagram(1, size), traffic.socket_address(client, address, CLOSED))
        near.sendto(traffic.datagram(2, size), where)
        data, back = good.recvfrom(65536)
        assert data == traffic.datagram(2, size)
        nothing_came(bad)
        for _ in range(3):
            bad.sendto(traffic.datagram(3, size), back)
        good.sendto(traffic.datagram(4, size), back)
        assert near.recv(65536) == traffic.datagram(4, size)
        nothing_came(near)


@pytest.mark.parametrize("start", [by_file, by_radius])
def test_only_what_is_permitted_passes(lab, both, start):
    start(lab, "guest")
    lab.connect("--no-default-route", "--no-ipv6", "--route", "10.9.0.0/24")
    check_udp(lab.client, lab.server, GATEWAY)
    check_udp(lab.client, lab.server, GATEWAY, size=5000)  # in fragments
    with lab.server.listen(port=WEB) as listener:
        for way in "up", "down":  # batches of segments, in both directions
            near = lab.client.connect(GATEWAY, WEB)
            far, _ = listener.accept()
            traffic.carry(*((near, far) if way == "up" else (far, near)), 20 * traffic.MB)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ipv6_too(lab, both, workers):
    by_file(lab, "guest", "--ipv6-network", NETWORK6, "--workers", workers)
    lab.server.ip("addr add 2001:db8:77:ffff::1/128 dev lo nodad")
    lab.is_changed = True
    client = lab.connect("--no-default-route", "--route", "2001:db8:77::/48")
    client.wait_for(r"^IPv6 address 2001:db8:77")
    check_udp(lab.client, lab.server, "2001:db8:77:ffff::1")
    check_udp(lab.client, lab.server, "2001:db8:77:ffff::1", size=5000)


def test_a_user_without_a_filter_is_not_filtered(lab):
    lab.serve("--filters", lab.file("filters", RULES))
    lab.connect("--no-default-route", "--no-ipv6", "--route", "10.9.0.0/24")
    lab.client.ping_server()
    traffic.upload(lab.client, lab.server, GATEWAY, traffic.MB)


@pytest.mark.parametrize("start", [by_file, by_radius])
def test_an_unknown_filter_refuses_the_session(lab, start):
    server = start(lab, "nobody")
    lab.connect_fails("--once")
    server.wait_for(r'^warn: session 1: there is no filter "nobody": it is not in \S+/filters$')
    server.wait_for(r"refused: the user's filter does not exist, and without it the session would be allowed too much$")


USERS = """ann * "wonder land" * filter=staff
bob * builder * filter=stuff
@branch * - pool=north filter=guest
cid * secret * group=branch
dee * secret * pool=south
"""


def test_names_in_the_user_file_that_do_not_exist(lab):
    """A warning at the start and at each reload names the line; a check fails. A group is named once."""
    filters, users = lab.file("filters", RULES), lab.file("users", USERS)
    options = "--filters", filters, "--pool", "south=10.9.0.64/26"
    server = lab.serve(*options, users=users)
    stuff = f'{users}:2: user "bob": there is no filter "stuff" in {filters}: logins are refused'
    north = f'{users}:3: group "branch": there is no --pool "north": logins are refused'
    assert f"warn: {stuff}\n" in server.log and f"warn: {north}\n" in server.log
    assert server.log.count("there is no") == 2
    lab.connect_fails(user="bob", password="builder")
    users.write_text(USERS.replace("stuff", "staff").replace("north", "south"))
    server.wait_for("reloaded .*users: 4 users$")
    lab.connect(user="bob", password="builder")
    # the file of filters changes, and that of users does not
    filters.write_text(RULES.replace("staff", "stuff"))
    server.wait_for(f'^warn: {users}:1: user "ann": there is no filter "staff" in {filters}: logins are refused$')
    server.wait_for('the user\'s filter does not exist any more')
    done = lab.server.run(lab.sstp, "reload", check=False)
    assert done.returncode == 0 and f'{users}:1: user "ann": there is no filter "staff"' in done.stdout
    check = [lab.sstp, "serve", "--check", "--cert", lab.pki.server.cert, "--key", lab.pki.server.key, "--ipv4-network", "10.9.0.0/24",
             "--users", users]
    done = lab.server.run(*check, *options, check=False)
    assert done.returncode == 2 and done.stderr.splitlines()[-1] == f'sstp serve: --users {users}:1: user "ann": there is no filter "staff" in {filters}: logins are refused'
    users.write_text("ann * secret * filter=staff\n")
    done = lab.server.run(*check, check=False)
    assert done.stderr.endswith(f'{users}:1: user "ann": there is no filter "staff": --filters is not given: logins are refused\n')
    users.write_text("ann * secret * pool=staff\n")
    done = lab.server.run(*check, check=False)
    assert done.stderr.endswith(f'{users}:1: user "ann": there is no --pool "staff": addresses are of --ipv4-network\n')


def test_names_in_a_folder_of_users_that_do_not_exist(lab):
    folder = lab.folder / "users.d"
    folder.mkdir(mode=0o700)
    for name, text in (("ann", "password = secret\nfilter = stuff\n"), ("@branch", "pool = north\n")):
        (folder / f"{name}.conf").write_text(text)
        (folder / f"{name}.conf").chmod(0o600)
    server = lab.serve("--users-dir", folder, "--filters", lab.file("filters", RULES), users=False)
    assert f'warn: {folder}/ann.conf: user "ann": there is no filter "stuff" in ' in server.log
    assert f'warn: {folder}/@branch.conf: group "branch": there is no --pool "north": addresses are of --ipv4-network' in server.log


def test_hup_changes_the_filters_of_sessions(lab, both):
    server = by_file(lab, "staff", "--workers", "2")
    client = lab.connect("--no-default-route", "--no-ipv6", "--route", "10.9.0.0/24", "--once")
    lab.client.ping_server()
    lab.file("filters", RULES.replace("staff permit any", f"staff permit {GATEWAY} udp {OPEN}"))
    server.send(signal.SIGHUP)
    server.wait_for(r"^reloaded \S+/filters: 2 filters$")
    eventually("no more pings", lambda: not lab.client.ping_server("-W", "1", count=1, check=False))
    check_udp(lab.client, lab.server, GATEWAY)
    lab.file("filters", RULES.replace("staff permit any", "staff"))
    server.send(signal.SIGHUP)
    server.wait_for(r"^error: \S+/filters:5: a rule must begin with permit or deny; the filters are unchanged$")
    check_udp(lab.client, lab.server, GATEWAY)
    lab.file("filters", "guest permit any\n")
    server.send(signal.SIGHUP)
    server.wait_for("^session 1: ends: the user's filter does not exist any more$")
    assert client.wait() == 12


def test_a_file_that_is_wrong(lab):
    server = lab.serve("--filters", lab.file("filters", "guest allow any\n"), wait=False)
    assert server.wait() == 2
    assert "filters:1: a rule must begin with permit or deny" in server.said
