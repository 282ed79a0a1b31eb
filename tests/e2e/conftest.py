# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end-to-end tests share. `lab` is a fresh set of hosts for one test; see lab.py.

A test that takes `both` runs once with the program as it is shipped and once with the sanitizers' build, on both ends.
One that takes minutes (it builds something, or moves gigabytes) is marked `@pytest.mark.slow`: `make check` leaves it
out, `make check-all` runs it.
"""
import os

import pytest

import lab as laboratory
from peers.bench import bench, guests  # noqa: F401 (fixtures)
from peers.waiting import waiting  # noqa: F401 (fixture)
from pki import Pki


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes minutes; for make check-all")


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def sstp():
    """The program as it is shipped."""
    return laboratory.SSTP


@pytest.fixture(params=["shipped", "sanitizers"])
def both(request):
    """For a test that shall also run with the sanitizers."""
    return request.param


def _program(request):
    if "both" in request.fixturenames and request.getfixturevalue("both") == "sanitizers":
        return laboratory.SSTP_ASAN
    return laboratory.SSTP


class Networks:
    """The one that is used now, if any; a new one when that is spoilt."""

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
    """The logs of both sides, where a test failed."""
    outcome = yield
    report = outcome.get_result()
    made = getattr(item, "lab", None)
    if not made:
        return
    if call.when == "call":
        item.lab_report = made.report()
    if report.failed:
        report.sections.extend(getattr(item, "lab_report", []) if call.when == "teardown" else made.report())
