# SPDX-License-Identifier: GPL-3.0-or-later
"""An SSTP server that gives IPv6 as accel-ppp and others do: a script over TLS, and a router after it.

It takes one call after the other, accepts any user by PAP, answers router solicitations with `options`, and echo
requests to any address.
"""
import contextlib
import fcntl
import os
import select
import socket
import ssl
import struct
import threading
import time

from lab import PATIENCE, SERVER, eventually
from packets import ALL_NODES, ICMP6, advertisement, icmp4, icmp6, ipv4, ipv6, link_local
from test_hostile import ANSWER, CALL_CONNECT_ACK, data

LCP, PAP, IPCP, IPV6CP, IPV4, IPV6 = 0xc021, 0xc023, 0x8021, 0x8057, 0x0021, 0x0057
REQUEST, ACK, NAK, REJECT, TERMINATE, TERMINATED, ECHO, ECHOED, PROTOCOL_REJECT = 1, 2, 3, 4, 5, 6, 9, 10, 8
METHOD = "method"  # EAP is asked for, and the call ended when that is Nak'd
ABORT, CLOSE = "abort", "close"
CALL_ABORT = bytes.fromhex("10010014 0005 0001 0002 000c 000000 00 00000004")
OWN4, CLIENT4 = "10.9.0.1", "10.9.0.2"
OWN_IID = bytes.fromhex("0000000000000001")


class Router:
    """A TUN device on a host that connects a real router with the client of a scripted server."""

    def __init__(self, host, server, device="ra0"):
        self.server = server
        with host.network():
            self.tun = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(self.tun, 0x400454ca, struct.pack("16sH22x", device.encode(), 0x1001))  # IFF_TUN, IFF_NO_PI
        host.run("ip", "link", "set", device, "addrgenmode", "none")
        host.configure(f"link set {device} up\naddr add {server.own}/64 dev {device} nodad\n")
        server.router = self
        self.wake, self.woken = os.pipe()
        self.thread = threading.Thread(target=self._relay, daemon=True)
        self.thread.start()

    def receive(self, packet):
        os.write(self.tun, packet)

    def _relay(self):
        while self.wake not in select.select([self.tun, self.wake], [], [])[0]:
            packet = os.read(self.tun, 65536)
            if self.server.client and packet[0] >> 4 == 6 and packet[6] in (ICMP6, socket.IPPROTO_UDP):
                self.server.send(packet)

    def close(self):
        os.close(self.woken)
        self.thread.join(PATIENCE)
        os.close(self.wake)
        os.close(self.tun)


class ScriptedServer:
    def __init__(self, lab, options=b"", *, has_ipv4=True, has_ipv6=True, lifetime=1800, host=None):
        self.options, self.lifetime = options, lifetime
        self.has_ipv4, self.has_ipv6 = has_ipv4, has_ipv6
        self.packets, self.solicitations, self.iids = [], 0, []
        self.own, self.client = link_local(OWN_IID), None
        self.tls = self.router = None
        self.last_words = [TERMINATE]  # when a login, or a method, comes to nothing; ABORT, CLOSE
        self.silent = None  # this protocol gets no reply
        self.logins, self.login = 0, ACK  # the reply to name and password; TERMINATE: LCP's
        self.lock = threading.Lock()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(lab.pki.server.cert, lab.pki.server.key)
        self.listener = (host or lab.server).listen(SERVER, 443)
        self.listener.settimeout(None)
        self.is_over = self.is_agreed = False
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def close(self):
        self.is_over = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.hang_up()
        self.listener.close()
        self.thread.join(PATIENCE)

    def hang_up(self):
        """Like a server that is killed."""
        tls = self.tls
        if tls:
            with contextlib.suppress(OSError):
                tls.shutdown(socket.SHUT_RDWR)

    def say_goodbye(self):
        """Like a server that is stopped: LCP's Terminate-Request."""
        self._control(LCP, TERMINATE, 8)

    def say(self, *words):
        for word in words:
            if word == TERMINATE:
                self.say_goodbye()
            elif word == ABORT:
                self._say(CALL_ABORT)
            else:
                self.hang_up()

    def send(self, *packets):
        for packet in packets:
            self._frame(IPV6 if packet[0] >> 4 == 6 else IPV4, packet)

    def advertise(self, options=None, destination=ALL_NODES, **more):
        """Sends an advertisement, unsolicited or as a response."""
        more.setdefault("lifetime", self.lifetime)
        self.send(ipv6(self.own, destination, advertisement(
            self.own, destination, self.options if options is None else options, **more)))

    def wait_for_packet(self, what, is_it):
        return eventually(what, lambda: [p for p in self.packets if is_it(p)])[0]

    # ---- the call

    def _serve(self):
        while not self.is_over:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError, ssl.SSLError):
                with self.context.wrap_socket(connection, server_side=True) as self.tls:
                    self._call()

    def _call(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = self.tls.recv(4096)
            if not piece:
                return
            head += piece
        self.tls.sendall(ANSWER)
        self.held = b""
        for packet in iter(self._packet, None):
            is_control = packet[1] & 1
            if is_control and packet[4:6] == b"\x00\x01":
                self._say(CALL_CONNECT_ACK)
            elif is_control and packet[4:6] == b"\x00\x06":  # Call-Disconnect
                return
            elif not is_control:
                self._take(packet[4:])

    def _packet(self):
        """The next SSTP packet; None at the end."""
        while len(self.held) < 4 or len(self.held) < self._length():
            piece = self.tls.recv(65536)
            if not piece:
                return None
            self.held += piece
        packet, self.held = self.held[:self._length()], self.held[self._length():]
        return packet

    def _length(self):
        return struct.unpack("!H", self.held[2:4])[0] & 0x0fff

    def _say(self, stuff):
        with self.lock, contextlib.suppress(OSError):
            self.tls.sendall(stuff)

    def _frame(self, protocol, body):
        self._say(data(b"\xff\x03" + struct.pack("!H", protocol) + body))

    def _control(self, protocol, code, identifier, body=b""):
        self._frame(protocol, struct.pack("!BBH", code, identifier, 4 + len(body)) + body)

    # ---- PPP

    def _take(self, frame):
        protocol, body = struct.unpack("!H", frame[2:4])[0], frame[4:]
        if protocol == IPV6:
            self._take_ipv6(body)
        elif protocol == IPV4:
            self._take_ipv4(body)
        else:
            code, identifier, length = struct.unpack("!BBH", body[:4])
            self._take_control(protocol, code, identifier, body[4:length], body)

    def _take_control(self, protocol, code, identifier, options, whole):
        if code == REQUEST and protocol == LCP:
            self._control(LCP, ACK, identifier, options)
            self._control(LCP, REQUEST, 1, b"\x03\x04" + (b"\xc2\x27" if self.login == METHOD else b"\xc0\x23"))
        elif code == NAK and protocol == LCP and self.login in (TERMINATE, METHOD):
            self.say(*self.last_words)
        elif code == REQUEST and protocol == PAP and self.login != ACK:
            self.logins += 1
            if self.login != TERMINATE:
                self._control(PAP, self.login, identifier, b"\x00")
            self.say(*self.last_words if self.login == TERMINATE else self.last_words[1:])
        elif code == REQUEST and protocol == PAP:
            self._control(PAP, ACK, identifier, b"\x00")
            if self.has_ipv4 and self.silent != IPCP:
                self._control(IPCP, REQUEST, 1, b"\x03\x06" + socket.inet_aton(OWN4))
            if self.has_ipv6 and self.silent != IPV6CP:
                self._control(IPV6CP, REQUEST, 1, b"\x01\x0a" + OWN_IID)
        elif protocol == self.silent:
            return
        elif (protocol == IPCP and not self.has_ipv4) or (protocol == IPV6CP and not self.has_ipv6):
            self._control(LCP, PROTOCOL_REJECT, 7, struct.pack("!H", protocol) + whole)
        elif code == REQUEST and protocol == IPCP:
            self._take_ipcp(identifier, options)
        elif code == REQUEST and protocol == IPV6CP:
            self.iids.append(options[2:10])
            self.client = link_local(options[2:10])
            self._control(IPV6CP, ACK, identifier, options)
        elif code == ACK and protocol == IPV6CP:
            self.is_agreed = True
        elif code == TERMINATE:
            self._control(protocol, TERMINATED, identifier)
        elif code == ECHO and protocol == LCP:
            self._control(LCP, ECHOED, identifier, bytes(4) + options[4:])

    def _take_ipcp(self, identifier, options):
        wanted = b"\x03\x06" + socket.inet_aton(CLIENT4)
        if options == wanted:
            self._control(IPCP, ACK, identifier, options)
        elif len(options) > 6:  # name servers
            self._control(IPCP, REJECT, identifier, options[6:])
        else:
            self._control(IPCP, NAK, identifier, wanted)

    def end_ipv6(self):
        """Closes IPV6CP."""
        self._control(IPV6CP, TERMINATE, 9)

    def begin_ipv6(self):
        """Opens it again: repeats the request until the client, which waits a moment after such an end, agrees."""
        self.is_agreed = False
        while not self.is_agreed:
            self._control(IPV6CP, REQUEST, 10, b"\x01\x0a" + OWN_IID)
            time.sleep(0.5)

    # ---- IP

    def _take_ipv4(self, packet):
        self.packets.append(packet)
        source, destination = (socket.inet_ntoa(packet[n:n + 4]) for n in (12, 16))
        if packet[9] == 1 and packet[20] == 8:
            self.send(ipv4(destination, source, icmp4(0, 0, packet[24:])))

    def _take_ipv6(self, packet):
        self.packets.append(packet)
        source, destination = (socket.inet_ntop(socket.AF_INET6, packet[n:n + 16]) for n in (8, 24))
        if self.router and packet[6] == socket.IPPROTO_UDP:
            self.router.receive(packet)
        if packet[6] != ICMP6:
            return
        if packet[40] == 133:
            self.solicitations += 1
            if self.router:
                self.router.receive(packet)
            elif self.options is not None:
                self.advertise()
        elif packet[40] == 128:
            self.send(ipv6(destination, source, icmp6(destination, source, 129, packet[44:]), hop_limit=64))
