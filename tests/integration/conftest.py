"""A fleet and a daemon for every test that asks."""

import os
import shutil
import subprocess
import sys

import pytest

from fleet import Fleet
from programs import Daemon, Muster
from ssh_agent import SshAgent


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


@pytest.fixture(scope="session", name="api")
def api_fixture(python_stubs):
    """The contract's modules, in one place."""
    assert python_stubs
    from muster.v1 import host_pb2, run_pb2, run_service_pb2, run_service_pb2_grpc
    from muster.v1 import target_service_pb2, target_service_pb2_grpc

    class Api:
        hosts = host_pb2
        runs = run_pb2
        messages = run_service_pb2
        stub = run_service_pb2_grpc.RunServiceStub
        target_messages = target_service_pb2
        targets = target_service_pb2_grpc.TargetServiceStub
    return Api


@pytest.fixture(name="node_example")
def node_example_fixture(tmp_path):
    """The folder of the Node.js example, with what it needs from npm's registry."""
    if not shutil.which("npm", path="/usr/bin:/bin:/usr/local/bin"):
        pytest.skip("npm is not here")
    folder = str(tmp_path / "node")
    shutil.copytree("client/examples/node", folder)
    try:
        installed = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"],
                                   cwd=folder, env={**os.environ, "HOME": str(tmp_path)},
                                   capture_output=True, text=True, timeout=90, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm's registry cannot be reached")
    if installed.returncode != 0:
        pytest.skip("npm's registry cannot be reached: " + installed.stderr[-200:])
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


@pytest.fixture(name="agent")
def agent_fixture(tmp_path):
    with SshAgent(str(tmp_path / "agent")) as agent:
        yield agent.path
