# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions on a terminal: what is shown, what signals do, and the terminal's state afterwards."""
import os
import pty
import re
import select
import signal
import termios
from contextlib import suppress
from pathlib import Path

import pytest

from lab import PATIENCE, eventually

SECRET = b"not to be shown"
ASKS_PASSWORD, ASKS_USER = b"Password of ann at 127.0.0.1: ", b"User name at 127.0.0.1: "


class Terminal:
    """The terminal of a shell with job control, which does not change the terminal's modes itself."""

    def __init__(self, line):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe("sh", ["sh", "-mc", line], {k: v for k, v in os.environ.items() if not k.startswith("SSTP")})
        self.shown = b""
        self.modes = self.look()

    def look(self):
        return termios.tcgetattr(self.fd)

    def echoes(self):
        return bool(self.look()[3] & termios.ECHO)

    def read(self):
        """False at the end."""
        ready, _, _ = select.select([self.fd], [], [], PATIENCE)
        assert ready, f"nothing more comes: {self.shown}"
        try:
            more = os.read(self.fd, 4096)
        except OSError:
            return False
        self.shown += more
        return bool(more)

    def wait_for(self, words, count=1):
        while self.shown.count(words) < count:
            assert self.read(), f"{words} was not shown: {self.shown}"

    def type(self, what):
        os.write(self.fd, what)

    def end(self):
        """The shell's status, after all its output."""
        while self.read():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def close(self):
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.close(self.fd)


@pytest.fixture
def terminal(sstp, tmp_path):
    """Returns a function that runs a shell line, in which SSTP is a command that asks and then fails to connect."""
    made = []
    command = f"{sstp} proxy 127.0.0.1:1 --socks5 127.0.0.1:1089 --servercert sha256:{'0' * 64}"

    def make(line, options="-u ann"):
        pid_file = tmp_path / "pid"
        words = line.replace("SSTP", f"sh -c 'echo $$ >{pid_file}; exec {command} {options}'")
        # otherwise the shell would be killed by the same signal as its foreground job
        made.append(Terminal(f"trap : INT QUIT; {words}; echo status $?; :"))
        made[-1].program = lambda: int(pid_file.read_text())
        return made[-1]

    yield make
    for t in made:
        t.close()


def wait_until_it_sleeps(pid):
    """Without pending signals."""
    def sleeps():
        status = Path(f"/proc/{pid}/status").read_text()
        return re.search(r"^State:\tS", status, re.M) and not re.search(r"^(Sig|Shd)Pnd:\t.*[1-9a-f]", status, re.M)

    eventually("it waits again", sleeps)


def test_a_password_is_not_shown(terminal):
    t = terminal("SSTP")
    t.wait_for(ASKS_PASSWORD)
    assert not t.echoes()
    t.type(SECRET + b"\n")
    t.wait_for(b"status 4")
    assert t.look() == t.modes
    assert t.end() == 0
    assert SECRET not in t.shown


def test_a_user_name_is_asked_for_and_shown(terminal):
    t = terminal("SSTP", "")
    t.wait_for(ASKS_USER)
    assert t.echoes()
    t.type(b"ann\n")
    t.wait_for(ASKS_PASSWORD)
    assert not t.echoes()
    t.type(SECRET + b"\n")
    t.wait_for(b"status 4")
    assert t.look() == t.modes
    assert t.end() == 0
    assert b"User name at 127.0.0.1: ann\r\n" in t.shown and SECRET not in t.shown


@pytest.mark.parametrize("options, question", [("-u ann", ASKS_PASSWORD), ("", ASKS_USER)], ids=["password", "user"])
@pytest.mark.parametrize("key, status", [(b"\x03", 130), (b"\x1c", 131), (b"\x04", 2)], ids=["ctrl-c", "ctrl-\\", "ctrl-d"])
def test_a_change_of_mind(terminal, options, question, key, status):
    t = terminal("ulimit -c 0; SSTP", options)
    t.wait_for(question)
    if key != b"\x04":
        t.type(SECRET)  # and no end of line
    t.type(key)
    t.wait_for(b"status ")
    t.wait_for(b"\r\n", t.shown.count(b"\r\n") + (0 if b"status %d" % status in t.shown else 1))
    assert b"status %d\r\n" % status in t.shown, t.shown
    assert t.look() == t.modes
    assert t.end() == 0
    assert options == "" or SECRET not in t.shown


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_from_elsewhere(terminal, number):
    t = terminal("SSTP")
    t.wait_for(ASKS_PASSWORD)
    os.kill(t.program(), number)
    t.wait_for(b"status %d" % (128 + number))
    assert t.look() == t.modes


@pytest.mark.parametrize("number, key", [("INT", b"\x03"), ("QUIT", b"\x1c"), ("TSTP", b"\x1a")])
def test_a_signal_that_is_ignored(terminal, number, key):
    """The question remains, and what is typed is still not shown."""
    t = terminal(f"trap '' {number}; SSTP")
    t.wait_for(ASKS_PASSWORD)
    t.type(key)
    wait_until_it_sleeps(t.program())
    assert not t.echoes()
    t.type(SECRET + b"\n")
    t.wait_for(b"status 4")
    assert t.look() == t.modes
    assert SECRET not in t.shown


@pytest.mark.parametrize("options, question", [("-u ann", ASKS_PASSWORD), ("", ASKS_USER)], ids=["password", "user"])
def test_ctrl_z(terminal, options, question):
    """The shell gets its terminal in its former state; fg asks again, and what was typed before is discarded."""
    t = terminal('SSTP; echo stopped $?; read key; fg', options)
    t.wait_for(question)
    t.type(b"half of ")
    t.type(b"\x1a")
    t.wait_for(b"stopped 148")
    assert t.look() == t.modes
    t.type(b"\n")
    t.wait_for(question, 2)
    if question == ASKS_USER:
        t.type(b"ann\n")
        t.wait_for(ASKS_PASSWORD)
    assert not t.echoes()
    t.type(SECRET + b"\n")
    t.wait_for(b"status 4")
    assert t.look() == t.modes
    assert SECRET not in t.shown
