"""Every verb that the contract offers, with the rows of MOVES that it makes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pyjobkit_django.contracts import JobRecord
from pyjobkit_django.errors import OptimisticLockError
from pyjobkit_django.jobs import JobStatus, Verb
from pyjobkit_django.outcomes import CANCELLED, TIMED_OUT, Outcome
from tests.conformance.stage import BROKEN, Stage

#: Whether the backend says that it moved the job; None where the verb does not tell.
type Accepted = bool | None


@dataclass(frozen=True)
class Action:
    """``moves`` says what a verb makes of a job, by the row of MOVES that applies."""

    name: str
    moves: Mapping[Verb, JobStatus]
    perform: Callable[[Stage, JobRecord], Awaitable[Accepted]]


async def promote(stage: Stage, job: JobRecord) -> Accepted:
    if job["status"] is JobStatus.SCHEDULED:
        await stage.probe.make_due(job["id"])
    return (await stage.backend.promote()).count == 1


async def claim(stage: Stage, job: JobRecord) -> Accepted:
    return job["id"] in await stage.claimed_ids(kinds={job["kind"]})


async def claim_batch(stage: Stage, job: JobRecord) -> Accepted:
    rows = await stage.backend.claim_batch(stage.worker, kinds={job["kind"]})
    return job["id"] in [row["id"] for row in rows]


async def mark_running(stage: Stage, job: JobRecord) -> Accepted:
    return await _unless_refused(stage.backend.mark_running(job["id"], stage.worker))


async def extend_leases(stage: Stage, job: JobRecord) -> Accepted:
    versions = {job["id"]: job["version"]}
    report = await stage.backend.extend_leases(stage.worker, versions, 90.0)
    assert report.extended | report.lost == {job["id"]}
    return job["id"] in report.extended


async def cancel(stage: Stage, job: JobRecord) -> Accepted:
    await stage.backend.cancel(job["id"])
    return None


async def reap(stage: Stage, job: JobRecord) -> Accepted:
    if job["leased_by"]:
        await stage.probe.expire_lease(job["id"])
    return (await stage.backend.reap()).count == 1


async def requeue(stage: Stage, job: JobRecord) -> Accepted:
    return job["id"] in await stage.backend.requeue([job["id"]])


async def run_now(stage: Stage, job: JobRecord) -> Accepted:
    return job["id"] in await stage.backend.run_now([job["id"]])


def settle(verb: Verb, status: JobStatus, **ends: Any) -> Action:
    async def perform(stage: Stage, job: JobRecord) -> Accepted:
        outcome = Outcome(
            job_id=job["id"], version=job["version"], verb=verb, status=status, **ends
        )
        return job["id"] in await stage.backend.settle([outcome])

    return Action(f"settle-{verb}-{status}", {verb: status}, perform)


def single(
    name: str, verb: Verb, status: JobStatus, *arguments: Any, **options: Any
) -> Action:
    async def perform(stage: Stage, job: JobRecord) -> Accepted:
        method = getattr(stage.backend, name)
        given = (stage.worker, *arguments) if verb is Verb.EXTEND else arguments
        call = method(job["id"], *given, expected_version=job["version"], **options)
        return await _unless_refused(call)

    return Action(f"{name}-{status}", {verb: status}, perform)


async def _unless_refused(call: Awaitable[None]) -> bool:
    try:
        await call
    except OptimisticLockError:
        return False
    return True


SCHEDULED, QUEUED, RUNNING = JobStatus.SCHEDULED, JobStatus.QUEUED, JobStatus.RUNNING

ACTIONS = [
    Action("promote", {Verb.PROMOTE: QUEUED}, promote),
    Action("claim", {Verb.CLAIM: RUNNING}, claim),
    Action("claim_batch", {Verb.LEASE: QUEUED}, claim_batch),
    Action("mark_running", {}, mark_running),
    Action("extend_leases", {Verb.EXTEND: RUNNING}, extend_leases),
    single("extend_lease", Verb.EXTEND, RUNNING, 90.0),
    settle(Verb.FINISH, JobStatus.SUCCESS, result={"rows": 3}),
    settle(Verb.FINISH, JobStatus.FAILED, failure=BROKEN),
    settle(Verb.FINISH, JobStatus.TIMEOUT, failure=TIMED_OUT),
    settle(Verb.FINISH, JobStatus.CANCELLED, failure=CANCELLED),
    settle(Verb.RETRY, QUEUED, failure=BROKEN),
    settle(Verb.RETRY, SCHEDULED, failure=BROKEN, delay_s=60.0),
    settle(Verb.SNOOZE, QUEUED),
    settle(Verb.SNOOZE, SCHEDULED, delay_s=60.0),
    settle(Verb.RELEASE, QUEUED),
    single("succeed", Verb.FINISH, JobStatus.SUCCESS, {"rows": 3}),
    single("fail", Verb.FINISH, JobStatus.FAILED, {"error": "broken"}),
    single("timeout", Verb.FINISH, JobStatus.TIMEOUT),
    single("retry", Verb.RETRY, QUEUED, delay=0.0),
    single("retry", Verb.RETRY, SCHEDULED, delay=60.0),
    Action(
        "cancel",
        {Verb.CANCEL: JobStatus.CANCELLED, Verb.REQUEST_CANCEL: RUNNING},
        cancel,
    ),
    Action("reap", {Verb.REAP_RUNNING: QUEUED}, reap),
    Action("requeue", {Verb.REQUEUE: QUEUED}, requeue),
    Action("run_now", {Verb.RUN_NOW: QUEUED}, run_now),
]

#: What a job that is leased and not started does; it is queued all the while.
LEASED_ACTIONS = [
    Action("mark_running", {Verb.MARK_RUNNING: RUNNING}, mark_running),
    Action("reap", {Verb.REAP_UNSTARTED: QUEUED}, reap),
    Action("cancel", {Verb.CANCEL: JobStatus.CANCELLED}, cancel),
    *(
        Action(action.name, {}, action.perform)
        for action in ACTIONS
        if action.name not in {"mark_running", "reap", "cancel"}
    ),
]
