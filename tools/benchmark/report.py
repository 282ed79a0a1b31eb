# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured, for people (a table), for docs/performance.md (Markdown) and for programs (JSON)."""
import itertools
import json
import math

from figures import OURS, UDP_SIZES

CANNOT_SHOW = (
    "Client, server, iperf3 and the kernel share the cores of one machine. On machines of their own both ends are "
    "faster, and who gains most differs; CPU seconds a gigabyte are what carries over.",
    "The cables are veth pairs: no delay, no loss, no limit of bandwidth, no network card and its offloads. What TCP "
    "inside TCP does on a long or lossy line is not seen here.",
    "'No VPN' is no limit of UDP: over veth the sender's core carries each packet all the way, where a tunnel's "
    "processes share the work.",
    "Each VPN has one client. Many clients at once are the business of tools/load.",
    "A process's CPU time holds what the kernel does in its system calls. What the kernel does in interrupts is "
    "charged to whoever runs at that moment; 'whole machine' counts everything, iperf3 too.",
    "VPNs that need UDP or a kernel module (WireGuard, OpenVPN's DCO, DTLS) are not compared: SSTP is for networks "
    "where only TCP port 443 gets through.",
)


def number(value):
    if value is None:
        return "-"
    if math.isinf(value):
        return "lost"
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(digits, 3)}f}"


class Cell:
    """A median, and the range of the runs."""

    def __init__(self, summary, scale=1):
        self.median = self.spread = ""
        if summary:
            low, median, high = (number(v * scale) for v in (summary.low, summary.median, summary.high))
            self.median = median
            if low != high:
                self.spread = f"{low}..{high}"


def about_lines(about):
    """The peers and the machine of the measurement."""
    mtus, versions = about["mtus"], about["versions"]
    return [f"{about['summary']}. It took {about['minutes']} minutes. Before, other programs took "
            f"{about['busy_before']:.2f} of a core; meanwhile, the hypervisor kept {about['stolen']:.1%} of the cores "
            "for others.", "",
            *(f"- {title}: " + ", ".join(filter(None, (versions.get(title), cipher, f"MTU {mtus.get(title, 1500)}")))
              for title, cipher in about["ciphers"].items())]


# ---- the table

TABLE_LEGEND = """\
Each figure: the median of the rounds, the lowest..the highest; then what sstp's is of that one, pair by pair.
L = 1 / (1/TLS alone + 1/no VPN). No loss: at most 1 packet in 1000, in one of two tries.
A lost ping counts as the longest."""


def table(figures, columns):
    """columns: {peer: title}. Up to four lines a metric: medians, spreads, and the ratio of ours to theirs, pair by pair."""
    lines = []
    for name, metrics in itertools.groupby(figures.metrics(), lambda metric: metric.group):
        metrics = list(metrics)
        peers = [p for p in columns if any(figures.summary(m.key, p) for m in metrics)]
        widths = {p: max(13, len(columns[p]) + 2) for p in peers}
        lines += ["", _line(name, columns, widths)]
        for metric in metrics:
            figure = {p: Cell(figures.summary(metric.key, p), metric.scale) for p in peers}
            lines += _lines(f"  {metric.title}, {metric.unit}", figure, widths)
            ratio = {p: Cell(figures.ratio(metric.key, p)) for p in peers if p != OURS and metric.has_ratio}
            lines += _lines("      ours : theirs", ratio, widths)
    return "\n".join(lines)


def _line(title, texts, widths):
    return (f"{title:<34}" + "".join(f"{texts.get(p, ''):>{width}}" for p, width in widths.items())).rstrip()


def _lines(title, cells, widths):
    lines = []
    if any(c.median for c in cells.values()):
        lines.append(_line(title, {p: c.median for p, c in cells.items()}, widths))
    if any(c.spread for c in cells.values()):
        lines.append(_line("", {p: c.spread for p, c in cells.items()}, widths))
    return lines


# ---- Markdown

# The most important ones; all of them are in the JSON.
MARKDOWN = ("tcp-up-1", "tcp-down-1", "tcp-both-1", "tcp-up-8", "tcp-down-8", "tcp-both-8", "proxy-up-1",
            "proxy-down-1", "cpu-up-client", "cpu-up-server", "cpu-down-client", "cpu-down-server", *(f"udp-{n}-free" for n in UDP_SIZES),
            "ping-idle-median", "ping-up-p99", "ping-down-p99", "start", "memory-client", "memory-server",
            "size-client-all", "size-server-all")


def markdown(figures, columns, about):
    rows = [f"| | {' | '.join(columns.values())} |", "|---|" + "---:|" * len(columns)]
    for metric in figures.metrics():
        if metric.key in MARKDOWN:
            cells = [_markdown_cell(figures, metric, peer) for peer in columns]
            rows.append(f"| {metric.group}: {metric.title}, {metric.unit} | {' | '.join(cells)} |")
    legend = ("Medians; in brackets what sstp's figure is of that one: the median of the ratios of each pair of runs, "
              "the lowest..the highest. L is 1 / (1/TLS alone + 1/no VPN). No loss: at most 1 packet in 1000, in one of two tries.")
    return "\n".join([*about_lines(about), "", *rows, "", legend, "", "What this cannot show:", "",
                      *(f"- {text}" for text in CANNOT_SHOW), ""])


def _markdown_cell(figures, metric, peer):
    figure = Cell(figures.summary(metric.key, peer), metric.scale)
    more = Cell(figures.ratio(metric.key, peer)) if peer != OURS and metric.has_ratio else Cell(None)
    if peer == OURS:
        return f"{figure.median} ({figure.spread})" if figure.spread else figure.median
    return f"{figure.median} (x{more.median}{', ' * bool(more.spread)}{more.spread})" if more.median else figure.median


# ---- JSON


def _value(value):
    return "lost" if value is not None and math.isinf(value) else value


def _summary(summary):
    return summary and {"median": _value(summary.median), "min": _value(summary.low), "max": _value(summary.high),
                        "runs": summary.runs}


def as_json(figures, columns, about):
    def of(metric, peer):
        answer = {"values": [_value(v) for v in figures.of(metric.key, peer)],
                  **_summary(figures.summary(metric.key, peer))}
        if peer != OURS and metric.has_ratio:
            answer["ours_to_theirs"] = _summary(figures.ratio(metric.key, peer))
        return answer

    return json.dumps({
        **about,
        "peers": columns,
        "figures": {metric.key: {
            "title": f"{metric.group}: {metric.title}", "unit": metric.unit, "scale": metric.scale,
            "peers": {peer: of(metric, peer) for peer in columns if figures.summary(metric.key, peer)},
        } for metric in figures.metrics()},
        "failures": figures.notes,
        "cannot_show": CANNOT_SHOW,
    }, indent=1)
