# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the VPN has no IPv6, the host's own IPv6 does not go past a tunnel that takes all traffic."""
import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from lab import SERVER6, Sniffer, eventually

FAR6 = (SERVER6, "2001:4860:4860::8888", "2a01::1", "fd12::1")  # in both halves of all addresses


@contextmanager
def restless(host):
    """Sends to them all the time: datagrams, and connections."""
    is_over = threading.Event()

    def work():
        with host.network():
            while not is_over.is_set():
                for address in FAR6:
                    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                        with socket.socket(socket.AF_INET6, kind) as s, suppress(OSError):
                            s.setblocking(False)
                            s.connect((address, 443))
                            s.send(b"leak")
                time.sleep(0.002)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def strays(sniffer):
    """The packets to those addresses."""
    wanted = {socket.inet_pton(socket.AF_INET6, a) for a in FAR6}
    return [p for p in sniffer.look() if p[0] >> 4 == 6 and p[24:40] in wanted]


@contextmanager
def watched(host):
    sniffer = Sniffer(host, "cable")
    try:
        yield sniffer
    finally:
        sniffer.close()


def time_passes(lab):
    """Long enough for many attempts: pings through the tunnel, or to the next router."""
    lab.client.ping("10.1.0.254", count=30)


@pytest.mark.parametrize("client_options", [(), ("--no-ipv6",), ("--policy-rules",)])
@pytest.mark.parametrize("server_options", [(), ("--no-ipv6",)])
def test_nothing_goes_past_the_tunnel(lab, server_options, client_options):
    """While it is up, while it is down, and while it comes back."""
    server = lab.serve(*server_options)
    with restless(lab.client):
        with watched(lab.client) as sniffer:
            eventually("without the tunnel it goes out", lambda: strays(sniffer))
        client = lab.connect(*client_options)
        with watched(lab.client) as sniffer:
            time_passes(lab)
            server.kill()
            client.wait_for("next try in")
            time_passes(lab)
            lab.serve(*server_options)
            client.wait_for("^connected in ", count=2)
            time_passes(lab)
            assert not strays(sniffer)
            assert sniffer.look()
        assert client.stop() == 0
        with watched(lab.client) as sniffer:
            eventually("after it, it goes out again", lambda: strays(sniffer))


def test_the_option_permits_it(lab):
    lab.serve("--no-ipv6")
    client = lab.connect("--allow-ipv6-outside")
    with restless(lab.client), watched(lab.client) as sniffer:
        eventually("it goes out", lambda: strays(sniffer))
    assert client.stop() == 0


def test_a_server_that_loses_its_ipv6(lab):
    """The tunnel had IPv6 and comes back without: nothing goes past it in between."""
    server = lab.serve("--ipv6-network", "2001:db8:77::/56")
    client = lab.connect()
    client.wait_for("^IPv6 address ")
    with restless(lab.client), watched(lab.client) as sniffer:
        eventually("its addresses are there", lambda: [a for a in lab.client.addresses() if a.startswith("2001:")])
        time_passes(lab)
        server.kill()
        client.wait_for("next try in")
        time_passes(lab)
        lab.serve("--no-ipv6")
        client.wait_for("^connected in ", count=2)
        eventually("its addresses are gone", lambda: not [a for a in lab.client.addresses() if a.startswith("2001:")])
        time_passes(lab)
        assert not strays(sniffer)
    assert client.stop() == 0
