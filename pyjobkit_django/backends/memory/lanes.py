"""Where jobs in memory wait: one lane for each queue, kind and tag."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import heapify, heappop, heappush, heapreplace
from itertools import count
from typing import Any, Final

from pyjobkit_django.backends.memory.job import LaneKey, StoredJob
from pyjobkit_django.contracts import ClaimRequest

#: A job's place, the number of its turn, and the job.
type Entry = tuple[tuple[Any, ...], int, StoredJob]

#: So many entries of jobs that have left are not worth tidying.
IDLE_ENTRIES: Final = 64


def in_claim_order(job: StoredJob) -> tuple[Any, ...]:
    """Place by priority, then by due time, then by age."""
    return job.spec.priority, job.scheduled_for, job.id.int


def in_due_order(job: StoredJob) -> tuple[Any, ...]:
    """Place by due time, then by age."""
    return job.scheduled_for, job.id.int


class Lane:
    """The jobs that one claim may take, in order.

    A job that leaves ends its turn; its entry goes when it comes to the front, or when
    such entries outnumber the waiting jobs.
    """

    __slots__ = ("_entries", "waiting")

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self.waiting = 0

    def add(self, entry: Entry) -> None:
        heappush(self._entries, entry)
        self.waiting += 1

    def forget_one(self) -> None:
        self.waiting -= 1
        if len(self._entries) > 2 * self.waiting + IDLE_ENTRIES:
            self._entries = [entry for entry in self._entries if is_waiting(entry)]
            heapify(self._entries)

    def first(self) -> Entry | None:
        entries = self._entries
        while entries:
            if is_waiting(entries[0]):
                return entries[0]
            heappop(entries)
        return None


class Lanes:
    """All jobs that wait for the same thing.

    A job stands in the lane of its queue and kind that knows no tag (the tag None), and
    in one for each of its tags; suspects have lanes of their own. So no claim walks past
    jobs it may not take.
    """

    def __init__(self, order: Callable[[StoredJob], tuple[Any, ...]]) -> None:
        """Keep each lane in the order of the places that ``order`` gives."""
        self._order = order
        self._lanes: dict[LaneKey, Lane] = {}
        self._turns = count(1)
        self._waiting = 0

    def __len__(self) -> int:
        return self._waiting

    def add(self, job: StoredJob) -> None:
        """Let a job wait."""
        job.turn = next(self._turns)
        entry = (self._order(job), job.turn, job)
        for key in job.lanes:
            lane = self._lanes.get(key)
            if lane is None:
                lane = self._lanes[key] = Lane()
            lane.add(entry)
        self._waiting += 1

    def remove(self, job: StoredJob) -> None:
        """Let a waiting job go."""
        job.turn = 0
        for key in job.lanes:
            lane = self._lanes[key]
            lane.forget_one()
            if not lane.waiting:
                del self._lanes[key]
        self._waiting -= 1

    def first(self, request: ClaimRequest | None = None) -> StoredJob | None:
        """Return the first job, of all or of those that ``request`` may take."""
        entries = [lane.first() for lane in self._open_to(request)]
        first = min((entry for entry in entries if entry), default=None)
        return first[-1] if first else None

    def take(self, request: ClaimRequest) -> list[StoredJob]:
        """Remove and return the jobs that ``request`` takes, in order."""
        fronts = [
            (entry, number, lane)
            for number, lane in enumerate(self._open_to(request))
            if (entry := lane.first())
        ]
        heapify(fronts)
        taken: list[StoredJob] = []
        while fronts and len(taken) < request.limit:
            entry, number, lane = fronts[0]
            job = entry[-1]
            if is_waiting(entry):
                self.remove(job)
                taken.append(job)
            following = lane.first()
            if job.lost_runs and job in taken:
                # One suspect is all that a claim takes.
                fronts = [front for front in fronts if not front[0][-1].lost_runs]
                heapify(fronts)
            elif following:
                heapreplace(fronts, (following, number, lane))
            else:
                heappop(fronts)
        return taken

    def take_due(self, now: datetime) -> list[StoredJob]:
        """Remove and return the jobs whose time has come."""
        due = []
        for lane in list(self._open_to(None)):
            while (entry := lane.first()) and entry[-1].scheduled_for <= now:
                self.remove(entry[-1])
                due.append(entry[-1])
        return due

    def _open_to(self, request: ClaimRequest | None) -> Iterator[Lane]:
        if request is None:
            yield from (lane for key, lane in self._lanes.items() if key[2] is None)
            return
        kinds, queues, tags = request.kinds, request.queues, request.tags
        for (queue, kind, tag, suspect), lane in self._lanes.items():
            if (
                (tag is None if tags is None else tag in tags)
                and (kinds is None or kind in kinds)
                and (queues is None or queue in queues)
                and (request.with_suspect or not suspect)
            ):
                yield lane


def is_waiting(entry: Entry) -> bool:
    """Tell whether the entry's job still waits in that turn."""
    return entry[-1].turn == entry[1]
