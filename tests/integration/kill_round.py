"""A round of killing: runs under way, the daemon's end in the middle, and its return."""

import os
import random
import signal
import subprocess

from kill_client import Caller, Told
from programs import Daemon

# Of crash_point.h, and up to which time of passing it.
POINTS = {
    "append-before": 30, "append-after": 30, "added-before": 2, "added-after": 2,
    "starting-before": 6, "starting-after": 6, "grant-before": 6, "grant-after": 6,
    "ended-before": 2, "ended-after": 2, "publish-end-before": 2, "publish-end-after": 2,
    "sync-before": 1, "sync-after": 1,
}
# What is passed when runs are closed or continued.
RECOVERY_POINTS = ["append-before", "append-after", "starting-after", "grant-after", "ended-before",
                   "ended-after", "publish-end-before", "publish-end-after"]
RUNS = 3
TARGETS = "127.0.20.[1-6],127.0.20.7:1"  # nobody listens on the last
MOST_EVENTS = 120
MOST_SECONDS = 0.05
OUTPUT = {
    "127.0.20.1": b"".join(b"%d\n" % line for line in range(1, 2001)),
    "127.0.20.3": b"".join(b"tick %d\n" % tick for tick in range(10)),
    "127.0.20.5": b"late\n",
}
COMMAND = """set -- $SSH_CONNECTION; echo $3 >> {marks}
case $3 in
*.1) seq 1 2000;;
*.2) echo bad >&2; exit 7;;
*.3) i=0; while [ $i -lt 10 ]; do echo tick $i; sleep 0.02; i=$((i+1)); done;;
*.4) kill -KILL $$;;
*.5) sleep 0.3; echo late;;
esac"""

# Fails on a host that succeeds.
PROBE = "set -- $SSH_CONNECTION; test $3 != 127.0.20.3"


class Round:
    """One daemon's life and death, and that of its successors, on one state directory."""

    def __init__(self, api, fleet, folder, marks_folder, seed, number):
        self.random = random.Random(f"{seed}/{number}")
        self.told = Told()
        self._api, self._fleet, self._folder, self._marks = api, fleet, folder, marks_folder
        names = list(POINTS)
        self.point = names[number // 2 % len(names)] if number % 2 else None
        self.reached = False
        self.requests = [self._request(f"r{number}-{run}") for run in range(RUNS)]

    def marks_file(self, request_id):
        return os.path.join(self._marks, request_id)

    def _request(self, request_id):
        request = self._api.calls.CreateRunRequest(request_id=request_id)
        spec = request.spec
        spec.targets.expression = TARGETS
        spec.command.shell = COMMAND.format(marks=self.marks_file(request_id))
        spec.login.user, spec.login.port = self._fleet.user, self._fleet.servers[0].port
        spec.login.local.identity_files.add(path=self._fleet.key)
        spec.login.local.known_hosts_files.append(self._fleet.known_hosts)
        spec.continue_after_restart = self.random.random() < 0.5
        spec.rollout.max_in_flight = self.random.choice([1, 2, 4, 0])
        for amount in self.random.choice([[], [], [{"hosts": 1}, {"percent": 50}], [{"hosts": 3}]]):
            spec.rollout.batches.add(**amount)
        most = self.random.choice([None, None, {"hosts": 1}, {"percent": 50}])
        if most:
            spec.rollout.max_failures.CopyFrom(self._api.runs.HostAmount(**most))
        if spec.rollout.batches and self.random.random() < 0.5:
            spec.rollout.probe.shell = PROBE
        spec.rollout.order = self.random.choice([1, 2, 3])
        return request

    def play(self):
        """Leaves a daemon of which every run is over."""
        crash_at = None
        if self.point:
            crash_at = f"{self.point}:{self.random.randint(1, POINTS[self.point])}"
        self.reached = self._live_and_die(crash_at)
        if self.random.random() < 0.3:  # once more, while it recovers
            point = self.random.choice(RECOVERY_POINTS)
            self._live_and_die(f"{point}:{self.random.randint(1, 4)}")
        daemon = Daemon(self._folder)
        self._call(daemon)
        self.told.wait_for_callers()
        return daemon

    def _call(self, daemon):
        for request in self.requests:
            Caller(self._api, daemon.address, self.told, request)

    def _call_and_cancel(self, daemon):
        for request in self.requests:
            cancel_at = self.random.randint(2, 60) if self.random.random() < 0.2 else None
            Caller(self._api, daemon.address, self.told, request, cancel_at=cancel_at)

    def _live_and_die(self, crash_at):
        """Whether it came to that point."""
        env = {"MUSTERD_CRASH_AT": crash_at} if crash_at else {}
        try:
            daemon = Daemon(self._folder, env=env)
        except RuntimeError:  # the end came before it was ready
            return True
        self._call_and_cancel(daemon)
        Caller(self._api, daemon.address, self.told, self.requests[0], self.random.randrange(3))
        if crash_at is None:
            self.told.wait_for_events(self.random.randrange(MOST_EVENTS))
            self._wait(daemon, self.random.uniform(0, MOST_SECONDS))  # a moment, not a time-out
        else:
            self.told.wait_for_callers()
            if crash_at.startswith("sync"):
                self._wait(daemon, 2)
        reached = daemon.process.poll() is not None
        daemon.stop(signal.SIGKILL)
        self.told.wait_for_callers()
        return reached

    @staticmethod
    def _wait(daemon, seconds):
        try:
            daemon.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
