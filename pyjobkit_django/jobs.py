"""What a job is, and the one table of how it moves.

Everything here is a plain value: no clock, no database, no event loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

from pyjobkit_django.errors import InvalidJobError, UnknownQueueError
from pyjobkit_django.ids import new_job_id
from pyjobkit_django.job_fields import (
    MAX_ATTEMPTS,
    MAX_PRIORITY,
    check_flag,
    check_integer,
    check_key,
    check_name,
    check_parent,
    check_retry_policy,
    check_time,
    check_timeout,
    clean_tags,
    clean_webhooks,
)
from pyjobkit_django.payload import JSON, MAX_BYTES, clean_payload
from pyjobkit_django.quoting import quoted


class JobStatus(StrEnum):
    """Where a job stands. ``queued`` means due: what is due later is ``scheduled``."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"


WAITING: Final = frozenset({JobStatus.SCHEDULED, JobStatus.QUEUED})
FINAL: Final = frozenset(
    {JobStatus.SUCCESS, JobStatus.FAILED, JobStatus.TIMEOUT, JobStatus.CANCELLED}
)


class Verb(StrEnum):
    """The moves of a job; the same words stand in code, logs, admin and docs."""

    PROMOTE = "promote"
    CLAIM = "claim"
    LEASE = "lease"
    MARK_RUNNING = "mark_running"
    EXTEND = "extend"
    FINISH = "finish"
    RETRY = "retry"
    SNOOZE = "snooze"
    RELEASE = "release"
    CANCEL = "cancel"
    REQUEST_CANCEL = "request_cancel"
    REAP_UNSTARTED = "reap_unstarted"
    REAP_RUNNING = "reap_running"
    REQUEUE = "requeue"
    RUN_NOW = "run_now"


@dataclass(frozen=True, slots=True)
class Move:
    """From which statuses a verb leads to which, and what it adds to the counters."""

    sources: frozenset[JobStatus]
    targets: frozenset[JobStatus]
    version: int
    attempts: int


def _move(sources: str, targets: str, *, version: int, attempts: int = 0) -> Move:
    return Move(
        frozenset(map(JobStatus, sources.split())),
        frozenset(map(JobStatus, targets.split())),
        version,
        attempts,
    )


#: The life of a job. Backends read their conditions and counters here, and the
#: conformance suite tries every verb on every status of it.
MOVES: Final[Mapping[Verb, Move]] = {
    Verb.PROMOTE: _move("scheduled", "queued", version=0),
    Verb.CLAIM: _move("queued", "running", version=1, attempts=1),
    Verb.LEASE: _move("queued", "queued", version=1),
    Verb.MARK_RUNNING: _move("queued", "running", version=0, attempts=1),
    Verb.EXTEND: _move("running", "running", version=0),
    Verb.FINISH: _move("running", "success failed timeout cancelled", version=1),
    Verb.RETRY: _move("running", "scheduled queued cancelled", version=1),
    Verb.SNOOZE: _move("running", "scheduled queued cancelled", version=1, attempts=-1),
    Verb.RELEASE: _move(
        "running", "scheduled queued cancelled", version=1, attempts=-1
    ),
    Verb.CANCEL: _move("scheduled queued", "cancelled", version=1),
    Verb.REQUEST_CANCEL: _move("running", "running", version=0),
    Verb.REAP_UNSTARTED: _move("queued", "queued", version=1),
    Verb.REAP_RUNNING: _move("running", "queued failed cancelled", version=1),
    Verb.REQUEUE: _move("failed timeout cancelled", "queued", version=1),
    Verb.RUN_NOW: _move("scheduled", "queued", version=0),
}

DEFAULT_QUEUE: Final = "default"
DEFAULT_PRIORITY: Final = 100
DEFAULT_MAX_ATTEMPTS: Final = 3
#: How long a run may take where nobody said otherwise, in seconds.
DEFAULT_TIMEOUT_S: Final = 300.0


# Not frozen: enqueue_many, which makes one for each job, would take a sixth longer.
@dataclass(slots=True, kw_only=True)
class JobSpec:
    """A job as it is to be enqueued; make one with ``build``, which checks every field.

    Raises InvalidJobError (a ValueError) that names the field. ``timeout_s`` is in
    seconds, ``scheduled_for`` an aware datetime, a lower ``priority`` runs first. The
    result of a ``shadow`` job is thrown away; ``chain`` holds the steps after this one
    (see ``chains``), ``webhooks`` who is told of its end, ``trace_context`` the W3C
    carrier of the caller's trace. ``dataclasses.replace`` makes a changed one, checked.
    """

    kind: str
    payload: dict[str, JSON] = field(default_factory=dict)
    id: UUID = field(default_factory=new_job_id)
    queue: str = DEFAULT_QUEUE
    priority: int = DEFAULT_PRIORITY
    max_attempts: int = DEFAULT_MAX_ATTEMPTS
    timeout_s: float | None = None
    retry_policy: str | None = None
    scheduled_for: datetime | None = None
    idempotency_key: str | None = None
    unique_key: str | None = None
    tags: tuple[str, ...] = ()
    parent: UUID | None = None
    shadow: bool = False
    chain: tuple[dict[str, JSON], ...] = ()
    webhooks: dict[str, str] = field(default_factory=dict)
    trace_context: dict[str, str] = field(default_factory=dict)

    @classmethod
    def build(cls, /, **fields: Any) -> Self:
        """Return the spec of ``fields`` with its own copy of the payload."""
        return cls.within(MAX_BYTES, fields)

    @classmethod
    def within(cls, max_payload_bytes: int, given: dict[str, Any]) -> Self:
        """Return the spec of what is given, whose payload may take so many bytes.

        The dict is used up.
        """
        if not OPTIONS.issuperset(given):
            options = ", ".join(name for name in cls.__slots__ if name in OPTIONS)
            raise InvalidJobError(
                min(given.keys() - OPTIONS),
                f"is not an option of a job; there are {options}",
            )
        if "kind" not in given:
            raise InvalidJobError("kind", "is missing")
        payload = given.pop("payload", None)
        is_empty = payload is None or (isinstance(payload, dict) and not payload)
        cleaned = (
            {} if is_empty else clean_payload(payload, max_bytes=max_payload_bytes)
        )
        if "tags" in given:
            given["tags"] = clean_tags(given["tags"])
        if "webhooks" in given:
            given["webhooks"] = clean_webhooks(given["webhooks"])
        return cls(payload=cleaned, **given)

    def __post_init__(self) -> None:
        """Check every field but those that ``build`` copies and checks."""
        check_name("kind", self.kind)
        check_name("queue", self.queue)
        check_integer("priority", self.priority, -MAX_PRIORITY, MAX_PRIORITY)
        check_integer("max_attempts", self.max_attempts, 1, MAX_ATTEMPTS)
        check_timeout(self.timeout_s)
        check_retry_policy(self.retry_policy)
        check_time("scheduled_for", self.scheduled_for)
        check_key("idempotency_key", self.idempotency_key)
        check_key("unique_key", self.unique_key)
        check_flag("shadow", self.shadow)
        check_parent(self.parent)


#: What a caller may say of a job.
OPTIONS: Final = frozenset(JobSpec.__dataclass_fields__) - {
    "id",
    "chain",
    "trace_context",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRules:
    """What a site says of all its jobs: defaults, the queues there are, the size limit.

    ``queues`` of None admits any queue.
    """

    priority: int = DEFAULT_PRIORITY
    max_attempts: int = DEFAULT_MAX_ATTEMPTS
    timeout_s: float | None = None
    retry_policy: str | None = None
    queues: tuple[str, ...] | None = None
    max_payload_bytes: int = MAX_BYTES
    _defaults: dict[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Gather the defaults once for all jobs."""
        names = ("priority", "max_attempts", "timeout_s", "retry_policy")
        defaults = {name: getattr(self, name) for name in names}
        object.__setattr__(self, "_defaults", defaults)

    def build(self, /, **fields: Any) -> JobSpec:
        """Return the spec of ``fields`` under these rules; InvalidJobError if unsound."""
        given = self._defaults.copy()
        for name, value in fields.items():
            if value is not None or name not in OPTIONS:
                given[name] = value
        spec = JobSpec.within(self.max_payload_bytes, given)
        if self.queues is not None and spec.queue not in self.queues:
            raise UnknownQueueError(
                "queue",
                f"{quoted(spec.queue)} is not one of {', '.join(self.queues)}; "
                f"workers read only the queues listed in PYJOBKIT['QUEUES']",
            )
        return spec


#: What a job has that names no webhooks, or no trace.
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class ClaimedJob(NamedTuple):
    """A running job in the hands of one worker; ``version`` is its fencing number.

    ``lost_runs`` counts the runs that ended with their worker, perhaps because of the
    job: above 0 it is a *suspect*.
    """

    id: UUID
    kind: str
    payload: dict[str, Any]
    version: int
    attempts: int
    max_attempts: int
    created_at: datetime
    queue: str = DEFAULT_QUEUE
    timeout_s: float | None = None
    retry_policy: str | None = None
    tags: tuple[str, ...] = ()
    lost_runs: int = 0
    shadow: bool = False
    chain: tuple[dict[str, JSON], ...] = ()
    webhooks: Mapping[str, str] = NOTHING
    trace_context: Mapping[str, str] = NOTHING
    #: For how many seconds it was due before it was claimed, where that is known.
    waited_s: float | None = None
