"""Runs a shell command on hosts and prints their lines as they come.

    run.py TARGETS COMMAND
"""

import os
import sys

import grpc
from muster.v1 import host_pb2, run_pb2, run_service_pb2, run_service_pb2_grpc


def make_request(targets, command):
    home = os.path.expanduser("~/.ssh/")
    request = run_service_pb2.RunCommandRequest(cancel_on_disconnect=True)
    request.spec.targets.expression = targets
    request.spec.command.shell = command
    request.spec.login.user = os.environ.get("MUSTER_USER", "")
    request.spec.login.port = int(os.environ.get("MUSTER_PORT", "0"))
    local = request.spec.login.local
    local.agent_socket = os.environ.get("SSH_AUTH_SOCK", "")
    local.identity_files.add(path=os.environ.get("MUSTER_KEY", home + "id_ed25519"))
    local.known_hosts_files.append(os.environ.get("MUSTER_KNOWN_HOSTS", home + "known_hosts"))
    return request


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


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    names, run = [], None
    with grpc.insecure_channel(os.environ["MUSTER_SERVER"]) as channel:
        service = run_service_pb2_grpc.RunServiceStub(channel)
        try:
            for message in service.RunCommand(make_request(*sys.argv[1:])):
                for event in message.events:
                    show(event, names)
                if message.HasField("run"):
                    run = message.run
        except grpc.RpcError as error:
            sys.exit(f"{error.code().name}: {error.details()}")
    sys.exit(0 if run.state == run_pb2.RUN_STATE_SUCCEEDED else 1)


if __name__ == "__main__":
    main()
