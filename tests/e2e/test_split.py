# SPDX-License-Identifier: GPL-3.0-or-later
"""Tunnels for a part of the traffic: what goes through, what stays outside, and that `ip route` and `ip rule` are the same
before a tunnel, after it, and after a crash and the next start."""
import json

import pytest

from lab import GATEWAY, SERVER, eventually

HALVES = {"0.0.0.0/1", "128.0.0.0/1"}


def tables(host):
    """Rules and routes of both families, as ip(8) prints them; without the addresses that a tunnel has."""
    shown = {}
    for family in ("-4", "-6"):
        for what in ("rule", "route show table all"):
            lines = host.run("ip", family, *what.split()).stdout.splitlines()
            shown[family, what] = sorted(" ".join(line.split()) for line in lines
                                    if not {"sstp0", "local"} <= set(line.split()))
    return shown


def way(host, address, *more):
    """The device and the gateway by which a packet leaves; None: it does not."""
    done = host.run("ip", "-json", "route", "get", address, *more, check=False)
    if done.returncode:
        return None
    route = json.loads(done.stdout)[0]
    return None if route.get("type") == "unreachable" else (route["dev"], route.get("gateway"))


MODES = {
    "all": [],
    "some": ["--no-default-route", "--route", "172.16.0.0/12", "--route", "192.0.2.0/24", "--route", "2001:db8:77::/48"],
    "excluded": ["--exclude", "10.2.0.0/16", "--exclude", "2001:db8:2::/48", "--exclude", "10.1.0.0/24"],
    "metric": ["--metric", "77"],
    "table": ["--table", "100", "--exclude", "10.2.0.0/16"],
    "no host route": ["--no-default-route", "--route", "172.16.0.0/12"],
}


@pytest.mark.parametrize("mode", MODES)
def test_all_is_as_before_at_the_end_and_after_a_crash(lab, mode, both):
    lab.serve()
    before = tables(lab.client)
    first = lab.connect(*MODES[mode])
    during = tables(lab.client)
    assert during != before
    assert first.stop() == 0
    assert tables(lab.client) == before
    killed = lab.connect(*MODES[mode])
    assert tables(lab.client) == during
    killed.kill()
    last = lab.connect(*MODES[mode])
    assert tables(lab.client) == during, "the next start begins with what there was before"
    assert last.stop() == 0
    assert tables(lab.client) == before


def test_excluded_networks_stay_outside(lab):
    lab.serve()
    lab.connect("--exclude", "10.2.0.0/16", "--exclude", "2001:db8:2::/48", "--exclude", "198.51.100.0/24", "--route",
                "198.51.100.7")
    assert way(lab.client, "198.51.100.1") == ("cable", "10.1.0.254")
    assert way(lab.client, "198.51.100.7") == ("sstp0", None), "the longer one decides"
    assert way(lab.client, "203.0.113.1") == ("sstp0", None)
    lab.client.ping("10.2.0.2")
    lab.client.ping("2001:db8:2::2")
    lab.client.ping(GATEWAY)
    assert way(lab.client, "2001:db8:3::1") is None


def test_an_excluded_network_follows_the_host(lab):
    """The gateway changes while the tunnel is up."""
    lab.is_changed = True
    lab.router.configure("addr add 10.1.0.253/24 dev client\n")
    lab.serve()
    client = lab.connect("--exclude", "10.2.0.0/16")
    lab.client.configure("route replace default via 10.1.0.253\n")
    eventually("the new gateway", lambda: way(lab.client, "10.2.0.2") == ("cable", "10.1.0.253"))
    lab.client.ping("10.2.0.2")
    lab.client.configure("route del default\n")
    eventually("no gateway", lambda: way(lab.client, "10.2.0.2") is None)
    lab.client.configure("route add default via 10.1.0.254\n")
    eventually("a gateway again", lambda: way(lab.client, "10.2.0.2") == ("cable", "10.1.0.254"))
    lab.client.configure("route del 10.2.0.0/16\n")
    client.wait_for("^the route to the excluded network 10.2.0.0/16 was removed by another program; added it again$")
    lab.client.ping("10.2.0.2")
    assert client.log.count("connected in ") == 1


def test_an_excluded_network_in_a_namespace(lab):
    """The route is in the namespace of the device; one that a crash has left is taken over."""
    lab.serve()
    before = tables(lab.other)
    options = "--netns", str(lab.other.holder.pid), "--exclude", "10.1.0.0/16"
    lab.connect(*options).kill()
    client = lab.connect(*options)
    assert way(lab.other, "10.1.0.2") == ("cable", "10.2.0.254")
    assert way(lab.other, "203.0.113.1") == ("sstp0", None)
    assert client.stop() == 0
    assert tables(lab.other) == before


@pytest.mark.parametrize("options, words", [
    (["--exclude", "0.0.0.0/0"], "--no-default-route"),
    (["--exclude", "10.0.0.0/8", "--route", "10.0.0.0/8"], "by --route and by --exclude"),
    (["--exclude", "ten"], "must be a network"),
    (["--exclude", "10.0.0.1"] * 257, "256 times at most"),
])
def test_excludes_that_make_no_sense(lab, options, words):
    status, said = lab.connect_fails(*options)
    assert status == 2
    assert words in said


def test_a_metric(lab):
    """A better route of another program's is used, and a worse one is not."""
    lab.is_changed = True
    lab.client.configure("route add 172.16.0.0/12 via 10.1.0.254 metric 50\n")
    lab.serve()
    client = lab.connect("--no-default-route", "--route", "172.16.0.0/12", "--metric", "60")
    assert way(lab.client, "172.16.0.1") == ("cable", "10.1.0.254")
    assert client.stop() == 0
    lab.connect("--no-default-route", "--route", "172.16.0.0/12", "--metric", "40")
    assert way(lab.client, "172.16.0.1") == ("sstp0", None)
    assert SERVER not in lab.client.routes()
