"""enqueue: jobs come into the table, each key once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import batched
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, models, transaction
from django.db.models.lookups import LessThanOrEqual

from pyjobkit_django.jobs import JobSpec, JobStatus
from pyjobkit_django.models.clock import DatabaseNow
from pyjobkit_django.models.job_verbs.moving import Moving
from pyjobkit_django.models.postgresql import Statement, enqueue_statement

#: The most jobs in one statement.
MOST: Final = 10_000
#: How often a key whose holder vanished between two statements is tried again.
KEY_TRIES: Final = 10


class Enqueueing(Moving):
    """Inserts jobs."""

    def enqueue(self, specs: Sequence[JobSpec]) -> list[UUID]:
        """Insert jobs, all or none; return their ids in order.

        A spec whose idempotency_key or unique_key is held gives the holder's id.
        """
        if _have_keys(specs):
            with transaction.atomic(using=self.db):
                return self._enqueue_with_keys(specs)
        if self.is_on_postgresql:
            self._enqueue_at_once(specs)
        elif len(specs) == 1:
            self._row(specs[0]).save(using=self.db, force_insert=True)
        else:
            self.bulk_create(map(self._row, specs))
        return [spec.id for spec in specs]

    def _enqueue_at_once(self, specs: Sequence[JobSpec]) -> None:
        table = self.model._meta.db_table
        if len(specs) <= MOST:
            self.run(enqueue_statement(table, specs))
            return
        with transaction.atomic(using=self.db):
            for some in batched(specs, MOST):
                self.run(enqueue_statement(table, some))

    def _enqueue_with_keys(self, specs: Sequence[JobSpec]) -> list[UUID]:
        holders: dict[UUID, UUID] = {}
        for attempt in range(KEY_TRIES):
            missing = [spec for spec in specs if spec.id not in holders]
            # In key order, so that two such batches cannot wait for each other.
            rows = map(self._row, sorted(missing, key=_keys))
            self.bulk_create(rows, ignore_conflicts=True)
            # A locking read sees what an old snapshot would hide.
            holders |= self._holders(missing, lock=attempt > 0)
            if len(holders) == len(specs):
                return [holders[spec.id] for spec in specs]
        raise DatabaseError(
            f"the holders of {len(specs) - len(holders)} keys kept vanishing; enqueue again"
        )

    def _holders(self, specs: Iterable[JobSpec], *, lock: bool) -> dict[UUID, UUID]:
        by_id = {spec.id for spec in specs}
        stored = set(
            self._read(lock=lock).filter(pk__in=by_id).values_list("pk", flat=True)
        )
        idempotency = self._held_by("idempotency_key", specs, lock=lock)
        unique = self._held_by("unique_key", specs, lock=lock)
        found = {}
        for spec in specs:
            holder = idempotency.get(spec.idempotency_key) or unique.get(
                spec.unique_key
            )
            if spec.id in stored:
                found[spec.id] = spec.id
            elif holder is not None:
                found[spec.id] = holder
        return found

    def _held_by(
        self, field: str, specs: Iterable[JobSpec], *, lock: bool
    ) -> dict[str | None, UUID]:
        keys = {key for spec in specs if (key := getattr(spec, field)) is not None}
        if not keys:
            return {}
        rows = self._read(lock=lock).filter(**{f"{field}__in": keys})
        return dict(rows.values_list(field, "pk"))

    def _read(self, *, lock: bool) -> Any:
        return self.select_for_update() if lock else self.all()

    def _row(self, spec: JobSpec) -> Any:
        return self.model(
            id=spec.id,
            kind=spec.kind,
            queue=spec.queue,
            payload=spec.payload,
            priority=spec.priority,
            status=_first_status(spec.scheduled_for),
            max_attempts=spec.max_attempts,
            retry_policy=spec.retry_policy,
            timeout_s=spec.timeout_s,
            scheduled_for=spec.scheduled_for or DatabaseNow(),
            created_at=DatabaseNow(),
            idempotency_key=spec.idempotency_key,
            unique_key=spec.unique_key,
            tags=spec.tags,
            parent=spec.parent,
            shadow=spec.shadow,
            chain=list(spec.chain) or None,
            webhooks=spec.webhooks or None,
            trace_context=spec.trace_context or None,
        )


def single_statement(table: str, specs: Sequence[JobSpec]) -> Statement | None:
    """Return the one statement of PostgreSQL that enqueues; None where it takes more."""
    if len(specs) > MOST or _have_keys(specs):
        return None
    return enqueue_statement(table, specs)


def _have_keys(specs: Iterable[JobSpec]) -> bool:
    return any(spec.idempotency_key or spec.unique_key for spec in specs)


def _keys(spec: JobSpec) -> tuple[str, str]:
    return spec.idempotency_key or "", spec.unique_key or ""


def _first_status(scheduled_for: datetime | None) -> Any:
    if scheduled_for is None:
        return JobStatus.QUEUED.value
    # Whether it is due is for the database's clock to say.
    moment = models.Value(scheduled_for, models.DateTimeField())
    due = LessThanOrEqual(moment, DatabaseNow())
    return models.Case(
        models.When(due, then=models.Value(JobStatus.QUEUED.value)),
        default=models.Value(JobStatus.SCHEDULED.value),
        output_field=models.CharField(),
    )
