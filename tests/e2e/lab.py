# SPDX-License-Identifier: GPL-3.0-or-later
"""A small internet on one machine, in which sstp is tested: hosts, cables, programs on them.

    client 10.1.0.2 ---+                            +--- inside 172.16.5.2
                       |                            |
    other  10.2.0.2 ---+--- router --- 192.0.2.1 server

All of the outside has IPv6 too (2001:db8:N::). A host has a network, a name, an /etc and a /run of its own, made by
namespaces that disappear with the process that holds them, so nothing is left whatever happens to a test. The
machine's own network, /etc and /run are never touched.

The hosts serve one test after the other. After each, their networks must be as they were; only after one in which a
client was killed, or which changed something by itself, new ones are made.
"""
import ctypes
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
SSTP = os.environ.get("SSTP", str(REPO / "sstp"))
SSTP_ASAN = os.environ.get("SSTP_ASAN", str(REPO / "build/asan/sstp"))

SERVER = "192.0.2.1"
SERVER6 = "2001:db8:9::1"
NAME = "vpn.example.net"  # the server's, in every /etc/hosts
POOL = "10.9.0.0/24"
GATEWAY = "10.9.0.1"  # the server's own address in the tunnel
RESOLV_CONF = "# the host's own\nnameserver 10.53.0.1\nsearch example.net\n"
INSIDE = "172.16.5.2"
SILENT = "203.0.113.0"  # a network of which nothing ever comes back

POLL_SECONDS = 0.01
# No wait lasts as long as this unless it fails: a machine with a load of 20 is ten times slower than an idle one. Where
# a test must not depend on a time limit of the program it sets NO_LIMIT, which is longer than any test waits.
PATIENCE = 90
NO_LIMIT = 600
SANITIZERS = {
    "ASAN_OPTIONS": "exitcode=99:detect_stack_use_after_return=1:handle_segv=2",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}
COMPLAINT = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|stack smashing|buffer overflow detected")
SO_RCVBUFFORCE = 33
LIBC = ctypes.CDLL(None, use_errno=True)


def eventually(what, is_so, seconds=PATIENCE):
    """Waits until `is_so` returns something true, and returns that."""
    end = time.monotonic() + seconds
    while not (result := is_so()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(POLL_SECONDS)
    return result


def has_ended(pid):
    """Also one that nobody has waited for yet."""
    return not os.path.exists(f"/proc/{pid}/exe")


def wait_for_end(pidfd):
    """Of a process that was killed: it has closed all its descriptors, whoever its parent is."""
    try:
        ready, _, _ = select.select([pidfd], [], [], PATIENCE)
        assert ready, "a process does not end"
    finally:
        os.close(pidfd)


def open_files(pid):
    """Its descriptors, and what each of them leads to; not those that it closes just now."""
    found = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        with suppress(FileNotFoundError):
            found[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
    return found


def is_closed_pipe(pid, fd):
    """Whether a descriptor is at its end when it is read, and cannot be written."""
    flags = re.search(r"^flags:\s+([0-7]+)$", Path(f"/proc/{pid}/fdinfo/{fd}").read_text(), re.M).group(1)
    if not os.readlink(f"/proc/{pid}/fd/{fd}").startswith("pipe:") or int(flags, 8) & os.O_ACCMODE != os.O_RDONLY:
        return False
    end = os.open(f"/proc/{pid}/fd/{fd}", os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.read(end, 1) == b""
    except BlockingIOError:
        return False
    finally:
        os.close(end)


def machine_environment():
    """The environment without what would change sstp: its own variables, and a proxy of the machine's."""
    return {k: v for k, v in os.environ.items()
            if not k.startswith(("SSTP", "SSL_CERT")) and not k.lower().endswith("_proxy")}


def run(argv, **more):
    return subprocess.run([str(a) for a in argv], check=True, capture_output=True, text=True, **more).stdout


def on_a_terminal(argv, answers):
    """Runs a program on a terminal of its own and types `answers`: (text to wait for, text to type then).

    Returns its status (negative: the signal that ended it) and all that was shown.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(argv[0], argv)
    shown = b""
    try:
        for question, answer in [*answers, (None, None)]:
            while question is None or question not in shown:
                ready, _, _ = select.select([terminal], [], [], PATIENCE)
                assert ready, f"nothing more comes on the terminal: {shown}"
                try:
                    shown += os.read(terminal, 4096)
                except OSError:  # the program has ended, and the terminal with it
                    assert question is None, f"{question} was not shown: {shown}"
                    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()
            os.write(terminal, answer)
    finally:
        os.close(terminal)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class Host:
    """A machine: a process that holds its namespaces, and a folder with those files that are its own."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        self.etc, self.run_folder = folder / "etc", folder / "run"
        self._make_files()
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "--uts", "--propagation", "private", "sh", "-ec", f"""
                hostname {name}
                mount --bind /etc {folder}/machine-etc
                mount --bind {self.etc} /etc
                mount --bind {self.run_folder} /run
                echo 0 >/proc/sys/net/ipv6/conf/all/accept_dad
                echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
                echo 1 >/proc/sys/net/ipv4/tcp_no_metrics_save
                ip link set lo up
                echo ready
                exec cat"""],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def _make_files(self):
        """/etc is the machine's, file by file, except the files that the tests replace."""
        (self.folder / "machine-etc").mkdir(parents=True)
        self.run_folder.mkdir()
        (self.etc / "ssl/certs").mkdir(parents=True)
        self.resolv_conf = self.etc / "resolv.conf"
        self.hosts = self.etc / "hosts"
        self.authorities = self.etc / "ssl/certs/ca-certificates.crt"  # which this host trusts
        for folder, own in (("", ("ssl", "hosts", "resolv.conf", "netns")), ("ssl", ("certs",))):
            for entry in set(os.listdir(f"/etc/{folder}")) - set(own):
                (self.etc / folder / entry).symlink_to(self.folder / "machine-etc" / folder / entry)
        self.machine_files = set(os.listdir(self.etc))

    def reset_files(self, authorities):
        """As they were before the last test; /run is empty."""
        for entry in set(os.listdir(self.etc)) - self.machine_files:
            (self.etc / entry).unlink()
        for entry in self.run_folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        self.resolv_conf.write_text(RESOLV_CONF)
        self.hosts.write_text(f"127.0.0.1 localhost\n::1 localhost\n{SERVER} {NAME}\n{SERVER6} {NAME}\n")
        self.authorities.write_bytes(authorities)

    def wait_until_up(self):
        if self.holder.stdout.readline() != "ready\n":
            raise AssertionError(f"no namespace for host {self.name}: {self.holder.stderr.read()}")

    def close(self):
        self.holder.kill()
        self.holder.communicate()

    def state(self):
        """Devices, IPv6 addresses and IPv4 routes (of the main table) as a set of lines, for comparisons."""
        with self.network():
            net = Path("/proc/thread-self/net")
            devices = re.findall(r"^ *(\S+):", (net / "dev").read_text(), re.M)
            routes = [line.split() for line in (net / "route").read_text().splitlines()[1:]]
            return {*(f"device {d}" for d in devices), *(net / "if_inet6").read_text().splitlines(),
                    *(f"route {r[1]}/{r[7]} via {r[2]} dev {r[0]}" for r in routes)}

    def has_link_local(self, device):
        """The kernel adds that address a moment after both ends are up, and permits its use a moment later."""
        with self.network():
            addresses = Path("/proc/thread-self/net/if_inet6").read_text()
        return re.search(rf"^fe80\w+ \w+ 40 20 80 +{device}$", addresses, re.M) is not None

    # ---- commands

    def words(self, argv):
        """A command line that runs `argv` on this host, in the process itself that is started."""
        return ["nsenter", "-t", str(self.holder.pid), "-n", "-m", "-u", "--", *map(str, argv)]

    def run(self, *argv, check=True, **more):
        """Runs a command to its end; returns the CompletedProcess."""
        done = subprocess.run(self.words(argv), capture_output=True, text=True, timeout=3 * PATIENCE, **more)
        assert not check or done.returncode == 0, f"{argv} on {self.name}: {done.stdout}{done.stderr}"
        return done

    def ip(self, words):
        """Runs ip(8) and returns Python values: host.ip("route show")."""
        out = self.run("ip", "-json", *words.split()).stdout
        return json.loads(out) if out.strip() else []

    def configure(self, lines):
        """Many commands of ip(8) at once."""
        self.run("ip", "-batch", "-", input=lines)

    def routes(self, more=""):
        """Destinations of this host's IPv4 routes: {"default": {...}, "10.1.0.0/24": {...}}."""
        return {r["dst"]: r for r in self.ip("-4 route show " + more)}

    def device(self, name="sstp0"):
        """What the kernel knows of a network device; None if there is none."""
        done = self.run("ip", "-json", "addr", "show", "dev", name, check=False)
        return json.loads(done.stdout)[0] if done.returncode == 0 else None

    def addresses(self, name="sstp0"):
        device = self.device(name)
        return [a["local"] for a in device["addr_info"]] if device else []

    def ping(self, address, *options, count=3, check=True):
        """True if `count` pings are answered. With check=False a failure is allowed, and the wait is short."""
        # without a deadline ping(8) waits for the last reply only twice as long as the others took
        done = self.run("ping", "-q", "-n", "-c", count, "-i", "0.01", "-w", PATIENCE if check else 1, *options, address,
                        check=False)
        received = re.search(r"(\d+) received", done.stdout)
        answered = received is not None and int(received.group(1)) >= count
        assert answered or not check, f"{self.name} pings {address}: {done.stdout}{done.stderr}"
        return answered

    def ping_server(self, *options, **more):
        """Pings the server's own address in the tunnel; there may be no route to it."""
        return self.ping(GATEWAY, "-I", "sstp0", *options, **more)

    # ---- Python's own sockets

    @contextmanager
    def network(self):
        """Inside, new sockets of this thread (and /proc/sys/net) belong to this host; they still do afterwards."""
        with open("/proc/thread-self/ns/net") as before, open(f"/proc/{self.holder.pid}/ns/net") as ours:
            _setns(ours.fileno())
            try:
                yield
            finally:
                _setns(before.fileno())

    def listen(self, address="0.0.0.0", port=0, family=socket.AF_INET):
        with self.network():
            s = socket.create_server((address, port), family=family, backlog=100)
        s.settimeout(PATIENCE)
        return s

    def connect(self, address, port):
        with self.network():
            s = socket.create_connection((address, port), PATIENCE)
        return s

    def socket(self, *kind):
        with self.network():
            s = socket.socket(*kind)
        s.settimeout(PATIENCE)
        return s

    def sysctl(self, name, value):
        with self.network():
            Path("/proc/sys", *name.split(".")).write_text(str(value))

    def is_listening(self, port):
        """Whether there is a TCP listener on that port, of either family."""
        with self.network():
            lines = Path("/proc/thread-self/net/tcp").read_text() + Path("/proc/thread-self/net/tcp6").read_text()
        return re.search(rf":{port:04X} [0-9A-F]+:0000 0A ", lines) is not None


def _setns(fd):
    if LIBC.setns(fd, 0x40000000):  # CLONE_NEWNET
        raise OSError(ctypes.get_errno(), "setns")


class Program:
    """A program on a host, running or ended; standard output and error go to its log.

    `stderr` is a descriptor to use instead of the log; `redirect` are a shell's redirections ("2>&-").
    """

    def __init__(self, folder, host, label, argv, env=None, stdin=None, stderr=None, redirect=None, umask=-1):
        self.host, self.label, self.argv = host, label, [str(a) for a in argv]
        self.log_file = folder / f"{label}.log"
        self.was_killed = False
        words = ["sh", "-c", f'exec "$@" {redirect}', "sh", *self.argv] if redirect else self.argv
        environment = machine_environment()
        environment.update(SANITIZERS, **(env or {}))
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                # it is killed when we end, so that no program survives a killed test run
                ["setpriv", "--pdeathsig", "KILL", *host.words(words)],
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=log, stderr=log if stderr is None else stderr, env=environment, start_new_session=True,
                umask=umask)
        if stdin is not None:
            self.process.stdin.write(stdin.encode())
            self.process.stdin.close()

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return self.log_file.read_text(errors="replace")

    @property
    def said(self):
        """The log as a user without --verbose sees it."""
        return "".join(line for line in self.log.splitlines(True) if not line.startswith("debug: "))

    @property
    def resident(self):
        """A field of its memory use, in KiB."""
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text()).group(1))

    @property
    def status(self):
        """None while it runs; negative: the signal that ended it."""
        return self.process.poll()

    def wait_for(self, pattern, count=1, seconds=PATIENCE):
        """Waits until its log has `pattern` (`count` times); returns the last match."""
        def found():
            return len(re.findall(pattern, self.log, re.M)) >= count

        end = time.monotonic() + seconds
        while not found():
            if self.status is not None and not found():
                raise AssertionError(f"{self.label} ended with {self.status} and did not say {pattern!r}:\n{self.log}")
            if time.monotonic() > end:
                raise AssertionError(f"{self.label} does not say {pattern!r} within {seconds} s:\n{self.log}")
            time.sleep(POLL_SECONDS)
        return list(re.finditer(pattern, self.log, re.M))[-1]

    def wait(self, seconds=PATIENCE):
        """Waits for its exit status."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.label} does not end within {seconds} s:\n{self.log}") from None

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM, seconds=PATIENCE):
        """Asks it to end; returns its exit status."""
        self.send(number)
        return self.wait(seconds)

    def kill(self):
        """Kills it, like a crash."""
        self.was_killed = True
        self.process.kill()
        self.process.wait()

    def children(self):
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def kill_all(self):
        """Kills its helpers too: nothing tidies up."""
        self.process.send_signal(signal.SIGSTOP)
        helpers = [(pid, os.pidfd_open(pid)) for pid in self.children()]
        for pid, _ in helpers:
            os.kill(pid, signal.SIGKILL)
        self.kill()
        for _, helper in helpers:
            wait_for_end(helper)

    def end(self):
        """Checks it at the end of a test; returns an error text or None."""
        complaint = None
        if self.status is None:
            self.send(signal.SIGTERM)
            try:
                status = self.process.wait(PATIENCE)
                if status:
                    complaint = f"{self.label} ended with {status} when asked to end"
            except subprocess.TimeoutExpired:
                self.kill()
                complaint = f"{self.label} does not end when asked to"
        if COMPLAINT.search(self.log):
            complaint = f"{self.label}: a sanitizer complains"
        return complaint


class Network:
    """The hosts and their cables."""

    def __init__(self, folder):
        self.folder, self.hosts = folder, []
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def _build(self):
        for name in ("client", "other", "router", "server", "inside"):
            host = Host(name, self.folder / name)
            setattr(self, name, host)
            self.hosts.append(host)
        for host in self.hosts:
            host.wait_until_up()
        self._lay_cable(self.client, "cable", self.router, "client")
        self._lay_cable(self.other, "cable", self.router, "other")
        self._lay_cable(self.server, "cable", self.router, "server")
        self._lay_cable(self.inside, "cable", self.server, "inside")
        for host, own, net, net6 in ((self.client, 2, "10.1.0", "2001:db8:1:"), (self.other, 2, "10.2.0", "2001:db8:2:"),
                                     (self.server, 1, "192.0.2", "2001:db8:9:")):
            host.configure(f"""addr add {net}.{own}/24 dev cable
                               addr add {net6}:{own}/64 dev cable nodad
                               route add default via {net}.254
                               route add default via {net6}:254\n""")
            self.router.configure(f"""addr add {net}.254/24 dev {host.name}
                                      addr add {net6}:254/64 dev {host.name} nodad\n""")
        self.router.configure(f"route add blackhole {SILENT}/24\n")
        self.router.sysctl("net.ipv4.ip_forward", 1)
        self.router.sysctl("net.ipv6.conf.all.forwarding", 1)
        self.server.configure("addr add 172.16.5.1/24 dev inside\n")
        self.inside.configure("addr add 172.16.5.2/24 dev cable\nroute add default via 172.16.5.1\n")
        self.first_state = self.state()

    @staticmethod
    def _lay_cable(host, device, to, to_device):
        host.run("ip", "link", "add", device, "type", "veth", "peer", "name", to_device, "netns", to.holder.pid)
        host.configure(f"link set {device} up\n")
        to.configure(f"link set {to_device} up\n")
        for end, name in ((host, device), (to, to_device)):
            eventually(f"{name} of {end.name} has its address", lambda: end.has_link_local(name))

    def state(self):
        return {host.name: host.state() for host in self.hosts}

    def kill_strays(self):
        """Processes that went to the background, or were left by a program that crashed."""
        ours = {os.stat(f"/proc/{h.holder.pid}/ns/net").st_ino for h in self.hosts}
        holders = {h.holder.pid for h in self.hosts}
        killed = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with suppress(OSError):  # it has gone already
                if os.stat(f"/proc/{pid}/ns/net").st_ino in ours and int(pid) not in holders:
                    killed.append(os.pidfd_open(int(pid)))
                    os.kill(int(pid), signal.SIGKILL)
        for stray in killed:
            wait_for_end(stray)

    def close(self):
        for host in self.hosts:
            host.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Lab:
    """The hosts for one test, and how sstp is started on them."""

    def __init__(self, network, folder, pki, sstp=SSTP):
        self.network, self.folder, self.pki, self.sstp = network, folder, pki, sstp
        self.client, self.other, self.router = network.client, network.other, network.router
        self.server, self.inside = network.server, network.inside
        self.programs = []
        self.is_changed = False  # set by a test that changes the hosts' networks itself
        folder.mkdir()
        for host in network.hosts:
            host.reset_files(pki.other_ca.read_bytes())  # whose authority did not sign the server's certificate
            host.sysctl("net.ipv4.route.flush", 1)  # what it learnt of paths' MTUs
        self.server.sysctl("net.ipv4.ip_forward", 0)

    # ---- programs

    def start(self, host, *argv, label=None, **more):
        """Starts any program; it ends with the test."""
        label = f"{label or os.path.basename(argv[0])}-{len(self.programs)}"
        program = Program(self.folder, host, label, argv, **more)
        self.programs.append(program)
        return program

    def file(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def serve(self, *options, host=None, users=None, identity=None, wait=True, network=POOL, verbose=True, **more):
        """sstp serve, on port 443 of the host "server"; ready when this returns. `users` False: no user file."""
        host = host or self.server
        identity = identity or self.pki.server
        path = users if isinstance(users, Path) or users is False else self.file(
            f"users-{len(self.programs)}", users or 'ann * "wonder land" *\nbob * builder *\n')
        program = self.start(host, self.sstp, "serve", *["-v"] * verbose, "--cert", identity.cert, "--key",
                             identity.key, *["--users", path] * bool(path), "--ipv4-network", network, *options,
                             label="serve", **more)
        program.users = path
        if wait:
            program.wait_for("^ready: ")
        return program

    def connect(self, *options, host=None, to=SERVER, user="ann", password="wonder land", trust=None, wait=True,
                verbose=True, **more):
        """sstp connect; the tunnel is up when this returns. The certificate's pin is given unless `trust` is."""
        host = host or self.client
        program = self.start(
            host, self.sstp, "connect", *["-v"] * verbose, to, "--user", user, "--password-file",
            self.file(f"password-{len(self.programs)}", password + "\n"),
            *(["--servercert", self.pki.server.pin] if trust is None else trust), *options,
            label=f"connect-{host.name}", **more)
        if wait:
            program.wait_for("^connected in ")
        return program

    def connect_fails(self, *options, **more):
        """Runs sstp connect to its end; returns its exit status and its messages to the user."""
        program = self.connect(*options, wait=False, **more)
        return program.wait(), program.said

    def probe(self, *options, host=None, to=SERVER, trust=None):
        """Runs sstp probe; returns the CompletedProcess."""
        trust = ["--ca-cert", self.pki.ca] if trust is None else trust
        return (host or self.client).run(self.sstp, "probe", to, *trust, *options, check=False,
                                         env={**machine_environment(), **SANITIZERS})

    # ---- the end

    def report(self):
        return [(f"{p.host.name}: {' '.join(p.argv)} (status {p.status})", p.log) for p in self.programs]

    def close(self):
        """Ends everything; returns errors that this found, and whether the network can be used for another test."""
        # clients first, so that each side ends in order
        complaints = [c for p in reversed(self.programs) if (c := p.end())]
        self.network.kill_strays()
        was = self.network.first_state
        may_differ = complaints or self.is_changed or any(p.was_killed for p in self.programs)
        if not may_differ:  # a program that has just ended has lost its namespaces before the kernel removes its device
            with suppress(AssertionError):
                eventually("the network is as it was", lambda: self.network.state() == was, 10)
        now = self.network.state()
        if was == now:
            return complaints, not self.is_changed
        if not may_differ:
            complaints = [f"the network of {name} is not as it was: {sorted(was[name] ^ now[name])}"
                          for name in now if was[name] != now[name]]
        return complaints, False


# ---- looking at packets


class Sniffer:
    """Records the IP packets of a network device, both ways, while it is open."""

    def __init__(self, host, device):
        self.socket = host.socket(socket.AF_PACKET, socket.SOCK_DGRAM)  # with a protocol it would hear all devices at once
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.socket.bind((device, 0x0003))
        self.socket.setblocking(False)
        self.packets = []

    def look(self):
        """All packets so far."""
        while True:
            try:
                self.packets.append(self.socket.recv(65536))
            except BlockingIOError:
                return self.packets

    def syns(self):
        """TCP packets with SYN: [(source, destination, MSS)]."""
        found = []
        for p in self.look():
            if len(p) >= 40 and p[0] >> 4 == 4 and p[9] == socket.IPPROTO_TCP:
                tcp = p[(p[0] & 15) * 4:]
                if tcp[13] & 2:
                    found.append((socket.inet_ntoa(p[12:16]), socket.inet_ntoa(p[16:20]), _mss_of(tcp)))
        return found

    def between(self, source, destination):
        """IPv4 packets from one address to another."""
        addresses = socket.inet_aton(source) + socket.inet_aton(destination)
        return [p for p in self.look() if p[0] >> 4 == 4 and p[12:20] == addresses]

    def close(self):
        self.socket.close()


def _mss_of(tcp):
    options = tcp[20:(tcp[12] >> 4) * 4]
    while options and options[0]:
        if options[0] == 1:
            options = options[1:]
        elif options[0] == 2:
            return struct.unpack("!H", options[2:4])[0]
        else:
            options = options[options[1]:]
    return None


def last_lines(said):
    """The last two lines of a client's log but for its traffic, which it reports between them."""
    lines = [line for line in said.splitlines() if not re.match(r"after \d+ s: \d+ bytes in, \d+ out, ", line)]
    assert len(lines) < len(said.splitlines()), "the traffic is not in the log"
    return lines[-2:]


def in_background(work, *arguments):
    """A thread; .result() waits for it and returns what it returned, or raises what it raised."""
    thread = _Result(target=work, args=arguments)
    thread.start()
    return thread


class _Result(threading.Thread):
    def __init__(self, target, args):
        super().__init__(daemon=True)
        self._work, self._arguments, self._error, self._value = target, args, None, None

    def run(self):
        try:
            self._value = self._work(*self._arguments)
        except BaseException as error:  # raised again by result()
            self._error = error

    def result(self, seconds=3 * PATIENCE):
        self.join(seconds)
        assert not self.is_alive(), "a thread of the test does not end"
        if self._error:
            raise self._error
        return self._value
