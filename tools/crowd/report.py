# SPDX-License-Identifier: GPL-3.0-or-later
"""The table that is printed: what was measured, and the goal if there is one."""


def line(what, measured, goal="", is_met=None):
    print(f"  {what:<58} {measured:>16}  {goal:<18} {'' if is_met is None else 'met' if is_met else 'MISSED'}".rstrip())


def report_logins(r):
    rate = r["logins_a_second"]
    line("logins a second (median of runs)", f"{rate:.0f}", "at least 1500", rate >= 1500)
    line("  time of a login, median and p99", f"{r['median_ms']:.1f} / {r['p99_ms']:.1f} ms")
    line("  CPU of a login, server and client", f"{r['server_cpu_ms']:.2f} / {r['crowd_cpu_ms']:.2f} ms")


def report_resumed(r):
    line("logins a second that resume a TLS session (median)", f"{r['logins_a_second']:.0f}")
    line("  of them resumed", f"{r['resumed']:.1%}", "at least 99%", r["resumed"] >= 0.99)
    line("  time of a login, median and p99", f"{r['median_ms']:.1f} / {r['p99_ms']:.1f} ms")
    line("  CPU of a login, server and client", f"{r['server_cpu_ms']:.2f} / {r['crowd_cpu_ms']:.2f} ms")


def report_herd(r):
    line(f"of {r['clients']} clients at once are let in", f"{r['up']}", "all", r["up"] == r["clients"])
    line("  the last after", f"{r['seconds']:.1f} s")


def report_idle(r):
    kib = r["kib_a_session"]["pss"]
    line("idle sessions", f"{r['sessions']}")
    line("  server's memory a session (Pss)", f"{kib:.2f} KiB", "at most 16 KiB", kib <= 16)
    line("  server's memory before, with them, at most, after them",
         " / ".join(f"{x / 1024:.1f}" for x in (r["memory_before_kib"]["pss"], r["memory_after_kib"]["pss"],
                                               r["memory_peak_kib"], r["memory_closed_kib"]["pss"])) + " MiB")
    line(f"  echoes answered by server, by crowd, in {r['seconds']:.0f} s",
         f"{r['echoes_of_crowd_answered']} / {r['echoes_of_server_answered']}")
    line("  sessions lost", f"{r['lost']}", "none", not r["lost"])
    line("  server's CPU: of one core, a session and minute",
         f"{r['cpu_percent']:.1f}% / {r['cpu_us_a_session_and_minute']:.0f} us")


def report_echo(r):
    fair = r["slowest_to_median"]
    line(f"{r['clients']} clients, {r['bytes']}-byte requests: answers a second", f"{r['answers_a_second']:.0f}")
    line("  a client's rate: least, median, most",
         " / ".join(str(r["client_rate"][k]) for k in ("min", "median", "max")))
    line("  slowest client to median", f"{fair:.2f}", "at least 0.5", fair >= 0.5)
    line("  answer time, median and p99", f"{r['us']['median'] / 1000:.1f} / {r['us']['p99'] / 1000:.1f} ms")
    line("  server's memory a session after traffic", f"{r['kib_a_session_after_traffic']:.2f} KiB", "at most 16 KiB",
         r["kib_a_session_after_traffic"] <= 16)


def report_beside(r):
    for way in ("up", "down"):
        alone, beside, ratio = r[way]["alone"], r[way]["beside"], r[way]["ratio"]
        line(f"one client's transfer {way}, alone and beside the idle ones",
             f"{alone['gbit']:.2f} / {beside['gbit']:.2f} Gbit/s")
        line("  median of the pairs' ratios", f"{ratio:.2f}", "at least 0.9", ratio >= 0.9)
        line("  server's CPU seconds a gigabyte", f"{alone['cpu']:.2f} / {beside['cpu']:.2f}")


def report_workers(r):
    for way in ("up", "down"):
        cpu = sorted(r[way]["worker_cpu_seconds"].values())
        line(f"two clients' transfers {way}", " + ".join(f"{x:.2f}" for x in r[way]["gbit"]) + " Gbit/s")
        line("  CPU seconds of the workers", " / ".join(f"{x:.1f}" for x in cpu), "both work",
             len(cpu) > 1 and cpu[-2] >= cpu[-1] / 4)


def report_haproxy(r):
    line("by HAProxy to two servers: logins a second", f"{r['logins_a_second']:.0f}")
    line("  HAProxy's CPU of a login", f"{r['haproxy_cpu_ms']:.2f} ms")
    line(f"  HAProxy's memory a session, with {r['sessions']}", f"{r['haproxy_kib_a_session']:.2f} KiB")


REPORTS = {"logins": report_logins, "resumed": report_resumed, "herd": report_herd, "idle": report_idle, "echo": report_echo,
           "beside": report_beside, "workers": report_workers,
           "haproxy": report_haproxy}


def report(results):
    print()
    for name, report_one in REPORTS.items():
        if name in results:
            report_one(results[name])
