"""Workers that kill themselves at a chosen moment around their first settle.

Each is a fork of one prepared process, so that many die in a second.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn
from uuid import UUID

from django.db import connections

from pyjobkit_django import DjangoBackend, Engine, Worker
from pyjobkit_django.backends.orm import moves
from pyjobkit_django.backends.orm.lanes import ThreadLane
from pyjobkit_django.contracts import Outcome
from tests.acceptance.executors import Note, write_line
from tests.acceptance.processes import ROOT, Journal

#: -1: before the transaction; then before and after each statement of the settle, in
#: turn; those that it does not reach come right after its commit.
MOMENTS: Final = range(-1, 11)
LEASE_TTL_S: Final = 1.0
#: How many live at the same time.
AT_ONCE: Final = 4
#: One that finds no job, or whose parent is gone, ends by itself.
LIFETIME_S: Final = 60

PROGRAM: Final = (
    "import django, sys; django.setup();"
    "from tests.acceptance.doomed_workers import let_die;"
    "let_die(sys.argv[1], int(sys.argv[2]))"
)


def run_doomed_workers(journal: Journal, count: int) -> None:
    """Have ``count`` workers live and die; each leaves a line ``killed WHEN``."""
    command = [sys.executable, "-c", PROGRAM, str(journal.path), str(count)]
    subprocess.run(command, cwd=ROOT, check=True)


def let_die(journal: str, count: int) -> None:
    """Fork the workers, each to die at the next of the moments."""
    gc.freeze()  # a collection in a fork would copy all of the parent's memory
    alive: set[int] = set()
    for number in range(count):
        if len(alive) == AT_ONCE:
            _bury(alive)
        alive.add(_fork(journal, MOMENTS[number % len(MOMENTS)]))
    while alive:
        _bury(alive)


class Fuse:
    """Calls ``end`` at a moment: before or after one of the statements."""

    def __init__(self, moment: int, end: Callable[[], NoReturn]) -> None:
        self._left = moment
        self._end = end

    def __call__(
        self, execute: Any, sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        self._burn()
        answer = execute(sql, params, many, context)
        self._burn()
        return answer

    def _burn(self) -> None:
        if self._left == 0:
            self._end()
        self._left -= 1


class DoomedBackend(DjangoBackend):
    """Ends its process around the first settle, at the latest after it."""

    def __init__(self, journal: str, moment: int) -> None:
        super().__init__(
            lease_ttl_s=LEASE_TTL_S, lane=ThreadLane("doomed"), notify=False
        )
        self._journal = journal
        self._moment = moment

    async def settle(self, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        return await self._lane.run(self._settle_and_die, outcomes)

    def _settle_and_die(self, outcomes: Sequence[Outcome]) -> NoReturn:
        if self._moment < 0:
            self._die("before")
        connection = connections[self.using]
        connection.ensure_connection()  # what that takes does not count
        fuse = Fuse(
            self._moment,
            lambda: self._die("during" if connection.in_atomic_block else "after"),
        )
        with connection.execute_wrapper(fuse):
            moves.settle(outcomes, self.using)
        self._die("after")

    def _die(self, when: str) -> NoReturn:
        write_line(self._journal, "killed", when)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("a SIGKILL was survived")


def _fork(journal: str, moment: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    signal.alarm(LIFETIME_S)
    try:
        engine = Engine(backend=DoomedBackend(journal, moment), executors=[Note()])
        options = {"max_concurrency": 2, "poll_interval": 0.05}
        asyncio.run(Worker(engine, lease_ttl=LEASE_TTL_S, **options).run())
    except BaseException:  # noqa: BLE001 - whatever it is, the parent reports it
        traceback.print_exc()
    os._exit(1)


def _bury(alive: set[int]) -> None:
    pid, status = os.wait()
    alive.remove(pid)
    code = os.waitstatus_to_exitcode(status)
    if code != -signal.SIGKILL:
        raise SystemExit(f"worker {pid} ended with {code} instead of being killed")
