# SPDX-License-Identifier: GPL-3.0-or-later
"""Which versions of the libraries tools/deps takes, with a fake apt that has the versions of a table."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]

APT_GET = """#!/bin/sh
suite=$(basename "$(dirname "${APT_CONFIG:-none/none}")")
case "$*" in
*indextargets*) echo "Debian http://mirror.example/debian bookworm /etc/apt/sources.list:1" ;;
*update*) ;;
*source*)
	for last; do :; done
	name=${last%%=*} upstream=${last#*=}
	upstream=${upstream%-*}
	echo "$suite $*" >>"$FAKE/asked"
	echo nothing >"${name}_$upstream.orig.tar.gz"
	case "$*" in
	*--tar-only*) ;;
	*) grep -q "^$suite $name .* patched" "$FAKE/table" ;;
	esac ;;
esac
"""

APT_CACHE = """#!/bin/sh
suite=$(basename "$(dirname "$APT_CONFIG")")
for name; do :; done
sed -n "s/^$suite $name \\([^ ]*\\).*/Version: \\1/p" "$FAKE/table"
"""

SID = "sid wolfssl 5.9.2-1.2\nsid libinih 61-1\n"
TRIXIE = "trixie wolfssl 5.7.2-0.1+deb13u2 patched\n"
BOOKWORM = "bookworm wolfssl 5.5.4-2+deb12u3 patched\n"


@pytest.fixture
def deps(tmp_path):
    """Runs tools/deps in a copy; returns its output, and its requests to apt."""
    for folder in ("tools", "deps"):
        shutil.copytree(TOP / folder, tmp_path / folder)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("apt-get", APT_GET), ("apt-cache", APT_CACHE)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)

    def run(table, **variables):
        (tmp_path / "table").write_text(table)
        asked = tmp_path / "asked"
        asked.write_text("")
        env = {k: v for k, v in os.environ.items()
               if k != "LIBRARIES" and not k.endswith(("_VERSION", "_TARBALL"))}
        env |= {"PATH": f"{programs}:{os.environ['PATH']}", "FAKE": str(tmp_path)} | variables
        done = subprocess.run([tmp_path / "tools/deps", "glibc"], env=env, capture_output=True, text=True)
        assert done.returncode == 1  # what apt gave is no library
        return done.stderr, asked.read_text()

    return run


def test_the_newest_is_taken_as_upstream_made_it(deps):
    said, asked = deps(SID + TRIXIE + BOOKWORM)
    assert "fetching wolfssl 5.9.2 from sid" in said
    assert asked.splitlines() == [asked.strip()] and "--tar-only" in asked and "wolfssl=5.9.2-1.2" in asked


def test_an_older_one_is_not_taken_unasked(deps):
    said, asked = deps(TRIXIE + BOOKWORM)
    assert "wolfssl 5.9.2 cannot be had from this machine's apt sources" in said
    assert "WOLFSSL_TARBALL=FILE" in said and "WOLFSSL_VERSION=VERSION" in said and "5.7.2, 5.5.4" in said
    assert not asked and "5.7.2 from" not in said


def test_an_older_one_is_taken_when_it_is_named(deps):
    said, asked = deps(SID + TRIXIE + BOOKWORM, WOLFSSL_VERSION="5.7.2")
    assert "fetching wolfssl 5.7.2 from trixie" in said and "5.9.2 from" not in said
    assert "--tar-only" not in asked and "wolfssl=5.7.2-0.1+deb13u2" in asked


def test_without_debians_patches_an_older_one_is_refused(deps):
    said, asked = deps(TRIXIE.replace(" patched", ""), WOLFSSL_VERSION="5.7.2")
    assert "the mirror does not have Debian's patches for it" in said
    assert "wolfssl 5.7.2 cannot be had" in said and "--tar-only" not in asked


def test_an_unknown_version_is_no_version(deps):
    said, asked = deps(SID + TRIXIE, WOLFSSL_VERSION="5.6.0")
    assert "wolfssl 5.6.0 cannot be had" in said and "5.7.2, 5.5.4" in said and not asked


@pytest.mark.parametrize("table, first", ((SID + TRIXIE, "5.9.2 from sid"), (TRIXIE, "5.7.2 from trixie"),
                                          (BOOKWORM, "5.5.4 from bookworm"), (TRIXIE[:-9], "5.7.2 from trixie")))
def test_a_test_may_take_any(deps, table, first):
    said, asked = deps(table + "\n", LIBRARIES="any")
    assert f"fetching wolfssl {first}" in said and asked
