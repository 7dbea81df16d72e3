"""Small charts as SVG: lines over numbers, bars by name. Values are plain numbers in the unit that the
title or the label of the axis names."""

import collections
import html
import math

# Distinguishable with colour-blindness too (Okabe and Ito).
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444"]
STYLE = ("text{font:11px sans-serif;fill:#333}.title{font-size:14px;font-weight:600}"
         ".end{text-anchor:end}.middle{text-anchor:middle}.grid{stroke:#e4e4e4}"
         ".axis{stroke:#999}.line{fill:none;stroke-width:1.6;stroke-linejoin:round}.faint{fill:#888}")

# `points` is a list of (x, y); a y of None is a gap.
Series = collections.namedtuple("Series", "name points")
LineChart = collections.namedtuple("LineChart", "title x_label y_label series")
# `bars` is a list of (name, value, text behind the bar); a value of None has the text alone.
BarChart = collections.namedtuple("BarChart", "title bars")

WIDTH, HEIGHT = 480, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 16, 52, 40
BAR, NAMES, VALUES = 20, 185, 95


def ticks(low, high, count=5):
    """Round numbers from at most `low` to at least `high`."""
    if high <= low:
        high = low + 1
    step = 10 ** math.floor(math.log10((high - low) / count))
    step *= next(factor for factor in (1, 2, 2.5, 5, 10) if (high - low) / (step * factor) <= count)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, last + 1)]


def _text(x, y, text, kind=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{html.escape(text)}</text>'


def _rule(x1, y1, x2, y2, kind):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


class _Scale:
    """From values to pixels."""

    def __init__(self, values, first, last):
        self.ticks = ticks(min(values, default=0), max(values, default=1))
        self._first, self._last = first, last

    def __call__(self, value):
        low, high = self.ticks[0], self.ticks[-1]
        return self._first + (value - low) / (high - low) * (self._last - self._first)


def _axes(chart, x, y):
    for tick in y.ticks:
        yield _rule(LEFT, y(tick), WIDTH - RIGHT, y(tick), "grid")
        yield _text(LEFT - 6, y(tick) + 4, f"{tick:,.6g}", "end")
    for tick in x.ticks:
        yield _rule(x(tick), HEIGHT - BOTTOM, x(tick), HEIGHT - BOTTOM + 4, "axis")
        yield _text(x(tick), HEIGHT - BOTTOM + 16, f"{tick:,.6g}", "middle")
    yield _rule(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "axis")
    yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, chart.x_label, "middle faint")
    yield _text(6, 36, chart.y_label, "faint")


def _path(points, x, y):
    pen, parts = "M", []
    for across, up in points:
        if up is None:
            pen = "M"
            continue
        parts.append(f"{pen}{x(across):.1f} {y(up):.1f}")
        pen = "L"
    return " ".join(parts)


def _legend(series):
    right = WIDTH - RIGHT
    for number, one in reversed(list(enumerate(series))):
        yield _text(right, 36, one.name, "end")
        right -= 7 * len(one.name) + 6
        yield (f'<line x1="{right - 12:.1f}" y1="32" x2="{right:.1f}" y2="32" stroke-width="3" '
               f'stroke="{COLOURS[number % len(COLOURS)]}"/>')
        right -= 24


def line_chart(chart):
    """The inside of an SVG of WIDTH times HEIGHT."""
    points = [point for one in chart.series for point in one.points if point[1] is not None]
    parts = [_text(6, 18, chart.title, "title")]
    if not points:
        return "\n".join([*parts, _text(WIDTH / 2, HEIGHT / 2, "not measured", "middle faint")])
    x = _Scale([point[0] for point in points], LEFT, WIDTH - RIGHT)
    y = _Scale([0] + [point[1] for point in points], HEIGHT - BOTTOM, TOP)
    parts += _axes(chart, x, y)
    for number, one in enumerate(chart.series):
        parts.append(f'<path d="{_path(one.points, x, y)}" class="line" '
                     f'stroke="{COLOURS[number % len(COLOURS)]}"/>')
    if len(chart.series) > 1:
        parts += _legend(chart.series)
    return "\n".join(parts)


def _bar_height(chart):
    return 32 + BAR * len(chart.bars) + 14


def bar_chart(chart):
    """The inside of an SVG of WIDTH and as high as it takes. Those named muster have a colour."""
    parts = [_text(6, 18, chart.title, "title")]
    longest = max([value for _, value, _ in chart.bars if value] or [1])
    for number, (name, value, text) in enumerate(chart.bars):
        top = 32 + BAR * number
        length = (value or 0) / longest * (WIDTH - NAMES - VALUES)
        colour = COLOURS[0] if name.startswith("muster") else "#b5b5b5"
        parts.append(_text(NAMES - 6, top + 14, name, "end"))
        parts.append(f'<rect x="{NAMES}" y="{top + 3}" width="{length:.1f}" height="{BAR - 6}" '
                     f'fill="{colour}"/>')
        parts.append(_text(NAMES + length + 6, top + 14, text, "" if value else "faint"))
    return "\n".join(parts)


def _height(chart):
    return HEIGHT if isinstance(chart, LineChart) else _bar_height(chart)


def picture(charts, columns=2, caption=""):
    """An SVG file with all charts, row by row."""
    rows = [charts[first:first + columns] for first in range(0, len(charts), columns)]
    top, parts = (30 if caption else 0), []
    if caption:
        parts.append(_text(6, 18, caption, "faint"))
    for row in rows:
        for column, chart in enumerate(row):
            draw = line_chart if isinstance(chart, LineChart) else bar_chart
            parts.append(f'<g transform="translate({column * (WIDTH + 20) + 10},{top})">'
                         f'{draw(chart)}</g>')
        top += max(map(_height, row)) + 20
    width = min(columns, len(charts)) * (WIDTH + 20)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" width="{width}" '
            f'height="{top}">\n<style>{STYLE}</style>\n<rect width="{width}" height="{top}" '
            'fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n")
