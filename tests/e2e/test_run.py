# SPDX-License-Identifier: GPL-3.0-or-later
"""sstp run: a command whose only network is the VPN, started by an ordinary user."""
import os
import pty
import re
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from lab import GATEWAY, RESOLV_CONF, SANITIZERS, SERVER, Sniffer, eventually
from ordinary import NAMES, USER, NameServer, Ordinary, Web, as_user, needs_user_namespaces
from test_health import PROCESS_1

MB = 1000 * 1000
# sent by the kernel itself: IPv6 neighbor and router discovery, multicast reports
ICMPV6 = 58


@pytest.fixture
def ordinary(lab):
    needs_user_namespaces()
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    return Ordinary(lab)


@pytest.fixture
def web(lab):
    made = Web(lab.inside)
    yield made
    made.close()


@pytest.fixture
def names(lab):
    made = NameServer(lab.inside)
    yield made
    made.close()


def children_of(pid):
    """Processes, by their parent."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
        except OSError:  # gone
            pass
    return found


def name_of(pid):
    """Empty: it has gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().rstrip()
    return ""


def starter_of(program):
    """The process that starts the command: the helper, or without a sandbox the program itself."""
    return next((pid for pid in children_of(program.pid) if name_of(pid) == "sstp-helper"), program.pid)


# ---- what it is for


def test_an_ordinary_user_fetches_50_mb(lab, ordinary):
    web = Web(lab.inside, 50 * MB)
    lab.serve()
    try:
        said = ordinary.output("sh", "-c", "id -u; curl -sS http://172.16.5.2/ | sha256sum")
        assert said.split()[:2] == [str(USER), web.digest]
        assert web.asked_by == ["10.9.0.2"] or web.asked_by[0].startswith("10.9.0.")
    finally:
        web.close()
    assert lab.client.device() is None


def test_the_machine_keeps_its_network(lab, ordinary, both):
    lab.serve("--dns", NAMES)

    def state():
        file = lab.client.resolv_conf.stat()
        return lab.client.state(), file.st_ino, file.st_mtime_ns, lab.client.resolv_conf.read_text()

    before = state()
    program = ordinary.start("run", "--", "sleep", "1000")
    program.wait_for("^connected in ")
    assert state() == before
    assert program.stop() == 128 + signal.SIGTERM
    assert state() == before
    assert "warn" not in program.said, program.said


def test_the_command_sees_only_the_vpn(lab, ordinary):
    lab.serve("--dns", NAMES)
    devices, routes, routes6 = ordinary.output(
        "sh", "-c", "cat /proc/net/dev; echo ---; cat /proc/net/route; echo ---; cat /proc/net/ipv6_route").split("---")
    assert set(re.findall(r"^ *(\S+):", devices, re.M)) == {"lo", "sstp0"}
    assert {line.split()[0] for line in routes.splitlines()[2:]} == {"sstp0"}
    ways = [line.split() for line in routes6.splitlines() if line]
    assert not [w for w in ways if w[1] == "00" and w[-1] != "lo"], "an IPv6 default route"


def test_only_some_networks(lab, ordinary, web):
    lab.serve()
    said = ordinary.output("sh", "-c", "curl -sS http://172.16.5.2/ | sha256sum; ping -c1 10.1.0.254 2>&1 || :",
                           options=["--no-default-route", "--route", "172.16.5.0/24"])
    assert web.digest in said and "unreachable" in said


def test_one_in_another(lab, ordinary, web):
    """The second connection goes through the first one's tunnel."""
    lab.serve("--dns", NAMES)
    inner = ordinary.words("run", "-q", "--", "sh", "-c", "cat /proc/net/dev; curl -sS http://172.16.5.2/ | sha256sum",
                           to=GATEWAY)
    inner.remove("-v")
    said = ordinary.output("env", "SSTP_PASSWORD=wonder land", *inner)
    assert web.digest in said
    assert set(re.findall(r"^ *(\S+):", said, re.M)) == {"lo", "sstp0"}


def test_loopback_works(lab, ordinary):
    lab.serve()
    assert "1 received" in ordinary.output("ping", "-c1", "-W60", "127.0.0.1")


def test_ping_works(lab, ordinary):
    lab.serve()
    assert "1 received" in ordinary.output("ping", "-c1", "-W60", "10.9.0.1")


# ---- names


def test_names_are_the_vpns(lab, ordinary, web, names):
    lab.serve("--dns", NAMES)
    sniffer = Sniffer(lab.client, "cable")
    said = ordinary.output("sh", "-c", "cat /etc/resolv.conf; curl -sS http://intranet.test/ | sha256sum")
    assert f"nameserver {NAMES}\n" in said and web.digest in said
    assert "10.53.0.1" not in said and "example.net" not in said
    assert "intranet.test" in names.asked_for
    assert not [p for p in sniffer.look() if b"intranet" in p]
    sniffer.close()


def test_name_servers_and_search_domains_of_ones_own(lab, ordinary, web, names):
    lab.serve("--dns", "10.66.0.1")
    said = ordinary.output("sh", "-c", "cat /etc/resolv.conf; curl -sS http://intranet/ | sha256sum",
                           options=["--dns", NAMES, "--search", "corp.test", "--search", "lab.test"])
    assert f"nameserver {NAMES}\nsearch corp.test lab.test\n" in said and web.digest in said
    assert "10.66.0.1" not in said
    assert "intranet.corp.test" in names.asked_for


@pytest.mark.parametrize("target", ["/run/systemd/resolve/stub-resolv.conf", "/run/elsewhere/resolv.conf"])
def test_a_resolv_conf_that_is_a_link(lab, ordinary, target):
    path = Path(target)
    real = lab.client.run_folder / path.relative_to("/run")
    real.parent.mkdir(parents=True, exist_ok=True)
    real.write_text(RESOLV_CONF)
    lab.client.resolv_conf.unlink()
    lab.client.resolv_conf.symlink_to(target)
    lab.serve("--dns", NAMES)
    try:
        assert f"nameserver {NAMES}\n" in ordinary.output("cat", "/etc/resolv.conf")
        assert real.read_text() == RESOLV_CONF
    finally:
        lab.client.resolv_conf.unlink()


@pytest.mark.parametrize("is_root", [False, True], ids=["an ordinary user", "root"])
def test_names_stay_the_vpns_when_the_host_changes_networks(lab, ordinary, is_root):
    """A DHCP client replaces resolv.conf by a new file, and so removes our mount over it."""
    lab.serve("--dns", NAMES)
    words = ordinary.words("run", "--", "sleep", "1000")
    program = lab.start(lab.client, *(words if is_root else as_user(*words)), label="run", env=ordinary.env)
    program.wait_for("^connected in ")
    inside = Path(f"/proc/{eventually('it runs', lambda: children_of(starter_of(program)))[0]}/root/etc/resolv.conf")
    for address in ("10.99.0.1", "10.99.0.2"):
        fresh = lab.client.etc / "resolv.conf.new"
        fresh.write_text(f"nameserver {address}\n")
        fresh.rename(lab.client.resolv_conf)
        eventually("it is covered again", lambda: f"nameserver {NAMES}\n" in inside.read_text())
        assert lab.client.resolv_conf.read_text() == f"nameserver {address}\n"
    assert program.stop() == 128 + signal.SIGTERM
    assert lab.client.resolv_conf.read_text() == "nameserver 10.99.0.2\n"


# /proc as the machine around a container has it: there, the numbers of processes are others
PROC_OF_OTHERS = ["unshare", "--pid", "--fork", "--kill-child"]
NO_PTRACE = ["setpriv", "--bounding-set", "-sys_ptrace"]
# what a security module does that permits no mount there
NO_MOUNT_ON_FDINFO = ["unshare", "--mount", "sh", "-ec", """
    mkdir -p /run/proc
    mount --rbind /proc /run/proc
    mount -t tmpfs proc /proc
    mkdir /proc/self
    for name in fd ns mountinfo uid_map gid_map setgroups status; do ln -s /run/proc/self/$name /proc/self/$name; done
    ln -s /run/proc/sys /proc/sys
    exec "$@" """, "sh"]


@pytest.mark.parametrize("is_root, around", [
    (False, PROC_OF_OTHERS), (True, PROC_OF_OTHERS), (True, NO_PTRACE), (False, NO_MOUNT_ON_FDINFO), (True, NO_MOUNT_ON_FDINFO),
], ids=["/proc of others", "/proc of others, root", "no ptrace, root", "no mount on fdinfo", "no mount on fdinfo, root"])
def test_names_stay_the_vpns_wherever_it_runs(lab, ordinary, is_root, around):
    lab.serve("--dns", NAMES)
    look = "first=$(stat -c %d:%i /etc/resolv.conf); echo begun; " \
           f"until [ $(stat -c %d:%i /etc/resolv.conf) != $first ] && grep -qx 'nameserver {NAMES}' /etc/resolv.conf; " \
           "do sleep 0.01; done; echo covered"
    words = ordinary.words("run", "--", "sh", "-c", look)
    program = lab.start(lab.client, *around, *(words if is_root else as_user(*words)), label="run", env=ordinary.env)
    program.wait_for("^begun$")
    fresh = lab.client.etc / "resolv.conf.new"
    fresh.write_text("nameserver 10.99.0.1\n")
    fresh.rename(lab.client.resolv_conf)
    program.wait_for("^covered$")
    assert program.wait() == 0
    assert lab.client.resolv_conf.read_text() == "nameserver 10.99.0.1\n"


def test_covering_names_again_hides_nothing_from_the_command(lab, ordinary):
    """The command looks at files of /etc all the time, while the host changes networks again and again."""
    look = "import os\nwhile True: os.stat('/etc/hosts'), os.stat('/etc/resolv.conf')"
    lab.client.hosts.touch()
    lab.serve("--dns", NAMES)
    words = ordinary.words("run", "--", sys.executable, "-c", look)
    program = lab.start(lab.client, *as_user(*words), label="run", env=ordinary.env)
    program.wait_for("^connected in ")
    inside = Path(f"/proc/{eventually('it runs', lambda: children_of(starter_of(program)))[0]}/root/etc/resolv.conf")
    for change in range(20):
        fresh = lab.client.etc / "resolv.conf.new"
        fresh.write_text(f"nameserver 10.99.0.{change}\n")
        fresh.rename(lab.client.resolv_conf)
        eventually("it is covered again", lambda: f"nameserver {NAMES}\n" in inside.read_text())
    assert program.stop() == 128 + signal.SIGTERM


def test_resolvers_outside_are_hidden(lab, ordinary):
    folders = ["dbus", "nscd", "avahi-daemon", "systemd/resolve"]
    for folder in folders:
        (lab.client.run_folder / folder).mkdir(parents=True, exist_ok=True)
        (lab.client.run_folder / folder / "socket").touch()
    (lab.client.run_folder / "other").touch()
    lab.serve()
    seen = ordinary.output("sh", "-c", "cd /run; ls -d other; ls -A " + " ".join(folders))
    assert "other" in seen and "socket" not in seen


@pytest.mark.parametrize("is_root", [False, True], ids=["an ordinary user", "root"])
@pytest.mark.parametrize("target", ["/dev/null", "/run/systemd/resolve/not-there-yet", "/run/not/there", "resolv.conf", "/proc/net/pnp"])
def test_a_resolv_conf_that_is_a_link_to_no_file(lab, ordinary, target, is_root):
    """The link itself is replaced, so that the command has its /dev/null."""
    lab.client.resolv_conf.unlink()
    lab.client.resolv_conf.symlink_to(target)
    lab.serve("--dns", NAMES)
    words = ordinary.words("run", "--", "sh", "-c", "cat /etc/resolv.conf; test -c /dev/null && echo has its /dev/null")
    program = lab.start(lab.client, *(words if is_root else as_user(*words)), label="run", env=ordinary.env)
    assert program.wait() == 0, program.log
    assert f"nameserver {NAMES}\n" in program.log and "has its /dev/null\n" in program.log
    assert "warn: " not in program.log
    assert os.readlink(lab.client.resolv_conf) == target


def test_a_resolv_conf_that_becomes_a_link_to_no_file(lab, ordinary):
    lab.serve("--dns", NAMES)
    program = lab.start(lab.client, *as_user(*ordinary.words("run", "--", "sleep", "1000")), label="run", env=ordinary.env)
    program.wait_for("^connected in ")
    inside = Path(f"/proc/{eventually('it runs', lambda: children_of(starter_of(program)))[0]}/root/etc/resolv.conf")
    link = lab.client.etc / "resolv.conf.new"
    link.symlink_to("/run/not/there")
    link.rename(lab.client.resolv_conf)
    eventually("it is covered again", lambda: inside.exists() and f"nameserver {NAMES}\n" in inside.read_text())
    assert program.stop() == 128 + signal.SIGTERM


def test_a_resolv_conf_that_is_a_folder(lab, ordinary):
    """Docker makes one of a -v whose source is missing."""
    lab.client.resolv_conf.unlink()
    lab.client.resolv_conf.mkdir()
    try:
        status, log = ordinary.run("echo", "was started")
    finally:
        lab.client.resolv_conf.rmdir()
    assert status == 11
    assert "error: /etc/resolv.conf cannot be replaced for the command: Is a directory\n" in log


def test_without_a_resolv_conf_it_says_so(lab, ordinary):
    lab.client.resolv_conf.unlink()
    lab.serve()
    status, log = ordinary.run("true")
    assert status == 0
    assert "there is no /etc/resolv.conf that could be replaced" in log


# ---- the command's user


def test_the_user_stays_the_same_and_has_no_capability(lab, ordinary):
    lab.serve()
    uid, gid, caps = ordinary.output("sh", "-c", "id -u; id -g; grep CapEff /proc/self/status").splitlines()
    assert (uid, gid) == (str(USER), str(USER))
    assert int(caps.split()[1], 16) == 0


def test_map_root(lab, ordinary):
    lab.serve()
    said = ordinary.output("sh", "-c", "id -u; id -g; ip link set lo down && echo changed", options=["--map-root"])
    assert said.split() == ["0", "0", "changed"]


def test_root_itself(lab, ordinary, web):
    lab.serve()
    done = lab.client.run(*ordinary.words("run", "-q", "--", "sh", "-c", "id -u; curl -sS http://172.16.5.2/ | sha256sum"),
                          env={**os.environ, **ordinary.env})
    assert done.stdout.split()[:2] == ["0", web.digest]


def test_the_password_is_not_shown_to_the_command(lab, ordinary):
    lab.serve()
    program = ordinary.start("run", "--", "sh", "-c", "env; cat /proc/$PPID/environ; echo; echo seen; exec sleep 1000")
    log = program.wait_for("^seen$").string
    assert "wonder land" not in log and "SSTP_PASSWORD" not in log
    program.stop()


def test_descriptors(lab, ordinary):
    """It has the descriptors that it was given, and none of ours."""
    lab.serve()
    words = ordinary.words("run", "-q", "--", "sh", "-c", "cat <&7; ls /proc/self/fd")
    done = lab.client.run(*as_user("sh", "-c", 'exec 7</etc/hosts; exec "$@"', "sh", *words),
                          env={**os.environ, **ordinary.env})
    assert SERVER in done.stdout
    # 3 is ls's own descriptor for the folder
    assert done.stdout.splitlines()[-5:] == ["0", "1", "2", "3", "7"]


# ---- its end


@pytest.mark.parametrize("command, status", [
    (["true"], 0),
    (["sh", "-c", "exit 7"], 7),
    (["sh", "-c", "kill -TERM $$"], 128 + signal.SIGTERM),
    (["sh", "-c", "kill -KILL $$"], 128 + signal.SIGKILL),
    (["no-such-program"], 127),
    (["/etc"], 126),
])
def test_its_status_is_ours(lab, ordinary, command, status):
    lab.serve()
    got, log = ordinary.run(*command)
    assert got == status
    if status in (126, 127):
        assert f"cannot run {command[0]}: " in log


def test_without_a_tunnel_it_is_not_started(lab, ordinary):
    lab.serve()
    ordinary.env["SSTP_PASSWORD"] = "wrong"
    status, log = ordinary.run("echo", "was started")
    assert status == 9
    assert "\nwas started" not in log


def test_with_once_the_loss_of_the_tunnel_ends_it(lab, ordinary, both):
    server = lab.serve()
    program = ordinary.start("run", "--once", "--", "sh", "-c", "sleep 1000 & echo child $!; wait")
    child = int(program.wait_for(r"^child (\d+)$").group(1))
    server.kill()
    assert program.wait(60) == 12
    assert not Path(f"/proc/{child}").exists()


def test_processes_that_the_command_leaves_are_ended(lab, ordinary, both):
    lab.serve()
    status, log = ordinary.run("sh", "-c", "setsid sh -c 'echo left $$; exec sleep 1000' &\n"
                               "until grep -q sleep /proc/$!/comm; do sleep 0.05; done; exit 3")
    left = int(re.search(r"^left (\d+)$", log, re.M).group(1))
    assert status == 3
    assert not Path(f"/proc/{left}").exists()


# ---- signals and the terminal, as with the command of sstp proxy

EITHER = pytest.mark.parametrize("verb", ["run", "proxy"])


@EITHER
@pytest.mark.parametrize("mode", ["auto", "off"])
def test_a_terminal_that_hangs_up(lab, ordinary, verb, mode):
    """sstp leads the terminal's session, as in `xterm -e sstp run`: the kernel tells nobody else."""
    lab.serve()
    environment = [f"{k}={v}" for k, v in {**SANITIZERS, **ordinary.env}.items()]
    words = lab.client.words(as_user("env", *environment, *ordinary.words(verb, "--sandbox", mode, "--", "sh", "-c",
                                                                          "echo begun; exec sleep 1000")))
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.execvp(words[0], words)
        finally:
            os._exit(127)
    shown = b""
    try:
        while b"begun\r\n" not in shown:
            shown += os.read(terminal, 4096)
    finally:
        os.close(terminal)
    eventually("it ends", lambda: os.waitpid(pid, os.WNOHANG)[0] == pid)


@pytest.mark.parametrize("name", ["TERM", "INT", "HUP", "QUIT", "USR1"])
@EITHER
def test_signals_are_passed_on(lab, ordinary, name, verb):
    lab.serve()
    program = ordinary.start(verb, "--", "sh", "-c",
                             f"trap 'echo got it; exit 42' {name}; echo waits; while :; do sleep 0.05; done")
    program.wait_for("^waits$")
    program.send(getattr(signal, "SIG" + name))
    assert program.wait() == 42
    assert len(re.findall("^got it$", program.log, re.M)) == 1


def test_a_signal_before_it_is_started(lab, ordinary):
    program = ordinary.start("run", "--", "echo", "was started", to="203.0.113.1")
    program.wait_for("^connecting to ")
    program.send(signal.SIGINT)
    assert program.wait() == 128 + signal.SIGINT
    assert "\nwas started" not in program.log


@EITHER
def test_an_interactive_shell(lab, ordinary, verb):
    """Ctrl-C goes to the shell's foreground job; the shell keeps running with job control; the terminal works afterwards."""
    lab.serve()
    status, shown = ordinary.on_a_terminal(["-q"], ["bash", "--norc", "-i"], [
        (b"$ ", b"echo one$((1+1))\n"),
        (b"one2", b"sh -c 'echo asleep$((4+4)); exec sleep 1000'\n"),
        (b"asleep8", b"\x03"),
        (b"^C", b"jobs; sleep 1000 & echo started$((2+2))\n"),
        (b"started4", b"kill %1; wait; echo waited$((3+3))\n"),
        (b"waited6", b"exit 5\n"),
    ], verb=verb)
    assert status == 5, shown
    assert "no job control" not in shown and "cannot set terminal" not in shown, shown


# a shell that has sstp as its foreground job, and goes on when that is stopped
OUTER = ["bash", "--norc", "-ic", '"$@"; echo "outer: status $?"; fg; echo "outer: then $?"', "bash"]


@EITHER
def test_ctrl_z(lab, ordinary, verb):
    """It stops both, and fg continues both."""
    lab.serve()
    _, shown = ordinary.on_a_terminal(
        ["-q"], ["sh", "-c", "trap 'echo goes on' CONT; echo waits; while :; do sleep 0.05; done"],
        [(b"waits", b"\x1a"), (b"goes on", b"\x03"), (b"outer: then", b"")],
        around=OUTER, verb=verb)
    assert "outer: then 130" in shown, shown


@EITHER
def test_a_shell_that_suspends_itself(lab, ordinary, verb):
    lab.serve()
    _, shown = ordinary.on_a_terminal(["-q"], ["bash", "--norc", "-i"], [
        (b"$ ", b"echo in$((1+1))\n"),
        (b"in2", b"suspend\n"),
        (b"outer: status 148", b"echo in$((2+2))\n"),
        (b"in4", b"sh -c 'echo asleep$((4+4)); exec sleep 1000'\n"),
        (b"asleep8", b"\x03"),
        (b"^C", b"exit 5\n"),
    ], around=OUTER, verb=verb)
    assert "outer: then 5" in shown, shown


@EITHER
def test_ctrl_c_reaches_the_command_once(lab, ordinary, verb):
    lab.serve()
    status, shown = ordinary.on_a_terminal(
        ["-q"], ["sh", "-c", "trap 'echo caught; sleep 0.2; exit 6' INT; echo waits; while :; do sleep 0.05; done"],
        [(b"waits", b"\x03")], verb=verb)
    assert status == 6, shown
    assert shown.count("caught") == 1


# ---- nothing bypasses the tunnel

# Sends all kinds of packets, without a pause, until it gets a signal.
RESTLESS = r"""
import os, select, socket, sys, time
targets = [(socket.AF_INET, ("8.8.8.8", 53)), (socket.AF_INET, ("10.1.0.254", 7)), (socket.AF_INET, ("192.0.2.1", 443)),
           (socket.AF_INET, ("255.255.255.255", 7)), (socket.AF_INET6, ("2001:db8:9::1", 443)),
           (socket.AF_INET6, ("2001:4860:4860::8888", 53)), (socket.AF_INET6, ("ff02::1", 7)),
           (socket.AF_INET6, ("fe80::1%sstp0", 7))]
print("trying", flush=True)
while True:
    print("all tried", flush=True)
    for family, to in targets:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            s = socket.socket(family, kind)
            s.setblocking(False)
            try:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                s.connect(to)
                s.send(b"a leak")
            except OSError:
                pass
            s.close()
    time.sleep(0.005)
"""


def strays(packets):
    """Packets on the client's cable that belong neither to the TLS connection nor to neighbor discovery."""
    found = []
    for p in packets:
        if p[0] >> 4 == 4:
            header = (p[0] & 15) * 4
            ports = (int.from_bytes(p[header:header + 2], "big"), int.from_bytes(p[header + 2:header + 4], "big"))
            tls = p[9] == socket.IPPROTO_TCP and 443 in ports and socket.inet_aton(SERVER) in (p[12:16], p[16:20])
            # ICMP errors of the server's host about packets that it cannot deliver
            if tls or (p[9] == socket.IPPROTO_ICMP and p[12:16] == socket.inet_aton(SERVER)):
                continue
            found.append(p)
        elif p[0] >> 4 == 6 and not (p[6] == ICMPV6 or p[6] == 0):
            found.append(p)
    return [p for p in found if p[0] >> 4 in (4, 6)]


def test_nothing_leaks(lab, ordinary):
    """While the tunnel is up, down, and coming back; IPv6 too. And the command keeps running."""
    server = lab.serve()
    sniffer = Sniffer(lab.client, "cable")
    outside = lab.start(lab.client, "python3", "-c", RESTLESS, label="outside")
    eventually("outside, it is seen", lambda: {p[0] >> 4 for p in strays(sniffer.look())} == {4, 6})
    outside.kill()
    sniffer.close()
    sniffer = Sniffer(lab.client, "cable")
    program = ordinary.start("run", "--", "python3", "-c", RESTLESS)
    program.wait_for("^trying$")
    pid = eventually("the command is there", lambda: children_of(starter_of(program)))

    def tries():
        program.wait_for("^all tried$", count=program.log.count("all tried\n") + 10)

    for round_trip in range(2):
        tries()
        if round_trip:
            assert server.stop() == 0
        else:
            server.kill()
        program.wait_for("next try in", count=round_trip + 1)
        tries()
        server = lab.serve()
        program.wait_for("^connected in ", count=round_trip + 2)
    tries()
    assert children_of(starter_of(program)) == pid
    assert not strays(sniffer.look())
    assert sniffer.look(), "there was nothing to see"
    sniffer.close()
    assert program.stop() == 128 + signal.SIGTERM


def test_it_works_again_after_a_reconnect(lab, ordinary, web, names):
    server = lab.serve("--dns", NAMES)
    program = ordinary.start("run", "--", "sh", "-c", """
        curl -sS http://one.test/ | sha256sum; echo first
        while [ ! -e /run/again ]; do sleep 0.05; done
        curl -sS --retry 5 --retry-all-errors http://two.test/ | sha256sum""")
    program.wait_for("^first$")
    server.kill()
    program.wait_for("next try in")
    lab.serve("--dns", NAMES)
    program.wait_for("^connected in ", count=2)
    (lab.client.run_folder / "again").touch()
    try:
        assert program.wait(60) == 0
    finally:
        (lab.client.run_folder / "again").unlink()
    assert program.log.count(web.digest) == 2
    assert {"one.test", "two.test"} <= set(names.asked_for)


FAMILY = ("sleep 4711 & setsid sleep 4712 & (sleep 4713 &) ; "
          "nohup sh -c 'trap : TERM HUP INT; while :; do sleep 0.05; done; : 4714' >/dev/null 2>&1 & "
          "{nested} echo runs $PPID $$; while :; do sleep 0.05; done; : 4715")
NESTED = "unshare --user --map-root-user --net --mount sleep 4716 & unshare --user sleep 4717 &"


def members():
    """The numbers in the command lines of processes that live."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found |= set(re.findall(r"\b471\d\b", path.read_text()))
        except OSError:  # gone
            pass
    return found


@pytest.mark.parametrize("is_root, options, nested", [
    (False, [], NESTED), (False, ["--map-root"], NESTED), (True, [], ""),
], ids=["user", "map-root", "root"])
def test_when_it_is_killed_all_that_its_command_started_ends(lab, ordinary, is_root, options, nested):
    """kill -9: only the guardian process is left to end it."""
    lab.serve()
    other = lab.start(lab.other, "sh", "-c", "sleep 4718; :")  # a process that is not in the command's namespaces
    words = ordinary.words("run", *options, "--", "sh", "-c", FAMILY.format(nested=nested))
    program = lab.start(lab.client, *(words if is_root else as_user(*words)), label="run", env=ordinary.env)
    parent, pid = program.wait_for(r"^runs (\d+) (\d+)$").groups()
    everybody = {"4711", "4712", "4713", "4714", "4715"} | ({"4716", "4717"} if nested else set())
    eventually("all of them run", lambda: everybody <= members())
    assert int(parent) == starter_of(program)
    assert os.getpgid(int(pid)) == os.getpgid(program.pid) and os.getsid(int(pid)) == os.getsid(program.pid)
    program.kill()
    eventually("all of them have ended", lambda: not members() - {"4718"})
    assert members() == {"4718"}
    other.kill()


def test_the_command_has_no_child_that_it_did_not_start(lab, ordinary):
    lab.serve()
    status, log = ordinary.run("sh", "-c", "read children </proc/$$/task/$$/children; echo children: $children.; wait")
    assert status == 0 and re.search(r"^children: \.$", log, re.M)


def test_the_guardian_ends_with_the_command_and_holds_nothing(lab, ordinary):
    """It keeps neither the command's standard output open, for whose end others wait, nor the terminal."""
    lab.serve()
    program = ordinary.start("run", "--", "sh", "-c", "echo runs; sleep 4711; :")
    program.wait_for("^runs$")
    guardian, = eventually("it is there", lambda: [pid for pid in children_of(starter_of(program))
                                                   if name_of(pid) == "sstp-guardian"])
    assert os.getsid(guardian) == guardian
    eventually("it has closed all but its socket", lambda: os.listdir(f"/proc/{guardian}/fd") == ["0"])
    program.send(signal.SIGTERM)
    program.wait()
    eventually("it is gone", lambda: not Path(f"/proc/{guardian}").exists())


# ---- where it is not possible


def forbid(what):
    """A command line around sstp, in whose world `what` was done by root of a user namespace."""
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", what + '; exec "$@"', "sh"]


# not root's any more, and without capabilities
NOBODY = ["unshare", "--user", f"--map-user={USER}", f"--map-group={USER}"]


@pytest.mark.parametrize("what, advice", [
    ("echo 0 >/proc/sys/user/max_user_namespaces", "sysctl user.max_user_namespaces=10000"),
    ("echo 0 >/proc/sys/user/max_net_namespaces", "sysctl user.max_net_namespaces=10000"),
])
def test_namespaces_that_are_forbidden(lab, ordinary, what, advice):
    powerless = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"]
    status, log = ordinary.run("echo", "was started", around=[*forbid(what), *powerless])
    assert status == 11, log
    assert advice in log
    assert "\nwas started" not in log


def test_root_without_the_capability_for_devices(lab, ordinary):
    """As in a container with --cap-add SYS_ADMIN: namespaces can be made, but what is in them belongs to a user namespace without it."""
    lab.serve()
    words = ["setpriv", "--bounding-set", "-net_admin", *ordinary.words("run", "--", "ping", "-c", "1", "-w", "60", GATEWAY)]
    program = lab.start(lab.client, *words, label="run", env=ordinary.env)
    assert program.wait() == 0, program.log


def test_root_who_cannot_be_mapped(lab, ordinary):
    words = ["setpriv", "--bounding-set", "-all", *ordinary.words("run", "--", "echo", "was started")]
    program = lab.start(lab.client, *words, label="run", env=ordinary.env)
    assert program.wait() == 11
    assert "root needs the capability CAP_SETFCAP for that, or CAP_SYS_ADMIN and CAP_NET_ADMIN" in program.log
    assert "profile forbids" not in program.log and "\nwas started" not in program.log


@pytest.mark.parametrize("is_root", [False, True], ids=["an ordinary user", "root"])
@pytest.mark.parametrize("options, advice", [
    ("-t tmpfs proc", "there is no /proc; mount -t proc proc /proc makes it"),
    ("-t proc -o ro proc", "/proc is mounted read-only; mount -o remount,rw /proc allows it"),
], ids=["no /proc", "read-only"])
def test_proc_that_is_not_as_usual(lab, ordinary, is_root, options, advice):
    lab.serve()
    words = ordinary.words("run", "--", "echo", "was started")
    program = lab.start(lab.client, "unshare", "--mount", "sh", "-ec", f'mount {options} /proc; exec "$@"', "sh",
                        *(words if is_root else as_user(*words)), label="run", env=ordinary.env)
    if is_root and "ro" in options.split():  # needs no mapping
        assert program.wait() == 0, program.log
        return
    assert program.wait() == 11
    assert advice in program.log
    assert "no /etc/resolv.conf" not in program.log and "\nwas started" not in program.log


@pytest.mark.parametrize("what, advice", [
    ("mount -t tmpfs none /dev", "modprobe tun"),
    ("mount --bind /run/bin/of-root /dev/net/tun", "chmod 666 /dev/net/tun"),
])
def test_a_tun_device_without_permission(lab, ordinary, what, advice):
    lab.client.run("sh", "-ec", "[ -e /run/bin/of-root ] || mknod -m 600 /run/bin/of-root c 10 200")
    status, log = ordinary.run("echo", "was started", around=[*forbid(what), *NOBODY])
    assert status == 11, log
    assert advice in log
    assert "\nwas started" not in log


@pytest.mark.parametrize("words, complaint", [
    (["--user", "ann", "192.0.2.1"], "no command: sstp run HOST -- COMMAND"),
    (["--user", "ann", "192.0.2.1", "--"], "no command: sstp run HOST -- COMMAND"),
    (["--", "true"], "no server"),
])
def test_usage(lab, words, complaint):
    done = lab.client.run(lab.sstp, "run", *words, check=False)
    assert done.returncode == 2
    assert complaint in done.stderr


# ---- as the first process, as in a container


@pytest.mark.parametrize("mode", ["auto", "off"])
def test_as_process_1(lab, mode):
    """It reaps what the command leaves, and ends with the command's status."""
    lab.serve()
    program = lab.start(lab.client, *PROCESS_1, lab.sstp, "run", "-v", SERVER, "--servercert", lab.pki.server.pin, "--user", "ann",
                        "--password-file", lab.file("password", "wonder land\n"), "--sandbox", mode, "--", "sh", "-c",
                        f"(exec sleep 0.1) & ping -c 1 -w 60 {GATEWAY} && exit 7", label="run")
    assert program.wait() == 7
    assert "connected in " in program.log


def test_as_process_1_that_is_asked_to_end(lab):
    lab.serve()
    program = lab.start(lab.client, *PROCESS_1, lab.sstp, "run", "-v", SERVER, "--servercert", lab.pki.server.pin, "--user", "ann",
                        "--password-file", lab.file("password", "wonder land\n"), "--", "sh", "-c",
                        "trap 'exit 5' TERM; echo begun; while :; do sleep 0.1; done", label="run")
    program.wait_for("^begun$")
    (first,) = children_of(program.pid)
    os.kill(first, signal.SIGTERM)
    assert program.wait() == 5
