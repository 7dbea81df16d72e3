"""The examples in other languages, as their README says to use them."""

import os
import subprocess

import pytest

EXAMPLES = os.path.abspath("client/examples")
TARGETS = "127.0.8.[1-3]"
LINES = [f"127.0.8.{host}: {line}" for host in (1, 2, 3) for line in ("one", "two")]


@pytest.fixture(name="env")
def env_fixture(daemon, fleet):
    return {"PATH": "/usr/bin:/bin", "HOME": daemon.folder, "MUSTER_SERVER": daemon.address,
            "MUSTER_KEY": fleet.key, "MUSTER_KNOWN_HOSTS": fleet.known_hosts,
            "MUSTER_USER": fleet.user, "MUSTER_PORT": str(fleet.servers[0].port)}


def check(command, env):
    """Lines, a failure's exit code, and an error of the call."""
    def run(*args):
        return subprocess.run([*command, *args], env=env, capture_output=True, text=True,
                              timeout=120, check=False)
    done = run(TARGETS, "echo one; echo two")
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == LINES
    done = run(TARGETS, "exit 3")
    assert done.returncode == 1
    assert done.stderr.count("HOST_STATE_EXITED_NONZERO") == 3
    done = run("web[1-", "true")
    assert done.returncode == 1 and "INVALID_ARGUMENT" in done.stderr


def test_python(env, python_stubs):
    check(["/usr/bin/python3", f"{EXAMPLES}/python/run.py"], {**env, "PYTHONPATH": python_stubs})


def test_node(env, node_example):
    check(["node", f"{node_example}/run.js"], {**env, "MUSTER_PROTO": os.path.abspath("proto")})
