# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's usual traffic, through the server to a host inside; test_bulk.py goes to the limits."""
import random
import re

import pytest

from lab import GATEWAY, INSIDE, PATIENCE, Sniffer
from traffic import MB, download, exchange, together, upload

CLIENT = "10.9.0.2"  # its address in the tunnel


@pytest.fixture
def through(lab):
    """Starts both ends, with the tunnel as the client's default route."""
    def start(*options):
        lab.server.sysctl("net.ipv4.ip_forward", 1)
        return lab.serve(*options), lab.connect(*options)
    return start


def test_fifty_megabytes_each_way(lab, both, through):
    through()
    size = 50 * MB if both == "shipped" else 10 * MB
    upload(lab.client, lab.inside, INSIDE, size)
    download(lab.client, lab.inside, INSIDE, size)


def test_a_connection_from_the_servers_network(lab, through):
    through()
    upload(lab.inside, lab.client, CLIENT, 20 * MB)
    download(lab.inside, lab.client, CLIENT, 20 * MB)


def test_twenty_connections_at_once(lab, both, through):
    through()
    size = 3 * MB if both == "shipped" else MB // 2
    together(*((way, lab.client, lab.inside, INSIDE, size, number) for number in range(10) for way in (upload, download)))


def test_udp_of_random_sizes(lab, both, through):
    through()
    sizes = [random.randint(1, 1372) for _ in range(300)] + [random.randint(1373, 9000) for _ in range(30)]
    assert exchange(lab.client, lab.inside, INSIDE, sizes) == 0
    assert exchange(lab.inside, lab.client, CLIENT, sizes) == 0


def test_pings_of_all_sizes(lab, both, through):
    through()
    for size in (0, 1, 56, 1371, 1372, 1373, 4000, 20000, 65507):
        lab.client.ping(INSIDE, "-M", "dont", "-s", size, count=1)
        lab.inside.ping(CLIENT, "-M", "dont", "-s", size, count=1)


def test_a_packet_that_must_not_be_cut_may_be_as_long_as_the_mtu(lab, through):
    through()
    lab.client.ping(GATEWAY, "-M", "do", "-s", 1400 - 28)
    assert not lab.client.ping(GATEWAY, "-M", "do", "-s", 1400 - 27, check=False, count=1)
    lab.inside.ping(CLIENT, "-M", "do", "-s", 1400 - 28)
    said = lab.inside.run("ping", "-n", "-M", "do", "-c", "1", "-W", PATIENCE, "-s", 1400 - 27, CLIENT, check=False).stdout
    assert re.search("Frag needed.*mtu = 1400", said), "the server's host reports it"


@pytest.mark.parametrize("mtu", [576, 1280, 1400, 4087])
def test_an_mtu_that_is_set(lab, through, mtu):
    through("--mtu", mtu)
    assert lab.client.device()["mtu"] == lab.server.device()["mtu"] == mtu
    lab.client.ping(GATEWAY, "-M", "do", "-s", mtu - 28)
    lab.server.ping(CLIENT, "-M", "do", "-s", mtu - 28)
    upload(lab.client, lab.inside, INSIDE, MB)
    download(lab.client, lab.inside, INSIDE, MB)


@pytest.mark.parametrize("mtu, mss", [(1400, 1360), (1000, 960)])
def test_the_mss_of_connections_that_pass_is_lowered(lab, both, through, mtu, mss):
    """Both hosts have cables with an MTU of 1500 bytes and would announce an MSS of 1460."""
    through("--mtu", mtu)
    at_client, inside = Sniffer(lab.client, "sstp0"), Sniffer(lab.inside, "cable")
    upload(lab.inside, lab.client, CLIENT, MB)
    upload(lab.client, lab.inside, INSIDE, MB)
    sent, received = inside.syns(), at_client.syns()
    at_client.close()
    inside.close()
    assert (INSIDE, CLIENT, 1460) in sent, "its own wish, before the tunnel"
    # a SYN of the host inside, and its SYN-ACK for the client's; after a pause of the machine TCP repeats them
    for host in INSIDE, CLIENT:
        found = [m for source, _, m in received if source == host]
        assert len(found) >= 2 and set(found) == {mss}


def test_a_smaller_mss_is_left_alone(lab, through):
    through()
    lab.is_changed = True
    lab.inside.configure("route add 10.9.0.0/24 via 172.16.5.1 advmss 800\n")
    at_client = Sniffer(lab.client, "sstp0")
    upload(lab.inside, lab.client, CLIENT, MB)
    assert (INSIDE, CLIENT, 800) in at_client.syns()
    at_client.close()
