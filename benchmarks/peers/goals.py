"""What our figures are held against: those of the peers, of the same run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.figures import Figure, Goal
from benchmarks.peers.suite import FLOOR, ORM, OURS


@dataclass(frozen=True, slots=True)
class _Ratio:
    section: str
    peer: str
    at_least: float


_RATIOS = (
    _Ratio("Drain, PostgreSQL", "PGQueuer", 1.3),
    _Ratio("Drain, PostgreSQL", "Oban for Python", 7),
    _Ratio("Drain, PostgreSQL", "django-tasks-db", 50),
    _Ratio("Drain, PostgreSQL", "pyjobkit 1.0", 50),
    _Ratio("Drain, PostgreSQL", FLOOR, 0.8),
    _Ratio("Drain, PostgreSQL, 2 workers", "PGQueuer", 1.3),
    _Ratio("Enqueue, one by one", ORM, 1.4),
    _Ratio("Enqueue, in bulk", "PGQueuer", 1),
)
#: Ahead of whatever else ran on the same database.
_AHEAD = ("Drain, SQLite", "Drain, MariaDB", "Drain, PostgreSQL")
#: What one worker drains, and what two do.
_OF_WORKERS = ("Drain, PostgreSQL", "Drain, PostgreSQL, 2 workers")
_SLEEP_S = 1.15
_LATE_MS = 50


def goals(figures: Sequence[Figure]) -> Iterator[Goal]:
    """Return the goals that these figures can tell about."""
    best = _best(figures)
    for ratio in _RATIOS:
        yield from _ratio(best, ratio.section, ratio.peer, ratio.at_least)
    named = {(ratio.section, ratio.peer) for ratio in _RATIOS}
    for section, peer in best:
        if section in _AHEAD and peer != OURS and (section, peer) not in named:
            yield from _ratio(best, section, peer, 1)
    one, two = (best.get((section, OURS)) for section in _OF_WORKERS)
    if one and two:
        yield Goal("Drain, PostgreSQL: our 2 workers to 1", two / one, at_least=1.15)
    yield from _of_latency(best)
    if late := best.get(("Latency under load, p99", OURS)):
        sent = best.get(("Latency under load, jobs sent", OURS), 0)
        yield Goal(f"p99 at {sent:,.0f} jobs/s sent, ms", late, at_most=_LATE_MS)
    if seconds := best.get(("500 jobs of sleep(1)", OURS)):
        yield Goal("500 jobs of sleep(1), s", seconds, at_most=_SLEEP_S)


def _best(figures: Iterable[Figure]) -> dict[tuple[str, str], float]:
    """Return each queue's best setting: highest rate, lowest time."""
    best: dict[tuple[str, str], float] = {}
    for figure in figures:
        key = (figure.section, figure.subject)
        better = max if figure.unit.endswith("/s") else min
        best[key] = better(best.get(key, figure.median), figure.median)
    return best


def _ratio(
    best: dict[tuple[str, str], float], section: str, peer: str, bound: float
) -> Iterator[Goal]:
    ours, theirs = best.get((section, OURS)), best.get((section, peer))
    if ours and theirs:
        yield Goal(f"{section}: ours to {peer}", ours / theirs, at_least=bound)


def _of_latency(best: dict[tuple[str, str], float]) -> Iterator[Goal]:
    ours = best.get(("Idle latency, p50", OURS))
    theirs = best.get(("Idle latency, p50", "PGQueuer"))
    late = best.get(("Idle latency, p99", OURS))
    if ours and theirs:
        yield Goal("Idle latency, p50: ours to PGQueuer", ours / theirs, at_most=1)
    if ours and late:
        yield Goal("Idle latency: our p99 to p50", late / ours, at_most=3)
