"""Charts are well-formed and to scale."""

import re
import xml.etree.ElementTree

import pytest

from svg_plot import BarChart, LineChart, Series, picture, ticks

SVG = "{http://www.w3.org/2000/svg}"


def parsed(*charts, **more):
    return xml.etree.ElementTree.fromstring(picture(list(charts), **more))


@pytest.mark.parametrize("low, high, expected", [
    (0, 200, [0, 50, 100, 150, 200]), (0, 0.03, [0, 0.01, 0.02, 0.03]), (1, 1, [1, 1.2]),
    (0, 0, [0, 0.2])])
def test_ticks_are_round_and_enclose_the_values(low, high, expected):
    got = ticks(low, high)
    assert got[0] <= low and got[-1] >= high
    assert got[:len(expected)] == pytest.approx(expected)


def test_a_line_is_broken_where_a_value_is_missing():
    root = parsed(LineChart("a < b & c", "x", "y", [Series("", [(0, 1), (1, 2), (2, None), (3, 4)])]))
    path = root.find(f".//{SVG}path").get("d")
    assert re.sub(r"[\d. ]+", "", path) == "MLM"


def test_names_are_escaped():
    assert "a < b & c" in [text.text for text in parsed(BarChart("a < b & c", [])).iter(f"{SVG}text")]


def test_bars_are_as_long_as_their_values():
    bars = [("muster", 1, "1"), ("other", 4, "4"), ("third", None, "not installed")]
    lengths = [float(bar.get("width")) for bar in parsed(BarChart("t", bars)).iter(f"{SVG}rect")][1:]
    assert lengths[1] == pytest.approx(4 * lengths[0]) and lengths[2] == 0


def test_nothing_measured_is_said():
    texts = [text.text for text in parsed(LineChart("t", "x", "y", [])).iter(f"{SVG}text")]
    assert "not measured" in texts
