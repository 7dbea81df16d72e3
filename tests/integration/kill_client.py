"""Callers of a daemon that is killed: what each was told, and never may be untrue afterwards."""

import threading

import grpc

from programs import SECONDS

OPTIONS = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", 1 << 26)]

CANCELED = "the run was canceled."


class Api:
    """The contract's modules, which are importable once there are stubs."""

    def __init__(self):
        from muster.v1 import event_pb2, host_pb2, run_pb2, run_service_pb2, run_service_pb2_grpc
        self.events, self.hosts, self.runs = event_pb2, host_pb2, run_pb2
        self.calls, self.stub = run_service_pb2, run_service_pb2_grpc.RunServiceStub


class Told:
    """What callers have been told in a round. Thread-safe."""

    def __init__(self):
        self._changed = threading.Condition()
        self._count = 0
        self._callers = 0
        self.run_ids = {}  # by request id
        self.events = {}  # by run id: each event's bytes by its sequence
        self.canceled = set()  # run ids
        self.errors = []

    def created(self, request_id, run_id):
        with self._changed:
            if self.run_ids.setdefault(request_id, run_id) != run_id:
                self.errors.append(f"{request_id} is {run_id}, and was {self.run_ids[request_id]}")

    def event(self, run_id, event):
        data = event.SerializeToString(deterministic=True)
        with self._changed:
            if self.events.setdefault(run_id, {}).setdefault(event.sequence, data) != data:
                self.errors.append(f"event {event.sequence} of {run_id} has changed")
            self._count += 1
            self._changed.notify_all()

    def cancel(self, run_id):
        with self._changed:
            self.canceled.add(run_id)

    def failed(self, error):
        with self._changed:
            self.errors.append(error)

    def enter(self):
        with self._changed:
            self._callers += 1

    def leave(self):
        with self._changed:
            self._callers -= 1
            self._changed.notify_all()

    def wait_for_events(self, count):
        """Until there are that many more, or no caller is left."""
        with self._changed:
            wanted = self._count + count
            self._changed.wait_for(lambda: self._count >= wanted or self._callers == 0, SECONDS)

    def wait_for_callers(self):
        with self._changed:
            if not self._changed.wait_for(lambda: self._callers == 0, SECONDS):
                self.errors.append("a run does not come to its end")


class Caller(threading.Thread):
    """Makes a run, or finds it, and watches it until it is over or the daemon is gone;
    cancels it when the event `cancel_at` has come."""

    def __init__(self, api, address, told, request, after=0, cancel_at=None):
        super().__init__(daemon=True)
        self._api, self._address, self._told = api, address, told
        self._request, self._after, self._cancel_at = request, after, cancel_at
        told.enter()
        self.start()

    def run(self):
        try:
            with grpc.insecure_channel(self._address, OPTIONS) as channel:
                self._call(self._api.stub(channel))
        except grpc.RpcError as error:
            # "The same request is being answered": two callers make the run at the same time.
            if error.code() != grpc.StatusCode.UNAVAILABLE:
                self._told.failed(f"{self._request.request_id}: {error.code()} {error.details()}")
        finally:
            self._told.leave()

    def _call(self, stub):
        run_id = stub.CreateRun(self._request, timeout=SECONDS).run.id
        self._told.created(self._request.request_id, run_id)
        watch = self._api.calls.WatchRunRequest(run_id=run_id, after_sequence=self._after)
        sequence = self._after
        for message in stub.WatchRun(watch, timeout=SECONDS):
            for event in message.events:
                if event.sequence != sequence + 1:
                    self._told.failed(f"{run_id}: {event.sequence} comes after {sequence}")
                sequence = event.sequence
                self._told.event(run_id, event)
                if sequence == self._cancel_at:
                    self._cancel(stub, run_id)

    def _cancel(self, stub, run_id):
        cancel = self._api.calls.CancelRunRequest(run_id=run_id)
        run = stub.CancelRun(cancel, timeout=SECONDS).run
        # Otherwise it came too late, or the run had stopped by itself.
        if run.state == self._api.runs.RUN_STATE_STOPPING and run.message == CANCELED:
            self._told.cancel(run_id)
