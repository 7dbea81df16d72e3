"""musterd and muster as a user runs them."""

import json
import os
import signal
import subprocess
import tempfile
import time

MUSTERD = os.path.abspath(os.environ.get("MUSTERD", "bazel-bin/service/musterd"))
MUSTER = os.path.abspath(os.environ.get("MUSTER", "bazel-bin/client/muster"))
# Else /proc/PID of a daemon is root's alone.
OPEN_TO_LOOK_IN = [] if os.getuid() == 0 else ["--allow-core-dumps"]
SECONDS = 120  # after which a program that should have ended has failed the test


def environment(home, **more):
    """Of a user who has nothing but a home."""
    sanitizers = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
    return {"HOME": home, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8",
            **sanitizers, **more}


def wait_until(condition):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Daemon:
    """A musterd on a socket of its own."""

    def __init__(self, folder=None, listen=None, args=(), program=MUSTERD, env=None):
        self._own_folder = None if folder else tempfile.TemporaryDirectory(prefix="musterd.")
        self.folder = folder or self._own_folder.name
        self.socket = os.path.join(self.folder, "run", "musterd.sock")
        self.listen = listen or f"unix:{self.socket}"
        self.log = os.path.join(self.folder, "stderr.log")
        ready, ready_writer = os.pipe()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [program, "--listen", self.listen, "--state-dir", f"{self.folder}/state",
                 "--ready-fd", str(ready_writer), *OPEN_TO_LOOK_IN, *args],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[ready_writer],
                env=environment(self.folder, **(env or {})))
        os.close(ready_writer)
        with os.fdopen(ready) as lines:
            self.address = lines.readline().split(" ")[0].strip()
        if not self.address:
            self.process.wait()
            raise RuntimeError(self.messages())

    def messages(self):
        with open(self.log, encoding="utf-8") as log:
            return log.read()

    def memory(self):
        """Resident bytes."""
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(SECONDS)
        if self._own_folder:
            self._own_folder.cleanup()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Result:
    """Of a muster that has ended."""

    def __init__(self, completed):
        self.code = completed.returncode
        self.out = completed.stdout
        self.err = completed.stderr.decode(errors="replace")

    @property
    def text(self):
        return self.out.decode(errors="replace")

    def json(self):
        return [json.loads(line) for line in self.out.splitlines()]


def last_login(args):
    """The arguments without the fleet's user, port, known_hosts file and ssh_config where later
    ones name others: muster takes each of them once."""
    args = list(args)
    end = args.index("--") if "--" in args else len(args)
    for option in ("-u", "-p", "--known-hosts", "-F"):
        places = [at for at in range(end) if args[at] == option]
        for at in reversed(places[:-1]):
            del args[at:at + 2]
            end -= 2
    return args


class Muster:
    """Calls muster against a daemon and a fleet."""

    def __init__(self, daemon, fleet=None, **env):
        self.daemon = daemon
        self.login = []
        if fleet:
            self.login = ["-u", fleet.user, "-i", fleet.key, "--known-hosts", fleet.known_hosts]
            if fleet.servers:
                self.login += ["-p", str(fleet.servers[0].port)]
        self.env = environment(daemon.folder, MUSTER_SERVER=daemon.address, **env)

    def __call__(self, *args, **more):
        return Result(subprocess.run([MUSTER, *last_login(args)], env=self.env, capture_output=True,
                                     timeout=SECONDS, check=False,
                                     **{"stdin": subprocess.DEVNULL, **more}))

    def run(self, targets, *args, options=()):
        """muster run with the fleet's login, whatever the ssh_config is of who runs the tests;
        `options` come after it and so win."""
        return self("run", "-F", "none", *self.login, "-t", targets, *options, "--", *args)

    def start(self, *args, **more):
        """A muster that goes on while the test does other things."""
        return subprocess.Popen([MUSTER, *last_login(args)], env=self.env, stdout=subprocess.PIPE,
                                **{"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE, **more})

    def outcomes(self, targets, *args, options=()):
        """Runs with --json; the exit code, and each host's outcome by its name."""
        result = self.run(targets, *args, options=["--json", *options])
        events = result.json()
        names = [host["name"] for event in events
                 for host in event.get("hostsAdded", {}).get("hosts", [])]
        ends = {names[event["hostFinished"]["hostIndex"]]: event["hostFinished"]["outcome"]
                for event in events if "hostFinished" in event}
        return result.code, ends
