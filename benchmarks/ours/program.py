"""Our queue's commands: enqueue, and look at what became of the jobs."""

from __future__ import annotations

import django

django.setup()

import time
from datetime import timedelta

from django.core.management import call_command
from django.db.models import Min

from benchmarks.ours import mountains
from benchmarks.ours.executors import LINES
from benchmarks.program import Reply, SyncProgram, main
from pyjobkit_django import enqueue, enqueue_many
from pyjobkit_django.models import Job, JobLog

#: How many jobs one of two that are compared enqueues before it is the other's turn.
_TURN = 20


class Ours(SyncProgram):
    """Our queue; beside the usual commands, looks at what the jobs left behind."""

    def install(self) -> Reply:
        call_command("migrate", verbosity=0)
        return None

    def send(self, kind: str, sent: int | None = None) -> object:
        return enqueue(kind, {"sent": sent} if sent else {})

    def send_many(self, kind: str, jobs: int) -> object:
        return enqueue_many({"kind": kind, "payload": {}} for _ in range(jobs))

    def beside_the_orm(self, jobs: str) -> Reply:
        """Enqueue jobs, and make the same rows through the plain ORM, in short turns.

        Returns the rates a second of ``enqueue`` and of ``create``.
        """
        (first,) = enqueue_many([{"kind": "noop", "payload": {}}])
        stored = dict(Job.objects.values().get(pk=first))
        del stored["id"]
        took_s = dict.fromkeys(("enqueue", "create"), 0.0)
        for number in range(-1, int(jobs) // _TURN):
            start = time.perf_counter()
            for _ in range(_TURN):
                self.send("noop")
            middle = time.perf_counter()
            for _ in range(_TURN):
                Job.objects.create(**stored)
            if number >= 0:  # the first turn warms up
                took_s["enqueue"] += middle - start
                took_s["create"] += time.perf_counter() - middle
        return {name: int(jobs) / seconds for name, seconds in took_s.items()}

    def pile(self, finished: str, later: str, foreign: str) -> Reply:
        """Lay the mountains that a claim must not feel."""
        mountains.pile(int(finished), int(later), int(foreign))
        return None

    def urge(self) -> Reply:
        """Enqueue one job of priority 1."""
        enqueue("late", {"sent": time.time_ns()}, priority=1)
        return None

    def lines(self) -> Reply:
        """Return how many log lines are stored, and the jobs with all their progress."""
        stored = sum(
            len(batch) for batch in JobLog.objects.values_list("lines", flat=True)
        )
        whole = Job.objects.filter(kind="chatty", progress=1, status="success").count()
        return {"lines": stored, "whole": whole, "expected_lines": LINES * whole}

    def pace_of_ends(self, slice_size: str) -> Reply:
        """Return the rates at which the first and the last jobs ended."""
        ends = list(
            Job.objects.filter(kind="noop", status="success")
            .order_by("finished_at")
            .values_list("finished_at", flat=True)
        )
        begun = Job.objects.filter(kind="noop").aggregate(at=Min("started_at"))["at"]
        size = int(slice_size)
        return {
            "first": _rate(size, ends[size - 1] - begun),
            "last": _rate(size, ends[-1] - ends[-size - 1]),
        }


def _rate(jobs: int, took: timedelta) -> float:
    return jobs / took.total_seconds()


if __name__ == "__main__":
    main(Ours())
