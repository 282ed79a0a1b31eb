# SPDX-License-Identifier: GPL-3.0-or-later
"""tools/bench --lines: every peer on every line, round by round, and the results as tables."""
import json
import math
import shutil
import signal
import statistics
import sys
import tempfile
from pathlib import Path

import lines
import trips
from lab import in_background
from lines import LINES, Bare, LineRoad
from parts import ERRORS
from vpns import Identity, Openconnect, Openvpn, Proxy, Sstp


class OpenconnectAlone(Openconnect):
    """Without vpnc-script, which would cost a reconnecting client a second."""

    def start_client(self, variant="short script"):
        super().start_client(variant)


class ProxyOfRoot(Proxy):
    """What an ordinary user's outer connection may do (BBR, large buffers) is another question."""
    nobody = ()


CHOICES = {kind.name: kind for kind in (Bare, Sstp, ProxyOfRoot, OpenconnectAlone, Openvpn)}
TRANSFERS = ("up1", "down1", "up8", "down8", "both", "page")
IN_TURN = ("c0", "d", "e")  # lines that are fast enough for the machine to be the limit
TELLS = {"sstp": signal.SIGUSR2, "openconnect": signal.SIGUSR2, "openvpn": signal.SIGUSR1}  # "connect again"
MTUS = (1280, 1000)
OTHERS = {"incidents": LINES[lines.LINE_OF_INCIDENTS], "connecting": trips.LINE}  # the line of each
PARTS_OF_LINES = [*LINES, *OTHERS]
ROWS = {
    "up1": ("up, 1 flow", "Mbit/s"), "down1": ("down, 1 flow", "Mbit/s"), "up8": ("up, 8 flows", "Mbit/s"),
    "down8": ("down, 8 flows", "Mbit/s"), "both up": ("both ways, up", "Mbit/s"), "both down": ("both ways, down", "Mbit/s"),
    "up1 ping": ("ping beside up, 1 flow", "ms"), "up8 ping": ("ping beside up, 8 flows", "ms"),
    "down1 ping": ("ping beside down, 1 flow", "ms"), "down8 ping": ("ping beside down, 8 flows", "ms"),
    "page beside up": ("30 x 20 KB beside up", "ms"),
    "up1 inner retransmissions": ("inner retransmissions, up, 1 flow", ""),
    "up8 inner retransmissions": ("inner retransmissions, up, 8 flows", ""),
    "trips": ("connecting: to the first reply to a ping", "round trips"),
    "trips to pppd": ("... to pppd in place of sstp serve", "round trips"),
    "trips of sstpc": ("... by sstp-client with pppd in place of sstp connect", "round trips"),
    "cut": ("30 s without a line: ping after it", "s"), "cut upload": ("... its upload goes on", "of the runs"),
    "move": ("another address: ping after it", "s"), "move upload": ("... its upload goes on", "of the runs"),
    "signal": ("another address, and a signal", "s"), "signal upload": ("... its upload goes on", "of the runs"),
    **{f"mtu {m}{more}": row for m in MTUS for more, row in (
        ("", (f"path of {m} bytes without ICMP: up after", "s")), (" up", ("... up, 1 flow", "Mbit/s")),
        (" down", ("... down, 1 flow", "Mbit/s")))},
}


class LineRuns:
    def __init__(self, options, program):
        self.options, self.program = options, program
        self.found, self.notes = {}, []  # {(line, metric, peer): [value]}

    def all(self):
        for number in range(self.options.pairs):
            for line in self.options.lines:
                print(f"round {number + 1}, {line}", file=sys.stderr, flush=True)
                if line == "incidents":
                    for incident in (self._cut, self._move, self._signal, *(self._mtu(m) for m in MTUS)):
                        self._together(line, incident)
                elif line == "connecting":
                    self._together(line, self._connect, in_turn=True)
                    self._connect_others()
                else:
                    self._together(line, self._transfers, in_turn=line in IN_TURN)

    def _together(self, line, one, in_turn=False):
        running = []
        for name in ("bare", *self.options.peers):
            if line in OTHERS and not CHOICES[name].has_ping:
                continue
            thread = in_background(self._one, CHOICES[name], line, one)
            if in_turn:
                thread.result(3600)
            running.append(thread)
        for thread in running:
            thread.result(3600)

    def _one(self, kind, line, one):
        folder = Path(tempfile.mkdtemp(prefix=f"sstp-line-{kind.name}-"))
        folder.chmod(0o755)  # ocserv's workers are nobody's
        try:
            words = {**LINES, **OTHERS}[line][1:]
            road = LineRoad(folder / "road", self.program, words, None if issubclass(kind, Sstp) else "cubic")
            try:
                identity = None if kind is Bare else Identity(self.options.sstp, folder / "server")
                peer = kind(road, 1, self.options.sstp, identity)
                peer.start_server()
                for metric, value in one(peer).items():
                    self.found.setdefault((line, metric, kind.name), []).append(value)
            finally:
                road.close()
        except ERRORS as error:
            self.notes.append(f"{line}, {kind.title}: {str(error)[-300:]}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _connect_others(self):
        """Programs that are not ours, at one end."""
        if Sstp.name not in self.options.peers:
            return
        try:
            far = trips.FarAway(self.options.sstp)
            try:
                for metric, one in (("trips to pppd", far.to_pppd), ("trips of sstpc", far.of_sstpc)):
                    self.found.setdefault(("connecting", metric, Sstp.name), []).append(one())
            finally:
                far.close()
        except (*ERRORS, trips.uml.CannotBoot) as error:
            self.notes.append(f"connecting, with pppd: {str(error)[-300:]}")

    # ---- what is measured of one peer

    def _connect(self, peer):
        return {"trips": trips.own(peer)} if peer.is_vpn else {}

    def _transfers(self, peer):
        return lines.transfers(peer, self.options.seconds, TRANSFERS)

    def _cut(self, peer):
        lines.fresh(peer)
        return _incident("cut", lines.cut(peer))

    def _move(self, peer):
        if not peer.is_vpn:
            return {}
        lines.fresh(peer)
        return _incident("move", lines.move(peer, None, 70))

    def _signal(self, peer):
        if not peer.is_vpn:
            return {}
        lines.fresh(peer)
        return _incident("signal", lines.move(peer, TELLS[peer.name], 20))

    def _mtu(self, mtu):
        def one(peer):
            try:
                after = lines.black_hole(peer, mtu)
            except ERRORS:
                return {f"mtu {mtu}": math.inf, f"mtu {mtu} up": 0, f"mtu {mtu} down": 0}
            rates = {f"mtu {mtu} {way}": _rate_or_stall(peer, way) for way in ("up", "down")}
            return {f"mtu {mtu}": after, **rates} if peer.is_vpn else rates
        return one

    # ---- results

    def markdown(self):
        columns = ["bare", *self.options.peers]
        in_turn = [line for line in self.options.lines if line in IN_TURN]
        text = ["# A run of tools/bench --lines", "",
                f"Medians of {self.options.pairs} rounds (lowest..highest), {self.options.seconds} s a transfer, after 2 s that are "
                "not counted; everybody at the same time, each on a line and a network of its own"
                + (f"; one after another on {', '.join(in_turn)}." if in_turn else "."), ""]
        for line in self.options.lines:
            what = f"{line}: {LINES[line][0]}" if line in LINES else f"{line}, on a line of {OTHERS[line][0]}"
            text += [f"## {what}", "",
                     "| | " + " | ".join(CHOICES[c].title for c in columns) + " |", "|---|" + "---:|" * len(columns)]
            text += [f"| {title}{', ' if unit else ''}{unit} | "
                     + " | ".join(_cell(self.found.get((line, metric, c))) for c in columns) + " |"
                     for metric, (title, unit) in ROWS.items() if any((line, metric, c) in self.found for c in columns)]
            text += [""]
        return "\n".join(text + [f"FAILED: {note}" for note in self.notes])

    def json(self):
        return json.dumps([{"line": line, "metric": metric, "peer": peer, "runs": [str(v) if math.isinf(v) else v for v in runs]}
                           for (line, metric, peer), runs in self.found.items()], indent=1)


def _rate_or_stall(peer, way):
    try:
        return lines.tcp(peer, way, 1, 8)[0]
    except ERRORS:
        return 0


def _incident(name, result):
    after, goes_on = result
    return {name: after, f"{name} upload": float(goes_on)}


def _number(value):
    return "never" if math.isinf(value) else f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _cell(runs):
    runs = [r for r in runs or () if r is not None]
    if not runs:
        return ""
    middle, low, high = (_number(v) for v in (statistics.median(runs), min(runs), max(runs)))
    return middle if low == high else f"{middle} ({low}..{high})"
