"""The packet path: much traffic, of all kinds, over all sizes of packets, past peers that are slow or odd."""
import random
import re
import signal
import socket
import struct
import threading
import time
from contextlib import contextmanager

import pytest

from lab import GATEWAY, INSIDE, SERVER, Host, Sniffer, eventually, in_background
from traffic import MB, carry, connection, datagram, download, exchange, flood, median, receive, round_trips, send, together, upload

CLIENT = "10.9.0.2"  # the first one's address in the tunnel
NET_INSIDE = ["--no-default-route", "--route", "172.16.5.0/24"]


def up(lab, server=(), client=()):
    """A server and a client that reaches the host behind it."""
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    return lab.serve(*server), lab.connect(*NET_INSIDE, *client)


def link_local(host):
    """The address of its end of the tunnel, as the other end writes it."""
    return next(a for a in host.addresses() if a.startswith("fe80")) + "%sstp0"


def check_both_ways(lab, size):
    upload(lab.client, lab.inside, INSIDE, size)
    download(lab.client, lab.inside, INSIDE, size)


# ---- much


def test_two_gigabytes_each_way(lab):
    up(lab)
    check_both_ways(lab, 2000 * MB)


def random_sizes(count, most):
    return [random.randint(1, most) for _ in range(count)]


def test_udp_of_all_sizes(lab):
    up(lab)
    plain = random.sample(range(1, 1373), 1372)  # in one packet
    in_fragments = random.sample(range(1373, 20000), 100) + [65507]
    lost = together((exchange, lab.client, lab.inside, INSIDE, plain),
                    (exchange, lab.inside, lab.client, CLIENT, plain))
    lost += together((exchange, lab.client, lab.inside, INSIDE, in_fragments),
                     (exchange, lab.inside, lab.client, CLIENT, in_fragments))
    lost += together((exchange, lab.client, lab.server, link_local(lab.server), random_sizes(500, 1352)),
                     (exchange, lab.server, lab.client, link_local(lab.client), random_sizes(50, 9000)))
    assert sum(lost) == 0


def test_all_kinds_at_once(lab, both):
    up(lab)
    flows, size, datagrams = (32, 4 * MB, 1000) if both == "shipped" else (8, MB, 200)
    server6, client6 = link_local(lab.server), link_local(lab.client)
    results = together(
        *((upload, lab.client, lab.inside, INSIDE, size, name) for name in range(flows)),
        *((download, lab.client, lab.inside, INSIDE, size, name) for name in range(flows)),
        *((upload, lab.client, lab.server, server6, size, name) for name in range(4)),
        *((upload, lab.server, lab.client, client6, size, name) for name in range(4)),
        (exchange, lab.client, lab.inside, INSIDE, random_sizes(datagrams, 1372)),
        (exchange, lab.inside, lab.client, CLIENT, random_sizes(datagrams // 10, 9000)),
        (exchange, lab.client, lab.server, server6, random_sizes(datagrams, 2000)),
        (round_trips, lab.client, INSIDE, 50),
        (round_trips, lab.client, server6, 50),
    )
    *lost, pings, pings6 = results[-5:]
    for h in (lab.client, lab.server):
        print(h.run("ip", "-s", "-s", "link", "show", "sstp0").stdout)
        print(h.run("nstat", "-az", "UdpRcvbufErrors", "UdpInErrors", "Udp6InErrors", "Udp6RcvbufErrors", "TcpRetransSegs").stdout)
        print(h.run("cat", "/proc/net/softnet_stat").stdout)
    print("lost", lost, len(pings), len(pings6), pings[len(pings)//2], pings6[len(pings6)//2], max(results[:-5]))
    assert sum(lost) < datagrams / 20
    assert len(pings) == len(pings6) == 50


# ---- sizes of packets


def mtu_towards(own, others):
    """What an end sends at most: its own --mtu; beyond 1500 bytes the other end must have agreed."""
    return own if own <= 1500 else max(1500, min(own, others))


def does_not_fit(host, address, size):
    """Is the sender told that an IP packet of that size is too long? By its own host, or by ICMP."""
    header = 48 if ":" in address else 28
    done = host.run("ping", "-n", "-M", "do", "-c", "2", "-i", "0.05", "-W", "1", "-s", size - header, address, check=False)
    return "0 received" in done.stdout and re.search("message too long|Frag needed|Packet too big|too large",
                                                     done.stdout + done.stderr)


def check_limit(host, address, size):
    host.ping(address, "-M", "do", "-s", size - (48 if ":" in address else 28), count=2)
    assert does_not_fit(host, address, size + 1), f"{size + 1} bytes from {host.name} to {address}"


@pytest.mark.parametrize("client_mtu, server_mtu", [
    (576, 576), (1280, 1280), (1400, 1400), (1500, 1500), (4087, 4087),
    (576, 1500), (1500, 576), (1280, 4087), (4087, 1400), (4087, 1501), (2000, 4087),
])
def test_sizes_of_packets(lab, client_mtu, server_mtu):
    up(lab, ["--mtu", server_mtu], ["--mtu", client_mtu])
    there, back = mtu_towards(client_mtu, server_mtu), mtu_towards(server_mtu, client_mtu)
    check_limit(lab.client, GATEWAY, there)
    check_limit(lab.server, CLIENT, back)
    if min(client_mtu, server_mtu) >= 1280:
        check_limit(lab.client, link_local(lab.server), there)
        check_limit(lab.server, link_local(lab.client), back)
        upload(lab.client, lab.server, link_local(lab.server), 5 * MB)
        download(lab.client, lab.server, link_local(lab.server), 5 * MB)
    upload(lab.client, lab.server, GATEWAY, 20 * MB)
    download(lab.client, lab.server, GATEWAY, 20 * MB)
    check_both_ways(lab, 5 * MB)


# ---- peers that are slow


def resident(program):
    """Of its memory, in KiB."""
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{program.pid}/status").read()).group(1))


@pytest.mark.parametrize("direction", ["there", "back"])
def test_a_slow_reader_stops_nobody_else(lab, direction):
    up(lab)
    near, far = connection(lab.client, lab.inside, INSIDE)
    source, sink = (near, far) if direction == "there" else (far, near)
    sending = in_background(send, source, 50 * MB)
    time.sleep(0.5)
    pinging = in_background(round_trips, lab.client, INSIDE, 50)
    (upload if direction == "there" else download)(lab.client, lab.inside, INSIDE, 200 * MB)
    pings = pinging.result()
    assert sending.is_alive()
    came = receive(sink)
    assert came == (50 * MB, sending.result())
    print("ping", pings)
    near.close()
    far.close()
    assert len(pings) == 50
    assert median(pings) < 50


def test_a_client_that_stands_still_harms_nobody_else(lab):
    server, stopped = up(lab)
    lab.connect(*NET_INSIDE, host=lab.other, user="bob", password="builder")
    seconds = lambda: min(download(lab.other, lab.inside, INSIDE, 200 * MB) for _ in range(2))
    alone, before = seconds(), resident(server)
    is_over = threading.Event()
    flooding = in_background(flood, lab.inside, CLIENT, 50 * MB, is_over)
    stopped.send(signal.SIGSTOP)
    try:
        time.sleep(1)
        beside = seconds()
        pings = round_trips(lab.other, INSIDE, 50)
        grown = resident(server) - before
    finally:
        is_over.set()
        stopped.send(signal.SIGCONT)
        flooding.result()
    print("alone", alone, "beside", beside, "grown", grown, pings)
    assert grown < 4096
    assert beside < 2 * alone
    assert median(pings) < 20
    eventually("the stopped client answers again", lambda: lab.inside.ping(CLIENT, check=False))
    check_both_ways(lab, 50 * MB)


# ---- a slow line


@contextmanager
def slow_line(lab, rate):
    """Both ways between the client and the server, at their router, which can hold 100 ms of it."""
    devices = "client", "server"
    for device in devices:
        lab.router.run("tc", "qdisc", "add", "dev", device, "root", "tbf", "rate", rate, "burst", "16kb", "latency", "100ms")
    try:
        yield
    finally:
        for device in devices:
            lab.router.run("tc", "qdisc", "del", "dev", device, "root")


@pytest.mark.parametrize("ways", [(upload,), (download,), (upload, download)], ids=["up", "down", "both"])
def test_a_full_slow_line_is_quick_for_small_packets(lab, ways):
    """A backlog of 2 MiB would be 840 ms here."""
    up(lab)
    with slow_line(lab, "20mbit"):
        loads = [in_background(way, lab.client, lab.inside, INSIDE, 6 * MB) for way in ways]
        time.sleep(0.5)
        outside = in_background(round_trips, lab.client, SERVER, 40, 0.05)
        inside = round_trips(lab.client, INSIDE, 40, 0.05)
        outside = outside.result()
        for load in loads:
            assert load.result() < 10
    print("pings", median(inside), inside, median(outside))
    assert len(inside) >= 39
    assert median(inside) < median(outside) + 40


# ---- offloads


@contextmanager
def no_offloads(*ends):
    for host, device in ends:
        host.run("ethtool", "-K", device, "tso", "off", "gso", "off", "gro", "off", "tx-udp-segmentation", "off")
    try:
        yield
    finally:
        for host, device in ends:
            host.run("ethtool", "-K", device, "tso", "on", "gso", "on", "gro", "on", "tx-udp-segmentation", "on")


@pytest.mark.parametrize("server, client", [([], []), (["--no-offload"], []), ([], ["--no-offload"]),
                                            (["--no-offload"], ["--no-offload"])])
def test_without_offloads(lab, server, client):
    up(lab, server, client)
    with no_offloads((lab.inside, "cable"), (lab.server, "inside")):
        check_both_ways(lab, 50 * MB)
        sizes = random_sizes(500, 3000)
        assert exchange(lab.client, lab.inside, INSIDE, sizes) == 0


# ---- workers


@pytest.fixture
def crowd(lab):
    """Eight clients' hosts."""
    lab.is_changed = True
    hosts = []
    for number in range(8):
        host = Host(f"crowd{number}", lab.network.folder / f"crowd{number}")
        lab.network.hosts.append(host)
        hosts.append(host)
    for number, host in enumerate(hosts):
        host.wait_until_up()
        host.reset_files(lab.pki.other_ca.read_bytes())
        lab.network._lay_cable(host, "cable", lab.router, host.name)
        lab.router.configure(f"addr add 10.3.{number}.254/24 dev {host.name}\n")
        host.configure(f"addr add 10.3.{number}.2/24 dev cable\nroute add default via 10.3.{number}.254\n")
    return hosts


@pytest.mark.parametrize("workers", [1, 2])
def test_workers(lab, crowd, workers):
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    lab.serve("--workers", workers, "--client-to-client")
    for host in crowd:
        lab.connect("--no-default-route", "--route", "172.16.5.0/24", "--route", "10.9.0.0/24", host=host)
    address = {host: next(a for a in host.addresses() if a.startswith("10.9")) for host in crowd}
    size = 10 * MB
    results = together(*((upload, host, lab.inside, INSIDE, size) for host in crowd),
             *((download, host, lab.inside, INSIDE, size) for host in crowd),
             *((upload, lab.inside, host, address[host], size) for host in crowd),
             *((download, lab.inside, host, address[host], size) for host in crowd))
    print("all", max(results))
    start = time.monotonic()
    lost = together(*((exchange, host, lab.inside, INSIDE, random_sizes(200, 3000)) for host in crowd),
                    *((exchange, lab.inside, host, address[host], random_sizes(200, 3000)) for host in crowd))
    print("udp", time.monotonic() - start, lost)
    pairs = list(zip(crowd, crowd[1:] + crowd[:1]))
    results = together(*((upload, one, other, address[other], size) for one, other in pairs),
             *((download, one, other, address[other], size) for one, other in pairs))
    print("c2c", max(results))
    lost += together(*((exchange, one, other, address[other], random_sizes(200, 3000)) for one, other in pairs))
    print(lost)
    assert sum(lost) < 20


# ---- wrong checksums


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ipv4_packet(source, destination, protocol, ident, l4):
    """The kernel fills in the header's checksum."""
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(l4), ident, 0x4000, 64, protocol, 0,
                       socket.inet_aton(source), socket.inet_aton(destination)) + l4


def with_checksum(source, destination, protocol, l4, at, error):
    pseudo = socket.inet_aton(source) + socket.inet_aton(destination) + struct.pack("!HH", protocol, len(l4))
    return l4[:at] + struct.pack("!H", checksum(pseudo + l4) ^ error) + l4[at + 2:]


def tcp_packet(source, destination, number, error):
    """Of a row of segments that fit together."""
    l4 = struct.pack("!HHLLBBHHH", 5001, 5002, 1000000 + 1000 * number, 1, 0x50, 0x10, 1000, 0, 0) + datagram(number, 1000)
    l4 = with_checksum(source, destination, socket.IPPROTO_TCP, l4, 16, error)
    return ipv4_packet(source, destination, socket.IPPROTO_TCP, 100 + number, l4)


def udp_packet(source, destination, number, error):
    l4 = struct.pack("!HHHH", 5001, 5002, 1008, 0) + datagram(number, 1000)
    l4 = with_checksum(source, destination, socket.IPPROTO_UDP, l4, 6, error)
    return ipv4_packet(source, destination, socket.IPPROTO_UDP, 200 + number, l4)


BROKEN = 3, 7  # of ten packets


@pytest.mark.parametrize("make, header", [(tcp_packet, 40), (udp_packet, 28)], ids=["tcp", "udp"])
@pytest.mark.parametrize("way", ["there", "back"])
def test_a_wrong_checksum_stays_wrong(lab, make, header, way):
    """
    The sstp that takes packets from its device is held while ten of one flow go in, so that they come out of the
    tunnel at once: what may be merged there is merged, the two with a wrong checksum are not.
    """
    server, client = up(lab)
    sender, program, receiver, source, destination = (
        (lab.client, client, lab.server, CLIENT, INSIDE) if way == "there" else
        (lab.inside, server, lab.client, INSIDE, CLIENT))
    packets = [make(source, destination, n, 0x1234 if n in BROKEN else 0) for n in range(10)]
    merged, last = Sniffer(receiver, "sstp0"), Sniffer(lab.inside if way == "there" else lab.client, "cable" if way == "there" else "sstp0")
    with sender.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
        program.send(signal.SIGSTOP)
        for packet in packets:
            s.sendto(packet, (destination, 0))
        time.sleep(0.1)
        program.send(signal.SIGCONT)
    eventually("all of it came", lambda: sum(len(p) - header for p in merged.between(source, destination)) == 10000)
    got = merged.between(source, destination)
    print([len(p) for p in got])
    print([len(p) for p in last.between(source, destination)])
