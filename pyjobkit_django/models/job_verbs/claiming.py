"""claim and lease: due jobs go to one worker.

A claim looks at the head of each of its lanes, the (queue, kind) pairs, through the
claim index; it locks what nobody else is locking, and moves it. Correctness rests on the
condition of the UPDATE, whatever the isolation level.

A *suspect* is a job that lost a run: its worker died, perhaps of it. A claim takes one at
the most, so that a job that kills its worker meets each neighbour once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, Self, cast
from uuid import UUID

from django.db import connections, models, transaction
from django.db.models.functions import Coalesce

from pyjobkit_django.contracts import ClaimedRow, ClaimRequest
from pyjobkit_django.jobs import ClaimedJob, JobStatus, Verb
from pyjobkit_django.models.clock import DatabaseNow, seconds_from_now, seconds_until
from pyjobkit_django.models.columns import status_is
from pyjobkit_django.models.job_verbs.moving import Moving
from pyjobkit_django.models.postgresql import (
    claim_statement,
    claimed_jobs,
    in_order,
)

#: How often a claim looks again when others took all it saw.
CLAIM_TRIES: Final = 5
#: How many times what it needs a claim looks at, since others look at the same.
LOOK_AHEAD: Final = 4

_ORDER: Final = ("priority", "scheduled_for", "id")
_CLAIMED: Final = (
    "id",
    "kind",
    "payload",
    "version",
    "attempts",
    "max_attempts",
    "created_at",
    "queue",
    "timeout_s",
    "retry_policy",
    "tags",
    "lost_runs",
)
#: What most jobs do not have stands as NULL in their rows.
_RARE: Final = ("chain", "webhooks", "trace_context")
_RUN: Final = (*_CLAIMED, "shadow", *_RARE, "scheduled_for", "started_at")


class Claiming(Moving):
    """Hands out due jobs."""

    def claim(self, request: ClaimRequest) -> list[ClaimedJob]:
        """Lease and start up to ``request.limit`` due jobs, in their order."""
        if _asks_for_nothing(request):
            return []
        if self.is_on_postgresql and is_in_lanes(request):
            table = self.model._meta.db_table
            statement = claim_statement(table, request)
            return claimed_jobs(in_order(self.rows_of(statement)))
        started = {"started_at": DatabaseNow()}
        rows = self._take(request, Verb.CLAIM, JobStatus.RUNNING, _RUN, started)
        return list(map(_claimed, rows))

    def claim_job(
        self, job_id: UUID, worker_id: UUID, ttl_s: float
    ) -> ClaimedJob | None:
        """Lease and start this very job if it is due and nobody's; else None."""
        due = self.filter(pk=job_id, lease_until=None).movable(Verb.CLAIM)
        with transaction.atomic(using=self.db):
            claimed = due.move(
                Verb.CLAIM,
                JobStatus.RUNNING,
                leased_by=worker_id,
                lease_until=seconds_from_now(ttl_s),
                started_at=DatabaseNow(),
            )
            rows = self.filter(pk=job_id).values(*_RUN) if claimed else []
            return next(map(_claimed, rows), None)

    def lease(self, request: ClaimRequest) -> list[ClaimedRow]:
        """Lease up to ``request.limit`` due jobs, which stay queued."""
        columns = (*_CLAIMED, "lease_until")
        rows = self._take(request, Verb.LEASE, JobStatus.QUEUED, columns, {})
        return [cast("ClaimedRow", {**row, "tags": list(row["tags"])}) for row in rows]

    def mark_running(self, job_id: UUID, worker_id: UUID) -> bool:
        """Start a leased job; False where this worker may not, or may no longer."""
        mine = self.filter(
            pk=job_id,
            leased_by=worker_id,
            lease_until__gt=DatabaseNow(),
            cancel_requested=False,
        )
        started = mine.movable(Verb.MARK_RUNNING).move(
            Verb.MARK_RUNNING, JobStatus.RUNNING, started_at=DatabaseNow()
        )
        return bool(started)

    def next_due_s(self, request: ClaimRequest) -> float | None:
        """Return in how many seconds ``request`` could be met, None if not in sight."""
        coming = self.wanted(request).filter(status_is(JobStatus.SCHEDULED))
        moments = coming.annotate(now=DatabaseNow()).order_by("scheduled_for")
        first = moments.values_list("scheduled_for", "now").first()
        # After the scheduled ones: a job promoted in between is seen here.
        if self._heads(request, 1):
            return 0.0
        return None if first is None else seconds_until(*first)

    def _take(
        self,
        request: ClaimRequest,
        verb: Verb,
        status: JobStatus,
        columns: tuple[str, ...],
        values: dict[str, Any],
    ) -> list[dict[str, Any]]:
        """Move the first due jobs and return their columns, in order."""
        lease = {
            "leased_by": request.worker_id,
            "lease_until": seconds_from_now(request.ttl_s),
        }
        for attempt in range(CLAIM_TRIES):
            # On SQLite others are seldom in between, and hold no rows.
            alone = not attempt and not self._features.has_select_for_update
            heads = self._heads(request, request.limit * (1 if alone else LOOK_AHEAD))
            if not heads:
                break
            with transaction.atomic(using=self.db):
                free = heads if alone else self._lock_first(heads, request.limit)
                due = self._due(free) if alone else self.filter(pk__in=free)
                if due.move(verb, status, **lease, **values) < len(free):
                    transaction.set_rollback(True, using=self.db)
                    continue
                taken = self.filter(pk__in=free).order_by(*_ORDER)
                rows = list(taken.values(*columns)) if free else []
            if rows:
                return rows
        return []

    def _lock_first(self, heads: list[UUID], limit: int) -> list[UUID]:
        """Return the first rows that are still due and that nobody else is locking.

        SQLite locks no rows: a transaction there has the database to itself, or fails
        at its first write.
        """
        free: list[UUID] = []
        while heads and len(free) < limit:
            chunk, heads = heads[: limit - len(free)], heads[limit - len(free) :]
            locked = self._due(chunk).select_for_update(skip_locked=True)
            free += locked.values_list("pk", flat=True)
        return free

    def _due(self, ids: list[UUID]) -> Self:
        return self.filter(pk__in=ids, status=JobStatus.QUEUED, lease_until=None)

    def wanted(self, request: ClaimRequest) -> Any:
        """Return the rows of the queues, kinds and tags that ``request`` names."""
        wanted: Any = self.all()
        if request.tags is not None:
            wanted = wanted.filter(tags__has_any_keys=sorted(request.tags))
        if request.queues is not None:
            wanted = wanted.filter(queue__in=request.queues)
        if request.kinds is not None:
            wanted = wanted.filter(kind__in=request.kinds)
        return wanted

    def _heads(self, request: ClaimRequest, limit: int) -> list[UUID]:
        """Return the first due jobs in their order, one suspect at most, unlocked."""
        if _asks_for_nothing(request):
            return []
        queued: Any = self.filter(status_is(JobStatus.QUEUED), lease_until=None)
        due = queued.order_by(*_ORDER).values_list(*_ORDER)
        fresh = due.filter(lost_runs=0)
        lanes: list[Any] = [lane[:limit] for lane in fresh.lanes(request)]
        if request.with_suspect:
            lanes.append(due.suspects(request)[:1])
        if len(lanes) == 1:
            return [row[-1] for row in lanes[0]]
        return self._merge(lanes, limit)

    def suspects(self, request: ClaimRequest) -> Any:
        """Return the suspects that ``request`` admits."""
        suspects = self.filter(lost_runs__gt=0)
        for column, names in (("queue", request.queues), ("kind", request.kinds)):
            if names is not None:
                # Bare columns lead SQLite to every job of the lane.
                bare = {f"{column}_name": Coalesce(column, models.Value(""))}
                suspects = suspects.alias(**bare).filter(
                    **{f"{column}_name__in": names}
                )
        return suspects.wanted(replace(request, queues=None, kinds=None))

    def lanes(self, request: ClaimRequest) -> list[Any]:
        """Return the rows of each queue and kind; all together where not all are named."""
        if request.queues is None or request.kinds is None:
            return [self.wanted(request)]
        tagged = self.wanted(replace(request, queues=None, kinds=None))
        return [
            tagged.filter(queue=queue, kind=kind)
            for queue in sorted(request.queues)
            for kind in sorted(request.kinds)
        ]

    def _merge(self, lanes: list[Any], limit: int) -> list[UUID]:
        # The ORM cannot union ordered, limited selects on every database.
        selects, params = [], []
        for number, lane in enumerate(lanes):
            sql, values = lane.query.get_compiler(using=self.db).as_sql()
            selects.append(f"SELECT * FROM ({sql}) lane{number}")  # noqa: S608 - compiled by the ORM
            params += values
        union, order = " UNION ALL ".join(selects), ", ".join(_ORDER)
        merged = f"SELECT id FROM ({union}) lanes ORDER BY {order} LIMIT {limit}"  # noqa: S608 - the same
        as_id = self.model._meta.pk.to_python
        with connections[self.db].cursor() as cursor:
            cursor.execute(merged, params)
            return [as_id(key) for (key,) in cursor.fetchall()]


def is_in_lanes(request: ClaimRequest) -> bool:
    """Tell whether a request names its queues and kinds, and asks for no tags."""
    named = request.queues is not None and request.kinds is not None
    return named and request.tags is None


def _asks_for_nothing(request: ClaimRequest) -> bool:
    return frozenset() in (request.queues, request.kinds, request.tags)


def _claimed(row: dict[str, Any]) -> ClaimedJob:
    waited = row.pop("started_at") - row.pop("scheduled_for")
    rare = {name: row[name] for name in _RARE if row[name] is not None}
    if "chain" in rare:
        rare["chain"] = tuple(rare["chain"])
    common = {name: value for name, value in row.items() if name not in _RARE}
    return ClaimedJob(**common, **rare, waited_s=max(0.0, waited.total_seconds()))
