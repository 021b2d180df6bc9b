"""What N worker hosts need, calculated from what one job was measured to cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from benchmarks.figures import Figure, number
from benchmarks.ours.costs import SECTION
from benchmarks.tables import table

_RATES = (1_000, 5_000, 20_000)
_DAY_S = 86_400
_NEEDED = (
    "statements of running",
    "WAL of enqueueing, in bulk",
    "WAL of running",
    "connections of a worker",
    "processor time of the worker",
    "processor time of the server",
)


def scale_out_table(figures: Iterable[Figure]) -> str:
    """Return what some rates of no-op jobs need, or "" where a cost was not measured."""
    costs = {
        figure.subject: figure.median for figure in figures if figure.section == SECTION
    }
    if not costs.keys() >= set(_NEEDED):
        return ""
    head = ("", *(f"{rate:,} jobs/s" for rate in _RATES))
    needs = [_needs(costs, rate) for rate in _RATES]
    return table(head, [(name, *(each[name] for each in needs)) for name in needs[0]])


def _needs(costs: Mapping[str, float], rate: int) -> dict[str, str]:
    wal = costs["WAL of enqueueing, in bulk"] + costs["WAL of running"]
    workers = math.ceil(rate * costs["processor time of the worker"] / 1e6)
    server_cores = rate * costs["processor time of the server"] / 1e6
    return {
        "worker processes, a core each": f"{workers:,}",
        "connections": f"{workers * costs['connections of a worker']:,.0f}",
        "statements a second": number(rate * costs["statements of running"]),
        "cores of the server, enqueueing left out": number(server_cores),
        "WAL, MB/s": number(rate * wal / 1e6),
        "WAL, GB a day at that rate": number(rate * wal * _DAY_S / 1e9),
    }
