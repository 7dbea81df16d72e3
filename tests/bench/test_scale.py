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
import reference
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


# A handshake of 0.2 ms, and bulk of 3,000 MB/s.
MACHINE = reference.Reference(30e-6, 40e-6, 100e-6, 4e9, 12e9)


def slower(times):
    return reference.Reference(*(seconds * times for seconds in MACHINE[:3]),
                               *(rate / times for rate in MACHINE[3:]))


def verdicts(of, times=1):
    """What holds on a machine whose reference is `of`, where Muster is so many times slower."""
    told = results.Results({})
    told.refer("here", of)
    told.goal("cold_cpu", 0.7 * times)
    told.goal("memory", 1.0)
    told.goal("warm_wall", None)
    told.goal("bulk_one", 500.0 / times)
    assert told.measured["cold_cpu"]["multiple"] == pytest.approx(0.7 * times / of.handshake_ms)
    assert told.measured["bulk_one"]["multiple"] == pytest.approx(500 / times / of.bulk_mb)
    return [row["holds"] for row in told.goal_rows()]


def test_what_a_goal_asks_for():
    assert MACHINE.handshake_ms == pytest.approx(0.2)
    assert MACHINE.bulk_mb == pytest.approx(3000)
    assert verdicts(MACHINE) == ["must", "must", "not measured", "NO"]


def test_a_machine_is_as_slow_for_muster_as_for_its_reference():
    assert verdicts(slower(2.5), 2.5) == verdicts(MACHINE)
    assert verdicts(MACHINE, 2.5) != verdicts(MACHINE)


def test_a_goal_belongs_to_the_reference_before_its_section():
    told = results.Results({})
    told.goal("warm_cpu", 0.1)
    told.refer("first", MACHINE)
    told.goal("cold_cpu", 0.7)
    told.refer("second", slower(2))
    told.goal("cold_cpu_sshd", 1.4)
    assert [row["is"] for row in told.goal_rows()] == [pytest.approx(3.5), pytest.approx(3.5), None]
    assert [row["holds"] for row in told.goal_rows()] == ["must", "aim", "no reference"]
    assert "| 0.7 ms |" in results.markdown(list(told.goal_rows()))


def test_openssls_rates_are_read():
    text = "+R9:1:253:Ed25519:1.0\n+F5:22:253:40000.0:0.000025\n+F6:0:253:Ed25519:25000.0:10000.0\n"
    assert reference.rates(text + "+H:32768\n+F:25:AES-128-GCM:4e9\n") == {
        "derive": 40000, "sign": 25000, "verify": 10000, "decrypt": 4e9}
    with pytest.raises(ValueError, match="decrypt"):
        reference.rates(text)


def test_this_machine_has_a_reference():
    measured = reference.measure()
    assert 0.001 < measured.handshake_ms < 100
    assert 1 < measured.bulk_mb < measured.decrypt / 1e6


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
