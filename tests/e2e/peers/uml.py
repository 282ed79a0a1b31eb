# SPDX-License-Identifier: GPL-3.0-or-later
"""A Linux of our own for peers that want what this machine's kernel lacks: /dev/ppp above all.

Debian's user-mode-linux is a kernel that runs as a process. It boots the file system of the machine that runs the
tests, read-only, in a few seconds; commands go in and results come back through a folder of the outer machine.

    with Guest() as guest:
        guest.run("ip netns add client")            # waits for it, and for success
        server = guest.spawn("sstp serve ...")      # a Job
        server.wait_for("listening")
        server.kill("TERM")
        assert server.wait() == 0

It has one processor and system calls cost many times more than out here: for behaviour, never for speed.
"""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

REPO = Path(__file__).resolve().parents[3]
INIT = Path(__file__).with_name("uml_init")
BOOT_SECONDS = 240
POLL_SECONDS = 0.03


class CannotBoot(Exception):
    """Linux as a process does not work on this kernel (no ptrace, say)."""


class Failed(AssertionError):
    """A command failed, or did not do in time what was awaited."""


class Job:
    """A command in the guest, running or ended."""

    def __init__(self, guest, number, command):
        self.guest, self.number, self.command = guest, number, command

    def _file(self, suffix):
        return self.guest.out / f"{self.number}.{suffix}"

    @property
    def log(self):
        """What it said so far, on standard output and standard error."""
        try:
            return self._file("log").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    @property
    def status(self):
        """None while it runs."""
        try:
            return int(self._file("status").read_text())
        except FileNotFoundError:
            return None

    def wait(self, seconds=240):
        """Its exit status; more than 128: a signal."""
        self._await(lambda: self.status is not None, seconds, "does not end")
        return self.status

    def wait_for(self, pattern, seconds=120, count=1):
        """Until its log has `pattern` (`count` times); gives the last match."""
        def found():
            return len(re.findall(pattern, self.log)) >= count

        self._await(lambda: found() or self.status is not None, seconds, f"does not say {pattern!r}")
        if not found():
            raise Failed(f"ended with status {self.status} and did not say {pattern!r}: {self.command}\n{self.log}")
        return list(re.finditer(pattern, self.log))[-1]

    def _await(self, is_done, seconds, complaint):
        end = time.monotonic() + seconds
        while not is_done():
            if time.monotonic() > end or not self.guest.is_alive():
                alive = "" if self.guest.is_alive() else " (the guest is gone)"
                raise Failed(f"{complaint} within {seconds} s{alive}: {self.command}\n{self.log}")
            time.sleep(POLL_SECONDS)

    def kill(self, name="TERM"):
        """Signals its process."""
        self.guest.run(f"kill -{name} $(cat /run/jobs/{self.number})")


class Guest:
    def __init__(self, memory="192M"):
        self.out = Path(tempfile.mkdtemp(prefix="sstp-uml-"))
        self.jobs = []
        self._reported = 0
        self._console = []
        try:
            self._boot(memory)
        except BaseException:
            self.close()
            raise

    def _boot(self, memory):
        self.process = None
        read_end, self._bell = os.pipe()
        self.process = subprocess.Popen(
            ["linux.uml", f"mem={memory}", f"uml_dir={self.out}/", "rootfstype=hostfs", "rootflags=/", "ro", "quiet",
             "con=null", "con0=fd:0,fd:1", f"OUT={self.out}", f"REPO={REPO}", f"init={INIT}"],
            stdin=read_end, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        os.close(read_end)
        self._reader = threading.Thread(target=self._read_console, daemon=True)
        self._reader.start()
        end = time.monotonic() + BOOT_SECONDS
        while "ready" not in self.console.split():
            if not self.is_alive():
                self._reader.join(1)
                if (self.out / "booted").exists() or re.search("(kill|Requested) init", self.console):
                    raise Failed(f"the guest does not start:\n{self.console}")
                raise CannotBoot(f"kernel: User Mode Linux does not boot here: {self.console[-200:]!r}")
            if time.monotonic() > end:
                raise Failed(f"the guest does not start within {BOOT_SECONDS} s:\n{self.console}")
            time.sleep(POLL_SECONDS)

    def _read_console(self):
        for line in self.process.stdout:
            self._console.append(line.decode(errors="replace"))

    @property
    def console(self):
        return "".join(self._console).replace("\r", "")

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def spawn(self, command):
        """Starts a simple command in the background."""
        return self._start(command, "exec " + command)

    def _start(self, command, script):
        job = Job(self, len(self.jobs), command)
        self.jobs.append(job)
        (self.out / f"{job.number}.sh").write_text(script + "\n")
        try:
            os.write(self._bell, f"{job.number}\n".encode())
        except OSError as error:
            raise Failed(f"the guest is gone:\n{self.console}") from error
        return job

    def run(self, command, seconds=240, check=True):
        """Runs a piece of shell to its end; gives what it said."""
        job = self._start(command, command)
        if job.wait(seconds) and check:
            raise Failed(f"status {job.status}: {command}\n{job.log}")
        return job.log

    def kill_all(self):
        """Ends every process that jobs started; what kernel threads and process 1 do goes on."""
        self.run("""for dir in /proc/[0-9]*; do
                        pid=${dir#/proc/}
                        [ -e $dir/exe ] && read -r name <$dir/comm || continue
                        [ $pid -eq $$ ] || [ "$name" = uml_init ] || kill -9 $pid
                    done 2>/dev/null
                    true""")

    def path(self, path):
        """What a file out there is called in here."""
        path = Path(path).resolve()
        for outer, inner in ((self.out, "/mnt/out"), (REPO, "/mnt/repo")):
            if path.is_relative_to(outer):
                return f"{inner}/{path.relative_to(outer)}"
        return str(path)

    def begin(self):
        """A report has what happens from now on."""
        self._reported = len(self.jobs)

    def report(self):
        """What the console said, and each job: pairs of a title and a text."""
        return [("console of the guest", self.console)] + [
            (f"in the guest: {job.command} (status {job.status})", job.log) for job in self.jobs[self._reported:]]

    def close(self):
        if self.process is not None:
            try:
                os.write(self._bell, b"halt\n")
            except OSError:
                pass
            os.close(self._bell)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                pass
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
        shutil.rmtree(self.out, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()
