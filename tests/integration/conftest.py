"""A fleet and a daemon for every test that asks."""

import pytest

from fleet import Fleet
from programs import Daemon, Muster


@pytest.fixture(scope="session", name="fleet")
def fleet_fixture():
    """One server on all of 127.0.0.0/8."""
    with Fleet() as fleet:
        fleet.start()
        yield fleet


@pytest.fixture(scope="module", name="daemon")
def daemon_fixture():
    """Shared by a module's tests: whatever one of them does, it must go on serving."""
    with Daemon() as daemon:
        yield daemon
        assert daemon.process.poll() is None, daemon.messages()


@pytest.fixture(name="muster")
def muster_fixture(daemon, fleet):
    return Muster(daemon, fleet)
