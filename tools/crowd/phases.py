# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: each phase gives a dictionary, which becomes a part of the JSON."""
import json
import signal
import time
from contextlib import contextmanager
from statistics import median

from lab import CABLES, HAPROXY_PORT, PORT, Crowd


def rate_of(transfer):
    """Gbit/s, as received, once it is over."""
    out = json.loads(transfer.communicate()[0])
    if "error" in out:
        raise RuntimeError(f"iperf3: {out['error']}")
    return out["end"]["sum_received"]["bits_per_second"] / 1e9


def measure_churn(lab, order):
    server, crowd = lab.start_server(), lab.start(Crowd, lab)
    crowd.order(order, 200, lab.args.in_flight)  # all code has run once, and there are tickets
    runs = []
    for _ in range(lab.args.runs):
        before = server.cpu(), crowd.cpu()
        answer = crowd.order(order, lab.args.logins, lab.args.in_flight)
        runs.append({"logins_a_second": answer["done"] / answer["seconds"], "resumed": answer["resumed"] / answer["done"],
                     "median_ms": answer["us"]["median"] / 1000, "p99_ms": answer["us"]["p99"] / 1000,
                     "server_cpu_ms": (server.cpu() - before[0]) * 1000 / lab.args.logins,
                     "crowd_cpu_ms": (crowd.cpu() - before[1]) * 1000 / lab.args.logins})
    lab.stop(crowd, server)
    return {"runs": runs, **{key: median(r[key] for r in runs) for key in runs[0]}}


def measure_logins(lab):
    return measure_churn(lab, "churn")


def measure_resumed(lab):
    return measure_churn(lab, "resume")


def measure_herd(lab):
    server, crowd = lab.start_server(), lab.start(Crowd, lab)
    n = lab.args.sessions
    answer = crowd.order("open", n, n)
    crowd.order("close", lab.args.in_flight)
    lab.stop(crowd, server)
    return {"clients": n, "up": answer["up"], "failed": answer["failed"], "seconds": answer["seconds"]}


def measure_idle(lab, server, crowd):
    n = lab.args.sessions
    before = server.memory()
    opened = crowd.order("open", n, lab.args.in_flight)
    time.sleep(2)
    after, cpu = server.memory(), server.cpu()
    idle = crowd.order("idle", lab.args.idle_seconds)
    cpu = server.cpu() - cpu
    return {"sessions": idle["up"], "logins_a_second": opened["done"] / opened["seconds"],
            "memory_before_kib": before, "memory_after_kib": after, "memory_peak_kib": server.peak(),
            "kib_a_session": {k: (after[k] - before[k]) / n for k in after},
            "seconds": idle["seconds"], "echoes_of_crowd_answered": idle["hellos_answered"],
            "echoes_of_server_answered": idle["hellos_from_server"], "lost": idle["lost"],
            "cpu_percent": 100 * cpu / idle["seconds"],
            "cpu_us_a_session_and_minute": cpu * 1e6 / n * 60 / idle["seconds"]}


def measure_echo(lab, server, crowd):
    args = lab.args
    crowd.order("echo", args.sessions, 64, 3)  # each session has carried something then
    time.sleep(1)
    memory, cpu = server.memory(), server.cpu()
    answer = crowd.order("echo", args.echo_clients, args.echo_bytes, args.echo_seconds)
    rate = answer["client_rate"]
    return {"clients": answer["clients"], "bytes": args.echo_bytes, "repeats": answer["repeats"],
            "answers_a_second": answer["answers"] / answer["seconds"], "client_rate": rate,
            "slowest_to_median": rate["min"] / max(rate["median"], 1), "us": answer["us"],
            "server_cpu_percent": 100 * (server.cpu() - cpu) / answer["seconds"],
            "memory_after_traffic_kib": memory}


def measure_sessions(lab):
    server, crowd = lab.start_server(), lab.start(Crowd, lab)
    before = server.memory()
    results = {"idle": measure_idle(lab, server, crowd)}
    if "echo" in lab.args.phases:
        echo = results["echo"] = measure_echo(lab, server, crowd)
        grown = echo["memory_after_traffic_kib"]["pss"] - before["pss"]
        echo["kib_a_session_after_traffic"] = grown / lab.args.sessions
    crowd.order("close", lab.args.in_flight)
    results["idle"]["memory_closed_kib"] = server.memory()
    lab.stop(crowd, server)
    return results


def measure_one(lab, number, port, server, *more):
    """Gbit/s, and the server's CPU seconds a gigabyte."""
    cpu = server.cpu()
    rate = rate_of(lab.start_transfer(number, port, *more))
    return {"gbit": rate, "cpu": (server.cpu() - cpu) / (rate / 8 * lab.args.transfer_seconds)}


@contextmanager
def stopped(*programs):
    for p in programs:
        p.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for p in programs:
            p.signal(signal.SIGCONT)


def measure_beside(lab):
    args = lab.args
    empty, full = lab.start_server(PORT), lab.start_server(PORT + 1)
    clients = lab.start_client(1, PORT), lab.start_client(2, PORT + 1)
    crowd = lab.start(Crowd, lab, PORT + 1)
    crowd.order("open", args.sessions, args.in_flight, -(-args.sessions // args.spread_seconds))
    pairs = []
    for _ in range(args.runs):
        pairs.append({"alone": {}, "beside": {}})
        for way, option in (("up", []), ("down", ["-R"])):
            with stopped(full, crowd):
                pairs[-1]["alone"][way] = measure_one(lab, 1, PORT, empty, *option)
            time.sleep(1)  # what fell due meanwhile is done with
            pairs[-1]["beside"][way] = measure_one(lab, 2, PORT + 1, full, *option)
    crowd.order("close", args.in_flight)
    lab.stop(*clients, crowd, full, empty)
    medians = {way: {who: {key: median(p[who][way][key] for p in pairs) for key in ("gbit", "cpu")}
                     for who in ("alone", "beside")} for way in ("up", "down")}
    for way in medians:
        medians[way]["ratio"] = median(p["beside"][way]["gbit"] / p["alone"][way]["gbit"] for p in pairs)
    return {"pairs": pairs, **medians}


def measure_two(lab, server, *more):
    before = server.threads()
    transfers = [lab.start_transfer(n, PORT, *more) for n in (1, 2)]
    rates = [rate_of(t) for t in transfers]
    cpu = {name: seconds - before[name] for name, seconds in server.threads().items() if name.startswith("worker")}
    return {"gbit": rates, "worker_cpu_seconds": cpu}


def measure_workers(lab):
    server = lab.start_server()
    clients = [lab.start_client(n) for n in (1, 2)]
    result = {"up": measure_two(lab, server), "down": measure_two(lab, server, "-R")}
    lab.stop(*clients, server)
    return result


def measure_haproxy(lab):
    """Logins and idle sessions of two servers that HAProxy is in front of."""
    n, source = lab.args.sessions, f"{CABLES['crowd']}.1"
    servers = [lab.start_server(port, "--proxy-protocol-from", source) for port in (PORT, PORT + 1)]
    haproxy = lab.start_haproxy(PORT, PORT + 1)
    crowd = lab.start(Crowd, lab, HAPROXY_PORT)
    crowd.order("churn", 200, lab.args.in_flight)
    cpu = haproxy.cpu()
    churn = crowd.order("churn", lab.args.logins, lab.args.in_flight)
    cpu, before = haproxy.cpu() - cpu, haproxy.memory()
    opened = crowd.order("open", n, lab.args.in_flight)
    after = haproxy.memory()
    crowd.order("close", lab.args.in_flight)
    lab.stop(crowd, haproxy, *servers)
    return {"logins_a_second": churn["done"] / churn["seconds"], "haproxy_cpu_ms": cpu * 1000 / lab.args.logins,
            "sessions": opened["up"], "haproxy_kib_a_session": (after["pss"] - before["pss"]) / n}


PHASES = ("logins", "resumed", "herd", "idle", "echo", "beside", "workers", "haproxy")


def measure(lab, results):
    """Adds the results of the requested phases, each by its name."""
    args = lab.args

    def phase(name, title, function):
        if name in args.phases:
            print(f"== {title}", flush=True)
            results[name] = function(lab)

    phase("logins", f"logins, {args.logins} at a run", measure_logins)
    phase("resumed", f"logins with session tickets, {args.logins} at a run", measure_resumed)
    phase("herd", f"{args.sessions} clients at once", measure_herd)
    if "idle" in args.phases or "echo" in args.phases:
        print(f"== {args.sessions} sessions, idle for {args.idle_seconds} s", flush=True)
        results.update(measure_sessions(lab))
    phase("beside", "a transfer beside them, and one with nothing else there, in turn", measure_beside)
    phase("workers", "two transfers at once", measure_workers)
    phase("haproxy", f"two servers and HAProxy: {args.logins} logins, and {args.sessions} sessions", measure_haproxy)
