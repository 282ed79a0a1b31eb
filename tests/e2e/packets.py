# SPDX-License-Identifier: GPL-3.0-or-later
"""IP packets made by hand, as a hostile peer may send them."""
import socket
import struct

ALL_NODES, ALL_ROUTERS = "ff02::1", "ff02::2"
HOP_BY_HOP, ROUTING, FRAGMENT, AH, ICMP6, DESTINATION = 0, 43, 44, 51, 58, 60
PAD = bytes((1, 4, 0, 0, 0, 0))  # fills an extension header of 8 bytes
ETHERTYPE_IPV4, ETHERTYPE_IPV6 = 0x0800, 0x86dd


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def address(text):
    return socket.inet_pton(socket.AF_INET6, text)


def link_local(iid):
    return socket.inet_ntop(socket.AF_INET6, b"\xfe\x80" + bytes(6) + iid)


def ipv6(source, destination, payload, proto=ICMP6, hop_limit=255):
    return (struct.pack("!IHBB", 6 << 28, len(payload), proto, hop_limit) + address(source) + address(destination) +
            payload)


def icmp6(source, destination, kind, rest, code=0):
    """An ICMPv6 message, without the IPv6 header that its checksum covers."""
    message = struct.pack("!BBH", kind, code, 0) + rest
    pseudo = address(source) + address(destination) + struct.pack("!II", len(message), ICMP6)
    return message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]


def prefix_option(prefix="2001:db8:77:1::", length=64, flags=0x40, valid=86400, preferred=14400):
    return struct.pack("!BBBBIII", 3, 4, length, flags, valid, preferred, 0) + address(prefix)


def mtu_option(mtu):
    return struct.pack("!BBHI", 5, 1, 0, mtu)


def rdnss_option(*servers, lifetime=1800):
    return struct.pack("!BBHI", 25, 1 + 2 * len(servers), 0, lifetime) + b"".join(map(address, servers))


def route_option(prefix, length, lifetime=1800, flags=0, units=None):
    """RFC 4191: as long as the prefix needs, or `units` of eight bytes."""
    units = 1 + (length + 63) // 64 if units is None else units
    return struct.pack("!BBBBI", 24, units, length, flags, lifetime) + address(prefix).ljust(8 * units, b"\0")[:8 * (units - 1)]


def advertisement(source, destination=ALL_NODES, options=b"", lifetime=1800, flags=0):
    """A Router Advertisement's ICMPv6 message."""
    return icmp6(source, destination, 134, struct.pack("!BBHII", 64, flags, lifetime, 0, 0) + options)


def echo6(source, destination, kind=128, rest=bytes(4)):
    return ipv6(source, destination, icmp6(source, destination, kind, rest), hop_limit=64)


def ipv4(source, destination, payload, proto=1, options=b"", fragment=0):
    header = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), 1, fragment, 64,
                         proto, 0, socket.inet_aton(source), socket.inet_aton(destination)) + options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def icmp4(kind, code, rest):
    message = struct.pack("!BBH", kind, code, 0) + rest
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def hidden(message, source, destination):
    """An ICMPv6 message in all forms in which packets may carry it: {form: [packet, ...]}."""
    def packet(proto, *parts):
        return ipv6(source, destination, b"".join(parts), proto)

    def extension(following, body=PAD):
        return bytes((following, len(body) // 8)) + body

    def fragment(following, offset, more, number):
        return struct.pack("!BBHI", following, 0, offset | more, number)

    half = len(message) // 2 & ~7
    return {
        "plain": [packet(ICMP6, message)],
        "hop-by-hop": [packet(HOP_BY_HOP, extension(ICMP6), message)],
        "destination options": [packet(DESTINATION, extension(ICMP6), message)],
        "two of these": [packet(HOP_BY_HOP, extension(DESTINATION), extension(ICMP6), message)],
        "routing header at its end": [packet(ROUTING, bytes((ICMP6, 0, 4, 0, 0, 0, 0, 0)), message)],
        "whole fragment": [packet(FRAGMENT, fragment(ICMP6, 0, 0, 1), message)],
        "two fragments": [packet(FRAGMENT, fragment(ICMP6, 0, 1, 2), message[:half]),
                          packet(FRAGMENT, fragment(ICMP6, half, 0, 2), message[half:])],
        "two fragments, the second first": [packet(FRAGMENT, fragment(ICMP6, half, 0, 3), message[half:]),
                                            packet(FRAGMENT, fragment(ICMP6, 0, 1, 3), message[:half])],
        "cut after its options": [packet(FRAGMENT, fragment(DESTINATION, 0, 1, 4), extension(ICMP6)),
                                  packet(FRAGMENT, fragment(DESTINATION, 8, 0, 4), message)],
        "fragment in a fragment": [packet(FRAGMENT, fragment(FRAGMENT, 0, 1, 5), fragment(ICMP6, 0, 0, 6)),
                                   packet(FRAGMENT, fragment(FRAGMENT, 8, 0, 5), message)],
    }


def inject(host, device, *packets):
    """Sends packets out of a network device, without any check of them."""
    with host.socket(socket.AF_PACKET, socket.SOCK_DGRAM) as s:
        for packet in packets:
            s.sendto(packet, (device, ETHERTYPE_IPV6 if packet[0] >> 4 == 6 else ETHERTYPE_IPV4))
