"""settle: finished runs are written, each only while its version still matches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connections, models, transaction

from pyjobkit_django.jobs import JobStatus, Verb
from pyjobkit_django.models.clock import DatabaseNow, seconds_from_now
from pyjobkit_django.models.history import JobAttempt
from pyjobkit_django.models.job_verbs.enqueueing import Enqueueing
from pyjobkit_django.models.job_verbs.moving import NO_LEASE, per_row
from pyjobkit_django.models.postgresql import settle_statement
from pyjobkit_django.outcomes import CANCELLED, Failure, Outcome

_JSON = models.JSONField()


@dataclass(frozen=True, slots=True)
class Ended:
    """A locked row of a run that ended, and how."""

    outcome: Outcome
    attempts: int
    leased_by: UUID | None
    started_at: datetime | None
    cancel_requested: bool

    @property
    def status(self) -> JobStatus:
        """What the job becomes: a request to cancel keeps it from running again."""
        if self.cancel_requested and self.outcome.verb is not Verb.FINISH:
            return JobStatus.CANCELLED
        return self.outcome.status

    @property
    def failure(self) -> Failure | None:
        """Why the job did not succeed."""
        cancelled = self.status is JobStatus.CANCELLED
        return CANCELLED if cancelled else self.outcome.failure


class Settling(Enqueueing):
    """Writes outcomes."""

    def settle(self, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        """Write outcomes with their attempts and follow-ups; return the accepted ids."""
        if self.is_on_postgresql:
            return self._settle_at_once(outcomes)
        with transaction.atomic(using=self.db):
            ended = self._lock_ended({outcome.job_id: outcome for outcome in outcomes})
            groups: dict[tuple[Verb, JobStatus], list[Ended]] = defaultdict(list)
            for run in ended:
                groups[run.outcome.verb, run.status].append(run)
            for (verb, status), runs in groups.items():
                self._write(verb, status, runs)
            self._record_attempts(ended)
            follow_ups = [spec for run in ended for spec in run.outcome.follow_ups]
            if follow_ups:
                self.enqueue(follow_ups)
        return frozenset(run.outcome.job_id for run in ended)

    def _settle_at_once(self, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        tables = self.model._meta.db_table, JobAttempt._meta.db_table
        statement = settle_statement(*tables, outcomes)
        followed = any(outcome.follow_ups for outcome in outcomes)
        alone = connections[self.db].get_autocommit() and not followed
        with nullcontext() if alone else transaction.atomic(using=self.db):
            accepted = frozenset(key for (key,) in self.rows_of(statement))
            written = (each for each in outcomes if each.job_id in accepted)
            follow_ups = [spec for each in written for spec in each.follow_ups]
            if follow_ups:
                self.enqueue(follow_ups)
        return accepted

    def _lock_ended(self, outcomes: dict[UUID, Outcome]) -> list[Ended]:
        # By id alone: with a status to look for, MySQL might lock along that index.
        rows = (
            self.filter(pk__in=outcomes)
            .locked(wait=True)
            .values_list(
                "pk",
                "status",
                "version",
                "attempts",
                "leased_by",
                "started_at",
                "cancel_requested",
            )
        )
        return [
            Ended(outcomes[job_id], *columns)
            for job_id, status, version, *columns in rows
            if status == JobStatus.RUNNING and version == outcomes[job_id].version
        ]

    def _write(self, verb: Verb, status: JobStatus, runs: list[Ended]) -> None:
        rows = self.filter(pk__in=[run.outcome.job_id for run in runs])
        failures = {run.outcome.job_id: _shown(run.failure) for run in runs}
        failure = per_row(failures, _JSON)
        if status in (JobStatus.QUEUED, JobStatus.SCHEDULED):
            delays = {
                run.outcome.job_id: timedelta(seconds=run.outcome.delay_s)
                for run in runs
            }
            due = seconds_from_now(per_row(delays, models.DurationField()))
            rows.move(verb, status, scheduled_for=due, failure=failure, **NO_LEASE)
        else:
            results = {run.outcome.job_id: run.outcome.result for run in runs}
            rows.end(verb, status, result=per_row(results, _JSON), failure=failure)

    def _record_attempts(self, ended: list[Ended]) -> None:
        JobAttempt.objects.using(self.db).bulk_create(
            JobAttempt(
                job_id=run.outcome.job_id,
                version=run.outcome.version,
                attempt=run.attempts,
                worker_id=run.leased_by,
                status=_attempt_status(run.outcome),
                started_at=run.started_at,
                finished_at=DatabaseNow(),
                failure=run.outcome.failure.as_json(),
                traceback=run.outcome.failure.traceback,
            )
            for run in ended
            if run.outcome.failure is not None
        )


def _shown(failure: Failure | None) -> Any:
    return failure.as_json() if failure else None


def _attempt_status(outcome: Outcome) -> str:
    again = outcome.verb is not Verb.FINISH
    return (JobStatus.FAILED if again else outcome.status).value
