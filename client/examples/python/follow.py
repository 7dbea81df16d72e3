"""Starts a run and follows it to its end, however often the connection breaks meanwhile."""

import random
import time
import uuid

import grpc
from muster.v1 import run_pb2, run_service_pb2

PATIENCE = 30  # seconds without a sign of the daemon
CHANNEL_OPTIONS = [("grpc.max_receive_message_length", -1),
                   ("grpc.initial_reconnect_backoff_ms", 100),
                   ("grpc.max_reconnect_backoff_ms", 500)]


# What gRPC libraries make of a connection that was cut, or a proxy of a daemon that is away (README.md).
BROKEN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED, grpc.StatusCode.CANCELLED,
          grpc.StatusCode.UNKNOWN)


class _Retries:
    """Pauses that double up to two seconds, less up to a half by chance."""

    def __init__(self):
        self.heard()

    def heard(self):
        self._pause, self._give_up = 0.1, time.monotonic() + PATIENCE

    def wait_after(self, error):
        if error.code() not in BROKEN or time.monotonic() > self._give_up:
            raise error
        time.sleep(self._pause * random.uniform(0.5, 1))
        self._pause = min(2 * self._pause, 2)


def create_run(service, spec):
    """The request id makes it one run, however often it has to be asked for."""
    request = run_service_pb2.CreateRunRequest(spec=spec, request_id=uuid.uuid4().hex)
    retries = _Retries()
    while True:
        try:
            return service.CreateRun(request).run
        except grpc.RpcError as error:
            retries.wait_after(error)


def watch_run(service, run_id):
    """Yields each event of the run once, in order; returns the run as it ended."""
    last, run, retries = 0, None, _Retries()
    while True:
        request = run_service_pb2.WatchRunRequest(run_id=run_id, after_sequence=last)
        try:
            for message in service.WatchRun(request):
                retries.heard()
                for event in message.events:
                    yield event
                    last = event.sequence
                if message.HasField("run"):
                    run = message.run
            if run is not None and run.state >= 64:
                return run
            raise EOFError("the stream ended before the run")
        except grpc.RpcError as error:
            retries.wait_after(error)
