"""How many jobs a second can be claimed and completed, whoever does it."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any

import psycopg

from benchmarks.limits import plain_table
from benchmarks.limits.plain_table import CLAIM, COMPLETE


def floor(dsn: str, jobs: int, batch: int = 100) -> float:
    """Return the rate of one raw connection: claim, complete, in turn."""
    plain_table.lay(dsn, jobs)
    rate = asyncio.run(_in_turn(dsn, batch))
    plain_table.check_all_are_done(dsn)
    return rate


def overlapped(dsn: str, jobs: int, batch: int = 100) -> float:
    """Return the rate when a second connection completes during the next claim."""
    plain_table.lay(dsn, jobs)
    rate = asyncio.run(_overlapping(dsn, batch))
    plain_table.check_all_are_done(dsn)
    return rate


async def _in_turn(dsn: str, batch: int) -> float:
    worker = uuid.uuid4()
    async with await _connected(dsn) as connection:
        cursor = connection.cursor(binary=True)
        done, start = 0, time.perf_counter()
        while ids := await _claim(cursor, worker, batch):
            await cursor.execute(COMPLETE, (ids,))
            done += len(ids)
        return done / (time.perf_counter() - start)


async def _overlapping(dsn: str, batch: int) -> float:
    worker = uuid.uuid4()
    async with await _connected(dsn) as claiming, await _connected(dsn) as completing:
        claims, ends = claiming.cursor(binary=True), completing.cursor(binary=True)
        done, start = 0, time.perf_counter()
        ids = await _claim(claims, worker, batch)
        while ids:
            async with asyncio.TaskGroup() as both:
                following = both.create_task(_claim(claims, worker, batch))
                both.create_task(ends.execute(COMPLETE, (ids,)))
            done += len(ids)
            ids = following.result()
        return done / (time.perf_counter() - start)


async def _connected(dsn: str) -> psycopg.AsyncConnection[Any]:
    connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True)
    connection.prepare_threshold = 1
    return connection


async def _claim(
    cursor: psycopg.AsyncCursor[Any], worker: uuid.UUID, batch: int
) -> list[uuid.UUID]:
    await cursor.execute(CLAIM, (worker, batch))
    return [row[0] for row in await cursor.fetchall()]
