# SPDX-License-Identifier: GPL-3.0-or-later
"""The namespaces, the cables between them, and the programs in them."""
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

PORT = 443  # of the first server; a second one has the next
HAPROXY_PORT = 8443
CABLES = {"crowd": "198.18.0", "client1": "198.18.1", "client2": "198.18.2"}  # .1 is the server, .2 and on the host
SOURCES = 16  # addresses of the crowd: a port is used once a minute
MEMORY = {"pss": "Pss", "rss": "Rss", "anonymous": "Anonymous"}  # of smaps_rollup
PATIENCE = 30
TICKS = os.sysconf("SC_CLK_TCK")
FAULTS = {"failed": 0, "lost": 0}  # logins, sessions: of all orders


def run(*words, **more):
    return subprocess.run([str(w) for w in words], check=True, text=True, capture_output=True, **more).stdout


def eventually(what, is_so):
    end = time.monotonic() + PATIENCE
    while not (result := is_so()):
        if time.monotonic() > end:
            raise RuntimeError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.02)
    return result


def inner_address(port):
    """The server's, in its tunnels."""
    return f"10.{64 + port - PORT}.0.1"


class Program:
    """A process in a namespace, and its values in /proc."""

    def __init__(self, namespace, words, log, **more):
        self.log = log
        with open(log, "w") as f:
            self.process = subprocess.Popen(["ip", "netns", "exec", namespace, *map(str, words)],
                                            stdout=more.pop("stdout", f), stderr=f, text=True, **more)
        self.proc = Path(f"/proc/{self.process.pid}")

    def wait_for(self, text):
        def is_there():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.log} ends: {self.log.read_text()[-500:]}")
            return text in self.log.read_text()
        eventually(f"{text!r} in {self.log}", is_there)

    def memory(self):
        """KiB."""
        text = (self.proc / "smaps_rollup").read_text()
        return {k: int(re.search(rf"^{v}: +(\d+) kB", text, re.M)[1]) for k, v in MEMORY.items()}

    def peak(self):
        return int(re.search(r"^VmHWM:\s+(\d+) kB", (self.proc / "status").read_text(), re.M)[1])

    def cpu(self):
        """Seconds in user and kernel mode."""
        return sum(sum(cpu_of(p / "stat")) for p in [self.proc, *self.children()])

    def children(self):
        """The server's helper and key process."""
        pids = (self.proc / f"task/{self.proc.name}/children").read_text().split()
        return [self.proc.parent / pid for pid in pids]

    def threads(self):
        """CPU seconds by the thread's name."""
        tasks = (self.proc / "task").iterdir()
        return {(t / "comm").read_text().strip(): sum(cpu_of(t / "stat")) for t in tasks}

    def signal(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def end(self):
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def cpu_of(stat):
    fields = stat.read_text().rpartition(")")[2].split()
    return int(fields[11]) / TICKS, int(fields[12]) / TICKS  # proc(5): utime, stime


class Crowd(Program):
    def __init__(self, lab, port=PORT):
        super().__init__(lab.namespace("crowd"), [
            lab.crowd_program, "--server", f"{CABLES['crowd']}.1:{port}", "--pin", lab.pin, "--password-file",
            lab.folder / "password", "--users", lab.args.users, "--sources", f"{CABLES['crowd']}.2/{SOURCES}"],
            lab.folder / "crowd.log", stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def order(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the crowd ended: {self.log.read_text()}")
        answer = json.loads(line)
        if answer["failed"] or answer["lost"]:
            print(f"    {answer['failed']} logins failed, {answer['lost']} sessions were lost: {answer['reason']}",
                  flush=True)
        for name in FAULTS:
            FAULTS[name] += answer[name]
        return answer

    def end(self):
        self.process.stdin.close()
        super().end()


class Lab:
    """The namespaces, the cables, and what the server needs."""

    def __init__(self, args, folder):
        self.args, self.folder = args, Path(folder)
        self.program, self.crowd_program = args.sstp, args.crowd
        self.running = []
        self.made = []

    def open(self):
        self.make_files()
        self.make_namespaces()
        self.start(Program, self.namespace("server"), ["iperf3", "-s", "-p", 5201], self.folder / "iperf1.log")
        self.start(Program, self.namespace("server"), ["iperf3", "-s", "-p", 5202], self.folder / "iperf2.log")

    def namespace(self, host):
        return f"sstp-load-{os.getpid()}-{host}"

    def make_files(self):
        f = self.folder
        f.joinpath("password").write_text("correct horse\n")
        run(self.program, "cert", "--name", "server", "--out", f / "server")
        self.pin = re.search(r"^pin +(\S+)", run(self.program, "cert", "--show", f / "server.crt"), re.M)[1]
        run(self.program, "passwd", "--passwd-on-stdin", f / "users", "user0", input="correct horse\n")
        line = f.joinpath("users").read_text()
        f.joinpath("users").write_text("".join(line.replace("user0", f"user{i}") for i in range(self.args.users)))

    def make_namespaces(self):
        hosts = ["server", *CABLES]
        for host in hosts:
            run("ip", "netns", "add", self.namespace(host))
            self.made.append(host)
        lines = {host: ["link set lo up"] for host in hosts}
        for host, net in CABLES.items():
            lines["server"] += [f"link add {host} type veth peer name cable netns {self.namespace(host)}",
                                f"addr add {net}.1/24 dev {host}", f"link set {host} up"]
            count = SOURCES if host == "crowd" else 1
            lines[host] += [f"addr add {net}.{2 + i}/24 dev cable" for i in range(count)] + ["link set cable up"]
        for host in hosts:
            run("ip", "-n", self.namespace(host), "-batch", "-", input="\n".join(lines[host]) + "\n")
        run("ip", "netns", "exec", self.namespace("crowd"), "sysctl", "-w", "net.ipv4.ip_local_port_range=1024 65535")

    def start(self, what, *more, **names):
        p = what(*more, **names)
        self.running.append(p)
        return p

    def stop(self, *programs):
        for p in programs:
            self.running.remove(p)
            p.end()

    def start_server(self, port=PORT, *more):
        bits = (self.args.sessions + 100).bit_length()
        server = self.start(Program, self.namespace("server"), [
            self.program, "serve", "--listen", port, "--cert", self.folder / "server.crt", "--key",
            self.folder / "server.key", "--users", self.folder / "users", "--ipv4-network",
            f"{inner_address(port)}/{32 - bits}", "--max-failures", 0, "--user-sessions", 0, *more, *self.args.serve.split()],
            self.folder / f"server{port}.log")
        server.wait_for("ready:")
        return server

    def start_haproxy(self, *ports):
        """In front of the servers with these ports."""
        own = f"{CABLES['crowd']}.1"
        conf = self.folder / "haproxy.cfg"
        conf.write_text(f"""global
    maxconn {self.args.sessions + 1000}
defaults
    mode tcp
    timeout connect 5s
    timeout client 3m
    timeout server 3m
listen vpn
    bind :{HAPROXY_PORT}
    balance leastconn
""" + "".join(f"    server s{p} {own}:{p} send-proxy-v2\n" for p in ports))
        haproxy = self.start(Program, self.namespace("server"), ["haproxy", "-db", "-f", conf], self.folder / "haproxy.log")
        eventually("HAProxy listens", lambda: f":{HAPROXY_PORT:04X} " in run(
            "ip", "netns", "exec", self.namespace("server"), "cat", "/proc/net/tcp"))
        return haproxy

    def start_client(self, number, port=PORT):
        log = self.folder / f"client{number}.log"
        host = f"client{number}"
        with open(self.folder / "password") as password:
            client = self.start(Program, self.namespace(host), [
                self.program, "connect", f"{CABLES[host]}.1:{port}", "--user", "user0", "--passwd-on-stdin",
                "--servercert", self.pin, "--no-dns"], log, stdin=password)
        client.wait_for("connected in")
        return client

    def start_transfer(self, number, port, *more):
        return subprocess.Popen([
            "ip", "netns", "exec", self.namespace(f"client{number}"), "iperf3", "-J", "-c", inner_address(port), "-p",
            str(5200 + number), "-t", str(self.args.transfer_seconds), *more], stdout=subprocess.PIPE, text=True)

    def close(self):
        for p in reversed(self.running):
            p.end()
        for host in self.made:
            subprocess.run(["ip", "netns", "delete", self.namespace(host)], check=False)
