"""A fleet and a daemon for every test that asks."""

import os
import subprocess
import sys

import pytest

from fleet import Fleet
from programs import Daemon, Muster


@pytest.fixture(scope="session", name="fleet")
def fleet_fixture():
    """One server on all of 127.0.0.0/8."""
    with Fleet() as fleet:
        fleet.start()
        yield fleet


@pytest.fixture(scope="session", name="python_stubs")
def python_stubs_fixture(tmp_path_factory):
    """The folder of the contract's Python modules; importable from here on."""
    folder = str(tmp_path_factory.mktemp("stubs"))
    subprocess.run([os.path.abspath("client/examples/python/generate.sh"), folder], check=True)
    sys.path.insert(0, folder)
    return folder


@pytest.fixture(scope="module", name="daemon")
def daemon_fixture():
    """Shared by a module's tests: whatever one of them does, it must go on serving."""
    with Daemon() as daemon:
        yield daemon
        assert daemon.process.poll() is None, daemon.messages()


@pytest.fixture(name="muster")
def muster_fixture(daemon, fleet):
    return Muster(daemon, fleet)
