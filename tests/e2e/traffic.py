# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic between hosts of a lab. Every byte is checked: TCP by digests, UDP by content. Also ping(8)'s times.

It runs in threads of the test, on sockets that belong to the hosts. No wait is unlimited: sockets have time-outs.
"""
import random
import re
import socket
import struct
import threading
import time
import zlib
from contextlib import contextmanager

from lab import in_background

MB = 1000 * 1000
BLOCK = 1 << 20
RANDOM = random.Random(1).randbytes(2 * BLOCK)
SO_RCVBUFFORCE = 33
IP_MTU_DISCOVER, IP_PMTUDISC_DONT = 10, 0
UDP_SEGMENT = 103  # linux/udp.h: one send is cut into datagrams of this size
UDP_COUNT, UDP_BYTES = 64, 100 * 1000  # of one exchange on their way


def together(*jobs):
    """Each job is a function and its arguments, in a thread of its own; returns their results."""
    threads = [in_background(*job) for job in jobs]
    return [t.result() for t in threads]


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


# ---- TCP


def send(s, size, name=0):
    """Sends `size` bytes without repetitions: each block begins with its own number. Returns their digest."""
    block, digest = bytearray(RANDOM[:BLOCK]), 0
    view = memoryview(block)
    for number, start in enumerate(range(0, size, BLOCK)):
        struct.pack_into("!QQ", block, 0, name, number)
        part = view[:size - start]
        s.sendall(part)
        digest = zlib.crc32(part, digest)
    s.shutdown(socket.SHUT_WR)
    return digest


def receive(s):
    """Receives until the end; returns the length and the digest."""
    room = memoryview(bytearray(BLOCK))
    size = digest = 0
    while n := s.recv_into(room):
        digest = zlib.crc32(room[:n], digest)
        size += n
    return size, digest


def connection(host, to, address):
    """A connection from a host to that address of another: both ends."""
    family = family_of(address)
    with to.listen("::" if family == socket.AF_INET6 else "0.0.0.0", family=family) as listener:
        near = host.connect(address, listener.getsockname()[1])
        far, _ = listener.accept()
    far.settimeout(near.gettimeout())
    return near, far


def carry(source, sink, size, name=0):
    """Sends `size` bytes from one end of a connection to the other and checks all. Returns the seconds it took."""
    with source, sink:
        start = time.monotonic()
        sending = in_background(send, source, size, name)
        came, digest = receive(sink)
        seconds = time.monotonic() - start
        assert (came, digest) == (size, sending.result()), f"{came} of {size} bytes, or not the same"
    return seconds


def upload(host, to, address, size, name=0):
    """Over a connection that the host opens; download does the same."""
    near, far = connection(host, to, address)
    return carry(near, far, size, name)


def download(host, to, address, size, name=0):
    near, far = connection(host, to, address)
    return carry(far, near, size, name)


# ---- UDP


def datagram(number, size):
    """No two of 256 in a row are equal, even short ones."""
    start = number * 7 % BLOCK
    return struct.pack("<Q", number)[:size] + RANDOM[start:start + max(size - 8, 0)]


def random_sizes(count, most):
    return [random.randint(1, most) for _ in range(count)]


def udp_socket(host, family):
    """Its buffer has room for all datagrams on their way, however slow this machine is. Routers may make fragments."""
    s = host.socket(family, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 * MB)
    if family == socket.AF_INET:
        s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
    return s


@contextmanager
def echo(host, family):
    """Sends back every datagram; returns the port."""
    s = udp_socket(host, family)
    s.bind(("", 0))
    s.settimeout(0.1)
    is_over = threading.Event()

    def work():
        while not is_over.is_set():
            try:
                s.sendto(*s.recvfrom(65536))
            except TimeoutError:
                pass

    thread = in_background(work)
    try:
        yield s.getsockname()[1]
    finally:
        is_over.set()
        thread.result()
        s.close()


def socket_address(host, address, port):
    """With the number that the host has for the device in fe80::1%device."""
    with host.network():
        return socket.getaddrinfo(address, port)[0][4]


LOST_MAX = 5  # that are sent again


class Exchange:
    """Datagrams that were sent to an echo server and must come back unchanged."""

    def __init__(self, s):
        self.socket, self.waiting, self.lost = s, set(), set()
        s.settimeout(10)

    def send(self, data):
        while self.waiting and (len(self.waiting) == UDP_COUNT or
                                sum(map(len, self.waiting)) + len(data) > UDP_BYTES):
            self.receive()
        self.waiting.add(data)
        self.socket.send(data)

    def receive(self):
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            self.lost |= self.waiting
            self.waiting.clear()
            return
        assert data in self.waiting or data in self.lost, f"{len(data)} bytes that were not sent: {data[:40]}"
        self.waiting.discard(data)
        self.lost.discard(data)


def exchange(host, to, address, sizes):
    """
    A datagram of each size to an echo at that address of another host, and back; what comes must be what was sent, to
    the byte. Several are on their way at a time. One that a loaded machine loses is sent again, alone. Returns how many
    never came back.
    """
    family = family_of(address)
    with echo(to, family) as port, udp_socket(host, family) as s:
        s.connect(socket_address(host, address, port))
        datagrams = Exchange(s)
        for number, size in enumerate(sizes):
            datagrams.send(datagram(number, size))
        while datagrams.waiting:
            datagrams.receive()
        for data in list(datagrams.lost)[:LOST_MAX] * 2:
            if data in datagrams.lost:
                datagrams.send(data)
                datagrams.receive()
    return len(datagrams.lost)


@contextmanager
def flood(host, address, rate):
    """UDP of `rate` bytes a second to a port without a listener."""
    is_over = threading.Event()

    def work():
        part = RANDOM[:40 * 1372]
        with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 1372)
            start, sent = time.monotonic(), 0
            while not is_over.is_set():
                sent += s.sendto(part, (address, 9))
                time.sleep(max(0, start + sent / rate - time.monotonic()))

    thread = in_background(work)
    try:
        yield
    finally:
        is_over.set()
        thread.result()


# ---- ICMP


def round_trips(host, address, count, interval=0.02):
    """
    Round-trip times of the first `count` pings, those that were answered, in milliseconds, sorted.

    With a deadline (-w) it waits for `count` replies, and sends more pings for those that are missing. Without, it
    waits twice the longest round trip so far after the last ping: too short if the line stops just then.
    """
    done = host.run("ping", "-n", "-c", count, "-i", interval, "-w", 60, address, check=False)
    replies = re.findall(r"icmp_seq=(\d+) .*time=([\d.]+) ms", done.stdout)
    return sorted(float(ms) for number, ms in replies if int(number) <= count)


def median(values):
    return values[len(values) // 2]


# ---- packets made by hand


def checksum(data):
    """The Internet checksum, RFC 1071."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ipv4_packet(source, destination, ident, protocol, segment, checksum_at, error):
    """A segment whose checksum is wrong by `error`. The sending kernel fills in the IP header's own."""
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    right = checksum(addresses + struct.pack("!HH", protocol, len(segment)) + segment)
    segment = segment[:checksum_at] + struct.pack("!H", right ^ error) + segment[checksum_at + 2:]
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), ident, 0x4000, 64, protocol, 0) + addresses + segment


def tcp_packet(source, destination, number, error=0):
    """Of a row of segments that fit together, 1000 bytes each; 40 are headers."""
    segment = struct.pack("!HHLLBBHHH", 5001, 5002, 1000 * number, 1, 0x50, 0x10, 1000, 0, 0) + datagram(number, 1000)
    return ipv4_packet(source, destination, 100 + number, socket.IPPROTO_TCP, segment, 16, error)


def udp_packet(source, destination, number, error=0):
    """The same for UDP; 28 are headers."""
    segment = struct.pack("!HHHH", 5001, 5002, 1008, 0) + datagram(number, 1000)
    return ipv4_packet(source, destination, 100 + number, socket.IPPROTO_UDP, segment, 6, error)


def after_hops(packet):
    """The part of an IPv4 packet that routers do not change: all but TTL and header checksum."""
    return packet[:8] + packet[9:10] + packet[12:]
