"""A worker's connection to PostgreSQL that belongs to its event loop."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import pytest
from django.db import connection

from pyjobkit_django.backends.orm.deadlines import Deadlines
from tests.marks import committed, on_postgresql

pytestmark = [committed, on_postgresql]

ONE = ("SELECT 1", ())
PID = ("SELECT pg_backend_pid()", ())
SLEEP_S = 30
SLEEP = (f"SELECT pg_sleep({SLEEP_S})", ())


@asynccontextmanager
async def a_line():
    # Where there is no PostgreSQL there need be no driver of it.
    from pyjobkit_django.backends.orm.async_line import AsyncLine  # noqa: PLC0415

    line = AsyncLine(Deadlines(connection.alias, 30))
    try:
        yield line
    finally:
        await line.close()


async def setting(line, name):
    cursor = await line.connection.execute(f"SHOW {name}")
    return (await cursor.fetchone())[0]


async def test_statements_at_once_take_turns_on_one_connection():
    async with a_line() as line:
        found = await asyncio.gather(*(line.rows_of(PID) for _ in range(5)))

        assert len({pid for ((pid,),) in found}) == 1


async def test_a_statement_without_rows_gives_none():
    async with a_line() as line:
        assert await line.rows_of(("SET work_mem = 4096", ())) == []


async def test_a_statement_is_run_by_the_cursor_that_ran_it_before():
    async with a_line() as line:
        for number in (1, 2):
            assert await line.rows_of(("SELECT %s::int", (number,))) == [(number,)]

        ((_, cursor),) = line._cursors.values()
        # Of the last answer it keeps nothing.
        assert cursor.pgresult.ntuples == 0


async def test_a_cursor_that_was_given_much_is_not_kept():
    async with a_line() as line:
        much = "x" * 100_000
        assert await line.rows_of(("SELECT %s::text", (much,))) == [(much,)]

        assert line._cursors == {}


async def test_of_many_statements_only_some_cursors_are_kept():
    async with a_line() as line:
        for number in range(100):
            assert await line.rows_of((f"SELECT {number}", ())) == [(number,)]

        assert len(line._cursors) <= 32


async def test_a_connection_that_fails_is_replaced():
    async with a_line() as line:
        ((first,),) = await line.rows_of(PID)
        with pytest.raises(Exception, match="terminating connection"):
            await line.rows_of(("SELECT pg_terminate_backend(pg_backend_pid())", ()))

        ((second,),) = await line.rows_of(PID)
        assert second != first


async def test_whoever_is_cancelled_does_not_wait_and_the_next_has_the_line():
    async with a_line() as line:
        await line.rows_of(ONE)
        # The statement is on its way once this returns.
        loop = asyncio.get_running_loop()
        waiting = asyncio.Task(line.rows_of(SLEEP), loop=loop, eager_start=True)
        began = time.monotonic()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

        assert time.monotonic() - began < SLEEP_S / 2
        assert await line.rows_of(ONE) == [(1,)]
        assert time.monotonic() - began < SLEEP_S


@pytest.mark.parametrize("name", ["enable_seqscan", "jit"])
async def test_a_session_of_its_own_is_set_up_for_the_verbs(name):
    async with a_line() as line:
        await line.rows_of(ONE)

        assert await setting(line, name) == "off"
        assert line.connection.prepare_threshold == 1


async def test_behind_a_pooler_nothing_is_set_or_prepared(monkeypatch):
    """A pooler names a process that is not the server's."""

    async def no(_connection):
        return False

    monkeypatch.setattr("pyjobkit_django.backends.orm.async_line._is_direct", no)
    async with a_line() as line:
        await line.rows_of(ONE)

        assert await setting(line, "enable_seqscan") == "on"
        assert line.connection.prepare_threshold is None
