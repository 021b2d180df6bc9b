"""What a run prints is Markdown, and what it draws is SVG."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from benchmarks.charts import Bar, bar_chart
from benchmarks.figures import Figure, Goal
from benchmarks.tables import figures_table, goals_table, table

pytestmark = pytest.mark.once

_SVG = "{http://www.w3.org/2000/svg}"


def test_a_table_has_its_numbers_on_the_right():
    assert table(("", "rate"), [("ours", "10")]) == (
        "|  | rate |\n| --- | --: |\n| ours | 10 |"
    )


def test_figures_stand_under_their_section():
    figures = [
        Figure("Drain", "ours", "jobs/s", (1_000, 3_000, 2_000), "1 worker"),
        Figure("Latency", "ours", "ms", (1.5,)),
        Figure("Drain", "theirs", "jobs/s", (500,)),
    ]

    drain, latency = figures_table(figures).split("**Latency**")

    assert drain.startswith("**Drain**")
    assert "| ours (1 worker) | 2,000 | 1,000 to 3,000 | jobs/s |" in drain
    assert "| theirs | 500 |" in drain
    assert "| ours | 1.50 | 1.50 to 1.50 | ms |" in latency


def test_a_goal_says_whether_it_is_met():
    goals = [Goal("ours to theirs", 1.5, at_least=1.3), Goal("p99", 80, at_most=50)]

    lines = goals_table(goals).splitlines()

    assert lines[2:] == [
        "| ours to theirs | 1.50 | ≥ 1.3 | yes |",
        "| p99 | 80.0 | ≤ 50 | no |",
    ]


def test_bars_are_as_long_as_their_values():
    svg = ET.fromstring(bar_chart("A & B", [Bar("ours", 200, True), Bar("<x>", 100)]))

    long, short = svg.findall(f"{_SVG}rect")
    assert float(long.attrib["width"]) == 2 * float(short.attrib["width"])
    assert long.attrib["fill"] != short.attrib["fill"]
    assert [text.text for text in svg.findall(f"{_SVG}text")][1::2] == ["ours", "<x>"]


def test_a_chart_of_nothing_is_still_a_chart():
    assert ET.fromstring(bar_chart("empty", [])).tag == f"{_SVG}svg"
