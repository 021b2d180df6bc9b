"""A job as MemoryBackend keeps it, and the values it hands out of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self, cast
from uuid import UUID

from pyjobkit_django.contracts import ClaimedRow, JobRecord
from pyjobkit_django.jobs import MOVES, ClaimedJob, JobSpec, JobStatus, Verb
from pyjobkit_django.outcomes import Failure
from pyjobkit_django.payload import JSON

#: Queue, kind, tag (None in the lane of all) and whether it is a suspect.
type LaneKey = tuple[str, str, str | None, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One run that did not succeed."""

    version: int
    attempt: int
    worker_id: UUID
    started_at: datetime
    finished_at: datetime
    failure: Mapping[str, JSON]
    traceback: str


@dataclass(slots=True, eq=False, kw_only=True)
class StoredJob:
    """What was enqueued, and all that changes; whatever leaves it is a copy."""

    spec: JobSpec
    id: UUID
    payload: dict[str, Any]
    status: JobStatus
    scheduled_for: datetime
    created_at: datetime
    max_attempts: int
    unique_key: str | None
    #: The lanes it waits in, and its turn there; 0 while it does not wait.
    lanes: tuple[LaneKey, ...]
    turn: int = 0
    lost_runs: int = 0
    attempts: int = 0
    version: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    leased_by: UUID | None = None
    lease_until: datetime | None = None
    cancel_requested: bool = False
    result: JSON = None
    failure: Failure | None = None
    progress: float | None = None
    progress_meta: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: JobSpec, now: datetime) -> Self:
        """Return a new job, scheduled where it is due after ``now``, else queued."""
        due = spec.scheduled_for.astimezone(UTC) if spec.scheduled_for else now
        return cls(
            spec=spec,
            id=spec.id,
            payload=copied(spec.payload),
            status=JobStatus.SCHEDULED if due > now else JobStatus.QUEUED,
            scheduled_for=due,
            created_at=now,
            max_attempts=spec.max_attempts,
            unique_key=spec.unique_key,
            lanes=_lanes_of(spec, suspect=False),
        )

    def lose_run(self) -> None:
        """Count a run that ended with its worker; from then on the job is a suspect."""
        self.lost_runs += 1
        self.lanes = _lanes_of(self.spec, suspect=True)

    def count(self, verb: Verb) -> None:
        """Add to version and attempts what a move by ``verb`` adds."""
        move = MOVES[verb]
        self.version += move.version
        self.attempts += move.attempts

    def start(self, now: datetime) -> None:
        """Begin a run."""
        self.status = JobStatus.RUNNING
        self.started_at = now

    def start_over(self) -> None:
        """Forget how the job ended and allow it one more attempt at the least."""
        self.max_attempts = max(self.max_attempts, self.attempts + 1)
        self.started_at = self.finished_at = None
        self.cancel_requested = False
        self.result = self.failure = self.progress = None
        self.progress_meta = {}

    def record(self) -> JobRecord:
        """Return the job as it stands."""
        spec = self.spec
        return JobRecord(
            id=self.id,
            kind=spec.kind,
            status=self.status,
            payload=copied(self.payload),
            result=self.failure.as_json() if self.failure else copied(self.result),
            priority=spec.priority,
            attempts=self.attempts,
            max_attempts=self.max_attempts,
            timeout_s=spec.timeout_s,
            scheduled_for=self.scheduled_for,
            created_at=self.created_at,
            started_at=self.started_at,
            finished_at=self.finished_at,
            lease_until=self.lease_until,
            leased_by=self.leased_by,
            version=self.version,
            idempotency_key=spec.idempotency_key,
            cancel_requested=self.cancel_requested,
            queue=spec.queue,
            unique_key=self.unique_key,
            retry_policy=spec.retry_policy,
            tags=list(spec.tags),
            parent=spec.parent,
            progress=self.progress,
            progress_meta=copied(self.progress_meta),
            lost_runs=self.lost_runs,
            shadow=spec.shadow,
            chain=copied(list(spec.chain)),
            webhooks=dict(spec.webhooks),
        )

    def claimed(self) -> ClaimedJob:
        """Return the job as the worker that runs it gets it."""
        spec = self.spec
        waited = (self.started_at or self.scheduled_for) - self.scheduled_for
        return ClaimedJob(
            id=self.id,
            kind=spec.kind,
            payload=copied(self.payload),
            version=self.version,
            attempts=self.attempts,
            max_attempts=self.max_attempts,
            created_at=self.created_at,
            queue=spec.queue,
            timeout_s=spec.timeout_s,
            retry_policy=spec.retry_policy,
            tags=spec.tags,
            lost_runs=self.lost_runs,
            shadow=spec.shadow,
            chain=spec.chain,
            webhooks=spec.webhooks,
            trace_context=spec.trace_context,
            waited_s=max(0.0, waited.total_seconds()),
        )

    def leased(self) -> ClaimedRow:
        """Return the job as the worker that leased it gets it."""
        spec = self.spec
        return ClaimedRow(
            id=self.id,
            kind=spec.kind,
            payload=copied(self.payload),
            timeout_s=spec.timeout_s,
            lease_until=cast("datetime", self.lease_until),
            version=self.version,
            attempts=self.attempts,
            max_attempts=self.max_attempts,
            created_at=self.created_at,
            queue=spec.queue,
            retry_policy=spec.retry_policy,
            tags=list(spec.tags),
            lost_runs=self.lost_runs,
        )

    def attempt(self, failure: Failure, now: datetime) -> AttemptRecord:
        """Return what is kept of the present run, which did not succeed."""
        return AttemptRecord(
            version=self.version,
            attempt=self.attempts,
            worker_id=cast("UUID", self.leased_by),
            started_at=cast("datetime", self.started_at),
            finished_at=now,
            failure=failure.as_json(),
            traceback=failure.traceback,
        )


def _lanes_of(spec: JobSpec, *, suspect: bool) -> tuple[LaneKey, ...]:
    return tuple((spec.queue, spec.kind, tag, suspect) for tag in (None, *spec.tags))


def copied(value: Any) -> Any:
    """Return a copy of a JSON value; several times as quick as ``copy.deepcopy``."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value
