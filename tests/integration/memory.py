"""What a process has in its memory."""

import re


def count(pid, secret):
    """How often these bytes are in the process's writable memory."""
    found = 0
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            first, last, mode = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
            if "rw" not in mode or "[vvar" in line:
                continue
            try:
                memory.seek(int(first, 16))
                found += memory.read(int(last, 16) - int(first, 16)).count(secret)
            except (OSError, ValueError, OverflowError):
                pass
    return found
