"""What a user of the parallel-ssh library writes to run a command on many hosts.

    parallel_ssh_run.py ssh2|libssh USER PORT KEYFILE KNOWN_HOSTS FANOUT COMMAND < HOSTS

Neither of its clients verifies host keys, so KNOWN_HOSTS is not read.
"""

import sys


def main():
    library, user, port, key, _, fanout, command = sys.argv[1:]
    if library == "ssh2":
        from pssh.clients import ParallelSSHClient
    else:
        from pssh.clients.ssh import ParallelSSHClient
    client = ParallelSSHClient(sys.stdin.read().split(), user=user, port=int(port), pkey=key,
                               pool_size=int(fanout), allow_agent=False)
    for output in client.run_command(command):
        for line in output.stdout:
            print(f"{output.host}: {line}")


if __name__ == "__main__":
    main()
