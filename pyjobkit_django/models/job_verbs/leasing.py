"""promote, extend and reap: time passes, and leases with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import models, transaction

from pyjobkit_django.contracts import LeaseReport, ProgressUpdate, Sweep
from pyjobkit_django.jobs import JobStatus, Verb
from pyjobkit_django.models.clock import DatabaseNow, seconds_from_now, seconds_until
from pyjobkit_django.models.columns import status_is
from pyjobkit_django.models.history import JobAttempt
from pyjobkit_django.models.job_verbs.moving import (
    BATCH,
    NO_LEASE,
    Moving,
    in_batches,
    per_row,
)
from pyjobkit_django.models.postgresql import extend_statement, progress_statement
from pyjobkit_django.outcomes import CANCELLED, LEASE_EXPIRED

#: The most jobs that one statement promotes.
PROMOTE_BATCH: Final = 1_000


class Leasing(Moving):
    """Moves what time has overtaken, and holds what is still running."""

    def promote(self) -> Sweep:
        """Queue the scheduled jobs that are due by the database's clock."""
        waiting = self.filter(status_is(JobStatus.SCHEDULED))
        return _swept(waiting, "scheduled_for", self._promote_batch, PROMOTE_BATCH)

    def extend(
        self, worker_id: UUID, versions: Mapping[UUID, int], ttl_s: float
    ) -> LeaseReport:
        """Hold running jobs, given as id → version, for ``ttl_s`` seconds from now."""
        held: dict[UUID, bool] = {}
        for ids in in_batches(versions):
            held |= self._hold(worker_id, {key: versions[key] for key in ids}, ttl_s)
        return LeaseReport(
            extended=frozenset(held),
            lost=self._lost(worker_id, versions, set(versions) - held.keys()),
            cancel_requested=frozenset(key for key, asked in held.items() if asked),
        )

    def _hold(
        self, worker_id: UUID, versions: Mapping[UUID, int], ttl_s: float
    ) -> dict[UUID, bool]:
        """Return which jobs could be held, and whether each is to be cancelled."""
        if self.is_on_postgresql:
            table = self.model._meta.db_table
            statement = extend_statement(table, worker_id, versions, ttl_s)
            return dict(self.rows_of(statement))
        with transaction.atomic(using=self.db):
            rows = self.running_on(worker_id).filter(pk__in=versions).locked()
            found = rows.values_list("pk", "version", "cancel_requested")
            mine = {
                key: asked for key, version, asked in found if versions[key] == version
            }
            self.filter(pk__in=mine).move(
                Verb.EXTEND, JobStatus.RUNNING, lease_until=seconds_from_now(ttl_s)
            )
        return mine

    def cancel_requests(self, job_ids: Collection[UUID]) -> frozenset[UUID]:
        """Return those of the running jobs that are to be cancelled."""
        asked = self.filter(pk__in=job_ids, cancel_requested=True)
        return frozenset(asked.values_list("pk", flat=True))

    def reap(self) -> Sweep:
        """Take back the jobs whose lease has ended by the database's clock."""
        leased = self.filter(lease_until__isnull=False)
        return _swept(leased, "lease_until", self._reap_batch, BATCH)

    def record_progress(self, updates: Sequence[ProgressUpdate]) -> None:
        """Keep the latest progress of running jobs; other versions' is dropped."""
        if updates and self.is_on_postgresql:
            self.run(progress_statement(self.model._meta.db_table, updates))
            return
        latest = {update.job_id: update for update in updates}
        for ids in in_batches(latest):
            with transaction.atomic(using=self.db):
                rows = self.filter(pk__in=ids, status=JobStatus.RUNNING).locked()
                current = [
                    latest[key]
                    for key, version in rows.values_list("pk", "version")
                    if latest[key].version == version
                ]
                values = {update.job_id: update.value for update in current}
                metas = {update.job_id: update.meta for update in current}
                self.filter(pk__in=values).update(
                    progress=per_row(values, models.FloatField()),
                    progress_meta=per_row(metas, models.JSONField()),
                )

    def _promote_batch(self) -> int:
        with transaction.atomic(using=self.db):
            due = self.filter(
                status_is(JobStatus.SCHEDULED), scheduled_for__lte=DatabaseNow()
            )
            first = due.locked().order_by("scheduled_for").values_list("pk", flat=True)
            ids = list(first[:PROMOTE_BATCH])
            return (
                self.filter(pk__in=ids)
                .movable(Verb.PROMOTE)
                .move(Verb.PROMOTE, JobStatus.QUEUED)
            )

    def _reap_batch(self) -> int:
        with transaction.atomic(using=self.db):
            # Locked by id: by the index of leases MariaDB would lock that first, and
            # wait for an extend that locked the row first.
            expired = self.filter(lease_until__lt=DatabaseNow())
            ids = list(expired.order_by("pk").values_list("pk", flat=True)[:BATCH])
            rows = expired.filter(pk__in=ids).locked()
            groups: dict[tuple[Verb, JobStatus], list[Any]] = defaultdict(list)
            for row in rows:
                groups[_fate(row)].append(row)
            for (verb, status), lost in groups.items():
                self._take_back(verb, status, lost)
            return sum(map(len, groups.values()))

    def _take_back(self, verb: Verb, status: JobStatus, expired: list[Any]) -> None:
        rows = self.filter(pk__in=[row.pk for row in expired])
        if verb is Verb.REAP_UNSTARTED:
            rows.move(verb, status, **NO_LEASE)
            return
        lost = {"lost_runs": models.F("lost_runs") + 1}
        if status is JobStatus.QUEUED:
            failure = LEASE_EXPIRED.as_json()
            rows.move(verb, status, failure=failure, **lost, **NO_LEASE)
        else:
            end = CANCELLED if status is JobStatus.CANCELLED else LEASE_EXPIRED
            rows.end(verb, status, failure=end.as_json(), **lost)
        JobAttempt.objects.using(self.db).bulk_create(map(_lost_attempt, expired))

    def running_on(self, worker_id: UUID) -> Any:
        """Return the rows that this worker is running."""
        return self.filter(status=JobStatus.RUNNING, leased_by=worker_id)

    def _lost(
        self, worker_id: UUID, versions: Mapping[UUID, int], missing: set[UUID]
    ) -> frozenset[UUID]:
        if not missing:
            return frozenset()
        # What is still ours was locked by somebody, a cancel perhaps: not lost, busy.
        rows = self.running_on(worker_id).filter(pk__in=missing)
        busy = {
            key
            for key, version in rows.values_list("pk", "version")
            if versions[key] == version
        }
        return frozenset(missing - busy)


def _swept(rows: Any, column: str, move_batch: Callable[[], int], batch: int) -> Sweep:
    """Move the rows whose moment has come; while there are none, one look is all."""
    next_in_s = _seconds_to_first(rows, column)
    if next_in_s != 0.0:
        return Sweep(next_in_s=next_in_s)
    count, full = 0, True
    while full:
        moved = move_batch()
        count, full = count + moved, moved == batch
    return Sweep(count=count, next_in_s=_seconds_to_first(rows, column))


def _seconds_to_first(rows: Any, column: str) -> float | None:
    ordered = rows.annotate(now=DatabaseNow()).order_by(column)
    row = ordered.values_list(column, "now").first()
    return None if row is None else seconds_until(*row)


def _fate(row: Any) -> tuple[Verb, JobStatus]:
    if row.status == JobStatus.QUEUED:
        return Verb.REAP_UNSTARTED, JobStatus.QUEUED
    if row.cancel_requested:
        return Verb.REAP_RUNNING, JobStatus.CANCELLED
    if row.attempts < row.max_attempts:
        return Verb.REAP_RUNNING, JobStatus.QUEUED
    return Verb.REAP_RUNNING, JobStatus.FAILED


def _lost_attempt(row: Any) -> JobAttempt:
    return JobAttempt(
        job_id=row.pk,
        version=row.version,
        attempt=row.attempts,
        worker_id=row.leased_by,
        status=JobStatus.FAILED.value,
        started_at=row.started_at,
        finished_at=DatabaseNow(),
        failure=LEASE_EXPIRED.as_json(),
    )
