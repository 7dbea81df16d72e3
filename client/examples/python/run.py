"""Runs a shell command on hosts and prints their lines as they come. Ctrl-C cancels the run.

    run.py TARGETS COMMAND
"""

import os
import sys

import follow
import grpc
from muster.v1 import host_pb2, run_pb2, run_service_pb2, run_service_pb2_grpc


def make_spec(targets, command):
    home = os.path.expanduser("~/.ssh/")
    spec = run_pb2.RunSpec()
    spec.targets.expression = targets
    spec.command.shell = command
    spec.login.user = os.environ.get("MUSTER_USER", "")
    spec.login.port = int(os.environ.get("MUSTER_PORT", "0"))
    local = spec.login.local
    local.agent_socket = os.environ.get("SSH_AUTH_SOCK", "")
    local.identity_files.add(path=os.environ.get("MUSTER_KEY", home + "id_ed25519"))
    local.known_hosts_files.append(os.environ.get("MUSTER_KNOWN_HOSTS", home + "known_hosts"))
    return spec


def show(event, names):
    kind = event.WhichOneof("kind")
    if kind == "hosts_added":
        names.extend(host.name for host in event.hosts_added.hosts)
    elif kind == "output":
        # Bytes: what a host writes need not be UTF-8.
        name = names[event.output.host_index].encode()
        for line in event.output.data.splitlines(True):
            sys.stdout.buffer.write(name + b": " + line)
        sys.stdout.buffer.flush()
    elif kind == "host_finished":
        outcome = event.host_finished.outcome
        if outcome.state != host_pb2.HOST_STATE_SUCCEEDED:
            state = host_pb2.HostState.Name(outcome.state)
            print(names[event.host_finished.host_index], state, outcome.message, file=sys.stderr)


def show_all(service, run_id):
    """The run as it ended."""
    names, events = [], follow.watch_run(service, run_id)
    while True:
        try:
            show(next(events), names)
        except StopIteration as end:
            return end.value


def run_to_end(service, spec):
    run_id = follow.create_run(service, spec).id
    try:
        return show_all(service, run_id)
    except KeyboardInterrupt:
        service.CancelRun(run_service_pb2.CancelRunRequest(run_id=run_id))
        raise


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with grpc.insecure_channel(os.environ["MUSTER_SERVER"], follow.CHANNEL_OPTIONS) as channel:
        service = run_service_pb2_grpc.RunServiceStub(channel)
        try:
            run = run_to_end(service, make_spec(*sys.argv[1:]))
        except grpc.RpcError as error:
            sys.exit(f"{error.code().name}: {error.details()}")
        except KeyboardInterrupt:
            sys.exit(130)
    sys.exit(0 if run.state == run_pb2.RUN_STATE_SUCCEEDED else 1)


if __name__ == "__main__":
    main()
