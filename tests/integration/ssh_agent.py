"""OpenSSH's ssh-agent."""

import os
import subprocess


class SshAgent:
    """Behind the socket `path`. Ends with stop(); use it in a `with` statement."""

    def __init__(self, path):
        self.path = path
        self._process = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
        while not os.path.exists(path):
            assert self._process.poll() is None

    def stop(self):
        self._process.terminate()
        self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def add_keys(agent, *keys):
    subprocess.run(["ssh-add", "-q", *keys], env={**os.environ, "SSH_AUTH_SOCK": agent}, check=True,
                   capture_output=True)
