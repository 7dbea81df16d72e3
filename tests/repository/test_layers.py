"""The folders stand on each other as CONTRIBUTING.md says."""

import pytest

import layers


@pytest.fixture(name="includes", scope="module")
def includes_fixture():
    return layers.sources()


def test_nothing_includes_upwards(includes):
    assert len(includes) > 300
    assert not list(layers.faults(includes))


@pytest.mark.parametrize("path, other, word", [
    ("ssh_engine/base/mutex.h", "ssh_engine/loop/event_loop.h", "above"),
    ("ssh_engine/loop/event_loop.h", "ssh_engine/run/host_task.h", "above"),
    ("service/log/run_log.h", "service/runs/run.h", "above"),
    ("client/text/json.h", "client/output/printer.h", "above"),
    ("ssh_engine/job.h", "proto/contract/limits.h", "not for ssh_engine/"),
    ("client/text/json.h", "ssh_engine/base/mutex.h", "not for client/"),
    ("service/prepare/run_plan.h", "ssh_engine/pool/session_pool.h", "not for service/"),
    ("service/prepare/run_plan.h", "ssh_engine/host_keys/host_key_table.h", "not for service/"),
])
def test_an_arrow_that_must_not_be_is_found(includes, path, other, word):
    changed = {**includes, path: includes[path] + [other]}
    assert [fault for fault in layers.faults(changed)
            if fault.startswith(f"{path} includes {other}") and word in fault]


def test_a_folder_without_a_place_is_found(includes):
    changed = {**includes, "service/new/thing.h": []}
    assert any(fault.startswith("service/new:") for fault in layers.faults(changed))
