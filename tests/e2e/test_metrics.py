# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus' metrics: what they count, that Prometheus' own programs accept them, the alerts and the dashboard."""
import json
import re
import socket
import subprocess
import urllib.parse
from contextlib import closing

import pytest

from lab import GATEWAY, REPO, SERVER, SSTP, eventually, run
from ordinary import Web
from radius import SECRET, FreeRadius
from test_control import CONNECT, RESTRICTED, SERVE, get, post
from test_filters import udp
from test_sessions import udp_packet

URL = "http://127.0.0.1:9100/metrics"


def scrape(lab, *words, host=None):
    """{name with its labels: value}"""
    text = (host or lab.server).run("curl", "-sS", "--fail", *(words or ("--unix-socket", SERVE, "http://sstp/metrics"))).stdout
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return {name: float(value) for name, value in re.findall(r"^([a-z_]+(?:\{.*\})?) (\S+)$", text, re.M)}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_is_counted(lab, both, workers):
    lab.serve("--workers", workers, "--max-failures", "2")
    before = scrape(lab)
    assert before["sstp_sessions"] == 0 and before["sstp_sessions_max"] == 253
    assert before["sstp_workers"] == int(workers)
    lab.connect(*RESTRICTED)
    lab.client.ping(GATEWAY)
    for _ in range(3):  # the third is banned
        assert lab.connect_fails(host=lab.other, password="wrong")[0] == 9
    lab.client.run("curl", "-sk", f"https://{SERVER}/")
    lab.client.run("sh", "-c", f"echo nonsense | timeout 20 busybox nc {SERVER} 443", check=False)
    after = scrape(lab)
    assert after["sstp_sessions"] == 1 and after["sstp_bans"] == 1
    assert after['sstp_logins_total{method="mschapv2",result="ok"}'] == 1
    assert after['sstp_logins_total{method="mschapv2",result="refused"}'] == 2
    assert after['sstp_logins_total{method="mschapv2",result="banned"}'] == 1
    assert after["sstp_not_sstp_requests_total"] == 1
    assert after['sstp_tls_handshakes_total{result="ok"}'] == 5
    assert after['sstp_tls_handshakes_total{result="failed"}'] == 1
    assert after["sstp_connections_total"] == 6
    assert after['sstp_packets_total{direction="rx"}'] >= 3
    assert after['sstp_bytes_total{direction="tx"}'] > 0
    assert after["sstp_login_duration_seconds_count"] == 1
    assert after["sstp_loop_turn_duration_seconds_count"] >= 1
    assert after["process_resident_memory_bytes"] > 1e6 and after["process_open_fds"] > 5
    assert after["process_start_time_seconds"] > 1.7e9
    lab.programs[1].stop()
    eventually("it is counted", lambda: scrape(lab)['sstp_sessions_ended_total{reason="peer"}'] == 1)


def drops(lab):
    """{(direction, cause): packets}, those that are not 0"""
    found = {re.search(r'direction="(.*)",cause="(.*)"', name).groups(): int(value)
             for name, value in scrape(lab).items() if name.startswith("sstp_dropped_packets_total")}
    return {key: value for key, value in found.items() if value}


def send_raw(host, source, destination):
    with host.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
        s.sendto(udp_packet(source, destination), (destination, 0))


def send_udp(host, to, count=1, size=100, port=5301):
    with udp(host, port) as s:
        for _ in range(count):
            s.sendto(bytes(size), (to, 4000))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_dropped_packets_have_a_cause(lab, both, workers):
    lab.server.sysctl("net.ipv4.ip_forward", 1)
    lab.serve("--workers", workers, "--no-ipv6", "--filters", lab.file("filters", f"guest permit {GATEWAY} udp 5300\nguest permit any udp 67\n"),
              users='ann * "wonder land" filter=guest rate=1M\nbob * builder\n')
    lab.connect(*RESTRICTED)
    lab.connect(*RESTRICTED, host=lab.other, user="bob", password="builder")
    ann = next(a for a in lab.client.addresses() if ":" not in a)
    assert drops(lab) == {}
    causes = [
        ("rx", "source", lambda: send_raw(lab.client, "198.51.100.9", GATEWAY)),
        ("rx", "filter", lambda: send_udp(lab.client, GATEWAY)),
        ("rx", "client_to_client", lambda: send_udp(lab.other, ann)),
        ("tx", "filter", lambda: send_udp(lab.server, ann)),
        ("tx", "no_session", lambda: send_udp(lab.server, "10.9.0.200")),
    ]
    for direction, cause, send in causes:
        send()
        eventually(f"{direction} {cause}", lambda: drops(lab).get((direction, cause)) == 1)
    send_udp(lab.server, ann, count=1000, size=1000, port=5300)
    eventually("some did not fit the rate", lambda: drops(lab).get(("tx", "rate"), 0) > 1)
    status = get(lab.server, "/v1/status")["totals"]
    found = drops(lab)
    for direction in "rx", "tx":
        by = status[f"{direction}_dropped_by"]
        assert by.keys() == {cause for d, cause in found if d == direction}
        assert status[f"{direction}_dropped"] == sum(by.values())
    said = lab.server.run(SSTP, "status").stdout
    assert "dropped packets: 3 received (source 1, filter 1, client to client 1), " in said, said
    assert re.search(r"to send \(filter 1, no session 1, rate \d+(, worker busy \d+)?\); 0 marked by ECN$", said, re.M), said


def test_connections_that_are_passed_on_are_counted(lab):
    with closing(Web(lab.server, port=8080)) as web:
        lab.serve("--web-backend", "127.0.0.1:8080")
        lab.client.run("curl", "-skf", "-o", "/dev/null", f"https://{SERVER}/")
        assert web.asked_by == ["127.0.0.1"]
        after = scrape(lab)
    assert after["sstp_passed_connections_total"] == 1 and after["sstp_not_sstp_requests_total"] == 0


def test_radius_is_measured(lab, both):
    radius = FreeRadius(lab, 'ann Cleartext-Password := "wonder land"\n')
    lab.serve("--radius", "127.0.0.1", "--radius-secret-file", lab.file("secret", SECRET + "\n"), "--radius-timeout", "5",
              users=False)
    lab.connect(*RESTRICTED)
    after = scrape(lab)
    assert after["sstp_radius_duration_seconds_count"] == 1 and after["sstp_radius_unanswered_total"] == 0
    assert 0 < after["sstp_radius_duration_seconds_sum"] < 60
    radius.program.stop()
    lab.connect_fails(host=lab.other)
    after = scrape(lab)
    assert after["sstp_radius_unanswered_total"] == 1
    assert after['sstp_logins_total{method="mschapv2",result="unavailable"}'] == 1


def test_when_certificates_expire(lab):
    server = lab.serve()
    end = run(["openssl", "x509", "-in", str(lab.pki.server.cert), "-noout", "-enddate", "-dateopt", "iso_8601"])
    name = f'sstp_certificate_expiry_timestamp_seconds{{file="{lab.pki.server.cert}"}}'
    seconds = run(["date", "-u", "+%s", "-d", end.strip().removeprefix("notAfter=")])
    assert scrape(lab)[name] == float(seconds)
    assert server.status is None


def test_over_tcp_anybody_reads_the_metrics_and_nothing_else(lab, both):
    lab.serve("--metrics", "9100", "--metrics", f"{SERVER}:9101", "--no-control")
    assert scrape(lab, URL)["sstp_sessions"] == 0
    assert lab.client.run("curl", "-sS", f"http://{SERVER}:9101/metrics").stdout.startswith("# HELP sstp_sessions ")
    assert lab.client.run("curl", "-sS", f"http://{SERVER}:9100/metrics", check=False).returncode == 7
    for path in ("/v1/status", "/v1/sessions", "/", "/metrics/x"):
        out = lab.server.run("curl", "-sS", "-w", "%{http_code}", f"http://127.0.0.1:9100{path}").stdout
        assert out.endswith("404")
    out = lab.server.run("curl", "-sS", "-w", "%{http_code}", "-X", "POST", "http://127.0.0.1:9100/v1/drain").stdout
    assert out.endswith("404")


def test_where_metrics_cannot_be_served(lab):
    with lab.server.listen("127.0.0.1", 9100):
        failed = lab.serve("--metrics", "9100", wait=False)
        assert failed.wait() == 11
    assert "--metrics: cannot listen on 127.0.0.1:9100: Address in use" in failed.said
    with lab.client.listen("127.0.0.1", 9100):
        assert lab.connect_fails("--metrics", "9100")[0] == 11
    for value in ("x", "192.0.2.1", "0", "70000", "[::1]"):
        failed = lab.serve("--metrics", value, wait=False)
        assert failed.wait() == 2 and "--metrics" in failed.said and "must be a port of this host" in failed.said


# ---- clients


def scrape_client(lab, *words):
    """{name with its labels, without sstp_client_: value}"""
    return {name.removeprefix("sstp_client_"): value
            for name, value in scrape(lab, *words, host=lab.client).items()}


def test_a_client_counts_its_tunnels(lab, both):
    server = lab.serve()
    client = lab.connect(*RESTRICTED, "--metrics", "9100", "--metrics", "10.1.0.2:9101")
    lab.client.ping(GATEWAY)
    first = scrape_client(lab, URL)
    assert first["up"] == 1 and first["tunnels_total"] == 1 and first["reconnects_total"] == 0
    assert first['packets_total{direction="rx"}'] >= 3 and first['bytes_total{direction="tx"}'] > 0
    assert 0 <= first["round_trip_seconds"] < 60 and first["waiting_bytes"] == 0
    assert first["connect_duration_seconds_count"] == 1
    assert first['tls_handshakes_total{result="ok"}'] == 1 and first["attempts_total"] == 1
    assert f'info{{server="{SERVER}",interface="sstp0"}}' in first
    assert lab.other.run("curl", "-sS", "--fail", "http://10.1.0.2:9101/metrics").stdout.startswith("# HELP sstp_client_")
    out = lab.client.run("curl", "-sS", "-w", "%{http_code}", "http://127.0.0.1:9100/v1/status").stdout
    assert out.endswith("404")  # anybody may read metrics, and nothing else
    assert server.stop() == 0
    eventually("it has failed to connect", lambda: 'failed_attempts_total{reason="tcp"}' in scrape_client(lab, URL))
    away = scrape_client(lab, URL)
    assert away["up"] == 0 and "round_trip_seconds" not in away
    assert away['ended_tunnels_total{reason="peer"}'] == 1
    lab.serve(users=server.users)
    client.wait_for("^connected in ", count=2)
    last = scrape_client(lab, "--unix-socket", CONNECT, "http://sstp/metrics")
    assert last["up"] == 1 and last["tunnels_total"] == 2 and last["reconnects_total"] == 1
    assert last["attempts_total"] >= 3 and last['tls_handshakes_total{result="ok"}'] == 2
    assert last['packets_total{direction="rx"}'] >= first['packets_total{direction="rx"}']
    assert get(lab.client, "/v1/status", socket=CONNECT)["totals"]["attempts"] == last["attempts_total"]


def test_a_client_counts_drops_by_cause(lab, both):
    """Of a client with a tunnel of IPv4 alone, whose device also gets IPv6."""
    lab.serve("--no-ipv6")
    lab.connect("--no-default-route", "--allow-ipv6-outside")
    lab.client.ip("-6 addr add 2001:db8:9::1/64 dev sstp0 nodad")
    with lab.client.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.sendto(b"x", ("2001:db8:9::2", 4000))
    name = 'dropped_packets_total{direction="tx",cause="not_up"}'
    eventually("it is counted", lambda: scrape_client(lab, "--unix-socket", CONNECT, "http://sstp/metrics")[name] >= 1)
    said = lab.client.run(SSTP, "status").stdout
    assert re.search(r"dropped packets: 0 received, \d+ to send \(not up \d+\); 0 marked by ECN", said), said


def test_metrics_of_run_and_proxy(lab, both):
    lab.serve()
    password = lab.file("password", "wonder land\n")
    words = (SERVER, "--user", "ann", "--password-file", password, "--servercert", lab.pki.server.pin, "--metrics", "9100")
    for verb, more in (("run", ("--", "sleep", "600")), ("proxy", ("--socks5", "1080"))):
        program = lab.start(lab.client, lab.sstp, verb, *words, *more, label=verb)
        eventually(f"{verb} is up",
                   lambda: lab.client.run("curl", "-sS", URL, check=False).stdout.find("\nsstp_client_up 1\n") > 0)
        assert scrape_client(lab, URL)["tunnels_total"] == 1
        program.stop()


# ---- a real Prometheus, with docs/grafana

GRAFANA = REPO / "docs/grafana"


def expressions():
    """All of the dashboard's, with its variables filled in."""
    board = json.loads((GRAFANA / "sstp.json").read_text())
    found = [t["expr"] for p in board["panels"] for t in p["targets"]]
    for name, value in (("$job", "sstp"), ("$instance", ".*"), ("$__rate_interval", "10s")):
        found = [e.replace(name, value) for e in found]
    return found


def test_the_rules_are_valid():
    run(["promtool", "check", "rules", str(GRAFANA / "sstp.rules.yml")])


def test_dashboard_and_rules_with_a_real_prometheus(lab):
    lab.serve("--metrics", "9100")
    lab.connect(*RESTRICTED)
    config = lab.file("prometheus.yml", f"""
global: {{ scrape_interval: 1s, evaluation_interval: 1s }}
rule_files: ["{GRAFANA}/sstp.rules.yml"]
scrape_configs:
  - job_name: sstp
    static_configs: [{{ targets: ["127.0.0.1:9100"] }}]
""")
    lab.start(lab.server, "prometheus", f"--config.file={config}", f"--storage.tsdb.path={lab.folder}/tsdb",
              "--web.listen-address=127.0.0.1:9090")

    def query(expression):
        words = urllib.parse.urlencode({"query": expression})
        out = lab.server.run("curl", "-sS", f"http://127.0.0.1:9090/api/v1/query?{words}", check=False).stdout
        answer = json.loads(out) if out.startswith("{") else {"status": "it starts"}
        assert answer["status"] != "error", f"{expression}: {answer}"
        return answer.get("data", {}).get("result")

    (found,) = eventually("it has been scraped", lambda: query('sstp_sessions{job="sstp"} == 1'))
    assert found["value"][1] == "1"
    eventually("there are rates", lambda: query('rate(sstp_connections_total[10s])'))
    for expression in expressions():
        names = set(re.findall(r"(?:sstp|process)_[a-z_]+", expression))
        query(expression)
        for name in names - {n for n in names if "radius" in n}:  # a scrape that takes a second has failed, and the next one has it
            eventually(f"{name} of {expression} exists", lambda: query(name))
    rules = json.loads(lab.server.run("curl", "-sS", "http://127.0.0.1:9090/api/v1/rules").stdout)
    health = {r["name"]: (r["health"], r["state"]) for g in rules["data"]["groups"] for r in g["rules"]}
    assert len(health) == 9
    eventually("all rules are evaluated", lambda: all(
        r["health"] == "ok" for g in json.loads(lab.server.run("curl", "-sS", "http://127.0.0.1:9090/api/v1/rules")
                                                .stdout)["data"]["groups"] for r in g["rules"]))
    lab.programs[0].stop()
    eventually("it is down", lambda: query('ALERTS{alertname="SstpDown"}'))
