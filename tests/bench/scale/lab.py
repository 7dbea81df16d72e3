"""What every section measures with: a daemon, a fleet, and what each of them has cost."""

import os
import re
import resource
import subprocess
import time

import imports  # pylint: disable=unused-import
from client import Client, make_spec
from fleet import read
from measure import process_cpu
from programs import Daemon, MUSTER, MUSTERD, environment

FILE_BYTES = 26 * 1024
# Hosts of one run at a time: the most that a run may ask for, so that the daemon's own admission
# decides; scale.py's --in-flight.
IN_FLIGHT = 20000
# Descriptors that a daemon needs for other things than sessions.
SPARE_DESCRIPTORS = 500


def raise_descriptor_limit():
    """Also of all that is started from here on. Returns it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def most_sessions():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1] - SPARE_DESCRIPTORS


def _status_kib(pid, name):
    return int(re.search(rf"{name}:\s+(\d+) kB", read(f"/proc/{pid}/status")).group(1))


def daemon_knows(option, program=MUSTERD):
    """Whether this musterd has an option."""
    return option in subprocess.run([program, "--help"], capture_output=True, text=True,
                                    check=False).stdout


def succeeded(run):
    """Also of a daemon before the states had room (host.proto), beside which this one is measured."""
    return run.state in (4, 64)


class Simulated:
    """The simulated fleet, as a Lab wants it."""

    def __init__(self, fleet):
        self.user, self.port, self.key = fleet.user, fleet.port, fleet.key
        self.known_hosts = fleet.known_hosts
        self._pid = fleet.process.pid

    def cpu(self):
        return process_cpu(self._pid)


class Cost:
    """Of what is done within the `with`: seconds of wall, and of the daemon's, the fleet's and this
    client's CPU."""

    def __init__(self, lab):
        self._lab = lab
        self.wall = self.daemon = self.fleet = self.client = 0.0

    def _now(self):
        return (time.monotonic(), process_cpu(self._lab.daemon.process.pid),
                self._lab.fleet_cpu(), time.process_time())

    def __enter__(self):
        self._before = self._now()
        return self

    def __exit__(self, *_):
        self.wall, self.daemon, self.fleet, self.client = (
            after - before for after, before in zip(self._now(), self._before))


class Lab:
    """A daemon with `loops` event loops that keeps its sessions, and a client of it, over a fleet that
    outlives both. `fleet` has user, port, key, known_hosts and cpu(). `program`: another musterd than
    the one that is measured."""

    def __init__(self, fleet, loops=None, args=(), program=MUSTERD):
        self.fleet = fleet
        options = ["--log-level", "warn"]
        if daemon_knows("--max-output ", program):  # one that keeps its runs in memory
            options += ["--max-output", "8192", "--max-output-per-run", "4096"]
        else:
            options += ["--max-output-per-run", str(1 << 18), "--keep-output", "0"]
        if loops:
            options += ["--threads", str(loops)]
        if daemon_knows("--session-idle", program):
            options += ["--session-idle", "1h", "--max-sessions", str(most_sessions())]
        self.daemon = Daemon(args=[*options, *args], program=program)
        self.client = Client(self.daemon.address)

    def spec(self, targets, command, fleet=None, **more):
        """`fleet`: another one than the lab's."""
        more.setdefault("in_flight", IN_FLIGHT)
        return make_spec(fleet or self.fleet, targets, command, **more)

    def measure(self, spec):
        """Runs, watched by one client; the cost and the messages."""
        with Cost(self) as cost:
            messages = self.client.run(spec)
        return cost, messages

    def run(self, targets, command, **more):
        return self.measure(self.spec(targets, command, **more))

    def run_unwatched(self, targets, command, **more):
        """Up to the log; the cost and the run."""
        spec = self.spec(targets, command, **more)
        with Cost(self) as cost:
            run = self.client.wait(self.client.start(spec))
        return cost, run

    def muster(self, *args):
        """The command line as a person runs it; seconds and the result."""
        login = ["-u", self.fleet.user, "-i", self.fleet.key, "-p", str(self.fleet.port),
                 "--known-hosts", self.fleet.known_hosts]
        env = environment(self.daemon.folder, MUSTER_SERVER=self.daemon.address)
        start = time.monotonic()
        done = subprocess.run([MUSTER, "run", *login, *args], env=env, capture_output=True,
                              stdin=subprocess.DEVNULL, check=False)
        return time.monotonic() - start, done

    def fleet_cpu(self):
        return self.fleet.cpu()

    def daemon_cpu(self):
        return process_cpu(self.daemon.process.pid)

    def disk_bytes(self):
        """Of all that the daemon keeps."""
        return sum(os.path.getsize(os.path.join(folder, name))
                   for folder, _, names in os.walk(f"{self.daemon.folder}/state") for name in names)

    def memory(self):
        """Resident bytes of the daemon."""
        return self.daemon.memory()

    def peak_memory(self):
        return _status_kib(self.daemon.process.pid, "VmHWM") * 1024

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()
        self.daemon.stop()
