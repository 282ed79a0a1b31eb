#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of `tools/bench --lines` as a PNG, from the page that it writes.

    tools/benchmark/lines_plot.py docs/benchmark.md docs/lines.png
"""
import re
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402, after the choice of a backend that needs no display

COLOURS = {"no VPN": "#bdbdbd", "sstp": "#1b6ca8", "sstp proxy": "#8fc1e3", "openconnect": "#d9822b", "OpenVPN": "#9c3848"}
# Title, the scale of its axis, the factor of its values, the row of each line's table.
PANELS = (
    ("Download, 1 flow, Mbit/s", "log", 1, "down, 1 flow, Mbit/s"),
    ("Upload, 1 flow, Mbit/s", "log", 1, "up, 1 flow, Mbit/s"),
    ("Ping beside an upload, ms (less is better)", "log", 1, "ping beside up, 1 flow, ms"),
    ("A page of 30 x 20 KB beside an upload, s (less is better)", "linear", 0.001, "30 x 20 KB beside up, ms"),
)
INCIDENTS = {"30 s without a line: ping after it, s": "30 s without\na line", "another address: ping after it, s": "another\naddress",
             "path of 1280 bytes without ICMP: up after, s": "path MTU 1280,\nno ICMP",
             "path of 1000 bytes without ICMP: up after, s": "path MTU 1000,\nno ICMP"}


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def number(text):
    """The median of a cell, or None: not measured, or never."""
    found = re.match(r"-?\d+(\.\d+)?", text)
    return float(found[0]) if found else None


def tables(page):
    """{title: {row: {column: text}}} of each section with a table."""
    found = {}
    for part in re.split(r"^#+ ", page, flags=re.M)[1:]:
        title, _, rest = part.partition("\n")
        lines = [line for line in rest.splitlines() if line.startswith("|")]
        if lines:
            head = cells(lines[0])[1:]
            found[title] = {cells(line)[0]: dict(zip(head, cells(line)[1:])) for line in lines[2:]}
    return found


def bars(axes, title, scale, factor, groups):
    """groups: {label: {column: text}}."""
    columns = [c for c in COLOURS if any(c in row for row in groups.values())]
    width = 0.85 / len(columns)
    for i, column in enumerate(columns):
        for x, row in enumerate(groups.values()):
            at, value = x + (i - (len(columns) - 1) / 2) * width, number(row.get(column, ""))
            if value:
                axes.bar(at, value * factor, width * 0.92, color=COLOURS[column], label=column)
            elif row.get(column):
                axes.text(at, 0.02, row[column], transform=axes.get_xaxis_transform(), rotation=90, ha="center", va="bottom",
                          fontsize=7, color=COLOURS[column])
    axes.set_xticks(range(len(groups)), groups, fontsize=9)
    axes.set_xlim(-0.6, len(groups) - 0.4)
    axes.set_yscale(scale)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_title(title, fontsize=10)
    axes.grid(axis="y", lw=0.3)
    axes.set_axisbelow(True)


def plot(page, file):
    found = tables(page)
    lines = {title: rows for title, rows in found.items() if PANELS[0][3] in rows and ":" in title}
    figure, grid = pyplot.subplots(3, 2, figsize=(13, 12))
    for axes, (title, scale, factor, row) in zip(grid.flat, PANELS):
        bars(axes, title, scale, factor, {name.partition(":")[0]: rows[row] for name, rows in lines.items() if row in rows})
    incidents = next((rows for title, rows in found.items() if title.startswith("incidents")), {})
    if incidents:
        bars(grid.flat[4], "Incidents: seconds until a ping is answered again (less is better)", "log", 1,
             {label: incidents[row] for row, label in INCIDENTS.items() if row in incidents})
    else:
        grid.flat[4].axis("off")
    legend = grid.flat[5]
    legend.axis("off")
    handles = dict(zip(*reversed(grid.flat[0].get_legend_handles_labels())))
    legend.legend(handles.values(), handles.keys(), loc="upper center", fontsize=11, frameon=False, ncol=2)
    legend.text(0.1, 0.6, "\n".join(["Lines:", *lines]), va="top", fontsize=10, linespacing=1.6, transform=legend.transAxes)
    figure.tight_layout()
    figure.savefig(file, dpi=100)


if __name__ == "__main__":
    plot(Path(sys.argv[1]).read_text(), sys.argv[2])
