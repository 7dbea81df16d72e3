"""Against OpenSSH's own server, whose CPU bounds what any client can reach."""

import os
import statistics
import time

from client import decode
from fleet import Fleet, read, write
from lab import FILE_BYTES, Lab

ROUNDS = 3
IN_FLIGHT = 64  # the server's listen backlog is 128


class RealFleet:
    """One sshd on all of 127.0.0.0/8."""

    def __init__(self):
        self._fleet = Fleet()
        server = self._fleet.start()
        self.user, self.key, self.port = self._fleet.user, self._fleet.key, server.port
        self.known_hosts = self._fleet.known_hosts
        self._pid = server.process.pid
        self.text = "".join(f"{i:05d} one of the lines of a file\n"
                            for i in range(FILE_BYTES // 32)).encode()
        self.file = os.path.join(self._fleet.folder, "file")
        write(self.file, self.text.decode())
        os.chmod(self.file, 0o644)

    def cpu(self):
        """Seconds, of the server and of all sessions that have ended: proc(5)."""
        fields = read(f"/proc/{self._pid}/stat").rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def settled_cpu(self):
        """Once no session is left: only those that have ended are counted."""
        while read(f"/proc/{self._pid}/task/{self._pid}/children").split():
            time.sleep(0.05)
        return self.cpu()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._fleet.stop()


def machine_busy():
    """Seconds that the cores have worked: proc_pid_stat(5) counts neither what the kernel does for the
    network nor what it takes to end a process, which is a fifth of what a server's session costs."""
    fields = [int(field) for field in read("/proc/stat").split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def addresses(count, net):
    return f"127.{net}.[0-{count // 200 - 1}].[1-200]"


def measure(bench, fleet, count, net):
    with Lab(fleet) as lab:
        before = machine_busy()
        cost, messages = lab.run(addresses(count, net), f"cat {fleet.file}", in_flight=IN_FLIGHT)
        busy = machine_busy() - before
        decoded = decode(messages)
        complete = sum(host.state == "SUCCEEDED" and host.size == len(fleet.text)
                       for host in decoded.values())
    # Sessions that are kept have not been added up yet; stopping the daemon has ended them.
    server = fleet.settled_cpu()
    bench.results.check(complete == count, f"sshd: {complete} of {count} hosts are complete")
    return cost, server, busy, complete


def row(bench, fleet, count, net):
    before = fleet.settled_cpu()
    cost, after, busy, complete = measure(bench, fleet, count, net)
    server = after - before
    floor = busy / os.cpu_count()
    return {"hosts": count, "wall s": cost.wall, "hosts /s": count / cost.wall,
            "sshd ms a host": server / count * 1000,
            "daemon CPU ms a host": cost.daemon / count * 1000,
            "all cores' ms a host": busy / count * 1000, "floor s": floor,
            "wall / floor": cost.wall / floor, "complete": complete}


def median(rows, column):
    return statistics.median(row[column] for row in rows)


def run(bench):
    counts = bench.pick((200, 1000), (200,))
    rows = {count: [] for count in counts}
    with RealFleet() as fleet:
        for number in range(bench.pick(ROUNDS, 1)):
            for at, count in enumerate(counts):
                net = 2 + number * len(counts) + at
                rows[count].append(row(bench, fleet, count, net))
    for count, its in rows.items():
        bench.results.goal(f"sshd_{count}", median(its, "wall / floor"),
                          f"{median(its, 'hosts /s'):.0f} hosts a second; median of {len(its)}")
    most = rows[counts[-1]]
    bench.results.goal("cold_cpu_sshd", median(most, "daemon CPU ms a host"),
                      f"{counts[-1]:,} hosts; median of {len(most)}")
    bench.results.table("OpenSSH's server", sum(rows.values(), []), bench.note(
        f"{IN_FLIGHT} hosts in flight; `cat` of {len(fleet.text)} bytes. The floor is all that the "
        "cores did, spread over them: server, client and the kernel for both. A wall at the floor means that "
        "no core ever waited for the client. The rounds take turns; their medians count: a machine's "
        "speed changes."))
