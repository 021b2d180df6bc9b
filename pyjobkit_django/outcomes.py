"""How a run may end: what went wrong, and what becomes of the job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self, cast
from uuid import UUID

from pyjobkit_django.errors import DiscardJob, ExecutorError, InvalidJobError
from pyjobkit_django.jobs import ClaimedJob, JobSpec, JobStatus, Verb
from pyjobkit_django.payload import JSON, clean_json, clean_text

#: How much of an error's text is kept, in characters; of a longer one the two ends.
MAX_TEXT: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a run did not succeed; ``as_json`` is what the job's record shows."""

    error: str
    exception_type: str | None = None
    message: str | None = None
    reason: str | None = None
    details: Mapping[str, JSON] = field(default_factory=dict)
    traceback: str = ""

    @classmethod
    def of(
        cls, error: BaseException, *, traceback: str = "", reason: str | None = None
    ) -> Self:
        """Return the failure that ``error`` stands for."""
        return cls(
            error=_clip(repr(error)),
            exception_type=type(error).__qualname__,
            message=_clip(str(error)),
            reason=reason,
            details=_details_of(error),
            traceback=_clip(traceback),
        )

    @classmethod
    def from_json(cls, reason: Mapping[str, Any]) -> Self:
        """Return the failure that ``as_json`` shows as ``reason``; any dict will do."""
        names = ("error", "exception_type", "message", "reason")
        known = {
            name: _clip(str(reason[name]))
            for name in names
            if reason.get(name) is not None
        }
        details = {name: value for name, value in reason.items() if name not in names}
        cleaned = cast("dict[str, JSON]", clean_json(details, name="reason"))
        return cls(**{"error": "failed", **known}, details=cleaned)

    def as_json(self) -> dict[str, JSON]:
        """Return error, exception_type, message and reason as far as known, and details."""
        shown = {
            "error": self.error,
            "exception_type": self.exception_type,
            "message": self.message,
            "reason": self.reason,
        }
        known = {key: value for key, value in shown.items() if value is not None}
        return {**known, **self.details}


TIMED_OUT: Final = Failure(error="timeout")
CANCELLED: Final = Failure(error="cancelled")
LEASE_EXPIRED: Final = Failure(
    error="lease_expired",
    message="the worker stopped answering before the job ended",
)


class Outcome(NamedTuple):
    """How one run ended, to be settled: accepted while ``version`` still matches.

    ``status`` is what the job becomes; a retry, snooze or release becomes
    ``queued``, or ``scheduled`` where ``delay_s`` is above 0, or ``cancelled`` where
    that was requested. ``follow_ups`` are enqueued if the outcome is accepted.
    """

    job_id: UUID
    version: int
    verb: Verb
    status: JobStatus
    result: JSON = None
    failure: Failure | None = None
    delay_s: float = 0.0
    follow_ups: tuple[JobSpec, ...] = ()

    @property
    def word(self) -> str:
        """What the run came to: the status its job ended in, or the verb it goes on by."""
        return (self.status if self.verb is Verb.FINISH else self.verb).value

    @classmethod
    def success(
        cls, job: ClaimedJob, result: JSON, follow_ups: Iterable[JobSpec] = ()
    ) -> Self:
        """Return the end of a run that returned ``result``."""
        # By place: most runs end here, and names take twice as long.
        status, after = JobStatus.SUCCESS, tuple(follow_ups)
        return cls(job.id, job.version, Verb.FINISH, status, result, None, 0.0, after)

    @classmethod
    def failed(
        cls, job: ClaimedJob, failure: Failure, follow_ups: Iterable[JobSpec] = ()
    ) -> Self:
        """Return the end of a job that will not be tried again."""
        return cls._finish(
            job, JobStatus.FAILED, failure=failure, follow_ups=tuple(follow_ups)
        )

    @classmethod
    def timeout(cls, job: ClaimedJob, follow_ups: Iterable[JobSpec] = ()) -> Self:
        """Return the end of a run that reached its deadline."""
        return cls._finish(
            job, JobStatus.TIMEOUT, failure=TIMED_OUT, follow_ups=tuple(follow_ups)
        )

    @classmethod
    def cancelled(cls, job: ClaimedJob) -> Self:
        """Return the end of a run that was stopped on request."""
        return cls._finish(job, JobStatus.CANCELLED, failure=CANCELLED)

    @classmethod
    def retry(cls, job: ClaimedJob, failure: Failure, delay_s: float) -> Self:
        """Return the end of an attempt that failed and is to be tried again."""
        return cls._again(job, Verb.RETRY, delay_s, failure=failure)

    @classmethod
    def snooze(cls, job: ClaimedJob, delay_s: float) -> Self:
        """Return the end of a run that asked to be run later, at no cost."""
        return cls._again(job, Verb.SNOOZE, delay_s)

    @classmethod
    def release(cls, job: ClaimedJob) -> Self:
        """Return the job to its queue, at no cost."""
        return cls._again(job, Verb.RELEASE, 0.0)

    @classmethod
    def _finish(cls, job: ClaimedJob, status: JobStatus, **ends: Any) -> Self:
        return cls(
            job_id=job.id, version=job.version, verb=Verb.FINISH, status=status, **ends
        )

    @classmethod
    def _again(cls, job: ClaimedJob, verb: Verb, delay_s: float, **ends: Any) -> Self:
        status = JobStatus.SCHEDULED if delay_s > 0 else JobStatus.QUEUED
        return cls(
            job_id=job.id,
            version=job.version,
            verb=verb,
            status=status,
            delay_s=delay_s,
            **ends,
        )


def _details_of(error: BaseException) -> dict[str, JSON]:
    if not isinstance(error, (ExecutorError, DiscardJob)):
        return {}
    try:
        cleaned = clean_json(error.details, name="details")
    except InvalidJobError as fault:
        return {"details": f"not kept: {fault}"}
    return cleaned if isinstance(cleaned, dict) else {"details": cleaned}


def _clip(text: str) -> str:
    if len(text) > MAX_TEXT:
        half = MAX_TEXT // 2
        text = f"{text[:half]}\n… {len(text) - MAX_TEXT:,} characters left out …\n{text[-half:]}"
    return clean_text(text)
