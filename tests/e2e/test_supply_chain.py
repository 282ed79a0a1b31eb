# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the program, by tools/sbom, and how its compiler and linker hardened it."""
import hashlib
import json
import re
import subprocess

import pytest

from lab import PATIENCE, REPO

SBOM = REPO / "tools/sbom"
STATIC = ("musl", "aarch64", "armv7", "mips")
PROGRAMS = [program for flavour in STATIC if (program := REPO / "build" / flavour / "sstp").exists()]
FLAGS = ("-fstack-protector-strong", "-fstack-clash-protection", "-ftrivial-auto-var-init=zero", "-fPIE")


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE)


def readelf(*argv):
    done = run("readelf", "-W", *argv)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(params=PROGRAMS, ids=lambda path: path.parent.name)
def program(request):
    return request.param


# ---- hardening


def test_the_program_is_position_independent_and_its_tables_are_read_only(program):
    assert re.search(r"Type: +DYN", readelf("-h", program))
    segments = readelf("-l", program)
    assert "INTERP" not in segments
    assert "GNU_RELRO" in segments
    flags = re.findall(r"^ +(LOAD|GNU_STACK) .*? ([RWE ]{3}) 0x", segments, re.M)
    assert {name for name, _ in flags} == {"LOAD", "GNU_STACK"}
    assert [kind for kind in flags if "W" in kind[1] and "E" in kind[1]] == []
    dynamic = readelf("-d", program)
    assert "TEXTREL" not in dynamic
    assert "BIND_NOW" in dynamic and re.search(r"Flags: .*NOW.*PIE", dynamic)


def test_our_code_was_compiled_with_what_hardens_it(program):
    assert "__stack_chk_fail" in readelf("-s", program)
    units = readelf("--debug-dump=info", "--dwarf-depth=1", program).split("(DW_TAG_compile_unit)")[1:]
    ours = [(name[1], unit) for unit in units if (name := re.search(r"DW_AT_name .*: (src/\S+)$", unit, re.M))]
    assert len(ours) > 100
    assert [(name, flag) for name, unit in ours for flag in FLAGS if not re.search(rf" {flag}\b", unit)] == []


# ---- the bill of materials


def bill(program):
    return json.loads((program.parent / "sstp.spdx.json").read_text())


def test_the_bill_names_what_the_program_names(sstp):
    """...and the sums of tools/deps."""
    document = bill(REPO / "build/musl/sstp")
    first = run(sstp, "--licenses").stdout.splitlines()[0]
    assert [f"{p['name']} {p['versionInfo']}" for p in document["packages"]] == first.split(", ")
    pins = (REPO / "tools/deps").read_text()
    for package in document["packages"]:
        (checksum,) = package.get("checksums", [{"checksumValue": ""}])
        if package["name"] == "sstp":
            assert checksum["checksumValue"] == hashlib.sha256((REPO / "build/musl/sstp.stripped").read_bytes()).hexdigest()
        elif package["name"] != "musl":  # which the system gives
            assert re.search(rf"^{re.escape(package['versionInfo'])} \S+ +{checksum['checksumValue']} ", pins, re.M)


def test_the_bill_has_what_spdx_requires(program):
    document = bill(program)
    assert (document["spdxVersion"], document["dataLicense"], document["SPDXID"]) == ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT")
    assert re.fullmatch(r"https://spdx\.org/spdxdocs/sstp-[0-9a-f]{64}", document["documentNamespace"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["creationInfo"]["created"])
    ids = {package["SPDXID"] for package in document["packages"]}
    for package in document["packages"]:
        assert {"name", "SPDXID", "versionInfo", "downloadLocation", "licenseConcluded", "copyrightText"} <= set(package)
    linked = {r["relatedSpdxElement"] for r in document["relationships"] if r["relationshipType"] == "STATIC_LINK"}
    assert linked == ids - {"SPDXRef-sstp"}
    assert ["SPDXRef-sstp"] == [r["relatedSpdxElement"] for r in document["relationships"] if r["relationshipType"] == "DESCRIBES"]


def test_the_check_of_versions(sstp, tmp_path):
    done = run(SBOM, "--check", sstp)
    assert done.returncode == 0, done.stdout
    for name in ("wolfssl", "lwip", "inih"):
        assert re.search(rf"^{name} \S+: .*\b\d+ CVEs on the page$", done.stdout, re.M)


@pytest.mark.parametrize("contents, complaint", [
    ("wolfssl 5.7.2", r"wolfssl 5\.7\.2: BAD: CVE-2026-3547 .*reach us"),
    ("wolfssl 5.5.4", r"wolfssl 5\.5\.4: BAD: CVE-2024-0901 "),
    ("lwip 2.0.3", r"lwip 2\.0\.3: UNKNOWN: "),
    ("zlib 1.3", r"zlib 1\.3: UNKNOWN: "),
])
def test_the_check_fails_for_what_is_bad_or_unknown(tmp_path, contents, complaint):
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF\0sstp 9.9.9, inih 61, " + contents.encode() + b"\n\n")
    done = run(SBOM, "--check", program)
    assert done.returncode == 1
    assert re.search("^" + complaint, done.stdout, re.M)


def test_a_program_that_names_nothing(tmp_path):
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF\0")
    done = run(SBOM, "--check", program)
    assert (done.returncode, done.stderr) == (1, f"sbom: {program} does not name its libraries\n")
