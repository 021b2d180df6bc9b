"""The values that pass between a worker and a backend."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NotRequired, TypedDict
from uuid import UUID

from pyjobkit_django.jobs import JobStatus


class JobRecord(TypedDict):
    """A job as ``get`` shows it: pyjobkit's keys first, then ours.

    ``result`` is what the executor returned, or why the job did not succeed. Times
    are aware datetimes in UTC.
    """

    id: UUID
    kind: str
    status: JobStatus
    payload: dict[str, Any]
    result: Any
    priority: int
    attempts: int
    max_attempts: int
    timeout_s: float | None
    scheduled_for: datetime
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    lease_until: datetime | None
    leased_by: UUID | None
    version: int
    idempotency_key: str | None
    cancel_requested: bool
    queue: NotRequired[str]
    unique_key: NotRequired[str | None]
    retry_policy: NotRequired[str | None]
    tags: NotRequired[list[str]]
    parent: NotRequired[UUID | None]
    shadow: NotRequired[bool]
    chain: NotRequired[list[dict[str, Any]]]
    webhooks: NotRequired[dict[str, str]]
    progress: NotRequired[float | None]
    progress_meta: NotRequired[dict[str, Any]]
    lost_runs: NotRequired[int]


class ClaimedRow(TypedDict):
    """A row that ``claim_batch`` leased; ``attempts`` counts the runs before this one."""

    id: UUID
    kind: str
    payload: dict[str, Any]
    timeout_s: float | None
    lease_until: datetime
    version: int
    attempts: int
    max_attempts: int
    created_at: datetime
    queue: NotRequired[str]
    retry_policy: NotRequired[str | None]
    tags: NotRequired[list[str]]
    lost_runs: NotRequired[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRequest:
    """What a worker asks for: at most ``limit`` due jobs, leased for ``ttl_s`` seconds.

    ``None`` for kinds or queues means all that the backend reads; with tags, a job
    must carry at least one of them. At most one of the jobs is a suspect, one that lost
    a run with its worker, and none without ``with_suspect``: so a job that kills its
    worker meets each neighbour once, and cannot use up their attempts. ``afresh`` tells
    that jobs may have come since the last claim, of any priority.
    """

    worker_id: UUID
    limit: int
    ttl_s: float
    kinds: frozenset[str] | None = None
    queues: frozenset[str] | None = None
    tags: frozenset[str] | None = None
    with_suspect: bool = True
    afresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseReport:
    """What became of the leases that were to be extended.

    A job in none of ``extended`` and ``lost`` was busy; ask again before its lease ends.
    """

    extended: frozenset[UUID] = frozenset()
    lost: frozenset[UUID] = frozenset()
    cancel_requested: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What a promoter or reaper moved, and in how many seconds there will be more.

    ``next_in_s`` is measured on the backend's clock; None means that nothing is in sight.
    """

    count: int = 0
    next_in_s: float | None = None


class WakeupKind(StrEnum):
    """Why a worker is woken."""

    QUEUED = "queued"
    SCHEDULED = "scheduled"
    CANCEL = "cancel"
    PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Wakeup:
    """A hint that looking pays off.

    ``value`` is the queue (queued), the seconds until it is due (scheduled), the job's
    id (cancel) or the id of the worker that sent it (probe).
    """

    kind: WakeupKind
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressUpdate:
    """The latest progress of one run; ``value`` is what the executor set."""

    job_id: UUID
    version: int
    value: float
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCount:
    """How often a worker's runs of one kind came to one outcome in one minute.

    ``outcome`` is the word of an Outcome. ``waited`` and ``ran`` are histograms of how
    long the jobs waited and ran, as far as that is known; see ``histograms``.
    """

    starts_at: datetime
    queue: str
    kind: str
    outcome: str
    count: int
    waited: tuple[int, ...]
    ran: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerBeat:
    """A worker's sign of life. ``state`` is ``running``, ``draining`` or ``stopped``.

    ``peak_memory_bytes`` is the most that its process took, None where unknown; ``release`` is
    the one of this package.
    """

    worker_id: UUID
    host: str
    pid: int
    state: str
    max_concurrency: int
    busy: int
    done: int
    kinds: tuple[str, ...]
    queues: tuple[str, ...]
    tags: tuple[str, ...] = ()
    peak_memory_bytes: int | None = None
    release: str = ""
