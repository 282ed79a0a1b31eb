# SPDX-License-Identifier: GPL-3.0-or-later
"""--sandbox: what is in force, what is left out where the system lacks or refuses it, and what an attacker cannot do."""
import ctypes
import re
import sys

import pytest

from lab import NAME, REPO

LANDLOCK_CREATE_RULESET = 444
ALL_PARTS = "sandbox: on$"


def landlock_version():
    return ctypes.CDLL(None).syscall(LANDLOCK_CREATE_RULESET, None, 0, 1)


def lacking(lab, calls, error):
    """From now on sstp runs where these system calls fail."""
    lab.sstp = lab.file("sstp-that-lacks", f"#!/bin/sh\nexec {sys.executable} {REPO}/tests/e2e/seccomp.py {calls} {error} "
                                           f'{lab.sstp} "$@"\n', 0o755)


@pytest.fixture
def whole(lab):
    if landlock_version() < 6:
        pytest.skip("kernel: no Landlock 6")
    return lab


def test_probe_requires_it_and_has_it(whole):
    whole.serve()
    done = whole.probe("--sandbox", "require", "-v", to=NAME)
    assert done.returncode == 0
    assert re.search(ALL_PARTS, done.stderr, re.M)


@pytest.mark.parametrize("calls, error, words", [
    ("landlock_create_ruleset", "ENOSYS", "a list of files, a list of TCP ports, a scope of signals and sockets (this "
                                          "kernel's Landlock is missing or too old)"),
    ("landlock_create_ruleset", "EOPNOTSUPP", "a list of files, a list of TCP ports, a scope of signals and sockets "
                                              "(Landlock is disabled in this kernel)"),
    ("setresuid", "EPERM", "a user of its own (Operation not permitted)"),
    ("capset", "EPERM", "dropped capabilities (Operation not permitted)"),
])
def test_what_a_system_lacks_is_left_out_and_said(whole, calls, error, words):
    whole.serve()
    lacking(whole, calls, error)
    done = whole.probe("-v", to=NAME)
    assert done.returncode == 0
    assert f"debug: sandbox: on, but without {words}\n" in done.stderr
    done = whole.probe("--sandbox=require", to=NAME)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"sstp probe: --sandbox require: the sandbox is on, but without {words}\n"


def test_off(lab):
    lab.serve()
    done = lab.probe("--sandbox", "off", "-v", to=NAME)
    assert done.returncode == 0
    assert "debug: sandbox: off\n" in done.stderr


def test_another_word(lab):
    done = lab.probe("--sandbox", "on")
    assert done.returncode == 2
    assert "must be auto, require or off" in done.stderr
