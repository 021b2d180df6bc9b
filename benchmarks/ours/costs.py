"""What one job costs the server and the worker: the numbers that scaling out rests on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks import workers
from benchmarks.databases import one
from benchmarks.draining import CONNECTIONS, WAL
from benchmarks.figures import Figure
from benchmarks.ours.sizes import Sizes
from benchmarks.ours.subject import worker
from benchmarks.stands import Run, Stand
from benchmarks.statements import counted
from benchmarks.workers import Workers

SECTION = "What a job costs"
_ENQUEUED = 500
_BACKENDS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def work(stand: Stand, sizes: Sizes) -> Iterator[Figure]:
    """Measure WAL, connections and processor time, per job of a drain."""
    jobs = sizes.costed
    with (
        stand.run() as run,
        workers.started(stand.log) as crew,
        closing(run.database.connect()) as onlooker,
    ):
        wal = [one(onlooker, WAL)]
        run.call("fill", "noop", jobs)
        wal.append(one(onlooker, WAL))
        run.database.settle()
        wal.append(one(onlooker, WAL))
        run.start(crew, worker("Noop"))
        run.wait_for_bodies(crew, 1)
        started = cpu_s(process.pid for process in crew.processes)
        _wait_until_done(run, crew, onlooker, jobs)
        wal.append(one(onlooker, WAL))
        connections = one(onlooker, CONNECTIONS)
        ours = cpu_s(process.pid for process in crew.processes) - started
        theirs = cpu_s(_backends(onlooker))
    yield _figure("WAL of enqueueing, in bulk", "bytes", (wal[1] - wal[0]) / jobs)
    yield _figure("WAL of running", "bytes", (wal[3] - wal[2]) / jobs)
    yield _figure("connections of a worker", "connections", connections)
    if ours and theirs:
        yield _figure("processor time of the worker", "µs", ours / jobs * 1e6)
        yield _figure("processor time of the server", "µs", theirs / jobs * 1e6)


def statements(stand: Stand, sizes: Sizes) -> Iterator[Figure]:
    """Count the statements of an enqueue, and of running, per job of a drain."""
    jobs = sizes.costed
    with (
        stand.run() as run,
        counted(run.database) as (watched, found),
        workers.started(stand.log) as crew,
        closing(run.database.connect()) as onlooker,
    ):
        run.call("fill", "noop", _ENQUEUED, through=watched)
        found.reset()
        run.call("enqueue", _ENQUEUED, through=watched)
        waiting = one(onlooker, "SELECT count(*) FROM pyjobkit_django_job") - _ENQUEUED
        enqueueing = found.total / waiting
        run.call("fill", "noop", jobs)
        found.reset()
        run.start(crew, worker("Noop"), through=watched)
        _wait_until_done(run, crew, onlooker, jobs + waiting + _ENQUEUED)
        running = found.total / (jobs + waiting + _ENQUEUED)
    yield _figure("statements of enqueue()", "statements", enqueueing)
    yield _figure("statements of running", "statements", running)


def cpu_s(pids: Iterable[int]) -> float:
    """Return the seconds of processor time that processes took; 0 where none tells."""
    return sum(map(_ticks, pids)) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    told = Path(f"/proc/{pid}/stat")
    if not told.exists():
        return 0
    # The name of the program, in brackets, may hold spaces.
    fields = told.read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _backends(onlooker: Any) -> list[int]:
    return [pid for (pid,) in onlooker.execute(_BACKENDS).fetchall()]


def _wait_until_done(run: Run, crew: Workers, onlooker: Any, jobs: int) -> None:
    run.wait_for_bodies(crew, jobs)
    run.wait_for_ends(crew, onlooker)


def _figure(subject: str, unit: str, value: float) -> Figure:
    return Figure(SECTION, subject, unit, (value,))
