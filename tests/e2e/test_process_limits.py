# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource limits (ulimit, a unit's Limit...=) that are low: what can be raised is raised, and else the error says which one it is."""
import re
import shutil
import subprocess

import pytest

from lab import PATIENCE
from ordinary import as_user


def limited(limit, *argv):
    """A command line with that limit, which it may not raise."""
    return ["setpriv", "--bounding-set", "-sys_resource", "prlimit", limit, *map(str, argv)]


@pytest.fixture
def cert(sstp, tmp_path):
    """Runs sstp cert, which needs more stack than most."""
    def make(limit):
        return subprocess.run(limited(limit, sstp, "cert", "--name", "vpn.example.net", "--out", tmp_path / "server"),
                              capture_output=True, text=True, timeout=PATIENCE, env={})

    make.folder = tmp_path
    return make


def test_a_small_stack_grows_where_it_may(cert):
    done = cert("--stack=65536:")
    assert done.returncode == 0, done.stderr


def test_a_stack_that_may_not_grow_is_an_error(cert):
    done = cert("--stack=65536:65536")
    assert done.returncode == 1
    assert done.stderr == "sstp: the limit on the stack is 64 KB, and sstp needs 256 KB: ulimit -s, LimitSTACK=\n"


def test_a_file_that_may_not_be_written(cert):
    done = cert("--fsize=0")
    assert done.returncode == 1
    assert re.search(r"cannot write: File too large: files may not be that large: ulimit -f, LimitFSIZE=$", done.stderr)
    assert not list(cert.folder.iterdir())


def test_few_open_files(lab):
    lab.serve()
    path = lab.file("password", "wonder land\n")
    words = (lab.sstp, "connect", "192.0.2.1", "-u", "ann", "--password-file", path, "--servercert", lab.pki.server.pin,
             "--no-default-route")
    client = lab.start(lab.client, *limited("--nofile=8:", *words))
    client.wait_for("^connected in ")
    assert "open files" not in client.log
    client.stop()
    client = lab.start(lab.client, *limited("--nofile=8:8", *words))
    assert client.wait() == 1
    assert "warn: 8 open files are allowed, which may be too few: ulimit -n, LimitNOFILE=\n" in client.log
    assert client.said.endswith(": too few files may be open: ulimit -n, LimitNOFILE=\n"), client.said


@pytest.mark.parametrize("files", range(9, 24, 2))
def test_fewer_and_fewer_open_files(lab, files):
    """Whatever lacks a descriptor first, the error is not about something else."""
    server = lab.start(lab.server, *limited(f"--nofile={files}:{files}", lab.sstp, "serve", "--cert", lab.pki.server.cert,
                                            "--key", lab.pki.server.key, "--users", lab.file("users", "ann * x\n"),
                                            "--ipv4-network", "10.9.0.0/24"))
    assert server.wait() in (1, 11)
    client = lab.start(lab.client, *limited(f"--nofile={files}:{files}", lab.sstp, "connect", "192.0.2.1", "-u", "ann",
                                            "--password-file", lab.file("password", "x\n"), "--once"))
    assert client.wait() in (1, 4, 11)
    for program in (server, client):
        assert f"warn: {files} open files are allowed" in program.log
        assert "too large" not in program.log and "Message too long" not in program.log


def test_no_further_process(lab):
    (lab.client.run_folder / "bin").mkdir(exist_ok=True)
    shutil.copy(lab.sstp, lab.client.run_folder / "bin/sstp")  # which the user may read
    words = as_user("prlimit", "--nproc=0", "/run/bin/sstp", "probe", "vpn.example.net", uid=54321)
    done = lab.client.run(*words, check=False)
    assert done.returncode == 3
    assert "no address for \"vpn.example.net\": resource temporarily unavailable: a limit (ulimit -u, TasksMax=, " in done.stderr


@pytest.mark.parametrize("size", [10, 60, 100])
def test_files_of_the_host_stay_whole(lab, size):
    """With 60 bytes there is room for a copy of resolv.conf, and for a part of the new one."""
    before = lab.client.resolv_conf.read_text()
    assert 10 < len(before) < 60
    lab.serve("--dns", "10.9.0.53")
    client = lab.start(lab.client, "sh", "-c", '"$@" 2>&1 | cat', "sh", *limited(
        f"--fsize={size}:{size}", lab.sstp, "connect", "192.0.2.1", "-u", "ann", "--password-file",
        lab.file("password", "wonder land\n"), "--servercert", lab.pki.server.pin, "--pid-file", "/run/pid"), redirect=None)
    client.wait_for("^connected in ")
    assert lab.client.resolv_conf.read_text() == before
    lab.client.run("sh", "-c", "kill $(cat /run/pid)")
    client.wait()
    assert lab.client.resolv_conf.read_text() == before
    assert [p.name for p in lab.client.etc.glob("resolv.conf*")] == ["resolv.conf"]
    if size > 10:
        assert "warn: DNS: /etc/resolv.conf could not be written: File too large\n" in client.log
    else:
        assert "warn: DNS: /etc/resolv.conf is not changed: " in client.log


def test_a_full_disk_leaves_resolv_conf_whole(lab):
    """It fills its page, and the new one would need another."""
    before = "nameserver 10.53.0.1\n" + 225 * "options timeout:5\n"
    assert 3900 < len(before) < 4096
    lab.client.run("sh", "-ec", "mkdir /run/full; mount -t tmpfs -o size=8k full /run/full; cat >/run/full/resolv.conf; "
                                "! cat /dev/zero >/run/full/filling; mount --bind /run/full/resolv.conf /etc/resolv.conf",
                   input=before)
    try:
        lab.serve("--dns", "10.9.0.53")
        client = lab.connect("--search", "corp.example.net")
        client.wait_for("^warn: DNS: /etc/resolv.conf could not be written: No space left on device$")
        assert lab.client.run("cat", "/etc/resolv.conf").stdout == before
        assert client.stop() == 0
        assert lab.client.run("cat", "/etc/resolv.conf").stdout == before
        assert [p.name for p in lab.client.etc.glob("resolv.conf*")] == ["resolv.conf"]
    finally:
        lab.client.run("sh", "-c", "umount /etc/resolv.conf; umount /run/full")
