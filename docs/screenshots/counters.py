"""A week of counters: busier by day than by night, with one bad quarter of an hour."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from docs.screenshots.wording import KINDS
from pyjobkit_django.histograms import BUCKETS, bucket_of
from pyjobkit_django.models import JobCounter
from pyjobkit_django.models.job_counter import HOUR_S, MINUTE_S, QUARTER_S, beginning

#: The median run time of each kind, in seconds.
RUNS_S: Final = {
    "http": 0.18,
    "reports.sales": 2.4,
    "reports.pack": 0.6,
    "subprocess": 1.1,
    "ssh": 4.2,
}
#: How often each kind ends otherwise than well.
TROUBLE: Final = {"http": 0.04, "ssh": 0.03, "reports.sales": 0.008}
#: When, by minutes ago, something was wrong.
BAD_MINUTES: Final = ((22, 34), (3_300, 3_500))
#: How often times are drawn for a histogram; more would only smooth it.
DRAWN: Final = 60


def write_counters(now: datetime) -> None:
    """Fill the table up to ``now``."""
    chance = random.Random(11)  # noqa: S311 - the same week each time
    rows = [
        row
        for starts_at, s in _stretches(now)
        for row in _rows(starts_at, s, now, chance)
    ]
    JobCounter.objects.bulk_create(rows, batch_size=500)


def _stretches(now: datetime) -> Iterator[tuple[datetime, int]]:
    hours = beginning(now - timedelta(days=1), HOUR_S)
    quarters = beginning(now - timedelta(minutes=75), QUARTER_S)
    at = hours - timedelta(days=6, hours=1)
    for end, seconds in (
        (hours, HOUR_S),
        (quarters, QUARTER_S),
        (beginning(now, MINUTE_S), MINUTE_S),
    ):
        while at < end:
            yield at, seconds
            at += timedelta(seconds=seconds)


def _rows(
    starts_at: datetime, seconds: int, now: datetime, chance: random.Random
) -> Iterator[JobCounter]:
    ago_min = (now - starts_at).total_seconds() / 60
    bad = any(begin < ago_min < end for begin, end in BAD_MINUTES)
    day = 0.55 + 0.45 * math.sin(
        (starts_at.hour - 8 + starts_at.minute / 60) / 24 * 2 * math.pi
    )
    for kind, weight in KINDS.items():
        per_minute = weight * 0.9 * day * chance.uniform(0.8, 1.2)
        total = round(per_minute * seconds / MINUTE_S)
        wrong = min(1.0, TROUBLE.get(kind, 0.002) * (9 if bad else 1))
        shares = {
            "failed": wrong * 0.25,
            "timeout": wrong * 0.1,
            "retry": wrong * 0.65,
            "cancelled": 0.004,
        }
        counts = {word: _about(total * share, chance) for word, share in shares.items()}
        counts["success"] = max(0, total - sum(counts.values()))
        for word, count in counts.items():
            if count:
                yield JobCounter(
                    starts_at=starts_at,
                    seconds=seconds,
                    worker_id=UUID(int=0),
                    queue="reports" if kind.startswith("reports") else "default",
                    kind=kind,
                    outcome=word,
                    count=count,
                    waited=_histogram(count, 0.7 if bad else 0.05, chance),
                    ran=_histogram(count, RUNS_S[kind] * (3 if bad else 1), chance),
                )


def _about(expected: float, chance: random.Random) -> int:
    return int(expected) + (chance.random() < expected % 1)


def _histogram(count: int, median_s: float, chance: random.Random) -> list[int]:
    counts = [0] * BUCKETS
    draws = min(count, DRAWN)
    for draw in range(draws):
        weight = count // draws + (draw < count % draws)
        counts[bucket_of(chance.lognormvariate(math.log(median_s), 0.8))] += weight
    return counts
