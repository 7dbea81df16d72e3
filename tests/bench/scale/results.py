"""Collects what the sections measure, and shows it as Markdown."""

import collections
import sys

# `must` and `aim` are the most, or the least, of what is measured in `unit`; or, where `of` says so, of its
# multiple of what this machine does without Muster (reference.py).
Goal = collections.namedtuple("Goal", "text unit side must aim of", defaults=[None])

# What a multiple is called.
HANDSHAKES, BULK = "handshakes", "of bulk"
MULTIPLES = {HANDSHAKES: lambda reference: reference.handshake_ms, BULK: lambda reference: reference.bulk_mb}

# What the engine promises on two cores, in a release build, with the simulated fleet on the same
# machine. How the bounds came about is in tests/bench/README.md.
GOALS = {
    "cold_cpu": Goal("cold host, 26 KB, one watcher: daemon's CPU", "ms", "most", 3.7, 3.0, HANDSHAKES),
    "cold_cpu_sshd": Goal("the same against OpenSSH", "ms", "most", 4.9, 3.9, HANDSHAKES),
    "warm_cpu": Goal("warm command, 26 KB: daemon's CPU", "ms", "most", 0.74, 0.5, HANDSHAKES),
    "warm_cpu_quiet": Goal("warm command, no output: daemon's CPU", "ms", "most", 0.4, 0.25, HANDSHAKES),
    "cold_wall": Goal("10,000 cold hosts, byte-exact: wall a host", "ms", "most", 4.9, 3.9, HANDSHAKES),
    "memory": Goal("daemon's RSS after it, all sessions warm", "GiB", "most", 1.2, 0.8),
    "warm_wall": Goal("the same run again, warm: wall a host", "ms", "most", 1.0, 0.6, HANDSHAKES),
    "true_wall": Goal("1,000 warm hosts, `true`, from call to summary: wall a host", "ms", "most", 1.2, 0.6,
                      HANDSHAKES),
    "mixed_p95": Goal("p95 of a warm 10-host run while 5,000 cold hosts are reached", "ms", "most", 100, 50,
                      HANDSHAKES),
    "dead_wall": Goal("10,000 hosts, 10% dead: wall over connect timeout + healthy time", "ratio", "most", 1.1,
                      None),
    "dead_right": Goal("the same: outcomes that are right", "share", "least", 1.0, None),
    "bulk_one": Goal("one host's 1 GiB up to the log", "MB per CPU s", "least", 0.18, 0.28, BULK),
    "bulk_many": Goal("100 hosts' 10 MiB each up to the log", "MB per CPU s", "least", 0.18, 0.28, BULK),
    "flood_memory": Goal("10,000 hosts write without an end: daemon's RSS over its idle size", "MiB", "most", 512,
                         256),
    "flood_p95": Goal("p95 of a warm 10-host run beside it", "ms", "most", 1200, 500, HANDSHAKES),
    "sshd_200": Goal("OpenSSH, 200 hosts: wall over what the server's CPU allows", "ratio", "most", 1.05, 1.02),
    "sshd_1000": Goal("OpenSSH, 1,000 hosts: the same", "ratio", "most", 1.05, 1.02),
}


def number(value):
    """For a person: three or so digits."""
    if value is None:
        return "-"
    if isinstance(value, (str, bool)):
        return str(value)
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def reaches(value, side, bound):
    return value <= bound if side == "most" else value >= bound


def markdown(rows):
    """A table of dicts; all their keys are its heads."""
    heads = list(dict.fromkeys(head for row in rows for head in row))
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(number(row.get(head)) for head in heads) + " |" for row in rows]
    return "\n".join(lines)


class Results:
    """Of one run of the benchmark."""

    def __init__(self, settings):
        self.settings = settings  # how it was run, and on what
        self.tables = {}          # title -> rows
        self.measured = {}        # goal -> value, and the remark beside it
        self.plots = []           # (function of plots.py, rows)
        self.failures = []        # what came out wrong, rather than slow
        self.references = {}      # section -> Reference, measured before it

    def table(self, title, rows, note=""):
        """Shown at once."""
        if not rows:
            return
        self.tables[title] = {"rows": rows, "note": note}
        print(f"\n### {title}\n\n" + (note + "\n\n" if note else "") + markdown(rows), flush=True)

    def refer(self, section, reference):
        """Goals that are set from here on are multiples of this one."""
        self.references[section] = reference

    def goal(self, key, value, remark=""):
        """`value` is in the goal's unit; None: it could not be measured."""
        self.measured[key] = {"value": value, "multiple": self.multiple(GOALS[key], value),
                              "remark": remark}

    def multiple(self, goal, value):
        """Of the newest reference; the value itself where the goal is about that."""
        if goal.of is None or value is None:
            return value
        references = list(self.references.values())
        return value / MULTIPLES[goal.of](references[-1]) if references else None

    def check(self, right, what):
        """Counts as a failure of the whole benchmark."""
        if not right:
            self.failures.append(what)
            print(f"WRONG: {what}", file=sys.stderr, flush=True)

    def goal_rows(self):
        for key, goal in GOALS.items():
            if key not in self.measured:
                continue
            found = self.measured[key]
            yield {"what": goal.text, "in": goal.of or goal.unit,
                   "must": f"{'≤' if goal.side == 'most' else '≥'} {goal.must:g}", "aim": goal.aim,
                   "is": found["multiple"], "holds": self.verdict(goal, **found),
                   "measured": f"{number(found['value'])} {goal.unit}", "remark": found["remark"]}

    def verdict(self, goal, value, multiple, **_):
        if multiple is None:
            return "not measured" if value is None else "no reference"
        if self.settings.get("quick"):
            return "quick"  # it was about fewer hosts
        if goal.aim is not None and reaches(multiple, goal.side, goal.aim):
            return "aim"
        return "must" if reaches(multiple, goal.side, goal.must) else "NO"

    def show_goals(self):
        self.table("Reference", [{"before": section, **reference.row()}
                                 for section, reference in self.references.items()],
                   "This machine without Muster, by OpenSSL and memory alone.")
        self.table("Goals", list(self.goal_rows()))

    def as_json(self):
        return {"settings": self.settings,
                "references": {name: one._asdict() for name, one in self.references.items()},
                "tables": self.tables, "goals": self.measured, "failures": self.failures}
