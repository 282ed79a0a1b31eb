# SPDX-License-Identifier: GPL-3.0-or-later
"""The static programs for other machines, under qemu-user, made by `make static TARGET=...`."""
import os
import shutil
from contextlib import closing

import pytest

from lab import GATEWAY, INSIDE, REPO
from ordinary import Web
from test_proxy import start_proxy

EMULATORS = {"aarch64": "qemu-aarch64", "armv7": "qemu-arm", "mips": "qemu-mips"}
SOCKS = 1080
SIZE = 8 << 20

pytestmark = pytest.mark.slow


@pytest.fixture(params=EMULATORS)
def target(request):
    if request.param == os.uname().machine:
        pytest.skip("kernel: this is such a machine, and all the other tests are of it")
    return request.param


@pytest.fixture
def emulated(lab, target):
    """What to start instead of sstp."""
    program, emulator = REPO / f"sstp-{target}", shutil.which(EMULATORS[target])
    assert program.exists(), f"make static TARGET={target}"
    assert emulator, "tools/deps emulator"
    return lab.file("sstp", f'#!/bin/sh\nexec {emulator} {program} "$@"\n', mode=0o755)


@pytest.fixture
def server(lab, target, emulated):
    """A big-endian program can't set a device's MTU on this kernel: qemu-user does not swap the bytes of netlink's IFLA_MTU."""
    native, lab.sstp = lab.sstp, emulated
    if target == "mips":
        lab.sstp = native
    program = lab.serve()
    lab.sstp = emulated
    return program


def test_it_prints_the_licenses(lab, emulated):
    printed = lab.client.run(emulated, "--licenses").stdout
    for name in ("sstp", "wolfssl", "inih", "lwip"):
        assert (REPO / "licenses" / name).read_text() in printed


def test_proxy_and_server(lab, server):
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    with closing(Web(lab.inside, SIZE)) as web:
        proxy = start_proxy(lab, "--socks5", SOCKS)
        got = lab.client.run("sh", "-c", f"curl -sS --max-time 60 --proxy socks5h://127.0.0.1:{SOCKS} http://{INSIDE}/ "
                             "| sha256sum").stdout.split()[0]
    assert got == web.digest
    assert set(web.asked_by) == {"10.9.0.2"}
    assert proxy.stop() == 0


def test_client_and_server(lab, target, server):
    if target == "mips":
        pytest.skip("kernel: qemu-user does not turn netlink's attributes round for a big-endian program")
    client = lab.connect()
    lab.client.ping(GATEWAY)
    assert client.stop() == 0
