"""Where a secret may have got to."""

import os


def files_with(secret, folder):
    found = []
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    if secret.encode() in file.read():
                        found.append(path)
    return found


def of_process(pid, secret):
    found = []
    for name in ("cmdline", "environ"):
        with open(f"/proc/{pid}/{name}", "rb") as file:
            if secret.encode() in file.read():
                found.append(name)
    return found
