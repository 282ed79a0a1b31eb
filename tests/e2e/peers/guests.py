# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixtures of bench.py. All tests share a guest; each finds it clean, and whatever a test started is gone after it."""
import pytest

from peers import uml
from peers.bench import NAMESPACES, Bench, make_server_files


@pytest.fixture(scope="session")
def guests():
    """The guest, in a list: when a test breaks it another takes its place."""
    alive = []
    yield alive
    for guest in alive:
        guest.close()


@pytest.fixture
def bench(request, guests):
    if guests and not guests[0].is_alive():
        guests.pop().close()
    if not guests:
        try:
            guests.append(uml.Guest())
        except uml.CannotBoot as error:
            pytest.skip(str(error))
        make_server_files(guests[0].out)
        guests[0].run(NAMESPACES)
    guest = guests[0]
    guest.begin()
    made = request.node.lab = Bench(guest)
    yield made
    if guest.is_alive():
        guest.kill_all()
        made.cable_is_short()
