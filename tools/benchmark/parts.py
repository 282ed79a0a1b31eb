# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the benchmark. Each measures every peer once, one after the other, and is called once a round.

A new part (a program of its own, say) is a function here and a line in PARTS.
"""
import subprocess
import sys

import measures
from figures import UDP_SIZES
from vpns import PASSWORD, Proxy, Sstp, disk_bytes

READY_STARTS = 5
ERRORS = (measures.Failed, AssertionError, subprocess.SubprocessError, OSError)


class Bare:
    """The same path with no VPN."""

    name, title, is_vpn = "bare", "no VPN", False

    def __init__(self, inside):
        self.inside = inside


class Tls:
    """A TLS connection between the two ends of the VPNs, and nothing else."""

    name, title, is_vpn = "tls", "TLS alone", False


class Bench:
    def __init__(self, road, peers, options, figures, programs, identity):
        self.road, self.peers, self.options, self.figures = road, peers, options, figures
        self.programs, self.identity, self.ciphers = programs, identity, {}

    def in_turn(self, *kinds):
        """The VPNs and other peers of these kinds: A B C, the next time C B A, so that a drift favors none."""
        chosen = [p for p in self.peers if p.is_vpn or isinstance(p, kinds)]
        return chosen if self.figures.rounds % 2 else chosen[::-1]

    def measure(self, what, peers, one):
        """Calls `one` with each peer in turn; it gives {metric: value}."""
        title = f"round {self.figures.rounds}, {what}"
        print(f"{title}:", end="", file=sys.stderr, flush=True)
        for peer in peers:
            try:
                values = one(peer)
            except ERRORS as error:
                self.figures.notes.append(f"{title}, {peer.title}: {error}")
                print(f"  {peer.name} FAILED", end="", file=sys.stderr, flush=True)
                continue
            for key, value in values.items():
                self.figures.add(key, peer.name, value)
            first = next(iter(values.values()), None)
            if first is not None:
                print(f"  {peer.name} {first:.4g}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)


# ---- TCP and what it costs


def _cost(way, end, used, gigabytes):
    user, kernel = used[0] / gigabytes, used[1] / gigabytes
    key = f"cpu-{way}-{end}"
    return {key: user + kernel, f"{key}-user": user, f"{key}-kernel": kernel}


def _ends(peer):
    return {"client": peer.client.pid, "server": peer.server.pid} if peer.is_vpn else {}


def _transfer(bench, peer, way, flows):
    ends = _ends(peer)
    before, machine = {end: measures.cpu(pid) for end, pid in ends.items()}, measures.machine_seconds()
    rate, count = measures.tcp(bench.road, peer.inside, way, flows, bench.options.seconds)
    values = {f"tcp-{way}-{flows}": rate}
    if flows == 1 and way != "both":
        values[f"cpu-{way}-machine"] = (measures.machine_seconds()[0] - machine[0]) / (count / 1e9)
        for end, pid in ends.items():
            values.update(_cost(way, end, measures.cpu_between(before[end], measures.cpu(pid)), count / 1e9))
    return values


def _tls_alone(bench, way):
    machine = measures.machine_seconds()
    rate, reports = measures.tls(bench.road, bench.programs / "tls_pump", bench.identity, way, bench.options.seconds)
    gigabytes = reports["client"]["bytes"] / 1e9
    values = {f"tcp-{way}-1": rate, f"cpu-{way}-machine": (measures.machine_seconds()[0] - machine[0]) / gigabytes}
    for end, report in reports.items():
        values.update(_cost(way, end, (report["user"], report["kernel"]), gigabytes))
    bench.ciphers[Tls.title] = reports["client"]["cipher"]
    return values


def tcp(bench):
    for flows in (1, 8):
        for way in measures.WAYS:
            def one(peer, way=way, flows=flows):
                if isinstance(peer, Tls):
                    return _tls_alone(bench, way)
                return _transfer(bench, peer, way, flows)
            kinds = (Bare, Tls) if flows == 1 and way != "both" else (Bare,)
            bench.measure(f"TCP {way}, {flows} flow{'s' * (flows > 1)}, Gbit/s", bench.in_turn(*kinds), one)


# ---- the user-space stack, compared with the kernel's and a TUN device


def proxy(bench):
    peers = [p for p in bench.in_turn(Proxy) if p.name in ("sstp", Proxy.name)]
    for flows in (1, 8):
        for way in ("up", "down"):
            def one(peer, way=way, flows=flows):
                address, port = peer.at(5201)
                rate, _ = measures.tcp(bench.road, address, way, flows, bench.options.seconds, port)
                return {f"proxy-{way}-{flows}": rate}
            bench.measure(f"proxy {way}, {flows} flow{'s' * (flows > 1)}, Gbit/s", peers, one)


# ---- UDP


def udp(bench):
    seconds = min(0.4, bench.options.seconds / 4)
    for size in UDP_SIZES:
        def one(peer, size=size):
            with measures.udp(bench.road, bench.programs / "udp_blast", peer.inside, size, seconds) as stream:
                offered, received, lost = stream.send(0)
                free = stream.highest_without_loss(offered, received, lost)
            return {f"udp-{size}-free": free, f"udp-{size}-blast": received, f"udp-{size}-lost": lost}
        bench.measure(f"UDP of {size} bytes, packets a second without loss", bench.in_turn(Bare), one)


# ---- pings


def _ping_values(bench, peer, load):
    times = measures.pings(bench.road, peer.inside, bench.options.pings, 0.005)
    return {f"ping-{load}-p99": measures.p99(times), f"ping-{load}-median": measures.median(times)}


def ping(bench):
    bench.measure("ping, idle, p99 in ms", bench.in_turn(Bare), lambda peer: _ping_values(bench, peer, "idle"))
    for way in ("up", "down"):
        def one(peer, way=way):
            with measures.full_rate(bench.road, peer.inside, way, bench.options.pings * 0.005):
                return _ping_values(bench, peer, way)
        bench.measure(f"ping during a transfer {way}, p99 in ms", bench.in_turn(Bare), one)


# ---- processes


def memory(bench):
    bench.measure("memory after transfers, bytes", bench.in_turn(),
                  lambda peer: {f"memory-{end}": measures.memory(pid) for end, pid in _ends(peer).items()})


def start(bench):
    def one(peer):
        values = {}
        for variant in reversed(peer.variants):
            peer.stop_client()
            values["start-short" if variant else "start"] = measures.start(peer, variant)
        return values
    bench.measure("exec to first ping, seconds", bench.in_turn(), one)


def ready(bench):
    """Each verb of sstp alone: the best of some starts, since other programs' work only makes one longer."""
    def one(peer):
        peer.stop_client()
        try:
            return {f"ready-{verb}": min(measures.ready(peer.road, verb, argv, PASSWORD) for _ in range(READY_STARTS))
                    for verb, argv in peer.verbs().items()}
        finally:
            measures.start(peer)
    bench.measure("exec to ready, seconds", [p for p in bench.in_turn() if isinstance(p, Sstp)], one)


def size(bench):
    if bench.figures.rounds > 1:
        return  # it does not change

    def one(peer):
        values = {}
        for end, programs in peer.programs().items():
            values[f"size-{end}"], values[f"size-{end}-all"] = disk_bytes(programs)
        return values
    bench.measure("size on disk, bytes", [p for p in bench.in_turn() if p.name != "plain"], one)


PARTS = {"tcp": tcp, "proxy": proxy, "udp": udp, "ping": ping, "memory": memory, "start": start, "ready": ready, "size": size}
