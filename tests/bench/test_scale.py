"""The scale benchmark's own tools: what it counts as right, and a small run of it."""

import os
import sys
import types

import imports  # pylint: disable=unused-import

import pytest

sys.path.insert(0, os.path.join(imports.HERE, "scale"))
# pylint: disable=wrong-import-position
import dead_hosts
import flood
import results
import watchers
from client import Host, decode
from hosts import Hosts, expected, wrong_hosts
from lab import Lab, Simulated
from sim import SimFleet


@pytest.fixture(scope="module", name="fleet")
def fleet_fixture():
    with SimFleet(rules=["127.3.0.2 refuse-auth"]) as fleet:
        yield Simulated(fleet)


@pytest.mark.parametrize("count", [1, 100, 250, 1000, 19500])
def test_hosts_are_as_many_as_asked_for(count):
    hosts = Hosts(2, count)
    assert len(set(hosts.addresses)) == count
    assert hosts.expression.startswith("127.2.[0-")


def test_only_the_exact_output_is_right():
    digest, size = expected("127.2.0.1", 100)
    hosts = Hosts(2, 1)
    good = Host("127.2.0.1", "SUCCEEDED", "CAUSE_UNSPECIFIED", 0, True, digest, size)
    assert not wrong_hosts({"127.2.0.1": good}, hosts, 100)
    assert wrong_hosts({"127.2.0.1": good}, hosts, 101) == {"other output": 1}
    assert wrong_hosts({}, hosts, 100) == {"missing": 1}
    failed = good._replace(state="THROTTLED")
    assert wrong_hosts({"127.2.0.1": failed}, hosts, 100) == {"THROTTLED CAUSE_UNSPECIFIED": 1}


def test_dead_hosts_have_their_own_outcomes():
    dead = dead_hosts.Dead(2)
    refused = f"127.{dead_hosts.NET}.{len(dead_hosts.KINDS)}.1"
    assert dead.allowed(refused) == [("UNREACHABLE", "CAUSE_REFUSED")]
    assert dead.allowed("127.2.0.1") == dead_hosts.SUCCEEDED
    assert len(dead.kinds) == 2 * (len(dead_hosts.KINDS) + 1)


def test_what_a_goal_asks_for():
    told = results.Results({})
    told.goal("cold_cpu", 0.7)
    told.goal("bulk_one", 500.0)
    told.goal("warm_wall", None)
    assert [row["holds"] for row in told.goal_rows()] == ["must", "not measured", "NO"]
    assert "| 0.7 |" in results.markdown(list(told.goal_rows()))


def test_cold_then_warm_and_an_outcome_that_is_wrong(fleet):
    with Lab(fleet, loops=1) as lab:
        hosts = Hosts(2, 10)
        for warm in (False, True):
            cost, messages = lab.run(hosts.expression, "out 1000")
            decoded = decode(messages)
            assert not wrong_hosts(decoded, hosts, 1000)
            assert {host.warm for host in decoded.values()} == {warm}
            assert cost.daemon > 0 and cost.fleet > 0 and cost.wall > 0
        _, messages = lab.run(Hosts(3, 3).expression, "true")
        assert wrong_hosts(decode(messages), Hosts(3, 3), 0) == {
            "AUTHENTICATION_FAILED CAUSE_UNSPECIFIED": 1}


def test_watchers_get_the_same_events_however_they_are_cut(fleet):
    with Lab(fleet) as lab:
        run_id = lab.client.start(lab.spec(Hosts(2, 10).expression, "out 1000"))
        read = [watchers.Watcher(lab.daemon.address, run_id) for _ in range(3)]
        for watcher in read:
            watcher.start()
        for watcher in read:
            watcher.join()
    assert len({watcher.digest.digest() for watcher in read}) == 1
    assert read[0].size > 10 * 1000


def test_a_flood_stays_within_its_memory(fleet):
    told = results.Results({})
    bench = types.SimpleNamespace(results=told, say=lambda text: None)
    with SimFleet() as apart:
        memory, latency, read = flood.measure(bench, fleet, Simulated(apart), 250, 2)
    assert not told.failures
    assert memory["more MiB"] <= 512
    assert latency[-1]["runs"] > 0
    assert all(row["messages"] > 0 for row in read)
