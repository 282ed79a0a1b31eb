# SPDX-License-Identifier: GPL-3.0-or-later
"""Many clients on one server: who may reach whom, limits, addresses, and SIGHUP."""
import re
import signal
import socket
import struct

import pytest

from lab import GATEWAY, INSIDE, SERVER, Sniffer, eventually
from pki import Identity

TWO = 'ann * "wonder land" *\nbob * builder *\n'


def connect_two(lab, *options):
    """ann on one host, bob on another; returns their addresses."""
    lab.connect("--no-default-route", "--route", "10.9.0.0/24", "--route", "172.16.0.0/12", *options)
    lab.connect("--no-default-route", "--route", "10.9.0.0/24", "--route", "172.16.0.0/12", *options, user="bob",
                password="builder", host=lab.other)
    return [next(a for a in host.addresses() if a.startswith("10.9.")) for host in (lab.client, lab.other)]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_two_clients_at_once_reach_a_host_in_the_servers_network(lab, both, workers):
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    server = lab.serve("--workers", workers)
    ann, bob = connect_two(lab)
    assert {ann, bob} == {"10.9.0.2", "10.9.0.3"}
    for host in (lab.client, lab.other):
        host.ping(GATEWAY)
        host.ping(INSIDE)
    for address in (ann, bob):
        lab.inside.ping(address)
        lab.server.ping(address)
    server.wait_for('up, user "ann"')
    server.wait_for('up, user "bob"')


def test_without_forwarding_the_servers_network_is_not_reached(lab):
    lab.serve()
    connect_two(lab)
    lab.client.ping(GATEWAY)
    assert not lab.client.ping(INSIDE, count=1, check=False)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_clients_do_not_reach_each_other_unless_allowed(lab, workers):
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    server = lab.serve("--workers", workers)
    ann, bob = connect_two(lab)
    assert not lab.client.ping(bob, count=2, check=False)
    lab.client.ping(GATEWAY)
    for program in reversed(lab.programs):
        assert program.stop() == 0
    lab.serve("--client-to-client", "--workers", workers, users=server.users)
    ann, bob = connect_two(lab)
    lab.client.ping(bob)
    lab.other.ping(ann)


def link_local(host, device="sstp0"):
    return next(a for a in host.addresses(device) if a.startswith("fe80:"))


def test_ipv6_link_local_goes_both_ways(lab, both):
    lab.serve()
    lab.connect("--no-default-route")
    eventually("both ends have one", lambda: any(a.startswith("fe80:") for a in lab.client.addresses()))
    lab.client.ping(link_local(lab.server) + "%sstp0")
    lab.server.ping(link_local(lab.client) + "%sstp0")


@pytest.mark.parametrize("who", ["client", "server", "small MTU"])
def test_ipv6_may_be_left_out(lab, who):
    lab.serve(*{"server": ["--no-ipv6"], "small MTU": ["--mtu", "1200"]}.get(who, []))
    lab.connect("--no-default-route", *["--no-ipv6"] * (who == "client"))
    lab.client.ping_server()
    assert not any(a.startswith("fe80:") for a in lab.client.addresses())


def test_what_comes_from_an_address_that_is_not_the_clients_is_dropped(lab, both):
    lab.serve()
    lab.connect("--no-default-route")
    sniffer = Sniffer(lab.server, "sstp0")
    for source in ("10.9.0.200", "198.51.100.9", GATEWAY):
        with lab.client.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
            s.sendto(udp_packet(source, GATEWAY), (GATEWAY, 0))
    lab.client.ping_server()  # what came before this has been seen by now
    assert {socket.inet_ntoa(p[12:16]) for p in sniffer.look() if p[0] >> 4 == 4} == {"10.9.0.2", GATEWAY}
    assert sniffer.between(GATEWAY, GATEWAY) == []
    sniffer.close()


def udp_packet(source, destination, payload=b"spoofed"):
    udp = struct.pack("!HHHH", 4000, 4001, 8 + len(payload), 0) + payload
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, socket.inet_aton(source),
                       socket.inet_aton(destination)) + udp


# ---- limits


def test_a_users_oldest_session_makes_room_for_the_newest(lab, both):
    server = lab.serve("--user-sessions", "1")
    first = lab.connect("--no-default-route", "--once")
    lab.connect("--no-default-route", host=lab.other)
    server.wait_for("^session 1: ends: replaced by a newer session: the user's limit is reached$")
    assert first.wait() == 12
    assert "replaced by a newer session: the user's limit is reached" in first.log
    server.wait_for("^session 1: ended ")
    lab.other.ping_server()


def test_another_user_does_not_count(lab):
    server = lab.serve("--user-sessions", "1", users=TWO)
    connect_two(lab)
    lab.client.ping(GATEWAY)
    lab.other.ping(GATEWAY)
    assert "newer session" not in server.log


def test_at_the_limit_the_new_session_may_be_refused_instead(lab):
    server = lab.serve("--user-sessions", "2", "--keep-old-session")
    for _ in range(2):
        lab.connect("--no-default-route")
    status, said = lab.connect_fails(host=lab.other)
    assert status == 10 and "too many sessions of this user" in said
    server.wait_for(r'login of user "ann" by mschapv2 refused: the user has as many sessions as --user-sessions or the user.s own limit allows$')
    lab.client.ping_server()


def test_more_clients_than_allowed_get_503(lab, both):
    lab.serve("--max-sessions", "1")
    first = lab.connect("--no-default-route")
    status, said = lab.connect_fails(host=lab.other)
    assert status == 7
    assert said.splitlines()[-1] == "error: the server is full, or out of service for now (HTTP status 503)"
    assert first.stop() == 0
    lab.connect("--no-default-route", host=lab.other)
    lab.other.ping_server()


def test_a_pool_that_is_full(lab):
    server = lab.serve(network="10.9.0.0/30")  # two hosts: the server and one client
    lab.connect("--no-default-route")
    status, said = lab.connect_fails(host=lab.other)
    assert status == 7
    assert "503" in said
    assert lab.client.addresses()[0] == "10.9.0.2"
    server.wait_for("up, ")


def test_a_pool_with_kept_addresses_alone_is_no_wrong_password(lab):
    """The server has room, but this user is at the limit: the password is right, and a client that was up retries."""
    server = lab.serve(network="10.9.0.0/30", users='ann * "wonder land" *\ncarl * carl 10.9.0.2\n')
    status, said = lab.connect_fails()
    assert status == 10 and "the server is full: no address is free" in said
    again = lab.connect("--keep-trying", wait=False)
    again.wait_for("the server is full: no address is free.*; next try in ")
    server.users.write_text('ann * "wonder land" *\n')
    server.send(signal.SIGHUP)
    again.wait_for("^connected in ")


def test_one_user_does_not_take_all_addresses(lab):
    """Of 13 addresses one user gets half by default: the oldest sessions end."""
    server = lab.serve(network="10.9.0.0/28")
    for _ in range(8):
        lab.connect("--no-default-route", "--no-dns", "--once")
    server.wait_for("ends: replaced by a newer session: the user's limit is reached$", count=2)
    lab.connect("--no-default-route", user="bob", password="builder", host=lab.other)
    lab.other.ping_server()


def test_an_address_that_was_given_back_is_given_again(lab):
    lab.serve(network="10.9.0.0/30")
    for _ in range(3):
        client = lab.connect("--no-default-route")
        assert "10.9.0.2" in lab.client.addresses()
        assert client.stop() == 0


def test_a_users_own_address_goes_over_to_the_new_session(lab, both):
    server = lab.serve(users='ann * "wonder land" 10.9.0.9\n')
    first = lab.connect("--no-default-route", "--once")
    lab.connect("--no-default-route", "--route", GATEWAY, host=lab.other)
    server.wait_for("^session 1: ends: replaced by a newer session: the address is this user's own$")
    assert first.wait() == 12
    assert "10.9.0.9" in lab.other.addresses()
    lab.other.ping_server()
    lab.server.ping("10.9.0.9")


def test_a_users_own_address_is_kept_for_them(lab):
    server = lab.serve(users=TWO + "carl * carl 10.9.0.2\n")
    ann, bob = connect_two(lab)
    assert {ann, bob} == {"10.9.0.3", "10.9.0.4"}
    server.users.write_text(TWO + "carl * carl 10.9.0.2\ndora * dora 10.9.0.5\n")
    server.send(signal.SIGHUP)
    server.wait_for("^reloaded .*: 4 users$")
    lab.connect("--no-default-route")
    assert "10.9.0.6" in lab.client.addresses("sstp1")
    lab.connect("--no-default-route", user="carl", password="carl")
    assert "10.9.0.2" in lab.client.addresses("sstp2")


def test_an_own_address_that_no_client_can_have(lab):
    server = lab.serve(users=f"ann * secret {GATEWAY}\nbob * secret 10.9.0.0\ncarl * secret 10.9.0.255\n")
    for line, what in ((1, "server's own address in the tunnels"), (2, "address of the network itself"),
                       (3, "broadcast address of the network")):
        server.wait_for(rf'^warn: {server.users}:{line}: user "[a-z]+": 10\.9\.0\.\d+ is the {what}: the user cannot log in$')
    clients = [lab.connect(user=user, password="secret", wait=False) for user in ("ann", "bob", "carl")]
    assert [c.wait() for c in clients] == [10, 10, 10]
    server.wait_for("refused: the user's own address cannot be a client's address", count=3)


def test_two_users_with_one_address(lab):
    users = f"bob * builder 10.9.0.9\nann * 'wonder land' 10.9.0.9\ncarl * secret {SERVER}\n"
    warnings = (r'^warn: .*:2: user "ann": 10\.9\.0\.9 is also the address of user "bob" in .*:1: only one of them can be connected '
                r"at a time$", rf'^warn: .*:3: user "carl": {SERVER} is an address of --listen, which clients connect to: the user ')
    check = lab.serve("--check", "--listen", SERVER, users=users, wait=False)
    assert check.wait() == 0 and "configuration OK" in check.log
    server = lab.serve("--listen", SERVER, users=users)
    for w in warnings:
        assert re.search(w, check.log, re.M)
        server.wait_for(w)
    lab.connect("--no-default-route", user="bob", password="builder", host=lab.other)
    status, said = lab.connect_fails()
    assert status == 10 and "the address of this user is in use" in said
    server.wait_for("refused: the user's own address is in use by another user")
    lab.other.ping_server()
    server.users.write_text(users.replace("10.9.0.9\n", "10.9.0.8\n", 1))
    server.send(signal.SIGHUP)
    server.wait_for("^reloaded .*: 3 users$")
    lab.connect("--no-default-route")


def test_a_pool_for_some_users(lab, both):
    lab.serve("--pool", "inside=10.9.0.64/26", users='ann * "wonder land" pool=inside\nbob * builder *\n')
    lab.connect("--no-default-route")
    assert "10.9.0.64" in lab.client.addresses()
    lab.connect("--no-default-route", user="bob", password="builder", host=lab.other)
    assert "10.9.0.2" in lab.other.addresses()


@pytest.mark.parametrize("pools", [
    ["10.9.0.64/26"], ["a=10.9.0.64/33"], ["a=10.9.1.0/26"], ["a=10.9.0.64/26", "a=10.9.0.0/26"],
    ["a=10.9.0.64/26", "b=10.9.0.64/27"],
])
def test_pools_that_are_wrong(lab, pools):
    server = lab.serve(*[word for p in pools for word in ("--pool", p)], wait=False)
    assert server.wait() == 2
    assert "--pool" in server.said and "part of --ipv4-network" in server.said


# ---- SIGHUP


def test_hup_reloads_the_users(lab, both):
    server = lab.serve(users='ann * "wonder land" *\ncarl * carl *\n')
    ann = lab.connect("--no-default-route", "--no-dns")
    lab.connect("--no-default-route", "--no-dns", user="carl", password="carl")
    server.users.write_text("bob * builder *\ncarl * carl *\n")
    server.send(signal.SIGHUP)
    server.wait_for(f"^reloaded {re.escape(str(server.users))}: 2 users$")
    server.wait_for("^session 1: ends: the user is not in the user file any more$")
    assert ann.wait() == 9  # she tries again, and is refused
    assert "the user is not in the user file any more" in ann.log
    lab.connect("--no-default-route", user="bob", password="builder", host=lab.other)
    lab.client.ping(GATEWAY, "-I", "sstp1")  # carl's session stays
    lab.other.ping_server()
    assert lab.connect_fails(host=lab.other)[0] == 9  # but she would not come in again


@pytest.mark.parametrize("line, why", [
    ('ann * "wonder land" -', "the user may not log in any more"),
    ('ann * "" *', "the user may not log in any more"),
    ("ann * secret *", "the user's password was changed"),
    ('ann * "wonder land" 10.9.0.77', "the user has another address now"),
])
def test_hup_ends_the_sessions_of_users_who_changed(lab, line, why):
    server = lab.serve(users='ann * "wonder land" *\nbob * builder *\n')
    client = lab.connect("--no-default-route", "--once")
    lab.connect("--no-default-route", user="bob", password="builder", host=lab.other)
    server.users.write_text(f"{line}\nbob * builder *\n")
    server.send(signal.SIGHUP)
    server.wait_for(f"^session 1: ends: {why}$")
    assert client.wait() == 12
    assert why in client.log
    lab.other.ping_server()


def test_an_address_that_hup_gives_to_a_user_is_theirs_at_once(lab, both):
    """The client that has it from the pool is disconnected with a reason, and comes back with another."""
    server = lab.serve(users='ann * "wonder land" *\nbob * builder *\n')
    ann = lab.connect("--no-default-route")
    assert "10.9.0.2" in lab.client.addresses()
    server.users.write_text('ann * "wonder land" *\nbob * builder 10.9.0.2\n')
    server.send(signal.SIGHUP)
    server.wait_for("^reloaded .*: 2 users$")
    lab.connect("--no-default-route", user="bob", password="builder", host=lab.other)
    assert "10.9.0.2" in lab.other.addresses()
    why = "its address now belongs to another user: connect again to get another address"
    server.wait_for(f"^session 1: ends: {why}$")
    ann.wait_for("^connected in ", count=2)
    assert why in ann.log
    assert "10.9.0.2" not in lab.client.addresses()
    lab.client.ping_server()
    lab.other.ping_server()


def test_a_client_that_comes_back_has_its_former_address(lab, both):
    leases = lab.folder / "leases"
    server = lab.serve("--leases", leases, users=TWO + "carl * carl *\n")
    ann, bob = connect_two(lab)
    carl = lab.connect("--no-default-route", "--no-dns", user="carl", password="carl")
    assert carl.stop() == 0
    for program in lab.programs[1:3]:
        assert program.stop() == 0
    assert connect_two(lab)[::-1] == [bob, ann]
    for program in lab.programs[4:]:
        ended = server.log.count(": ended after ")
        assert program.stop() == 0
        server.wait_for(": ended after ", count=ended + 1)  # in this order, whichever worker has them
    assert server.stop() == 0
    assert leases.read_text() == "10.9.0.4 carl\n10.9.0.2 ann\n10.9.0.3 bob\n"
    lab.serve("--leases", leases, users=TWO + "carl * carl *\n")
    lab.connect("--no-default-route", user="bob", password="builder", host=lab.other)  # in another order
    lab.connect("--no-default-route")
    assert bob in lab.other.addresses() and ann in lab.client.addresses()


def test_a_file_that_holds_no_leases(lab):
    """Addresses are given as if there were none, and remembered from then on."""
    leases = lab.file("leases", "ann 10.9.0.7\n\x00\x01garbage\n")
    server = lab.serve("--leases", leases)
    server.wait_for(f'^warn: {re.escape(str(leases))}: 2 lines are not of the form "10.9.0.2 ann", and left out')
    lab.connect("--no-default-route")
    assert "10.9.0.2" in lab.client.addresses()
    assert lab.programs[-1].stop() == 0 and server.stop() == 0
    assert leases.read_text() == "10.9.0.2 ann\n"


def test_a_former_address_is_asked_for(lab):
    """The server has lost the leases, and the other client comes back first."""
    leases = lab.folder / "leases"
    server = lab.serve("--leases", leases, users=TWO)
    ann = lab.connect("--no-default-route", "--no-dns")
    bob = lab.connect("--no-default-route", host=lab.other, user="bob", password="builder")
    addresses = lab.client.addresses(), lab.other.addresses()
    assert "10.9.0.2" in addresses[0] and "10.9.0.3" in addresses[1]
    ann.send(signal.SIGSTOP)
    assert server.stop() == 0
    leases.unlink(missing_ok=True)
    lab.serve("--leases", leases, users=TWO)
    bob.send(signal.SIGUSR2)
    bob.wait_for("^connected in ", count=2)
    ann.send(signal.SIGCONT)
    ann.wait_for("^connected in ", count=2)
    for host, before, program in ((lab.client, addresses[0], ann), (lab.other, addresses[1], bob)):
        assert [a for a in host.addresses() if "." in a] == [a for a in before if "." in a], program.log
        host.ping_server()


def test_hup_with_a_broken_user_file_changes_nothing(lab):
    server = lab.serve(users='ann * "wonder land" *\n')
    first = lab.connect("--no-default-route")
    server.users.write_text("ann *\n")
    server.send(signal.SIGHUP)
    server.wait_for(rf"^error: {re.escape(str(server.users))}:1: a line must be CLIENT SERVER SECRET ADDRESS, and this one ends "
                    r"before the secret \(SERVER is usually \"\*\"\); the users are unchanged$")
    lab.client.ping_server()
    assert first.stop() == 0
    lab.connect("--no-default-route")


def test_hup_with_no_user_file_changes_nothing(lab):
    server = lab.serve()
    server.users.unlink()
    server.send(signal.SIGHUP)
    server.wait_for("No such file or directory; the users are unchanged$")
    lab.connect("--no-default-route")


def test_hup_reloads_the_certificate(lab, both):
    cert, key = lab.folder / "server.crt", lab.folder / "server.key"
    new = lab.pki.identity("renewed", f"IP:{SERVER}")

    def install(identity):
        cert.write_bytes(identity.cert.read_bytes())
        key.write_bytes(identity.key.read_bytes())
        key.chmod(0o600)

    install(lab.pki.server)
    server = lab.serve(identity=Identity(cert, key))
    lab.connect("--no-default-route")
    install(new)
    server.send(signal.SIGHUP)
    server.wait_for(f"^reloaded {re.escape(str(cert))}$")
    lab.connect("--no-default-route", host=lab.other, trust=["--servercert", new.pin])
    lab.client.ping_server()
    lab.other.ping_server()
    assert lab.connect_fails(host=lab.other)[0] == 5  # the old pin


def test_hup_with_a_certificate_and_another_ones_key_changes_nothing(lab):
    cert = lab.folder / "server.crt"
    cert.write_bytes(lab.pki.server.cert.read_bytes())
    server = lab.serve(identity=Identity(cert, lab.pki.server.key))
    cert.write_bytes(lab.pki.identity("renewed", f"IP:{SERVER}").cert.read_bytes())
    server.send(signal.SIGHUP)
    server.wait_for("^error: .* is not the key of the certificate in .*; the certificate is unchanged$")
    lab.connect("--no-default-route")
    lab.client.ping_server()


def test_a_dozen_users_at_once(lab, both):
    users = "".join(f"user{i} * password{i} *\n" for i in range(12))
    server = lab.serve(users=users)
    clients = [lab.connect("--no-default-route", "--no-dns", user=f"user{i}", password=f"password{i}", wait=False,
                           host=(lab.client, lab.other)[i % 2]) for i in range(12)]
    for client in clients:
        client.wait_for("^connected in ")
    assert len({re.search(r"address (\S+),", c.log).group(1) for c in clients}) == 12
    for number in range(6):
        for host in (lab.client, lab.other):
            host.ping(GATEWAY, "-I", f"sstp{number}", count=1)
    assert server.stop() == 0
    assert server.log.count(": disconnected; ") == 12


# ---- descriptors


def serve_with_files(lab, count, *options, **more):
    """sstp serve with that limit of open files, which it cannot raise."""
    return lab.start(lab.server, "setpriv", "--bounding-set", "-sys_resource", "prlimit", f"--nofile={count}:{count}",
                     lab.sstp, "serve", "-v", "--cert", lab.pki.server.cert, "--key", lab.pki.server.key, "--users",
                     lab.file("users", TWO), "--ipv4-network", "10.9.0.0/24", *options, label="serve", **more)


@pytest.mark.parametrize("files", [64, 256, 1024])
def test_few_descriptors_make_few_sessions(lab, files):
    server = serve_with_files(lab, files, "--workers", "2")
    at = server.wait_for(rf"^warn: {files} open files are allowed: at most (\d+) (sessions|connections)")
    server.wait_for("^ready: ")
    if at.group(2) == "sessions":
        assert 0 < int(at.group(1)) < files
    idle = [lab.other.connect(SERVER, 443) for _ in range(files)]  # more than it has descriptors
    lab.connect("--no-default-route")
    lab.client.ping_server()
    assert "accept: " not in server.log
    for s in idle:
        s.close()


def test_more_sessions_than_descriptors_are_warned_of(lab):
    server = serve_with_files(lab, 40, "--workers", "1", "--user-sessions", "0")
    most = int(server.wait_for(r"^warn: 40 open files are allowed: at most (\d+) sessions").group(1))
    server.wait_for("^ready: ")
    for _ in range(most):
        lab.connect("--no-default-route", "--no-dns")
    status, said = lab.connect_fails(host=lab.other)
    assert status == 7 and "503" in said
    assert "accept: " not in server.log


def test_too_few_descriptors_are_an_error(lab):
    server = serve_with_files(lab, 20, "--workers", "4")
    assert server.wait() in (1, 11)
    assert re.search("^error: ", server.log, re.M)


@pytest.mark.parametrize("address", ["10.1.0.2", SERVER])
def test_an_own_address_that_would_cut_the_connection(lab, address):
    server = lab.serve(users=f'ann * "wonder land" {address}\nbob * builder *\n')
    lab.connect("--no-default-route", user="bob", password="builder", host=lab.other)
    status, said = lab.connect_fails()
    assert status == 10 and "the address of this user cannot be used" in said
    server.wait_for("refused: the user's own address is one that a client's connection comes from or goes to")
    lab.other.ping_server()


def test_an_own_address_of_another_client(lab):
    server = lab.serve(users='ann * "wonder land" 10.2.0.2\nbob * builder *\n')
    lab.connect("--no-default-route", user="bob", password="builder", host=lab.other)
    assert lab.connect_fails()[0] == 10
    server.wait_for("refused: the user's own address is one that a client's connection comes from or goes to")
    lab.other.ping_server()
