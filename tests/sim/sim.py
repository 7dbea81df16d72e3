"""A simulated fleet, for tests, benchmarks and the demo: used as integration/fleet.py's Fleet is.

    with SimFleet(hosts=1000, rules=["127.1.0.7 silent"]) as sim:
        ... sim.port, sim.user, sim.key, sim.known_hosts, sim.addresses, sim.stats()
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile

SIM_FLEET = os.path.abspath(os.environ.get("SIM_FLEET", "bazel-bin/tests/sim/sim_fleet"))

LINE_BYTES = 64
FILLER = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def expected_output(address, size):
    """What `out SIZE` prints on that host. output_source.h has the form; this shares no code with it."""
    rest = f" {FILLER}"[:LINE_BYTES - 1 - len(f"{address} 0000000001")] + "\n"
    lines = -(-size // LINE_BYTES)
    return "".join(f"{address} {n:010d}{rest}" for n in range(1, lines + 1))[:size].encode()


class SimFleet:
    """A sim_fleet process. Ends with stop(); use it in a `with` statement."""

    def __init__(self, hosts=100, rules=(), folder=None, args=()):
        """`hosts`: how many from 127.1.0.1 on, or "FIRST-LAST". `args`: more of sim_fleet's options."""
        self.folder = folder or tempfile.mkdtemp(prefix="sim.")
        self._keep = folder is not None
        options = [option for rule in rules for option in ("--rule", rule)]
        self.process = subprocess.Popen(
            [SIM_FLEET, "--folder", self.folder, "--addresses", str(hosts), *options, *args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        if not ready.startswith("ready: "):
            self.process.wait()
            raise RuntimeError("sim_fleet did not start")
        self.port = int(ready.split("port ")[1].split(",")[0])
        self.user = ready.split("user ")[1].strip()
        self.key = os.path.join(self.folder, "client_key")
        self.known_hosts = os.path.join(self.folder, "known_hosts")
        self.inventory = os.path.join(self.folder, "inventory.ini")
        with open(os.path.join(self.folder, "hosts"), encoding="ascii") as file:
            self.addresses = file.read().split()
        self.servers = [self]  # as a Fleet of one server: programs.Muster asks it for the port

    def stats(self):
        """What it has done so far, its own CPU time among it: statistics.h names the fields."""
        self.process.send_signal(signal.SIGUSR1)
        return json.loads(self.process.stdout.readline())

    def stop(self):
        """Its standard input ends, and so it."""
        self.process.communicate()
        if not self._keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
