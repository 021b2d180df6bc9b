from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.utils.connection import ConnectionDoesNotExist

from pyjobkit_django.backends.orm import DjangoBackend
from pyjobkit_django.backends.orm.lanes import CallerLane
from pyjobkit_django.contracts import ProgressUpdate, WorkerBeat
from pyjobkit_django.models import Job, WorkerRecord
from tests.marks import committed
from tests.stored_jobs import queued, running

pytestmark = [committed, pytest.mark.usefixtures("callers_thread")]


async def in_caller(call, *arguments, **options):
    return await CallerLane().run(lambda: call(*arguments, **options))


async def progress_of(job_id):
    job = await Job.objects.aget(pk=job_id)
    return job.progress, job.progress_meta


async def test_each_run_keeps_its_latest_progress():
    jobs = await in_caller(running, 3)
    updates = [
        ProgressUpdate(job_id=job.id, version=job.version, value=number / 10, meta=meta)
        for number, (job, meta) in enumerate(
            zip(
                [*jobs, *jobs], [{}, {}, {}, {"step": "a"}, {}, {"n": [1]}], strict=True
            )
        )
    ]

    await DjangoBackend().record_progress(updates)

    assert [await progress_of(job.id) for job in jobs] == [
        (0.3, {"step": "a"}),
        (0.4, {}),
        (0.5, {"n": [1]}),
    ]


async def test_the_progress_of_another_run_is_dropped():
    (job,) = await in_caller(running)
    backend = DjangoBackend()
    update = {"value": 0.5, "meta": {"step": "a"}}

    await backend.record_progress(
        [ProgressUpdate(job_id=job.id, version=job.version - 1, **update)]
    )
    await backend.record_progress([ProgressUpdate(job_id=uuid4(), version=1, **update)])

    assert await progress_of(job.id) == (None, None)


async def test_a_job_that_waits_has_no_progress():
    (job_id,) = await in_caller(queued)

    await DjangoBackend().record_progress(
        [ProgressUpdate(job_id=job_id, version=0, value=0.5)]
    )

    assert await progress_of(job_id) == (None, None)


async def test_no_progress_is_no_statement():
    queries = []

    def note(execute, *arguments):
        queries.append(arguments[0])
        return execute(*arguments)

    def record():
        with connection.execute_wrapper(note):
            Job.objects.record_progress([])

    await in_caller(record)

    assert queries == []


async def test_much_progress_is_recorded_at_once():
    jobs = await in_caller(running, 600)

    await DjangoBackend().record_progress(
        [
            ProgressUpdate(job_id=job.id, version=job.version, value=number / 600)
            for number, job in enumerate(jobs)
        ]
    )

    assert await progress_of(jobs[599].id) == (pytest.approx(599 / 600), {})
    assert await Job.objects.filter(progress=None).acount() == 0


async def test_a_heartbeat_is_kept():
    beat = WorkerBeat(
        worker_id=uuid4(),
        host="box",
        pid=7,
        state="running",
        max_concurrency=8,
        busy=1,
        done=2,
        kinds=("k",),
        queues=("default",),
    )

    await DjangoBackend().heartbeat(beat)

    record = await WorkerRecord.objects.aget()
    assert (record.pk, record.host, record.busy, record.done) == (
        beat.worker_id,
        "box",
        1,
        2,
    )


async def test_a_backend_says_when_its_database_cannot_be_reached():
    await DjangoBackend().check_connection()

    with pytest.raises(ConnectionDoesNotExist, match="nowhere"):
        await DjangoBackend(using="nowhere").check_connection()


async def test_closing_a_backend_leaves_the_callers_connection():
    backend = DjangoBackend()
    await backend.queue_depth()

    await backend.close()

    assert await backend.queue_depth() == 0
