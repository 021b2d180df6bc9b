from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from pyjobkit_django.backends.orm import log_sink
from pyjobkit_django.backends.orm.lanes import CallerLane
from pyjobkit_django.backends.orm.log_sink import DatabaseLogSink, read_log
from pyjobkit_django.contracts import LogRecord
from pyjobkit_django.models import JobLog
from tests.marks import committed

pytestmark = [committed, pytest.mark.usefixtures("callers_thread")]

MOMENT = datetime(2026, 11, 24, 5, 0, 0, 123_000, tzinfo=UTC)


@pytest.fixture
async def sink():
    sink = DatabaseLogSink()
    yield sink
    await sink.close()


def line(job_id, message="line", *, version=1, stream="stdout", at=MOMENT):
    return LogRecord(job_id, stream, message, version, at)


async def rows(job_id):
    found = JobLog.objects.filter(job_id=job_id).order_by("version", "seq")
    return [(row.version, row.lines) async for row in found]


async def test_lines_come_back_as_they_were_written(sink):
    job_id = uuid4()
    lines = [
        line(job_id, "first"),
        line(job_id, "second", stream="stderr", at=MOMENT + timedelta(seconds=1.5)),
        line(job_id, "", at=MOMENT + timedelta(hours=1)),
    ]

    await sink.write_many(lines)

    assert await sink.get(job_id) == lines


async def test_one_flush_makes_one_row_for_each_run(sink):
    mine, other = uuid4(), uuid4()

    await sink.write_many(
        [line(mine, "a"), line(other, "b"), line(mine, "c"), line(mine, "d", version=2)]
    )

    texts = [
        (version, [text for *_, text in lines]) for version, lines in await rows(mine)
    ]
    assert texts == [(1, ["a", "c"]), (2, ["d"])]
    assert len(await rows(other)) == 1


async def test_flushes_come_back_in_order_whichever_sink_wrote_them(sink):
    job_id = uuid4()
    second = DatabaseLogSink(lane=CallerLane())

    for number in range(6):
        await (sink, second)[number % 2].write(line(job_id, str(number)))

    assert [each.message for each in await sink.get(job_id)] == list("012345")
    assert len(await rows(job_id)) == 6


async def test_the_runs_of_a_job_come_back_in_order(sink):
    job_id = uuid4()
    for version in (1, 2, 10):
        await sink.write(line(job_id, f"run {version}", version=version))

    assert [each.version for each in await sink.get(job_id)] == [1, 2, 10]


async def test_a_job_without_lines_has_none(sink):
    assert await sink.get(uuid4()) == []


async def test_writing_nothing_writes_nothing(sink):
    await sink.write_many([])

    assert await JobLog.objects.acount() == 0


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b", "a\ufffdb"),
        ("\ud800", "\ufffd"),
        ("🚀 ½ \u202e", "🚀 ½ \u202e"),
        ("\x1b[31mred\x1b[0m\r\n\t", "\x1b[31mred\x1b[0m\r\n\t"),
        ("\\u0000 %s {} '\"`", "\\u0000 %s {} '\"`"),
        ("x" * 65_536, "x" * 65_536),
        ("ä" * 300_000, "ä" * 300_000),
    ],
    ids=["nul", "surrogate", "emoji", "colour", "escapes", "long", "very long"],
)
async def test_any_text_is_kept_with_what_no_database_stores_replaced(sink, text, kept):
    job_id = uuid4()

    await sink.write(line(job_id, text))

    assert [each.message for each in await sink.get(job_id)] == [kept]


async def test_a_line_without_a_time_gets_that_of_its_writing(sink):
    job_id = uuid4()

    await sink.write(line(job_id, at=None))

    (kept,) = await sink.get(job_id)
    now = datetime.now(UTC)  # noqa: TID251 - the clock of this machine is the measure
    assert abs(now - kept.written_at) < timedelta(seconds=2)


@pytest.mark.parametrize("letter", ["x", "ä", "🚀", "\x01"])
async def test_much_is_split_into_rows_of_bounded_size(sink, letter, monkeypatch):
    """What JSON escapes grows sixfold, and statements have a size that servers bound."""
    monkeypatch.setattr(log_sink, "ROW_BYTES", 4_096)
    job_id = uuid4()
    lines = [line(job_id, f"{number}" + letter * 100) for number in range(200)]

    await sink.write_many(lines)

    sizes = [len(json.dumps(kept)) for _, kept in await rows(job_id)]
    assert max(sizes) <= 4_096 + 1_024
    assert len(sizes) > 1
    assert await sink.get(job_id) == lines


async def test_a_line_longer_than_a_row_has_a_row_to_itself(sink, monkeypatch):
    monkeypatch.setattr(log_sink, "ROW_BYTES", 1_000)
    job_id = uuid4()
    lines = [line(job_id, "a"), line(job_id, "b" * 5_000), line(job_id, "c")]

    await sink.write_many(lines)

    assert [len(kept) for _, kept in await rows(job_id)] == [1, 1, 1]
    assert await sink.get(job_id) == lines


async def test_all_lines_of_a_flush_are_kept_or_none(sink, monkeypatch):
    good, bad = uuid4(), uuid4()
    monkeypatch.setattr(log_sink, "_sequence", iter([1, 2, 1]))
    await sink.write(line(good))

    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        await sink.write_many([line(bad), line(good, "again")])

    assert await sink.get(bad) == []
    assert len(await sink.get(good)) == 1


async def test_a_batch_as_large_as_workers_write_is_kept(sink):
    """A thousand lines, a megabyte of letters of every kind, of fifty runs."""
    letters = random.Random(7)
    runs = [(uuid4(), version) for version in range(1, 51)]
    lines = [
        LogRecord(job_id, "stdout", letters.choice("xä🚀\x1b") * 1_000, version, MOMENT)
        for job_id, version in (letters.choice(runs) for _ in range(1_000))
    ]

    await sink.write_many(lines)

    for job_id, version in runs:
        mine = [each for each in lines if each.job_id == job_id]
        assert await sink.get(job_id) == mine
        assert {each.version for each in mine} <= {version}


async def test_the_longest_line_of_letters_that_grow_most_is_kept(sink):
    job_id = uuid4()
    lines = [line(job_id, "\x01" * 65_536) for _ in range(16)]

    await sink.write_many(lines)

    assert await sink.get(job_id) == lines


async def test_a_worker_keeps_lines_as_everybody_does(sink):
    """On PostgreSQL it does so from its event loop."""
    first, second = uuid4(), uuid4()
    lines = [line(first, "a\x00"), line(second, "b"), line(first, "ä" * 300_000)]

    async with sink.worker_session() as own:
        await own.write_many(lines)
        await own.write(line(first, "last"))
        assert (own is sink) == (connection.vendor != "postgresql")

    texts = [each.message for each in await sink.get(first)]
    assert texts == ["a\ufffd", "ä" * 300_000, "last"]
    assert await sink.get(second) == [lines[1]]


async def test_a_worker_on_a_lane_of_its_own_stays_there():
    sink = DatabaseLogSink(lane=CallerLane())

    async with sink.worker_session() as own:
        assert own is sink


async def test_a_log_may_go_elsewhere(sink):
    elsewhere = DatabaseLogSink(using=connection.alias, lane=CallerLane())
    job_id = uuid4()

    await elsewhere.write(line(job_id))

    assert len(await sink.get(job_id)) == 1


def test_a_log_is_read_without_an_event_loop():
    job_id = uuid4()
    JobLog.objects.create(
        job_id=job_id, version=3, seq=1, lines=[[MOMENT.timestamp(), "stderr", "oh"]]
    )

    assert read_log(job_id) == [line(job_id, "oh", version=3, stream="stderr")]
