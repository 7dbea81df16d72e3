"""Two ways of doing the same, in turns (this, other, other, this, ...): what the daemon's CPU is for each."""

import statistics

import against
from measure import process_cpu


def cost(daemon, muster, *words):
    """Milliseconds of the daemon's CPU for a run that succeeds everywhere."""
    before = process_cpu(daemon.process.pid)
    result = muster("run", *words)
    assert result.code == 0, result.err
    return (process_cpu(daemon.process.pid) - before) * 1000


def in_turns(rounds, take):
    """What `take(0)` and `take(1)` return: a list of each. The first ones, which read files, do not count."""
    found = ([], [])
    for number in range(rounds + 1):
        for way in (0, 1) if number % 2 else (1, 0):
            found[way].append(take(way))
    return [costs[1:] for costs in found]


def ratios(own, other):
    """The columns of a table: the median of neighbouring turns' ratios, and what it lies between."""
    each = [one / two for one, two in zip(own, other)]
    least, most = against.median_between(each)
    return {"ratio": f"{statistics.median(each):.3f}", "from": f"{least:.3f}", "to": f"{most:.3f}"}
