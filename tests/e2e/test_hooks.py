# SPDX-License-Identifier: GPL-3.0-or-later
"""--up and --down: when they run, with what, and what follows when they fail; beside our own set-up of the network."""
import os
import re
import signal

import pytest

from lab import SERVER, eventually, has_ended


@pytest.fixture
def hooks(lab):
    return Hooks(lab)


class Hooks:
    """Commands that record their call, the environment and the resolv.conf that they find."""

    def __init__(self, lab):
        self.lab, self.calls_file = lab, lab.folder / "calls"
        self.device_file = lab.folder / "resolv.conf-found"

    def command(self, name, more="true"):
        return (f"echo {name} $reason $TUNDEV $INTERNAL_IP4_ADDRESS $VPNGATEWAY >>{self.calls_file}; "
                f"cat /etc/resolv.conf >>{self.device_file}; {more}")

    @property
    def options(self):
        return "--up", self.command("up"), "--down", self.command("down")

    @property
    def calls(self):
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []


UP, DOWN = f"up connect sstp0 10.9.0.2 {SERVER}", f"down disconnect sstp0 10.9.0.2 {SERVER}"


def test_up_finds_the_network_and_down_too(lab, hooks, both):
    lab.serve("--dns", "10.9.0.53")
    client = lab.connect(*hooks.options)
    assert hooks.calls == [UP], "it has run before the client is ready"
    assert "nameserver 10.9.0.53" in hooks.device_file.read_text()
    hooks.device_file.unlink()
    lab.client.ping_server()
    assert client.stop() == 0
    assert hooks.calls == [UP, DOWN]
    assert "10.9.0.53" not in hooks.device_file.read_text(), "the tunnel has ended: so have its DNS servers"


def test_a_reconnect(lab, hooks):
    server = lab.serve()
    client = lab.connect(*hooks.options)
    server.kill()
    lab.serve()
    client.wait_for("^connected in ", 2)
    client.stop()
    reasons = [" ".join(call.split()[:2]) for call in hooks.calls]
    assert reasons == ["up connect", "down attempt-reconnect", "up reconnect", "down disconnect"]


def test_a_failing_up_ends_the_connection(lab, hooks, both):
    lab.serve("--dns", "10.9.0.53")
    routes, resolv_conf = lab.client.routes(), lab.client.resolv_conf.read_text()
    status, said = lab.connect_fails("--up", hooks.command("up", "exit 3"), "--down", hooks.command("down"))
    assert status == 15
    assert "error: up (connect): it ended with status 3\nerror: --up has failed: the connection ends\n" in said
    assert hooks.calls == [UP, DOWN]
    assert (lab.client.routes(), lab.client.resolv_conf.read_text()) == (routes, resolv_conf)


def test_a_failing_up_after_a_reconnect_ends_it_too(lab, hooks):
    server = lab.serve()
    client = lab.connect("--up", hooks.command("up", "[ $reason = connect ]"))
    server.kill()
    lab.serve()
    assert client.wait() == 15
    assert len(hooks.calls) == 2


def test_a_failing_down_changes_nothing(lab, hooks):
    lab.serve()
    client = lab.connect("--down", hooks.command("down", "exit 4"))
    assert client.stop() == 0
    assert "error: down (disconnect): it ended with status 4\n" in client.log


@pytest.mark.parametrize("options, words", [
    ([], ['up: "first line"', 'up: "second \\x1b[2J"']),
    (["--log-json"], ['"option":"up","line":"first line"', '"option":"up","line":"second \\u001b[2J"']),
])
def test_output_is_logged_line_by_line(lab, options, words):
    lab.serve()
    client = lab.connect("--up", "echo first line; printf 'second \\033[2J\\n' >&2", *options, wait=False)
    for line in words:
        client.wait_for(re.escape(line))


def test_packets_pass_while_up_runs(lab, hooks):
    lab.serve()
    gate = lab.folder / "gate"
    os.mkfifo(gate)
    client = lab.connect("--up", hooks.command("up", f"read line <{gate}"), wait=False)
    eventually("up runs", lambda: hooks.calls)
    lab.client.ping_server()
    assert "connected in" not in client.log
    gate.write_text("go on\n")
    client.wait_for("^connected in ")


def test_in_the_background_ready_means_that_up_has_ended(lab, hooks):
    lab.serve()
    pid_file = lab.folder / "pid"
    client = lab.connect("--background", "--pid-file", pid_file, *hooks.options, wait=False)
    assert client.wait() == 0
    assert hooks.calls == [UP]
    os.kill(int(pid_file.read_text()), signal.SIGTERM)
    eventually("down has run", lambda: hooks.calls == [UP, DOWN])
    eventually("it has ended", lambda: not pid_file.exists())


def test_in_the_background_a_failing_up_is_the_exit_status(lab):
    lab.serve()
    assert lab.connect_fails("--background", "--up", "exit 1")[0] == 15


def test_a_signal_while_up_runs(lab, hooks):
    """The running command is waited for; then down runs."""
    lab.serve()
    go = lab.folder / "go"
    client = lab.connect("--up", hooks.command("up", f"until [ -e {go} ]; do sleep 0.05; done; exit 9"), "--down",
                         hooks.command("down"), wait=False)
    eventually("up runs", lambda: hooks.calls)
    client.send(signal.SIGTERM)
    client.wait_for("^disconnecting$")
    go.touch()
    assert client.wait() == 0
    assert hooks.calls == [UP, DOWN]


def test_in_another_namespace_the_variables_are_the_same(lab, hooks):
    lab.serve()
    lab.client.run("ip", "netns", "add", "hooks")
    try:
        client = lab.connect("--netns", "hooks", "--up", hooks.command("up"))
        assert hooks.calls == [UP]
        client.stop()
    finally:
        lab.client.run("ip", "netns", "del", "hooks")


def test_the_next_start_after_a_kill(lab, hooks):
    lab.serve("--dns", "10.9.0.53")
    routes, resolv_conf = lab.client.routes(), lab.client.resolv_conf.read_text()
    lab.connect(*hooks.options).kill()
    assert hooks.calls == [UP], "nothing is left that could run down"
    client = lab.connect(*hooks.options)
    client.stop()
    assert (lab.client.routes(), lab.client.resolv_conf.read_text()) == (routes, resolv_conf)


def test_a_running_command_ends_with_a_killed_client(lab):
    lab.serve()
    pid_file = lab.folder / "pid"
    client = lab.connect("--up", f"echo $$ >{pid_file}; exec sleep 600", wait=False)
    eventually("up runs", lambda: pid_file.exists() and pid_file.read_text())
    client.kill()
    eventually("it has ended", lambda: has_ended(pid_file.read_text().strip()))


def test_beside_a_script_there_are_none(lab):
    status, said = lab.connect_fails("--script", "true", "--up", "true")
    assert status == 2 and "--script excludes --up and --down" in said
