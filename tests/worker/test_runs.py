"""How a run may end, each through a whole worker."""

from __future__ import annotations

import asyncio
import contextvars
import logging

import pytest

from pyjobkit_django.context import DefaultExecContext
from pyjobkit_django.contracts import LogRecord
from pyjobkit_django.errors import DiscardJob, SnoozeJob
from pyjobkit_django.jobs import JobStatus, Verb
from pyjobkit_django.retry import FixedDelay
from tests.worker.fakes import (
    Does,
    FakeBackend,
    engine_for,
    events,
    forever,
    until,
    until_ended,
    until_status,
    worker_for,
    working,
)


async def test_a_job_runs_and_its_result_is_kept(caplog):
    caplog.set_level(logging.INFO, "pyjobkit.worker")

    async def greet(ctx, payload):
        return {"message": f"Hello, {payload['name']}!"}

    engine = engine_for(greet)
    job_id = await engine.enqueue(kind="job", payload={"name": "Ada"})
    async with working(engine) as worker:
        record = await until_ended(engine, job_id)

    assert record["status"] == "success"
    assert record["result"] == {"message": "Hello, Ada!"}
    started, succeeded = [
        record for record in caplog.records if record.event.startswith("job.")
    ]
    assert (started.event, succeeded.event) == ("job.started", "job.succeeded")
    assert (started.status, succeeded.status) == ("running", "success")
    assert succeeded.job_id == job_id
    assert succeeded.worker_id == worker.worker_id
    assert succeeded.kind == "job"
    assert succeeded.duration_ms >= 0


async def test_returning_none_is_a_success():
    """Trap 26."""
    engine = engine_for(None)
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert (record["status"], record["result"]) == ("success", None)
    assert record["attempts"] == 1


async def test_an_unstorable_result_fails_the_job_in_one_attempt():
    """Trap 18."""

    async def act(ctx, payload):
        return {"items": [{"at": object()}]}

    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert (record["status"], record["attempts"]) == ("failed", 1)
    assert "result.items[0].at" in record["result"]["message"]


async def test_a_failing_job_is_tried_until_its_attempts_run_out(caplog):
    async def act(ctx, payload):
        raise ValueError("no luck")

    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job", max_attempts=3, retry_policy="fixed:0")
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert (record["status"], record["attempts"]) == ("failed", 3)
    assert record["result"]["exception_type"] == "ValueError"
    assert events(caplog).count("job.retry") == 2
    assert events(caplog).count("job.failed") == 1
    attempts = await engine.backend.attempts_of(job_id)
    assert "in act" in attempts[0].traceback
    assert "runner.py" not in attempts[0].traceback


async def test_discard_and_snooze_are_answers():
    answers = [SnoozeJob(0), DiscardJob("enough")]

    async def act(ctx, payload):
        raise answers.pop(0)

    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert (record["status"], record["attempts"]) == ("failed", 1)
    assert record["result"]["reason"] == "enough"


async def test_our_deadline_ends_the_job_for_good():
    job = Does(forever)
    engine = engine_for(job)
    job_id = await engine.enqueue(kind="job", timeout_s=0.03)
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert (record["status"], record["attempts"]) == ("timeout", 1)
    assert job.ended == [job_id]


async def test_the_executors_own_timeout_error_is_a_failed_attempt():
    async def act(ctx, payload):
        raise TimeoutError

    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job", max_attempts=1, timeout_s=5)
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert record["status"] == "failed"


@pytest.mark.parametrize(
    "error", [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()]
)
async def test_nothing_that_an_executor_raises_ends_the_worker(error):
    """Traps 6 and 7."""

    async def act(ctx, payload):
        if payload:
            await asyncio.sleep(0)
        if payload is not None and payload.get("raise"):
            raise error
        return "fine"

    engine = engine_for(act)
    bad = await engine.enqueue(kind="job", payload={"raise": 1}, max_attempts=1)
    good = await engine.enqueue(kind="job", payload={"raise": 0})
    async with working(engine, max_concurrency=1):
        assert (await until_ended(engine, bad))["status"] == "failed"
        assert (await until_ended(engine, good))["result"] == "fine"


async def test_an_executor_that_cancels_its_own_task_fails_its_attempt():
    async def act(ctx, payload):
        asyncio.current_task().cancel()
        await asyncio.sleep(1)

    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job", max_attempts=1)
    async with working(engine, max_concurrency=1):
        assert (await until_ended(engine, job_id))["status"] == "failed"


async def test_a_run_that_returned_although_it_was_to_stop_counts_as_returned():
    async def act(ctx, payload):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "just in time"

    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job", timeout_s=0.02)
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert (record["status"], record["result"]) == ("success", "just in time")


async def test_what_a_stopped_executor_raises_while_it_cleans_up_does_not_count():
    async def act(ctx, payload):
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("cleaning failed")

    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job", timeout_s=0.02)
    async with working(engine):
        assert (await until_ended(engine, job_id))["status"] == "timeout"


class Rewriting(FakeBackend):
    """Hands out rows that nobody enqueued like that."""

    def __init__(self, **changes):
        super().__init__()
        self.changes = changes

    async def claim(self, request):
        return [job._replace(**self.changes) for job in await super().claim(request)]


@pytest.mark.parametrize("payload", [["a", "list"], None, "text"])
async def test_a_payload_that_is_no_dict_fails_that_job_only(payload):
    """Trap 7."""
    engine = engine_for(None, backend=Rewriting(payload=payload))
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        record = await until_ended(engine, job_id)

    assert (record["status"], record["attempts"]) == ("failed", 1)
    assert "must be a dict" in record["result"]["message"]


async def test_a_timeout_that_makes_no_sense_is_the_default():
    engine = engine_for(None, backend=Rewriting(timeout_s="soon"))
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        assert (await until_ended(engine, job_id))["status"] == "success"


async def test_a_foreign_kind_that_a_backend_hands_over_goes_back():
    """Trap 24."""
    engine = engine_for(None, backend=Rewriting(kind="stranger"))
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        record = await until_status(engine, job_id, "scheduled")

    assert record["attempts"] == 0


async def test_a_policy_that_raises_fails_the_job():
    class Broken(FixedDelay):
        def delay(self, attempt):
            raise ZeroDivisionError

    async def act(ctx, payload):
        raise ValueError

    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job")
    async with working(engine, retry_policy=Broken()):
        record = await until_ended(engine, job_id)

    assert record["result"]["reason"] == "undecided"


async def test_context_variables_of_one_job_do_not_reach_the_next():
    variable = contextvars.ContextVar("variable", default="clean")

    async def act(ctx, payload):
        found = variable.get()
        variable.set("dirty")
        return found

    engine = engine_for(act)
    ids = await engine.enqueue_many([{"kind": "job"}] * 3)
    async with working(engine, max_concurrency=1):
        results = [(await until_ended(engine, job_id))["result"] for job_id in ids]

    assert results == ["clean"] * 3


async def test_the_engines_own_context_factory_is_used_as_it_is():
    class Mine(DefaultExecContext):
        pass

    seen = []

    async def act(ctx, payload):
        seen.append(ctx)
        await ctx.log("line")

    engine = engine_for(act, exec_context_factory=Mine)
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        await until_ended(engine, job_id)

    assert type(seen[0]) is Mine
    assert seen[0].job.attempts == 1
    (line,) = await engine.log_sink.get(job_id)
    assert (line.message, line.version) == ("line", 1)


async def test_a_context_of_another_make_logs_with_the_version_of_the_run():
    class Bare:
        def __init__(self, job_id, *, log_sink, event_bus, backend):
            self.job_id, self.sink = job_id, log_sink

    async def act(ctx, payload):
        await ctx.sink.write(LogRecord(ctx.job_id, "stdout", "bare"))

    engine = engine_for(act, exec_context_factory=Bare)
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        assert (await until_ended(engine, job_id))["status"] == "success"

    (line,) = await engine.log_sink.get(job_id)
    assert line.version == 1
    assert line.written_at is not None


async def test_a_lease_that_ended_on_the_way_is_not_used():
    """A claim that was answered after its own lease starts nothing."""
    job = Does()
    engine = engine_for(job)
    engine.backend.hold("claim")
    job_id = await engine.enqueue(kind="job")
    async with working(engine, lease_ttl=0.1) as worker:
        await until(lambda: engine.backend.calls["claim"])
        await asyncio.sleep(0.12)
        engine.backend.let_go("claim")
        await until(lambda: engine.backend.settled)
        assert engine.backend.settled[0].verb is Verb.RELEASE
        await until_ended(engine, job_id)

    assert job.started == [job_id]
    assert worker.stopping


async def test_a_worker_without_executors_has_nothing_to_run():
    with pytest.raises(ValueError, match="no kind to claim"):
        await worker_for(engine_for()).run()
    with pytest.raises(ValueError, match="kinds asks for mail"):
        await worker_for(engine_for(None), kinds=["mail"]).run()


async def test_statuses_in_the_log_are_plain_words(caplog):
    async def act(ctx, payload):
        raise DiscardJob

    engine = engine_for(act)
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        await until_ended(engine, job_id)

    (failed,) = [record for record in caplog.records if record.event == "job.failed"]
    assert failed.status == "failed"
    assert type(failed.status) is str
    assert failed.reason == "discarded"
    assert failed.exception_type == "DiscardJob"
    assert failed.status == JobStatus.FAILED
