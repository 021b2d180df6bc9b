"""What runs came to over a while, from the counters; the table of jobs is not touched."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self

from django.db.models import Count, Max, Sum, TextField
from django.db.models.functions import Cast

from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.histograms import added, percentile
from pyjobkit_django.jobs import JobStatus, Verb
from pyjobkit_django.models import JobCounter
from pyjobkit_django.models.job_counter import HOUR_S, MINUTE_S, QUARTER_S, beginning

OTHER: Final = "other"
#: The outcomes as they are told apart, those that went well first.
OUTCOMES: Final = (
    JobStatus.SUCCESS.value,
    OTHER,
    JobStatus.CANCELLED.value,
    Verb.RETRY.value,
    JobStatus.TIMEOUT.value,
    JobStatus.FAILED.value,
)
FAILURES: Final = (JobStatus.TIMEOUT.value, JobStatus.FAILED.value)
#: With the lengths of counters the unique index leads to their times.
LENGTHS: Final = (MINUTE_S, QUARTER_S, HOUR_S)
_DECIDED: Final = (JobStatus.SUCCESS.value, *FAILURES)


@dataclass(frozen=True, slots=True)
class Range:
    """So many bins of so many seconds, up to now."""

    name: str
    bins: int
    bin_s: int

    def start(self, now: datetime) -> datetime:
        """Return when the first bin begins.

        Minutes are written once they are over, so the one under way has no bin; a
        longer bin does, for as much of it as there is.
        """
        last = beginning(now, self.bin_s)
        whole = self.bins if self.bin_s == MINUTE_S else self.bins - 1
        return last - timedelta(seconds=whole * self.bin_s)


RANGES: Final[Mapping[str, Range]] = {
    "1h": Range("1h", 60, MINUTE_S),
    "24h": Range("24h", 96, QUARTER_S),
    "7d": Range("7d", 168, HOUR_S),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What some runs came to, and how long their jobs waited and ran."""

    outcomes: Mapping[str, int] = field(default_factory=Counter)
    waited: Sequence[int] = ()
    ran: Sequence[int] = ()

    @classmethod
    def sum(cls, parts: Sequence[Figures]) -> Self:
        """Return what several came to together."""
        outcomes = Counter[str]()
        for part in parts:
            outcomes.update(part.outcomes)
        return cls(
            outcomes,
            added(part.waited for part in parts),
            added(part.ran for part in parts),
        )

    @property
    def total(self) -> int:
        """How many runs there were."""
        return sum(self.outcomes.values())

    @property
    def failed(self) -> int:
        """How many jobs failed for good."""
        return sum(self.outcomes.get(outcome, 0) for outcome in FAILURES)

    @property
    def failure_rate(self) -> float | None:
        """Which share of the jobs that were decided failed; None where none were."""
        decided = sum(self.outcomes.get(outcome, 0) for outcome in _DECIDED)
        return self.failed / decided if decided else None

    def waited_s(self, share: float) -> float | None:
        """Return a percentile of the waiting times, in seconds."""
        return percentile(self.waited, share)

    def ran_s(self, share: float) -> float | None:
        """Return a percentile of the run times, in seconds."""
        return percentile(self.ran, share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """One stretch of a range; ``minutes`` is how many of it are over."""

    starts_at: datetime
    minutes: int
    figures: Figures

    def per_minute(self, outcome: str) -> float:
        """Return how often an outcome came up in a minute."""
        return self.figures.outcomes.get(outcome, 0) / max(self.minutes, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A range in its bins, as a whole, and by kind, the busiest first."""

    range: Range
    bins: Sequence[Bin]
    whole: Figures
    kinds: Sequence[tuple[str, Figures]]


#: The last overview of each database and range, with what it was made of.
_LAST: Final[dict[tuple[str, str], tuple[Any, Overview]]] = {}


def overview(wanted: Range, now: datetime) -> Overview:
    """Return what runs came to within a range that ends ``now``.

    Counters come once a minute and pages ask every few seconds, so what was added up
    is kept in memory until there is something new.
    """
    alias = jobs_alias()
    made_of = beginning(now, MINUTE_S), *_state(alias, wanted.start(now))
    last = _LAST.get((alias, wanted.name))
    if last is None or last[0] != made_of:
        last = _LAST[alias, wanted.name] = made_of, _overview(wanted, now)
    return last[1]


def forget_overviews() -> None:
    """Add everything up anew, the next time."""
    _LAST.clear()


def _state(alias: str, start: datetime) -> tuple[Any, ...]:
    """Return what differs where there are other counters."""
    counters = JobCounter.objects.using(alias).filter(
        seconds__in=LENGTHS, starts_at__gte=start
    )
    found = counters.aggregate(Max("pk"), Count("pk"), Sum("count"))
    return tuple(found.values())


def _overview(wanted: Range, now: datetime) -> Overview:
    start = wanted.start(now)
    cells = _cells(wanted, start)
    kinds = {
        kind: Figures.sum([each for (_, of), each in cells.items() if of == kind])
        for kind in {kind for _, kind in cells}
    }
    in_bins: list[list[Figures]] = [[] for _ in range(wanted.bins)]
    for (place, _), figures in cells.items():
        in_bins[place].append(figures)
    return Overview(
        range=wanted,
        bins=[
            _bin(place, wanted, start, now, Figures.sum(parts))
            for place, parts in enumerate(in_bins)
        ],
        whole=Figures.sum(list(kinds.values())),
        kinds=sorted(kinds.items(), key=lambda pair: (-pair[1].total, pair[0])),
    )


def _cells(wanted: Range, start: datetime) -> dict[tuple[int, str], Figures]:
    """Return the figures of each bin and kind."""
    counters = _counters(start)
    width = timedelta(seconds=wanted.bin_s)
    cells: defaultdict[tuple[int, str], list[tuple[Any, ...]]] = defaultdict(list)
    # One text to parse is a lot faster than two for each row.
    histograms = [_parsed(counters, column) for column in (-2, -1)]
    for row, waited, ran in zip(counters, *histograms, strict=True):
        starts_at, kind, word, count = row[:4]
        cells[(starts_at - start) // width, kind].append((word, count, waited, ran))
    return {
        cell: _figures(rows) for cell, rows in cells.items() if cell[0] < wanted.bins
    }


def _figures(rows: Sequence[tuple[Any, ...]]) -> Figures:
    outcomes: dict[str, int] = {}
    for word, count, *_ in rows:
        outcome = word if word in OUTCOMES else OTHER
        outcomes[outcome] = outcomes.get(outcome, 0) + count
    return Figures(
        outcomes, added(row[2] for row in rows), added(row[3] for row in rows)
    )


def _counters(start: datetime) -> list[Any]:
    return list(
        JobCounter.objects.using(jobs_alias())
        .filter(seconds__in=LENGTHS, starts_at__gte=start)
        .values_list(
            *("starts_at", "kind", "outcome", "count"),
            Cast("waited", TextField()),
            Cast("ran", TextField()),
        )
    )


def _parsed(counters: Sequence[Any], column: int) -> list[list[int]]:
    texts = ",".join([row[column] for row in counters])
    parsed: list[list[int]] = json.loads(f"[{texts}]")
    return parsed


def _bin(
    place: int, wanted: Range, start: datetime, now: datetime, figures: Figures
) -> Bin:
    starts_at = start + timedelta(seconds=place * wanted.bin_s)
    over_s = (beginning(now, MINUTE_S) - starts_at).total_seconds()
    minutes = int(min(over_s, wanted.bin_s)) // MINUTE_S
    return Bin(starts_at=starts_at, minutes=minutes, figures=figures)
