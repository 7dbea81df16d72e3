"""A server for the tests that ask for one."""

import imports  # pylint: disable=unused-import

import pytest

from fleet import Fleet
from workload import RealServer


@pytest.fixture(scope="module", name="server")
def server_fixture():
    with Fleet() as fleet:
        yield RealServer(fleet)
