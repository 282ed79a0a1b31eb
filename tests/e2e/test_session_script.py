# SPDX-License-Identifier: GPL-3.0-or-later
"""--session-script: at login and at the end of a session, with ocserv's variables; it may refuse."""
import re
import signal

import pytest

from lab import GATEWAY, eventually, machine_environment
from test_control import RESTRICTED, get

SECRET = "wonder land"


class Script:
    """Writes its variables to a file for each run; `more` are further lines of shell."""

    def __init__(self, lab, more=""):
        self.folder = lab.folder / "runs"
        self.folder.mkdir(exist_ok=True)
        self.path = lab.file("session.sh", f"""#!/bin/sh
{more}
env >{self.folder}/.$$ && mv {self.folder}/.$$ {self.folder}/$ID-$REASON
""", 0o755)

    def runs(self):
        return sorted(f.name for f in self.folder.iterdir() if not f.name.startswith("."))

    def wait_for(self, count):
        eventually(f"{count} runs", lambda: len(self.runs()) >= count)
        return [dict(line.split("=", 1) for line in (self.folder / name).read_text().splitlines() if "=" in line)
                for name in self.runs()]


@pytest.mark.parametrize("workers, method", [("1", "mschapv2"), ("2", "eap-mschapv2"), ("1", "pap")])
def test_login_and_end(lab, both, workers, method):
    script = Script(lab)
    lab.serve("--session-script", script.path, "--workers", workers, "--auth", method, "--ipv6-network", "2001:db8:77::/56",
              env={**machine_environment(), "SSTP_PASSWORD": SECRET, "IPV6_PREFIX": "of the server's own"})
    client = lab.connect(*RESTRICTED, "--auth", method)
    (up,) = script.wait_for(1)
    address = next(a for a in lab.client.addresses() if ":" not in a)
    facts = {"USERNAME": "ann", "PEERNAME": "ann", "DEVICE": "sstp0", "IFNAME": "sstp0", "IP_REAL": "10.1.0.2",
             "IP_REAL_LOCAL": "192.0.2.1", "IP_LOCAL": GATEWAY, "IPLOCAL": GATEWAY, "IP_REMOTE": address,
             "IPREMOTE": address, "METHOD": "eap" if "eap" in method else method}
    assert up["REASON"] == "connect" and up.items() >= facts.items(), up
    assert "STATS_DURATION" not in up and "IPV6_PREFIX" not in up
    lab.client.ping(GATEWAY)
    eventually("it has IPv6", lambda: get(lab.server, "/v1/sessions")["sessions"][0].get("ipv6_prefix"))
    (session,) = get(lab.server, "/v1/sessions")["sessions"]
    assert up["ID"] == str(session["id"])
    client.stop()
    down = script.wait_for(2)[1]
    assert down["REASON"] == "disconnect" and down.items() >= facts.items() and down["ID"] == up["ID"], down
    assert down["END_REASON"] == "peer" and down["IPV6_PREFIX"] == session["ipv6_prefix"]
    assert down["IPV6_REMOTE"] == session["ipv6_link_local"]
    assert int(down["STATS_BYTES_IN"]) == int(down["BYTES_RCVD"]) >= 84 * 3
    assert int(down["STATS_BYTES_OUT"]) == int(down["BYTES_SENT"]) >= 84 * 3
    assert 0 <= int(down["STATS_DURATION"]) == int(down["CONNECT_TIME"]) < 300
    for run in up, down:
        assert SECRET not in str(run), run


@pytest.mark.parametrize("method", ["mschapv2", "eap-mschapv2", "pap"])
def test_it_refuses(lab, both, method):
    script = Script(lab, 'test "$USERNAME" = bob || exit 3')
    server = lab.serve("--session-script", script.path, "--auth", method)
    status, said = lab.connect_fails("--auth", method)
    assert status == 9, said
    server.wait_for(r'login of user "ann" by .* refused: by --session-script, with status 3')
    lab.connect(*RESTRICTED, "--auth", method, host=lab.other, user="bob", password="builder")
    assert script.wait_for(1)[0]["USERNAME"] == "bob"
    assert get(lab.server, "/v1/status")["sessions"] == 1
    lab.programs[-1].stop()
    assert {run["USERNAME"] for run in script.wait_for(2)} == {"bob"}  # no end of what had no beginning


def test_a_slow_one_delays_its_login_alone(lab, both):
    script = Script(lab, f'[ "$USERNAME" = bob ] || until [ -e {lab.folder}/go ]; do sleep 0.1; done')
    server = lab.serve("--session-script", script.path)
    bob = lab.connect(*RESTRICTED, host=lab.other, user="bob", password="builder")
    ann = lab.connect(*RESTRICTED, wait=False)
    ann.wait_for("mschapv2: sending code 2")
    bob.send(signal.SIGUSR2)  # which logs in again; a start of another client may take as long as a script may, ten seconds
    bob.wait_for("^connected in ", count=2)
    lab.other.ping(GATEWAY)
    assert "connected in" not in ann.log
    (lab.folder / "go").touch()
    ann.wait_for("^connected in ")
    lab.client.ping(GATEWAY)
    assert server.status is None


def test_one_that_hangs_is_ended(lab):
    server = lab.serve("--session-script", "sleep 600")
    status, said = lab.connect_fails("--once")
    assert status not in (0, 9), said  # as when a login cannot be checked: it is no wrong password
    server.wait_for("--session-script took too long")
    assert get(lab.server, "/v1/status")["half_open"] <= 1


def test_a_client_that_leaves_meanwhile(lab, both):
    """Each connect that passes has its disconnect."""
    script = Script(lab, f'[ $REASON = disconnect ] || touch {lab.folder}/begun\n'
                         f'[ $REASON = disconnect ] || until [ -e {lab.folder}/go ]; do sleep 0.1; done')
    lab.serve("--session-script", script.path)
    client = lab.connect(*RESTRICTED, wait=False)
    eventually("the script runs", (lab.folder / "begun").exists)
    client.kill()
    eventually("the server has noticed", lambda: get(lab.server, "/v1/status")["half_open"] == 0)
    (lab.folder / "go").touch()
    script.wait_for(2)
    assert [re.sub(r"\d+", "N", name) for name in script.runs()] == ["N-connect", "N-disconnect"]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_end_of_the_server(lab, both, workers):
    """It waits until the scripts of its sessions have run."""
    script = Script(lab, "[ $REASON = connect ] || sleep 0.5")
    server = lab.serve("--session-script", script.path, "--workers", workers)
    lab.connect(*RESTRICTED)
    lab.connect(*RESTRICTED, host=lab.other, user="bob", password="builder")
    assert server.stop() == 0
    ends = [run for run in script.wait_for(4) if run["REASON"] == "disconnect"]
    assert [run["END_REASON"] for run in ends] == ["none", "none"]


def test_a_kicked_session_has_its_address_in_the_report(lab, both):
    script = Script(lab)
    lab.serve("--session-script", script.path)
    client = lab.connect(*RESTRICTED, "--once")
    address = next(a for a in lab.client.addresses() if ":" not in a)
    lab.server.run(lab.sstp, "kick", "ann")
    client.wait()
    down = script.wait_for(2)[1]
    assert down["END_REASON"] == "admin" and down["IP_REMOTE"] == address


def test_a_script_that_fails_at_the_end_is_in_the_log(lab):
    server = lab.serve("--session-script", "[ $REASON = connect ]")
    lab.connect(*RESTRICTED).stop()
    server.wait_for(r"session \d+: --session-script: status 1 at the end of the session")
