"""Everything pyjobkit_django raises on purpose, in one tree.

PyjobkitError
├── InvalidJobError (ValueError)          a job refused at enqueue; names the field
│   └── UnknownQueueError                 its queue is not one that workers read
├── InvalidSpecError (ValueError)         a retry policy or rate limit that does not parse
├── InvalidExecutorError (ValueError)     an executor that cannot be registered
├── ConfigError (ValueError)              a setting or option that cannot be used
├── QueueFullError (TimeoutError)         the queue stayed at its bound
├── WaitTimeoutError (TimeoutError)       the awaited job did not end in time
├── JobNotFoundError (KeyError)           no job has this id
├── OptimisticLockError (RuntimeError)    the job is no longer at the expected version
├── ExecutorError (RuntimeError)          an attempt failed; raised by executors
├── LeaseLostError (RuntimeError)         the right to run the job has ended
├── InvalidMoveError (RuntimeError)       the job's status does not allow this verb
└── UnsupportedError (NotImplementedError)  this backend lacks the verb or the field

An executor raises DiscardJob or SnoozeJob to choose how its run ends; those are
answers, not errors, and stand outside the tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from uuid import UUID


class PyjobkitError(Exception):
    """The root of the tree."""


class InvalidJobError(PyjobkitError, ValueError):
    """A job was refused before anything was written; ``field`` names the culprit."""

    def __init__(self, field: str, message: str) -> None:
        """Say what is wrong with ``field``, for example ``payload.items[3].name``."""
        super().__init__(f"{field}: {message}")
        self.field = field

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling, which would otherwise hand over the joined message."""
        return type(self), (self.field, str(self).removeprefix(f"{self.field}: "))


class UnknownQueueError(InvalidJobError):
    """No worker reads this queue."""


class InvalidSpecError(PyjobkitError, ValueError):
    """A retry policy or a rate limit does not follow its grammar."""


class InvalidExecutorError(PyjobkitError, ValueError):
    """An executor cannot be registered: bad kind, taken kind, no ``run``."""


class ConfigError(PyjobkitError, ValueError):
    """A setting or an option cannot be used as given."""


class QueueFullError(PyjobkitError, TimeoutError):
    """The queue stayed at ``max_queue_size`` for as long as the caller would wait."""


class WaitTimeoutError(PyjobkitError, TimeoutError):
    """The job had not ended when the caller's patience did."""


class JobNotFoundError(PyjobkitError, KeyError):
    """No job has this id."""

    def __str__(self) -> str:
        """Read as a sentence; KeyError alone would print its repr."""
        return f"no job has the id {self.args[0]}"


class OptimisticLockError(PyjobkitError, RuntimeError):
    """The job has moved on: it is not at the version, or with the worker, expected."""


class LeaseLostError(PyjobkitError, RuntimeError):
    """This worker may no longer run the job."""


class InvalidMoveError(PyjobkitError, RuntimeError):
    """The job's status does not allow what was asked of it."""

    REQUEUED = "only failed, timeout and cancelled jobs are requeued"
    RUN_NOW = "only scheduled jobs are run before their time"
    DELETED = "only ended jobs are deleted; cancel it first"

    def __init__(self, job_id: UUID, status: str, rule: str = REQUEUED) -> None:
        """Name the job, what it is and the rule it does not meet."""
        super().__init__(job_id, status, rule)

    def __str__(self) -> str:
        """Say why, and what would do."""
        job_id, status, rule = self.args
        return f"job {job_id} is {status}; {rule}"


class UnsupportedError(PyjobkitError, NotImplementedError):
    """The backend in use does not offer this verb or does not store this field."""


class ExecutorError(PyjobkitError, RuntimeError):
    """Raised by an executor: this attempt failed, for a reason that can be told."""

    def __init__(
        self,
        message: str,
        *,
        details: Mapping[str, object] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        """Keep ``details`` with the job's failure; retry no earlier than asked."""
        super().__init__(message)
        self.details = dict(details or {})
        self.retry_after_s = retry_after_s


class DiscardJob(Exception):  # noqa: N818 - an answer of the executor, not an error
    """Raised by an executor: fail this job now and do not try again."""

    def __init__(
        self,
        reason: str = "discarded",
        *,
        details: Mapping[str, object] | None = None,
    ) -> None:
        """Keep ``reason`` and ``details``: they are stored as the job's failure."""
        super().__init__(reason)
        self.reason = reason
        self.details = dict(details or {})


class SnoozeJob(Exception):  # noqa: N818 - an answer of the executor, not an error
    """Raised by an executor: run this job again later, at no cost of an attempt."""

    def __init__(self, delay: float | timedelta) -> None:
        """Take the wait as seconds or a timedelta; a negative one is refused."""
        seconds = float(
            delay if isinstance(delay, (int, float)) else delay.total_seconds()
        )
        if not 0 <= seconds < float("inf"):
            msg = f"SnoozeJob delay must be zero or more seconds, got {seconds}"
            raise ValueError(msg)
        super().__init__(seconds)
        self.delay_s = seconds
