"""IPv6 in the tunnel, and what neither end lets the other do to its host by it."""
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab import GATEWAY, Sniffer, eventually
from packets import (ALL_NODES, advertisement, echo6, hidden, icmp4, icmp6, inject, ipv4, ipv6, link_local, prefix_option,
                     rdnss_option)
from test_netns import named

DISTRUST = {"ipv6": ("accept_ra", "autoconf", "accept_redirects", "accept_source_route"),
            "ipv4": ("accept_redirects", "send_redirects", "accept_source_route")}


def link_local_of(host, device="sstp0"):
    return eventually(f"{host.name} has a link-local address",
                      lambda: [a for a in host.addresses(device) if a.startswith("fe80:")])[0]


def routes6(host):
    return host.run("ip", "-6", "route", "show").stdout


def settings(read):
    return {f"{family}.{name}": read(f"/proc/sys/net/{family}/conf/sstp0/{name}").strip()
            for family, names in DISTRUST.items() for name in names}


@contextmanager
def sniffed(host, device="sstp0"):
    sniffer = Sniffer(host, device)
    try:
        yield sniffer
    finally:
        sniffer.close()


def configuring(source, destination):
    """Packets by which a host would let itself be configured, in each guise: {what: [packet, ...]}."""
    victim = "2001:db8:1::66"
    messages = {
        "RA": advertisement(source, destination, prefix_option() + rdnss_option("2001:db8:66::53")),
        "redirect": icmp6(source, destination, 137, bytes(4) + bytes(16) + bytes(16) + bytes(8)),
        "NA": icmp6(source, destination, 136, bytes((0x60, 0, 0, 0)) + bytes.fromhex("20010db8000100000000000000000066")),
        "NS": icmp6(source, destination, 135, bytes(4) + bytes.fromhex("20010db8000100000000000000000066")),
        "RS": icmp6(source, destination, 133, bytes(4)),
    }
    made = {f"{what}, {how}": packets for what, message in messages.items()
            for how, packets in hidden(message, source, destination).items()}
    made["routing header 0"] = [ipv6(source, destination, bytes((58, 2, 0, 1)) + bytes(4) + bytes(16) +
                                     icmp6(source, victim, 128, bytes(4)), proto=43)]
    made["MLD report"] = [ipv6(source, destination, bytes((58, 0, 5, 2, 0, 0, 1, 0)) +
                               icmp6(source, destination, 131, bytes(20)), proto=0, hop_limit=1)]
    return made


def configuring4(source, destination):
    inner = ipv4(destination, "172.16.5.2", bytes(8))
    via = bytes((10, 9, 0, 66))
    return {
        "redirect": [ipv4(source, destination, icmp4(5, 1, via + inner))],
        "redirect in a fragment": [ipv4(source, destination, icmp4(5, 1, via + inner), fragment=0x2000)],
        "router advertisement": [ipv4(source, destination, icmp4(9, 0, bytes((1, 2, 0x70, 8)) + via + bytes(4)))],
        "source route": [ipv4(source, destination, icmp4(8, 0, bytes(4)), options=bytes((131, 7, 4, 172, 16, 5, 2, 0)))],
    }


def assert_nothing_arrives(sniffer, made, prove):
    """None of these came out of the tunnel whole, all of which were sent before `prove` got an answer."""
    prove()
    came = sniffer.look()
    assert [what for what, packets in made.items() if all(p in came for p in packets)] == []


def test_a_client_can_not_configure_the_servers_host(lab, both):
    server = lab.serve()
    assert set(settings(lambda path: lab.server.run("cat", path).stdout).values()) == {"0"}
    # as if /proc/sys had been read-only
    lab.server.sysctl("net.ipv6.conf.sstp0.accept_ra", 1)
    lab.server.sysctl("net.ipv6.conf.sstp0.accept_redirects", 1)
    client = lab.connect("--no-default-route")
    own, far = link_local_of(lab.client), link_local_of(lab.server)
    before = routes6(lab.server)
    with sniffed(lab.server) as sniffer:
        made = {f"{what} to {to}": packets for to in (far, ALL_NODES) for what, packets in configuring(own, to).items()}
        made.update(configuring4(lab.client.addresses()[0], GATEWAY))
        for packets in made.values():
            inject(lab.client, "sstp0", *packets)
        assert_nothing_arrives(sniffer, made, lambda: lab.client.ping(GATEWAY))
        assert routes6(lab.server) == before
        ping = echo6(own, far)
        inject(lab.client, "sstp0", ping)
        eventually("an echo request passes", lambda: ping in sniffer.look())
        lab.client.ping(f"{far}%sstp0")
    assert client.stop() == 0
    assert routes6(lab.server) == before
    assert server.status is None


def test_the_servers_device_in_another_namespace_takes_no_advice(lab):
    with named(lab.server, "blue") as run_there:
        server = lab.serve("--netns", "blue")
        assert set(settings(lambda path: run_there("cat", path).stdout).values()) == {"0"}
        assert server.stop() == 0


def test_a_server_can_not_configure_the_clients_host(lab, both):
    lab.serve()
    client = lab.connect("--no-default-route")
    own, far = link_local_of(lab.client), link_local_of(lab.server)
    assert set(settings(lambda path: lab.client.run("cat", path).stdout).values()) == {"0"}
    lab.client.sysctl("net.ipv6.conf.sstp0.accept_ra", 2)
    lab.client.sysctl("net.ipv6.conf.sstp0.accept_redirects", 1)
    before = routes6(lab.client)
    with sniffed(lab.client) as sniffer:
        made = configuring(far, own)
        made.update(configuring4(GATEWAY, lab.client.addresses()[0]))
        for packets in made.values():
            inject(lab.server, "sstp0", *packets)
        assert_nothing_arrives(sniffer, made, lambda: lab.server.ping(lab.client.addresses()[0]))
    assert routes6(lab.client) == before
    lab.client.ping(f"{far}%sstp0")
    assert client.stop() == 0
