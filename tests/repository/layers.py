"""Which folder includes which.

    layers.py [--graph]

Says every include that runs upwards, every folder that is not in the list, and every circle; exits with 1
where there is one. --graph: what each folder includes.
"""

import collections
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

# From the bottom to the top: a folder includes only what stands before it.
LAYERS = """
proto/google/rpc
proto/grpc/health/v1
proto/contract
proto/nodeset

ssh_engine/base
ssh_engine/credentials
ssh_engine/host_keys
ssh_engine
ssh_engine/loop
ssh_engine/net
ssh_engine/proxy
ssh_engine/transport
ssh_engine/libssh/interposed
ssh_engine/libssh
ssh_engine/login
ssh_engine/pool
ssh_engine/dial
ssh_engine/jump
ssh_engine/action
ssh_engine/run

service/rollout
service/events
service/store
service/store/segments
service/store/sqlite
service/log
service/journal
service/watch
service/ssh_config
service/targets
service/access
service/listen
service/artifacts
service/prepare
service/runs
service/api
service/daemon
service

client/library
client/text
client/options
client/output
client/commands
client
""".split()

# What the top-level folders know of each other.
TOP_MAY_INCLUDE = {"proto": set(), "ssh_engine": set(), "service": {"proto", "ssh_engine"},
                   "client": {"proto"}}
# What of the engine service/ knows: its face, its base, and two values that it hands in.
OF_THE_ENGINE = {"ssh_engine", "ssh_engine/base"}
HEADERS_OF_THE_ENGINE = {"ssh_engine/credentials/credential.h", "ssh_engine/host_keys/known_hosts.h",
                         "ssh_engine/libssh/algorithm_choice.h"}


def files(endings, *under):
    """The repository's, also those that are not committed yet."""
    listed = subprocess.run(["git", "-c", "safe.directory=*", "-C", ROOT, "ls-files", "--cached",
                             "--others", "--exclude-standard", *under],
                            capture_output=True, text=True, check=True).stdout.splitlines()
    return [path for path in listed
            if path.endswith(endings) and os.path.exists(os.path.join(ROOT, path))]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def sources():
    """path -> its includes, of all files with code that are not tests."""
    return {path: re.findall(r'^#include "([^"]+)"', read(path), re.MULTILINE)
            for path in files((".cc", ".h"), *TOP_MAY_INCLUDE)}


def folder_graph(includes):
    """folder -> folder -> (file, included file)."""
    graph = collections.defaultdict(lambda: collections.defaultdict(list))
    for path, named in includes.items():
        for other in named:
            folder, target = os.path.dirname(path), os.path.dirname(other)
            if other in includes and folder != target:
                graph[folder][target].append((path, other))
    return graph


def is_seen(folder, target, header):
    top, other = folder.split("/")[0], target.split("/")[0]
    if top == other:
        return True
    if other not in TOP_MAY_INCLUDE[top]:
        return False
    return other != "ssh_engine" or target in OF_THE_ENGINE or header in HEADERS_OF_THE_ENGINE


def faults(includes):
    """One line for each."""
    height = {folder: i for i, folder in enumerate(LAYERS)}
    for folder in sorted({os.path.dirname(path) for path in includes} - set(height)):
        yield f"{folder}: not in LAYERS of tests/repository/layers.py"
    for folder, targets in sorted(folder_graph(includes).items()):
        for target, pairs in sorted(targets.items()):
            for path, other in pairs:
                if height.get(target, -1) >= height.get(folder, len(height)):
                    yield f"{path} includes {other}, which is above it"
                elif not is_seen(folder, target, other):
                    yield f"{path} includes {other}, which is not for {folder.split('/')[0]}/"


def main():
    includes = sources()
    if sys.argv[1:] == ["--graph"]:
        for folder in LAYERS:
            print(folder, "->", " ".join(sorted(folder_graph(includes)[folder])) or "nothing")
    found = list(faults(includes))
    for fault in found:
        print(fault)
    print(f"{len(includes)} files, {len(LAYERS)} folders, {len(found)} faults")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
