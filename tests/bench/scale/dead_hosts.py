"""Ten thousand hosts, a tenth of which is dead, each kind of death in turn: do the others take longer,
and is every outcome what it must be?"""

import collections

from client import decode
from fleet import free_port
from hosts import Hosts, expected
from lab import FILE_BYTES, Lab

RESET = [("UNREACHABLE", "CAUSE_RESET")]
LOST = [("OUTCOME_UNKNOWN", "CAUSE_CONNECTION_LOST")]
CONNECT_TIMEOUT = [("CONNECT_TIMEOUT", "CAUSE_UNSPECIFIED")]
COMMAND_TIMEOUT = [("COMMAND_TIMEOUT", "CAUSE_UNSPECIFIED")]
PROTOCOL = [("UNREACHABLE", "CAUSE_PROTOCOL")]
SUCCEEDED = [("SUCCEEDED", "CAUSE_UNSPECIFIED")]
THROTTLED = [("THROTTLED", "CAUSE_UNSPECIFIED")]

# What the fleet does -> what the outcome may be.
KINDS = {
    "silent": CONNECT_TIMEOUT,
    "stall kexinit": CONNECT_TIMEOUT,
    "stall kex": CONNECT_TIMEOUT,
    "stall newkeys": CONNECT_TIMEOUT,
    "stall auth": CONNECT_TIMEOUT,
    "stall open": CONNECT_TIMEOUT,
    "stall exec": COMMAND_TIMEOUT + LOST,  # it was requested, and never answered
    "stall output": COMMAND_TIMEOUT,
    "rate 100": COMMAND_TIMEOUT,
    "reset banner": RESET + THROTTLED,
    "reset kexinit": RESET,
    "reset kex": RESET,
    "reset newkeys": RESET,
    "reset auth": RESET,
    "reset open": RESET,
    "reset exec": LOST,
    "reset output": LOST,
    "garbage": PROTOCOL,
    "endless-banner": PROTOCOL,
    "refuse-auth": [("AUTHENTICATION_FAILED", "CAUSE_UNSPECIFIED")],
    "changed-key": [("HOST_KEY_REJECTED", "CAUSE_HOST_KEY_CHANGED")],
    # One comes in, and holds the only place.
    "throttle 1:100:1 silent": THROTTLED + CONNECT_TIMEOUT,
    # As OpenSSH has it: comes in at last where it is tried again.
    "throttle 10:30:100": THROTTLED + SUCCEEDED,
    "max-sessions 0": [("UNREACHABLE", "CAUSE_EXEC_REFUSED")],
}
# Nobody listens: hosts of another port.
REFUSED = "nobody listens"
NET = 99  # of the dead; each kind has a block


def rules():
    return [f"127.{NET}.{block}.0/24 {kind}" for block, kind in enumerate(KINDS)]


class Dead:
    """Some hosts of each kind."""

    def __init__(self, each):
        port = free_port()
        self.expressions, self.kinds = [], {}
        for block, kind in enumerate([*KINDS, REFUSED]):
            suffix = f":{port}" if kind == REFUSED else ""
            self.expressions.append(f"127.{NET}.{block}.[1-{each}]{suffix}")
            for host in range(1, each + 1):
                self.kinds[f"127.{NET}.{block}.{host}"] = kind

    def allowed(self, address):
        """Outcomes; others than these hosts are healthy."""
        kind = self.kinds.get(address)
        if kind == REFUSED:
            return [("UNREACHABLE", "CAUSE_REFUSED")]
        return KINDS.get(kind, SUCCEEDED)


def is_right(host, address, allowed):
    if host is None or (host.state, host.cause) not in allowed:
        return False
    return host.state != "SUCCEEDED" or (host.digest, host.size) == expected(address, FILE_BYTES)


def judge(decoded, dead, healthy):
    """How many hosts came out right, and what was wrong, counted."""
    right, wrong = 0, collections.Counter()
    for address in [*dead.kinds, *healthy.addresses]:
        host = decoded.get(address)
        if is_right(host, address, dead.allowed(address)):
            right += 1
        else:
            wrong[dead.kinds.get(address, "healthy"), host and host.state, host and host.cause] += 1
    return right, wrong


def measure(bench, fleet, expression, timeout):
    with Lab(fleet) as lab:
        spec = lab.spec(expression, f"out {FILE_BYTES}", connect_timeout=timeout)
        # A stalled command ends two seconds after it was sent TERM, and one after KILL.
        spec.timeouts.command.FromMilliseconds(int(timeout * 500))
        return lab.measure(spec)


def run(bench):
    each = bench.pick(1000, 96) // (len(KINDS) + 1)
    healthy = Hosts(2, bench.pick(9000, 750))
    timeout = bench.pick(10, 8)
    dead = Dead(each)
    with bench.fleet(rules()) as fleet:
        alone, messages = measure(bench, fleet, healthy.expression, timeout)
        bench.results.check(len(decode(messages)) == len(healthy), "healthy hosts are missing")
        # The dead come first: where places are few, they hold them.
        mixed, messages = measure(bench, fleet, ",".join([*dead.expressions, healthy.expression]),
                                  timeout)
    # A host of another port is named with it.
    decoded = {name.split(":")[0]: host for name, host in decode(messages).items()}
    right, wrong = judge(decoded, dead, healthy)
    total = len(healthy) + len(dead.kinds)
    for (kind, state, cause), count in wrong.items():
        bench.results.check(False, f"{count} hosts, {kind}: {state} {cause}")
    ratio = mixed.wall / (timeout + alone.wall)
    remark = f"{mixed.wall:.2f} s; {timeout} s and {alone.wall:.2f} s"
    bench.results.goal("dead_wall", ratio, remark)
    bench.results.goal("dead_right", right / total, f"{right:,} of {total:,}")
    bench.results.table("A tenth is dead", [
        {"hosts": "the healthy ones alone", "number": len(healthy), "wall s": alone.wall,
         "daemon CPU s": alone.daemon, "right": ""},
        {"hosts": f"with {len(dead.kinds)} dead ones of {len(KINDS) + 1} kinds", "number": total,
         "wall s": mixed.wall, "daemon CPU s": mixed.daemon, "right": right}], bench.note(
             f"Connect timeout {timeout} s, command timeout {timeout / 2} s. Kinds: "
             + ", ".join([*KINDS, REFUSED]) + "."))
