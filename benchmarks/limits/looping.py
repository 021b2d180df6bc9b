"""How many jobs a second asyncio itself can hand around."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

_SLOTS = 100
_TIMEOUT_S = 30


def tasks(jobs: int) -> float:
    """Return the rate of a task with a timeout for each job, 100 at once."""
    return asyncio.run(_with_tasks(jobs))


def consumers(jobs: int) -> float:
    """Return the rate of 100 standing consumers, each job with a timeout."""
    return asyncio.run(_with_consumers(jobs, _timed_body))


def bare_consumers(jobs: int) -> float:
    """Return the rate of 100 standing consumers without timeouts."""
    return asyncio.run(_with_consumers(jobs, _body))


async def _with_tasks(jobs: int) -> float:
    slots = asyncio.Semaphore(_SLOTS)

    async def job() -> None:
        await _timed_body()
        slots.release()

    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(jobs):
            await slots.acquire()
            group.create_task(job())
    return jobs / (time.perf_counter() - start)


async def _with_consumers(jobs: int, body: Callable[[], Awaitable[None]]) -> float:
    waiting: asyncio.Queue[int] = asyncio.Queue()
    for number in range(jobs):
        waiting.put_nowait(number)

    async def consume() -> None:
        while not waiting.empty():
            waiting.get_nowait()
            await body()

    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(_SLOTS):
            group.create_task(consume())
    return jobs / (time.perf_counter() - start)


async def _timed_body() -> None:
    async with asyncio.timeout(_TIMEOUT_S):
        await _body()


async def _body() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)
