"""What a worker's runs came to, minute by minute, in memory until it is written down."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from pyjobkit_django.contracts import ClaimedJob, JobCount
from pyjobkit_django.histograms import BUCKETS, bucket_of

MINUTE_S: Final = 60
#: So many counts are held while the backend is out of reach; then the oldest go.
MAX_HELD: Final = 20_000

type Key = tuple[int, str, str, str]


class Cell:
    """One count with its histograms."""

    __slots__ = ("count", "ran", "waited")

    def __init__(self) -> None:
        self.count = 0
        self.waited = [0] * BUCKETS
        self.ran = [0] * BUCKETS


class Tally:
    """Counts runs by minute, queue, kind and outcome; ``clock`` tells the wall's time."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._cells: dict[Key, Cell] = {}

    def add(self, job: ClaimedJob, outcome: str, ran_s: float | None) -> None:
        """Count a run whose outcome was accepted."""
        key = (int(self._clock()) // MINUTE_S, job.queue, job.kind, outcome)
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = Cell()
            self._make_room()
        cell.count += 1
        if job.waited_s is not None:
            cell.waited[bucket_of(job.waited_s)] += 1
        if ran_s is not None:
            cell.ran[bucket_of(ran_s)] += 1

    def ended(self) -> list[JobCount]:
        """Return the counts of the minutes that are over."""
        this_minute = int(self._clock()) // MINUTE_S
        return [count for count in self.all() if _minute_of(count) < this_minute]

    def all(self) -> list[JobCount]:
        """Return every count, that of the minute under way as well."""
        return list(self._counts())

    def forget(self, counts: Iterable[JobCount]) -> None:
        """Drop counts that are written down."""
        for count in counts:
            key = (_minute_of(count), count.queue, count.kind, count.outcome)
            self._cells.pop(key, None)

    def next_minute_s(self) -> float:
        """Return in how many seconds the minute under way is over."""
        return MINUTE_S - self._clock() % MINUTE_S

    def _counts(self) -> Iterator[JobCount]:
        for (minute, queue, kind, outcome), cell in self._cells.items():
            yield JobCount(
                starts_at=datetime.fromtimestamp(minute * MINUTE_S, UTC),
                queue=queue,
                kind=kind,
                outcome=outcome,
                count=cell.count,
                waited=tuple(cell.waited),
                ran=tuple(cell.ran),
            )

    def _make_room(self) -> None:
        while len(self._cells) > MAX_HELD:
            del self._cells[next(iter(self._cells))]


def _minute_of(count: JobCount) -> int:
    return int(count.starts_at.timestamp()) // MINUTE_S
