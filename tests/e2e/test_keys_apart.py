# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's private keys in a process of their own: every kind of key signs, and no key is where the network is."""
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from lab import GATEWAY, REPO, eventually, open_files
from pki import Identity, openssl

PASSWORD = "correct horse battery staple"
CAP_DAC_READ_SEARCH = 1 << 2
KINDS = {
    "rsa-2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsa-3072": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "rsa-4096": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
    "p-256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p-384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "p-521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "ed25519": ["-algorithm", "ED25519"],
}


def make(folder, kind, name="vpn.example.net", usage="serverAuth"):
    key, cert = folder / f"{kind}.key", folder / f"{kind}.crt"
    openssl("genpkey", *KINDS[kind], "-out", key)
    key.chmod(0o600)
    openssl("req", "-x509", "-key", key, "-out", cert, "-days", 30, "-subj", f"/CN={kind}", "-addext",
            f"subjectAltName=DNS:{name},IP:192.0.2.1", "-addext", f"extendedKeyUsage={usage}")
    return Identity(cert, key)


def elements(der):
    """The elements of a DER sequence: (tag, content)."""
    def one(at):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7f
            length, at = int.from_bytes(der[at:at + count], "big"), at + count
        return tag, der[at:at + length], at + length
    found, (_, body, _) = [], one(0)
    der, at = body, 0
    while at < len(der):
        tag, content, at = one(at)
        found.append((tag, content))
    return found


def secrets(key):
    """The numbers that only the owner of the key may know, in the order of bytes of files."""
    pkcs8 = openssl("pkcs8", "-topk8", "-nocrypt", "-in", key, "-outform", "DER")
    inner = elements(pkcs8)[2][1]
    if inner[0] == 0x04:  # Ed25519
        return [inner[2:]]
    numbers = [content for _, content in elements(inner)]
    if len(numbers) >= 9:  # RSA: d, p, q and what follows from them
        return [n.lstrip(b"\0") for n in numbers[3:9]]
    return [numbers[1].lstrip(b"\0")]


def memory(pid):
    """All that the process can write to."""
    with open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) r", line)
            if not found or "[v" in line:
                continue
            begin, end = (int(x, 16) for x in found.groups())
            mem.seek(begin)
            try:
                yield mem.read(end - begin)
            except OSError:
                pass


def has(pid, words):
    """Which of the secrets are in its memory, in either order of bytes."""
    pieces = list(memory(pid))
    assert any(b"vpn.example.net" in piece for piece in pieces) or pieces
    return [w for w in words if any(w in piece or w[::-1] in piece for piece in pieces)]


def key_process(server):
    def find():
        for task in Path(f"/proc/{server.pid}/task").iterdir():
            for pid in (task / "children").read_text().split():
                if Path(f"/proc/{pid}/comm").read_text() == "sstp-keys\n":
                    return int(pid)
        return None
    return eventually("the key process is there", find)


def s_client(lab, *options):
    done = lab.client.run("openssl", "s_client", "-connect", "192.0.2.1:443", *options, check=False, input="")
    return done.stdout + done.stderr


def log_in(lab, identity):
    client = lab.connect("--once", trust=["--servercert", identity.pin])
    lab.client.ping(GATEWAY)
    assert client.stop() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_key_signs_and_is_in_the_key_process_alone(lab, kind):
    identity = make(lab.folder, kind)
    server = lab.serve("--legacy-ciphers", identity=identity)
    for version in ("-tls1_2", "-tls1_3"):
        said = s_client(lab, version)
        assert re.search(r"^New, TLSv1\.[23], Cipher is (?!\(NONE\))", said, re.M), said
    if kind.startswith("rsa"):
        for suite in ("AES128-SHA256", "AES256-SHA", "ECDHE-RSA-AES128-GCM-SHA256"):
            assert f"Cipher is {suite}" in s_client(lab, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
        assert "Peer signing digest: SHA512" in s_client(lab, "-tls1_2", "-sigalgs", "RSA+SHA512")
    log_in(lab, identity)
    words, keys = secrets(identity.key), key_process(server)
    assert min(len(w) for w in words) >= 30
    assert has(keys, words) == words
    assert has(server.pid, words) == []


@pytest.mark.parametrize("kind", ["rsa-2048", "p-256"])
def test_with_keys_here_it_finds_them_here(lab, kind):
    """That the search above can find something."""
    identity = make(lab.folder, kind)
    server = lab.serve("--keys", "here", identity=identity)
    log_in(lab, identity)
    assert has(server.pid, secrets(identity.key))


def pkcs12(folder, identity):
    path = folder / "server.p12"
    openssl("pkcs12", "-export", "-inkey", identity.key, "-in", identity.cert, "-out", path, "-passout",
            f"pass:{PASSWORD}")
    return Identity(path, path)


def encrypted(folder, identity):
    path = folder / "encrypted.key"
    openssl("pkcs8", "-topk8", "-in", identity.key, "-out", path, "-passout", f"pass:{PASSWORD}")
    return Identity(identity.cert, path)


def together(folder, identity):
    path = folder / "both.pem"
    path.write_bytes(identity.key.read_bytes() + identity.cert.read_bytes())
    return Identity(path, path)


def traditional(folder, identity):
    path = folder / "traditional.key"
    path.write_bytes(openssl("pkey", "-in", identity.key, "-traditional"))
    return Identity(identity.cert, path)


FORMS = [(form, kind) for form in (pkcs12, encrypted, together, traditional) for kind in ("rsa-2048", "p-384", "ed25519")
         if (form, kind) != (traditional, "ed25519")]  # which has only one form


@pytest.mark.parametrize("form, kind", FORMS)
def test_each_form_of_file(lab, form, kind):
    identity = make(lab.folder, kind)
    packed = form(lab.folder, identity)
    has_password = form in (pkcs12, encrypted)
    options = ["--key-password-file", lab.file("password-of-key", PASSWORD + "\n")] if has_password else []
    server = lab.serve(*options, identity=packed)
    log_in(lab, identity)
    words, keys = secrets(identity.key), key_process(server)
    assert has(keys, words) == words
    assert has(server.pid, words + [PASSWORD.encode()]) == []


def test_its_process_has_no_rights_but_to_read(lab):
    server = lab.serve()
    status = Path(f"/proc/{key_process(server)}/status").read_text()
    rights = {k: int(v, 16) for k, v in re.findall(r"^Cap(\w+):\s+([0-9a-f]+)$", status, re.M)}
    assert rights["Eff"] == rights["Prm"] == CAP_DAC_READ_SEARCH
    assert rights["Amb"] == rights["Inh"] == 0
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.M)
    assert re.search(r"^Seccomp:\s+2$", status, re.M)
    descriptors = open_files(key_process(server)).values()
    assert all(d.startswith(("socket:", "/dev/null", "pidfd:", "anon_inode:[pidfd]")) for d in descriptors), descriptors


def test_signals_of_a_terminal_do_not_end_it(lab):
    server = lab.serve()
    keys = key_process(server)
    for number in ("INT", "TERM", "HUP", "USR1", "USR2", "QUIT", "PIPE"):
        subprocess.run(["kill", f"-{number}", str(keys)], check=True)
    log_in(lab, lab.pki.server)
    assert key_process(server) == keys


def test_without_it_the_server_ends(lab):
    server = lab.serve()
    lab.connect("--no-default-route", "--no-dns")
    subprocess.run(["kill", "-KILL", str(key_process(server))], check=True)
    server.wait_for("^error: the key process: killed by signal 9: without it no client can connect$")
    assert server.wait() == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_server(lab, number):
    server = lab.serve()
    keys = Path(f"/proc/{key_process(server)}")
    if number == signal.SIGKILL:
        server.kill()
    else:
        assert server.stop() == 0
    eventually("the key process has ended", lambda: not (keys / "exe").exists())


def test_a_reload_takes_the_new_key_there(lab):
    """As certbot does it; a session stays, and the old key is forgotten with the last that needs it."""
    live = make(lab.folder, "rsa-2048")
    old, server = secrets(live.key), lab.serve(identity=live, wait=True)
    client = lab.connect("--no-dns", trust=["--servercert", live.pin])
    new = make(lab.folder, "p-256")
    new.key.rename(live.key)
    new.cert.rename(live.cert)
    server.wait_for(f"^reloaded {re.escape(str(live.cert))}$")
    current = secrets(live.key)
    assert has(key_process(server), current) == current
    assert has(server.pid, current + old) == []
    lab.client.ping(GATEWAY)
    lab.connect("--no-default-route", "--no-dns", host=lab.other, trust=["--servercert", Identity(live.cert, live.key).pin])
    assert client.stop() == 0
    server.wait_for("^session 1: .*ended")
    eventually("the old key is forgotten", lambda: not has(key_process(server), old))


def test_a_wrong_key_keeps_the_old_pair(lab):
    live, other = make(lab.folder, "p-256"), make(lab.folder, "p-384")
    server = lab.serve("--no-watch", identity=live)
    other.key.rename(live.key)
    server.send(signal.SIGHUP)
    server.wait_for(f"^error: {re.escape(str(live.key))} is not the key of the certificate in {re.escape(str(live.cert))} "
                    r"\(.*\); the certificate is unchanged$")
    log_in(lab, live)


def test_certificates_by_name(lab):
    """Each of several keys signs for its own name."""
    for kind in ("rsa-2048", "p-256", "ed25519"):
        make(lab.folder, kind, f"{kind}.example.net")
    pairs = [option for kind in ("rsa-2048", "p-256", "ed25519")
             for option in ("--cert", lab.folder / f"{kind}.crt", "--key", lab.folder / f"{kind}.key")]
    lab.start(lab.server, lab.sstp, "serve", *pairs, "--users", lab.file("users", "ann * a *\n"), "--ipv4-network",
              "10.99.0.0/24", label="serve").wait_for("^ready: ")
    for kind, signature in (("rsa-2048", "RSA-PSS"), ("p-256", "ECDSA"), ("ed25519", "Ed25519")):
        said = s_client(lab, "-tls1_3", "-servername", f"{kind}.example.net")
        assert f"Peer signature type: {signature}".lower() in said.lower()
        assert f"subject=CN = {kind}" in said


def test_a_pair_that_the_settings_name_later(lab):
    """The key process reads the configuration file itself: it takes no file's name from the other process."""
    first, second = make(lab.folder, "p-256"), make(lab.folder, "rsa-2048")
    settings = (f"users = {lab.file('users', 'ann * a *')}\nipv4-network = 10.99.0.0/24\n"
                "cert = {0.cert}\nkey = {0.key}\n")
    config = lab.file("serve.conf", settings.format(first))
    server = lab.start(lab.server, lab.sstp, "serve", "--config", config, label="serve")
    server.wait_for("^ready: ")
    lab.file("new.conf", settings.format(second)).rename(config)
    server.wait_for(f"^reloaded {re.escape(str(second.cert))}$")
    assert "Peer signature type: RSA-PSS" in s_client(lab, "-tls1_3")


# ---- a client's key, for EAP-TLS

@pytest.mark.parametrize("kind", ["rsa-2048", "p-256", "ed25519"])
def test_the_key_of_a_client(lab, kind):
    identity = make(lab.folder, kind, usage="clientAuth")
    packed = encrypted(lab.folder, identity)
    server = lab.serve("--auth", "eap-tls", "--client-ca", identity.cert, users=f"{kind} * $cert$ *\n")
    client = lab.connect("--auth", "eap-tls", "--eap-name", "vpn.example.net", "--eap-ca", lab.pki.ca, "--client-cert",
                         packed.cert, "--client-key", packed.key, "--client-key-password-file",
                         lab.file("password-of-key", PASSWORD + "\n"), user=kind)
    lab.client.ping(GATEWAY)
    words, keys = secrets(identity.key), key_process(client)
    assert has(keys, words) == words
    assert has(client.pid, words + [PASSWORD.encode()]) == []
    server.kill()  # the next login needs another signature
    client.wait_for("; next try in ")
    lab.serve("--auth", "eap-tls", "--client-ca", identity.cert, users=f"{kind} * $cert$ *\n")
    client.wait_for("^connected in ", 2)
    assert client.stop() == 0
    eventually("the key process has ended", lambda: not Path(f"/proc/{keys}/exe").exists())


def keys_on(host):
    """Of a client in the background, the key process is no child."""
    network = os.stat(f"/proc/{host.holder.pid}/ns/net").st_ino
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has gone already
            if (process / "comm").read_text() == "sstp-keys\n" and os.stat(process / "ns/net").st_ino == network:
                found.append(int(process.name))
    return found


@pytest.mark.parametrize("lacks", [None, "pidfd_open"])
@pytest.mark.parametrize("last", [signal.SIGTERM, signal.SIGKILL])
def test_a_client_in_the_background_logs_in_again(lab, lacks, last):
    """The process that started the key process ends when the client is connected; the key process ends with the client."""
    identity = make(lab.folder, "p-256", usage="clientAuth")
    options = ("--auth", "eap-tls", "--client-ca", identity.cert)
    server = lab.serve(*options, users="p-256 * $cert$ *\n")
    if lacks:
        lab.sstp = lab.file("sstp-with-less", f'#!/bin/sh\nexec {sys.executable} {REPO}/tests/e2e/seccomp.py {lacks} ENOSYS '
                            f'{lab.sstp} "$@"\n', 0o755)
    client = lab.connect("--background", "--pid-file", lab.folder / "pid", "--auth", "eap-tls", "--eap-name",
                         "vpn.example.net", "--eap-ca", lab.pki.ca, "--client-cert", identity.cert, "--client-key",
                         identity.key, user="p-256", wait=False)
    assert client.wait() == 0
    pid = int((lab.folder / "pid").read_text())
    server.kill()
    eventually("the client has noticed", lambda: "; next try in " in client.log)
    assert len(keys_on(lab.client)) == 1
    lab.serve(*options, users="p-256 * $cert$ *\n")
    eventually("it is connected again", lambda: len(re.findall("^connected in ", client.log, re.M)) == 2)
    os.kill(pid, last)
    eventually("the key process has ended", lambda: not keys_on(lab.client))


def test_run_ends_it_too(lab):
    """`sstp run` ends all its children at the end, and waits for them."""
    identity = make(lab.folder, "p-256", usage="clientAuth")
    lab.serve("--auth", "eap-tls", "--client-ca", identity.cert, users="p-256 * $cert$ *\n")
    program = lab.start(lab.client, lab.sstp, "run", "192.0.2.1", "--servercert", lab.pki.server.pin, "--auth", "eap-tls",
                        "--eap-name", "vpn.example.net", "--eap-ca", lab.pki.ca, "--client-cert", identity.cert,
                        "--client-key", identity.key, "--", "sleep", "3600", label="run")
    keys = Path(f"/proc/{key_process(program)}")
    program.wait_for("^connected in ")
    assert program.stop() == 128 + signal.SIGTERM
    eventually("the key process has ended", lambda: not (keys / "exe").exists())


def test_a_client_in_its_sandbox_logs_in_again(lab):
    """It could not read the key's file any more; the key process does."""
    identity = make(lab.folder, "p-256", usage="clientAuth")
    options = ("--auth", "eap-tls", "--client-ca", identity.cert)
    server = lab.serve(*options, users="p-256 * $cert$ *\n")
    program = lab.start(lab.client, lab.sstp, "proxy", "192.0.2.1", "--servercert", lab.pki.server.pin, "--auth",
                        "eap-tls", "--eap-name", "vpn.example.net", "--eap-ca", lab.pki.ca, "--client-cert", identity.cert,
                        "--client-key", identity.key, "--socks5", "127.0.0.1:1080", label="proxy")
    program.wait_for("^connected in ")
    assert "Seccomp:\t2" in Path(f"/proc/{program.pid}/status").read_text()
    words, keys = secrets(identity.key), key_process(program)
    assert has(keys, words) == words
    assert has(program.pid, words) == []
    server.kill()
    program.wait_for("; next try in ")
    lab.serve(*options, users="p-256 * $cert$ *\n")
    program.wait_for("^connected in ", 2)
    assert program.stop() == 0
