# SPDX-License-Identifier: GPL-3.0-or-later
"""Other targets for the tunnel's packets: an existing network namespace, a descriptor, a program."""
import os
import re
import shutil
import signal
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab import GATEWAY, INSIDE, NAME, RESOLV_CONF, SERVER, SILENT, eventually
from ordinary import NAMES, USER, Ordinary, Web, as_user, needs_user_namespaces

OWN = "10.9.0.77"  # the fixed address of a user
USERS = f'ann * "wonder land" {OWN}\n'


@pytest.fixture(autouse=True)
def way_behind(lab):
    lab.server.sysctl("net.ipv4.ip_forward", 1)


@pytest.fixture
def ordinary(lab):
    needs_user_namespaces()
    return Ordinary(lab)


@pytest.fixture
def web(lab):
    made = Web(lab.inside)
    yield made
    made.close()


@contextmanager
def named(host, name):
    """A namespace as ip-netns(8) makes it."""
    host.run("ip", "netns", "add", name)
    try:
        yield lambda *argv, **more: host.run("ip", "netns", "exec", name, *argv, **more)
    finally:
        host.run("ip", "netns", "del", name, check=False)  # the test may have done it
        host.run("rm", "-rf", "/etc/netns")


class Container:
    """What an ordinary user has when it makes a container: namespaces, and a process that holds them."""

    def __init__(self, lab, *, mounts="", flags="-Urn", hold="exec sleep 1000"):
        self.host = lab.client
        self.holder = lab.start(lab.client, *as_user("unshare", *flags.split(), "sh", "-ec",
                                                     f"{mounts}\necho holds; {hold}"), label="container")
        self.holder.wait_for("^holds$")
        self.pid = self.holder.pid

    def run(self, *argv, **more):
        return self.host.run(*as_user("nsenter", "-t", self.pid, "-U", "-n", "-m", "--preserve-credentials", "--", *argv),
                             **more)

    def end(self):
        self.holder.kill()


@pytest.fixture
def container(lab, ordinary):
    made = Container(lab, flags="-Urnm")
    yield made
    made.end()


def digest_in(run):
    return run("sh", "-c", f"curl -sS http://{INSIDE}/ | sha256sum").stdout.split()[0]


# ---- by name, as root


def test_by_name(lab, both, web):
    lab.serve("--dns", NAMES)
    before = lab.client.state()
    with named(lab.client, "blue") as run:
        client = lab.connect("--netns", "blue")
        assert lab.client.state() == before
        assert lab.client.resolv_conf.read_text() == RESOLV_CONF
        assert set(re.findall(r"inet ([\d.]+)", run("ip", "addr", "show", "sstp0").stdout)) == {"10.9.0.2"}
        assert f"nameserver {NAMES}\n" in run("cat", "/etc/resolv.conf").stdout
        assert digest_in(run) == web.digest
        assert client.stop() == 0
        assert "sstp0" not in run("ip", "link").stdout
        assert not (lab.client.etc / "netns/blue").exists()
        assert lab.client.resolv_conf.read_text() == RESOLV_CONF


def test_its_own_resolv_conf_is_restored(lab):
    lab.serve("--dns", NAMES)
    with named(lab.client, "blue") as run:
        own = lab.client.etc / "netns/blue/resolv.conf"
        own.parent.mkdir(parents=True)
        own.write_text("nameserver 10.66.0.1\nsearch blue.test\n")
        client = lab.connect("--netns", "blue")
        text = run("cat", "/etc/resolv.conf").stdout
        assert f"nameserver {NAMES}\n" in text and "search blue.test" in text and "10.66.0.1" not in text
        assert client.stop() == 0
        assert own.read_text() == "nameserver 10.66.0.1\nsearch blue.test\n"


def test_its_new_resolv_conf_is_for_all_users_whatever_the_umask(lab):
    lab.serve("--dns", NAMES)
    with named(lab.client, "blue"):
        client = lab.connect("--netns", "blue", umask=0o077)
        folder = lab.client.etc / "netns"
        modes = [p.stat().st_mode & 0o777 for p in (folder, folder / "blue", folder / "blue/resolv.conf")]
        assert modes == [0o755, 0o755, 0o644]
        assert client.stop() == 0
        assert not folder.exists()


def test_name_servers_and_search_domains_of_ones_own(lab):
    lab.serve("--dns", NAMES)
    with named(lab.client, "blue") as run:
        own = lab.client.etc / "netns/blue/resolv.conf"
        own.parent.mkdir(parents=True)
        own.write_text("nameserver 10.66.0.1\nsearch blue.test\n")
        client = lab.connect("--netns", "blue", "--no-default-route", "--dns", "10.66.0.2", "--search", "corp.test")
        assert run("cat", "/etc/resolv.conf").stdout.splitlines()[1:] == [
            "nameserver 10.66.0.2", "search corp.test blue.test"]
        assert run("ip", "route", "show", "dev", "sstp0").stdout.split()[0] == "10.66.0.2"
        assert client.stop() == 0
        assert own.read_text() == "nameserver 10.66.0.1\nsearch blue.test\n"


@pytest.mark.parametrize("when", ["connecting", "connected"])
def test_after_a_crash_the_next_one_removes_the_folders(lab, when):
    lab.serve("--dns", NAMES)
    with named(lab.client, "blue"):
        netns = lab.client.etc / "netns"
        if when == "connected":
            lab.connect("--netns", "blue").kill()
            assert f"nameserver {NAMES}\n" in (netns / "blue/resolv.conf").read_text()
        else:
            crashed = lab.connect("--netns", "blue", to=SILENT.replace(".0", ".1"), wait=False)
            eventually("its folder is there", (netns / "blue").is_dir)
            crashed.kill()
        assert (netns / "blue").is_dir()
        assert lab.connect("--netns", "blue").stop() == 0
        assert not netns.exists()


def test_after_a_crash_the_folders_of_others_stay(lab):
    lab.serve("--dns", NAMES)
    with named(lab.client, "blue"):
        others = lab.client.etc / "netns/red/resolv.conf"
        others.parent.mkdir(parents=True)
        others.write_text("nameserver 10.66.0.1\n")
        lab.connect("--netns", "blue").kill()
        more = lab.client.etc / "netns/blue/hosts"
        more.write_text("10.66.0.1 one\n")
        assert lab.connect("--netns", "blue").stop() == 0
        assert [path.name for path in more.parent.iterdir()] == ["hosts"]
        assert others.read_text() == "nameserver 10.66.0.1\n"


def test_after_a_crash_the_next_one_restores_it(lab):
    lab.serve("--dns", NAMES)
    with named(lab.client, "blue"):
        own = lab.client.etc / "netns/blue/resolv.conf"
        own.parent.mkdir(parents=True)
        own.write_text("nameserver 10.66.0.1\n")
        lab.connect("--netns", "blue").kill()
        assert "10.66.0.1" not in own.read_text()
        assert lab.connect("--netns", "blue").stop() == 0
        assert own.read_text() == "nameserver 10.66.0.1\n"


def test_a_reconnect(lab, web):
    server = lab.serve("--dns", NAMES)
    with named(lab.client, "blue") as run:
        client = lab.connect("--netns", "blue")
        index = run("cat", "/sys/class/net/sstp0/ifindex").stdout
        server.kill()
        client.wait_for("next try in")
        assert "0.0.0.0/1 dev sstp0" in run("ip", "route").stdout, "packets might leave another way"
        lab.serve("--dns", NAMES)
        client.wait_for("^connected in ", count=2)
        assert run("cat", "/sys/class/net/sstp0/ifindex").stdout == index
        assert f"nameserver {NAMES}\n" in run("cat", "/etc/resolv.conf").stdout
        assert digest_in(run) == web.digest
        assert client.stop() == 0


def test_two_of_them_and_our_own(lab):
    lab.serve()
    with named(lab.client, "blue") as blue, named(lab.client, "red") as red:
        clients = [lab.connect("--netns", "blue"), lab.connect("--netns", "red"), lab.connect()]
        for run in (blue, red, lab.client.run):
            assert "1 received" in run("ping", "-c1", "-W60", GATEWAY).stdout
        assert [c.stop() for c in clients] == [0, 0, 0]
        assert not [c.said for c in clients if "warn" in c.said]


# ---- by process and by path, rootless


def test_by_process(lab, ordinary, container, web):
    lab.serve("--dns", NAMES)
    before = lab.client.state()
    client = ordinary.start("connect", "--netns", container.pid)
    client.wait_for("^connected in ")
    assert lab.client.state() == before
    assert digest_in(container.run) == web.digest
    assert "has the same /etc/resolv.conf as we have" in client.said
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF
    assert "warn" not in client.said, client.said
    assert client.stop() == 0
    assert "sstp0" not in container.run("cat", "/proc/net/dev").stdout


def test_it_ends_with_the_process(lab, ordinary, container):
    lab.serve()
    client = ordinary.start("connect", "--netns", container.pid)
    client.wait_for("^connected in ")
    container.end()
    assert client.wait() == 0
    client.wait_for(f"process {container.pid} has ended")


@pytest.mark.parametrize("with_userns", [False, True])
def test_by_path(lab, ordinary, container, web, with_userns):
    lab.serve("--dns", NAMES)
    userns = ["--userns", f"/proc/{container.pid}/ns/user"] if with_userns else []
    client = ordinary.start("connect", "--netns", f"/proc/{container.pid}/ns/net", *userns)
    client.wait_for("^connected in ")
    assert digest_in(container.run) == web.digest
    assert "its DNS is unchanged" in client.said
    assert client.stop() == 0


def test_root_is_allowed_too(lab, container, web):
    lab.serve()
    client = lab.connect("--netns", container.pid)
    assert digest_in(container.run) == web.digest
    assert client.stop() == 0


def test_its_resolv_conf(lab, ordinary):
    """In the process's own file system, whose links must not lead into ours."""
    outside = lab.client.run_folder / "target"
    outside.write_text("ours\n")
    outside.chmod(0o666)
    own = Container(lab, flags="-Urnm", mounts="""
        mount -t tmpfs none /mnt; cd /mnt; mkdir etc run bin proc; cp /bin/busybox bin/; ln -s busybox bin/sleep
        echo 'nameserver 10.66.0.1' >run/target; ln -s /run/target etc/resolv.conf
        """, hold="exec chroot /mnt sleep 1000")
    try:
        seen = Path(f"/proc/{own.pid}/root/run/target")
        eventually("it has its own root", lambda: seen.exists() and seen.read_text() != "ours\n")
        lab.serve("--dns", NAMES)
        client = ordinary.start("connect", "--netns", own.pid)
        client.wait_for("^connected in ")
        assert f"\nnameserver {NAMES}\n" in seen.read_text() and "\nnameserver 10.66.0.1" not in seen.read_text()
        assert client.stop() == 0
        assert seen.read_text() == "nameserver 10.66.0.1\n"
        assert outside.read_text() == "ours\n"
    finally:
        own.end()
        outside.unlink()


@pytest.mark.parametrize("make, complaint", [
    ("ln -s ../run/secret /etc/resolv.conf", "Permission denied|does not belong"),
    ("ln -s /run/secret /etc/resolv.conf", "Permission denied|does not belong"),
    ("ln -s /proc/1/root/run/secret /etc/resolv.conf", "symbolic link|Permission denied"),
    ("touch /etc/resolv.conf; mount --bind /run/secret /etc/resolv.conf", "Permission denied|does not belong"),
    ("touch /etc/resolv.conf; mount --bind /run/open /etc/resolv.conf", "does not belong"),
    ("mkfifo /etc/resolv.conf", "not a regular file"),
    ("ln -s /dev/zero /etc/resolv.conf", "not a regular file"),
    ("mkdir /etc/resolv.conf", "not a regular file"),
    ("ln -s resolv.conf /etc/resolv.conf", "symbolic link"),
    ("true", "No such file"),
])
def test_root_does_not_follow_links_of_users(lab, ordinary, make, complaint):
    """An ordinary user's process has a link to a file of root as its resolv.conf."""
    files = {name: lab.client.run_folder / name for name in ("secret", "open")}
    for file, mode in zip(files.values(), (0o600, 0o666)):
        file.write_text("root's\n")
        file.chmod(mode)
    own = Container(lab, flags="-Urnm", mounts=f"mount -t tmpfs none /etc; {make}")
    try:
        lab.serve("--dns", NAMES)
        client = lab.connect("--netns", own.pid)
        assert re.search(f"/etc/resolv.conf of process {own.pid} is not changed: .*({complaint})", client.said), client.said
        assert client.stop() == 0
        assert [file.read_text() for file in files.values()] == ["root's\n"] * 2
        assert [file.stat().st_uid for file in files.values()] == [0, 0]
    finally:
        own.end()
        for file in files.values():
            file.unlink()


def test_root_sets_the_dns_of_a_users_process(lab, ordinary):
    own = Container(lab, flags="-Urnm", mounts="mount -t tmpfs none /etc; echo 'nameserver 10.66.0.1' >/etc/file; "
                                               "ln -s ../etc/file /etc/resolv.conf")
    try:
        lab.serve("--dns", NAMES)
        client = lab.connect("--netns", own.pid)
        assert f"nameserver {NAMES}\n" in own.run("cat", "/etc/resolv.conf").stdout
        assert client.stop() == 0
        assert own.run("cat", "/etc/resolv.conf").stdout == "nameserver 10.66.0.1\n"
    finally:
        own.end()


# ---- errors


@pytest.mark.parametrize("where, complaint", [
    ("nowhere", "neither in /run/netns nor in /var/run/netns"),
    ("999999999", "there is no such process"),
    ("/etc/hosts", "this is not a network namespace"),
    ("/proc/self/ns/user", "this is not a network namespace"),
    ("./none", "No such file or directory"),
    ("/proc/self/ns/net", "this is sstp's own network namespace"),
])
def test_wrong_places(lab, where, complaint):
    status, said = lab.connect_fails("--netns", where)
    assert status == 11
    assert f"--netns {where}: " in said and complaint in said


def test_a_namespace_of_another_user(lab, ordinary, container):
    """Namespaces of another user, and of root."""
    other = Ordinary(lab)
    words = other.words("connect", "--netns", f"/proc/{container.pid}/ns/net")
    done = lab.client.run(*as_user(*words, uid=USER + 1), check=False, env={**os.environ, **other.env})
    assert done.returncode == 11
    assert "it belongs to another user; root may enter it" in done.stderr
    with named(lab.client, "blue"):
        done = lab.client.run(*as_user(*other.words("connect", "--netns", "blue")), check=False,
                              env={**os.environ, **other.env})
    assert done.returncode == 11
    assert "it belongs to another user; root may enter it" in done.stderr


@pytest.mark.parametrize("options, complaint", [
    (["--netns", "blue", "--tun-fd", "0"], "exclude each other"),
    (["--netns", "blue", "--script-tun", "x"], "exclude each other"),
    (["--userns", "/proc/self/ns/user"], "--userns needs --netns"),
    (["--script", "x", "--script-tun", "x"], "--script and --script-tun exclude each other"),
    (["--tun-fd", "99"], "there is no open descriptor 99"),
    (["--tun-fd", "0"], "it must be a TUN device without packet information"),
    (["--ready-fd", "x"], "must be the number of an open descriptor"),
])
def test_usage(lab, options, complaint):
    status, said = lab.connect_fails(*options)
    assert status == 2
    assert complaint in said


# ---- descriptors


def test_ready_and_exit_descriptors(lab, ordinary, container):
    """Descriptors with the meaning of slirp4netns' options."""
    lab.serve()
    ready, hold = lab.client.run_folder / "ready", lab.client.run_folder / "hold"
    for fifo in (ready, hold):
        os.mkfifo(fifo)
        fifo.chmod(0o666)
    try:
        client = ordinary.start("connect", "--netns", container.pid, "--ready-fd", "7", "--exit-fd", "8",
                                around=["sh", "-c", 'exec 8</run/hold 7>/run/ready; exec "$@"', "sh"])
        with hold.open("wb") as held:
            assert ready.read_bytes() == b"1"  # to its end: it is closed
            client.wait_for("^connected in ")
            held.write(b"not read")
            held.flush()
            container.run("ping", "-c1", "-W60", GATEWAY)
            assert client.status is None
        assert client.wait() == 0
        client.wait_for("descriptor 8 is closed at its other end")
    finally:
        ready.unlink()
        hold.unlink()


OPEN_TUN = r"""
import fcntl, os, struct, subprocess, sys
flags, words = int(sys.argv[1]), sys.argv[2:]
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH22x", b"given", flags))
for line in ("addr add 10.9.0.77/32 dev given", "link set given up mtu 1400", "route add 172.16.5.0/24 dev given"):
    subprocess.run(["ip", *line.split()], check=True)
os.set_inheritable(tun, True)
os.dup2(tun, 9)
os.execvp(words[0], words)
"""


@pytest.mark.parametrize("flags", [0x1001, 0x5001], ids=["plain", "with offloads"])
def test_an_open_tun(lab, web, flags):
    lab.serve(users=USERS)
    words = [lab.sstp, "connect", SERVER, "-v", "--user", "ann", "--servercert", lab.pki.server.pin, "--tun-fd", "9"]
    client = lab.start(lab.client, "python3", "-c", OPEN_TUN, flags, *words, env={"SSTP_PASSWORD": "wonder land"})
    client.wait_for("^connected in .*: given, ")
    assert digest_in(lab.client.run) == web.digest
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF
    assert client.stop() == 0
    assert lab.client.device("given") is None


def test_descriptors_that_are_no_tun_device(lab):
    words = [lab.sstp, "connect", SERVER, "--user", "ann", "--servercert", lab.pki.server.pin, "--tun-fd", "9"]
    done = lab.client.run("sh", "-c", 'exec 9</etc/hosts; exec "$@"', "sh", *words, check=False,
                          env={**os.environ, "SSTP_PASSWORD": "x"})
    assert done.returncode == 2
    assert "it must be a TUN device without packet information" in done.stderr


# ---- a program

PING = r"""
import os, socket, struct, sys, time
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff
own, peer = (socket.inet_aton(a) for a in (os.environ["INTERNAL_IP4_ADDRESS"], sys.argv[1]))
vpn = socket.socket(fileno=int(os.environ["VPNFD"]))
echo = struct.pack("!BBHHH", 8, 0, 0, 7, 1) + bytes(56)
echo = echo[:2] + struct.pack("!H", checksum(echo)) + echo[4:]
header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(echo), 1, 0, 64, 1, 0, own, peer)
header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
assert "SSTP_PASSWORD" not in os.environ
while True:
    vpn.send(header + echo)
    packet = vpn.recv(65536)
    if packet[9] == 1 and packet[12:16] == peer and packet[20] == 0:
        break
print("answered", os.environ["reason"], os.environ["TUNDEV"], flush=True)
if len(sys.argv) > 2:
    time.sleep(1000)
sys.exit(7)
"""


@pytest.fixture
def ping_program(lab):
    program = lab.client.run_folder / "ping.py"
    program.write_text(PING)
    yield "/run/ping.py"
    program.unlink()


def test_a_program_that_speaks_packets(lab, both, ordinary, ping_program):
    """openconnect's --script-tun; the tunnel ends with the program, and its status is ours."""
    lab.serve(users=USERS)
    client = ordinary.start("connect", "--script-tun", f"exec python3 {ping_program} {INSIDE}")
    client.wait_for("^answered connect script-tun$")
    assert client.wait() == 7
    assert "the program of --script-tun ended with status 7" in client.said
    assert lab.client.resolv_conf.read_text() == RESOLV_CONF


@pytest.mark.skipif(not shutil.which("ocproxy"), reason="there is no ocproxy here")
def test_ocproxy(lab, both, ordinary, web):
    """Its first packet is empty. A web page is fetched through its SOCKS server and the tunnel."""
    lab.serve(users=USERS)
    client = ordinary.start("connect", "--script-tun", "exec ocproxy -D 11080")
    client.wait_for("^connected in ")
    eventually("ocproxy listens", lambda: lab.client.is_listening(11080))
    page = lab.client.run("sh", "-c", f"curl -sS -m 60 -x socks5://127.0.0.1:11080 http://{INSIDE}/ | sha256sum")
    assert page.stdout.split()[0] == web.digest
    assert client.status is None
    assert client.stop() == 0


def test_it_is_ended_with_the_tunnel(lab, ordinary, ping_program):
    server = lab.serve(users=USERS)
    client = ordinary.start("connect", "--script-tun", f"echo I am $$; exec python3 {ping_program} {GATEWAY} stay")
    program = client.wait_for(r"^I am (\d+)$").group(1)
    client.wait_for("^answered ")
    server.kill()
    client.wait_for("next try in")
    lab.serve(users=USERS)
    client.wait_for("^connected in ", count=2)
    assert Path(f"/proc/{program}").exists()
    assert client.stop() == 0
    assert not Path(f"/proc/{program}").exists()


# ---- the server


def test_a_server_in_another_namespace(lab, both):
    before = lab.server.state()
    with named(lab.server, "blue") as run:
        run("sh", "-c", "echo 0 >/proc/sys/net/ipv4/ip_forward")  # a new one has what this machine has
        server = lab.serve("--netns", "blue")
        assert "IPv4 forwarding is off" in server.said, "of that namespace, not of ours"
        client = lab.connect()
        assert lab.server.state() == before
        lab.client.ping(GATEWAY)
        assert "10.9.0.1/24" in run("ip", "addr", "show", "sstp0").stdout
        assert "1 received" in run("ping", "-c1", "-W60", "10.9.0.2").stdout
        assert client.stop() == 0
        assert server.stop() == 0
        assert "sstp0" not in run("ip", "link").stdout


def test_a_second_server_leaves_the_device_alone(lab, both):
    """With several workers the kernel would accept a second server; the first one's sessions lose nothing."""
    lab.serve("--workers", "2", users=USERS)
    lab.connect()
    second = lab.start(lab.server, lab.sstp, "serve", "--listen", "127.0.0.1:4443", "--workers", "2", "--interface", "sstp0",
                       "--ipv4-network", "10.8.0.0/24", "--users", lab.file("second", "ann * pw *\n"), "--cert",
                       lab.pki.server.cert, "--key", lab.pki.server.key)
    lab.client.ping(GATEWAY, "-i", "0.01", count=100)
    assert second.wait() == 11
    assert "another program uses this device" in second.said


def test_a_server_of_an_ordinary_user(lab, ordinary):
    """Also client addresses outside the pool, which need routes, and NAT in that namespace."""
    folder = lab.client.run_folder / "bin"
    identity = lab.pki.server
    for source, name in ((identity.cert, "cert"), (identity.key, "key")):
        (folder / name).write_bytes(Path(source).read_bytes())
    (folder / "users").write_text('ann * "wonder land" 10.77.0.5\n')
    for name in ("cert", "key", "users"):
        os.chown(folder / name, USER, USER)
        (folder / name).chmod(0o600)
    place = Container(lab, flags="-Urnm")
    try:
        server = lab.start(lab.client, *as_user(
            ordinary.sstp, "serve", "-v", "--cert", "/run/bin/cert", "--key", "/run/bin/key", "--users", "/run/bin/users",
            "--ipv4-network", "10.9.0.0/24", "--listen", "10.1.0.2:4443", "--netns", place.pid, "--nat", "any"))
        server.wait_for("^ready: ")
        assert "sstp_nat_sstp0" in place.run("nft", "list", "tables").stdout
        assert place.run("cat", "/proc/sys/net/ipv4/ip_forward").stdout == "1\n"
        client = lab.connect("--no-default-route", "--route", "10.9.0.0/24", to="10.1.0.2:4443", host=lab.other)
        assert lab.other.addresses()[0] == "10.77.0.5"
        lab.other.ping(GATEWAY)
        assert client.stop() == 0
        assert server.stop() == 0
    finally:
        place.end()
        for name in ("cert", "key", "users"):
            (folder / name).unlink()


def test_a_server_ends_with_the_process(lab, container):
    """Otherwise its clients could log in, but reach no host."""
    server = lab.serve("--netns", container.pid, host=lab.client)
    client = lab.connect("--once", "--no-default-route", to="10.1.0.2", host=lab.other)
    container.end()
    assert server.wait() == 0
    server.wait_for(f"process {container.pid} has ended")
    assert client.wait() == 12


def test_the_tunnel_survives_the_removal_of_the_name(lab):
    """The namespace exists as long as anything is in it, as usual with ip netns."""
    with named(lab.server, "blue"):
        server = lab.serve("--netns", "blue")
        lab.connect()
        lab.server.run("ip", "netns", "del", "blue")
        lab.client.ping(GATEWAY)
        assert server.stop() == 0
