"""Carries out what was ordered for all jobs of a search, as a job like others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import transaction

from pyjobkit_django.admin.orders import Order, OrderError
from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.contracts import ExecContext, Executor
from pyjobkit_django.errors import DiscardJob
from pyjobkit_django.models import Job
from pyjobkit_django.monitor.counts import status_counts
from pyjobkit_django.monitor.filtered_sets import Walk
from pyjobkit_django.monitor.job_filter import JobFilter
from pyjobkit_django.registry import register

KIND: Final = "pyjobkit.order"


@dataclass(slots=True)
class Tally:
    """How many jobs were moved, how many could not be, and how many there may be."""

    expected: int
    moved: int = 0
    left: int = 0

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1, as far as anybody knows."""
        done = self.moved + self.left
        return done / max(self.expected, done, 1)

    @property
    def text(self) -> str:
        """The same in words."""
        return f"{self.moved:,} jobs moved, {self.left:,} left as they were"


@register
class OrderExecutor(Executor):
    """Moves the jobs of an order in bites, each in a transaction; may be cancelled."""

    kind = KIND

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> dict[str, int]:
        """Return how many jobs were moved, and how many could not be."""
        try:
            order = Order.read(str(payload.get("order")))
            await sync_to_async(order.check_permission)()
        except OrderError as error:
            raise DiscardJob(str(error)) from error
        await ctx.log(str(order))
        at, expected = await sync_to_async(_beginning)(job_id, order)
        walk, tally = Walk(order.jobs, at), Tally(expected)
        while job_ids := await sync_to_async(walk.step)():
            moved = await sync_to_async(_move)(order, job_ids)
            tally.moved += moved
            tally.left += len(job_ids) - moved
            place = {"at": str(walk.at)} if walk.at else {}
            await ctx.set_progress(tally.share, text=tally.text, **place)
        await ctx.set_progress(1.0, text=tally.text)
        await ctx.log(tally.text)
        return {"moved": tally.moved, "left": tally.left}


def _beginning(job_id: UUID, order: Order) -> tuple[UUID | None, int]:
    """Return where a run that was lost had got to, and how many jobs there may be."""
    jobs = Job.objects.using(jobs_alias()).filter(pk=job_id)
    told = jobs.values_list("progress_meta", flat=True).first() or {}
    counts = status_counts(JobFilter.read(order.filters)[0])
    expected = sum(counts[status].number for status in order.jobs.sources)
    return (UUID(told["at"]) if told.get("at") else None), expected


def _move(order: Order, job_ids: Sequence[UUID]) -> int:
    jobs = Job.objects.using(jobs_alias()).filter(pk__in=job_ids)
    with transaction.atomic(using=jobs.db):
        # Locked, so that what is asked to stop already, or has moved on, stays as it is.
        found = list(jobs.only("id", "status", "cancel_requested").locked(wait=True))
        movable = [
            job.pk
            for job in found
            if order.what.moves(job) and not job.cancel_requested
        ]
        return len(order.what.verb_of_many(movable))
