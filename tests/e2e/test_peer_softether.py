# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that never respond (peers/waiting.py): the client must time out, with the right error and exit status."""
import time

import pytest

EXIT_HTTP = 7
HTTP_SECONDS = 60  # [MS-SSTP] has no timer for it; ours is as long as its others


@pytest.fixture(autouse=True)
def logs(request, waiting):
    """Shown if a test fails."""
    request.node.lab = waiting.lab


def test_connect_reports_that_softether_closes_the_connection(waiting):
    """Its certificate, self-signed and with the serial number 0, is trusted by its pin."""
    assert waiting.at_softether.wait(120) == EXIT_HTTP
    log = waiting.at_softether.log
    assert "certificate trusted by its pin" in log
    assert "the peer closed the connection instead of sending an HTTP response" in log


def test_probe_reports_what_it_found_of_softether(waiting):
    assert waiting.probe.wait(120) == EXIT_HTTP
    log = waiting.probe.log
    assert waiting.softether_pin in log and "self-signed" in log and "RSA 2048" in log
    assert "instead of sending an HTTP response" in log


def test_connect_ends_when_nothing_comes(waiting):
    assert waiting.at_silent.wait(HTTP_SECONDS + 120) == EXIT_HTTP
    assert "the server does not answer: no complete HTTP response arrived in time" in waiting.at_silent.log


def test_a_server_that_is_silent_was_not_left_too_early(waiting):
    """The request arrived whole, and the client did not close before its time."""
    waiting.at_silent.wait(HTTP_SECONDS + 120)
    assert time.monotonic() - waiting.started >= HTTP_SECONDS
    assert waiting.silent.log.startswith("SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1")
