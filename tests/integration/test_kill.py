"""The daemon is killed in the middle of runs, at any moment and at each step that must not be
forgotten, and afterwards says of each host exactly what is known.

MUSTER_KILL_ROUNDS rounds, with the seed MUSTER_KILL_SEED; tests/kill.sh does many and shows them."""

import collections
import os
import signal

import pytest

from kill_checks import EndedRun
from kill_client import Api
from kill_round import Round
from programs import Daemon

ROUNDS = int(os.environ.get("MUSTER_KILL_ROUNDS", "30"))
SEED = os.environ.get("MUSTER_KILL_SEED", "1")


class Tally:
    """What came of the rounds, by where the daemon was killed."""

    def __init__(self):
        self._rows = collections.defaultdict(collections.Counter)

    def add(self, kill, runs):
        row = self._rows[kill.point or "any moment"]
        row["rounds"] += 1
        row["reached"] += kill.reached if kill.point else 1
        for run in runs:
            row["runs"] += 1
            row["hosts"] += len(run.results)
            row["events"] += len(kill.told.events.get(run.id, {}))
            states = run.states()
            row["OUTCOME_UNKNOWN"] += states["OUTCOME_UNKNOWN"]
            row["NOT_STARTED"] += states["NOT_STARTED"]

    def text(self):
        columns = ["rounds", "reached", "runs", "hosts", "events", "NOT_STARTED", "OUTCOME_UNKNOWN"]
        lines = ["| killed at | " + " | ".join(columns) + " | UNKNOWN % |",
                 "|---|" + "---:|" * (len(columns) + 1)]
        total = sum(self._rows.values(), collections.Counter())
        for name, row in [*self._rows.items(), ("in all", total)]:
            share = 100 * row["OUTCOME_UNKNOWN"] / max(row["hosts"], 1)
            cells = " | ".join(str(row[column]) for column in columns)
            lines.append(f"| {name} | {cells} | {share:.1f} |")
        return "\n".join(lines)


@pytest.fixture(name="api")
def api_fixture(python_stubs):
    assert python_stubs
    return Api()


@pytest.fixture(name="marks")
def marks_fixture(fleet):
    """A folder that whoever logs in may write to."""
    path = os.path.join(fleet.folder, "marks")
    os.makedirs(path, exist_ok=True)
    os.chmod(path, 0o777)
    return path


def check(kill, api, address):
    assert not kill.told.errors, kill.told.errors
    runs = []
    for request in kill.requests:
        run = EndedRun(api, address, kill.told.run_ids[request.request_id])
        run.check_log(kill.told.events[run.id])
        run.check_ends()
        run.check_output()
        if run.id in kill.told.canceled:
            run.check_cancel()
        run.check_marks(kill.marks_file(request.request_id))
        runs.append(run)
    return runs


def check_told(number, kill, api, address):
    try:
        return check(kill, api, address)
    except AssertionError as error:
        raise AssertionError(f"MUSTER_KILL_SEED={SEED}, round {number}, killed at "
                             f"{kill.point or 'any moment'}: {error}") from error


def test_what_was_told_stays_true(api, fleet, marks, tmp_path, capsys):
    tally = Tally()
    rounds = []
    for number in range(ROUNDS):
        kill = Round(api, fleet, str(tmp_path), marks, SEED, number)
        with kill.play() as daemon:
            tally.add(kill, check_told(number, kill, api, daemon.address))
            daemon.stop(signal.SIGKILL)
        rounds.append(kill)
    # All of them once more: a command that was requested right before a kill may have begun late.
    with Daemon(str(tmp_path)) as daemon:
        for number, kill in enumerate(rounds):
            check_told(number, kill, api, daemon.address)
    with capsys.disabled():
        print(f"\n{tally.text()}")
