# SPDX-License-Identifier: GPL-3.0-or-later
"""RADIUS servers for the tests: FreeRADIUS with a configuration of one file, and one that does as the test says."""
import hashlib
import hmac
import os
import re
import select
import struct
import threading

from lab import eventually

SECRET = "testing123"
AUTH_PORT, ACCT_PORT = 1812, 1813
ACCEPT, REJECT, ACCT_RESPONSE, CHALLENGE = 2, 3, 5, 11

CONFIG = """
prefix = /usr
localstatedir = {folder}
logdir = {folder}
raddbdir = {folder}
confdir = {folder}
run_dir = {folder}
libdir = /usr/lib/freeradius
pidfile = {folder}/radiusd.pid
max_request_time = 30
cleanup_delay = 5
max_requests = 16384
hostname_lookups = no
log {{
 destination = stdout
}}
security {{
 max_attributes = 200
 reject_delay = 0
 status_server = yes
 allow_vulnerable_openssl = yes
}}
proxy_requests = no
thread pool {{
 start_servers = 2
 max_servers = 4
 min_spare_servers = 1
 max_spare_servers = 4
 max_requests_per_server = 0
 auto_limit_acct = no
}}
client all {{
 ipaddr = *
 secret = {secret}
 require_message_authenticator = yes
}}
modules {{
 pap {{
 }}
 chap {{
 }}
 mschap {{
  use_mppe = {mppe}
  require_encryption = yes
  require_strong = yes
  with_ntdomain_hack = yes
 }}
 files {{
  usersfile = {folder}/users
 }}
 detail {{
  filename = {folder}/detail
  permissions = 0600
 }}
 eap {{
  default_eap_type = mschapv2
  timer_expire = 60
  ignore_unknown_eap_types = no
  max_sessions = 4096
  tls-config common {{
   private_key_file = {key}
   certificate_file = {cert}
   ca_file = {ca}
   cipher_list = "DEFAULT"
   tls_min_version = "1.2"
   tls_max_version = "1.3"
   fragment_size = 400
   ecdh_curve = "prime256v1"
  }}
  tls {{
   tls = common
  }}
  peap {{
   tls = common
   default_eap_type = mschapv2
   copy_request_to_tunnel = no
   use_tunneled_reply = no
   virtual_server = "inner"
  }}
  mschapv2 {{
  }}
 }}
}}
server default {{
 listen {{
  type = auth
  ipaddr = 127.0.0.1
  port = {auth_port}
 }}
 listen {{
  type = acct
  ipaddr = 127.0.0.1
  port = {acct_port}
 }}
 authorize {{
  eap {{
   ok = return
  }}
  mschap
  chap
  files
  pap
 }}
 authenticate {{
  Auth-Type PAP {{
   pap
  }}
  Auth-Type CHAP {{
   chap
  }}
  Auth-Type MS-CHAP {{
   mschap
  }}
  eap
 }}
 preacct {{
 }}
 accounting {{
  detail
 }}
 post-auth {{
{signed}
 }}
}}
server inner {{
 authorize {{
  eap {{
   ok = return
  }}
  files
  pap
 }}
 authenticate {{
  Auth-Type MS-CHAP {{
   mschap
  }}
  eap
 }}
}}
"""

# Version 3.2.1 of Debian 12 leaves the Message-Authenticator out of responses unless it is configured otherwise.
SIGNED = """
  update reply {
   Message-Authenticator := 0x00
  }
  Post-Auth-Type REJECT {
   update reply {
    Message-Authenticator := 0x00
   }
  }
"""


class FreeRadius:
    """FreeRADIUS on the loopback address of a host; `users` is the text of its users file."""

    def __init__(self, lab, users, host=None, signed=True, mppe="yes", client_ca=None, identity=None):
        self.lab, self.host = lab, host or lab.server
        self.folder = lab.folder / f"freeradius-{len(lab.programs)}"
        self.folder.mkdir()
        (self.folder / "users").write_text(users)
        identity = identity or lab.pki.server
        (self.folder / "radiusd.conf").write_text(CONFIG.format(
            folder=self.folder, secret=SECRET, mppe=mppe, signed=SIGNED if signed else "", key=identity.key,
            cert=identity.cert, ca=client_ca or lab.pki.ca, auth_port=AUTH_PORT, acct_port=ACCT_PORT))
        self.start()

    def start(self):
        self.program = self.lab.start(self.host, "freeradius", "-fxx", "-l", "stdout", "-d", self.folder, "-D",
                                      "/usr/share/freeradius")
        self.program.wait_for("Ready to process requests")

    def stop(self):
        self.program.stop()

    @property
    def records(self):
        """The accounting records that it has, as dictionaries."""
        detail = self.folder / "detail"
        if not detail.exists():
            return []
        return [dict(re.findall(r"^\t([\w.-]+) = \"?(.*?)\"?$", part, re.M))
                for part in detail.read_text().split("\n\n") if part.strip()]

    def record(self, status):
        return [r for r in self.records if r["Acct-Status-Type"] == status]


HOSTAPD = """
driver=none
interface=lo
logger_stdout=-1
logger_stdout_level=2
eap_server=1
eap_user_file={folder}/users
ca_cert={ca}
server_cert={cert}
private_key={key}
radius_server_clients={folder}/clients
radius_server_auth_port={auth_port}
"""


class Hostapd:
    """hostapd as a RADIUS server with EAP; `users` is the text of its user file."""

    def __init__(self, lab, users, host=None, client_ca=None):
        folder = lab.folder / f"hostapd-{len(lab.programs)}"
        folder.mkdir()
        (folder / "users").write_text(users)
        (folder / "clients").write_text(f"127.0.0.1 {SECRET}\n")
        (folder / "conf").write_text(HOSTAPD.format(
            folder=folder, ca=client_ca or lab.pki.ca, cert=lab.pki.server.cert, key=lab.pki.server.key,
            auth_port=AUTH_PORT))
        self.program = lab.start(host or lab.server, "hostapd", "-d", folder / "conf")
        self.program.wait_for("AP-ENABLED|Setup of interface done|ctrl_iface not configured")


RADSECPROXY = """
ListenTLS 127.0.0.1:2083
LogLevel 1
LogDestination file:///dev/stderr
tls default {{
 CACertificateFile {ca}
 CertificateFile {cert}
 CertificateKeyFile {key}
}}
client all {{
 host 127.0.0.1
 type tls
 secret radsec
 certificateNameCheck off
}}
server radius {{
 host 127.0.0.1
 port {auth_port}
 type udp
 secret {secret}
}}
server accounting {{
 host 127.0.0.1
 port {acct_port}
 type udp
 secret {secret}
}}
realm * {{
 server radius
 accountingServer accounting
}}
"""


class Radsecproxy:
    """radsecproxy before a RADIUS server on the same host; it wants a certificate of `client_ca`."""

    def __init__(self, lab, identity, client_ca, host=None):
        self.lab, self.host = lab, host or lab.server
        self.conf = lab.file(f"radsecproxy-{len(lab.programs)}", RADSECPROXY.format(
            ca=client_ca, cert=identity.cert, key=identity.key, secret=SECRET, auth_port=AUTH_PORT,
            acct_port=ACCT_PORT))
        self.start()

    def start(self):
        self.program = self.lab.start(self.host, "radsecproxy", "-f", "-c", self.conf)
        eventually("radsecproxy listens", lambda: self.host.is_listening(2083))


def attributes(packet):
    """[(type, value)] of a packet."""
    found, at = [], 20
    while at < len(packet):
        found.append((packet[at], packet[at + 2:at + packet[at + 1]]))
        at += packet[at + 1]
    return found


def attribute(number, value):
    return bytes([number, len(value) + 2]) + value


def respond(request, code, attrs=b"", signed=True, secret=SECRET):
    """The response to a request, with authenticators."""
    secret = secret.encode()
    if signed:
        attrs = attribute(80, bytes(16)) + attrs
    head = struct.pack("!BBH", code, request[1], 20 + len(attrs))
    if signed:
        mac = hmac.new(secret, head + request[4:20] + attrs, hashlib.md5).digest()
        attrs = attribute(80, mac) + attrs[18:]
    return head + hashlib.md5(head + request[4:20] + attrs + secret).digest() + attrs


def password_of(request, secret=SECRET):
    """The hidden password of RFC 2865, section 5.2."""
    hidden, before, clear = dict(attributes(request))[2], request[4:20], b""
    for at in range(0, len(hidden), 16):
        pad = hashlib.md5(secret.encode() + before).digest()
        before = hidden[at:at + 16]
        clear += bytes(a ^ b for a, b in zip(before, pad))
    return clear.rstrip(b"\0").decode()


class ScriptedRadius:
    """`answer(request, number)` returns the datagrams to send back, for the request of that number (from 0)."""

    def __init__(self, host, answer, port=AUTH_PORT, address="127.0.0.1"):
        self.socket = host.socket(2, 2)  # AF_INET, SOCK_DGRAM
        self.socket.bind((address, port))
        self.answer, self.requests = answer, []
        self.ended, self.end = os.pipe()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while True:
            ready, _, _ = select.select([self.socket, self.ended], [], [])
            if self.ended in ready:
                return
            request, sender = self.socket.recvfrom(4096)
            self.requests.append(request)
            for datagram in self.answer(request, len(self.requests) - 1):
                self.socket.sendto(datagram, sender)

    def close(self):
        os.write(self.end, b"x")
        self.thread.join()
        self.socket.close()
        os.close(self.ended)
        os.close(self.end)
