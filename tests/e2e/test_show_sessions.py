# SPDX-License-Identifier: GPL-3.0-or-later
"""sstp sessions and status with many sessions, printed for a terminal: a socket of our own answers in place of a server."""
import fcntl
import http.server
import json
import os
import re
import select
import socketserver
import struct
import subprocess
import termios
import threading
import time

import pytest

from lab import SSTP, PATIENCE, machine_environment

HEADS = ["ID", "USER", "ADDRESS", "FROM", "AGE", "RECEIVED", "SENT", "RTT", "RETRANS", "WAITING"]


def session(i, **more):
    return {"id": i, "user": f"user{i % 300}@example.net", "method": "mschapv2", "connected": True,
            "address": f"10.9.{i // 250}.{i % 250 + 1}", "source": f"198.51.{i % 100}.{i % 250 + 1}", "source_port": 40000 + i,
            "worker": i % 2, "age_s": i * 97, "tls": "TLSv1.3", "cipher": "TLS_AES_128_GCM_SHA256", "rx_packets": i,
            "rx_bytes": i * i * 1000, "rx_dropped": 0, "tx_packets": i, "tx_bytes": i * 54321, "tx_dropped": 0,
            "tx_marked": 0, "rtt_ms": i % 200, "retransmitted": i % 7, "waiting_bytes": 0, **more}


class Server(socketserver.ThreadingUnixStreamServer):
    """Answers GET /v1/sessions with `sessions`."""
    daemon_threads = True

    def __init__(self, path, sessions):
        self.sessions = sessions

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps({"sessions": self.server.sessions}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

            def address_string(self):
                return ""

        super().__init__(str(path), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture
def server(tmp_path):
    made = []

    def start(sessions):
        made.append(Server(tmp_path / "serve.sock", sessions))
        return made[0], ["sessions", "--control", str(tmp_path / "serve.sock")]
    yield start
    for one in made:
        one.shutdown()
        one.server_close()


def sstp(*words, code=0):
    done = subprocess.run([SSTP, *words], capture_output=True, text=True, env=machine_environment(), timeout=PATIENCE)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


class Terminal:
    """The program on a terminal of that size."""

    def __init__(self, words, columns, rows=24):
        self.fd, inner = os.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.program = subprocess.Popen([SSTP, *words], stdin=inner, stdout=inner, stderr=inner, close_fds=True,
                                        env=machine_environment())
        os.close(inner)
        self.said = ""

    def wait_for(self, pattern):
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.said):
            assert time.monotonic() < end, self.said
            if select.select([self.fd], [], [], 1)[0]:
                self.said += os.read(self.fd, 65536).decode().replace("\r\n", "\n")
        return self.said

    def close(self):
        self.program.kill()
        self.program.wait()
        os.close(self.fd)


def test_a_thousand(server):
    _, words = server([session(i) for i in range(1000, 0, -1)])
    lines = sstp(*words).splitlines()
    assert lines[0].split() == HEADS
    assert [int(line.split()[0]) for line in lines[1:-1]] == list(range(1, 1001))
    assert re.fullmatch(r"1000 sessions of 300 users: 311 GiB received, 25\.3 GiB sent", lines[-1]), lines[-1]
    assert len({line.index("user") for line in lines[1:-1]}) == 1  # columns are straight
    assert all(not line.endswith(" ") for line in lines)
    assert "1000  user100@example.net  10.9.4.1    198.51.0.1:41000 " in lines[-2], lines[-2]


@pytest.mark.parametrize("column, of, is_down", [
    ("user", 1, False), ("received", None, True), ("age", None, True), ("address", None, False)])
def test_sorted(server, column, of, is_down):
    _, words = server([session(i) for i in (7, 300, 12, 999, 5, 110)])
    rows = [line.split() for line in sstp(*words, "--sort", column).splitlines()[1:-1]]
    ids = [int(row[0]) for row in rows]
    by_number = sorted(ids, reverse=is_down)  # addresses, ages and bytes grow with the id here
    assert ids == by_number if of is None else [row[of] for row in rows] == sorted(row[of] for row in rows)


def test_of_one_user_or_address(server):
    _, words = server([session(1), session(301), session(2), session(3, source="2001:db8::7", address="")])
    for who, ids in (("user1@example.net", ["1", "301"]), ("10.9.0.3", ["2"]), ("198.51.1.52", ["301"]), ("2001:db8::7", ["3"]),
                     ("user", []), ("198.51.1", [])):
        out = sstp(*words, who)
        assert [line.split()[0] for line in out.splitlines()[1:-1]] == ids, out
        assert ids or out == "no sessions\n"


@pytest.mark.parametrize("columns, heads", [
    (200, HEADS), (100, ["ID", "USER", "ADDRESS", "FROM", "AGE", "RECEIVED", "SENT", "RTT"]),
    (80, ["ID", "USER", "ADDRESS", "AGE", "RECEIVED", "SENT", "RTT"]), (40, ["ID", "USER", "ADDRESS"])])
def test_what_does_not_fit_the_terminal_is_left_out(server, columns, heads):
    _, words = server([session(i) for i in range(1, 30)])
    terminal = Terminal(words, columns)
    said = terminal.wait_for("29 sessions of 29 users: .*\n")
    terminal.close()
    assert said.splitlines()[0].split() == heads
    if columns >= 80:
        assert max(map(len, said.splitlines())) <= columns


def test_watch_shows_the_busiest_that_the_screen_has_room_for(server):
    served, words = server([session(i) for i in range(1, 1001)])
    terminal = Terminal([*words, "--watch"], 120, rows=24)
    terminal.wait_for(r"1000 sessions of 300 users: .* sent; 979 are not shown\n")
    served.sessions = [session(i, tx_bytes=i * 54321 + (5_000_000 if i == 77 else 0)) for i in range(1, 1001)]
    said = terminal.wait_for(r"1000 sessions of .*; now 0 bit/s and [1-9].*; 979 are not shown\n")
    screen = said.split("\033[H\033[J")[-1].splitlines()
    assert len(screen) == 23 and "RECEIVING" in screen[0] and "SENDING" in screen[0], screen
    assert screen[1].split()[0] == "77" and "Mbit/s" in screen[1], screen
    terminal.close()


def test_names_that_are_not_ascii_keep_the_columns_straight(server):
    _, words = server([session(1, user="jörg"), session(2, user="anna")])
    first, second = sstp(*words).splitlines()[1:3]
    assert first.index("10.9.0.2") == second.index("10.9.0.3")


@pytest.mark.parametrize("more, said", [
    (("--sort", "name"), "must be id, user, address"), (("--sort", "sending"), "is for --watch"),
    (("--json", "ann"), "excludes"), (("--json", "--watch"), "excludes"), (("ann", "bob"), "already: ann")])
def test_wrong_words(server, more, said):
    _, words = server([])
    assert said in sstp(*words, *more, code=2)
