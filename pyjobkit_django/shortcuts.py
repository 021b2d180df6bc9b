"""What a site calls: enqueue jobs and look after them, in the caller's own transaction.

The sync functions run on the caller's connection without an event loop; each has an async
twin with an ``a`` in front that keeps the caller's transaction all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async

from pyjobkit_django.backends.orm import moves
from pyjobkit_django.chains import linked
from pyjobkit_django.conf import current
from pyjobkit_django.contracts import JobRecord
from pyjobkit_django.errors import InvalidMoveError
from pyjobkit_django.ids import job_id_of
from pyjobkit_django.jobs import JobSpec
from pyjobkit_django.models import Job
from pyjobkit_django.tracing import tracer


def enqueue(kind: str, payload: Any = None, **options: Any) -> UUID:
    """Store a job in the transaction at hand; return its id.

    Options: queue, priority (lower runs first), scheduled_for (aware datetime),
    max_attempts, timeout_s (seconds), retry_policy (``"exponential:1:2:60"``),
    idempotency_key, unique_key, tags, shadow (throw the result away), webhooks
    (``{"complete": url, "fail": url, "timeout": url}``). A held key gives the id of the job that holds it.
    Raises InvalidJobError (a ValueError) that names the field; nothing is stored then.
    """
    spec = current().rules.build(kind=kind, payload=payload, **options)
    (job_id,) = _store([spec])
    return job_id


def chain(*steps: Mapping[str, Any]) -> UUID:
    """Store jobs of which each runs once the one before has succeeded.

    Steps are the keywords of ``enqueue``; all are checked now. Each payload gets
    ``previous_result`` and ``previous_job_id``. Returns the first one's id.
    """
    rules = current().rules
    (job_id,) = _store([linked([rules.build(**step) for step in steps])])
    return job_id


def enqueue_many(jobs: Iterable[Mapping[str, Any]]) -> list[UUID]:
    """Store jobs, given as the keywords of ``enqueue``, all or none; return their ids."""
    rules = current().rules
    specs = [rules.build(**job) for job in jobs]
    return _store(specs) if specs else []


def get_job(job_id: UUID | str) -> JobRecord:
    """Return a job as it stands; JobNotFoundError (a KeyError) where there is none."""
    job: Job = Job.objects.using(moves.jobs_alias()).fetch(job_id_of(job_id))
    return job.record()


def cancel(job_id: UUID | str) -> None:
    """Cancel a waiting job, ask a running one to stop; an ended one stays as it is."""
    moves.cancel(job_id_of(job_id))


def requeue(job_id: UUID | str) -> None:
    """Queue a failed, timed out or cancelled job again; else InvalidMoveError."""
    key = job_id_of(job_id)
    if key not in moves.requeue([key]):
        raise InvalidMoveError(key, get_job(key)["status"], InvalidMoveError.REQUEUED)


def run_now(job_id: UUID | str) -> None:
    """Queue a scheduled job before its time; else InvalidMoveError."""
    key = job_id_of(job_id)
    if key not in moves.run_now([key]):
        raise InvalidMoveError(key, get_job(key)["status"], InvalidMoveError.RUN_NOW)


def delete_job(job_id: UUID | str) -> None:
    """Delete an ended job with its attempts and log; else InvalidMoveError."""
    key = job_id_of(job_id)
    if key not in moves.erase([key]):
        raise InvalidMoveError(key, get_job(key)["status"], InvalidMoveError.DELETED)


async def aenqueue(kind: str, payload: Any = None, **options: Any) -> UUID:
    """Store a job as ``enqueue`` does."""
    return await sync_to_async(enqueue)(kind, payload, **options)


async def achain(*steps: Mapping[str, Any]) -> UUID:
    """Store a chain as ``chain`` does."""
    return await sync_to_async(chain)(*steps)


async def aenqueue_many(jobs: Iterable[Mapping[str, Any]]) -> list[UUID]:
    """Store jobs as ``enqueue_many`` does."""
    return await sync_to_async(enqueue_many)(jobs)


async def aget_job(job_id: UUID | str) -> JobRecord:
    """Return a job as ``get_job`` does."""
    return await sync_to_async(get_job)(job_id)


async def acancel(job_id: UUID | str) -> None:
    """Cancel a job as ``cancel`` does."""
    await sync_to_async(cancel)(job_id)


async def arequeue(job_id: UUID | str) -> None:
    """Queue a job again as ``requeue`` does."""
    await sync_to_async(requeue)(job_id)


async def arun_now(job_id: UUID | str) -> None:
    """Queue a job before its time as ``run_now`` does."""
    await sync_to_async(run_now)(job_id)


async def adelete_job(job_id: UUID | str) -> None:
    """Delete a job as ``delete_job`` does."""
    await sync_to_async(delete_job)(job_id)


def _store(specs: list[JobSpec]) -> list[UUID]:
    with tracer().enqueueing(specs) as traced:
        return moves.enqueue(traced)
