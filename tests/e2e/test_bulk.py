# SPDX-License-Identifier: GPL-3.0-or-later
"""The packet path: much traffic, of all kinds, in packets of all sizes, with peers that are slow or unusual."""
import itertools
import json
import random
import re
import signal
import socket
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab import GATEWAY, INSIDE, PATIENCE, SERVER, Host, Sniffer, eventually, in_background
from traffic import (MB, after_hops, carry, connection, download, exchange, flood, median, random_sizes, receive,
                     round_trips, send, tcp_packet, together, udp_packet, upload)

CLIENT = "10.9.0.2"  # the first one's address in the tunnel
INSIDE_ONLY = ["--no-default-route", "--route", "172.16.5.0/24", "--route", GATEWAY]


def up(lab, server=(), client=()):
    """A server, and a client that reaches the host inside."""
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    return lab.serve(*server), lab.connect(*INSIDE_ONLY, *client)


def link_local(host):
    """The link-local address of its end of the tunnel, with the other host's device."""
    return eventually("an address", lambda: [a for a in host.addresses() if a.startswith("fe80")])[0] + "%sstp0"


def check_both_ways(lab, size):
    upload(lab.client, lab.inside, INSIDE, size)
    download(lab.client, lab.inside, INSIDE, size)


# ---- much


def test_two_gigabytes_each_way(lab):
    up(lab)
    check_both_ways(lab, 2000 * MB)


def test_udp_of_all_sizes(lab):
    up(lab)
    in_a_packet = random.sample(range(1, 1373), 1372)
    in_fragments = random.sample(range(1373, 20000), 100) + [65507]
    lost = together((exchange, lab.client, lab.inside, INSIDE, in_a_packet),
                    (exchange, lab.inside, lab.client, CLIENT, in_a_packet))
    lost += together((exchange, lab.client, lab.inside, INSIDE, in_fragments),
                     (exchange, lab.inside, lab.client, CLIENT, in_fragments))
    lost += together((exchange, lab.client, lab.server, link_local(lab.server), random_sizes(500, 1352)),
                     (exchange, lab.server, lab.client, link_local(lab.client), random_sizes(50, 9000)))
    assert sum(lost) == 0, lost


def test_all_kinds_at_once(lab, both):
    """
    64 flows of TCP and some over IPv6, as fast as they can, leave room for small packets. How many of those are lost
    depends on how long other programs keep this one from the processor; most arrive even so.
    """
    up(lab)
    flows, size, datagrams = (32, 2 * MB, 500) if both == "shipped" else (8, MB, 200)
    server6, client6 = link_local(lab.server), link_local(lab.client)
    *lost, pings, pings6 = together(
        *((upload, lab.client, lab.inside, INSIDE, size, name) for name in range(flows)),
        *((download, lab.client, lab.inside, INSIDE, size, name) for name in range(flows)),
        *((upload, lab.client, lab.server, server6, size, name) for name in range(4)),
        *((upload, lab.server, lab.client, client6, size, name) for name in range(4)),
        (exchange, lab.client, lab.inside, INSIDE, random_sizes(datagrams, 1372)),
        (exchange, lab.inside, lab.client, CLIENT, random_sizes(datagrams, 9000)),
        (exchange, lab.client, lab.server, server6, random_sizes(datagrams, 2000)),
        (round_trips, lab.client, INSIDE, 50),
        (round_trips, lab.client, server6, 50),
    )[-5:]
    assert max(lost) <= datagrams / 2, lost
    assert min(len(pings), len(pings6)) >= 25


# ---- sizes of packets


def most(own, others):
    """The longest packet that an end sends, by both ends' --mtu: beyond 1500 bytes the other must have agreed."""
    return own if own <= 1500 else max(1500, min(own, others))


def is_refused(host, address, size):
    """Whether the sender learns, from its own host or by ICMP, that an IP packet of that size is too long."""
    options = ["-M", "do", "-c", 2, "-i", 0.05, "-W", PATIENCE, "-s", size - (48 if ":" in address else 28)]
    done = host.run("ping", "-n", *options, address, check=False)
    return "0 received" in done.stdout and re.search("message too long|Frag needed|Packet too big",
                                                     done.stdout + done.stderr)


def check_limit(host, address, size):
    host.ping(address, "-M", "do", "-s", size - (48 if ":" in address else 28), count=2)
    assert is_refused(host, address, size + 1), f"{size + 1} bytes from {host.name} to {address}"


def check_link(lab, server, client, there, back):
    """Between those addresses of the two ends."""
    check_limit(lab.client, server, there)
    check_limit(lab.server, client, back)
    upload(lab.client, lab.server, server, 5 * MB)
    download(lab.client, lab.server, server, 5 * MB)


@pytest.mark.parametrize("client, server", [
    (576, 576), (1280, 1280), (1400, 1400), (1500, 1500), (4087, 4087),
    (576, 1500), (1500, 576), (1280, 4087), (4087, 1400), (4087, 1501), (2000, 4087),
])
def test_mtu(lab, client, server):
    up(lab, ["--mtu", server], ["--mtu", client])
    there, back = most(client, server), most(server, client)
    check_link(lab, GATEWAY, CLIENT, there, back)
    if min(client, server) >= 1280:  # IPv6's least
        check_link(lab, link_local(lab.server), link_local(lab.client), there, back)
    check_both_ways(lab, 5 * MB)


@contextmanager
def mtu_of(mtu, *ends):
    for host, device in ends:
        host.run("ip", "link", "set", device, "mtu", mtu)
    try:
        yield
    finally:
        for host, device in ends:
            host.run("ip", "link", "set", device, "mtu", 1400 if device == "sstp0" else 1500)


@pytest.mark.parametrize("place", ["client", "inside"])
def test_an_mtu_that_changes_under_way(lab, place):
    """Sets the MTU of the client's own device, or of the inside cable. Existing connections continue."""
    up(lab)
    ends = [(lab.client, "sstp0")] if place == "client" else [(lab.server, "inside"), (lab.inside, "cable")]
    there, back = connection(lab.client, lab.inside, INSIDE), connection(lab.client, lab.inside, INSIDE)
    transfers = [in_background(carry, *there, 200 * MB), in_background(carry, *reversed(back), 200 * MB)]
    for mtu in 1000, 1400, 600:
        with mtu_of(mtu, *ends):
            check_both_ways(lab, 5 * MB)
            assert exchange(lab.client, lab.inside, INSIDE, random_sizes(50, 3000)) == 0
    with mtu_of(9000, *ends):  # more than the link's, and it reports that
        check_both_ways(lab, 5 * MB)
        check_limit(lab.client, GATEWAY, 1400)
        check_limit(lab.inside, CLIENT, 1400)
    for transfer in transfers:
        transfer.result()


# ---- peers that are slow


@pytest.mark.parametrize("way", [upload, download])
def test_a_slow_reader_stops_only_itself(lab, way):
    up(lab)
    ends = connection(lab.client, lab.inside, INSIDE)
    source, sink = ends if way == upload else reversed(ends)
    with source, sink:
        sending = in_background(send, source, 50 * MB)
        pinging = in_background(round_trips, lab.client, INSIDE, 50)
        way(lab.client, lab.inside, INSIDE, 200 * MB)
        pings = pinging.result()
        assert sending.is_alive()
        assert receive(sink) == (50 * MB, sending.result())
    assert len(pings) == 50, "they wait for the sender that waits"


def threads(program):
    """The fields of each thread's stat, from its state on (proc(5))."""
    return [f.read_text().rsplit(")", 1)[1].split() for f in Path(f"/proc/{program.pid}/task").glob("*/stat")]


@contextmanager
def standing_still(program):
    program.send(signal.SIGSTOP)
    try:
        eventually("it has stopped", lambda: all(t[0] == "T" for t in threads(program)))
        yield
    finally:
        program.send(signal.SIGCONT)


def tcp_bytes_waiting(host):
    """The bytes in all its sockets' send queues."""
    with host.network():
        lines = Path("/proc/thread-self/net/tcp").read_text().splitlines()[1:]
    return sum(int(line.split()[4].split(":")[0], 16) for line in lines)


def test_a_client_that_is_stopped_does_not_affect_others(lab):
    server, client = up(lab)
    lab.connect(*INSIDE_ONLY, host=lab.other, user="bob", password="builder")

    download(lab.other, lab.inside, INSIDE, 200 * MB)
    before, waiting = server.resident, tcp_bytes_waiting(lab.server)
    with standing_still(client), flood(lab.inside, CLIENT, 50 * MB):
        eventually("the flood fills the way to the client", lambda: tcp_bytes_waiting(lab.server) > waiting + 10000)
        download(lab.other, lab.inside, INSIDE, 200 * MB)
        pings = round_trips(lab.other, INSIDE, 50)
        grown = server.resident - before
    assert grown < 8192  # 2 MiB wait for the client, and buffers were used for the first time
    assert len(pings) == 50
    eventually("the client goes on", lambda: lab.inside.ping(CLIENT, check=False))
    check_both_ways(lab, 50 * MB)


# ---- a slow line


@contextmanager
def slow_line(lab, rate):
    """Limits the rate both ways between client and server, at their router, which queues 100 ms."""
    devices = "client", "server"
    for device in devices:
        lab.router.run("tc", "qdisc", "add", "dev", device, "root", "tbf", "rate", rate, "burst", "16kb", "latency",
                       "100ms")
    try:
        yield
    finally:
        for device in devices:
            lab.router.run("tc", "qdisc", "del", "dev", device, "root")


@pytest.mark.parametrize("ways", [[upload], [download], [upload, download]], ids=["up", "down", "both"])
def test_a_full_slow_line_is_quick_for_small_packets(lab, ways):
    """If they waited after the 2 MiB that may be queued for a client it would take 4 s."""
    up(lab)
    with slow_line(lab, "4mbit"):
        loads = [in_background(way, lab.client, lab.inside, INSIDE, 4 * MB) for way in ways]
        eventually("the line is full", lambda: max(map(tcp_bytes_waiting, (lab.client, lab.server))) > 50000)
        on_the_line = in_background(round_trips, lab.client, SERVER, 40, 0.05)
        pings, on_the_line = round_trips(lab.client, INSIDE, 40, 0.05), on_the_line.result()
        for load in loads:
            load.result()
    assert len(pings) == 40
    assert median(pings) < median(on_the_line) + 2000


# ---- offloads

FEATURES = "tx", "tso", "gso", "gro", "tx-udp-segmentation"


@contextmanager
def no_offloads(*ends):
    """Devices that take no packets in bulk."""
    for host, device in ends:
        host.run("ethtool", "-K", device, *(word for f in FEATURES for word in (f, "off")))
    try:
        yield
    finally:
        for host, device in ends:
            host.run("ethtool", "-K", device, *(word for f in FEATURES for word in (f, "on")))


@pytest.mark.parametrize("server", [[], ["--no-offload"]], ids=["server", "plain-server"])
@pytest.mark.parametrize("client", [[], ["--no-offload"]], ids=["client", "plain-client"])
def test_without_offloads(lab, server, client):
    up(lab, server, client)
    with no_offloads((lab.inside, "cable"), (lab.server, "inside")):
        check_both_ways(lab, 50 * MB)
        assert exchange(lab.client, lab.inside, INSIDE, random_sizes(300, 3000)) == 0


# ---- workers


@pytest.fixture
def crowd(lab):
    """Eight hosts for clients, on the same router as the others."""
    lab.is_changed = True
    hosts = [Host(f"crowd{n}", lab.network.folder / f"crowd{n}") for n in range(8)]
    lab.network.hosts.extend(hosts)
    for number, host in enumerate(hosts):
        host.wait_until_up()
        host.reset_files(lab.pki.other_ca.read_bytes())
        host.run("ip", "link", "add", "cable", "type", "veth", "peer", "name", host.name, "netns",
                 lab.router.holder.pid)
        lab.router.configure(f"addr add 10.3.{number}.254/24 dev {host.name}\nlink set {host.name} up\n")
        host.configure(f"addr add 10.3.{number}.2/24 dev cable\nlink set cable up\n"
                       f"route add default via 10.3.{number}.254\n")
    return hosts


def spread(lab, clients, workers):
    """The kernel gives each connection to one of the workers' sockets by chance: until each worker has two clients."""
    def sessions():
        return json.loads(lab.server.run(lab.sstp, "sessions", "--json").stdout)["sessions"]

    def least():
        found = eventually("a session each", lambda: len(now := sessions()) == len(clients) and now)
        return min([s["worker"] for s in found].count(worker) for worker in range(workers))

    for connects in itertools.count(2):
        for client in clients:
            if least() >= 2:
                return
            client.send(signal.SIGUSR2)
            client.wait_for("^connected in ", count=connects)


def busy_threads(program):
    """How many of its threads have used a processor, beside the busiest of them."""
    ticks = [int(t[11]) + int(t[12]) for t in threads(program)]
    return sum(t > max(ticks) / 10 for t in ticks)


@pytest.mark.parametrize("workers", [1, 2])
def test_workers(lab, crowd, workers):
    """Connections of clients, of the host inside, and from client to client."""
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    server = lab.serve("--workers", workers, "--client-to-client")
    spread(lab, [lab.connect(*INSIDE_ONLY, "--route", "10.9.0.0/24", host=host) for host in crowd], workers)
    address = {host: next(a for a in host.addresses() if a.startswith("10.9")) for host in crowd}
    pairs = list(zip(crowd, crowd[1:] + crowd[:1]))
    for way in upload, download:
        together(*((way, host, lab.inside, INSIDE, 10 * MB) for host in crowd),
                 *((way, lab.inside, host, address[host], 10 * MB) for host in crowd))
        together(*((way, one, other, address[other], 10 * MB) for one, other in pairs))
    lost = together(*((exchange, host, lab.inside, INSIDE, random_sizes(200, 3000)) for host in crowd),
                    *((exchange, lab.inside, host, address[host], random_sizes(200, 3000)) for host in crowd))
    lost += together(*((exchange, one, other, address[other], random_sizes(200, 1372)) for one, other in pairs))
    # packets that are handed over from worker to worker may be too many for the ring between them
    # and so may those that wait for a worker that other programs keep from the processor
    assert sum(lost) <= 500, lost
    assert busy_threads(server) == workers


# ---- wrong checksums

WRONG = 3, 7  # of ten packets


@pytest.mark.parametrize("make, header_len", [(tcp_packet, 40), (udp_packet, 28)], ids=["tcp", "udp"])
@pytest.mark.parametrize("way", ["there", "back"])
def test_a_wrong_checksum_stays_wrong(lab, make, header_len, way):
    """
    The sender is stopped while ten packets of one flow go in, so that they leave the tunnel together: there
    those with a right checksum are merged, and the two others are not.
    """
    server, client = up(lab, ["--workers", 1])  # a ring between two might come between the packets
    sender, addresses, end, near, far = (lab.client, (CLIENT, INSIDE), client, lab.client, lab.server)
    if way == "back":
        sender, addresses, end, near, far = (lab.inside, (INSIDE, CLIENT), server, lab.server, lab.client)
    packets = [make(*addresses, n, 0x1234 if n in WRONG else 0) for n in range(10)]
    entrance, exit_, inside = Sniffer(near, "sstp0"), Sniffer(far, "sstp0"), Sniffer(lab.inside, "cable")
    with sender.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as s, no_offloads((lab.server, "inside")):
        with standing_still(end):
            for packet in packets:
                s.sendto(packet, (addresses[1], 0))
            eventually("all packets wait", lambda: len(entrance.between(*addresses)) == 10)
        eventually("all packets came", lambda: sum(len(p) - header_len for p in exit_.between(*addresses)) == 10000)
        if way == "there":  # the kernel has cut again what was merged
            eventually("all packets are inside", lambda: len(inside.between(*addresses)) == 10)
            assert [after_hops(p) for p in inside.between(*addresses)] == [after_hops(p) for p in packets]
    came = exit_.between(*addresses)
    assert [(len(p) - header_len) // 1000 for p in came] == [3, 1, 3, 1, 2]
    assert [after_hops(came[1]), after_hops(came[3])] == [after_hops(packets[n]) for n in WRONG]
    assert b"".join(p[header_len:] for p in came) == b"".join(p[header_len:] for p in packets)
    for sniffer in entrance, exit_, inside:
        sniffer.close()
