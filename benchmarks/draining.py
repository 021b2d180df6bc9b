"""Drain: jobs that wait in the database, and then workers that start."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks import marks, workers
from benchmarks.stands import Run, Setting, Stand

#: Bytes of write-ahead log so far, and other connections to this database.
WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
CONNECTIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND backend_type = 'client backend'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What one drain gave.

    ``rate`` is jobs a second from the first body to the last row that is finished in the
    database (to the last body, where the database is Redis); ``memory_mb`` is what the
    workers hold at the end.
    """

    rate: float
    memory_mb: float


def drain(stand: Stand, setting: Setting) -> Drained:
    """Drain a fresh database that holds nothing but the jobs."""
    with stand.run() as run:
        run.call("fill", "noop", setting.jobs)
        run.database.settle()
        return drain_filled(run, stand, setting)


def drain_filled(run: Run, stand: Stand, setting: Setting) -> Drained:
    """Drain what is queued; StalledError if jobs are lost, ValueError if any ran twice."""
    jobs = setting.jobs
    with (
        _onlooker(run) as onlooker,
        workers.started(stand.log) as crew,
    ):
        run.start(crew, setting)
        run.wait_for_bodies(crew, jobs)
        if onlooker and run.subject.unfinished:
            run.wait_for_ends(crew, onlooker)
        finished = time.time_ns()
        memory = crew.memory_mb()
    bodies = sorted(marks.read(run.marks))
    if len(bodies) > jobs and not run.subject.may_repeat:
        raise ValueError(f"{run.subject.name} ran {len(bodies)} bodies of {jobs} jobs")
    end = finished if run.subject.unfinished else bodies[jobs - 1]
    return Drained(rate=jobs / ((end - bodies[0]) / 1e9), memory_mb=memory)


@contextmanager
def _onlooker(run: Run) -> Iterator[Any]:
    if run.database.kind == "redis":
        yield None
        return
    with closing(run.database.connect()) as connection:
        yield connection
