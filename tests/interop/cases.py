"""What is tried on each server, and what is right."""

import hashlib
import os
import random
import signal
import time

import grpc
from muster.v1 import event_pb2, host_pb2, run_pb2, run_service_pb2, run_service_pb2_grpc

SMALL, LARGE = 26_000, 20_000_000
STOP_GRACE = 2  # seconds
PATIENCE = 90

State = host_pb2.HostState


def state_name(state):
    return State.Name(state).removeprefix("HOST_STATE_")


class Ended:
    """How a run on one host ended, with all that it wrote."""

    def __init__(self, outcome, output, errors):
        self.outcome, self.output, self.errors = outcome, output, errors

    @property
    def state(self):
        return state_name(self.outcome.state)

    def __str__(self):
        text = self.state
        if self.outcome.exit_code:
            text += f" {self.outcome.exit_code}"
        return f"{text}: {self.outcome.message}" if self.outcome.message else text


class Caller:
    """Runs commands over the contract."""

    def __init__(self, address, known_hosts):
        self.service = run_service_pb2_grpc.RunServiceStub(grpc.insecure_channel(
            address, [("grpc.max_receive_message_length", -1)]))
        self.known_hosts = known_hosts

    def _spec(self, server, command, timeout):
        spec = run_pb2.RunSpec()
        spec.targets.expression = "127.0.0.1"
        spec.command.shell = command
        spec.login.user, spec.login.port = server.user, server.port
        spec.login.host_key_policy = run_pb2.HOST_KEY_POLICY_ACCEPT_NEW
        for key in server.keys:
            spec.login.local.identity_files.add(path=key)
        spec.login.local.known_hosts_files.append(self.known_hosts)
        spec.stop.grace.seconds = STOP_GRACE
        spec.timeouts.connect.seconds = 20
        if timeout:
            spec.timeouts.command.FromMilliseconds(int(timeout * 1000))
        return spec

    def run(self, server, command, timeout=None, cancel_after=None):
        request = run_service_pb2.CreateAndWatchRunRequest(spec=self._spec(server, command, timeout))
        output, errors, outcome = [], [], None
        canceled = False
        for message in self.service.CreateAndWatchRun(request, timeout=PATIENCE):
            if message.HasField("run"):
                run = message.run.id
            for event in message.events:
                if event.HasField("output"):
                    is_out = event.output.stream == event_pb2.OUTPUT_STREAM_STDOUT
                    (output if is_out else errors).append(event.output.data)
                if event.HasField("host_finished"):
                    outcome = event.host_finished.outcome
                running = (event.HasField("host_state") and
                           event.host_state.state == host_pb2.HOST_STATE_RUNNING)
                if running and cancel_after is not None and not canceled:
                    canceled = True
                    time.sleep(cancel_after)
                    self.service.CancelRun(run_service_pb2.CancelRunRequest(run_id=run))
        return Ended(outcome, b"".join(output), b"".join(errors))


def processes_with(mark):
    """The ids of those that have the mark as an argument."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as cmdline:
                words = cmdline.read().split(b"\0")
            with open(f"/proc/{pid}/stat", "rb") as stat:
                zombie = stat.read().rsplit(b") ", 1)[1].startswith(b"Z")
        except OSError:
            continue
        if mark.encode() in words and not zombie:
            found.append(int(pid))
    return found


# Each answers "yes", a note about what is not as with OpenSSH and still honest, or "WRONG: ...".

def wrong(ended, expected):
    return f"WRONG: expected {expected}, got {ended}"


def cold(caller, server):
    ended = caller.run(server, "echo hello")
    if ended.state == "SUCCEEDED" and ended.output == b"hello\n":
        return "yes"
    return wrong(ended, "hello")


def warm(caller, server):
    ended = caller.run(server, "exec /bin/sh -c 'echo again; echo beside >&2'")
    wrote = (ended.output, ended.errors)
    if ended.state != "SUCCEEDED" or wrote not in [(b"again\n", b"beside\n"), (b"again\nbeside\n", b"")]:
        return wrong(ended, "again, and beside on standard error") + f" {wrote}"
    notes = [] if ended.outcome.warm_session else ["new session"]
    if not ended.errors:
        notes.append("one stream")
    return ", ".join(notes) or "yes"


def exit_code(caller, server):
    ended = caller.run(server, "exit 7")
    if ended.state == "EXITED_NONZERO" and ended.outcome.exit_code == 7:
        return "yes"
    return wrong(ended, "exit code 7")


def by_signal(caller, server):
    ended = caller.run(server, "exec /bin/sh -c 'kill -KILL $$'")
    if ended.state == "SIGNALED" and ended.outcome.signal == "KILL":
        return "yes"
    # What a server says that does not speak of signals.
    if ended.state == "EXITED_NONZERO":
        return f"exit code {ended.outcome.exit_code}"
    if ended.state == "OUTCOME_UNKNOWN":
        return "OUTCOME_UNKNOWN"
    return wrong(ended, "signal KILL")


def _copy(caller, server, size):
    with open(server.file(size), "rb") as file:
        expected = hashlib.sha256(file.read()).hexdigest()
    ended = caller.run(server, f"cat {server.file(size)}")
    if ended.state == "SUCCEEDED" and hashlib.sha256(ended.output).hexdigest() == expected:
        return "yes"
    return wrong(ended, f"{size} bytes") + f" ({len(ended.output)} bytes came)"


def small(caller, server):
    return _copy(caller, server, SMALL)


def large(caller, server):
    return _copy(caller, server, LARGE)


def _stopped(ended, state, mark):
    """What the outcome says has to be what /proc shows."""
    alive = processes_with(mark)
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
    if ended.state != state:
        return wrong(ended, state)
    if alive and ended.outcome.end_confirmed:
        return "WRONG: said to have ended, and lives"
    if alive:
        return "lives, and is told so"
    return "yes" if ended.outcome.end_confirmed else "ended, unconfirmed"


def _mark():
    return f"300.{random.randrange(10**9):09d}"


def cancel(caller, server):
    mark = _mark()
    return _stopped(caller.run(server, f"sleep {mark}", cancel_after=0.3), "CANCELED", mark)


def timeout(caller, server):
    mark = _mark()
    return _stopped(caller.run(server, f"sleep {mark}; true", timeout=1), "COMMAND_TIMEOUT", mark)


CASES = {"cold": cold, "warm": warm, "exit code": exit_code, "signal": by_signal, "26 KB": small,
         "20 MB": large, "cancel": cancel, "timeout": timeout}
