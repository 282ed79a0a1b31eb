# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end-to-end tests share. `lab` is a fresh set of hosts for one test; see lab.py.

A test that takes `both` runs once with the program as it is shipped and once with the sanitizers' build, on both ends.
One that takes minutes (it builds something, or moves gigabytes) is marked `@pytest.mark.slow`: `make check` leaves it
out, `make check-all` runs it.

pytest-xdist runs several tests at a time, each of its processes with hosts of its own.
"""
import os
import re
import signal

import pytest

import lab as laboratory
from peers.guests import bench, guests  # noqa: F401 (fixtures)
from peers.waiting import waiting  # noqa: F401 (fixture)
from pki import Pki


# The files whose tests take longest; they start first. The last tests of a run are short ones then, and no process
# waits long for another.
LONGEST = ("test_peer_", "test_killed", "test_containers", "test_hostile", "test_bulk", "test_host", "test_lifecycle")


def pytest_configure(config):
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:  # by nohup: our programs must not inherit that
        signal.signal(signal.SIGHUP, lambda *_: None)
    config.addinivalue_line("markers", "slow: takes minutes; for make check-all")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: next((n for n, begin in enumerate(LONGEST) if item.path.stem.startswith(begin)),
                                     len(LONGEST)))


def together(name):
    """Tests for which this returns the same run in one process, one after the other.

    A file's tests do, as they share what takes time to set up; the peers' tests share a guest and what they wait for.
    Those of test_killed.py share nothing, and each takes long.
    """
    path = name.split("::")[0]
    if path.endswith("test_killed.py"):
        return name
    return re.sub(r"test_peer_\w+", "test_peer", path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """`-n 3`: which of the three processes runs which test."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return together(nodeid)

    return Scheduling(config, log)


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def sstp():
    """The program as it is shipped."""
    return laboratory.SSTP


@pytest.fixture(params=["shipped", "sanitizers"])
def both(request):
    """For a test that also runs with the sanitizers."""
    return request.param


def _program(request):
    if "both" in request.fixturenames and request.getfixturevalue("both") == "sanitizers":
        return laboratory.SSTP_ASAN
    return laboratory.SSTP


class Networks:
    """The current one, or a new one if that cannot be used again."""

    def __init__(self, tmp_path_factory):
        self.tmp_path_factory, self.network = tmp_path_factory, None

    def take(self):
        if not self.network:
            self.network = laboratory.Network(self.tmp_path_factory.mktemp("network"))
        return self.network

    def drop(self):
        if self.network:
            self.network.close()
        self.network = None


@pytest.fixture(scope="session")
def networks(tmp_path_factory):
    made = Networks(tmp_path_factory)
    yield made
    made.drop()


@pytest.fixture
def lab(request, networks, tmp_path, pki):
    if os.geteuid():
        pytest.skip("namespaces and TUN devices are for root")
    if not os.path.exists("/dev/net/tun"):
        pytest.skip("kernel: no /dev/net/tun")
    made = laboratory.Lab(networks.take(), tmp_path / "lab", pki, _program(request))
    request.node.lab = made
    yield made
    complaints, is_clean = made.close()
    if not is_clean:
        networks.drop()
    assert not complaints, "; ".join(complaints)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows the logs of both sides if a test failed."""
    outcome = yield
    report = outcome.get_result()
    made = getattr(item, "lab", None)
    if not made:
        return
    if call.when == "call":
        item.lab_report = made.report()
    if report.failed:
        report.sections.extend(getattr(item, "lab_report", []) if call.when == "teardown" else made.report())
