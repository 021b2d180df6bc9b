"""Running jobs out of a file, in memory, until all of them have ended."""

from __future__ import annotations

import asyncio
from argparse import ArgumentTypeError
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final, cast

from pyjobkit_django.backends.memory import MemoryBackend
from pyjobkit_django.contracts import JobRecord
from pyjobkit_django.engine import Engine
from pyjobkit_django.errors import ConfigError, InvalidJobError
from pyjobkit_django.jobs import FINAL, JobStatus
from pyjobkit_django.management.arguments import moment
from pyjobkit_django.quoting import quoted
from pyjobkit_django.worker import Worker

type Jobs = list[dict[str, Any]]
type Summary = dict[str, list[dict[str, Any]]]

#: The statuses of which a simulation should leave no job.
WRONG: Final = tuple(
    status
    for status in JobStatus
    if status not in (JobStatus.SUCCESS, JobStatus.CANCELLED)
)
POLL_S: Final = 0.05


def jobs_in(document: Any, engine: Engine) -> Jobs:
    """Return the jobs that ``{"jobs": [...]}`` names, as the keywords of ``enqueue``.

    Raises ConfigError, which names the first job that is unsound or that no executor of
    the engine runs.
    """
    jobs = document.get("jobs") if isinstance(document, dict) else None
    if not isinstance(jobs, list):
        raise ConfigError('write {"jobs": [{"kind": …, "payload": …}, …]}')
    return [_job_in(job, f"jobs[{number}]", engine) for number, job in enumerate(jobs)]


async def simulate(
    engine: Engine, jobs: Jobs, *, concurrency: int, timeout_s: float
) -> Summary:
    """Return all jobs by status, in the order in which they were made.

    Those that have not ended after ``timeout_s`` seconds are stopped.
    """
    backend = cast("MemoryBackend", engine.backend)
    worker = Worker(engine, max_concurrency=concurrency, poll_interval=POLL_S)
    async with engine, asyncio.TaskGroup() as group:
        await engine.enqueue_many(jobs)
        group.create_task(worker.run())
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await _all_ended(engine, backend)
        worker.stop_now()
    return _summary(await backend.all_jobs())


def trouble_in(summary: Summary) -> str:
    """Return how many jobs went wrong, and how; nothing where all went well."""
    counts = [f"{len(summary[status])} {status}" for status in WRONG if summary[status]]
    if not counts:
        return ""
    return f"{', '.join(counts)} of {sum(map(len, summary.values()))} jobs"


def _job_in(job: Any, name: str, engine: Engine) -> dict[str, Any]:
    if not isinstance(job, dict):
        raise ConfigError(f"{name} must be an object, not {quoted(job)}")
    fields = dict(job)
    try:
        if isinstance(fields.get("scheduled_for"), str):
            fields["scheduled_for"] = moment(fields["scheduled_for"])
        spec = engine.rules.build(**fields)
    except (InvalidJobError, ArgumentTypeError, TypeError) as error:
        raise ConfigError(f"{name}: {error}") from error
    if engine.executor_for(spec.kind) is None:
        known = ", ".join(sorted(engine.executors))
        raise ConfigError(f"{name}: no executor runs {spec.kind!r}; there are {known}")
    return fields


async def _all_ended(engine: Engine, backend: MemoryBackend) -> None:
    """Return once no job is left; those that end may have others follow them."""
    while unended := [
        job["id"] for job in await backend.all_jobs() if job["status"] not in FINAL
    ]:
        for job_id in unended:
            await engine.wait(job_id)


def _summary(jobs: Iterable[JobRecord]) -> Summary:
    summary: Summary = {status.value: [] for status in JobStatus}
    for job in sorted(jobs, key=lambda job: job["id"].int):
        shown = {"id": str(job["id"]), "kind": job["kind"], "result": job["result"]}
        summary[job["status"]].append(shown)
    return summary
