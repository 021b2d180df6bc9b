from __future__ import annotations

import asyncio

import pytest

from pyjobkit_django.contracts import LogRecord
from pyjobkit_django.worker import LogLimits, log_writer
from pyjobkit_django.worker.log_writer import LogWriter
from pyjobkit_django.worker.run_log import CUT, LIMIT_REACHED, RunLog
from tests.worker.fakes import (
    FakeSink,
    a_job,
    engine_for,
    until,
    until_ended,
    worker_for,
    working,
)

JOB = a_job()


def line(text, job=JOB):
    return LogRecord(job.id, "stdout", text, job.version)


async def test_lines_are_written_in_order_and_before_the_settle():
    sink = FakeSink()
    written = []

    async def act(ctx, payload):
        for number in range(50):
            await ctx.log(f"line {number}", stream="stderr")

    engine = engine_for(act, log_sink=sink)
    settle = engine.backend.settle

    async def settle_and_look(outcomes):
        written.append(len(sink.lines))
        return await settle(outcomes)

    engine.backend.settle = settle_and_look
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        await until_ended(engine, job_id)

    assert written == [50]
    assert sink.texts() == [f"line {number}" for number in range(50)]
    assert {record.version for record in sink.lines} == {1}
    assert {record.stream for record in sink.lines} == {"stderr"}
    assert sink.writes <= 3


async def test_a_sink_that_knows_only_to_write_gets_every_line():
    class Bare:
        def __init__(self):
            self.texts = []

        async def write(self, record):
            self.texts.append(record.message)

    async def act(ctx, payload):
        await ctx.log("one")
        await ctx.log("two")

    sink = Bare()
    engine = engine_for(act, log_sink=sink)
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        await until_ended(engine, job_id)

    assert sink.texts == ["one", "two"]


async def test_a_sink_in_trouble_holds_no_settle_up(monkeypatch):
    sink = FakeSink()
    sink.broken = True

    async def act(ctx, payload):
        await ctx.log("hello")

    engine = engine_for(act, log_sink=sink)
    job_id = await engine.enqueue(kind="job")
    async with working(engine):
        await until_ended(engine, job_id)
        sink.broken = False
        await until(lambda: sink.texts() == ["hello"])


async def test_a_sink_that_hangs_holds_settles_up_once_and_not_for_long(monkeypatch):
    monkeypatch.setattr(log_writer, "PATIENCE_S", 0.05)
    sink = FakeSink()
    sink.open.clear()

    async def act(ctx, payload):
        await ctx.log("hello")

    engine = engine_for(act, log_sink=sink)
    ids = await engine.enqueue_many([{"kind": "job"}] * 3)
    async with working(engine, max_concurrency=1):
        for job_id in ids:
            await until_ended(engine, job_id)
        sink.open.set()
        await until(lambda: len(sink.lines) == 3)


async def test_what_is_left_is_written_when_the_worker_stops():
    sink = FakeSink()

    async def act(ctx, payload):
        await ctx.log("hello")
        await asyncio.Event().wait()

    engine = engine_for(act, log_sink=sink)
    await engine.enqueue(kind="job")
    worker = worker_for(engine, stop_timeout=0.05)
    task = asyncio.create_task(worker.run())
    await until(lambda: sink.writes)
    worker.request_stop()
    await task

    assert sink.texts() == ["hello"]


async def test_who_logs_too_much_at_once_waits():
    sink = FakeSink()
    sink.open.clear()
    writer = LogWriter(sink, max_lines=10)
    async with asyncio.TaskGroup() as group:
        loop = group.create_task(writer.pulse.run())
        await writer.add(line("first"))
        await until(lambda: sink.writes)
        for number in range(10):
            await writer.add(line(str(number)))
        last = group.create_task(writer.add(line("last")))
        await asyncio.sleep(0.02)
        assert not last.done()

        sink.open.set()
        await last
        await writer.finish(5)
        loop.cancel()

    assert len(sink.lines) == 12


async def test_in_trouble_the_oldest_lines_are_dropped_and_counted():
    sink = FakeSink()
    sink.broken = True
    writer = LogWriter(sink, max_lines=10)
    async with asyncio.TaskGroup() as group:
        loop = group.create_task(writer.pulse.run())
        await writer.add(line("0"))
        await until(lambda: writer.pulse.failing)
        async with asyncio.timeout(5):
            for number in range(1, 1300):
                await writer.add(line(str(number)))
        sink.broken = False
        await writer.finish(5)
        loop.cancel()

    assert sink.texts() == [
        "… 1,290 lines dropped while the log could not be written …",
        *map(str, range(1290, 1300)),
    ]


async def test_a_failed_write_that_no_longer_fits_is_dropped_from_its_front():
    sink = FakeSink()
    sink.open.clear()
    sink.broken = True
    writer = LogWriter(sink, max_lines=3)
    async with asyncio.TaskGroup() as group:
        loop = group.create_task(writer.pulse.run())
        for number in range(3):
            await writer.add(line(str(number)))
        await until(lambda: sink.writes)
        for number in range(3, 6):
            await writer.add(line(str(number)))
        sink.open.set()
        await until(lambda: writer.pulse.failing)
        sink.broken = False
        await writer.finish(5)
        loop.cancel()

    assert sink.texts()[1:] == ["3", "4", "5"]


async def test_a_large_batch_is_written_in_parts(monkeypatch):
    monkeypatch.setattr(log_writer, "BATCH_CHARACTERS", 25)
    sink = FakeSink()
    writer = LogWriter(sink)
    for _ in range(10):
        await writer.add(line("x" * 10))
    await writer.finish(5)

    assert (sink.writes, len(sink.lines)) == (5, 10)


async def test_flush_waits_for_nothing_where_nothing_is_pending():
    await LogWriter(FakeSink()).flush()


async def test_finish_gives_up_in_time():
    sink = FakeSink()
    sink.open.clear()
    writer = LogWriter(sink)
    await writer.add(line("x"))
    async with asyncio.timeout(2):
        await writer.finish(0.02)

    assert sink.lines == []


def run_log(**limits):
    sink = FakeSink()
    writer = LogWriter(sink)
    return sink, writer, RunLog(JOB, writer, LogLimits(**limits))


async def test_a_run_may_log_so_many_lines_and_no_more():
    sink, writer, log = run_log(lines=3)
    for number in range(6):
        await log.write(LogRecord(JOB.id, "stdout", str(number)))
    await writer.finish(5)

    assert sink.texts() == ["0", "1", "2", LIMIT_REACHED]


async def test_a_run_may_log_so_many_bytes_and_no_more():
    sink, writer, log = run_log(line_bytes=40, run_bytes=100)
    for text in ("ü" * 20, "x" * 50, "y" * 20, "z", "late"):
        await log.write(LogRecord(JOB.id, "s" * 100, text))
    await writer.finish(5)

    assert sink.texts() == ["ü" * 20, "x" * 40 + CUT, LIMIT_REACHED]
    assert {len(record.stream) for record in sink.lines} == {64}


@pytest.mark.slow
async def test_lines_and_changes_of_progress_without_end_hold_no_neighbour_up():
    sink = FakeSink()
    enough = asyncio.Event()

    async def act(ctx, payload):
        number = 0
        while payload and (number < 20_000 or not enough.is_set()):
            await ctx.log("line")
            await ctx.set_progress(number % 100 / 100, step=number)
            number += 1

    engine = engine_for(act, log_sink=sink)
    noisy = await engine.enqueue(kind="job", payload={"noisy": True})
    async with working(engine, max_concurrency=2):
        await until(lambda: sink.lines)
        neighbours = [await engine.enqueue(kind="job") for _ in range(20)]
        for job_id in neighbours:
            await until_ended(engine, job_id)
        assert (await engine.get(noisy))["status"] == "running"
        enough.set()
        await engine.wait(noisy, timeout_s=40)

    assert sink.texts().count("line") == 10_000
    assert sink.texts()[-1] == LIMIT_REACHED


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("x" * 10, "x" * 10),
        ("x" * 11, "x" * 10 + CUT),
        ("ü" * 5, "ü" * 5),
        ("üüüüü!", "üüüüü" + CUT),
        ("xüüüüü", "xüüüü" + CUT),
        ("\x00\ud800", "\ufffd\ufffd"),
    ],
)
async def test_a_long_line_is_cut_and_what_cannot_be_stored_replaced(text, kept):
    sink, writer, log = run_log(line_bytes=10)
    await log.write(LogRecord(JOB.id, "std\x00out", text))
    await writer.finish(5)

    (written,) = sink.lines
    assert written.message == kept
    assert written.stream == "std\ufffdout"
    assert written.version == JOB.version
    assert written.written_at is not None


async def test_the_limits_are_an_option_of_the_worker():
    sink = FakeSink()

    async def act(ctx, payload):
        for _ in range(5):
            await ctx.log("x" * 100)

    engine = engine_for(act, log_sink=sink)
    job_id = await engine.enqueue(kind="job")
    async with working(engine, log_limits=LogLimits(lines=2, line_bytes=3)):
        await until_ended(engine, job_id)

    assert sink.texts() == [f"xxx{CUT}", f"xxx{CUT}", LIMIT_REACHED]
