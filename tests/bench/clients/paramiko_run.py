"""What a user of paramiko writes to run a command on many hosts.

    paramiko_run.py threads|gevent USER PORT KEYFILE KNOWN_HOSTS FANOUT COMMAND < HOSTS
"""

import sys

if sys.argv[1] == "gevent":
    from gevent import monkey
    monkey.patch_all()

import concurrent.futures
import threading

import paramiko


class OneKey(paramiko.MissingHostKeyPolicy):
    """Paramiko's known_hosts knows no patterns, and the file is one line for all hosts."""

    def __init__(self, known_hosts):
        with open(known_hosts, encoding="utf-8") as file:
            self._key = file.readline().split()[2]

    def missing_host_key(self, client, hostname, key):
        if key.get_base64() != self._key:
            raise paramiko.SSHException(f"{hostname} has another host key")


def main():
    _, user, port, key_file, known_hosts, fanout, command = sys.argv[1:]
    policy, key = OneKey(known_hosts), paramiko.Ed25519Key.from_private_key_file(key_file)
    writing = threading.Lock()

    def show(host):
        with paramiko.SSHClient() as client:
            client.set_missing_host_key_policy(policy)
            client.connect(host, int(port), user, pkey=key, allow_agent=False, look_for_keys=False)
            for line in client.exec_command(command)[1]:
                with writing:
                    sys.stdout.write(f"{host}: {line}")

    with concurrent.futures.ThreadPoolExecutor(int(fanout)) as pool:
        list(pool.map(show, sys.stdin.read().split()))


if __name__ == "__main__":
    main()
