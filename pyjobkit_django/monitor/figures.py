"""What runs came to over a while, from the counters; the table of jobs is not touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.histograms import BUCKETS, percentile
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


@dataclass(slots=True)
class Figures:
    """What some runs came to, and how long their jobs waited and ran."""

    outcomes: Counter[str] = field(default_factory=Counter)
    waited: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    ran: list[int] = field(default_factory=lambda: [0] * BUCKETS)

    def add(
        self, outcome: str, count: int, waited: Iterable[int], ran: Iterable[int]
    ) -> None:
        """Add a counter."""
        self.outcomes[outcome] += count
        for bucket, more in enumerate(waited):
            self.waited[bucket] += more
        for bucket, more in enumerate(ran):
            self.ran[bucket] += more

    @property
    def total(self) -> int:
        """How many runs there were."""
        return sum(self.outcomes.values())

    @property
    def failed(self) -> int:
        """How many jobs failed for good."""
        return sum(self.outcomes[outcome] for outcome in FAILURES)

    @property
    def failure_rate(self) -> float | None:
        """Which share of the jobs that were decided failed; None where none were."""
        decided = sum(self.outcomes[outcome] for outcome in _DECIDED)
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
        return self.figures.outcomes[outcome] / max(self.minutes, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A range in its bins, as a whole, and by kind, the busiest first."""

    range: Range
    bins: Sequence[Bin]
    whole: Figures
    kinds: Sequence[tuple[str, Figures]]


def overview(wanted: Range, now: datetime) -> Overview:
    """Return what runs came to within a range that ends ``now``."""
    start = wanted.start(now)
    bins = [Figures() for _ in range(wanted.bins)]
    whole, kinds = Figures(), {}
    for starts_at, kind, word, *numbers in _counters(start):
        place = int((starts_at - start).total_seconds()) // wanted.bin_s
        if place >= wanted.bins:
            continue
        outcome = word if word in OUTCOMES else OTHER
        if kind not in kinds:
            kinds[kind] = Figures()
        for figures in (bins[place], whole, kinds[kind]):
            figures.add(outcome, *numbers)
    return Overview(
        range=wanted,
        bins=[_bin(place, wanted, start, now, each) for place, each in enumerate(bins)],
        whole=whole,
        kinds=sorted(kinds.items(), key=lambda pair: (-pair[1].total, pair[0])),
    )


def _counters(start: datetime) -> Any:
    # The lengths let the unique index lead to the times.
    return (
        JobCounter.objects.using(jobs_alias())
        .filter(seconds__in=(MINUTE_S, QUARTER_S, HOUR_S), starts_at__gte=start)
        .values_list("starts_at", "kind", "outcome", "count", "waited", "ran")
        .iterator(2_000)
    )


def _bin(
    place: int, wanted: Range, start: datetime, now: datetime, figures: Figures
) -> Bin:
    starts_at = start + timedelta(seconds=place * wanted.bin_s)
    over_s = (beginning(now, MINUTE_S) - starts_at).total_seconds()
    minutes = int(min(over_s, wanted.bin_s)) // MINUTE_S
    return Bin(starts_at=starts_at, minutes=minutes, figures=figures)
