# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/scale.md: two servers and HAProxy in front of them, with BIRD or FRR, which announce where a client is.

    client ---- router: HAProxy, BIRD ---- server
                  |
                  +---- other: the second server

Each client has a user with an address of its own. The router pings all of them the whole time: the longest pause is how
long a client was away.
"""
import re
import shutil
import signal

import pytest

from fronts import GENTLY, folder_of
from lab import REPO, eventually
from upstreams import file

CLIENTS = 6
USERS = 16
GUIDE = (REPO / "docs/scale.md").read_text()
SERVERS = {"server": "192.0.2.1", "other": "10.2.0.2"}  # as the router reaches them
ROUTER = {"server": "192.0.2.254", "other": "10.2.0.254"}  # as it comes to them


def address(i):
    return f"10.9.0.{10 + i}"


def recipe(name):
    """A file that docs/scale.md shows: the block that begins with its name."""
    block = re.search(rf"^    # {re.escape(name)}\n((?:    .*\n|\n(?=    ))+)", GUIDE, re.M).group(1)
    return re.sub("^    ", "", block, flags=re.M)


class Pings:
    """What the router hears from a client."""

    def __init__(self, lab, to):
        self.program = lab.start(lab.router, "ping", "-D", "-n", "-i", "0.02", to, label=f"ping-{to}")

    def times(self):
        return [float(t) for t in re.findall(r"^\[([\d.]+)\] \d+ bytes from", self.program.log, re.M)]

    def longest_pause(self, since):
        t = self.times()
        return max(b - a for a, b in zip(t, t[1:]) if b > since)


def bird(lab, host, text):
    conf = lab.file(f"bird-{host.name}.conf", text)
    lab.start(host, "/usr/sbin/bird", "-f", "-c", conf, "-s", lab.folder / f"{host.name}.ctl", "-P", lab.folder / f"{host.name}.pid",
              label="bird")


def frr(lab, host, text):
    """Its two programs, which run as the user frr."""
    folder, seen = folder_of(host, "frr")
    file(folder, "frr.conf", text)
    shutil.chown(folder, "frr", "frr")
    for name in "zebra", "bgpd":
        lab.start(host, *GENTLY, f"/usr/lib/frr/{name}", "-f", f"{seen}/frr.conf", "-z", f"{seen}/zebra.sock", "-i", f"{seen}/{name}.pid",
                  "--vty_socket", seen, "-P", "0", "--log", "stdout", label=name)
        if name == "zebra":
            eventually("zebra listens", (folder / "zebra.sock").exists)


class Set:
    """Two servers, HAProxy, and BIRD or FRR."""

    balancer = True  # else ECMP

    def __init__(self, lab, routing):
        self.lab, self.servers = lab, {}
        users = lab.file("users", "".join(f"user{i} * secret{i} {address(i)}\n" for i in range(USERS)))
        self.users = users
        for name in SERVERS:
            self.host(name).sysctl("net.ipv4.ip_forward", 1)
            self.start(name)
            routing(lab, self.host(name), re.sub(r"192\.0\.2\.1\b", SERVERS[name], self.recipe(routing, "of a server")).replace(
                ROUTER["server"], ROUTER[name]))
        routing(lab, lab.router, re.sub(r"192\.0\.2\.2\b", SERVERS["other"], self.recipe(routing, "of the router")))
        if self.balancer:
            self.start_balancer()

    def recipe(self, routing, whose):
        name = f"{routing.__name__}.conf {whose}"
        return recipe(name) + ("" if self.balancer else recipe(f"{name}, for ECMP"))

    def start_balancer(self):
        lab, text = self.lab, re.sub(r"192\.0\.2\.2\b", SERVERS["other"], recipe("haproxy.cfg"))
        self.haproxy = lab.start(lab.router, "/usr/sbin/haproxy", "-db", "-f", lab.file("haproxy.cfg", text))
        eventually("HAProxy listens", lambda: lab.router.is_listening(443))

    def host(self, name):
        return getattr(self.lab, name)

    def start(self, name):
        self.servers[name] = self.lab.serve("--host-routes", "--proxy-protocol-from", ROUTER[name], host=self.host(name), users=self.users)

    def users_of(self, name):
        """Users whose route on the router leads to that server."""
        routes = self.lab.router.routes()
        return [i for i in range(USERS) if routes.get(address(i), {}).get("gateway") == SERVERS[name]]

    def connect(self, i):
        """Each client has an address, an address of HAProxy's, and a table of routes of its own."""
        own, to = f"10.1.0.{20 + i}", f"10.1.0.{240 + i}"
        self.lab.router.configure(f"addr add {to}/24 dev client\n")
        self.lab.client.configure(f"addr add {own}/24 dev cable\nroute add {to}/32 dev cable src {own}\n"
                                  f"rule add from {address(i)} lookup {100 + i}\n")
        return self.lab.connect("--interface", f"vpn{i}", "--no-dns", "--table", str(100 + i), to=to, user=f"user{i}",
                                password=f"secret{i}", verbose=False)


@pytest.fixture(params=[bird])
def both_servers(lab, request):
    for program in "/usr/sbin/haproxy", "/usr/sbin/bird", "/usr/lib/frr/bgpd":
        assert shutil.which(program), program
    lab.is_changed = True
    made = Set(lab, request.param)
    made.clients = [made.connect(i) for i in range(CLIENTS)]
    eventually("the router has learned all clients", lambda: len(made.users_of("server") + made.users_of("other")) == CLIENTS)
    assert made.users_of("server") and made.users_of("other"), "HAProxy spreads them"
    made.pings = [Pings(lab, address(i)) for i in range(CLIENTS)]
    eventually("all reply", lambda: all(p.times() for p in made.pings))
    yield made
    made.haproxy.stop()  # its status is that of the signal
    for p in made.pings:
        p.program.stop(signal.SIGINT)
    for i in range(CLIENTS):
        lab.client.run("ip", "rule", "del", "from", address(i), check=False)


SERVICE = "203.0.113.1"


class Ecmp(Set):
    """The service's address is on both servers, while sstp runs there; the router spreads connections."""
    balancer = False

    def start(self, name):
        self.servers[name] = self.lab.serve("--host-routes", host=self.host(name), users=self.users)
        self.host(name).ip(f"addr add {SERVICE}/32 dev lo")  # ExecStartPost=

    def kill(self, name):
        self.servers[name].kill()
        self.host(name).ip(f"addr del {SERVICE}/32 dev lo")  # ExecStopPost=

    def paths(self):
        """The servers to which the router spreads connections."""
        text = self.lab.router.run("ip", "route", "show", SERVICE).stdout
        return {name for name, at in SERVERS.items() if f"via {at} " in text}

    def connect(self, i):
        self.lab.client.ip(f"rule add from {address(i)} lookup {100 + i}")
        return self.lab.connect("--interface", f"vpn{i}", "--no-dns", "--table", str(100 + i), to=SERVICE, user=f"user{i}",
                                password=f"secret{i}", verbose=False)


@pytest.fixture
def ecmp(lab):
    lab.is_changed = True
    made = Ecmp(lab, frr)
    lab.router.sysctl("net.ipv4.fib_multipath_hash_policy", 1)  # also by ports: all clients have one address here
    lab.client.ip(f"route add {SERVICE}/32 via 10.1.0.254")
    eventually("the router has both paths", lambda: made.paths() == {"server", "other"})
    made.clients = []
    while len(made.clients) < USERS and min(len(made.users_of(name)) for name in SERVERS) < 2:
        made.clients.append(made.connect(len(made.clients)))
        eventually("the router has learned it", lambda: sum(len(made.users_of(name)) for name in SERVERS) == len(made.clients))
    assert made.users_of("server") and made.users_of("other"), "the router spreads them"
    made.pings = [Pings(lab, address(i)) for i in range(len(made.clients))]
    eventually("all reply", lambda: all(p.times() for p in made.pings))
    yield made
    for p in made.pings:
        p.program.stop(signal.SIGINT)
    for i in range(len(made.clients)):
        lab.client.run("ip", "rule", "del", "from", address(i), check=False)


def test_ecmp_one_is_killed_and_comes_back(ecmp, record_property):
    """Without HAProxy: clients of the other server notice nothing when one goes; some are cut when it comes back."""
    moved, stayed = ecmp.users_of("server"), ecmp.users_of("other")
    since = last_reply(ecmp)
    ecmp.kill("server")
    away = wait_until_all_are_at(ecmp, "other", since)
    record_property("seconds away", away)
    for i, client in enumerate(ecmp.clients):
        tries = client.log.count("next try in")
        assert tries == 0 if i in stayed else tries >= 1, client.log
    before = [client.log.count("next try in") for client in ecmp.clients]
    since = last_reply(ecmp)
    ecmp.start("server")
    eventually("the router has both paths again", lambda: ecmp.paths() == {"server", "other"})
    eventually("all reply", lambda: all(p.times()[-1] > since + 3 for p in ecmp.pings))
    back = [i for i, client in enumerate(ecmp.clients) if client.log.count("next try in") > before[i]]
    again = max(p.longest_pause(since) for p in ecmp.pings)
    print(f"{len(moved)} of {len(ecmp.clients)} clients were away for at most {away:.2f} s; when the server came back "
          f"{len(back)} were cut, for at most {again:.2f} s")


def wait_until_all_are_at(servers, name, since):
    """And the longest time that one was away."""
    eventually(f"all are at {name}", lambda: len(servers.users_of(name)) == len(servers.clients))
    eventually("all reply", lambda: all(p.times()[-1] > since for p in servers.pings))
    ends = {}

    def replies():
        for i, p in enumerate(servers.pings):
            ends.setdefault(i, p.times()[-1])
        return all(p.times()[-1] > ends[i] for i, p in enumerate(servers.pings))

    eventually("they go on", replies)
    return max(p.longest_pause(since) for p in servers.pings)


def last_reply(servers):
    return max(p.times()[-1] for p in servers.pings)


@pytest.mark.parametrize("both_servers", [bird, frr], indirect=True)
@pytest.mark.parametrize("killed, left", [("server", "other"), ("other", "server")])
def test_one_is_killed(both_servers, killed, left, record_property):
    """Its clients are back at the other one, with the same addresses; those of the other one notice nothing."""
    moved, stayed = both_servers.users_of(killed), both_servers.users_of(left)
    since = last_reply(both_servers)
    both_servers.servers[killed].kill()
    away = wait_until_all_are_at(both_servers, left, since)
    record_property("seconds away", away)
    print(f"{len(moved)} clients were away for at most {away:.2f} s")
    for i in range(CLIENTS):
        assert f'user "user{i}", address {address(i)}, from 10.1.0.{20 + i}:' in both_servers.servers[left].log, "PROXY protocol"
        tries = both_servers.clients[i].log.count("next try in")
        assert tries == 0 if i in stayed else 1 <= tries <= 2, "after a second, or three at the latest"
        assert both_servers.lab.client.addresses(f"vpn{i}")[0] == address(i)


def test_rolling_restart(both_servers, record_property):
    """One after the other: each is stopped, its clients move, and it is started again."""
    for stopped, left in ("server", "other"), ("other", "server"):
        since = last_reply(both_servers)
        assert both_servers.servers[stopped].stop() == 0
        away = wait_until_all_are_at(both_servers, left, since)
        record_property(f"seconds away, {stopped}", away)
        print(f"{stopped} was stopped: clients were away for at most {away:.2f} s")
        both_servers.haproxy.wait_for(f"Server vpn/{stopped} is DOWN")  # it looks now and then, and says only changes
        both_servers.start(stopped)
        both_servers.haproxy.wait_for(f"Server vpn/{stopped} is UP")
    for i in range(CLIENTS):
        assert both_servers.lab.client.addresses(f"vpn{i}")[0] == address(i)


def test_a_machine_dies(both_servers, record_property):
    """Without a word: HAProxy's checks and BGP's hold time notice it."""
    since = last_reply(both_servers)
    both_servers.lab.other.configure("link set cable down\n")
    away = wait_until_all_are_at(both_servers, "server", since)
    record_property("seconds away", away)
    print(f"clients were away for at most {away:.2f} s")
    for i in range(CLIENTS):
        assert both_servers.lab.client.addresses(f"vpn{i}")[0] == address(i)
