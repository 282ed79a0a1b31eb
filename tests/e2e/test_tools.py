# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs in tools/ answer --help at once, on a machine where nothing is installed, and refuse what they do not know."""
import os
import subprocess
import sys

import pytest
from lab import REPO

TOOLS = sorted(p.name for p in (REPO / "tools").iterdir() if p.is_file() and os.access(p, os.X_OK))
SECONDS = 60  # for a machine that is busy; far less than a build takes


def run(name, *argv, folder=None):
    """With Python's own library alone: Debian's packages of Python are not there yet."""
    tool = REPO / "tools" / name
    alone = [sys.executable, "-S"] if "python" in tool.read_text().split("\n", 1)[0] else []
    return subprocess.run([*alone, tool.relative_to(folder) if folder else tool, *argv], capture_output=True, text=True, timeout=SECONDS,
                          stdin=subprocess.DEVNULL, cwd=folder or "/")


@pytest.mark.parametrize("name", [n for n in TOOLS if n != "deps"])
def test_help(name):
    done = run(name, "--help")
    assert done.returncode == 0 and done.stderr == ""
    assert f"tools/{name}" in done.stdout


def test_help_from_another_folder():
    assert "tools/check" in run("check", "--help", folder=REPO.parent).stdout


@pytest.mark.parametrize("name", [n for n in TOOLS if n != "syscalls"])  # which gives it to pytest
def test_an_unknown_option_is_refused(name):
    done = run(name, "--bogus")
    assert done.returncode == 2
    assert f"tools/{name}" in done.stdout + done.stderr
