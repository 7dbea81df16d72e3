"""Pictures of what table.py and bulk.py measure."""

from svg_plot import BarChart, picture

GIB = 2**30


def _bars(title, rows, value, pattern):
    bars = []
    for row in rows:
        number = None if row.missing else value(row)
        text = pattern.format(number) if number is not None else row.missing or "no output"
        bars.append((row.name, number, text if len(text) < 44 else text[:41] + "..."))
    return BarChart(title, bars)


def hosts_charts(rows, title):
    return [_bars(f"{title}: wall time, s", rows, lambda row: row.wall, "{:.2f}"),
            _bars(f"{title}: CPU of a host, ms", rows, lambda row: row.cpu / row.hosts * 1000,
                  "{:.2f}"),
            _bars(f"{title}: peak memory, MiB", rows, lambda row: row.memory / 2**20, "{:.0f}")]


def bulk_charts(rows):
    def per_gib(row):
        return row.cpu * GIB / row.delivered if row.delivered else None
    return [_bars("bulk: CPU seconds per GiB", rows, per_gib, "{:.2f}"),
            _bars("bulk: MB/s", rows, lambda row: row.delivered / row.wall / 1e6, "{:.0f}")]


def comparison(rows, title, caption=""):
    return picture(hosts_charts(rows, title), 3, caption)
