# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines that people have: the road of road.py with a slow line in place of the cable to the server.

Each VPN has a road of its own, so that all are measured at the same time, each alone on its line, and whatever else the
machine does meanwhile meets everybody alike.
"""
import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import measures
from lab import Host, in_background
from road import BARE, SERVER, Road

PAGE = Path(__file__).with_name("page.py")
PAGE_PORT = 5400
IPERF_PORTS = {"up": 5201, "down": 5203}
CLIENT, ELSEWHERE = "192.0.2.2", "192.0.2.77"  # the client's address, and the one that it has in another network

LINES = {
    "a": ("20/5 Mbit/s, 30 ms, a queue of 100 ms", "up rate=5M delay=15 queue=100ms", "down rate=20M delay=15 queue=100ms"),
    "b1": ("a with 1 % of loss", "up rate=5M delay=15 queue=100ms loss=1", "down rate=20M delay=15 queue=100ms loss=1"),
    "c0": ("100 Mbit/s, 80 ms", "both rate=100M delay=40 queue=100ms"),
    "c0.5": ("c0 with 0.5 % of loss", "both rate=100M delay=40 queue=100ms loss=0.5"),
    "d": ("100 Mbit/s, 10 ms", "both rate=100M delay=5 queue=50ms"),
    "e": ("1 Gbit/s, 150 ms", "both rate=1G delay=75 queue=100ms"),
    "f": ("LTE: 30/10 Mbit/s, 60 ms, jitter, bursts of loss", "up rate=10M delay=30 queue=300ms jitter=20 burst=0.1,20",
          "down rate=30M delay=30 queue=300ms jitter=20 burst=0.1,20"),
    "i": ("20/2 Mbit/s, 30 ms, 2 s of queue up", "up rate=2M delay=15 queue=2000ms", "down rate=20M delay=15 queue=100ms"),
}


class LineRoad(Road):
    """The road with a line. `outer` is the congestion control of connections over the line, set by the route, which
    comes before what a program asks for; None leaves it to the programs, where the kernel's own is Reno."""

    def __init__(self, folder, program, line, outer="cubic"):
        self.line_program, self.line_words, self.outer = program, line, f"congctl {outer}" if outer else ""
        super().__init__(folder)

    def _build(self):
        self.programs = []
        for name in ("client", "server", "inside"):
            host = Host(name, self.folder / name)
            setattr(self, name, host)
            self.hosts.append(host)
        for host in self.hosts:
            host.wait_until_up()
            host.sysctl("net.ipv4.tcp_congestion_control", "reno")
        self._lay_line()
        self._lay_cable(self.inside, "cable", self.server, "inside")
        self.server.configure("addr add 172.16.5.1/24 dev inside\n")
        self.server.sysctl("net.ipv4.ip_forward", 1)
        self.inside.configure(f"addr add {BARE}/24 dev cable\nroute add default via 172.16.5.1 congctl cubic\n")

    def _lay_line(self):
        ns = [f"/proc/{host.holder.pid}/ns/net" for host in (self.client, self.server)]
        self.line = subprocess.Popen([self.line_program, *ns, *self.line_words], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)
        if self.line.stdout.readline() != "ready\n":
            raise AssertionError("the line is not ready")
        for host in (self.client, self.server):
            host.configure("link set line up mtu 1500 txqueuelen 20000\n")
        self.server.configure(f"addr add {SERVER}/32 dev line\nroute add 192.0.2.0/24 dev line src {SERVER} {self.outer}\n")
        self.move_client(CLIENT)

    def move_client(self, address):
        """The client is in another network: its old address is gone, the new one comes at once."""
        self.client.configure(f"addr flush dev line\naddr add {address}/32 dev line\n"
                              f"route add {SERVER}/32 dev line src {address} {self.outer}\n"
                              f"route add {BARE}/32 via {SERVER} dev line onlink congctl cubic\n")

    def set_line(self, *commands):
        self.line.stdin.write("".join(f"{c}\n" for c in commands))
        self.line.stdin.flush()

    def line_stats(self):
        self.set_line("stats")
        return json.loads(self.line.stdout.readline())

    def close(self):
        super().close()
        self.line.stdin.close()
        self.line.wait()


class Bare:
    name, title, is_vpn, has_ping, client = "bare", "no VPN", False, True, None

    def __init__(self, road, *_):
        self.road, self.inside = road, BARE

    def at(self, port):
        return self.inside, port

    def start_server(self):
        pass

    def start_client(self):
        pass

    def stop_client(self):
        pass


# ---- what is measured


def tcp(peer, way, flows, seconds, omit=2):
    """Mbit/s that arrived, of each direction that was asked for; and how much the sender retransmitted, of one.

    Both ways are two runs of iperf3. Its own --bidir expects that its two connections are accepted in the order in which
    it made them, and moves nothing otherwise. Through a proxy, which accepts both at once, any order is possible.
    """
    if way != "both":
        return one_way(peer, way, flows, seconds, omit)
    up = in_background(one_way, peer, "up", flows, seconds, omit)
    down, _ = one_way(peer, "down", flows, seconds, omit)
    return (up.result()[0], down), None


def one_way(peer, way, flows, seconds, omit):
    road, inside_port = peer.road, IPERF_PORTS[way]
    address, port = peer.at(inside_port)
    server = road.start(road.inside, "iperf3", "-s", "-1", "-p", inside_port, "--forceflush", label=f"iperf3-server-{way}")
    try:
        server.wait_for("Server listening")
        client = road.start(road.client, "iperf3", "-c", address, "-p", port, "--json", "-C", "cubic", "-t", seconds,
                            "-O", omit, "-P", flows, *measures.WAYS[way], label=f"iperf3-{way}")
        try:
            client.wait(seconds + omit + 30)
            end = json.loads(client.log).get("end", {})
        finally:
            road.kill(client)
    finally:
        road.kill(server)
    if "sum_received" not in end:
        raise measures.Failed(f"iperf3: {client.log[-300:]}")
    return end["sum_received"]["bits_per_second"] / 1e6, end["sum_sent"].get("retransmits")


def ping(peer, seconds, label="ping"):
    """The median round trip in ms; a lost one counts as infinite."""
    said = peer.road.output(peer.road.client, "ping", "-n", "-i", "0.05", "-c", int(seconds / 0.05), "-W", "5",
                            peer.inside, label=label)
    times = [float(t) for t in re.findall(r"time=([\d.]+) ms", said)]
    sent = int(re.search(r"(\d+) packets transmitted", said).group(1))
    return statistics.median(times + [float("inf")] * (sent - len(times)))


def page(peer, count, size, at_a_time):
    """The milliseconds that a page takes."""
    road = peer.road
    server = road.start(road.inside, sys.executable, PAGE, "serve", peer.inside, PAGE_PORT, label="page-server")
    try:
        server.wait_for("ready")
        return float(road.output(road.client, sys.executable, PAGE, "load", *peer.at(PAGE_PORT), count, size, at_a_time,
                                 label="page"))
    finally:
        road.kill(server)


def beside(main, other, delay=3):
    """Both results; the other begins later."""
    first = in_background(main)
    time.sleep(delay)
    second = other()
    return first.result(), second


def transfers(peer, seconds, wanted):
    """{metric: value}, each transfer over a fresh tunnel."""
    found = {}
    for way in ("up", "down"):
        for flows in (1, 8):
            key = f"{way}{flows}"
            if key not in wanted:
                continue
            fresh(peer)
            if not peer.has_ping:  # and its inner connections are not those of iperf3
                found[key], _ = tcp(peer, way, flows, seconds)
                continue
            (rate, lost), rtt = beside(lambda: tcp(peer, way, flows, seconds), lambda: ping(peer, seconds - 2))
            found.update({key: rate, f"{key} ping": rtt})
            if way == "up" or lost is not None:
                found[f"{key} inner retransmissions"] = lost
    if "both" in wanted:
        fresh(peer)
        (found["both up"], found["both down"]), _ = tcp(peer, "both", 1, seconds)
    if "page" in wanted:
        fresh(peer)
        _, found["page beside up"] = beside(lambda: tcp(peer, "up", 1, seconds + 4), lambda: page(peer, 30, 20000, 6))
    return found


def fresh(peer):
    """Restarts the client, so that nothing is left of the previous transfer."""
    peer.stop_client()
    peer.start_client()
    wait_up(peer)


def wait_up(peer, seconds=60):
    """The seconds until a ping is answered."""
    begin = time.monotonic()
    if peer.client is None or not peer.has_ping:  # such a client is up when it has started
        return 0
    echo = measures.Echo(peer.road.client.socket, peer.inside)
    try:
        echo.wait(peer.client, seconds)
    finally:
        echo.close()
    return time.monotonic() - begin


# ---- what goes wrong

BEFORE = 4  # seconds of an upload until it goes wrong
ALIVE = 2   # seconds at the end in which a transfer that goes on has moved something
LINE_OF_INCIDENTS = "a"


def pings_at(peer, seconds):
    """The times, by time.time(), at which pings were answered that leave ten times a second."""
    ping = peer.road.start(peer.road.client, "ping", "-n", "-D", "-i", "0.1", "-w", seconds, peer.inside, label="pings")
    ping.wait(seconds + 30)
    peer.road.kill(ping)
    return [float(at) for at in re.findall(r"^\[([\d.]+)\] .* time=", ping.log, re.M)]


def upload_goes_on(peer, seconds):
    """Whether one upload survives it."""
    road = peer.road
    server = road.start(road.inside, "iperf3", "-s", "-1", "--forceflush", label="iperf3-server")
    try:
        server.wait_for("Server listening")
        client = road.start(road.client, "iperf3", "-c", peer.inside, "-t", seconds, "-C", "cubic", "-i", "0.5", "-f", "k",
                            "--forceflush", label="iperf3-through")
        time.sleep(seconds - 0.5)
        rates = [float(r) for r in re.findall(r"([\d.]+) Kbits/sec", client.log)]
        alive = client.status is None and sum(rates[-int(2 * ALIVE):]) > 0
        road.kill(client)
        return alive
    finally:
        road.kill(server)


def through(peer, seconds, break_it, lasts=0):
    """Breaks something beside an upload. Seconds from the end of that to the first ping (inf: none), and whether the upload
    goes on."""
    got = in_background(pings_at, peer, BEFORE + lasts + seconds)
    upload = in_background(upload_goes_on, peer, BEFORE + lasts + seconds)
    time.sleep(BEFORE)
    break_it()
    end = time.time() + lasts
    after = [at - end for at in got.result() if at > end]
    return (after[0] if after else float("inf")), upload.result()


def cut(peer, seconds=30):
    """All packets are lost for that long."""
    return through(peer, 25, lambda: peer.road.set_line(f"both cut={1000 * seconds}"), seconds)


def move(peer, number=None, seconds=30):
    """The client gets another address; with or without a signal about it."""
    def break_it():
        peer.road.move_client(ELSEWHERE)
        if number and peer.client:
            peer.client.send(number)
    return through(peer, seconds, break_it)


def black_hole(peer, mtu, seconds=60):
    """Larger packets vanish silently: the seconds until it is up."""
    peer.road.set_line(f"both mtu={mtu}")
    peer.start_client()
    return wait_up(peer, seconds)
