"""What a user of the parallel-ssh library writes to run a command on many hosts.

    parallel_ssh_run.py USER PORT KEYFILE FANOUT COMMAND < HOSTS
"""

import sys

from pssh.clients import ParallelSSHClient


def main():
    user, port, key, fanout, command = sys.argv[1:]
    client = ParallelSSHClient(sys.stdin.read().split(), user=user, port=int(port), pkey=key,
                               pool_size=int(fanout), allow_agent=False)
    for output in client.run_command(command):
        for line in output.stdout:
            print(f"{output.host}: {line}")


if __name__ == "__main__":
    main()
