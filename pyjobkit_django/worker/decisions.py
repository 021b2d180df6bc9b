"""From how a run ended to what becomes of its job: pure, so that writing comes later."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple, assert_never

from pyjobkit_django.chains import BROKEN, next_step
from pyjobkit_django.errors import (
    DiscardJob,
    ExecutorError,
    InvalidJobError,
    InvalidSpecError,
    SnoozeJob,
)
from pyjobkit_django.jobs import ClaimedJob, JobSpec, JobStatus, Verb
from pyjobkit_django.outcomes import MAX_TEXT, Failure, Outcome
from pyjobkit_django.payload import MAX_BYTES, clean_json, clean_text
from pyjobkit_django.retry import MAX_DELAY_S, RetryPolicy, parse_policy
from pyjobkit_django.webhooks import webhook_of
from pyjobkit_django.worker.run import Stop, in_ms

#: Frames of this module, which calls the executor, are left out of tracebacks.
RUNNER: Final = "pyjobkit_django.worker.runner"


class Returned(NamedTuple):
    """The executor returned."""

    result: Any


class Raised(NamedTuple):
    """The executor raised, and nobody had asked it to stop."""

    error: BaseException


class Stopped(NamedTuple):
    """The worker stopped the run, or did not even start it."""

    reason: Stop


#: What is stored in place of a shadow run's result.
SHADOW_RESULT: Final = {"shadow": True, "result_discarded": True}

type End = Returned | Raised | Stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a decision depends on beside the run: the worker's policy, the size limit."""

    retry_policy: RetryPolicy
    max_result_bytes: int = MAX_BYTES


def decide(
    job: ClaimedJob,
    end: End,
    rules: Rules,
    clock: Callable[[], datetime],
    ran_s: float | None = None,
) -> Outcome | None:
    """Return the outcome to settle; None where nothing may be written.

    ``clock`` is asked only where the age of the job matters.
    """
    outcome = _outcome(job, end, rules, clock)
    if outcome is None or outcome.verb is not Verb.FINISH or job.shadow:
        return outcome
    if not (job.chain or job.webhooks):
        return outcome
    try:
        follow_ups = tuple(_follow_ups(job, outcome, ran_s))
    except InvalidJobError as error:
        return Outcome.failed(job, failure_of(error, BROKEN))
    return outcome._replace(follow_ups=follow_ups) if follow_ups else outcome


def _outcome(
    job: ClaimedJob, end: End, rules: Rules, clock: Callable[[], datetime]
) -> Outcome | None:
    match end:
        case Returned(result):
            return _returned(job, result, rules)
        case Raised(DiscardJob() as answer):
            return Outcome.failed(job, failure_of(answer, _reason_of(answer)))
        case Raised(SnoozeJob(delay_s=delay_s)):
            return Outcome.snooze(job, _storable(delay_s))
        case Raised(error):
            return _raised(job, error, rules, clock())
        case Stopped(reason):
            return _stopped(job, reason)
    assert_never(end)


def failure_of(error: BaseException, reason: str | None = None) -> Failure:
    """Return the failure of an error, even of one that cannot be shown."""
    try:
        return Failure.of(error, traceback=_traceback(error), reason=reason)
    except Exception:  # noqa: BLE001 - an error's own __repr__ may raise anything
        name = type(error).__qualname__
        return Failure(error=name, exception_type=name, reason=reason)


def _reason_of(answer: DiscardJob) -> str:
    try:
        return clean_text(str(answer.reason))[:MAX_TEXT]
    except Exception:  # noqa: BLE001 - whatever was given for a reason
        return "discarded"


def _returned(job: ClaimedJob, result: Any, rules: Rules) -> Outcome:
    try:
        cleaned = clean_json(result, name="result", max_bytes=rules.max_result_bytes)
    except (InvalidJobError, RecursionError) as error:
        return Outcome.failed(job, failure_of(error, "unstorable_result"))
    return Outcome.success(job, dict(SHADOW_RESULT) if job.shadow else cleaned)


def _follow_ups(
    job: ClaimedJob, outcome: Outcome, ran_s: float | None
) -> Iterator[JobSpec]:
    succeeded = outcome.status is JobStatus.SUCCESS
    if succeeded and (step := next_step(job, outcome.result)):
        yield step
    told = (
        outcome.result
        if succeeded or not outcome.failure
        else outcome.failure.as_json()
    )
    if webhook := webhook_of(job, outcome.status, told, duration_ms=in_ms(ran_s)):
        yield webhook


def _raised(
    job: ClaimedJob, error: BaseException, rules: Rules, now: datetime
) -> Outcome:
    policy = _policy(job.retry_policy) or rules.retry_policy
    if job.attempts >= job.max_attempts:
        return Outcome.failed(job, failure_of(error))
    if policy.should_give_up((now - job.created_at).total_seconds()):
        return Outcome.failed(job, failure_of(error, "age_exhausted"))
    delay_s = policy.delay(job.attempts)
    if isinstance(error, ExecutorError) and error.retry_after_s is not None:
        delay_s = max(delay_s, error.retry_after_s)
    return Outcome.retry(job, failure_of(error), _storable(delay_s))


def _stopped(job: ClaimedJob, reason: Stop) -> Outcome | None:
    match reason:
        case Stop.TIMEOUT:
            return Outcome.timeout(job)
        case Stop.CANCEL:
            return Outcome.cancelled(job)
        case Stop.RELEASE:
            return Outcome.release(job)
        case Stop.LEASE_LOST:
            return None
    assert_never(reason)


@lru_cache(maxsize=256)
def _policy(spec: str | None) -> RetryPolicy | None:
    try:
        return parse_policy(spec) if spec else None
    except InvalidSpecError:
        # Checked at enqueue; whoever wrote this one past us gets the worker's policy.
        return None


def _storable(delay_s: float) -> float:
    return min(max(delay_s, 0.0), MAX_DELAY_S)


def _traceback(error: BaseException) -> str:
    frames = error.__traceback__
    while frames and frames.tb_frame.f_globals.get("__name__") == RUNNER:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames))
