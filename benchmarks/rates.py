"""Enqueueing: how many jobs a second one process hands over."""

from __future__ import annotations

from benchmarks.stands import Stand


def rate_of(stand: Stand, command: str, jobs: int) -> float:
    """Return the rate that a program's command measures, on a fresh database."""
    with stand.run() as run:
        return run.call(command, jobs)["rate"]
