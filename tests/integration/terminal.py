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
