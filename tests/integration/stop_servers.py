"""Servers that end commands in different ways, and commands that are hard to end."""

import os
import re
import shutil
import subprocess
import time

from fleet import FLEET_UID, Sshd, free_port, read, write


class Dropbear:
    """A Dropbear for root and the fleet's user. As root, and where namespaces can be made: its keys are in
    the users' homes, which are those of a passwd file of its own."""

    def __init__(self, fleet):
        self.port = free_port()
        self._folder = os.path.join(fleet.folder, f"dropbear_{self.port}")
        self.user = fleet.user
        key = os.path.join(self._folder, "host_key")
        os.mkdir(self._folder, 0o755)
        subprocess.run(["dropbearkey", "-t", "ed25519", "-f", key], check=True, capture_output=True)
        shown = subprocess.run(["dropbearkey", "-y", "-f", key], check=True, capture_output=True, text=True)
        public = re.search(r"^ssh-ed25519 \S+", shown.stdout, re.M).group()
        with open(fleet.known_hosts, "a", encoding="utf-8") as file:
            file.write(f"[127.*]:{self.port} {public}\n")
        passwd = os.path.join(self._folder, "passwd")
        lines = [line for line in read("/etc/passwd").splitlines() if not line.startswith("root:")]
        lines.append(f"root:*:0:0::{self._home(fleet, 'root', 0)}:/bin/sh")
        lines.append(f"fleet:*:{FLEET_UID}:{FLEET_UID}::{self._home(fleet, 'fleet', FLEET_UID)}:/bin/sh")
        write(passwd, "\n".join(lines) + "\n")
        script = (f"mount --bind {passwd} /etc/passwd && exec /usr/sbin/dropbear -F -E -s -r {key} "
                  f"-p 127.0.0.1:{self.port} -P {self._folder}/pid")
        with open(os.path.join(self._folder, "log"), "ab") as log:
            self.process = subprocess.Popen(["unshare", "-m", "sh", "-c", script],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait()

    def _home(self, fleet, name, uid):
        home = os.path.join(self._folder, name)
        os.makedirs(os.path.join(home, ".ssh"), 0o755)
        shutil.copy(os.path.join(fleet.folder, "authorized_keys"), os.path.join(home, ".ssh"))
        for path in (home, f"{home}/.ssh", f"{home}/.ssh/authorized_keys"):
            os.chown(path, uid, uid)
        return home

    def _wait(self):
        for _ in range(500):
            if os.path.exists(f"{self._folder}/pid") or self.process.poll() is not None:
                break
            time.sleep(0.02)
        assert self.process.poll() is None, read(os.path.join(self._folder, "log"))

    def stop(self):
        self.process.terminate()
        self.process.wait()


class BusyboxAccount:
    """The fleet's account, on servers for which /bin/sh is busybox: the login shell and the line's."""

    def __init__(self, account):
        self.name = account.name
        shell = os.path.realpath("/bin/sh")
        script = f'mount --bind {shutil.which("busybox")} {shell} && exec "$@"'
        # The first shell is still the other one: env finds it open.
        self.wrap = [*account.wrap, "bash", "-c", script, "bash"]


class HidingAccount:
    """The fleet's account, on servers whose /proc shows a user no process of others."""

    def __init__(self, account):
        self.name = account.name
        self.wrap = [*account.wrap, "sh", "-c", 'mount -t proc -o hidepid=2 proc /proc && exec "$@"', "sh"]


def start_for(fleet, account):
    server = Sshd(fleet.folder, account)
    fleet.servers.append(server)
    fleet.trust(server)
    return server


def make_root_runner(fleet):
    """A program that runs another as root whoever calls it, as sudo does: None where none can be made. Only
    the fleet's user may call it."""
    path = os.path.join(fleet.folder, "as_root")
    if os.statvfs(fleet.folder).f_flag & os.ST_NOSUID:
        return None
    shutil.copy(shutil.which("setpriv"), path)
    os.chown(path, 0, FLEET_UID)
    os.chmod(path, 0o4750)
    return f"{path} --reuid 0 --regid 0 --clear-groups"


# Commands whose processes are `sleep MARKER`. What is asked to end has become several processes, groups
# and sessions, does not obey, or belongs to others.
TREES = {
    "one process": "exec sleep MARKER",
    "a child that ignores TERM": "sh -c 'trap \"\" TERM; sleep MARKER; sleep MARKER'; true",
    "timeout": "timeout 1000 sleep MARKER; true",
    "job control": "bash -c 'set -m; sleep MARKER & sleep MARKER & wait'; true",
    "a subshell that ignores TERM": "(trap '' TERM; sleep MARKER; sleep MARKER) & wait",
    "a pipeline": "sleep MARKER | sleep MARKER | cat; true",
    "nohup": "nohup sleep MARKER >/dev/null 2>&1 & sleep MARKER",
    "setsid": "setsid sleep MARKER & sleep MARKER; true",
    "an orphan": "(sleep MARKER >/dev/null 2>&1 &); sleep MARKER",
    "an orphan that ignores TERM": "(trap '' TERM; sleep MARKER >/dev/null 2>&1 &); sleep MARKER; true",
    "a daemon": "(setsid sleep MARKER </dev/null >/dev/null 2>&1 &); sleep MARKER",
    "a stopped process": "sleep MARKER & kill -STOP $!; wait",
}
# Of root.
SU_TREE = "su nobody -s /bin/sh -c 'sleep MARKER; true'; true"


def sleepers(marker):
    """The processes `sleep MARKER` that live, by id."""
    found = []
    for name in os.listdir("/proc"):
        try:
            if not name.isdigit() or marker not in read(f"/proc/{name}/cmdline").split("\0"):
                continue
            state = read(f"/proc/{name}/stat").rpartition(") ")[2].split()[0]
        except (OSError, UnicodeDecodeError):
            continue  # it has ended meanwhile, or is none of ours
        if state not in "ZX" and read_name(name) == "sleep":
            found.append(int(name))
    return found


def read_name(pid):
    try:
        return read(f"/proc/{pid}/comm").strip()
    except OSError:
        return ""
