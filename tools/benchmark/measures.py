# SPDX-License-Identifier: GPL-3.0-or-later
"""One measurement each: a transfer, a search for a rate, a series of pings, a start, a look at the memory."""
import json
import math
import os
import re
import select
import socket
import statistics
import struct
import time
from contextlib import contextmanager

from road import SERVER

TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """This measurement failed; the others continue."""


# ---- what processes and the machine have used


def tree(root):
    """A process and all that descend from it: ocserv has one for each client."""
    parents = {}
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        fields = _stat(pid)
        if fields:
            parents[pid] = int(fields[1])
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _stat(pid):
    """/proc/PID/stat from the state on (proc(5) field 3); the name before it may hold anything."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None  # it has gone


def cpu(root):
    """{pid: (user, kernel)} in seconds, all threads."""
    stats = {pid: _stat(pid) for pid in tree(root)}
    return {pid: (int(f[11]) / TICKS, int(f[12]) / TICKS) for pid, f in stats.items() if f}


def cpu_between(before, after):
    """(user, kernel) seconds used by a tree of processes between two looks at it."""
    return tuple(sum(now[i] - before.get(pid, (0, 0))[i] for pid, now in after.items()) for i in (0, 1))


def machine_seconds():
    """Seconds that all cores together were busy, and seconds that the hypervisor kept for others."""
    with open("/proc/stat") as file:
        user, nice, system, idle, iowait, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq) / TICKS, steal / TICKS


def memory(root):
    """Resident bytes of a tree of processes; memory that they share is counted once, as if no other
    process had it, so that it does not matter how many other VPNs run the same program."""
    private, shared = 0, [0]
    for pid in tree(root):
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                sizes = {name: int(kib) * 1024 for name, kib in re.findall(r"^(\w+):\s+(\d+) kB", file.read(), re.M)}
        except OSError:
            continue  # it has gone
        own = sizes["Private_Clean"] + sizes["Private_Dirty"]
        private += own
        shared.append(sizes["Rss"] - own)
    return private + max(shared)


def mtu(host, address):
    """Of the device by which a host reaches that address."""
    return host.ip(f"link show dev {host.ip(f'route get {address}')[0]['dev']}")[0]["mtu"]


def _json(text):
    try:
        return json.loads(text)
    except ValueError:
        raise Failed(text[-500:]) from None


# ---- TCP

WAYS = {"up": [], "down": ["--reverse"], "both": ["--bidir"]}


@contextmanager
def _iperf_server(road):
    server = road.start(road.inside, "iperf3", "-s", "-1", "--forceflush", label="iperf3-server")
    try:
        server.wait_for("Server listening")
        yield
    finally:
        road.kill(server)


def _iperf_words(address, way, flows, seconds, port=5201):
    return ["iperf3", "-c", address, "-p", port, "--json", "--connect-timeout", "3000", "-t", seconds, "-P", flows, *WAYS[way]]


def tcp(road, address, way, flows, seconds, port=5201):
    """Gbit/s that arrived (both ways: the sum), and how many bytes that were."""
    with _iperf_server(road):
        said = road.output(road.client, *_iperf_words(address, way, flows, seconds, port), label="iperf3")
    end = _json(said).get("end", {})
    sums = [end[key] for key in ("sum_received", "sum_received_bidir_reverse") if key in end]
    if not sums:
        raise Failed(f"iperf3: {said[-500:]}")
    return sum(s["bits_per_second"] for s in sums) / 1e9, sum(s["bytes"] for s in sums)


@contextmanager
def full_rate(road, address, way, seconds):
    """Inside, a transfer runs at full speed."""
    with _iperf_server(road):
        client = road.start(road.client, *_iperf_words(address, way, 1, math.ceil(seconds) + 5), label="iperf3-load")
        try:
            time.sleep(0.5)  # past its slow start
            if client.status is not None:
                raise Failed(f"iperf3: {client.log[-300:]}")
            yield
        finally:
            road.kill(client)


def tls(road, program, identity, way, seconds):
    """The two ends' reports of bytes through nothing but TLS."""
    up = way == "up"
    server = road.start(road.server, program, "listen", SERVER, 4399, identity.cert, identity.key,
                        "receive" if up else "send", seconds, label="tls-server")
    try:
        server.wait_for("^ready")
        said = road.output(road.client, program, "dial", SERVER, 4399, identity.pin, "send" if up else "receive",
                           seconds, label="tls-client")
        server.wait()
    finally:
        road.kill(server)
    reports = {"client": _json(said), "server": _json(server.log.partition("\n")[2])}
    received = reports["server" if up else "client"]
    return received["bytes"] * 8 / received["seconds"] / 1e9, reports


# ---- UDP

LOSS_MAX = 0.001     # of the packets: fewer lost are none
NEAR_MISS = 0.05     # a rate at which no more is lost gets a second try
CLOSE_ENOUGH = 1.06  # between a rate that goes and one that does not


UDP_PORT = 7000
UDP_HEADERS = 20 + 8  # of IP and UDP


@contextmanager
def udp(road, program, address, size, seconds):
    """Inside, packets of one size (with their headers) can be sent to the host inside."""
    sink = road.start(road.inside, program, "sink", address, UDP_PORT, label="udp-sink")
    try:
        sink.wait_for("^ready")
        yield Udp(road, program, address, size, seconds)
    finally:
        road.kill(sink)


class Udp:
    def __init__(self, road, program, address, size, seconds):
        self.road, self.program, self.seconds = road, program, seconds
        self.words = ["send", address, UDP_PORT, size - UDP_HEADERS]

    def send(self, rate):
        """(packets a second sent, received, share lost)"""
        r = _json(self.road.output(self.road.client, self.program, *self.words, f"{rate:.0f}", self.seconds,
                                   label="udp-blast"))
        arrived = r["received"] / max(r["receive_seconds"], r["send_seconds"])
        return r["sent"] / r["send_seconds"], arrived, 1 - r["received"] / max(r["sent"], 1)

    def goes(self, rate, tries=2):
        """Whether almost nothing is lost, and the sender reached the requested rate."""
        sent, _, lost = self.send(rate)
        if LOSS_MAX < lost < NEAR_MISS and tries > 1:  # some other program may have had the core
            return self.goes(rate, tries - 1)
        return lost <= LOSS_MAX and sent > 0.97 * rate

    def highest_without_loss(self, offered, received, lost):
        """Bisection, starting near the rate that arrived of a blast (offered, received, lost)."""
        if lost <= LOSS_MAX:
            return offered
        good, bad, rate = None, offered, min(received, 0.8 * offered)
        while good is None or bad / good > CLOSE_ENOUGH:
            if self.goes(rate):
                good = rate
                rate = min(rate * 1.4, math.sqrt(good * bad))
            else:
                bad = rate
                rate = math.sqrt(good * bad) if good else rate * 0.6
            if rate < 100:
                return 0
        return good


# ---- pings


def pings(road, address, count, interval):
    """Round trips in ms, sorted; a lost one counts as infinite."""
    said = road.output(road.client, "ping", "-n", "-i", interval, "-c", count, "-W", "1", address, label="ping")
    times = [float(t) for t in re.findall(r"time=([\d.]+) ms", said)]
    sent = re.search(r"(\d+) packets transmitted", said)
    if not sent or not times:
        raise Failed(f"ping: {said[-500:]}")
    return sorted(times) + [math.inf] * (int(sent.group(1)) - len(times))


def median(ordered):
    return statistics.median(ordered)


def p99(ordered):
    return ordered[min(len(ordered) - 1, math.ceil(0.99 * len(ordered)) - 1)]


class Echo:
    """Pings from inside this process, by default one a millisecond, for the very first answer."""

    def __init__(self, make_socket, address, interval=0.001):
        self.address, self.sequence = address, 0
        self.socket = make_socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.socket.settimeout(interval)

    def _packet(self):
        self.sequence = (self.sequence + 1) & 0xffff
        body = struct.pack("!HH", os.getpid() & 0xffff, self.sequence) + bytes(32)
        total = 0x0800 + sum(struct.unpack(f"!{len(body) // 2}H", body))
        total = (total & 0xffff) + (total >> 16)
        return struct.pack("!BBH", 8, 0, ~(total + (total >> 16)) & 0xffff) + body

    def is_answered(self):
        try:
            self.socket.sendto(self._packet(), (self.address, 0))
        except OSError:
            pass  # no route yet
        try:
            answer, sender = self.socket.recvfrom(2048)
        except OSError:
            return False
        return sender[0] == self.address and answer[20] == 0

    def wait(self, client, seconds=20):
        end = time.monotonic() + seconds
        while not self.is_answered():
            if client.status is not None or time.monotonic() > end:
                raise Failed(f"no ping is answered; {client.label} has status {client.status}: {client.log[-500:]}")

    def close(self):
        self.socket.close()


def start(peer, variant="", seconds=20):
    """Starts the client; seconds from before its exec until a ping through the tunnel was answered."""
    echo = Echo(peer.road.client.socket, peer.inside)
    try:
        begin = time.monotonic()
        peer.start_client(variant)
        echo.wait(peer.client, seconds)
        return time.monotonic() - begin
    finally:
        echo.close()


def _wait_for_ready(manager, program, seconds=20):
    end = os.pidfd_open(program.pid)
    try:
        while manager in (ready := select.select([manager, end], [], [], seconds)[0]):
            if b"READY=1" in manager.recv(4096):
                return
    finally:
        os.close(end)
    what = f"ended with {program.process.wait()}" if ready else f"is not ready after {seconds} s"
    errors = re.findall(r"^(?:error|sstp \w+): .*", program.log, re.M) or [program.log[-500:]]
    raise Failed(f"{program.label} {what}: {errors[-1]}")


def ready(road, verb, argv, password):
    """Starts a program; seconds from before its exec until it tells systemd that it is ready, or, of `probe`, until it has ended."""
    host = road.server if verb == "serve" else road.client
    begin = time.monotonic()
    if verb == "probe":
        host.run(*argv)
        return time.monotonic() - begin
    path = road.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        program = road.start(host, *argv, label=f"ready-{verb}", env={"NOTIFY_SOCKET": str(path)}, stdin=f"{password}\n")
        try:
            _wait_for_ready(manager, program)
            return time.monotonic() - begin
        finally:
            path.unlink()
            road.stop(program)
