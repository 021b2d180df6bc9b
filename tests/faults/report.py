"""The table of a run of ``make chaos``."""

from __future__ import annotations

from typing import Any, Final

_COLUMNS: Final = {
    "fault": 36,
    "times": 5,
    "jobs": 5,
    "lost": 4,
    "ended twice": 11,
    "at once": 7,
    "stuck": 5,
    "recovery": 8,
}


def _row(*cells: object) -> str:
    first, *rest = zip(cells, _COLUMNS.values(), strict=True)
    aligned = [str(cell).rjust(width) for cell, width in rest]
    return f"| {' | '.join([str(first[0]).ljust(first[1]), *aligned])} |"


#: ``at once``: runs of one job beside each other; ``recovery``: the longest, in leases.
HEAD: Final = "\n".join(
    (
        _row(*_COLUMNS),
        "|-" + "-|-".join("-" * width for width in _COLUMNS.values()) + "-|",
    )
)


def row_of(fault: Any, times: int, verdict: Any) -> str:
    """Return the line of one fault."""
    return _row(
        fault.name,
        times,
        verdict.jobs,
        len(verdict.lost),
        len(verdict.ended_twice),
        len(verdict.overlapping),
        len(verdict.stuck),
        f"{verdict.recovery_s / fault.terms.lease_s:.2f}",
    )
