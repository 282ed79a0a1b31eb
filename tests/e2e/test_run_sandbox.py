# SPDX-License-Identifier: GPL-3.0-or-later
"""sstp run in its sandbox: what each of its processes has, and how they end. The attacks are in test_sandbox.py."""
import os
import re
import signal
from pathlib import Path

import pytest

from lab import SERVER, eventually, is_closed_pipe, open_files
from ordinary import USER, as_user
from test_keys_apart import has
from test_run import children_of, name_of, ordinary, starter_of  # noqa: F401
from test_sandbox import E, attacks, children, lacking, start_proxy_with_command, start_run, status_of, taken_over, whole  # noqa: F401

EVERYTHING = ("memory", "no_new_privs", "user", "capabilities", "files", "tcp", "scopes", "system_calls")
WHO = pytest.mark.parametrize("user", [0, USER], ids=["root", "an ordinary user"])


def words_of(user):
    return [*(as_user() if user else []), "/run/bin/sstp"]


@pytest.fixture
def readable(whole, ordinary):  # noqa: F811
    """The program where an ordinary user may read it."""
    assert ordinary.sstp == words_of(USER)[-1]
    return whole


def status(pid):
    return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


@WHO
def test_what_the_process_has_that_reads_the_network(readable, user):
    program, _ = start_run(readable, words_of(user), ["--sandbox", "require"], {})
    has_it = status(program.pid)
    assert has_it["Uid"].split() == 4 * [str(user or 65534)]
    assert [has_it[name] for name in ("CapEff", "CapPrm", "CapBnd", "NoNewPrivs", "Seccomp")] == 3 * [16 * "0"] + ["1", "2"]
    assert os.stat(f"/proc/{program.pid}/fd").st_uid == 0  # not dumpable
    assert os.readlink(f"/proc/{program.pid}/ns/net") == os.readlink(f"/proc/{starter_of(program)}/ns/net")
    assert program.stop() == 128 + signal.SIGTERM


def test_status_shows_it(whole):  # noqa: F811
    program, _ = start_run(whole, [whole.sstp], [], {})
    assert status_of(whole, program)["sandbox"] == {"mode": "auto", "state": "on", **dict.fromkeys(EVERYTHING, True)}
    assert re.search(r"^  sandbox: on$", whole.client.run(whole.sstp, "status").stdout, re.M)
    assert program.stop() == 128 + signal.SIGTERM


def test_off(lab):
    program, _ = start_run(lab, [lab.sstp], ["--sandbox", "off"], {})
    assert status_of(lab, program)["sandbox"] == {"mode": "off", "state": "off"}
    assert starter_of(program) == program.pid
    assert program.stop() == 128 + signal.SIGTERM


@pytest.mark.parametrize("calls, error, words", [
    ("landlock_create_ruleset", "ENOSYS", "a list of files, a list of TCP ports, a scope of signals and sockets (this kernel's "
                                          "Landlock is missing or too old)"),
    ("capset", "EPERM", "dropped capabilities (Operation not permitted)"),
])
def test_what_a_system_lacks_is_left_out(whole, calls, error, words):  # noqa: F811
    lacking(whole, calls, error)
    program, _ = start_run(whole, [whole.sstp], [], {}, ("true",))
    assert program.wait() == 0
    assert f"debug: sandbox: on, but without {words}\n" in program.log
    whole.serve = lambda: None
    failed = whole.start(whole.client, whole.sstp, "run", SERVER, "--user", "ann", "--servercert", whole.pki.server.pin,
                         "--sandbox", "require", "--", "echo", "was started", label="run", env={"SSTP_PASSWORD": "wonder land"})
    assert failed.wait() == 1
    assert f"--sandbox require: the sandbox is on, but without {words}" in failed.said
    assert "\nwas started" not in failed.log


def test_the_command_has_what_it_has_without_a_sandbox(whole):  # noqa: F811
    shown = []
    for mode in "require", "off":
        program, _ = start_run(whole, [whole.sstp], ["--sandbox", mode], {},
                               ("sh", "-c", "grep -E '^(Uid|Gid|Groups|Cap.*|NoNewPrivs|Seccomp|Sig(Ign|Blk)):' /proc/self/status"))
        assert program.wait() == 0
        shown.append(re.findall(r"^(?:Uid|Gid|Groups|Cap\w+|NoNewPrivs|Seccomp|Sig\w+):.*$", program.log, re.M))
        whole.serve = lambda: None
    assert shown[0] == shown[1] and len(shown[0]) == 12
    assert {"NoNewPrivs:\t0", "Seccomp:\t0"} <= set(shown[0])


@WHO
@pytest.mark.parametrize("start", [start_run, start_proxy_with_command], ids=["run", "proxy"])
def test_the_commands_descriptors_are_not_where_the_network_is(readable, user, start):
    """A shell's terminal, say, where passwords are typed."""
    words = ["sh", "-c", 'exec 7</etc/hosts; exec "$@"', "sh", *words_of(user)]
    program, _ = start(readable, words, [], {})
    files = open_files(program.pid)
    assert files[0] == files[1] == "/dev/null"
    assert not [path for path in files.values() if path.endswith("/hosts")]
    command, = eventually("it is there", lambda: [pid for child in children_of(program.pid) for pid in children_of(child)
                                                  if name_of(pid) == "sleep"])
    assert os.readlink(f"/proc/{command}/fd/7").endswith("/hosts")
    assert program.stop() == 128 + signal.SIGTERM


@WHO
def test_the_password_is_only_where_it_is_needed(readable, user):
    program, _ = start_run(readable, words_of(user), [], {})
    helper = starter_of(program)
    eventually("all are there", lambda: {name_of(pid) for pid in children_of(helper)} == {"sstp-guardian", "sleep"})
    others = [helper, *children_of(helper)]
    password = b"wonder land"
    assert has(program.pid, [password])
    assert [name_of(pid) for pid in others if has(pid, [password])] == []
    assert program.stop() == 128 + signal.SIGTERM


@WHO
def test_an_attacker_does_not_reach_the_command(readable, user):
    """Neither it nor the guardian."""
    with taken_over(readable, "run", user) as (attacker, _):
        helper, = children(attacker.pid)
        below = eventually("the command and the guardian are there", lambda: len(c := children(helper)) == 2 and c)
        wanted = [(words, errors) for what, words, errors in attacks("/run/none", helper, below) if "the helper" in what]
        assert len(wanted) == 14
        assert [words for words, errors in wanted if attacker.tries(words) not in errors] == []
        for name in ("net", "user", "mnt"):
            assert attacker.tries(f"read /proc/{below[0]}/ns/{name}") == E.EACCES
        assert children(helper) == below


# only the device in /dev
BARE_DEV = ["unshare", "--mount", "sh", "-ec", 'mount -t tmpfs dev /dev; mkdir /dev/net; mknod -m 666 /dev/net/tun c 10 200; exec "$@"', "sh"]


@WHO
@pytest.mark.parametrize("start", [start_run, start_proxy_with_command], ids=["run", "proxy"])
def test_without_dev_null(readable, user, start):
    program, _ = start(readable, [*BARE_DEV, *words_of(user)], ["--sandbox", "require"], {})
    assert is_closed_pipe(program.pid, 0) and is_closed_pipe(program.pid, 1)
    assert program.stop() == 128 + signal.SIGTERM


@WHO
@pytest.mark.parametrize("whom", ["the helper", "the network process"])
def test_all_end_when_one_is_killed(readable, user, whom):
    program, _ = start_run(readable, words_of(user), [], {})
    helper = starter_of(program)
    eventually("all are there", lambda: {name_of(pid) for pid in children_of(helper)} == {"sstp-guardian", "sleep"})
    others = [helper, *children_of(helper)]
    os.kill(program.pid if whom == "the network process" else helper, signal.SIGKILL)
    if whom == "the helper":
        program.wait_for("^error: the helper process has ended, and with it the command$")
        assert program.wait() == 1
    eventually("they have ended", lambda: not [pid for pid in others if Path(f"/proc/{pid}/exe").exists()])
