# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests the sandbox on this machine and this kernel: what an attacker can do in each verb, what /proc/PID/status shows of each
process, what `sstp status` shows, and that the verbs work. The results are properties in pytest's XML.

`make check` does not run it. tools/machines runs it on other machines and kernels, and tools/sandbox-page writes docs/sandbox.md from
the results.
"""
import errno
import json
import os
import socket
from pathlib import Path

import pytest

from lab import GATEWAY, SERVER, eventually
from ordinary import USER
from test_sandbox import ELSEWHERE, VERBS, attacks, children, landlock_version, sockets_of_others, start_proxy, taken_over

STATUS = ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp")
PARTS = {"files": 1, "tcp": 4, "scopes": 6}  # the version of Landlock that each needs
OTHER_PARTS = {"memory", "no_new_privs", "user", "capabilities", "system_calls"}


def missing():
    return {part for part, version in PARTS.items() if landlock_version() < version}


def part_against(words):
    """The part of Landlock that alone prevents the attack; None: a part that each kernel has prevents it."""
    verb, *rest = words.split()
    if verb in ("read", "write", "remove"):
        return "files"
    return "tcp" if verb in ("connect", "listen") else None


def starts():
    """Every verb as root and as a user, but `serve` only as root, since a user cannot make a device."""
    return [pytest.param(verb, user, id=f"{verb}-{'user' if user else 'root'}") for verb in VERBS for user in (0, USER)
            if (verb, user) != ("serve", USER)]


def test_machine(record_property):
    """The machine's row on the page."""
    about = os.uname()
    record_property("about", json.dumps({"machine": about.machine, "kernel": about.release, "landlock": max(0, landlock_version())}))
    assert about.sysname == "Linux"


@pytest.mark.parametrize("verb, user", starts())
def test_attacks(lab, verb, user, record_property):
    secret = lab.client.run_folder / "key"
    secret.write_text("secret")
    os.chmod(secret, 0o600)
    os.chown(secret, user, user)
    wrong = []
    with lab.client.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other, sockets_of_others(lab), \
            taken_over(lab, verb, user, "--sandbox", "auto") as (attacker, program):
        other.bind("\0sstp-test")
        other.listen()
        helpers = children(attacker.pid)
        for what, words, errors in attacks("/run/key", os.getpid(), helpers):
            error = attacker.tries(words)
            is_open = error not in errors and part_against(words) in missing()
            record_property(what, "possible" if is_open else errno.errorcode.get(error, str(error)))
            if error not in errors and not is_open:
                wrong.append((what, error))
        assert wrong == []
        assert program.status is None
        assert children(attacker.pid) == helpers
        assert len(helpers) == VERBS[verb][1]
    Path("/tmp/sstp-attack").unlink(missing_ok=True)


def look_at(pid):
    folder = Path(f"/proc/{pid}")
    fields = dict(line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line)
    core = next(line.split()[4] for line in (folder / "limits").read_text().splitlines() if line.startswith("Max core file size"))
    seen = {"Name": fields["Name"], **{name: fields[name].strip() for name in STATUS if name in fields}, "core": core}
    # the files of /proc/PID belong to root if the process is not dumpable, else to its user
    is_of_root = fields["Uid"].split()[1] == "0"
    seen["dumpable"] = "?" if is_of_root else "yes" if (folder / "status").stat().st_uid else "no"
    return seen


@pytest.mark.parametrize("verb, user", starts())
def test_processes(lab, verb, user, record_property):
    with taken_over(lab, verb, user, "--sandbox", "auto") as (attacker, _):
        assert attacker.tries("read /etc/hosts") == 0  # it is in the sandbox
        network = look_at(attacker.pid)
        record_property("network", json.dumps(network))
        for pid in children(attacker.pid):
            record_property("other", json.dumps(look_at(pid)))
    assert set(network["Uid"].split()) == {str(user or 65534)}
    assert (network["Groups"], network["CapEff"], network["CapPrm"], network["NoNewPrivs"], network["Seccomp"]) == (
        "", 16 * "0", 16 * "0", "1", "2")
    assert (network["dumpable"], network["core"]) == ("no", "0")


def sandbox_of(lab, host, program):
    found = host.run(lab.sstp, "status", "--json")
    return next(o["sandbox"] for o in map(json.loads, found.stdout.splitlines()) if o["pid"] == program.pid)


def check(sandbox, record_property, verb):
    record_property(verb, json.dumps(sandbox))
    lacks = missing()
    assert {part for part in OTHER_PARTS | set(PARTS) if not sandbox[part]} == lacks
    assert sandbox["state"] == ("partial" if lacks else "on")


def test_serve_and_connect(lab, record_property):
    """What needs the rights of the start works: routes, a reload, and the removal of files at the end."""
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    server = lab.serve("--host-routes", "--pid-file", "/run/serve.pid")
    check(sandbox_of(lab, lab.server, server), record_property, "serve")
    client = lab.connect("--pid-file", "/run/connect.pid")
    check(sandbox_of(lab, lab.client, client), record_property, "connect")
    lab.client.ping(GATEWAY)
    server.users.write_text(server.users.read_text() + "carl * builder *\n")
    server.wait_for("^reloaded .*: 3 users$")
    assert client.stop() == 0
    eventually("the route is removed", lambda: "10.9.0.2" not in [route["dst"] for route in lab.server.ip("route show dev sstp0")])
    assert server.stop() == 0
    assert not (lab.server.run_folder / "serve.pid").exists()


def test_proxy(lab, record_property):
    program, _ = start_proxy(lab, [lab.sstp], ["-L", f"{ELSEWHERE}:{GATEWAY}:{ELSEWHERE}"], {})
    check(sandbox_of(lab, lab.client, program), record_property, "proxy")
    with lab.server.listen(GATEWAY, ELSEWHERE) as listener, lab.client.connect("127.0.0.1", ELSEWHERE) as ours:
        theirs, _ = listener.accept()
        with theirs:
            theirs.sendall(b"hello")
            assert ours.recv(5, socket.MSG_WAITALL) == b"hello"
    assert program.stop() == 0


@pytest.mark.parametrize("to", [SERVER, "vpn.example.net"])
def test_probe(lab, to):
    lab.serve()
    done = lab.probe("-v", to=to)
    assert done.returncode == 0, done.stderr
    assert "debug: sandbox: on" in done.stderr
