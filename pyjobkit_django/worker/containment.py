"""Keeping what the tasks of a job raise from ending the worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

_in_a_run: ContextVar[bool] = ContextVar("pyjobkit_in_a_run", default=False)

type TaskFactory = Callable[..., asyncio.Future[Any]]


def begin_run() -> None:
    """Note that the code of a job runs in this context, and in tasks that it makes."""
    _in_a_run.set(True)


@contextmanager
def containing() -> Iterator[None]:
    """Let no task that a job makes end the loop, as asyncio does for SystemExit.

    Such a task fails with a RuntimeError instead, which reaches whoever awaits it.
    """
    loop = asyncio.get_running_loop()
    before: Any = loop.get_task_factory()
    loop.set_task_factory(partial(_task, before))
    try:
        yield
    finally:
        loop.set_task_factory(before)


def _task(
    before: TaskFactory | None,
    loop: asyncio.AbstractEventLoop,
    coroutine: Any,
    **options: Any,
) -> Any:
    work = Contained(coroutine) if _in_a_run.get() else coroutine
    if before is not None:
        return before(loop, work, **options)
    return asyncio.Task(work, loop=loop, **options)


class Contained(Coroutine[Any, Any, Any]):
    """A coroutine that raises RuntimeError for SystemExit and KeyboardInterrupt.

    A wrapper written as a coroutine would leave the one within unawaited where its task
    is cancelled before it starts.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine

    def send(self, value: Any) -> Any:
        try:
            return self._coroutine.send(value)
        except (SystemExit, KeyboardInterrupt) as error:
            raise _contained(error) from error

    def throw(self, *error: Any) -> Any:
        try:
            return self._coroutine.throw(*error)
        except (SystemExit, KeyboardInterrupt) as fault:
            raise _contained(fault) from fault

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coroutine.__await__()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._coroutine, name)


def _contained(error: BaseException) -> RuntimeError:
    return RuntimeError(f"a task of a job raised {error!r}")
