"""A client of muster.v1 that leaves the events as the bytes they came in, so that reading them costs
next to nothing while a run is measured; decode() looks into them afterwards."""

import atexit
import collections
import hashlib
import os
import subprocess
import sys
import tempfile
import time

import grpc

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")


def _stubs():
    """The contract's Python modules, generated for this process."""
    folder = tempfile.TemporaryDirectory(prefix="stubs.")
    atexit.register(folder.cleanup)
    subprocess.run([os.path.join(ROOT, "client/examples/python/generate.sh"), folder.name], check=True)
    sys.path.insert(0, folder.name)
    from muster.v1 import event_pb2, host_pb2, run_pb2, run_service_pb2
    return collections.namedtuple("Stubs", "event host run service")(
        event_pb2, host_pb2, run_pb2, run_service_pb2)


API = _stubs()
SERVICE = "/muster.v1.RunService/"
OPTIONS = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", 1 << 28)]

# `warm`: the command had a session that was there already. `digest` and `size`: of standard output.
Host = collections.namedtuple("Host", "name state cause exit_code warm digest size")


def host_state(number):
    return API.host.HostState.Name(number).replace("HOST_STATE_", "")


def make_spec(fleet, targets, command, in_flight=0, connect_timeout=None):
    """`targets`: an expression. What a run over a fleet (user, port, key, known_hosts) is asked."""
    spec = API.run.RunSpec()
    spec.targets.expression = targets
    spec.command.shell = command
    spec.login.user = fleet.user
    spec.login.port = fleet.port
    spec.login.local.identity_files.add(path=fleet.key)
    spec.login.local.known_hosts_files.append(fleet.known_hosts)
    spec.rollout.max_in_flight = in_flight
    if connect_timeout:
        spec.timeouts.connect.FromMilliseconds(int(connect_timeout * 1000))
    return spec


class Client:
    """Calls one daemon. Ends with close()."""

    def __init__(self, address):
        self._channel = grpc.insecure_channel(address, OPTIONS)

    def close(self):
        self._channel.close()

    def _unary(self, name, request, reply):
        call = self._channel.unary_unary(SERVICE + name, type(request).SerializeToString,
                                         reply.FromString)
        return call(request)

    def _stream(self, name, request):
        """The messages, undecoded."""
        return self._channel.unary_stream(SERVICE + name, type(request).SerializeToString)(request)

    def run(self, spec):
        """Runs and watches to the end; all messages. An older daemon calls it RunCommand."""
        request = API.service.CreateAndWatchRunRequest(spec=spec)
        try:
            return list(self._stream("CreateAndWatchRun", request))
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNIMPLEMENTED:
                raise
        return list(self._stream("RunCommand", request))

    def start(self, spec):
        """A run that nobody watches; its id."""
        return self._unary("CreateRun", API.service.CreateRunRequest(spec=spec),
                           API.service.CreateRunResponse).run.id

    def watch(self, run_id, after=0, summary=False):
        """From the event after `after` on; `summary`: only how the run stands, now and then."""
        view = API.service.WATCH_VIEW_SUMMARY if summary else API.service.WATCH_VIEW_LINES
        return self._stream("WatchRun", API.service.WatchRunRequest(
            run_id=run_id, after_sequence=after, view=view))

    def cancel(self, run_id):
        self._unary("CancelRun", API.service.CancelRunRequest(run_id=run_id),
                    API.service.CancelRunResponse)

    def get(self, run_id):
        return self._unary("GetRun", API.service.GetRunRequest(run_id=run_id),
                           API.service.GetRunResponse).run

    def ended(self, run_id):
        return self.get(run_id).state > API.run.RUN_STATE_STOPPING  # also of an older daemon

    def wait(self, run_id):
        """Asks, seldom enough to cost nothing, until the run has ended; the run."""
        while not self.ended(run_id):
            time.sleep(0.02)
        return self.get(run_id)


class _Decoder:
    """Puts the hosts of one run together."""

    def __init__(self):
        self.names, self.digests, self.sizes, self.hosts = [], {}, collections.Counter(), {}

    def take(self, event):
        kind = event.WhichOneof("kind")
        if kind == "hosts_added":
            self.names.extend(host.name for host in event.hosts_added.hosts)
        elif kind == "output" and event.output.stream == API.event.OUTPUT_STREAM_STDOUT:
            index, data = event.output.host_index, event.output.data
            self.digests.setdefault(index, hashlib.sha256()).update(data)
            self.sizes[index] += len(data)
        elif kind == "host_finished":
            self.finish(event.host_finished)

    def finish(self, finished):
        index, outcome = finished.host_index, finished.outcome
        self.hosts[index] = Host(
            self.names[index], host_state(outcome.state), API.host.Cause.Name(outcome.cause),
            outcome.exit_code, getattr(outcome, "warm_session", False),
            self.digests.get(index, hashlib.sha256()).hexdigest(), self.sizes[index])


def decode(messages):
    """The hosts of a run, by their names."""
    decoder = _Decoder()
    for message in messages:
        for event in API.service.CreateAndWatchRunResponse.FromString(message).events:
            decoder.take(event)
    return {host.name: host for host in decoder.hosts.values()}
