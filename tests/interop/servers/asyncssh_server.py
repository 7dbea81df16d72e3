"""A server on AsyncSSH that runs commands: PORT AUTHORIZED_KEYS"""

import asyncio
import os
import signal
import sys

import asyncssh


async def copy(reader, writer):
    while data := await reader.read(32768):
        writer.write(data)
        await writer.drain()


async def serve(process):
    child = await asyncio.create_subprocess_shell(
        process.command or "true", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, start_new_session=True)
    process.child = child
    await asyncio.gather(copy(child.stdout, process.stdout), copy(child.stderr, process.stderr))
    code = await child.wait()
    if code < 0:
        process.exit_with_signal(signal.Signals(-code).name.removeprefix("SIG"))
    else:
        process.exit(code)


class Process(asyncssh.SSHServerProcess):
    def signal_received(self, name):
        if getattr(self, "child", None) is not None:
            os.killpg(self.child.pid, getattr(signal, "SIG" + name))


class Server(asyncssh.SSHServer):
    def session_requested(self):
        return Process(serve, None, 3, True)


async def main():
    await asyncssh.create_server(
        Server, "127.0.0.1", int(sys.argv[1]), encoding=None,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        authorized_client_keys=sys.argv[2])
    await asyncio.Event().wait()


asyncio.run(main())
