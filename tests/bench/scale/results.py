"""Collects what the sections measure, and shows it as Markdown."""

import sys

# What the engine promises on two cores, in a release build, with the simulated fleet on the same
# machine: key -> (text, unit, the most or the least, must, aim).
GOALS = {
    "cold_cpu": ("cold host, 26 KB, one watcher: daemon's CPU", "ms", "most", 0.75, 0.60),
    "cold_cpu_sshd": ("the same against OpenSSH", "ms", "most", 1.0, 0.80),
    "warm_cpu": ("warm command, 26 KB: daemon's CPU", "ms", "most", 0.15, 0.10),
    "warm_cpu_quiet": ("warm command, no output: daemon's CPU", "ms", "most", 0.08, 0.05),
    "cold_wall": ("10,000 cold hosts, byte-exact, wall", "s", "most", 10, 8),
    "memory": ("daemon's RSS after it, all sessions warm", "GiB", "most", 1.2, 0.8),
    "warm_wall": ("the same run again, warm, wall", "s", "most", 2, 1.2),
    "true_wall": ("1,000 warm hosts, `true`, from call to summary", "s", "most", 0.25, 0.12),
    "mixed_p95": ("p95 of a warm 10-host run while 5,000 cold hosts are reached", "ms", "most", 20, 10),
    "dead_wall": ("10,000 hosts, 10% dead: wall over connect timeout + healthy time", "ratio", "most",
                  1.1, None),
    "dead_right": ("the same: outcomes that are right", "share", "least", 1.0, None),
    "bulk_one": ("one host's 1 GiB up to the log", "MB per CPU s", "least", 600, 900),
    "bulk_many": ("100 hosts' 10 MiB each up to the log", "MB per CPU s", "least", 600, 900),
    "flood_memory": ("10,000 hosts write without an end: daemon's RSS over its idle size", "MiB", "most",
                     512, 256),
    "flood_p95": ("p95 of a warm 10-host run beside it", "ms", "most", 250, 100),
    "sshd_200": ("OpenSSH, 200 hosts: wall over what the server's CPU allows", "ratio", "most",
                 1.05, 1.02),
    "sshd_1000": ("OpenSSH, 1,000 hosts: the same", "ratio", "most", 1.05, 1.02),
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

    def table(self, title, rows, note=""):
        """Shown at once."""
        if not rows:
            return
        self.tables[title] = {"rows": rows, "note": note}
        print(f"\n### {title}\n\n" + (note + "\n\n" if note else "") + markdown(rows), flush=True)

    def goal(self, key, value, remark=""):
        self.measured[key] = {"value": value, "remark": remark}

    def check(self, right, what):
        """Counts as a failure of the whole benchmark."""
        if not right:
            self.failures.append(what)
            print(f"WRONG: {what}", file=sys.stderr, flush=True)

    def goal_rows(self):
        for key, (text, unit, side, must, aim) in GOALS.items():
            if key not in self.measured:
                continue
            value, remark = self.measured[key]["value"], self.measured[key]["remark"]
            yield {"what": text, "unit": unit, "must": f"{'≤' if side == 'most' else '≥'} {must:g}",
                   "aim": aim, "measured": value, "holds": self.verdict(value, side, must, aim),
                   "remark": remark}

    def verdict(self, value, side, must, aim):
        if value is None:
            return "not measured"
        if self.settings.get("quick"):
            return "quick"  # it was about fewer hosts
        if aim is not None and reaches(value, side, aim):
            return "aim"
        return "must" if reaches(value, side, must) else "NO"

    def show_goals(self):
        self.table("Goals", list(self.goal_rows()))

    def as_json(self):
        return {"settings": self.settings, "tables": self.tables, "goals": self.measured,
                "failures": self.failures}
