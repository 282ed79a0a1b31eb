# SPDX-License-Identifier: GPL-3.0-or-later
"""An ordinary user on a host of the lab, and podman from Debian's packages for that user.

The user exists in a mount namespace alone: /etc has one more line in passwd, subuid and subgid there. Processes live in
a process namespace, which takes all of them with it. Home, images and containers are in a folder in /tmp.
"""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from lab import Program

UID = 54321
# The files of the machine's /etc that podman needs.
ETC = ("containers", "group", "host.conf", "ld.so.cache", "nsswitch.conf", "passwd", "protocols", "services")
SUBIDS = f"tester:{UID + 1}:65536\n"

# This machine may have control groups of the first kind, which crun does not like half and half with the second: they
# are not shown to it, and none is made. No systemd, so no journal.
CONTAINERS_CONF = """
[containers]
cgroups = "disabled"
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


class Rootless:
    """A user of `host`: sh() runs what they type."""

    def __init__(self, lab, host):
        self.lab, self.host, self.name = lab, host, f"{host.name}'s user"
        self.folder = Path(tempfile.mkdtemp(prefix="sstp-rootless-"))
        self.folder.chmod(0o755)
        self.home, self.runtime = self.folder / "home", self.folder / "run"
        self._make_etc()
        self._make_home()
        self.holder = subprocess.Popen(
            host.words(["unshare", "--pid", "--mount", "--propagation", "private", "--fork", "--kill-child", "sh", "-ec", f"""
                mount -t proc proc /proc
                mount -t cgroup2 cgroup2 /sys/fs/cgroup
                mount --bind {self.folder}/etc /etc
                mknod -m 666 {self.folder}/tun c 10 200 # the machine's own may be root's alone
                mount --bind {self.folder}/tun /dev/net/tun
                mount --make-rshared /
                echo ready
                exec cat"""]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        if self.holder.stdout.readline() != "ready\n":
            raise AssertionError(f"no namespaces for the user: {self.holder.stderr.read()}")

    def _make_etc(self):
        etc = self.folder / "etc"
        (etc / "ssl/certs").mkdir(parents=True)
        for name in ETC:
            source = Path("/etc", name)
            if source.is_dir():
                shutil.copytree(source, etc / name)
            elif source.exists():
                shutil.copy(source, etc / name)
        for name in ("hosts", "resolv.conf", "ssl/certs/ca-certificates.crt"):
            shutil.copy(self.host.etc / name, etc / name)
        with open(etc / "passwd", "a") as passwd, open(etc / "group", "a") as group:
            passwd.write(f"tester:x:{UID}:{UID}::{self.home}:/bin/sh\n")
            group.write(f"tester:x:{UID}:\n")
        for name in ("subuid", "subgid"):
            (etc / name).write_text(SUBIDS)

    def _make_home(self):
        (self.home / ".config/containers").mkdir(parents=True)
        (self.home / ".config/containers/containers.conf").write_text(CONTAINERS_CONF)
        self.runtime.mkdir()
        for path in (self.runtime, *self.home.rglob("*"), self.home):
            os.chown(path, UID, UID)
        self.runtime.chmod(0o700)

    def words(self, argv):
        """A command line that runs `argv` as this user."""
        return ["nsenter", f"--pid=/proc/{self.holder.pid}/ns/pid_for_children", "-t", str(self.holder.pid), "-m", "-n", "-u",
                "--", "setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups", "--inh-caps=-all",
                "env", "-i", f"--chdir={self.home}", f"PATH={self.home}/bin:/usr/bin:/bin", f"HOME={self.home}", "USER=tester",
                f"XDG_RUNTIME_DIR={self.runtime}", f"TMPDIR={self.runtime}", "PASSWORD=wonder land", *map(str, argv)]

    def sh(self, script, check=True, seconds=120):
        """Returns the CompletedProcess."""
        done = subprocess.run(self.words(["sh", "-ec", script]), capture_output=True, text=True, timeout=seconds,
                              stdin=subprocess.DEVNULL, start_new_session=True)
        assert not check or done.returncode == 0, f"{script}: status {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def start(self, command, before=":"):
        """A command that keeps running, and shell commands before it."""
        program = Typed(self, f"echo $$ >typed.pid; {before}; exec {command}")
        self.lab.programs.append(program)
        return program

    def put(self, source, name, mode=0o644):
        """Writes a file into the user's home."""
        path = self.home / name
        path.parent.mkdir(exist_ok=True)
        shutil.copy(source, path)
        path.chmod(mode)
        os.chown(path, UID, UID)
        return path

    def close(self):
        self.holder.kill()
        self.holder.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)


class Typed(Program):
    """A program that the user has started. It is in a process namespace below the process that we started."""

    def __init__(self, user, script):
        super().__init__(user.lab.folder, user, f"typed-{len(user.lab.programs)}", ["sh", "-ec", script])

    def send(self, number):
        self.host.sh(f"kill -{number} $(cat typed.pid)")
