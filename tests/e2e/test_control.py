# SPDX-License-Identifier: GPL-3.0-or-later
"""The control socket, as docs/control.md has it, spoken with curl."""
import json
from contextlib import contextmanager

import pytest

from lab import GATEWAY, eventually
from ordinary import USER, Ordinary, as_user

SERVE = "/run/sstp/serve.sock"
CONNECT = "/run/sstp/connect.sock"
RESTRICTED = ("--no-default-route", "--route", "10.9.0.0/24")


def curl(host, path, *options, socket=SERVE, around=()):
    """The status code and the body of one request."""
    out = host.run(*around, "curl", "-sS", "-w", "\n%{http_code}", "--unix-socket", socket, *options,
                   f"http://sstp{path}").stdout
    body, code = out.rsplit("\n", 1)
    return int(code), json.loads(body) if body else None


def get(host, path, **more):
    code, body = curl(host, path, **more)
    assert code == 200, body
    return body


def post(host, path, **more):
    return curl(host, path, "-X", "POST", **more)


def sessions(lab):
    return get(lab.server, "/v1/sessions")["sessions"]


def one_session(lab):
    """One before it may end a moment later than its client."""
    return eventually("there is one session", lambda: len(found := sessions(lab)) == 1 and found)[0]


@contextmanager
def events(lab, host, socket):
    """A reader of events; its lines so far are read by calling what this gives."""
    reader = lab.start(host, "curl", "-sSN", "--unix-socket", socket, "http://sstp/v1/events")
    reader.wait_for('"event":"subscribed"')
    yield reader
    reader.kill()


def names(reader):
    return [json.loads(line)["event"] for line in reader.log.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_status_and_sessions(lab, both, workers):
    lab.serve("--workers", workers)
    status = get(lab.server, "/v1/status")
    assert status["role"] == "server" and status["state"] == "running" and status["name"] == "serve"
    assert status["sessions"] == 0 and status["workers"] == int(workers) and status["interface"] == "sstp0"
    assert sessions(lab) == []
    lab.connect(*RESTRICTED)
    lab.connect(*RESTRICTED, host=lab.other, user="bob", password="builder")
    lab.client.ping(GATEWAY)
    both_of_them = sorted(sessions(lab), key=lambda s: s["user"])
    assert [s["user"] for s in both_of_them] == ["ann", "bob"]
    ann = both_of_them[0]
    assert ann["source"] == "10.1.0.2" and ann["method"] == "mschapv2" and ann["connected"] is True
    assert ann["tls"].startswith("TLSv1.") and ann["rx_packets"] >= 3 and ann["tx_bytes"] > 0
    assert ann["address"] in lab.client.addresses()
    one = get(lab.server, f"/v1/sessions/{ann['id']}")
    assert one["user"] == "ann" and one["address"] == ann["address"]
    status = get(lab.server, "/v1/status")
    assert status["sessions"] == 2 and status["totals"]["logins"] == 2
    assert status["totals"]["rx_bytes"] >= ann["rx_bytes"]


def test_a_session_is_kicked_by_its_id_and_by_its_user(lab, both):
    server = lab.serve()
    client = lab.connect(*RESTRICTED, "--once")
    (ann,) = sessions(lab)
    assert post(lab.server, f"/v1/sessions/{ann['id']}/kick") == (200, {"kicked": 1})
    assert client.wait() == 12
    server.wait_for("ends: ended by an administrator")
    eventually("it is gone", lambda: sessions(lab) == [])
    code, body = post(lab.server, f"/v1/sessions/{ann['id']}/kick")
    assert code == 404 and "no session" in body["error"]
    client = lab.connect(*RESTRICTED, "--once")
    assert post(lab.server, "/v1/sessions/kick?user=bob")[0] == 404
    assert post(lab.server, "/v1/sessions/kick?user=%61nn&source=10.1.0.2") == (200, {"kicked": 1})
    assert client.wait() == 12
    client = lab.connect(*RESTRICTED, "--once")
    ann = one_session(lab)
    assert post(lab.server, f"/v1/sessions/kick?address={ann['address']}")[1] == {"kicked": 1}
    assert client.wait() == 12
    client = lab.connect(*RESTRICTED, "--once")
    ann = one_session(lab)
    assert post(lab.server, f"/v1/sessions/kick?address={ann['ipv6_link_local']}")[1] == {"kicked": 1}
    assert client.wait() == 12
    eventually("all have ended", lambda: sessions(lab) == [])
    assert get(lab.server, "/v1/status")["totals"]["ended"] == {"admin": 4}


def test_bans_are_listed_and_lifted(lab, both):
    lab.serve("--max-failures", "2")
    for _ in range(2):
        assert lab.connect_fails(password="wrong")[0] == 9
    (ban,) = get(lab.server, "/v1/bans")["bans"]
    assert ban["source"] == "10.1.0.2" and ban["user"] == "ann" and ban["failures"] == 2
    assert 0 < ban["left_s"] <= 600
    assert get(lab.server, "/v1/status")["bans"] == 1
    assert post(lab.server, "/v1/bans/10.1.0.3/lift")[0] == 404
    assert post(lab.server, "/v1/bans/nonsense/lift")[0] == 400
    assert post(lab.server, "/v1/bans/10.1.0.2/lift") == (200, {"lifted": 1})
    assert get(lab.server, "/v1/bans") == {"bans": []}
    lab.connect(*RESTRICTED)


def test_a_reload_reports_what_it_read(lab, both):
    server = lab.serve()
    code, body = post(lab.server, "/v1/reload")
    assert code == 200 and body["ok"] is True
    assert any("2 users" in line for line in body["report"]), body
    server.users.write_text("ann *\n")
    code, body = post(lab.server, "/v1/reload")
    assert code == 409 and body["ok"] is False and body["error"]
    assert any(str(server.users) in line and "unchanged" in line for line in body["report"]), body
    lab.connect(*RESTRICTED)


def test_all_listening_sockets_are_named(lab):
    lab.serve("--listen", "unix:/run/tls.sock", "--listen", "http://127.0.0.1:8080", "--listen", "0.0.0.0:444")
    listen = get(lab.server, "/v1/status")["listen"]
    assert listen == ["unix:/run/tls.sock", "http://127.0.0.1:8080", "0.0.0.0:444"]


def test_a_drained_server_ends_with_its_last_session(lab, both):
    server = lab.serve("--workers", "2")
    client = lab.connect(*RESTRICTED)
    assert post(lab.server, "/v1/drain") == (200, {"sessions": 1})
    assert (status := get(lab.server, "/v1/status"))["state"] == "draining" and status["listen"] == []
    eventually("nobody listens", lambda: not lab.server.is_listening(443))
    assert lab.connect_fails(host=lab.other)[0] == 4
    lab.client.ping(GATEWAY)
    assert server.status is None
    assert client.stop() == 0
    assert server.wait() == 0
    assert not lab.server.run("test", "-e", SERVE, check=False).returncode == 0


def test_a_drain_with_a_time_limit_ends_the_sessions_that_are_left(lab):
    server = lab.serve()
    client = lab.connect(*RESTRICTED, "--once")
    assert post(lab.server, "/v1/drain?seconds=x")[0] == 400
    assert post(lab.server, "/v1/drain?seconds=1")[0] == 200
    assert server.wait() == 0
    assert client.wait() == 12


def test_a_server_without_sessions_is_drained_at_once(lab):
    server = lab.serve()
    assert post(lab.server, "/v1/drain") == (200, {"sessions": 0})
    assert server.wait() == 0


def test_events_come_as_they_happen(lab, both):
    lab.serve()
    with events(lab, lab.server, SERVE) as reader:
        client = lab.connect(*RESTRICTED)
        reader.wait_for('"event":"login".*"user":"ann"')
        client.stop()
        reader.wait_for('"event":"session_end".*"user":"ann"')
        assert lab.connect_fails(password="wrong")[0] == 9
        reader.wait_for('"event":"login_failed"')
        post(lab.server, "/v1/drain")
        reader.wait_for('"event":"end"')
        assert reader.wait() == 0
    assert names(reader)[0] == "subscribed" and names(reader)[-1] == "end" and "drain" in names(reader)


def test_requests_that_are_refused(lab, both):
    lab.serve()
    for path, method, code in (("/", "GET", 404), ("/v1/nothing", "GET", 404), ("/v1/status", "POST", 405),
                               ("/v1/drain", "GET", 405), ("/v1/sessions/x", "GET", 400),
                               ("/v1/sessions/7", "GET", 404), ("/v1/sessions/kick", "POST", 400),
                               ("/v1/sessions/kick?address=x", "POST", 400), ("/v1/sessions/kick?user=%zz", "POST", 400),
                               # what cannot be read must not end more sessions, or drain without a limit
                               ("/v1/sessions/kick?user=ann&address=%zz", "POST", 400),
                               ("/v1/sessions/kick?user=ann&address=", "POST", 400),
                               ("/v1/sessions/kick?user=ann&address", "POST", 400), ("/v1/drain?seconds", "POST", 400),
                               ("/v1/sessions/kick?user=ann&source=%zz", "POST", 400),
                               ("/v1/sessions/kick?user=&source=10.1.0.2", "POST", 400),
                               ("/v1/drain?seconds=%zz", "POST", 400), ("/v1/drain?seconds=", "POST", 400),
                               ("/v1/drain?seconds=11111111111111111", "POST", 400)):
        found, body = curl(lab.server, path, "-X", method)
        assert found == code and body["error"], (path, method, found)
    assert curl(lab.server, "/v1/status", "-H", "X: " + "y" * 9000)[0] == 431
    assert curl(lab.server, "/v1/reload", "-d", "x" * 5000)[0] == 200
    assert curl(lab.server, "/v1/reload", "-d", "x" * 70000)[0] == 413
    head = lab.server.run("curl", "-sS", "-I", "--unix-socket", SERVE, "http://sstp/v1/sessions").stdout
    assert "200 OK" in head and "application/json" in head
    old = lab.server.run("curl", "-sS", "-0", "--unix-socket", SERVE, "http://sstp/v1/sessions").stdout
    assert json.loads(old) == {"sessions": []}
    two = lab.server.run("curl", "-sSv", "--unix-socket", SERVE, "http://sstp/v1/status", "http://sstp/v1/bans")
    assert "Re-using existing connection" in two.stderr and '{"bans":[]}' in two.stdout


def test_a_client_shows_its_state_and_is_reconnected_and_disconnected(lab, both):
    lab.serve()
    client = lab.connect(*RESTRICTED)
    status = get(lab.client, "/v1/status", socket=CONNECT)
    assert status["role"] == "client" and status["state"] == "up" and status["user"] == "ann"
    assert status["verb"] == status["name"] == "connect"
    assert status["address"] in lab.client.addresses() and status["interface"] == "sstp0"
    assert status["peer"] == "192.0.2.1:443" and status["reconnects"] == 0
    assert post(lab.client, "/v1/reconnect", socket=CONNECT) == (200, {"ok": True})
    client.wait_for("^connected in ", count=2)
    eventually("it counts", lambda: get(lab.client, "/v1/status", socket=CONNECT)["reconnects"] == 1)
    assert post(lab.client, "/v1/disconnect", socket=CONNECT) == (200, {"ok": True})
    assert client.wait() == 0
    assert not lab.client.run("test", "-e", "/run/sstp", check=False).returncode == 0


def test_a_client_that_waits_says_so(lab):
    lab.connect("--keep-trying", wait=False).wait_for("next try in")
    status = get(lab.client, "/v1/status", socket=CONNECT)
    assert status["state"] in ("waiting", "connecting")
    assert "last_error" in status and "rx_bytes" not in status
    assert post(lab.client, "/v1/disconnect", socket=CONNECT)[0] == 200


def test_names_of_several_programs(lab):
    lab.serve()
    lab.connect(*RESTRICTED)
    lab.connect("--no-default-route", "-i", "second")
    lab.connect("--no-default-route", "-i", "third", "--control", "office")
    for name, interface in (("connect", "sstp0"), ("connect-2", "second"), ("office", "third")):
        status = get(lab.client, "/v1/status", socket=f"/run/sstp/{name}.sock")
        assert status["interface"] == interface and status["name"] == name
    code, said = lab.connect_fails("--control", "office")
    assert code == 11 and "another program listens there" in said


def test_a_dead_programs_socket_is_replaced_and_a_live_one_never(lab):
    server = lab.serve()
    server.kill_all()
    assert lab.server.run("test", "-S", SERVE).returncode == 0
    lab.serve(users=server.users)
    assert get(lab.server, "/v1/status")["sessions"] == 0
    lab.server.run("sh", "-c", "echo text >/run/sstp/file.sock")
    failed = lab.serve("--control", "file", "--listen", "444", wait=False, network="10.8.0.0/24", users=server.users)
    assert failed.wait() != 0 and "error: --control: /run/sstp/file.sock: there is a file that is not a socket" in failed.said
    assert lab.server.run("cat", "/run/sstp/file.sock").stdout == "text\n"
    lab.server.run("rm", "/run/sstp/file.sock")


def test_a_folder_where_others_may_write_has_no_socket(lab):
    lab.server.run("mkdir", "-m", "777", "/run/sstp")
    failed = lab.serve("--control", "name", wait=False)
    assert failed.wait() != 0 and "its folder is not this user's own, or others may write there" in failed.said
    lab.server.run("rmdir", "/run/sstp")


def test_who_may_connect(lab):
    path = "/run/c.sock"
    lab.serve("--control", path, "--control-group", "12345")
    assert lab.server.run("stat", "-c", "%a %g", path).stdout == "660 12345\n"
    assert get(lab.server, "/v1/status", socket=path)["role"] == "server"
    other = lab.server.run("sh", "-c", f"cp {lab.sstp} /run/sstp-of-all && exec \"$@\"", "-",
                           *as_user("/run/sstp-of-all", "status", "--control", path, uid=USER + 1), check=False)
    assert other.returncode == 16 and "and its --control-group may use it" in other.stderr
    lab.server.run("chmod", "666", path)  # so that only the peer's credentials decide
    code, body = curl(lab.server, "/v1/status", socket=path, around=as_user(uid=USER + 1))
    assert code == 403 and "root" in body["error"]
    group = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--groups=12345")
    assert curl(lab.server, "/v1/status", socket=path, around=group)[0] == 200
    main_group = ("setpriv", f"--reuid={USER}", "--regid=12345", "--clear-groups")
    assert curl(lab.server, "/v1/status", socket=path, around=main_group)[0] == 200


def test_without_a_socket(lab):
    lab.serve("--no-control")
    assert lab.server.run("test", "-e", SERVE, check=False).returncode == 1
    for options in (("--no-control", "--control", "x"), ("--control-group", "nosuchgroup"), ("--control", ".x"),
                    ("--control", "/" + "x" * 200)):
        program = lab.serve(*options, wait=False)
        assert program.wait() == 2 and "control" in program.said


# ---- the verbs


def verb(lab, host, *words, code=0):
    """What a verb prints on standard output; on standard error if it fails."""
    done = host.run(lab.sstp, *words, check=False)
    assert done.returncode == code, f"{words}: {done.returncode} {done.stdout}{done.stderr}"
    return done.stderr if code else done.stdout


def test_status_is_shown_to_people(lab, both):
    lab.serve()
    lab.connect(*RESTRICTED)
    lab.client.ping(GATEWAY)
    shown = verb(lab, lab.server, "status")
    assert shown.startswith("server serve (sstp0): running\n")
    assert "  listening: 0.0.0.0:443, [::]:443\n" in shown
    assert "  sessions: 1 of 253\n" in shown and "  addresses: 10.9.0.0/24\n" in shown
    assert "  since the start: connections 1, logins 1, refused logins 0\n" in shown
    shown = verb(lab, lab.client, "status")
    assert shown.startswith("client connect (sstp0): up for ")
    assert "  server: 192.0.2.1 (192.0.2.1:443)\n" in shown and "  user: ann\n" in shown
    assert "  address: 10.9.0.2\n" in shown and "segments retransmitted, nothing waits\n" in shown
    assert json.loads(verb(lab, lab.client, "status", "--json"))["role"] == "client"
    assert verb(lab, lab.client, "status", "--control", "connect").startswith("client connect")
    assert verb(lab, lab.client, "status", "--control", CONNECT).startswith("client connect")


def test_status_is_watched(lab):
    lab.serve()
    watch = lab.start(lab.server, lab.sstp, "status", "--watch")
    watch.wait_for("^  traffic: .*; now .* and ", count=2)
    lab.connect(*RESTRICTED)
    watch.wait_for("^  sessions: 1 of 253")
    lab.programs[0].stop()
    assert watch.wait() == 16


def test_sessions_are_listed_and_kicked(lab, both):
    lab.serve()
    assert verb(lab, lab.server, "sessions") == "no sessions\n"
    lab.connect(*RESTRICTED)
    client = lab.connect(*RESTRICTED, "--once", host=lab.other, user="bob", password="builder")
    lines = verb(lab, lab.server, "sessions").splitlines()
    assert len(lines) == 4 and lines[0].startswith("ID ") and lines[3].startswith("2 sessions of 2 users: ")
    assert {line.split()[1] for line in lines[1:3]} == {"ann", "bob"}
    listed = json.loads(verb(lab, lab.server, "sessions", "--json"))["sessions"]
    assert {s["user"] for s in listed} == {"ann", "bob"}
    assert verb(lab, lab.server, "kick", "bob") == "1 session ended\n"
    assert client.wait() == 12
    assert 'there is no session of the user "carl"' in verb(lab, lab.server, "kick", "carl", code=1)
    assert "there is no session 77" in verb(lab, lab.server, "kick", "77", code=1)
    assert 'there is no session of the user "77"' in verb(lab, lab.server, "kick", "77", "--by-user", code=1)
    ann = one_session(lab)
    assert verb(lab, lab.server, "kick", ann["address"]) == "1 session ended\n"
    assert "no session with the address 10.1.0.2 in the tunnel" in verb(lab, lab.server, "kick", "10.1.0.2", code=1)
    assert "which session?" in verb(lab, lab.server, "kick", code=2)


def test_bans_are_shown_and_lifted_by_verbs(lab):
    lab.serve("--max-failures", "1")
    assert verb(lab, lab.server, "bans") == "no bans\n"
    assert lab.connect_fails(password="wrong")[0] == 9
    assert verb(lab, lab.server, "bans").startswith("10.1.0.2: user ann, failed logins 1, refused for another 9 min ")
    assert "10.1.0.9 is not banned" in verb(lab, lab.server, "unban", "10.1.0.9", code=1)
    assert verb(lab, lab.server, "unban", "10.1.0.2") == "1 ban lifted\n"
    assert lab.connect_fails(password="wrong")[0] == 9
    assert verb(lab, lab.server, "unban", "all") == "1 ban lifted\n"
    assert json.loads(verb(lab, lab.server, "bans", "--json")) == {"bans": []}


def test_reload_and_drain_by_verbs(lab):
    server = lab.serve()
    assert "2 users" in verb(lab, lab.server, "reload")
    server.users.write_text("ann *\n")
    assert "not everything could be read" in verb(lab, lab.server, "reload", code=1)
    report = lab.server.run(lab.sstp, "reload", check=False).stdout
    assert ":1: a line must be" in report and "\nreloaded " in report
    lab.connect(*RESTRICTED)
    assert "from 1 to 604800" in verb(lab, lab.server, "drain", "--seconds", "604801", code=2)
    assert "sessions now: 1; the server ends with the last one, or in 2 s" in verb(lab, lab.server, "drain", "--seconds", "2")
    assert server.wait() == 0


def test_a_client_is_reconnected_and_disconnected_by_verbs(lab, both):
    lab.serve()
    client = lab.connect(*RESTRICTED)
    verb(lab, lab.client, "reconnect")
    client.wait_for("^connected in ", count=2)
    second = lab.connect("--no-default-route", "-i", "second")
    said = verb(lab, lab.client, "disconnect", code=2)
    assert "several programs run (connect.sock, connect-2.sock): choose one by --control NAME" in said
    verb(lab, lab.client, "disconnect", "--control", "connect")
    assert client.wait() == 0
    assert json.loads(verb(lab, lab.client, "disconnect", "--json")) == {"ok": True}
    assert second.wait() == 0


def test_verbs_without_a_program(lab):
    for words in (("status",), ("sessions",), ("kick", "ann"), ("bans",), ("unban", "all"), ("reload",), ("drain",)):
        assert "runs" in verb(lab, lab.server, *words, code=16)
        assert "no running sstp has this control socket" in verb(lab, lab.server, *words, "--control", "x", code=16)
    for words in (("disconnect",), ("reconnect",)):
        assert "no sstp connect, run or proxy with a control socket runs" in verb(lab, lab.client, *words, code=16)
    lab.connect("--keep-trying", wait=False).wait_for("next try in")
    assert "no sstp serve" in verb(lab, lab.client, "sessions", code=16)
    assert "no such path" in verb(lab, lab.client, "sessions", "--control", "connect", code=1)


def test_an_ordinary_users_programs(lab, both):
    lab.serve()
    user = Ordinary(lab)
    lab.client.run("install", "-d", "-m", "700", "-o", str(USER), "/run/u")
    user.env["XDG_RUNTIME_DIR"] = "/run/u"
    program = user.start("proxy", "--socks5", "1080")
    program.wait_for("^connected in ")
    assert get(lab.client, "/v1/status", socket="/run/u/sstp/proxy.sock", around=as_user())["state"] == "up"
    assert curl(lab.client, "/v1/status", socket="/run/u/sstp/proxy.sock")[0] == 200  # root
    shown = lab.client.run(*as_user("env", "XDG_RUNTIME_DIR=/run/u", user.sstp, "status")).stdout
    assert shown.startswith("client proxy (") and "): up for " in shown
    lab.client.run(*as_user("env", "XDG_RUNTIME_DIR=/run/u", user.sstp, "disconnect"))
    assert program.wait() == 0
    del user.env["XDG_RUNTIME_DIR"]
    program = user.start("proxy", "--socks5", "1080")
    program.wait_for("no control socket: this user has no folder for it")
    program.wait_for("^connected in ")


def test_root_where_run_is_read_only(lab):
    lab.serve()
    client = lab.start(lab.client, "unshare", "-m", "sh", "-c",
                       'mount -t tmpfs -o ro tmpfs /run && exec "$@"', "sh", lab.sstp, "connect", "192.0.2.1", "--user", "ann",
                       "--password-file", lab.file("password", "wonder land\n"), "--servercert", lab.pki.server.pin)
    client.wait_for("^no control socket: /run: Read-only file system$")
    client.wait_for("^connected in ")
    assert client.stop() == 0


def test_a_command_run_in_the_vpn_has_a_control_socket(lab):
    lab.serve()
    program = lab.start(lab.client, lab.sstp, "run", "192.0.2.1", "--user", "ann", "--password-file",
                        lab.file("p", "wonder land\n"), "--servercert", lab.pki.server.pin, "--", "sleep", "1000")
    program.wait_for("^connected in ")
    assert get(lab.client, "/v1/status", socket="/run/sstp/run.sock")["state"] == "up"
    assert verb(lab, lab.client, "disconnect") == ""
    program.wait()
