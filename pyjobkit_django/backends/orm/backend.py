"""The backend contract over the tables: async verbs, each run on the lane it belongs to."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Self
from uuid import UUID

from django.db import connections

from pyjobkit_django.backends.bulk import BulkBackend
from pyjobkit_django.backends.orm import moves
from pyjobkit_django.backends.orm.deadlines import Deadlines
from pyjobkit_django.backends.orm.lanes import (
    CallerLane,
    Duty,
    Lane,
    WorkerLanes,
    close_if_broken,
)
from pyjobkit_django.backends.orm.slots import thread_slot
from pyjobkit_django.backends.orm.wakeups import (
    Announcing,
    announce,
    listen,
    speaks_psycopg,
)
from pyjobkit_django.contracts import (
    EXTRA_FIELDS,
    ClaimedJob,
    ClaimedRow,
    ClaimRequest,
    JobCount,
    JobRecord,
    JobSpec,
    LeaseReport,
    Outcome,
    ProgressUpdate,
    Slot,
    Sweep,
    Wakeup,
    WakeupKind,
    WorkerBeat,
)
from pyjobkit_django.errors import OptimisticLockError
from pyjobkit_django.jobs import FINAL, JobStatus
from pyjobkit_django.models import Job, JobCounter, WorkerRecord
from pyjobkit_django.models.job_verbs import JobQuerySet
from pyjobkit_django.models.job_verbs.claiming import is_in_lanes
from pyjobkit_django.models.worker_record import WorkerRecordQuerySet

if TYPE_CHECKING:
    from pyjobkit_django.backends.orm.hot_lane import HotLane

EVER = timedelta(0)


class DjangoBackend(BulkBackend):
    """Jobs in the database that Django's routers choose, or in ``using``.

    Verbs run on ``lane``, by default the calling thread's, so that they take part in its
    transaction. A worker's session gives the claim, the settle and the lease threads of
    their own; with an explicit ``lane`` a worker too stays on it.
    """

    stores: ClassVar[frozenset[str]] = EXTRA_FIELDS
    supports_operating: ClassVar[bool] = True
    keeps_counts: ClassVar[bool] = True

    def __init__(
        self,
        *,
        lease_ttl_s: float = 30.0,
        using: str | None = None,
        lane: Lane | None = None,
        notify: bool = True,
    ) -> None:
        self.lease_ttl_s = lease_ttl_s
        self.using = moves.jobs_alias(using)
        self.notify = notify
        self._lane = lane or CallerLane()
        self._stays = lane is not None
        self.lanes: WorkerLanes | None = None
        self.hot_lane: HotLane | None = None

    # The caller's verbs.

    async def enqueue_many(self, specs: Sequence[JobSpec]) -> list[UUID]:
        return await self._lane.run(moves.enqueue, specs, self.using)

    async def get(self, job_id: UUID) -> JobRecord:
        job: Job = await self._lane.run(self._jobs.fetch, job_id)
        return job.record()

    async def cancel(self, job_id: UUID) -> None:
        await self._lane.run(moves.cancel, job_id, self.using)

    async def requeue(self, job_ids: Collection[UUID]) -> frozenset[UUID]:
        return await self._lane.run(moves.requeue, job_ids, self.using)

    async def run_now(self, job_ids: Collection[UUID]) -> frozenset[UUID]:
        return await self._lane.run(moves.run_now, job_ids, self.using)

    async def ask_to_drain(self, worker_id: UUID) -> bool:
        return await self._lane.run(self._workers.ask_to_drain, worker_id)

    async def delete(self, job_ids: Collection[UUID]) -> frozenset[UUID]:
        return await self._lane.run(moves.erase, job_ids, self.using)

    async def queue_depth(self) -> int:
        return await self._on(Duty.TEND).run(self._jobs.depth)

    async def check_connection(self) -> None:
        # A worker asks this where its own connections have failed: on a fresh one.
        await self._on(Duty.CHECK).run(
            self._touch_afresh if self.lanes else self._touch
        )

    async def purge_finished(
        self,
        *,
        older_than: timedelta | None = None,
        statuses: Collection[JobStatus] = tuple(FINAL),
    ) -> int:
        def purge() -> int:
            return self._jobs.purge(statuses=statuses, older_than=older_than or EVER)

        return await self._lane.run(purge)

    # The worker's verbs.

    async def claim(self, request: ClaimRequest) -> list[ClaimedJob]:
        if self.hot_lane and is_in_lanes(request):
            return await self.hot_lane.claim(request)
        return await self._on(Duty.CLAIM).run(self._jobs.claim, request)

    async def claim_job(
        self, job_id: UUID, worker_id: UUID, *, ttl_s: float
    ) -> ClaimedJob | None:
        lane = self._on(Duty.CLAIM)
        return await lane.run(self._jobs.claim_job, job_id, worker_id, ttl_s)

    async def lease(self, request: ClaimRequest) -> list[ClaimedRow]:
        return await self._on(Duty.CLAIM).run(self._jobs.lease, request)

    async def mark_running(self, job_id: UUID, worker_id: UUID) -> None:
        lane = self._on(Duty.CLAIM)
        if not await lane.run(self._jobs.mark_running, job_id, worker_id):
            raise OptimisticLockError(
                f"job {job_id} is not leased by worker {worker_id}, or may not start"
            )

    async def settle(self, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        if self.hot_lane and not any(outcome.follow_ups for outcome in outcomes):
            accepted = await self.hot_lane.settle(outcomes)
            if accepted is not None:
                await self._announce_ends(outcomes)
                return accepted
        return await self._on(Duty.SETTLE).run(moves.settle, outcomes, self.using)

    async def extend_leases(
        self, worker_id: UUID, versions: Mapping[UUID, int], ttl_s: float
    ) -> LeaseReport:
        lane = self._on(Duty.LEASE)
        return await lane.run(self._jobs.extend, worker_id, versions, ttl_s)

    async def cancel_requests(self, job_ids: Collection[UUID]) -> frozenset[UUID]:
        return await self._on(Duty.LEASE).run(self._jobs.cancel_requests, job_ids)

    async def promote(self) -> Sweep:
        return await self._on(Duty.TEND).run(moves.promote, self.using)

    async def reap(self) -> Sweep:
        return await self._on(Duty.TEND).run(moves.reap, self.using)

    async def next_due_s(self, request: ClaimRequest) -> float | None:
        return await self._on(Duty.CLAIM).run(self._jobs.next_due_s, request)

    async def record_progress(self, updates: Sequence[ProgressUpdate]) -> None:
        if self.hot_lane:
            await self.hot_lane.record_progress(updates)
        else:
            await self._on(Duty.SETTLE).run(self._jobs.record_progress, updates)

    async def heartbeat(self, beat: WorkerBeat) -> bool:
        return await self._on(Duty.TEND).run(self._beat, beat)

    async def record_counts(self, worker_id: UUID, counts: Sequence[JobCount]) -> None:
        counters = JobCounter.objects.using(self.using)
        await self._on(Duty.TEND).run(counters.record, worker_id, counts)

    async def roll_up_counts(self) -> None:
        await self._on(Duty.TEND).run(JobCounter.objects.using(self.using).roll_up)

    async def listen(self, receive: Callable[[Wakeup], None]) -> None:
        if self.notify:
            await listen(self.using, receive, self._deadlines)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Slot]:
        async with thread_slot() as slot:
            yield slot

    @asynccontextmanager
    async def worker_session(self) -> AsyncIterator[Self]:
        if self._stays:
            yield self
            return
        features = connections[self.using].features
        lanes = WorkerLanes(
            one_writer=not features.has_select_for_update, deadlines=self._deadlines
        )
        hot_lane = _hot_lane(self._deadlines)
        try:
            yield self._with(lanes, hot_lane)
        finally:
            if hot_lane:
                await hot_lane.close()
            await lanes.close()

    @property
    def _workers(self) -> WorkerRecordQuerySet:
        return WorkerRecord.objects.using(self.using)

    @property
    def _jobs(self) -> JobQuerySet:
        return Job.objects.using(self.using)

    @property
    def _deadlines(self) -> Deadlines:
        return Deadlines(self.using, self.lease_ttl_s)

    def _with(self, lanes: WorkerLanes, hot_lane: HotLane | None) -> Self:
        own = copy.copy(self)
        own.lanes, own.hot_lane = lanes, hot_lane
        return own

    async def _announce_ends(self, outcomes: Sequence[Outcome]) -> None:
        hints = list(moves.hints_after(outcomes))
        if hints:
            await self._on(Duty.SETTLE).run(announce, self.using, *hints)

    def _on(self, duty: Duty) -> Lane:
        return self.lanes[duty] if self.lanes else self._lane

    def _touch(self) -> None:
        connection = connections[self.using]
        # The database may have restarted: what counts is whether it answers now.
        close_if_broken(connection)
        if connection.features.has_select_for_update:
            # Changes nothing, and yet fails where the database is read-only.
            WorkerRecord.objects.using(self.using).touch()
        else:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")

    def _touch_afresh(self) -> None:
        connection = connections[self.using]
        if connection.features.has_select_for_update:
            connection.close()
        try:
            self._touch()
        finally:
            if connection.features.has_select_for_update:
                connection.close()

    def _beat(self, beat: WorkerBeat) -> bool:
        now = None
        if connections[self.using].vendor == "postgresql":
            now = Announcing(Wakeup(WakeupKind.PROBE, str(beat.worker_id)))
        return self._workers.beat(beat, now)


def _hot_lane(deadlines: Deadlines) -> HotLane | None:
    if not speaks_psycopg(deadlines.using):
        return None
    from pyjobkit_django.backends.orm.hot_lane import HotLane  # noqa: PLC0415 - needs a driver that other databases lack

    return HotLane(deadlines)
