# SPDX-License-Identifier: GPL-3.0-or-later
"""The sources of settings and the errors about wrong ones: command line, environment, file, --check."""
import os
import re
import subprocess

import pytest
from lab import PATIENCE
from pki import openssl

LISTEN = ("must be a port, an address, or both: 443, 192.0.2.1, 192.0.2.1:4443, [2001:db8::1]:443, *:443; or "
          "unix:/run/sstp/tls.sock; after a TLS terminator http://127.0.0.1:8080 or http://unix:/run/sstp/http.sock")
GOOD = (0, "configuration OK\n", "")


class Desk:
    """A folder with the files that the two ends' settings name."""

    def __init__(self, sstp, folder, pki):
        self.sstp, self.folder, self.pki = sstp, folder, pki
        self.users = self.file("users", "ann * secret *\n")
        self.password = self.file("password", "secret\n")
        self.serve_settings = (f"cert = {pki.server.cert}\nkey = {pki.server.key}\nusers = {self.users}\n"
                               "ipv4-network = 10.9.0.0/24\n")
        self.connect_settings = f"server = vpn.example.net\nuser = ann\nca-cert = {pki.ca}\n"

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def run(self, *argv, **env):
        plain = {k: v for k, v in os.environ.items() if not k.startswith("SSTP")}
        done = subprocess.run([self.sstp, *map(str, argv)], capture_output=True, text=True, timeout=PATIENCE,
                              stdin=subprocess.DEVNULL, env={**plain, **env}, start_new_session=True)
        return done.returncode, done.stdout, done.stderr

    def check(self, verb, text, *argv, **env):
        return self.run(verb, "--config", self.file(f"{verb}.conf", text), "--check", *argv, **env)

    def complains(self, verb, text, *argv, **env):
        """The one line on standard error of a check that fails."""
        status, out, err = self.check(verb, text, *argv, **env)
        assert (status, out) == (2, "")
        assert err.startswith(f"sstp {verb}: ") and err.count("\n") == 1, err
        return err.removeprefix(f"sstp {verb}: ").removesuffix("\n").replace(f"{self.folder}/", "")


@pytest.fixture
def desk(sstp, tmp_path, pki):
    return Desk(sstp, tmp_path, pki)


def test_a_whole_file_for_each_verb_is_good(desk):
    connect = desk.connect_settings + f"""
# a comment
 ; another
password-file = {desk.password}
auth = mschapv2, chap,pap
servercert = {desk.pki.server.pin}
servercert = {desk.pki.server.fingerprint}
verify-name = vpn.example.org
sni = vpn.example.com
min-tls = 1.3
min-hash = sha256
legacy-ciphers = no
ipv4-only = yes
timeout = 5
interface = office%d
mtu = 1300
no-default-route = yes
route = 10.0.0.0/8
route = 2001:db8::/32
table = 100
no-dns = on
no-ipv6 = true
script = /etc/vpnc/vpnc-script --with "an argument" # not a comment
once = 0
keep-trying = off
background = 1
pid-file = /run/sstp.pid
quiet = yes
log-json = yes
log-time = yes
"""
    assert desk.check("connect", connect) == GOOD
    serve = desk.serve_settings + """
listen = 443
listen = 192.0.2.1:4443
listen = [2001:db8::1]:443
listen = *:5443
listen = :6443
listen = localhost:7443
listen = [::1%lo]:8443
auth = mschapv2,pap
name = office
dns = 10.9.0.1
dns = 10.9.0.53
nbns = 10.9.0.1
client-to-client = yes
max-sessions = 10
user-sessions = 2
keep-old-session = yes
max-failures = 0
interface = vpn0
mtu = 1400
no-ipv6 = yes
background = yes
pid-file = /run/sstpd.pid
"""
    assert desk.check("serve", serve) == GOOD
    assert desk.check("probe", f"server = vpn.example.net:4443\nca-cert = {desk.pki.ca}\n") == GOOD


@pytest.mark.parametrize("line, words", [
    ("usr = ann", "unknown option usr; did you mean user?"),
    ("password = secret", "unknown option password; a password never comes from the command line; --password-file FILE, "
     "--passwd-on-stdin or SSTP_PASSWORD give it"),
    ("colour = blue", "unknown option colour; sstp connect --help lists the options"),
    ("mtu = 99", "mtu = 99: must be from 576 to 4087"),
    ("mtu = 4088", "mtu = 4088: must be from 576 to 4087"),
    ("mtu = 1400 bytes", "mtu = 1400 bytes: must be from 576 to 4087"),
    ("no-dns = maybe", "no-dns = maybe: must be yes or no"),
    ("route = 10.0.0.0/33", "route = 10.0.0.0/33: must be a network such as 10.0.0.0/8, 10.0.0.0/255.0.0.0 or 2001:db8::/32"),
    ("auth = mschapv2, eap", "auth = mschapv2, eap: eap is not supported; these are: mschapv2, eap-mschapv2, peap, eap-tls, chap, pap"),
    ("auth = pap,pap", "auth = pap,pap: pap is named twice"),
    ("user =", "user = : must not be empty"),
    ("min-tls = 1.1", "min-tls = 1.1: must be 1.2 or 1.3"),
    ("min-hash = md5", "min-hash = md5: must be sha1 or sha256"),
    ("server = h:99999",
     "server = h:99999: must be HOST or HOST:PORT, an IPv6 address with a port in brackets: "
     "the port is not a number from 1 to 65535"),
    ("server = h:443:443",
     "server = h:443:443: must be HOST or HOST:PORT, an IPv6 address with a port in brackets: "
     "it has several colons and is not an IPv6 address; with a port that is written [::1]:443"),
    ("timeout = 0", "timeout = 0: must be a number of seconds, from 1 to 3600, without a unit"),
    ("interface = much-too-long-a-name",
     "interface = much-too-long-a-name: must be a device's name: at most 15 characters, no / : or blank"),
    ("table = main", "table = main: must be a number from 0 to 1000000000"),
    ("password-fd = 3", "password-fd is allowed on the command line only"),
    ("config = other.conf", "config is allowed on the command line only"),
    ("user", "must be: key = value, such as user = ann or once = yes"),
    ("no-dns", "must be: key = value, such as user = ann or once = yes"),
    ("[connect]\nuser = ann", None),
])
def test_a_wrong_line_of_the_file_is_reported_with_its_number(desk, line, words):
    said = desk.complains("connect", "# first\nuser = ann\n\n" + line + "\nonce = yes\n")
    if words:
        assert said == f"connect.conf:4: {words}"
    else:
        assert said == "connect.conf:5: in section [connect]: there are no sections here; a file is for one verb"


@pytest.mark.parametrize("line, words", [
    ("listen = vpn.example.net", f"{LISTEN}: this must be an IP address, not a name"),
    ("listen = 0", f"{LISTEN}: the port is not a number from 1 to 65535"),
    ("listen = *:65536", f"{LISTEN}: the port is not a number from 1 to 65535"),
    ("listen = [::1%nowhere0]:443", f"{LISTEN}: this host has no interface of the name after the %"),
    ("workers = 1000", "must be from 1 to 64, or 0 for one a core"),
    ("workers = two", "must be from 1 to 64, or 0 for one a core"),
    ("ipv4-network = 10.9.0.0/31", "must be an IPv4 network of /8 to /30, such as 10.9.0.0/24"),
    ("ipv4-network = 127.0.0.0/8", "hosts cannot have these addresses; use for example 10.9.0.0/24"),
    ("ipv4-network = 224.0.0.0/24", "hosts cannot have these addresses; use for example 10.9.0.0/24"),
    ("ipv4-network = fd00::/64", "must be an IPv4 network of /8 to /30, such as 10.9.0.0/24"),
    ("dns = fe80::1", "clients cannot reach this address"),
    ("dns = 10.9.0.1\ndns = 10.9.0.2\ndns = 10.9.0.3", "at most two can be given, since PPP has room for two"),
    ("max-sessions = -1", "must be a number from 0 to 1000000000"),
    ("max-sessions = 99999999999", "must be a number from 0 to 1000000000"),
    ("auth = ms-chap", "ms-chap is not supported; these are: mschapv2, eap-mschapv2, peap, eap-tls, chap, pap"),
])
def test_a_wrong_line_of_the_servers_file_too(desk, line, words):
    last = line.splitlines()[-1]
    assert desk.complains("serve", line + "\n") == f"serve.conf:{len(line.splitlines())}: {last}: {words}"


@pytest.mark.parametrize("missing, words", [
    ("cert", "no certificate: --cert FILE (sstp cert makes one)"),
    ("users", "no user file: --users FILE (sstp passwd makes one)"),
    ("ipv4-network", "no addresses for clients: --ipv4-network 10.9.0.0/24"),
])
def test_what_a_server_cannot_do_without(desk, missing, words):
    lines = [line for line in desk.serve_settings.splitlines(True) if not line.startswith(missing)]
    assert desk.complains("serve", "".join(lines)) == words


def test_what_a_client_cannot_do_without(desk):
    assert desk.complains("connect", "user = ann\n") == "no server: sstp connect HOST"
    assert desk.complains("connect", "server = vpn.example.net\n") == "no user name: --user NAME"
    assert desk.complains("probe", "") == "no server: sstp probe HOST"


def test_what_contradicts_itself(desk):
    assert desk.complains("connect", desk.connect_settings, "--once", "--keep-trying") == \
        "--once and --keep-trying contradict each other"
    assert desk.complains("connect", desk.connect_settings, "-4", "-6") == \
        "--ipv4-only and --ipv6-only exclude each other"
    assert desk.complains("connect", "user = ann\n", "one.example", "two.example") == \
        "two.example: only one server can be given (already: one.example)"


def test_check_looks_into_the_servers_files(desk):
    settings = desk.serve_settings
    desk.file("bad-users", "ann * secret *\nbob *\n")
    other = desk.pki.identity("other-key", "DNS:vpn.example.net")
    assert desk.complains("serve", settings, "--users", "/nowhere/users") == "--users /nowhere/users: No such file or directory"
    assert desk.complains("serve", settings, "--users", desk.folder / "bad-users").startswith(
        "--users bad-users:2: a line must be CLIENT SERVER SECRET ADDRESS, and this one ends before the secret")
    assert desk.complains("serve", settings, "--cert", "/nowhere/cert") == \
        "--cert /nowhere/cert: No such file or directory"
    assert desk.complains("serve", settings, "--cert", desk.pki.server.key).endswith(
        "server.key: no certificate in it (must be PEM)")
    assert "is not the key of the certificate in" in desk.complains("serve", settings, "--key", other.key)
    der = desk.folder / "key.der"
    der.write_bytes(openssl("pkey", "-in", desk.pki.server.key, "-outform", "der"))
    assert desk.complains("serve", settings, "--key", der) == "key.der is DER and must be PEM: openssl pkey -inform der -in key.der"
    huge = desk.pki.identity("huge-key", "DNS:vpn.example.net", key="rsa:5120")
    assert desk.complains("serve", settings, "--cert", huge.cert, "--key", huge.key).endswith(
        "cannot be used: RSA of 2048 to 4096 bits, ECDSA with P-256, P-384 or P-521, or Ed25519 can; this one's key is RSA 5120 bit")
    assert desk.complains("serve", settings, "--cert", other.cert, "--cert", other.cert).startswith(
        "2 times --cert and 1 times --key: give each certificate its key")


def test_check_looks_into_the_clients_files(desk):
    settings = desk.connect_settings
    assert desk.complains("connect", settings, "--ca-cert", "/nowhere/ca") == \
        "--ca-cert /nowhere/ca: No such file or directory"
    assert desk.complains("connect", settings, "--ca-cert", desk.users) == \
        "--ca-cert users: no usable certificate of an authority in it (must be PEM)"
    assert desk.complains("connect", settings, "--servercert", "pin-sha256:abc").startswith(
        '--servercert pin-sha256:abc: must be pin-sha256: and 44 characters of base64')
    assert desk.complains("connect", settings, "--password-file", "/nowhere/password") == \
        "--password-file /nowhere/password: No such file or directory"


def test_an_encrypted_key_wants_its_password(desk):
    key = desk.folder / "encrypted.key"
    subprocess.run(["openssl", "pkcs8", "-topk8", "-in", desk.pki.server.key, "-out", key, "-passout", "pass:open",
                    "-v2", "aes-256-cbc"], check=True)
    key.chmod(0o600)
    settings = desk.serve_settings
    assert desk.complains("serve", settings, "--key", key) == \
        "--key encrypted.key: the key is encrypted, and no password was given for it"
    assert "encrypted.key: the private key cannot be read (is the password right?)" in desk.complains(
        "serve", settings, "--key", key, "--key-password-file", desk.file("wrong", "shut\n"))
    assert desk.check("serve", settings, "--key", key, "--key-password-file", desk.file("right", "open\n")) == GOOD


def test_a_file_that_is_not_there_is_named(desk):
    assert desk.run("connect", "--config", "/nowhere/office.conf", "--check") == \
        (2, "", "sstp connect: --config /nowhere/office.conf: No such file or directory\n")


def test_a_file_that_cannot_be_read_is_not_an_empty_one(desk):
    settings = ("connect", "--check", "--user", "ann", "--ca-cert", desk.pki.ca, "vpn.example.net")
    assert desk.run(*settings, "--config", desk.folder) == (2, "", f"sstp connect: --config {desk.folder}: Is a directory\n")


def test_lines_are_counted_past_an_overlong_one(desk):
    assert desk.complains("connect", f"user = ann\n# {'x' * 5000}\nmtu = 5\n") == \
        "connect.conf:3: mtu = 5: must be from 576 to 4087"


# ---- precedence: a wrong value shows which source was used


def test_the_environment_is_read_and_named(desk):
    assert desk.check("connect", "", SSTP_SERVER="vpn.example.net", SSTP_USER="ann", SSTP_NO_DNS="yes",
                      SSTP_CA_CERT=str(desk.pki.ca)) == GOOD
    assert desk.complains("connect", desk.connect_settings, SSTP_MTU="5") == "SSTP_MTU=5: must be from 576 to 4087"


def test_a_variable_may_hold_a_list(desk):
    routes = "10.0.0.0/8 192.168.7.0/24,172.16.0.0/12\n"
    assert desk.check("connect", desk.connect_settings, SSTP_ROUTE=routes) == GOOD
    assert desk.complains("connect", desk.connect_settings, SSTP_ROUTE="10.0.0.0/8 nonsense") == \
        "SSTP_ROUTE=10.0.0.0/8 nonsense: must be a network such as 10.0.0.0/8, 10.0.0.0/255.0.0.0 or 2001:db8::/32"
    assert desk.check("serve", desk.serve_settings, SSTP_LISTEN="443,4443", SSTP_DNS="10.0.0.1 10.0.0.2") == GOOD
    assert desk.complains("serve", desk.serve_settings, SSTP_DNS="10.0.0.1 10.0.0.2 10.0.0.3").endswith(
        "at most two can be given, since PPP has room for two")


@pytest.mark.parametrize("verb", ["connect", "run", "proxy", "serve"])
def test_options_of_the_command_line_alone(desk, verb):
    """Descriptors, and options that are not settings: a container sets everything else with its environment."""
    options = re.findall(r"^  (?:-\w, |    )--([a-z0-9-]+)", desk.run(verb, "--help")[1], re.M)
    only_here = {o for o in options if "command line only" in desk.check(verb, f"{o} = x\n")[2]}
    assert only_here - {"password-fd", "passwd-on-stdin", "tun-fd", "ready-fd", "exit-fd"} == {"config", "check", "help"}
    assert {"log-json", "mtu"} < set(options)


def test_the_environment_may_name_the_file(desk):
    path = desk.file("office.conf", "mtu = 5\n")
    assert desk.run("connect", "--check", SSTP_CONFIG=str(path))[2] == \
        f"sstp connect: {path}:1: mtu = 5: must be from 576 to 4087\n"


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(desk):
    no_ca = "{}/nowhere/{}: No such file or directory"
    settings = desk.connect_settings.replace(str(desk.pki.ca), "/nowhere/file")
    assert desk.complains("connect", settings) == no_ca.format("connect.conf:3: ca-cert = ", "file")
    assert desk.complains("connect", settings, SSTP_CA_CERT="/nowhere/environment") == no_ca.format("SSTP_CA_CERT=", "environment")
    assert desk.complains("connect", settings, "--ca-cert", "/nowhere/line",
                          SSTP_CA_CERT="/nowhere/environment") == no_ca.format("--ca-cert ", "line")


def test_a_stronger_list_replaces_a_weaker_one(desk):
    settings = desk.connect_settings + "servercert = nonsense\n"
    assert desk.complains("connect", settings).startswith("connect.conf:4: servercert = nonsense: must be pin-")
    assert desk.check("connect", settings, SSTP_SERVERCERT=desk.pki.server.pin) == GOOD
    assert desk.check("connect", settings, "--servercert", desk.pki.server.pin,
                      SSTP_SERVERCERT="nonsense too") == GOOD


def test_the_environment_can_turn_off_a_flag_of_the_file(desk):
    settings = desk.connect_settings + "ipv4-only = yes\nipv6-only = yes\n"
    assert desk.complains("connect", settings) == "--ipv4-only and --ipv6-only exclude each other"
    assert desk.check("connect", settings, SSTP_IPV4_ONLY="no") == GOOD


# ---- passwords


@pytest.mark.parametrize("options, words", [
    (["--passwd-on-stdin"], "standard input: nothing to read"),
    (["--password-file", "/nowhere/password"], "--password-file /nowhere/password: No such file or directory"),
    (["--password-fd", "77"], "--password-fd 77: there is no open descriptor 77; a shell opens one with 77<FILE"),
    ([], "no password: no terminal to ask on; use --password-file, --passwd-on-stdin or the variable SSTP_PASSWORD"),
])
def test_without_a_password_there_is_no_attempt(desk, options, words):
    status, out, err = desk.run("connect", "--user", "ann", "vpn.example.net", *options)
    assert (status, out, err) == (2, "", f"sstp connect: {words}\n")


def test_words_as_people_write_them(desk):
    quoted = desk.connect_settings.replace("server = vpn.example.net", 'server = "vpn.example.net" # the office')
    assert desk.check("connect", quoted) == GOOD
    status, _, err = desk.check("connect", desk.connect_settings, SSTP_USER="ann ", SSTP_NODNS="yes")
    assert status == 0
    assert "SSTP_USER: blanks at the ends of the value are removed" in err
    assert "did you mean SSTP_NO_DNS?" in err
    assert desk.complains("connect", desk.connect_settings, SSTP_USER="an\nn").startswith("SSTP_USER: must not contain")
    assert desk.check("connect", desk.connect_settings, SSTP_PASSWORD="secret\n") == GOOD
    assert "SSTP_PASSWORD: " in desk.complains("connect", desk.connect_settings, SSTP_PASSWORD="sec\nret")
    assert desk.run("connect", "ann@vpn.example.net", "--ca-cert", desk.pki.ca, "--check") == GOOD
    assert desk.run("connect", "https://ann@vpn.example.net/x", "--ca-cert", desk.pki.ca, "--check") == GOOD
    for done in (desk.run("connect", "ann:secret@vpn.example.net", "--check"),
                 desk.run("connect", "--check", SSTP_SERVER="sstp://ann:secret@vpn.example.net")):
        assert "must not hold a password" in done[2] and "secret" not in done[2]


def test_a_password_in_the_environment_that_is_too_long_is_an_error(desk):
    status, out, err = desk.run("connect", "--user", "ann", "vpn.example.net", SSTP_PASSWORD="x" * 512)
    assert (status, out, err) == (2, "", "sstp connect: SSTP_PASSWORD: longer than 511 bytes\n")


# ---- files of the wrong kind


NOT_UTF8 = "this is not UTF-8 text (it has a NUL byte, or the mark of UTF-16)"


@pytest.mark.parametrize("content, words", [
    ("user = ann\n".encode("utf-16"), NOT_UTF8),
    ("user = ann\n".encode("utf-16-le"), NOT_UTF8),
    (b"\xfe\xff" + "user = ann\n".encode("utf-16-be"), NOT_UTF8),
    (b"user = ann\nro\0ute = 10.0.0.0/8\n", NOT_UTF8),
    (b"user = ann\n\0", NOT_UTF8),
    (b"# a comment\n" * 100000, "longer than 1 MiB"),
    (b"#" * (1 << 21), "longer than 1 MiB"),
], ids=["utf-16 with a mark", "utf-16", "utf-16 of the other order", "a zero byte", "a zero byte at the end", "many lines",
        "one long line"])
def test_a_settings_file_that_is_not_text(desk, content, words):
    path = desk.folder / "strange.conf"
    path.write_bytes(content)
    assert desk.run("connect", "--config", path, "--check") == (2, "", f"sstp connect: --config {path}: {words}\n")


@pytest.mark.parametrize("edit", [
    lambda text: b"\xef\xbb\xbf" + text,
    lambda text: text.replace(b"\n", b"\r\n"),
    lambda text: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"),
    lambda text: text.rstrip(b"\n"),
    lambda text: text.replace(b"user = ann", b"user\t=\tann"),
])
def test_a_settings_file_of_another_system(desk, edit):
    path = desk.folder / "windows.conf"
    path.write_bytes(edit(desk.connect_settings.encode()))
    assert desk.run("connect", "--config", path, "--check") == GOOD


def test_a_settings_file_from_a_pipe_and_none(desk):
    settings = desk.file("pipe.conf", desk.connect_settings)
    done = subprocess.run(["sh", "-c", 'cat "$1" | "$0" connect --config /dev/stdin --check', desk.sstp, settings],
                          capture_output=True, text=True, timeout=PATIENCE, env={"PATH": os.environ["PATH"]})
    assert (done.returncode, done.stdout, done.stderr) == GOOD
    fifo = desk.folder / "fifo"
    os.mkfifo(fifo)
    assert desk.run("connect", "--config", fifo, "--check") == \
        (2, "", f"sstp connect: --config {fifo}: no program writes to this FIFO\n")
    writer = subprocess.Popen(["sh", "-c", 'cat "$0" >"$1"', settings, fifo])
    try:
        assert desk.run("connect", "--config", fifo, "--check") == GOOD
    finally:
        writer.kill()
        writer.wait()


def test_a_settings_file_that_is_a_device_or_not_ours(desk):
    assert desk.run("connect", "--config", "/dev/zero", "--check") == (2, "", f"sstp connect: --config /dev/zero: {NOT_UTF8}\n")
    closed = desk.file("closed.conf", desk.connect_settings)
    closed.chmod(0)
    done = subprocess.run(["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--reuid", "54321", "--clear-groups",
                           "sh", "-c", 'exec "$0" connect --config "$1" --check </dev/null', "/proc/self/fd/9", closed],
                          capture_output=True, text=True, timeout=PATIENCE, preexec_fn=lambda: os.dup2(
                              os.open(desk.sstp, os.O_RDONLY), 9), pass_fds=[9])
    assert done.returncode == 2 and done.stderr.endswith("Permission denied\n"), done.stderr


@pytest.mark.parametrize("content, words", [
    ("secret\n".encode("utf-16"), "a zero byte in the password, as UTF-16 has: it must be UTF-8"),
    (b"sec\0ret\n", "a zero byte in the password, as UTF-16 has: it must be UTF-8"),
    (b"x" * 600, "longer than 511 bytes"),
    (b"", "nothing to read"),
], ids=["utf-16", "a zero byte", "too long", "empty"])
def test_a_password_file_that_is_not_text(desk, content, words):
    path = desk.folder / "strange"
    path.write_bytes(content)
    assert desk.complains("connect", desk.connect_settings, "--password-file", path) == f"--password-file strange: {words}"


def test_a_password_file_that_is_not_a_file(desk):
    assert desk.complains("connect", desk.connect_settings, "--password-file", desk.folder).endswith("Is a directory")
    os.mkfifo(desk.folder / "fifo")
    assert desk.complains("connect", desk.connect_settings, "--password-file", desk.folder / "fifo") == \
        "--password-file fifo: no program writes to this FIFO"
    assert "zero byte" in desk.complains("connect", desk.connect_settings, "--password-file", "/dev/zero")


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfsecret\r\n", b"secret\r\n", b"secret", b"secret\nmore\n"])
def test_a_password_file_of_another_system(desk, content):
    path = desk.folder / "password-of-windows"
    path.write_bytes(content)
    assert desk.check("connect", desk.connect_settings, "--password-file", path) == GOOD


def test_an_error_of_a_variable_names_it(desk):
    assert desk.run("connect", "--check", SSTP_CONFIG="/nowhere/office.conf") == \
        (2, "", "sstp connect: SSTP_CONFIG=/nowhere/office.conf: No such file or directory\n")
    plain = desk.connect_settings.replace(f"ca-cert = {desk.pki.ca}\n", "")
    assert desk.complains("connect", plain, SSL_CERT_FILE="/nowhere/ca") == \
        "SSL_CERT_FILE=/nowhere/ca: cannot read the certificate authorities: No such file or directory"
    assert desk.complains("connect", plain, SSL_CERT_FILE=str(desk.users)) == \
        "SSL_CERT_FILE=users: no usable certificate of an authority in it (must be PEM)"
    assert desk.check("connect", plain, SSL_CERT_FILE=str(desk.pki.ca)) == GOOD
    for name, value in (("SSTP_MTU", "5"), ("SSTP_SERVER", "vpn:0"), ("SSTP_TIMEOUT", "soon"), ("SSTP_ROUTE", "x"),
                        ("SSTP_AUTH", "eap"), ("SSTP_NO_DNS", "perhaps"), ("SSTP_RESOLVE", "x")):
        assert desk.complains("connect", desk.connect_settings, **{name: value}).startswith(f"{name}={value}: ")


@pytest.mark.parametrize("user", ["CORP\\ann", "ann@vpn.example.net", "CORP\\ann@vpn.example.net", "änn"])
def test_users_of_domains(desk, user):
    host = "vpn.example.net"
    settings = desk.connect_settings.replace("user = ann\n", "")
    assert desk.check("connect", settings, "--user", user) == GOOD
    assert desk.check("connect", settings + f"user = {user}\n") == GOOD
    assert desk.check("connect", settings, SSTP_USER=user) == GOOD
    assert desk.run("connect", "--ca-cert", desk.pki.ca, f"{user}@{host}", "--check") == GOOD


# ---- files that variables, and lines of a file, name


FILES = [
    ("connect", "SSTP_PASSWORD_FILE"), ("connect", "SSTP_CA_CERT"), ("connect", "SSTP_CRL"), ("connect", "SSTP_CONFIG"),
    ("run", "SSTP_PASSWORD_FILE"), ("run", "SSTP_CA_CERT"), ("proxy", "SSTP_LISTEN_PASSWORD_FILE"), ("probe", "SSTP_CA_CERT"),
    ("probe", "SSTP_CRL"), ("serve", "SSTP_CERT"), ("serve", "SSTP_KEY"), ("serve", "SSTP_USERS"),
    ("serve", "SSTP_KEY_PASSWORD_FILE"), ("serve", "SSTP_CONFIG"),
]


# Authorities may be a folder of certificates.
CANNOT_BE_READ = [(verb, variable, is_there) for verb, variable in FILES for is_there in (False, True)
                  if not (is_there and variable == "SSTP_CA_CERT")]


@pytest.mark.parametrize("checks", [True, False], ids=["check", "start"])
@pytest.mark.parametrize("verb, variable, is_there", CANNOT_BE_READ)
def test_a_file_that_a_variable_names_and_that_cannot_be_read(desk, verb, variable, is_there, checks):
    path, why = (desk.folder, "Is a directory") if is_there else ("/nowhere/file", "No such file or directory")
    env = {"SSTP_USER": "ann", "SSTP_SERVER": "127.0.0.1:1", variable: str(path)}
    if verb == "serve":
        env |= {"SSTP_CERT": str(desk.pki.server.cert), "SSTP_KEY": str(desk.pki.server.key),
                "SSTP_USERS": str(desk.users), "SSTP_IPV4_NETWORK": "10.9.0.0/24", variable: str(path)}
        del env["SSTP_USER"], env["SSTP_SERVER"]
    command = ["--", "true"] if verb in ("run", "proxy") else []
    assert desk.run(verb, *(["--check"] if checks else []), *command, **env) == \
        (2, "", f"sstp {verb}: {variable}={path}: {why}\n")


@pytest.mark.parametrize("verb, variable", [f for f in FILES if f[1] != "SSTP_CONFIG"], ids=lambda value: value)
def test_a_file_that_a_line_names_and_that_cannot_be_read(desk, verb, variable):
    key = variable.removeprefix("SSTP_").lower().replace("_", "-")
    line = f"{key} = /nowhere/file"
    assert desk.complains(verb, f"# first\n{line}\n") == f"{verb}.conf:2: {line}: No such file or directory"


@pytest.mark.parametrize("verb, variable, words", [
    ("connect", "SSTP_CA_CERT", "no usable certificate of an authority in it (must be PEM)"),
    ("connect", "SSTP_CRL", "no revocation list in it"),
    ("connect", "SSTP_PASSWORD_FILE", "nothing to read"),
    ("serve", "SSTP_CERT", "no certificate in it (must be PEM)"),
    ("serve", "SSTP_KEY", ""),
    ("serve", "SSTP_KEY_PASSWORD_FILE", "nothing to read"),
])
def test_a_file_that_a_variable_names_and_that_holds_something_else(desk, verb, variable, words):
    path = desk.file("empty", "")
    settings = desk.serve_settings if verb == "serve" else desk.connect_settings
    assert desk.complains(verb, settings, **{variable: str(path)}).startswith(f"{variable}=empty: {words}")


def test_a_file_that_is_not_used_does_not_matter(desk):
    settings = desk.connect_settings + "password-file = /nowhere/password\n"
    assert desk.check("connect", settings, "--password-file", desk.password) == GOOD
    assert desk.check("connect", settings, SSTP_PASSWORD_FILE=str(desk.password)) == GOOD
    assert desk.check("connect", desk.connect_settings, "--ca-cert", desk.pki.ca, SSTP_CA_CERT="/nowhere/ca") == GOOD


@pytest.mark.parametrize("folder, why", [
    ("relative", "must be one folder, with an absolute path"),
    ("/tmp:/var", "must be one folder, with an absolute path"),
    ("/nowhere/state", "No such file or directory"),
    ("/etc/passwd", "Not a directory"),
])
def test_a_state_directory_that_is_none(desk, folder, why):
    status, out, err = desk.check("serve", desk.serve_settings, STATE_DIRECTORY=folder)
    assert (status, out) == GOOD[:2]
    assert err == f"warn: STATE_DIRECTORY={folder}: {why}; the clients' addresses are remembered in /run/sstp\n"
    assert desk.check("serve", desk.serve_settings, "--leases", desk.folder / "leases", STATE_DIRECTORY=folder) == GOOD
    assert desk.check("serve", desk.serve_settings, STATE_DIRECTORY=str(desk.folder)) == GOOD
