# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients and servers that behave as those of others do, in ways that no program of Debian's shows: scripts over TLS."""
import contextlib
import hashlib
import hmac
import socket
import ssl
import struct
import time

import pytest

from lab import GATEWAY, NAME, PATIENCE, SERVER
from packets import icmp4, ipv4
from scripted import (ACK, ECHO, ECHOED, IPCP, IPV4, IPV6CP, LCP, NAK, OWN4, OWN_IID, PAP, PROTOCOL_REJECT, REJECT, REQUEST,
                      ScriptedServer)
from test_hostile import ANSWER, CALL_CONNECT_ACK, CALL_CONNECT_REQUEST, REQUEST as HTTP_REQUEST, data

CCP, CBCP, BCP, MPLS = 0x80fd, 0xc029, 0x8031, 0x8281
SEED = b"SSTP inner method derived CMK"


def control(protocol, code, identifier, body=b""):
    return data(b"\xff\x03" + struct.pack("!HBBH", protocol, code, identifier, 4 + len(body)) + body)


def call_connected(certificate, nonce):
    """With SHA-256, after a login by PAP, which has no key."""
    begin = bytes.fromhex("10010070 0004 0001 0003 0068 000000 02") + nonce + hashlib.sha256(certificate).digest()
    key = hmac.digest(bytes(32), SEED + b"\x20\x00\x01", "sha256")
    return begin + hmac.digest(key, begin + bytes(32), "sha256")


def options_of(body):
    """[(type, value)]"""
    found = []
    while body:
        found.append((body[0], body[2:body[1]]))
        body = body[body[1]:]
    return found


class Client:
    """A client of a server with --auth pap. What is odd about it is in its class variables."""
    head = HTTP_REQUEST
    lcp_options = bytes.fromhex("0104 05dc 0506 12345678")
    ipcp_options = bytes.fromhex("0306 00000000")
    before_lcp = ()
    before_login = ()     # packets, when LCP is open
    after_login = ()      # before Call-Connected
    after_connected = ()
    piece = None          # so many bytes go into a TLS record

    def __init__(self, lab):
        self.lab = lab
        context = ssl.create_default_context(cafile=lab.pki.ca)
        self.tune(context)
        s = lab.other.connect(SERVER, 443)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.s = context.wrap_socket(s, server_hostname=NAME)
        self.s.settimeout(20)
        self.held = b""
        self.seen = []
        self.address = None
        self.replies = []
        self.lcp_open = [False, False]
        self.ipcp_open = [False, False]
        self.authenticated = False

    def tune(self, context):
        pass

    def say(self, stuff):
        if not stuff:
            return
        for start in range(0, len(stuff), self.piece or len(stuff)):
            self.s.sendall(stuff[start:start + (self.piece or len(stuff))])

    def read_answer(self):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = self.s.recv(4096)
            assert piece, head
            head += piece
        head, self.held = head.split(b"\r\n\r\n", 1)
        return head

    def packet(self):
        def length():
            return struct.unpack("!H", self.held[2:4])[0] & 0xfff

        while len(self.held) < 4 or len(self.held) < length():
            piece = self.s.recv(65536)
            if not piece:
                return None
            self.held += piece
        packet, self.held = self.held[:length()], self.held[length():]
        self.seen.append(packet)
        return packet

    def until(self, is_so):
        end = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < end
            packet = self.packet()
            assert packet is not None, f"the server hung up: {[p.hex() for p in self.seen]}"
            self.take(packet)

    def take(self, packet):
        if packet[1] & 1:
            self.take_sstp(struct.unpack("!H", packet[4:6])[0], packet)
        else:
            assert packet[4:6] == b"\xff\x03"
            protocol, body = struct.unpack("!H", packet[6:8])[0], packet[8:]
            if protocol == IPV4:
                self.replies.append(body)
                return
            code, identifier, size = struct.unpack("!BBH", body[:4])
            self.take_ppp(protocol, code, identifier, body[4:size])

    def take_sstp(self, kind, packet):
        assert kind in (2, 8, 9), packet.hex()
        if kind == 8:
            self.say(bytes.fromhex("10010008 0009 0000"))

    def take_ppp(self, protocol, code, identifier, body):
        if protocol == LCP and code == REQUEST:
            self.take_lcp_request(identifier, body)
        elif protocol == LCP and code == ACK:
            self.lcp_open[0] = True
        elif protocol == LCP and code in (NAK, REJECT):
            kept = [(t, v) for t, v in options_of(self.lcp_options) if t not in dict(options_of(body))]
            if code == NAK:
                kept += options_of(body)
            self.lcp_options = b"".join(bytes((t, 2 + len(v))) + v for t, v in kept)
            self.say(control(LCP, REQUEST, identifier + 1, self.lcp_options))
        elif protocol == LCP and code == ECHO:
            self.say(control(LCP, ECHOED, identifier, bytes(4) + body[4:]))
        elif protocol == PAP:
            assert code == ACK
            self.authenticated = True
        elif protocol == IPCP and code == REQUEST:
            self.say(control(IPCP, ACK, identifier, body))
            self.ipcp_open[1] = True
        elif protocol == IPCP and code in (NAK, REJECT):
            given = dict(options_of(body))
            kept = [(t, given.get(t, v) if code == NAK else v) for t, v in options_of(self.ipcp_options)
                    if code == NAK or t not in given]
            self.ipcp_options = b"".join(bytes((t, 2 + len(v))) + v for t, v in kept)
            self.say(control(IPCP, REQUEST, identifier + 1, self.ipcp_options))
        elif protocol == IPCP and code == ACK:
            self.ipcp_open[0] = True
            self.address = socket.inet_ntoa(dict(options_of(body))[3])
        else:
            self.take_other(protocol, code, identifier, body)

    def take_lcp_request(self, identifier, body):
        self.say(control(LCP, ACK, identifier, body))
        self.lcp_open[1] = True

    def take_other(self, protocol, code, identifier, body):
        pass

    def login(self):
        user, password = b"ann", b"wonder land"
        self.say(control(PAP, REQUEST, 1, bytes([len(user)]) + user + bytes([len(password)]) + password))

    def connect(self):
        self.say(self.head)
        assert self.read_answer().startswith(b"HTTP/1.1 200 ")
        self.say(CALL_CONNECT_REQUEST)
        self.until(lambda: any(p[1] & 1 and p[4:6] == b"\x00\x02" for p in self.seen))
        self.nonce = self.seen[-1][16:48]
        for stuff in self.before_lcp:
            self.say(stuff)
        self.say(control(LCP, REQUEST, 0, self.lcp_options))
        self.until(lambda: all(self.lcp_open))
        for stuff in self.before_login:
            self.say(stuff)
        self.login()
        self.until(lambda: self.authenticated)
        for stuff in self.after_login:
            self.say(stuff)
        self.say(call_connected(self.s.getpeercert(True), self.nonce))
        for stuff in self.after_connected:
            self.say(stuff)
        self.say(control(IPCP, REQUEST, 1, self.ipcp_options))
        self.until(lambda: all(self.ipcp_open))
        self.ping()
        return self

    def ping(self, size=56):
        count = len(self.replies)
        echo = ipv4(self.address, GATEWAY, icmp4(8, 0, struct.pack("!HH", 7, count) + bytes(size)))
        self.say(data(b"\xff\x03\x00\x21" + echo))
        self.until(lambda: len(self.replies) > count)
        assert self.replies[-1][20:21] == b"\x00"

    def close(self):
        self.s.close()


def header(text):
    return {"head": text.replace("\n", "\r\n").encode()}


PATH = "/sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/"
ID = "SSTPCORRELATIONID: {4D5E0E3B-C1D5-4C17-8E33-C73F7518135A}\n"
LENGTH = "Content-Length: 18446744073709551615\n"
UNKNOWN = bytes.fromhex("13 17 01") + bytes(20)
WINDOWS = bytes.fromhex("0104 0ffb 0506 1a2b3c4d 0702 0802 0d03 06")


def tls12(context):
    context.maximum_version = ssl.TLSVersion.TLSv1_2


def no_ems(context):
    tls12(context)
    context.options |= 1  # SSL_OP_NO_EXTENDED_MASTER_SECRET


MPPE, MPPC = bytes.fromhex("1206 01000060"), bytes.fromhex("1206 01000061")
HABITS = {
    "plain": {},
    "headers in another order and case": header(f"SSTP_DUPLEX_POST {PATH} HTTP/1.1\nhOST: vpn.example.net\ncontent-LENGTH: 18446744073709551615\nSstpCorrelationId:{{4d5e0e3b-c1d5-4c17-8e33-c73f7518135a}}\n\n"),
    "spaces around values": header(f"SSTP_DUPLEX_POST {PATH} HTTP/1.1\nHost:   vpn.example.net  \nContent-Length:\t18446744073709551615 \t\n\n"),
    "no content length": header(f"SSTP_DUPLEX_POST {PATH} HTTP/1.1\nHost: vpn.example.net\n\n"),
    "no host": header(f"SSTP_DUPLEX_POST {PATH} HTTP/1.1\n{LENGTH}\n"),
    "many headers": header(f"SSTP_DUPLEX_POST {PATH} HTTP/1.1\nHost: vpn.example.net\nUser-Agent: x\nAccept: */*\nCookie: {'a=b; ' * 200}\nProxy-Connection: Keep-Alive\n{ID}{LENGTH}\n"),
    "100-continue": header(f"SSTP_DUPLEX_POST {PATH} HTTP/1.1\nHost: vpn.example.net\nExpect: 100-continue\n{LENGTH}\n"),
    "connection close": header(f"SSTP_DUPLEX_POST {PATH} HTTP/1.1\nHost: vpn.example.net\nConnection: close\n{LENGTH}\n"),
    "chunked": header(f"SSTP_DUPLEX_POST {PATH} HTTP/1.1\nHost: vpn.example.net\nTransfer-Encoding: chunked\n\n"),
    "absolute URI": header(f"SSTP_DUPLEX_POST https://vpn.example.net{PATH} HTTP/1.1\nHost: vpn.example.net\n{LENGTH}\n"),
    "lower-case path": header(f"SSTP_DUPLEX_POST {PATH.lower()} HTTP/1.1\nHost: vpn.example.net\n{LENGTH}\n"),
    "port in host": header(f"SSTP_DUPLEX_POST {PATH} HTTP/1.1\nHost: vpn.example.net:443\n{LENGTH}\n"),
    "a record for each byte": {"piece": 1},
    "records of three bytes": {"piece": 3},
    "records of 1000 bytes": {"piece": 1000},
    "Windows": {"lcp_options": WINDOWS, "before_login": [
        control(LCP, 12, 2, bytes.fromhex("1a2b3c4d") + b"MSRASV5.20"), control(LCP, 12, 3, bytes.fromhex("1a2b3c4d") + b"MSRAS-0-HOST")],
        "after_connected": [control(CCP, REQUEST, 4, MPPC), control(IPV6CP, REQUEST, 5, bytes.fromhex("010a 0102030405060708"))],
        "ipcp_options": bytes.fromhex("0306 00000000 8106 00000000 8206 00000000 8306 00000000 8406 00000000")},
    "unknown options": {"lcp_options": bytes.fromhex("0104 05dc 0506 12345678 fe06 01020304 1304 0000 1104 064e 0206 00000000 0b04 0001") + UNKNOWN},
    "no options": {"lcp_options": b""},
    "MRU 576": {"lcp_options": bytes.fromhex("0104 0240")},
    "MRU 1000": {"lcp_options": bytes.fromhex("0104 03e8")},
    "MRU 128": {"lcp_options": bytes.fromhex("0104 0080")},
    "MRU 4091": {"lcp_options": bytes.fromhex("0104 0ffb")},
    "MRU 65535": {"lcp_options": bytes.fromhex("0104 ffff")},
    "magic 0": {"lcp_options": bytes.fromhex("0506 00000000")},
    "CCP before login": {"before_login": [control(CCP, REQUEST, 1, MPPE)]},
    "CCP after login": {"after_login": [control(CCP, REQUEST, 1, MPPE)]},
    "CCP terminated": {"after_connected": [control(CCP, 5, 1)]},
    "IPV6CP rejected": {"after_login": [control(LCP, PROTOCOL_REJECT, 9, struct.pack("!H", IPV6CP) + bytes.fromhex("0101000e 010a 0000000000000001"))]},
    "IPX, AppleTalk, BCP": {"after_login": [control(p, REQUEST, 1, b"\x01\x06" + bytes(4)) for p in (0x802b, 0x8029, BCP, MPLS)]},
    "echo before login": {"before_login": [control(LCP, ECHO, 1, bytes(4)), control(LCP, ECHO, 2, bytes(4) + b"hello")]},
    "echo before LCP": {"before_lcp": [control(LCP, ECHO, 1, bytes(4))]},
    "SSTP echo before LCP": {"before_lcp": [bytes.fromhex("10010008 0008 0000")]},
    "SSTP echo before Call-Connected": {"after_login": [bytes.fromhex("10010008 0008 0000")]},
    "discard": {"after_connected": [control(LCP, 11, 1, bytes(4))]},
    "time remaining": {"after_connected": [control(LCP, 13, 1, bytes(8))]},
    "vendor": {"before_login": [control(LCP, 0, 1, bytes(8))]},
    "unknown code": {"before_login": [control(LCP, 77, 1, bytes(8))]},
    "IPCP with VJ": {"ipcp_options": bytes.fromhex("0206 002d 0f01 0306 00000000 8106 00000000 8306 00000000")},
    "IPCP addresses": {"ipcp_options": bytes.fromhex("010a 00000000 00000000 0306 00000000")},
    "IPCP early": {"after_login": [control(IPCP, REQUEST, 1, bytes.fromhex("0306 00000000"))]},
    "TLS 1.2": {"tune": lambda self, c: tls12(c)},
    "TLS 1.2 without extended master secret": {"tune": lambda self, c: no_ems(c)},
    "PAP again": {"after_login": [control(PAP, REQUEST, 1, b"\x03ann\x0bwonder land")]},
    "reserved length bits": {"after_connected": [b"\x10\x01\xf0\x08\x00\x08\x00\x00"]},
    "empty data packet": {"after_connected": [b"\x10\x00\x00\x04", data(b"\xff"), data(b"\xff\x03"), data(b"\xff\x03\x00")]},
    "compressed": {"after_connected": [data(b"\x21\x45"), data(b"\x00\x21\x45\x00")]},
}


@pytest.mark.parametrize("habit", HABITS)
def test_a_client_s_habit(lab, habit):
    server = lab.serve("--auth", "pap")
    client = type("Client", (Client,), HABITS[habit])(lab)
    try:
        client.connect()
        client.ping(500)
    finally:
        client.close()
    assert server.status is None


def test_a_small_mru_gets_fragments(lab, both):
    """The server's device has a larger MTU, so the kernel leaves whole what may be fragmented (an echo's reply may)."""
    lab.serve("--auth", "pap")
    client = type("Client", (Client,), {"lcp_options": bytes.fromhex("0104 0240")})(lab)
    try:
        client.connect()
        client.replies = []
        echo = icmp4(8, 0, struct.pack("!HH", 7, 1) + bytes(range(256)) * 5)
        client.say(data(b"\xff\x03\x00\x21" + ipv4(client.address, GATEWAY, echo)))
        client.until(lambda: client.replies and not client.replies[-1][6] & 0x20)
    finally:
        client.close()
    assert all(len(reply) <= 576 for reply in client.replies)
    assert [struct.unpack("!H", reply[6:8])[0] for reply in client.replies] == [0x2000, 0x2000 + 69, 138]
    assert b"".join(reply[20:] for reply in client.replies)[4:] == echo[4:]


# ---- servers


class Server(ScriptedServer):
    answers = (ANSWER,)   # with a wait between them
    gap = 0
    ack = CALL_CONNECT_ACK
    piece = None          # so many bytes in a TLS record
    request = bytes.fromhex("0304 c023")
    naks = ()             # LCP replies to the client's first requests: (code, options or None: all of its own)
    after_ack = ()
    after_lcp = ()
    after_login = ()
    own4 = b"\x03\x06" + socket.inet_aton(OWN4)
    pap_ack = b"\x00"
    tune = None

    def __init__(self, lab, **more):
        self.refused = list(self.naks)
        self.frames = []
        super().__init__(lab, **more)
        if self.tune:
            self.tune(self.context)

    def _say(self, stuff):
        with self.lock, contextlib.suppress(OSError):
            for start in range(0, len(stuff), self.piece or len(stuff)):
                self.tls.sendall(stuff[start:start + (self.piece or len(stuff))])

    def _call(self):
        self.tls.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = self.tls.recv(4096)
            if not piece:
                return
            head += piece
        for answer in self.answers:
            self._say(answer)
            time.sleep(self.gap)
        self.held = b""
        for packet in iter(self._packet, None):
            kind = packet[4:6]
            self.frames.append(packet)
            if not packet[1] & 1:
                self._take(packet[4:])
            elif kind == b"\x00\x01":
                self._say(self.ack)
                for stuff in self.after_ack:
                    self._say(stuff)
            elif kind == b"\x00\x06":
                return

    def _take_control(self, protocol, code, identifier, options, whole):
        if code == REQUEST and protocol == LCP:
            if self.refused:
                code, body = self.refused.pop(0)
                self._control(LCP, code, identifier, options if body is None else body)
                return
            self._control(LCP, ACK, identifier, options)
            self._control(LCP, REQUEST, 1, self.request)
        elif code == ACK and protocol == LCP:
            for stuff in self.after_lcp:
                self._say(stuff)
        elif code == REJECT and protocol == LCP:
            gone = dict(options_of(options))
            kept = [(t, v) for t, v in options_of(self.request) if t not in gone]
            self.request = b"".join(bytes((t, 2 + len(v))) + v for t, v in kept)
            self._control(LCP, REQUEST, identifier + 1, self.request)
        elif code == NAK and protocol == LCP:
            wanted = dict(options_of(options))
            self.request = b"".join(bytes((t, 2 + len(wanted.get(t, v)))) + wanted.get(t, v) for t, v in options_of(self.request))
            self._control(LCP, REQUEST, identifier + 1, self.request)
        elif code == REQUEST and protocol == PAP:
            self._frame(PAP, struct.pack("!BBH", 2, identifier, 4 + 1) + self.pap_ack)
            for stuff in self.after_login:
                self._say(stuff)
            if self.own4 is not None:
                self._control(IPCP, REQUEST, 1, self.own4)
            if self.has_ipv6:
                self._control(IPV6CP, REQUEST, 1, b"\x01\x0a" + OWN_IID)
        elif code == REJECT and protocol == IPCP:
            self.own4 = b""
            self._control(IPCP, REQUEST, 2, b"")
        else:
            super()._take_control(protocol, code, identifier, options, whole)


RRAS = bytes.fromhex("0104 05dc 0304 c227 0506 4b2e3a11 0702 0802 0d03 06 1104 064e 1317 01") + bytes(20) + bytes.fromhex("1704 0123")
ECHO_REQUEST = bytes.fromhex("10010008 0008 0000")


def lcp_echo(identifier=1):
    return control(LCP, ECHO, identifier, bytes(4) + b"SoftEther")


SERVER_HABITS = {
    "plain": {},
    "no reason": {"answers": [b"HTTP/1.1 200\r\nContent-Length: 18446744073709551615\r\n\r\n"]},
    "no headers": {"answers": [b"HTTP/1.1 200 OK\r\n\r\n"]},
    "case and spaces": {"answers": [b"HTTP/1.1 200 ok\r\nCONTENT-length:18446744073709551615\t\r\nserver:   x \r\n\r\n"]},
    "100 first": {"answers": [b"HTTP/1.1 100 Continue\r\n\r\n", ANSWER], "gap": 0.1},
    "100 with it": {"answers": [b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWER]},
    "connection close": {"answers": [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"]},
    "keep-alive": {"answers": [b"HTTP/1.1 200 OK\r\nDate: Thu, 09 Nov 2026 12:51:09 GMT\r\nContent-Length: 18446744073709551615\r\nConnection: keep-alive\r\n\r\n"]},
    "chunked": {"answers": [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]},
    "lines end with LF": {"answers": [b"HTTP/1.1 200 OK\nContent-Length: 18446744073709551615\n\n"]},
    "length 0": {"answers": [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]},
    "byte by byte": {"answers": [ANSWER[n:n + 1] for n in range(len(ANSWER))], "gap": 0.03},
    "records of 1 byte": {"piece": 1},
    "records of 5 bytes": {"piece": 5},
    "SHA-256 alone": {"ack": CALL_CONNECT_ACK[:15] + b"\x02" + bytes(32)},
    "more hashes": {"ack": CALL_CONNECT_ACK[:15] + b"\xff" + bytes(32)},
    "length bits": {"ack": b"\x10\x01\xf0\x30" + CALL_CONNECT_ACK[4:]},
    "a second attribute": {"ack": bytes.fromhex("10010034 0002 0002") + CALL_CONNECT_ACK[8:] + bytes.fromhex("0055 0004")},
    "echo after the ack": {"after_ack": [ECHO_REQUEST]},
    "echo with the ack": {"ack": CALL_CONNECT_ACK + ECHO_REQUEST},
    "LCP echo before": {"after_ack": [lcp_echo()]},
    "RRAS": {"request": RRAS, "after_login": [control(CCP, REQUEST, 2, MPPC)]},
    "everything rejected": {"naks": [(REJECT, None)]},
    "everything rejected again": {"naks": [(REJECT, None), (REJECT, None)]},
    "MRU nak 1452": {"naks": [(NAK, bytes.fromhex("0104 05ac"))]},
    "MRU nak 1500": {"naks": [(NAK, bytes.fromhex("0104 05dc"))]},
    "MRU nak 576": {"naks": [(NAK, bytes.fromhex("0104 0240"))]},
    "MRU nak 100": {"naks": [(NAK, bytes.fromhex("0104 0064"))]},
    "MRU nak 4000": {"naks": [(NAK, bytes.fromhex("0104 0fa0"))]},
    "nak with other options": {"naks": [(NAK, bytes.fromhex("0104 05dc 1104 064e"))]},
    "magic nak": {"naks": [(NAK, bytes.fromhex("0506 11223344"))]},
    "MRU 576": {"request": bytes.fromhex("0104 0240 0304 c023")},
    "MRU 1000": {"request": bytes.fromhex("0104 03e8 0304 c023")},
    "MRU 100": {"request": bytes.fromhex("0104 0064 0304 c023")},
    "MRU 1600": {"request": bytes.fromhex("0104 0640 0304 c023")},
    "MRU 65535": {"request": bytes.fromhex("0104 ffff 0304 c023")},
    "MRU 4091": {"request": bytes.fromhex("0104 0ffb 0304 c023")},
    "unknown option": {"request": bytes.fromhex("0304 c023 fe06 01020304")},
    "magic 0": {"request": bytes.fromhex("0304 c023 0506 00000000")},
    "CCP after login": {"after_login": [control(CCP, REQUEST, 1, MPPE)]},
    "CCP thrice": {"after_login": [control(CCP, REQUEST, n, MPPE) for n in (1, 2, 3)]},
    "CCP before login": {"after_lcp": [control(CCP, REQUEST, 1, MPPE)]},
    "CBCP": {"after_login": [control(CBCP, 1, 1, bytes.fromhex("0102"))]},
    "IPV6CP rejected": {"has_ipv6": False},
    "PAP with more bytes": {"pap_ack": b"\x00" + b"\x08Login ok"},
    "no address of its own": {"own4": b""},
    "address 0.0.0.0": {"own4": bytes.fromhex("0306 00000000")},
    "VJ": {"own4": bytes.fromhex("0206 002d 0f01 0306 0a090001")},
    "old addresses": {"own4": bytes.fromhex("010a 0a090001 0a090002")},
    "IPX": {"after_login": [control(0x802b, REQUEST, 1, b"\x01\x06" + bytes(4))]},
    "identification": {"after_lcp": [control(LCP, 12, 2, bytes(4) + b"MSRASV5.20")]},
    "code reject": {"after_lcp": [control(LCP, 7, 2, bytes.fromhex("4d010004"))]},
    "TLS 1.2": {"tune": lambda self, c: tls12(c)},
    "TLS 1.2 without extended master secret": {"tune": lambda self, c: no_ems(c)},
}


@pytest.mark.parametrize("habit", SERVER_HABITS)
def test_a_server_s_habit(lab, habit):
    habits = dict(SERVER_HABITS[habit])
    has_ipv6 = habits.pop("has_ipv6", True)
    server = type("Server", (Server,), habits)(lab, has_ipv6=has_ipv6)
    try:
        client = lab.connect("--auth", "pap", "--no-default-route", "--timeout", "15")
        lab.client.ping(OWN4, "-I", "sstp0")
        assert client.stop() == 0
    finally:
        server.close()
