# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits of a user: speed, time, traffic, sessions; from the user file and from RADIUS."""
import time

import pytest

import traffic
from lab import GATEWAY, eventually
from radius import SECRET, FreeRadius

SIZE = 600 * 1024
MEGABIT = 1000 * 1000


def by_file(lab, words):
    return lab.serve("--no-ipv6", users=f'ann * "wonder land" {words}\n')


def by_radius(lab, reply):
    FreeRadius(lab, f'ann Cleartext-Password := "wonder land"\n    {reply}\n')
    return lab.serve("--no-ipv6", "--radius", "127.0.0.1", "--radius-secret-file", lab.file("secret", SECRET + "\n"),
                     users=False)


@pytest.mark.parametrize("start, words", [
    (by_file, "rate=2M/2M"),
    (by_radius, 'Mikrotik-Rate-Limit = "2M"'),
    (by_radius, "WISPr-Bandwidth-Max-Up = 2000000, WISPr-Bandwidth-Max-Down = 2000000"),
])
@pytest.mark.parametrize("way", [traffic.upload, traffic.download])
def test_the_speed_is_limited(lab, start, words, way):
    """Only that it is not faster; what arrives is checked by the transfer itself."""
    start(lab, words)
    lab.connect("--no-default-route", "--no-ipv6", "--route", "10.9.0.0/24")
    begin = time.monotonic()
    way(lab.client, lab.server, GATEWAY, SIZE)
    burst = 64 * 1024 + 2 * 65536
    assert time.monotonic() - begin > (SIZE - 2 * burst) * 8 / (2 * MEGABIT)


def test_one_direction_can_be_without_a_limit(lab, both):
    by_file(lab, "rate=1M/0")
    lab.connect("--no-default-route", "--no-ipv6", "--route", "10.9.0.0/24")
    traffic.download(lab.client, lab.server, GATEWAY, 20 * SIZE)
    traffic.upload(lab.client, lab.server, GATEWAY, SIZE // 4)


@pytest.mark.parametrize("words, reason", [
    ("session=2", "the user's time is over"),
    ("idle=1", "no packet for the user's idle time"),
])
def test_a_session_ends_at_its_time(lab, both, words, reason):
    server = by_file(lab, words)
    client = lab.connect("--no-default-route", "--no-ipv6", "--once")
    server.wait_for(f"^session 1: ends: {reason}$")
    assert client.wait() == 12
    assert reason in client.said


def use_up(lab, client):
    """Pings until its tunnel is gone."""
    eventually("it has ended", lambda: client.status is not None or
               lab.client.ping_server("-s", "1400", "-i", "0.01", count=60, check=False) and False)


def test_a_session_ends_when_its_traffic_is_used_up(lab):
    server = by_file(lab, "quota=100k")
    client = lab.connect("--no-default-route", "--no-ipv6", "--once")
    use_up(lab, client)
    server.wait_for("^session 1: ends: the user's traffic is used up$")
    assert client.wait() == 12


@pytest.mark.parametrize("start, words", [(by_file, "sessions=1"), (by_radius, "Port-Limit = 1")])
def test_the_number_of_sessions_is_limited(lab, start, words):
    server = start(lab, words)
    first = lab.connect("--no-default-route", "--no-ipv6", "--once")
    lab.connect("--no-default-route", "--no-ipv6", host=lab.other)
    server.wait_for("ends: replaced by a newer session: the user's limit is reached")
    assert first.wait() == 12
