"""A server on AsyncSSH that runs commands: PORT AUTHORIZED_KEYS WAY (servers.py)"""

import asyncio
import os
import signal
import sys

import asyncssh

PORT, AUTHORIZED_KEYS, WAY = sys.argv[1:]
BY_KEY = WAY in ("keys", "token", "certificate")
QUESTIONS = {"interactive": [("Password: ", False)],
             "code": [("Password: ", False), ("Verification code: ", False)]}
ANSWERS = [os.environ.get("LOGIN_PASSWORD"), os.environ.get("LOGIN_CODE")]
if not BY_KEY and WAY not in ("password", "open", *QUESTIONS):
    sys.exit(3)  # it asks for one method


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
    def begin_auth(self, _username):
        return WAY != "open"

    def password_auth_supported(self):
        return WAY == "password"

    def validate_password(self, _username, password):
        return password == ANSWERS[0]

    def kbdint_auth_supported(self):
        return WAY in QUESTIONS

    def get_kbdint_challenge(self, _username, _lang, _submethods):
        return "", "", "", QUESTIONS[WAY]

    def validate_kbdint_response(self, _username, responses):
        return list(responses) == ANSWERS[:len(QUESTIONS[WAY])]

    def session_requested(self):
        return Process(serve, None, 3, True)


async def main():
    await asyncssh.create_server(
        Server, "127.0.0.1", int(PORT), encoding=None,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        authorized_client_keys=AUTHORIZED_KEYS if BY_KEY else None)
    await asyncio.Event().wait()


asyncio.run(main())
