"""What has to be true of a run, whenever its daemon was killed."""

import collections

import grpc

from kill_client import CANCELED, OPTIONS
from kill_round import OUTPUT
from programs import SECONDS

# The command was certainly started, or certainly not; of the others it is not known.
STARTED = {"SUCCEEDED", "EXITED_NONZERO", "SIGNALED"}
NOT_STARTED = {"NOT_STARTED", "UNREACHABLE", "CONNECT_TIMEOUT", "SKIPPED"}
UNCLEAR = {"OUTCOME_UNKNOWN", "CANCELED"}


class EndedRun:
    """A run that is over, as the daemon tells of it."""

    def __init__(self, api, address, run_id):
        self._api = api
        self.id = run_id
        with grpc.insecure_channel(address, OPTIONS) as channel:
            stub = api.stub(channel)
            self.run = stub.GetRun(api.calls.GetRunRequest(run_id=run_id), timeout=SECONDS).run
            self.results = stub.ListHostResults(
                api.calls.ListHostResultsRequest(run_id=run_id), timeout=SECONDS).results
            watch = api.calls.WatchRunRequest(run_id=run_id)
            self.events = [event for message in stub.WatchRun(watch, timeout=SECONDS)
                           for event in message.events]

    def state_of(self, result):
        return self._api.hosts.HostState.Name(result.outcome.state).removeprefix("HOST_STATE_")

    def states(self):
        return collections.Counter(self.state_of(result) for result in self.results)

    def check_log(self, told):
        """The log is whole, and begins with what watchers were told."""
        assert [event.sequence for event in self.events] == list(range(1, len(self.events) + 1))
        for sequence, data in told.items():
            assert sequence <= len(self.events), f"event {sequence} is lost"
            now = self.events[sequence - 1].SerializeToString(deterministic=True)
            assert now == data, f"event {sequence} has changed"

    def check_ends(self):
        """Each host has one end, and so does the run: in the log as in the results."""
        ends = [event.host_finished for event in self.events if event.HasField("host_finished")]
        assert sorted(end.host_index for end in ends) == list(range(self.run.host_count))
        outcomes = {end.host_index: end.outcome for end in ends}
        assert [result.host_index for result in self.results] == list(range(self.run.host_count))
        for result in self.results:
            assert result.outcome == outcomes[result.host_index]
            assert result.state == result.outcome.state >= self._api.hosts.HOST_STATE_SUCCEEDED
        states = [event.run_state.state for event in self.events if event.HasField("run_state")]
        terminal = [state for state in states if state >= self._api.runs.RUN_STATE_SUCCEEDED]
        assert terminal == [self.run.state]
        assert self.events[-1].run_state.state == self.run.state
        assert self.run.last_sequence == len(self.events)

    def check_cancel(self):
        """It was answered: that is in the log, and the run did not go on."""
        stops = [event.sequence for event in self.events if event.run_state.message == CANCELED
                 and event.run_state.state == self._api.runs.RUN_STATE_STOPPING]
        assert len(stops) == 1
        rest = self.events[stops[0]:]
        assert not [event for event in rest if event.HasField("batch_started")], "it went on"
        ends = (self._api.runs.RUN_STATE_CANCELED, self._api.runs.RUN_STATE_SUCCEEDED)
        assert self.run.state in ends

    def check_output(self):
        """Who succeeded has all of its output in the log."""
        output = collections.defaultdict(bytes)
        for event in self.events:
            if event.HasField("output"):
                output[event.output.host_index] += event.output.data
        for result in self.results:
            assert result.stdout_bytes + result.stderr_bytes == len(output[result.host_index])
            if self.state_of(result) == "SUCCEEDED":
                expected = OUTPUT.get(result.host.address, b"")
                assert output[result.host_index] == expected, result.host.name

    def check_marks(self, path):
        """No host began twice, and none is told to have begun, or not, where that is not so."""
        try:
            with open(path, encoding="ascii") as file:
                marks = collections.Counter(file.read().split())
        except FileNotFoundError:
            marks = collections.Counter()
        assert not [host for host, count in marks.items() if count > 1], f"began twice: {marks}"
        for result in self.results:
            state = self.state_of(result)
            assert state in STARTED | NOT_STARTED | UNCLEAR, f"{result.host.name} is {state}"
            if state not in UNCLEAR:
                began = marks[result.host.address] == 1
                assert began == (state in STARTED), f"{result.host.name} is {state}: {marks}"
