# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins that a command checks: the example of docs/auth-command.md, and a command that fails."""
import json
import re
import signal
from pathlib import Path

import pytest

from lab import eventually

PAGE = (Path(__file__).parents[2] / "docs" / "auth-command.md").read_text()


def example(lab):
    """The page's script, with its accounts in the test's folder."""
    script = re.search(r"```python\n(.*?)```", PAGE, re.S).group(1)
    accounts = json.loads(re.search(r"^    (\{.*\})$", PAGE, re.M).group(1))
    path = lab.file("accounts.json", json.dumps(accounts))
    return lab.file("check-login", script.replace("/etc/sstp/accounts.json", str(path)), mode=0o700), path


@pytest.mark.parametrize("method", ["mschapv2", "eap-mschapv2", "pap"])
def test_the_example(lab, both, method):
    command, _ = example(lab)
    server = lab.serve("--auth-command", command, "--auth", method, users=False)
    client = lab.connect("--no-default-route", "--auth", method, password="password")
    lab.client.ping_server()
    assert "10.9.0.50" in lab.client.addresses()
    assert client.stop() == 0
    assert lab.connect_fails("--once", "--auth", method, password="wrong")[0] == 9
    assert lab.connect_fails("--once", "--auth", method, user="nobody", password="password")[0] == 9
    server.wait_for("wrong password")
    server.wait_for("the command refuses the login")
    assert "8846f7" not in server.log


def test_what_the_command_says_next_time(lab):
    """It is asked at each login."""
    command, accounts = example(lab)
    server = lab.serve("--auth-command", command, users=False)
    assert lab.connect_fails("--once", user="bob", password="builder")[0] == 9
    server.wait_for("the command refuses the login")
    accounts.write_text(json.dumps({"bob": {"password": "builder", "sessions": 1}}))
    lab.connect("--no-default-route", user="bob", password="builder")
    lab.client.ping_server()


def test_a_command_that_fails(lab):
    """The password is not called wrong."""
    server = lab.serve("--auth-command", "echo no accounts >&2; exit 1", users=False)
    assert "error: the server cannot check logins now: " in lab.connect_fails("--once")[1]
    server.wait_for("--auth-command: the command failed with status 1")
    server.wait_for("^no accounts$")


def test_a_server_that_ends_while_the_command_runs(lab):
    """The client does not take that for a refused login."""
    started = lab.folder / "started"
    server = lab.serve("--auth-command", f"touch {started}; sleep 8", users=False)
    client = lab.connect("--once", wait=False)
    eventually("the command runs", started.exists)
    server.send(signal.SIGTERM)
    assert client.wait() == 10
    assert "error: the server cannot check logins now: " in client.said
