"""Programs that have a terminal."""

import os
import pty


def read_to_the_end(master):
    """What comes until the terminal's other end is closed; closes this one."""
    shown = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # EIO: the other end is closed
            piece = b""
        if not piece:
            os.close(master)
            return shown
        shown += piece


def answer(argv, env, prompt, typed):
    """What a program writes to a terminal of its own, where `typed` answers its prompt, and its exit code."""
    pid, master = pty.fork()
    if pid == 0:
        os.execve(argv[0], argv, env)
    shown = b""
    while prompt not in shown:
        shown += os.read(master, 1024)
    os.write(master, typed.encode() + b"\n")
    shown += read_to_the_end(master)
    return shown, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class Terminal:
    """A program on a terminal of its own, that somebody types at."""

    def __init__(self, argv, env):
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            os.execve(argv[0], argv, env)
        self._unseen = b""

    def type(self, text):
        os.write(self._master, text.encode())

    def expect(self, text):
        """What comes up to and with `text`, after what was expected before."""
        while text.encode() not in self._unseen:
            self._unseen += os.read(self._master, 65536)
        end = self._unseen.index(text.encode()) + len(text.encode())
        seen, self._unseen = self._unseen[:end], self._unseen[end:]
        return seen.decode(errors="replace")

    def close(self):
        """What still comes, and its exit code."""
        shown = self._unseen + read_to_the_end(self._master)
        return shown.decode(errors="replace"), os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
