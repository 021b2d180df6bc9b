"""What a rate needs is its multiple of what one job costs."""

from __future__ import annotations

import pytest

from benchmarks.figures import Figure
from benchmarks.scale_out import scale_out_table

pytestmark = pytest.mark.once

COSTS = {
    "statements of running": 0.05,
    "WAL of enqueueing, in bulk": 500,
    "WAL of running": 500,
    "connections of a worker": 5,
    "processor time of the worker": 60,
    "processor time of the server": 40,
}


def _figures(costs):
    return [
        Figure("What a job costs", name, "", (value,)) for name, value in costs.items()
    ]


def test_costs_are_multiplied_by_the_rate():
    rows = scale_out_table(_figures(COSTS)).splitlines()[2:]

    assert [row.rpartition(" | ")[2].rstrip(" |") for row in rows] == [
        "2",  # 1.2 cores of workers at 20,000 jobs/s
        "10",
        "1,000",
        "0.80",
        "20.0",
        "1,728",
    ]


def test_without_all_costs_nothing_is_calculated():
    assert scale_out_table(_figures({"WAL of running": 500})) == ""
