"""What the simulator itself costs, with musterd as its client: CPU and memory a session.

    bazel build --config=opt //tests/sim:sim_fleet //service:musterd //client:muster
    python3 tests/sim/cost.py [--hosts N] [--rounds N] [--command TEXT] [-- SIM_FLEET OPTIONS]

CPU is what the scheduler has counted (schedstat), user and system; on loopback that includes the
kernel's work for the receiving side of what a process sends.
"""

import argparse
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from programs import Daemon, Muster  # pylint: disable=wrong-import-position
from sim import SimFleet  # pylint: disable=wrong-import-position


def cpu_seconds(pid):
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def measure(sim, daemon, muster, command):
    """One run on all hosts. Prints CPU milliseconds a session of both sides."""
    before = cpu_seconds(sim.process.pid), cpu_seconds(daemon.process.pid)
    connections = sim.stats()["connections"]
    start = time.monotonic()
    result = muster.run("@nodes", command, options=["-q", "-I", sim.inventory])
    wall = time.monotonic() - start
    spent = [1000 * (after - first) / len(sim.addresses) for first, after in
             zip(before, (cpu_seconds(sim.process.pid), cpu_seconds(daemon.process.pid)))]
    print(f"{wall:6.2f} s wall, {sim.stats()['connections'] - connections} connections; "
          f"CPU a session: simulator {spent[0]:.3f} ms, musterd {spent[1]:.3f} ms"
          + (f"; muster's exit code is {result.code}" if result.code else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--command", default="out 26624")
    parser.add_argument("options", nargs="*", help="more of sim_fleet's options")
    arguments = parser.parse_args()
    with SimFleet(arguments.hosts, args=arguments.options) as sim, Daemon() as daemon:
        muster = Muster(daemon, sim)
        for _ in range(arguments.rounds):
            measure(sim, daemon, muster, arguments.command)
        print(f"simulator: {sim.stats()}")


if __name__ == "__main__":
    main()
