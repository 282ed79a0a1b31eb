"""Traffic between hosts of a lab of which every byte is checked: TCP by digests, UDP by content; and ping(8)'s times.

It runs in threads of the test, on sockets that belong to the hosts. Nothing waits for ever: sockets have time-outs.
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


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def together(*jobs):
    """Each job is a function and its arguments, in a thread of its own; gives what they returned."""
    threads = [in_background(*job) for job in jobs]
    return [t.result() for t in threads]


# ---- TCP


def send(s, size, name=0):
    """`size` bytes that are nowhere alike: each block begins with its own number. Gives their digest."""
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
    """All that comes, to its end; gives how much that was and its digest."""
    room = memoryview(bytearray(BLOCK))
    size = digest = 0
    while n := s.recv_into(room):
        digest = zlib.crc32(room[:n], digest)
        size += n
    return size, digest


def connection(host, to, address):
    """From a host to that address of another: both ends."""
    family = family_of(address)
    with to.listen("::" if family == socket.AF_INET6 else "0.0.0.0", family=family) as listener:
        near = host.connect(address, listener.getsockname()[1])
        far, _ = listener.accept()
    far.settimeout(near.gettimeout())
    return near, far


def carry(source, sink, size, name=0):
    """`size` bytes from one end of a connection to the other, right to the last. Gives the seconds it took."""
    with source, sink:
        start = time.monotonic()
        sending = in_background(send, source, size, name)
        came, digest = receive(sink)
        seconds = time.monotonic() - start
        assert came == size and digest == sending.result(), f"{came} of {size} bytes, or not the same"
    return seconds


def upload(host, to, address, size, name=0):
    """Over a connection that the host makes; so does download."""
    near, far = connection(host, to, address)
    return carry(near, far, size, name)


def download(host, to, address, size, name=0):
    near, far = connection(host, to, address)
    return carry(far, near, size, name)


# ---- UDP

UDP_COUNT, UDP_BYTES = 64, 100 * 1000  # of one exchange on their way


def datagram(number, size):
    """No two of 256 in a row are alike, however short."""
    start = number * 7 % BLOCK
    return struct.pack("<Q", number)[:size] + RANDOM[start:start + max(size - 8, 0)]


def udp_socket(host, family):
    """With room for all that may be on its way to it, however slow this machine. Routers may make fragments."""
    s = host.socket(family, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 * MB)
    if family == socket.AF_INET:
        s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
    return s


@contextmanager
def echo(host, family=socket.AF_INET):
    """Sends back every datagram; gives the port."""
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


def exchange(host, to, address, sizes):
    """
    A datagram of each size to an echo at that address of another host, and back; what comes must be what was sent, to
    the byte. Some are on their way at a time. Gives how many did not come back.
    """
    waiting, lost = set(), set()

    def take():
        try:
            data = s.recv(65536)
        except TimeoutError:
            lost.update(waiting)
            waiting.clear()
            return
        assert data in waiting or data in lost, f"{len(data)} bytes that nobody sent: {data[:40]}"
        waiting.discard(data)
        lost.discard(data)

    with echo(to, family_of(address)) as port, udp_socket(host, family_of(address)) as s:
        s.connect(socket_address(host, address, port))
        s.settimeout(1)
        for number, size in enumerate(sizes):
            data = datagram(number, size)
            while len(waiting) == UDP_COUNT or waiting and sum(map(len, waiting)) + size > UDP_BYTES:
                take()
            waiting.add(data)
            s.send(data)
        while waiting:
            take()
    return len(lost)


def socket_address(host, address, port):
    """With the number that the host has for the device in fe80::1%device."""
    with host.network():
        return socket.getaddrinfo(address, port)[0][4]


def flood(host, address, rate, is_over):
    """So many bytes a second of UDP to a port where nobody listens, until it is over."""
    part = RANDOM[:40 * 1372]
    with host.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 1372)
        start, sent = time.monotonic(), 0
        while not is_over.is_set():
            sent += s.sendto(part, (address, 9))
            time.sleep(max(0, start + sent / rate - time.monotonic()))


# ---- ICMP


def round_trips(host, address, count, interval=0.02):
    """Of pings that were answered, in milliseconds, the shortest first."""
    done = host.run("ping", "-n", "-c", count, "-i", interval, "-W", "3", address, check=False)
    return sorted(float(ms) for ms in re.findall(r"time=([\d.]+) ms", done.stdout))


def median(values):
    return values[len(values) // 2]
