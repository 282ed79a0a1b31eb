# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies on the way to a server: programs that are not ours, and `sstp proxy` itself, on the host "other".

Each starter returns the proxy's program once it listens. Their files are in a folder below /run of that host, where
users without privileges may read them: most proxies give up root.
"""
import hashlib
import shutil
import subprocess

import pytest

from lab import SERVER, SERVER6, eventually

PROXY = "10.2.0.2"  # the host "other"
PROXY6 = "2001:db8:2::2"
CLIENT, CLIENT6 = "10.1.0.2", "2001:db8:1::2"
HTTP, SOCKS, HTTPS = 3128, 1080, 3129
USER, PASSWORD = "eve", "s3cret word"
REALM = "the land"


@pytest.fixture
def walled(lab):
    """The router lets nothing pass from the client to the server."""
    rules = [f"from {CLIENT} to {SERVER} unreachable", f"from {CLIENT6} to {SERVER6} unreachable"]
    lab.router.run("ip", "-4", "rule", "add", *rules[0].split())
    lab.router.run("ip", "-6", "rule", "add", *rules[1].split())
    yield lab
    lab.router.run("ip", "-4", "rule", "del", *rules[0].split())
    lab.router.run("ip", "-6", "rule", "del", *rules[1].split())


def folder_of(lab, name):
    folder = lab.other.run_folder / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    folder.chmod(0o777)
    return folder, f"/run/{folder.name}"


def file(folder, name, text):
    path = folder / name
    path.write_text(text)
    path.chmod(0o644)


def wait_for_port(lab, program, port, host=None):
    def is_so():
        assert program.status is None, program.log
        return (host or lab.other).is_listening(port)

    eventually(f"{program.label} listens", is_so)
    return program


def identity(lab):
    """The certificate of an https:// proxy."""
    return lab.pki.identity("proxy", f"DNS:proxy.example.net,IP:{PROXY}", key="rsa")


def squid(lab, login=None, more="", tls=False):
    """login: None, "basic" or "digest". `tls`: with an https:// port too."""
    folder, seen = folder_of(lab, "squid")
    if tls:
        file(folder, "cert", identity(lab).cert.read_text() + identity(lab).key.read_text())
        more += f"https_port {HTTPS} tls-cert={seen}/cert\n"
    crypted = subprocess.run(["openssl", "passwd", "-apr1", PASSWORD], check=True, capture_output=True, text=True).stdout
    file(folder, "basic", f"{USER}:{crypted}")
    ha1 = hashlib.md5(f"{USER}:{REALM}:{PASSWORD}".encode()).hexdigest()
    file(folder, "digest", f"{USER}:{REALM}:{ha1}\n")
    helper = {None: "", "basic": f"auth_param basic program /usr/lib/squid/basic_ncsa_auth {seen}/basic\n"
                                 f"auth_param basic realm {REALM}\n",
              "digest": f"auth_param digest program /usr/lib/squid/digest_file_auth -c {seen}/digest\n"
                        f"auth_param digest realm {REALM}\n"}[login]
    file(folder, "squid.conf", f"""
        http_port {HTTP}
        {helper}
        acl tls port 443
        {"acl known proxy_auth REQUIRED" if login else ""}
        {more}
        http_access deny CONNECT !tls
        http_access {"allow known" if login else "allow all"}
        http_access deny all
        cache deny all
        cache_mem 1 MB
        cache_effective_user nobody
        pid_filename none
        netdb_filename none
        coredump_dir {seen}
        access_log stdio:{seen}/access.log
        cache_log {seen}/cache.log
        shutdown_lifetime 0 seconds
        dns_nameservers 127.0.0.1
        dns_timeout 1 second
        visible_hostname proxy
        """.replace("        ", ""))
    return wait_for_port(lab, lab.start(lab.other, "squid", "-N", "-f", f"{seen}/squid.conf"), HTTP)


def haproxy(lab, cert=None):
    """TLS in front of a proxy that speaks HTTP."""
    folder, seen = folder_of(lab, "haproxy")
    cert = cert or identity(lab)
    file(folder, "cert", cert.cert.read_text() + cert.key.read_text())
    file(folder, "conf", f"""
        defaults
            mode tcp
            timeout connect 60s
            timeout client 600s
            timeout server 600s
        frontend tls
            bind {PROXY}:{HTTPS} ssl crt {seen}/cert
            default_backend proxy
        backend proxy
            server proxy {PROXY}:{HTTP}
        """ + "\n")
    return wait_for_port(lab, lab.start(
        lab.other, "sh", "-c", f'haproxy -db -f {seen}/conf & trap "kill $!; wait; exit 0" TERM; wait', label="haproxy"), HTTPS)


def tinyproxy(lab, login=False, timeout=600):
    folder, seen = folder_of(lab, "tinyproxy")
    file(folder, "conf", f"Port {HTTP}\nListen {PROXY}\nUser nobody\nTimeout {timeout}\nConnectPort 443\nLogLevel Info\n"
                         + (f'BasicAuth {USER} {PASSWORD.replace(" ", "")}\n' if login else ""))
    return wait_for_port(lab, lab.start(lab.other, "tinyproxy", "-d", "-c", f"{seen}/conf"), HTTP)


def danted(lab, login=False):
    folder, seen = folder_of(lab, "danted")
    method = "username" if login else "none"
    file(folder, "conf", f"""
        logoutput: stderr
        internal: {PROXY} port = {SOCKS}
        external: cable
        clientmethod: none
        socksmethod: {method}
        user.privileged: root
        user.unprivileged: nobody
        client pass {{ from: 0/0 to: 0/0 }}
        socks pass {{ from: 0/0 to: 0/0 }}
        """)
    crypted = subprocess.run(["openssl", "passwd", "-6", PASSWORD], check=True, capture_output=True, text=True).stdout
    file(folder, "passwd", f"root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n{USER}:x:12345:12345::/:/bin/sh\n")
    file(folder, "shadow", f"{USER}:{crypted.strip()}:19000:0:99999:7:::\n")
    # the users of this host are those of these two files
    return wait_for_port(lab, lab.start(
        lab.other, "unshare", "--mount", "sh", "-ec",
        f"mount --bind {seen}/passwd /etc/passwd\nmount --bind {seen}/shadow /etc/shadow\nexec danted -f {seen}/conf",
        label="danted"), SOCKS)


def microsocks(lab, login=False):
    words = ["-u", USER, "-P", PASSWORD] if login else []
    # it has no end of its own
    return wait_for_port(lab, lab.start(
        lab.other, "sh", "-c", 'microsocks "$@" & trap "kill $!; wait; exit 0" TERM; wait', "sh", "-i", PROXY, "-p", SOCKS,
        *words, label="microsocks"), SOCKS)


def ssh(lab, on=None, bind=PROXY):
    """`ssh -D` on the host `on`, by default "other", to the sshd of "other"."""
    folder, seen = folder_of(lab, "ssh")
    on = on or lab.other
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    (folder / "authorized").write_text((folder / "user.pub").read_text())
    folder.chmod(0o755)
    (lab.other.run_folder / "sshd").mkdir(exist_ok=True)
    file(folder, "sshd.conf", f"""
        Port 2222
        HostKey {seen}/host
        AuthorizedKeysFile {seen}/authorized
        PermitRootLogin prohibit-password
        StrictModes no
        UsePAM no
        PidFile none
        """.replace("        ", ""))
    wait_for_port(lab, lab.start(lab.other, "/usr/sbin/sshd", "-D", "-e", "-f", f"{seen}/sshd.conf"), 2222)
    return wait_for_port(lab, lab.start(
        on, "ssh", "-N", "-F", "none", "-i", folder / "user", "-p", 2222, "-D", f"{bind}:{SOCKS}", "-o",
        "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", f"root@{PROXY}"), SOCKS, on)


def sstp_proxy(lab, login=False):
    """Our own, through a tunnel of its own to the same server."""
    words = ["--listen-user", USER, "--listen-password-file", lab.file("listen-password", PASSWORD)] if login else []
    program = lab.start(lab.other, lab.sstp, "proxy", "192.0.2.1", "-v", "--user", "bob", "--password-file",
                        lab.file("bob", "builder"), "--servercert", lab.pki.server.pin, "--socks5", f"{PROXY}:{SOCKS}",
                        "--http-proxy", f"{PROXY}:{HTTP}", *words, label="sstp-proxy")
    program.wait_for("^connected in ")
    return program
