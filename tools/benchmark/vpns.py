# SPDX-License-Identifier: GPL-3.0-or-later
"""The VPNs, each with the usual settings, and the same cipher for all (AES-128-GCM) where one can choose.

A peer is a server that stays up, and a client that can be ended and started again. What is not TCP is switched off:
OpenVPN over TCP and openconnect without DTLS are what gets through where SSTP does.
"""
import copy
import hashlib
import os
import re
import shlex
import shutil
import ssl
import subprocess
from pathlib import Path

from lab import run
from road import SERVER

USER, PASSWORD = "ann", "wonderland"


class Identity:
    """A self-signed certificate and its key, made by sstp."""

    def __init__(self, sstp, base):
        run([sstp, "cert", "--name", "vpn.example.net", "--out", base])
        self.cert, self.key = f"{base}.crt", f"{base}.key"
        der = ssl.PEM_cert_to_DER_cert(Path(self.cert).read_text())
        self.fingerprint = ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())
        self.pin = re.search(r"pin-sha256:\S+", run([sstp, "cert", "--show", self.cert])).group()


class Peer:
    """One VPN on the road. Its subclasses say how it is started."""

    is_vpn = True
    has_ping = True  # reaches the host inside with any packet
    variants = ("",)  # ways to start the client, for the time that it takes

    def __init__(self, road, number, sstp, identity):
        self.road, self.sstp, self.identity, self.port = road, sstp, identity, 4400 + number
        self.inside = road.add_inside(number)
        self.network = f"10.9.{number}.0"
        self.server = self.client = None

    def at(self, port):
        """Where a client finds that port of the host inside."""
        return self.inside, port

    def folder(self):
        return self.road.folder

    def file(self, name, text):
        return self.road.file(f"{self.name}-{name}", text)

    def start_server(self):
        self.server = self.road.start(self.road.server, *self.server_argv(), label=f"{self.name}-server")
        self.server.wait_for(self.server_is_ready)

    def start_client(self, variant=""):
        """Only starts it: a ping tests whether it is up."""
        self.client = self.road.start(self.road.client, *self.client_argv(variant), label=f"{self.name}-client",
                                      stdin=PASSWORD + "\n")

    def stop_client(self):
        if self.client:
            self.road.stop(self.client)
        self.client = None

    def cipher(self):
        """What it negotiated, from its own log."""
        found = re.search(self.says_cipher, self.client.log)
        return found.group(1) if found else "unknown"


class Sstp(Peer):
    name, title = "sstp", "sstp"
    server_is_ready = "^ready: "
    says_cipher = r"(TLSv1\.\d,? \w+)"
    options = ()

    def programs(self):
        return {"client": [self.sstp], "server": [self.sstp]}

    def verbs(self):
        """{verb: words} of a second one beside the server, and of clients in place of the client."""
        to = [f"{SERVER}:{self.port}", "--servercert", self.identity.pin]
        second = copy.copy(self)
        second.port, second.network = self.port + 100, self.network.replace("10.9.", "10.8.")
        return {"serve": second.server_argv(), "connect": self.client_argv(""),
                "proxy": [self.sstp, "proxy", *to, "--user", USER, "--passwd-on-stdin", "--socks5", "1080",
                          *self.options_of("proxy")],
                "probe": [self.sstp, "probe", *to, *self.options_of("probe")]}

    def options_of(self, verb):
        """Those of its options, with their values, that this verb has."""
        known = re.findall(r"^ +(?:-\w, )?(--[\w-]+)", run([self.sstp, verb, "--help"]), re.M)
        words, is_known = [], False
        for word in self.options:
            if word.startswith("--"):
                is_known = word.partition("=")[0] in known
            words += [word] * is_known
        return words

    def version(self):
        return first_line(self.sstp, "--version")

    def server_argv(self):
        users = self.file("users", f"{USER} * {PASSWORD} *\n")
        return [self.sstp, "serve", "--listen", f"{SERVER}:{self.port}", "--cert", self.identity.cert, "--key",
                self.identity.key, "--users", users, "--ipv4-network", f"{self.network}/24",
                *self.options_of("serve")]

    def client_argv(self, variant):
        return [self.sstp, "connect", f"{SERVER}:{self.port}", "--user", USER, "--passwd-on-stdin",
                "--servercert", self.identity.pin, "--no-default-route", "--route", f"{self.inside}/32", "--no-dns",
                *self.options_of("connect")]


def compared_with(options):
    """sstp with more options, at both ends."""
    return type("SstpCompared", (Sstp,), {"name": "compared", "title": f"sstp {options}",
                                          "options": tuple(shlex.split(options))})


class SstpPlain(Sstp):
    name, title = "plain", "sstp, no bulk"
    options = ("--no-offload",)


class Proxy(Sstp):
    """sstp without a TUN device: a forward's port represents one of the host inside. No ping goes through it."""

    name, title, is_vpn, has_ping = "proxy", "sstp proxy", False, False
    forwards = {5201: 5202, 5203: 5204, 5400: 5401}  # iperf3 twice and the page: the port inside, and ours
    nobody = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all",
              "--bounding-set=-all")

    def client_argv(self, variant):
        return [*self.nobody, self.sstp, "proxy", f"{SERVER}:{self.port}", "--user", USER, "--passwd-on-stdin",
                "--servercert", self.identity.pin,
                *(w for port, own in self.forwards.items() for w in ("-L", f"{own}:{self.inside}:{port}"))]

    def at(self, port):
        return "127.0.0.1", self.forwards[port]

    def start_client(self, variant=""):
        super().start_client(variant)
        self.client.wait_for("^connected in ")


class Openconnect(Peer):
    name, title = "openconnect", "openconnect"
    server_is_ready = r"initialized|listening \(TCP\)"
    says_cipher = r"ciphersuite (\S+)"
    # people's openconnect runs Debian's vpnc-script; the other shows how much of the time is that script's
    variants = ("", "short script")

    def programs(self):
        return {"client": ["/usr/sbin/openconnect"], "server": ["/usr/sbin/ocserv", "/usr/sbin/ocserv-worker"]}

    def version(self):
        return f"{first_line('/usr/sbin/ocserv', '--version')}, {first_line('/usr/sbin/openconnect', '--version')}"

    def server_argv(self):
        users = self.folder() / "ocserv-users"
        subprocess.run(["ocpasswd", "-c", users, USER], input=f"{PASSWORD}\n{PASSWORD}\n", text=True, check=True,
                       capture_output=True)
        config = self.file("server.conf", f"""
            auth = "plain[passwd={users}]"
            tcp-port = {self.port}
            listen-host = {SERVER}
            run-as-user = nobody
            run-as-group = daemon
            socket-file = {self.folder()}/ocserv.socket
            server-cert = {self.identity.cert}
            server-key = {self.identity.key}
            tls-priorities = "NORMAL:%SERVER_PRECEDENCE:-CIPHER-ALL:+AES-128-GCM"
            isolate-workers = true
            max-clients = 16
            max-same-clients = 0
            rate-limit-ms = 0
            max-ban-score = 0
            keepalive = 32400
            dpd = 90
            try-mtu-discovery = false
            cisco-client-compat = true
            use-occtl = false
            device = ocserv
            ipv4-network = {self.network}
            ipv4-netmask = 255.255.255.0
            route = {self.inside}/255.255.255.255
            """)
        return ["/usr/sbin/ocserv", "-f", "-c", config]

    def client_argv(self, variant):
        more = ["--script", self.short_script()] if variant else []
        return ["/usr/sbin/openconnect", "--protocol=anyconnect", "--no-dtls", "--non-inter", f"--user={USER}",
                "--passwd-on-stdin", f"--servercert={self.identity.pin}", *more, f"https://{SERVER}:{self.port}/"]

    def short_script(self):
        script = self.file("script", f"""
            #!/bin/sh
            [ "$reason" = connect ] || exit 0
            ip link set "$TUNDEV" up mtu "$INTERNAL_IP4_MTU"
            ip addr add "$INTERNAL_IP4_ADDRESS/32" dev "$TUNDEV"
            ip route add {self.inside}/32 dev "$TUNDEV"
            """)
        script.chmod(0o755)
        return script


class Openvpn(Peer):
    name, title = "openvpn", "OpenVPN"
    server_is_ready = "Initialization Sequence Completed"
    says_cipher = r"Data Channel: cipher '([^']+)'"
    common = ("--dev", "tun", "--topology", "subnet", "--disable-dco", "--data-ciphers", "AES-128-GCM", "--verb", "3")

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.own = Identity(self.sstp, self.folder() / "openvpn-client")

    def programs(self):
        return {"client": ["/usr/sbin/openvpn"], "server": ["/usr/sbin/openvpn"]}

    def version(self):
        return " ".join(first_line("/usr/sbin/openvpn", "--version").split()[:2])

    def server_argv(self):
        return ["/usr/sbin/openvpn", *self.common, "--proto", "tcp-server", "--local", SERVER, "--port", self.port,
                "--server", self.network, "255.255.255.0", "--dh", "none", "--cert", self.identity.cert, "--key",
                self.identity.key, "--peer-fingerprint", self.own.fingerprint, "--tcp-nodelay", "--keepalive", "10",
                "60", "--push", f"route {self.inside} 255.255.255.255"]

    def client_argv(self, variant):
        return ["/usr/sbin/openvpn", *self.common, "--client", "--nobind", "--proto", "tcp-client", "--remote", SERVER,
                self.port, "--cert", self.own.cert, "--key", self.own.key, "--peer-fingerprint",
                self.identity.fingerprint, "--auth-nocache"]


VPNS = (Sstp, SstpPlain, Openconnect, Openvpn)


def first_line(*argv):
    """A part of a program's output; most programs fail after printing their version."""
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=10)
    return re.sub(r"\s+", " ", (done.stdout or done.stderr).split("\n")[0]).strip()


def libraries(program):
    """The shared libraries that a program loads at its start."""
    done = subprocess.run(["ldd", program], capture_output=True, text=True)
    return sorted(set(re.findall(r"(?:=> )?(/\S+) \(0x", done.stdout)))


def disk_bytes(programs):
    """The size of some programs, and of them with all libraries that they load."""
    alone = {os.path.realpath(shutil.which(str(p)) or p) for p in programs}
    files = alone | {os.path.realpath(lib) for p in alone for lib in libraries(p)}
    return sum(map(os.path.getsize, alone)), sum(map(os.path.getsize, files))
