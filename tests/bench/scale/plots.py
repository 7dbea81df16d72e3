"""The plots of the report, as SVG."""

import math

from svg_plot import LineChart, Series, picture  # pylint: disable=unused-import

POWERS = "hosts, as a power of ten"


def _by(rows, key, x, y):
    """A line for each value of `key`."""
    names = dict.fromkeys(row[key] for row in rows)
    return {name: [(x(row), row.get(y)) for row in rows if row[key] == name] for name in names}


def _lines(rows, columns):
    """Of the sizes: a line for each number of loops and each column, which has a name here."""
    series = []
    for column, name in columns.items():
        for loops, points in _by(rows, "loops", lambda row: math.log10(row["hosts"]), column).items():
            series.append(Series(f"{name}{loops} loop{'s' if loops > 1 else ''}", points))
    return series


def sizes(rows):
    """Rates, CPU and memory over the number of hosts."""
    return [
        LineChart("Daemon's CPU, cold host", POWERS, "ms", _lines(rows, {"cold CPU ms": ""})),
        LineChart("Cold hosts a second", POWERS, "/s", _lines(rows, {"cold /s": ""})),
        LineChart("Daemon's CPU, the same again", POWERS, "ms", _lines(
            rows, {"again CPU ms": "", "again, no output, CPU ms": "true, "})),
        LineChart("The same again, hosts a second", POWERS, "/s", _lines(rows, {"again /s": ""})),
        LineChart("Memory of a session", POWERS, "KiB", _lines(rows, {"KiB a session": ""})),
        LineChart("Fleet's own CPU, cold host", POWERS, "ms", _lines(rows, {"fleet's CPU ms": ""}))]


def rtt(rows):
    """Wall over round-trip time."""
    charts = []
    for column, title in (("first run ms", "First run"), ("second run ms", "Second run")):
        lines = _by(rows, "hosts", lambda row: row["RTT ms"], column)
        charts.append(LineChart(title, "round-trip time, ms", "wall, ms",
                                [Series(f"{count:,} hosts", points) for count, points in lines.items()]))
    return charts
