# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured: a list of runs for each metric and each peer, run k of one beside run k of the other."""
import math
import statistics
from dataclasses import dataclass

OURS = "sstp"


@dataclass(frozen=True)
class Metric:
    key: str
    group: str
    title: str
    unit: str
    scale: float = 1  # what is stored, times this, is in `unit`
    has_ratio: bool = True


def _metrics():
    ways = {"up": "up", "down": "down", "both": "both ways"}
    for flows, words in ((1, "1 flow"), (8, "8 flows")):
        for way, title in ways.items():
            yield Metric(f"tcp-{way}-{flows}", "TCP", f"{title}, {words}", "Gbit/s")
    for flows, words in ((1, "1 flow"), (8, "8 flows")):
        for way in ("up", "down"):
            yield Metric(f"proxy-{way}-{flows}", "Without TUN", f"{way}, {words}", "Gbit/s")
    for way in ("up", "down"):
        for end in ("client", "server"):
            yield Metric(f"cpu-{way}-{end}", "CPU", f"{way}, {end}", "s/GB")
            for part in ("user", "kernel"):
                yield Metric(f"cpu-{way}-{end}-{part}", "CPU", f"{way}, {end}, {part}", "s/GB", has_ratio=False)
        yield Metric(f"cpu-{way}-machine", "CPU", f"{way}, whole machine", "s/GB")
    for size in UDP_SIZES:
        yield Metric(f"udp-{size}-free", "UDP up", f"{size} bytes, no loss", "1000/s", 1e-3)
        yield Metric(f"udp-{size}-blast", "UDP up", f"{size} bytes, too many", "1000/s", 1e-3)
        yield Metric(f"udp-{size}-lost", "UDP up", f"{size} bytes, too many: lost", "%", 100, has_ratio=False)
    for load, words in (("idle", "idle"), ("up", "during a transfer up"), ("down", "during a transfer down")):
        yield Metric(f"ping-{load}-median", "Ping", f"{words}, median", "ms")
        yield Metric(f"ping-{load}-p99", "Ping", f"{words}, p99", "ms")
    yield Metric("start", "Start", "exec to first ping", "ms", 1e3)
    yield Metric("start-short", "Start", "the same, 3-line script", "ms", 1e3)
    for verb in ("serve", "connect", "proxy", "probe"):
        yield Metric(f"ready-{verb}", "Ready", f"{verb}, exec to {'its end' if verb == 'probe' else 'READY=1'}", "ms", 1e3)
    for end in ("client", "server"):
        yield Metric(f"memory-{end}", "Memory", f"{end}, resident", "MiB", 1 / 2**20)
    for end in ("client", "server"):
        yield Metric(f"size-{end}", "On disk", end, "MiB", 1 / 2**20)
        yield Metric(f"size-{end}-all", "On disk", f"{end} and its libraries", "MiB", 1 / 2**20)


UDP_SIZES = (64, 512, 1400)  # of the IP packet; the largest is one that no tunnel here has to break up
METRICS = {metric.key: metric for metric in _metrics()}


@dataclass(frozen=True)
class Summary:
    median: float
    low: float
    high: float
    runs: int


def summary(values):
    """None if there is nothing to sum up."""
    good = [v for v in values if v is not None and not math.isnan(v)]
    return Summary(statistics.median(good), min(good), max(good), len(good)) if good else None


class Figures:
    def __init__(self):
        self.rounds = 0
        self.runs = {}   # metric -> peer -> {round: value}
        self.notes = []  # what went wrong

    def add(self, key, peer, value):
        self.runs.setdefault(key, {}).setdefault(peer, {})[self.rounds - 1] = value

    def of(self, key, peer):
        """One value a round, None where there is none."""
        found = self.runs.get(key, {}).get(peer, {})
        return [found.get(number) for number in range(self.rounds)]

    def summary(self, key, peer):
        return summary(self.of(key, peer))

    def ratio(self, key, peer):
        """Ours to that peer's, pair by pair."""
        pairs = zip(self.of(key, OURS), self.of(key, peer))
        return summary([ours / theirs for ours, theirs in pairs if ours is not None and theirs])

    def metrics(self):
        return [metric for key, metric in METRICS.items() if key in self.runs]

    def add_limit(self, key, parts, name):
        """This round: the possible rate if the work of `parts` were done one after the other on the same cores."""
        values = [self.of(key, part)[-1] for part in parts]
        if all(values):
            self.add(key, name, 1 / sum(1 / v for v in values))
