"""Runs `cat` of one file on many loopback addresses of one OpenSSH server, with each tool in turn,
and prints what that costs. See run.sh.

CPU is user + system time of the tool and everything that it starts (for muster: of the daemon and
the command line), without the server's. Memory is measured in a run of its own, as the highest sum of
the proportional set sizes of all of the tool's processes.
"""

import argparse
import collections
import os
import platform
import resource
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from fleet import Fleet, read, write  # pylint: disable=wrong-import-position
from peers import Peer, silent  # pylint: disable=wrong-import-position
from programs import Daemon, MUSTER, environment  # pylint: disable=wrong-import-position

FILE_BYTES = 26 * 1024
Tool = collections.namedtuple("Tool", "name command env stdin collect")
Measured = collections.namedtuple("Measured", "wall cpu complete")


class Bench:
    """A server, a daemon, and what every tool is told."""

    def __init__(self, fleet, daemon, hosts, fanout):
        self.fleet, self.daemon, self.fanout = fleet, daemon, fanout
        self.port = fleet.start().port
        self.hosts = [f"127.0.{1 + i // 250}.{1 + i % 250}" for i in range(hosts)]
        self.text = "".join(f"{i:05d} one of the lines of a file\n" for i in range(FILE_BYTES // 32))
        self.file = os.path.join(fleet.folder, "file")
        write(self.file, self.text)
        os.chmod(self.file, 0o644)
        self.ssh_config = os.path.join(fleet.folder, "ssh_config")
        write(self.ssh_config, f"User {fleet.user}\nPort {self.port}\nIdentityFile {fleet.key}\n"
              f"IdentitiesOnly yes\nUserKnownHostsFile {fleet.known_hosts}\nLogLevel ERROR\n"
              "StrictHostKeyChecking yes\nBatchMode yes\n")
        self.host_list = "\n".join(self.hosts) + "\n"
        self.host_file = os.path.join(fleet.folder, "hosts")
        write(self.host_file, self.host_list)

    def muster(self, *options, targets=None):
        return [MUSTER, "run", "-q", "-u", self.fleet.user, "-p", str(self.port), "-i",
                self.fleet.key, "--known-hosts", self.fleet.known_hosts, "-f", str(self.fanout),
                *options, "-t", targets or ",".join(self.hosts), "--", "cat " + self.file]

    def tools(self):
        """Those that are here."""
        command, fanout = "cat " + self.file, str(self.fanout)
        plain = environment(os.environ.get("HOME", "/"))
        outputs = os.path.join(self.fleet.folder, "pssh")
        yield Tool("muster", self.muster(), {**plain, "MUSTER_SERVER": self.daemon.address}, "",
                   by_prefix)
        python = os.environ.get("PARALLEL_SSH_PYTHON", "")
        if os.access(python, os.X_OK) and subprocess.run([python, "-c", "import pssh.clients"],
                                                         check=False).returncode == 0:
            script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "parallel_ssh_run.py")
            yield Tool("parallel-ssh (PyPI)",
                       [python, script, self.fleet.user, str(self.port), self.fleet.key, fanout,
                        command], plain, self.host_list, by_prefix)
        if shutil.which("pdsh"):
            ssh = f"-a -x -F {self.ssh_config} -l%u %h"
            yield Tool("pdsh", ["pdsh", "-R", "ssh", "-l", self.fleet.user, "-f", fanout, "-w",
                                "^" + self.host_file, command],
                       {**plain, "PDSH_SSH_ARGS": ssh}, "", by_prefix)
        if shutil.which("parallel-ssh"):
            yield Tool("pssh", ["parallel-ssh", "-h", self.host_file, "-p", fanout, "-t", "0",
                                "-x", f"-F {self.ssh_config}", "-o", outputs, command], plain, "",
                       lambda _: by_file(outputs))
        if shutil.which("clush"):
            yield Tool("clush", ["clush", "--hostfile", self.host_file, "-f", fanout, "-o",
                                 f"-F {self.ssh_config}", command], plain, "", by_prefix)


def by_prefix(output):
    """Each host's output, from lines that begin with its name."""
    texts = collections.defaultdict(list)
    for line in output.decode(errors="replace").splitlines(True):
        host, _, text = line.partition(": ")
        texts[host].append(text)
    return {host: "".join(lines) for host, lines in texts.items()}


def by_file(folder):
    texts = {host: read(os.path.join(folder, host)) for host in os.listdir(folder)}
    shutil.rmtree(folder)
    return texts


def daemon_cpu(daemon):
    """Seconds, of all its threads."""
    total = 0
    for thread in os.listdir(f"/proc/{daemon.process.pid}/task"):
        total += int(read(f"/proc/{daemon.process.pid}/task/{thread}/schedstat").split()[0])
    return total / 1e9


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(bench, tool):
    cpu = children_cpu() + daemon_cpu(bench.daemon)
    start = time.monotonic()
    done = subprocess.run(tool.command, env=tool.env, input=tool.stdin.encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    wall = time.monotonic() - start
    cpu = children_cpu() + daemon_cpu(bench.daemon) - cpu
    texts = tool.collect(done.stdout)
    complete = sum(texts.get(host) == bench.text for host in bench.hosts)
    if complete < len(bench.hosts):
        sys.stderr.write(done.stderr.decode(errors="replace")[:1000])
    return Measured(wall, cpu, complete)


def family(pid):
    """The process and all that it has started."""
    pids = [pid]
    for parent in pids:
        try:
            for thread in os.listdir(f"/proc/{parent}/task"):
                pids += map(int, read(f"/proc/{parent}/task/{thread}/children").split())
        except OSError:
            pass  # it has just ended
    return pids


def proportional_set(pid):
    """Bytes."""
    try:
        for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def peak_memory(bench, tool):
    with subprocess.Popen(tool.command, env=tool.env, stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        process.stdin.write(tool.stdin.encode())
        process.stdin.close()
        peak = 0
        while process.poll() is None:
            pids = family(process.pid)
            if tool.name == "muster":
                pids.append(bench.daemon.process.pid)
            peak = max(peak, sum(map(proportional_set, pids)))
            time.sleep(0.02)
    tool.collect(b"")
    return peak


def median(values):
    return sorted(values)[len(values) // 2]


def compare(bench, rounds):
    hosts = len(bench.hosts)
    tools = list(bench.tools())
    for tool in tools:
        measure(bench, tool)  # caches warm
    results = {tool.name: [] for tool in tools}
    for _ in range(rounds):  # in turn, so that what else the machine does meets all of them
        for tool in tools:
            results[tool.name].append(measure(bench, tool))
    print("| tool | wall | CPU | CPU a host | peak memory | complete outputs |")
    print("|---|---|---|---|---|---|")
    for tool in tools:
        got = results[tool.name]
        cpu = median([one.cpu for one in got])
        print(f"| {tool.name} | {median([one.wall for one in got]):.2f} s | {cpu:.2f} s | "
              f"{cpu / hosts * 1000:.2f} ms | {peak_memory(bench, tool) / 2**20:.0f} MiB | "
              f"{min(one.complete for one in got)} of {hosts} |", flush=True)


def seconds_to(bench, targets, count):
    """Until so many hosts have succeeded, as a client sees it; it is then ended."""
    env = {**environment("/"), "MUSTER_SERVER": bench.daemon.address}
    start = time.monotonic()
    with subprocess.Popen(bench.muster("--json", "--connect-timeout", "20s", targets=targets),
                          env=env, stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            if b'"hostFinished"' in line and b"SUCCEEDED" in line:
                count -= 1
                if count == 0:
                    break
        wall = time.monotonic() - start
        process.kill()
    return wall


def compare_hung(bench, rounds):
    """One host accepts and never speaks: do the others take longer?"""
    well = ",".join(bench.hosts[:-1])
    with Peer(silent, "127.0.99.99") as hung:
        pairs = [(seconds_to(bench, well, len(bench.hosts) - 1),
                  seconds_to(bench, f"127.0.99.99:{hung.port},{well}", len(bench.hosts) - 1))
                 for _ in range(2 * rounds)]
    without, with_one = (median(column) for column in zip(*pairs))
    print(f"\nThe other {len(bench.hosts) - 1} hosts when one hangs: {with_one:.3f} s, without it "
          f"{without:.3f} s: ratio {with_one / without:.2f}")


def machine():
    names = [line.split(":")[1].strip() for line in read("/proc/cpuinfo").splitlines()
             if line.startswith("model name")]
    memory = int(read("/proc/meminfo").split()[1]) // 2**20
    return f"{os.cpu_count()} cores of {names[0] if names else platform.machine()}, {memory} GiB"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--fanout", type=int, default=32, help="hosts at the same time")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median is shown")
    arguments = parser.parse_args()
    with Fleet() as fleet, Daemon(args=["--log-level", "warn"]) as daemon:
        bench = Bench(fleet, daemon, arguments.hosts, arguments.fanout)
        print(f"{arguments.hosts} hosts, {arguments.fanout} at a time, `cat` of {len(bench.text)} "
              f"bytes; median of {arguments.rounds} rounds; {machine()}\n", flush=True)
        compare(bench, arguments.rounds)
        compare_hung(bench, arguments.rounds)


if __name__ == "__main__":
    main()
