"""Connections that break in mid run: no gap, no duplicate."""

import os
import re
import signal
import subprocess
import tempfile

import grpc
import pytest

from cutting_proxy import CuttingProxy
from failing_proxy import FailingProxy
from fleet import write
from own_daemon import end_daemons, ready_daemons
from programs import Daemon, Muster, MUSTER, MUSTERD, SECONDS, environment, wait_until

CUTS = 100
EXAMPLE_CUTS = 30
HOSTS = [f"127.0.11.{host}" for host in range(1, 5)]
TARGETS = "127.0.11.[1-4]"
PYTHON_EXAMPLE = ["/usr/bin/python3", os.path.abspath("client/examples/python/run.py")]


@pytest.fixture(name="gate")
def gate_fixture(fleet):
    """A file whose coming ends the commands."""
    path = os.path.join(fleet.folder, "reconnect_gate")
    yield path
    os.unlink(path)


def command_until(gate):
    ten = "; ".join(["i=$((i+1)); echo line $i"] * 10)  # for each process that has to be started
    return f"i=0; while [ ! -e {gate} ]; do {ten}; sleep 0.05; done; echo end $i"


def check_lines(text):
    """Each host's lines, each once, in order."""
    lines = {host: [] for host in HOSTS}
    for line in text.splitlines():
        host, rest = line.split(": ", 1)
        lines[host].append(rest)
    for host in HOSTS:
        count = int(lines[host].pop().split()[1])
        assert lines[host] == [f"line {number}" for number in range(1, count + 1)]


def check_cut(proxy, gate, command, env):
    """A program that shows lines, while its connection is cut again and again."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.PIPE)
        wait_until(lambda: proxy.cut == proxy.cuts or process.poll() is not None)
        write(gate, "")
        _, err = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, err
        assert proxy.cut == proxy.cuts
        out.seek(0)
        check_lines(out.read().decode())


def test_watch_goes_on_after_each_cut(daemon, muster, gate):
    run = muster("run", *muster.login, "-t", TARGETS, "-d", "--", command_until(gate)).text.strip()
    with CuttingProxy(daemon.socket, CUTS) as proxy:
        check_cut(proxy, gate, [MUSTER, "watch", run], {**muster.env, "MUSTER_SERVER": proxy.address})


def test_every_event_comes_once(daemon, fleet, muster):
    run = muster("run", *muster.login, "-t", TARGETS, "-d", "--", "seq 1 20000").text.strip()
    assert muster("watch", run).code == 0
    whole = muster("watch", "--json", run).out
    with CuttingProxy(daemon.socket, 10) as proxy:
        through = Muster(daemon, fleet)
        through.env["MUSTER_SERVER"] = proxy.address
        assert through("watch", "--json", run).out == whole


def example_env(daemon, fleet, proxy):
    return {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": daemon.folder,
            "MUSTER_SERVER": proxy.address, "MUSTER_KEY": fleet.key,
            "MUSTER_KNOWN_HOSTS": fleet.known_hosts, "MUSTER_USER": fleet.user,
            "MUSTER_PORT": str(fleet.servers[0].port), "MUSTER_PROTO": os.path.abspath("proto")}


def test_the_python_example_goes_on_after_each_cut(daemon, fleet, python_stubs, gate):
    with CuttingProxy(daemon.socket, EXAMPLE_CUTS) as proxy:
        check_cut(proxy, gate, [*PYTHON_EXAMPLE, TARGETS, command_until(gate)],
                  {**example_env(daemon, fleet, proxy), "PYTHONPATH": python_stubs})


def test_the_node_example_goes_on_after_each_cut(daemon, fleet, node_example, gate):
    with CuttingProxy(daemon.socket, EXAMPLE_CUTS) as proxy:
        check_cut(proxy, gate, ["node", f"{node_example}/run.js", TARGETS, command_until(gate)],
                  example_env(daemon, fleet, proxy))


BROKEN = [grpc.StatusCode.ABORTED, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN]


def check_broken_calls(daemon, fleet, command, env):
    """A program whose calls end with each of these once: it starts one run, and shows all of it once."""
    with FailingProxy(daemon.address, {"CreateRun": BROKEN, "WatchRun": BROKEN}) as proxy:
        marked = f"seq 1 3; true {proxy.address}"
        done = subprocess.run([*command, TARGETS, marked], capture_output=True, text=True, check=False,
                              env={**example_env(daemon, fleet, proxy), **env}, timeout=SECONDS)
        assert done.returncode == 0, done.stderr
        assert sorted(done.stdout.splitlines()) == [f"{host}: {line}" for host in HOSTS
                                                    for line in range(1, 4)]
        assert proxy.left() == {}
    runs = Muster(daemon)("runs", "-n", "1000", "--json").json()
    assert len([run for run in runs if run["spec"]["command"]["shell"] == marked]) == 1


def test_the_python_example_goes_on_after_calls_that_a_proxy_broke(daemon, fleet, python_stubs):
    check_broken_calls(daemon, fleet, PYTHON_EXAMPLE, {"PYTHONPATH": python_stubs})


def test_the_node_example_goes_on_after_calls_that_a_proxy_broke(daemon, fleet, node_example):
    check_broken_calls(daemon, fleet, ["node", f"{node_example}/run.js"], {})


def begin(process, hosts):
    for _ in range(hosts):
        assert process.stdout.readline().endswith(b": begun\n")


def lines_of(process):
    out, err = process.communicate(timeout=SECONDS)
    return out.decode(), err.decode()


def test_run_goes_on_with_the_daemon_that_comes_next(fleet, tmp_path):
    """The daemon is killed: of the hosts nobody knows the end, and what they said is not said twice."""
    os.chmod(tmp_path, 0o700)
    first = Daemon(folder=str(tmp_path))
    muster = Muster(first, fleet)
    process = muster.start("run", *muster.login, "-t", TARGETS, "--", "echo begun; sleep 60")
    begin(process, 4)
    first.stop(signal.SIGKILL)
    with Daemon(folder=str(tmp_path)):
        out, err = lines_of(process)
    assert out == ""
    assert "trying to go on" in err
    assert process.returncode == 5, err
    assert "musterd ended" in err


def test_a_daemon_of_ones_own_is_started_again(fleet, tmp_path):
    os.chmod(tmp_path, 0o700)
    env = environment(str(tmp_path), MUSTERD=MUSTERD)
    login = ["-u", fleet.user, "-i", fleet.key, "--known-hosts", fleet.known_hosts, "-p",
             str(fleet.servers[0].port)]
    process = subprocess.Popen([MUSTER, "run", *login, "-t", TARGETS, "--",
                                "echo begun; sleep 60"],
                               env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        begin(process, 4)
        (old,) = ready_daemons(tmp_path)
        os.kill(old, signal.SIGKILL)
        _, err = lines_of(process)
        assert process.returncode == 5, err
        assert "trying to go on" in err
        (new,) = ready_daemons(tmp_path)
        assert new != old
    finally:
        end_daemons(tmp_path)


def test_who_has_no_patience_is_told_at_once(fleet):
    daemon = Daemon()
    muster = Muster(daemon, fleet)
    process = muster.start("--reconnect", "0s", "run", *muster.login, "-t", TARGETS, "--",
                           "echo begun; sleep 60")
    begin(process, 4)
    daemon.stop(signal.SIGKILL)
    _, err = lines_of(process)
    assert process.returncode == 5
    assert re.search(r"run \w+ may go on", err)
