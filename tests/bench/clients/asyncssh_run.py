"""What a user of asyncssh writes to run a command on many hosts.

    asyncssh_run.py - USER PORT KEYFILE KNOWN_HOSTS FANOUT COMMAND < HOSTS
"""

import asyncio
import sys

import asyncssh


async def main():
    _, user, port, key, known_hosts, fanout, command = sys.argv[1:]
    permits = asyncio.Semaphore(int(fanout))

    async def show(host):
        async with permits, asyncssh.connect(
                host, int(port), username=user, client_keys=[key], known_hosts=known_hosts,
                agent_path=None, config=None) as connection:
            async with connection.create_process(command) as process:
                async for line in process.stdout:
                    if line:  # the last one can be empty
                        sys.stdout.write(f"{host}: {line}")

    await asyncio.gather(*map(show, sys.stdin.read().split()))


if __name__ == "__main__":
    asyncio.run(main())
