# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/libraries.md against tools/deps and against the libraries that were built."""
import re
import subprocess

import pytest

from lab import REPO

PAGE = (REPO / "docs/libraries.md").read_text()
PINS = dict(re.findall(r"^PINS\[(\w+)\]='\n?([^']*)'", (REPO / "tools/deps").read_text(), re.MULTILINE))
NAMES = {"wolfssl": "wolfSSL", "lwip": "lwIP"}
# A build with the system's wolfSSL or C library has fewer of these: then there is less to compare.
BUILT = [stamp.parent for stamp in (REPO / "build/deps").glob("*/stamp")]
STATIC = ("musl", "aarch64", "armv7", "mips")
PROGRAMS = [program for libc in STATIC if (program := REPO / "build" / libc / "sstp").exists()]


def rows(title):
    """The cells of the tables under that heading, without the tables' heads."""
    section = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert section, title
    table = [line.strip("|").split("|") for line in section[1].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in table if not re.match(r"-|library$|CVE$", line[0].strip(" |"))]


def pinned(name):
    """The versions of tools/deps, in its order, without what Debian puts after them."""
    versions = [line.split()[0].split("+")[0] for line in PINS[name].splitlines() if line]
    return list(dict.fromkeys(versions))


def claims(title):
    """The third column's claim about the build: not included, or included because of that macro."""
    found = [(row[0], re.match(r"no(:|, by)", row[2]), re.findall(r"`([^`]+)`", row[2])) for row in rows(title)]
    absent = [(cve, name) for cve, is_no, names in found if is_no and is_no[1] == ":" for name in names]
    present = [(cve, name) for cve, is_no, names in found if is_no and is_no[1] != ":" for name in names]
    return absent, present


def newest(name):
    return f"{NAMES.get(name, name)} {pinned(name)[0]}"


def test_each_version_that_is_pinned_is_on_the_page():
    assert len(PINS) >= 6
    table = {row[0]: row[1].split(", ") for row in rows("Versions")}
    assert table == {NAMES.get(name, name): pinned(name) for name in PINS}
    assert {row[0] for row in rows("What is built of each, and why")} == set(table) - {"cmocka"}
    for version in pinned("wolfssl")[1:]:
        assert re.search(rf"^### wolfSSL {re.escape(version)} with", PAGE, re.MULTILINE)


@pytest.mark.parametrize("title", [newest("wolfssl"), newest("lwip"), "musl"])
def test_each_row_has_a_reason(title):
    cves = [row[0] for row in rows(title)]
    assert cves and len(set(cves)) == len(cves)
    for cve, what, built, reason in rows(title):
        assert re.fullmatch(r"CVE-20\d\d-\d{4,}", cve) and what and reason, cve
        assert re.match(r"yes$|no: `|no, by `", built), cve
        if built == "yes":
            assert re.match("not called|checked by us", reason) or "tests/" in reason, cve


def test_the_files_and_tests_that_it_names_are_there():
    paths = set(re.findall(r"`((?:src|tests|tools|deps|docs)/[\w./-]+)`", PAGE))
    ours = {path for path in paths if path not in ("src/api", "src/apps", "src/netif")}
    assert ours and not [path for path in sorted(ours) if not (REPO / path).exists()]


def macros(libc):
    """wolfSSL's macros: our settings and those that it derives from them."""
    source = "#include <wolfssl/ssl.h>\n#include <wolfssl/internal.h>\n"
    words = ["cc", "-E", "-dM", "-DWOLFSSL_USER_SETTINGS", f"-I{libc}/wolfssl", "-xc", "-"]
    done = subprocess.run(words, input=source, capture_output=True, text=True, check=True)
    return {line.split()[1].split("(")[0] for line in done.stdout.splitlines()}


def test_wolfssl_is_built_without_what_the_page_says():
    absent, present = claims(newest("wolfssl"))
    assert absent and present
    for libc in (libc for libc in BUILT if (libc / "wolfssl").exists()):
        defined = macros(libc)
        assert "HAVE_ALPN" in defined
        assert not [claim for claim in absent if claim[1] in defined]
        assert not [claim for claim in present if claim[1] not in defined]


def test_lwip_is_built_without_what_the_page_says():
    absent, _ = claims(newest("lwip"))
    assert absent and BUILT
    for libc in BUILT:
        files = subprocess.run(["ar", "t", libc / "lib/liblwip.a"], capture_output=True, text=True, check=True)
        assert "tcp.c.o" in files.stdout.split()
        assert not [claim for claim in absent if f"{claim[1]}.o" in files.stdout.split()]


def test_the_programs_have_nothing_of_musl_that_the_page_excludes():
    absent, _ = claims("musl")
    assert absent
    for program in PROGRAMS:
        symbols = subprocess.run(["nm", program], capture_output=True, text=True, check=True)
        names = {line.split()[-1] for line in symbols.stdout.splitlines()}
        assert "qsort" in names
        assert not [claim for claim in absent if claim[1] in names]
