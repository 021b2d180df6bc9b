"""Figures are summed up and compared in the way that the docs say."""

from __future__ import annotations

import pytest

from benchmarks.figures import Figure, Goal, number, percentile

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("percent", "value"), [(0, 1), (50, 51), (99, 100), (100, 101)]
)
def test_a_percentile_is_one_of_the_values(percent, value):
    assert percentile(range(101, 0, -1), percent) == value


def test_the_percentile_of_one_value_is_that_value():
    assert percentile([7.5], 99) == 7.5


def test_nothing_has_no_percentile():
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)


def test_a_figure_has_a_median_and_its_extremes():
    figure = Figure("Drain", "ours", "jobs/s", (30, 10, 20))

    assert (figure.low, figure.median, figure.high) == (10, 20, 30)


def test_a_figure_survives_a_file():
    figure = Figure("Drain", "ours", "jobs/s", (1.5, 2.5), "1 worker")

    assert Figure.from_json(figure.as_json()) == figure


@pytest.mark.parametrize(
    ("value", "told"),
    [(12_345.6, "12,346"), (100, "100"), (12.34, "12.3"), (0.125, "0.12"), (0, "0.00")],
)
def test_a_number_has_as_many_places_as_people_read(value, told):
    assert number(value) == told


@pytest.mark.parametrize(
    ("goal", "is_met"),
    [
        (Goal("a ratio", 1.3, at_least=1.3), True),
        (Goal("a ratio", 1.29, at_least=1.3), False),
        (Goal("a time", 50, at_most=50), True),
        (Goal("a time", 51, at_most=50), False),
    ],
)
def test_a_goal_is_met_up_to_its_bound(goal, is_met):
    assert goal.is_met is is_met
