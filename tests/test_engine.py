from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from pyjobkit_django import registry
from pyjobkit_django.backends.memory import MemoryBackend
from pyjobkit_django.contracts import Executor
from pyjobkit_django.engine import Engine
from pyjobkit_django.errors import (
    InvalidExecutorError,
    InvalidJobError,
    InvalidMoveError,
    JobNotFoundError,
    QueueFullError,
    UnknownQueueError,
    WaitTimeoutError,
)
from pyjobkit_django.jobs import JobRules, JobStatus
from pyjobkit_django.logs import MemoryLogSink


class Mail(Executor):
    kind = "mail"

    async def run(self, *, job_id, payload, ctx):
        return payload


class Post(Mail):
    kind = "post"


@pytest.fixture
def backend():
    return MemoryBackend()


@pytest.fixture
def engine(backend):
    return Engine(backend=backend)


async def finish(engine, job_id, result):
    (row,) = await engine.dequeue(worker := uuid4())
    assert row["id"] == job_id
    await engine.backend.mark_running(job_id, worker)
    await engine.backend.succeed(job_id, result, expected_version=row["version"])


# Enqueueing.


async def test_a_job_is_enqueued_with_its_options(engine):
    job_id = await engine.enqueue(
        kind="mail", payload={"to": "Ada"}, queue="fast", priority=5, tags=["x"]
    )
    record = await engine.get(job_id)

    assert (record["kind"], record["payload"]) == ("mail", {"to": "Ada"})
    assert (record["queue"], record["priority"], record["tags"]) == ("fast", 5, ["x"])
    assert record["status"] is JobStatus.QUEUED


async def test_the_engine_says_how_often_a_job_is_tried(backend):
    engine = Engine(backend=backend, default_max_attempts=9)
    record = await engine.get(await engine.enqueue(kind="mail"))

    assert engine.default_max_attempts == record["max_attempts"] == 9


async def test_the_rules_of_the_site_hold(backend):
    engine = Engine(backend=backend, rules=JobRules(queues=("default",)))

    with pytest.raises(UnknownQueueError):
        await engine.enqueue(kind="mail", queue="fast")


async def test_the_same_key_gives_the_same_job(engine):
    first = await engine.enqueue(kind="mail", idempotency_key="order 7")

    assert await engine.enqueue(kind="mail", idempotency_key="order 7") == first


async def test_a_job_can_be_due_at_a_time(engine):
    when = datetime.now(UTC) + timedelta(hours=1)  # noqa: TID251 - the caller's clock
    record = await engine.get(await engine.enqueue_at(when, kind="mail"))

    assert (record["status"], record["scheduled_for"]) == (JobStatus.SCHEDULED, when)


async def test_a_job_is_not_due_at_no_time(engine):
    with pytest.raises(InvalidJobError, match="when: must be an aware datetime"):
        await engine.enqueue_at("tomorrow", kind="mail")


@pytest.mark.parametrize("delay", [3600, timedelta(hours=1)])
async def test_a_job_can_be_due_after_a_wait(engine, delay):
    record = await engine.get(await engine.enqueue_in(delay, kind="mail"))
    wait = record["scheduled_for"] - record["created_at"]

    assert record["status"] is JobStatus.SCHEDULED
    assert wait.total_seconds() == pytest.approx(3600, abs=5)


async def test_a_job_is_not_due_after_a_negative_wait(engine):
    with pytest.raises(InvalidJobError, match="delay: must be 0 to"):
        await engine.enqueue_in(-1, kind="mail")


async def test_many_jobs_are_enqueued_in_order(engine):
    ids = await engine.enqueue_many([{"kind": "a"}, {"kind": "b", "payload": {"n": 1}}])
    records = [await engine.get(job_id) for job_id in ids]

    assert [record["kind"] for record in records] == ["a", "b"]


async def test_no_jobs_are_enqueued_without_asking_for_room(backend):
    engine = Engine(backend=backend, max_queue_size=0)

    assert await engine.enqueue_many([]) == []


async def test_of_many_jobs_none_is_stored_unless_all_are_sound(engine):
    with pytest.raises(InvalidJobError):
        await engine.enqueue_many([{"kind": "a"}, {"kind": "not sound"}])

    assert await engine.queue_depth() == 0


# Room in the queue.


async def test_a_full_queue_refuses_at_once(backend):
    engine = Engine(backend=backend, max_queue_size=1)
    await engine.enqueue(kind="mail")

    with pytest.raises(QueueFullError, match=r"1 jobs are queued \(max_queue_size\)"):
        await engine.enqueue(kind="mail")


async def test_a_full_queue_is_waited_for(backend):
    engine = Engine(
        backend=backend,
        max_queue_size=1,
        enqueue_timeout_s=30,
        enqueue_check_interval_s=0,
    )
    first = await engine.enqueue(kind="mail")

    async with asyncio.TaskGroup() as group:
        second = group.create_task(engine.enqueue(kind="mail"))
        await asyncio.sleep(0)
        assert not second.done()
        await engine.cancel(first)

    assert (await engine.get(second.result()))["status"] is JobStatus.QUEUED


# Routing.


@pytest.mark.parametrize(
    ("router", "kind"),
    [
        (lambda kind, payload: payload["via"], "post"),
        (lambda kind, payload: None, "mail"),
        (None, "mail"),
    ],
)
async def test_a_router_chooses_the_kind(engine, router, kind):
    engine.set_router(router)
    job_id = await engine.enqueue(kind="mail", payload={"via": "post"})

    assert (await engine.get(job_id))["kind"] == kind


async def test_a_router_may_be_asynchronous(engine):
    async def route(kind, payload):
        return "post"

    engine.set_router(route)

    assert (await engine.get(await engine.enqueue(kind="mail")))["kind"] == "post"


def test_a_router_is_callable(engine):
    with pytest.raises(TypeError, match="a router is a callable or None, not 'post'"):
        engine.set_router("post")


# Looking, cancelling, running again.


async def test_a_job_that_is_not_there_is_missed(engine):
    missing = uuid4()

    for ask in (engine.get, engine.cancel, engine.requeue, engine.wait):
        for given in (missing, str(missing)):
            with pytest.raises(JobNotFoundError, match=str(missing)):
                await ask(given)


@pytest.mark.parametrize("nonsense", ["nonsense", "", 7, None, b"bytes"])
async def test_what_is_no_id_is_no_jobs(engine, nonsense):
    for ask in (engine.get, engine.cancel, engine.requeue, engine.wait):
        with pytest.raises(JobNotFoundError, match="no job has the id"):
            await ask(nonsense)


async def test_the_text_of_an_id_stands_for_it(engine):
    job_id = await engine.enqueue(kind="mail")
    text = str(job_id)

    assert (await engine.get(text))["id"] == job_id
    await engine.cancel(text)
    assert (await engine.wait(text))["status"] is JobStatus.CANCELLED
    await engine.requeue(text.upper())
    assert (await engine.get(job_id))["status"] is JobStatus.QUEUED


async def test_a_text_that_may_not_be_requeued_moves_nothing(engine):
    job_id = await engine.enqueue(kind="mail")

    with pytest.raises(InvalidMoveError, match=f"job {job_id} is queued"):
        await engine.requeue(str(job_id))


async def test_a_cancelled_job_is_requeued(engine):
    job_id = await engine.enqueue(kind="mail")
    await engine.cancel(job_id)
    await engine.requeue(job_id)

    assert (await engine.get(job_id))["status"] is JobStatus.QUEUED


async def test_a_job_that_has_not_ended_is_not_requeued(engine):
    job_id = await engine.enqueue(kind="mail")

    with pytest.raises(InvalidMoveError, match=f"job {job_id} is queued; only failed"):
        await engine.requeue(job_id)


async def test_waiting_for_a_job_gives_its_end(engine):
    job_id = await engine.enqueue(kind="mail")

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(engine.wait(job_id, timeout_s=30))
        await asyncio.sleep(0)
        assert not waiting.done()
        await finish(engine, job_id, {"sent": 1})

    assert waiting.result()["result"] == {"sent": 1}


async def test_waiting_without_a_limit_gives_the_end_too(engine):
    job_id = await engine.enqueue(kind="mail")
    await finish(engine, job_id, {})

    assert (await engine.wait(job_id))["status"] is JobStatus.SUCCESS


async def test_waiting_ends_with_the_callers_patience(engine):
    job_id = await engine.enqueue(kind="mail")

    with pytest.raises(
        WaitTimeoutError, match=f"job {job_id} is still queued after 0 s"
    ):
        await engine.wait(job_id, timeout_s=0)


@pytest.mark.parametrize(
    ("wanted", "leased"),
    [({"kinds": ["a"]}, ["a"]), ({"queues": ["slow"]}, ["b"]), ({}, ["a", "b"])],
)
async def test_dequeueing_leases_what_was_asked_for(engine, wanted, leased):
    await engine.enqueue_many([{"kind": "a"}, {"kind": "b", "queue": "slow"}])
    rows = await engine.dequeue(limit=5, **wanted)

    assert [row["kind"] for row in rows] == leased


async def test_purging_deletes_ended_jobs_only(engine):
    ended, waiting = await engine.enqueue_many([{"kind": "a"}, {"kind": "b"}])
    await engine.cancel(ended)

    assert await engine.purge_finished(older_than=timedelta(hours=1)) == 0
    assert await engine.purge_finished(statuses=[JobStatus.FAILED]) == 0
    assert await engine.purge_finished() == 1
    assert (await engine.get(waiting))["status"] is JobStatus.QUEUED
    with pytest.raises(JobNotFoundError):
        await engine.get(ended)


async def test_the_depth_counts_queued_jobs(engine):
    await engine.enqueue_many([{"kind": "a"}, {"kind": "b"}])

    assert await engine.queue_depth() == 2


async def test_the_connection_can_be_checked(engine):
    await engine.check_connection()


# Executors and contexts.


def test_executors_are_found_by_kind(backend):
    mail = Mail()
    engine = Engine(backend=backend, executors=[mail])

    assert engine.executor_for("mail") is mail
    assert engine.executor_for("post") is None


def test_a_kind_has_one_executor(backend):
    with pytest.raises(InvalidExecutorError, match="'mail' is taken by Mail"):
        Engine(backend=backend, executors=[Mail(), Mail()])


def test_plugins_never_replace_an_executor(backend, monkeypatch):
    points = [EntryPointStub("mail", Mail), EntryPointStub("post", Post)]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    mail = Mail()
    engine = Engine(backend=backend, executors=[mail])

    assert engine.register_plugins() == ["post"]
    assert engine.executor_for("mail") is mail
    assert isinstance(engine.executor_for("post"), Post)


class EntryPointStub:
    """What an installed distribution offers."""

    def __init__(self, name, offered):
        self.name = name
        self.load = lambda: offered


@pytest.mark.parametrize("shadow", [True, False])
def test_a_context_is_made_for_a_run(engine, shadow):
    job_id = uuid4()
    context = engine.make_ctx(job_id, is_shadow=shadow)

    assert (context.job_id, context.is_shadow) == (job_id, shadow)


def test_the_context_can_be_of_ones_own_make(backend):
    class Context:
        def __init__(self, job_id, /, *, log_sink, event_bus, backend):
            self.given = (job_id, log_sink, event_bus, backend)

    engine = Engine(backend=backend, exec_context_factory=Context)
    job_id = uuid4()

    assert engine.make_ctx(job_id).given == (
        job_id,
        engine.log_sink,
        engine.event_bus,
        backend,
    )


class Bare:
    """What a site may plug in: it knows no contract, and has no close."""

    kind = "bare"

    async def run(self, *, job_id, payload, ctx):
        return payload


async def test_what_cannot_be_closed_is_left_alone():
    engine = Engine(
        backend=Bare(), executors=[Bare()], log_sink=Bare(), event_bus=Bare()
    )
    await engine.close()


async def test_what_is_closed_need_not_be_awaited_and_may_fail(backend):
    closed = []

    class Plain(Bare):
        def __init__(self, name):
            self.name = name

        def close(self):
            closed.append(self.name)
            if self.name == "executor":
                raise OSError("it does not close")

    engine = Engine(
        backend=backend,
        executors=[Plain("executor")],
        log_sink=Plain("sink"),
        event_bus=Plain("bus"),
    )
    with pytest.raises(OSError, match="it does not close"):
        await engine.close()

    assert closed == ["executor", "sink", "bus"]


async def test_leaving_an_engine_closes_what_it_holds(backend):
    class Sink(MemoryLogSink):
        closed = False

        async def close(self):
            self.closed = True

    sink = Sink()
    async with Engine(backend=backend, log_sink=sink) as engine:
        assert not engine.log_sink.closed

    assert sink.closed
