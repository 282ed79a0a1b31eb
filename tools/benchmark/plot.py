# SPDX-License-Identifier: GPL-3.0-or-later
"""The most important figures as a PNG."""
import math

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402, after the choice of a backend that needs no display

from figures import METRICS, UDP_SIZES  # noqa: E402

PANELS = (
    ("TCP, Gbit/s", {"tcp-up-1": "up", "tcp-down-1": "down", "tcp-both-1": "both\nways", "tcp-up-8": "up,\n8 flows",
                     "tcp-down-8": "down,\n8 flows"}, "linear"),
    ("CPU seconds a gigabyte (less is better)",
     {f"cpu-{way}-{end}": f"{way},\n{end}" for way in ("up", "down") for end in ("client", "server")}, "log"),
    ("UDP without loss, 1000 packets a second", {f"udp-{n}-free": f"{n} bytes" for n in UDP_SIZES}, "log"),
    ("Ping p99, ms (less is better)", {"ping-idle-p99": "idle", "ping-up-p99": "during a\ntransfer up",
                                       "ping-down-p99": "during a\ntransfer down"}, "log"),
)
COLOURS = {"sstp": "#1b6ca8", "plain": "#8fc1e3", "openconnect": "#d9822b", "openvpn": "#9c3848", "tls": "#7a7a7a",
           "bare": "#bdbdbd", "limit": "#2e2e2e"}


def _bars(axes, figures, keys, columns):
    peers = [p for p in columns if any(figures.summary(key, p) for key in keys)]
    width = 0.85 / max(len(peers), 1)
    for i, peer in enumerate(peers):
        for x, key in enumerate(keys):
            s, scale = figures.summary(key, peer), METRICS[key].scale
            if not s or math.isinf(s.median):
                continue
            low, high = s.median - s.low, (s.high if math.isfinite(s.high) else s.median) - s.median
            axes.bar(x + (i - (len(peers) - 1) / 2) * width, s.median * scale, width * 0.92, color=COLOURS[peer],
                     yerr=[[low * scale], [high * scale]], error_kw={"lw": 0.8}, label=columns[peer] if not x else None)


def plot(figures, columns, about, file):
    figure, grid = pyplot.subplots(2, 2, figsize=(13, 8))
    for axes, (title, keys, scale) in zip(grid.flat, PANELS):
        _bars(axes, figures, keys, columns)
        axes.set_title(title, fontsize=10)
        axes.set_yscale(scale)
        axes.set_xticks(range(len(keys)), keys.values(), fontsize=8)
        axes.grid(axis="y", lw=0.3)
        axes.set_axisbelow(True)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncol=len(columns), fontsize=9, frameon=False)
    figure.suptitle(about["summary"], fontsize=9, wrap=True)
    figure.tight_layout(rect=(0, 0.05, 1, 0.97))
    figure.savefig(file, dpi=110)
