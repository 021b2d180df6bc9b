from __future__ import annotations

from uuid import uuid4

from pyjobkit_django.contracts import LogRecord
from pyjobkit_django.logs import MemoryLogSink


def line(job_id, message):
    return LogRecord(job_id, "stdout", message)


async def messages(sink, job_id):
    return [record.message for record in await sink.get(job_id)]


async def test_lines_are_kept_in_order_and_by_job():
    sink, one, two = MemoryLogSink(), uuid4(), uuid4()
    await sink.write_many([line(one, "a"), line(two, "b"), line(one, "c")])

    assert await messages(sink, one) == ["a", "c"]
    assert await messages(sink, two) == ["b"]


async def test_a_job_without_lines_has_none():
    assert await MemoryLogSink().get(uuid4()) == []


async def test_of_a_talkative_job_the_last_lines_are_kept():
    sink, job_id = MemoryLogSink(max_items=2), uuid4()
    for message in "abc":
        await sink.write(line(job_id, message))

    assert await messages(sink, job_id) == ["b", "c"]


async def test_of_many_jobs_the_last_are_kept():
    sink, jobs = MemoryLogSink(max_jobs=2), [uuid4() for _ in range(3)]
    for job_id in jobs:
        await sink.write(line(job_id, "hello"))

    assert [await messages(sink, job_id) for job_id in jobs] == [
        [],
        ["hello"],
        ["hello"],
    ]


async def test_what_was_read_does_not_grow():
    sink, job_id = MemoryLogSink(), uuid4()
    await sink.write(line(job_id, "a"))
    read = await sink.get(job_id)
    await sink.write(line(job_id, "b"))

    assert len(read) == 1


async def test_a_sink_can_be_closed():
    await MemoryLogSink().close()
