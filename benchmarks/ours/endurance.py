"""What lasts: memory over many jobs, statements of an idle worker, logs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

from benchmarks import marks, workers
from benchmarks.draining import drain
from benchmarks.figures import Figure
from benchmarks.ours.sizes import Sizes
from benchmarks.ours.subject import worker
from benchmarks.stands import Run, Stand
from benchmarks.statements import counted

_SETTLED_S = 3


def memory(stand: Stand, sizes: Sizes) -> Iterator[Figure]:
    """Measure a worker's resident memory after a fifth of many jobs, and after all."""
    jobs = sizes.for_memory
    with stand.run() as run, workers.started(stand.log) as crew:
        run.call("fill", "noop", jobs)
        run.start(crew, worker("Noop"))
        for part in (jobs // 5, jobs):
            run.wait_for_bodies(crew, part)
            subject = f"worker after {part:,} jobs"
            yield Figure("Memory", subject, "MB", (crew.memory_mb(),))


def idle_statements(stand: Stand, sizes: Sizes) -> Iterator[Figure]:
    """Count what an idle worker sends over all its connections in a minute."""
    with (
        stand.run() as run,
        counted(run.database) as (watched, statements),
        workers.started(stand.log) as crew,
    ):
        run.start(crew, worker("Late"), through=watched)
        run.call("pace", 1, 0)
        run.wait_for_bodies(crew, 1)
        time.sleep(_SETTLED_S)
        statements.reset()
        time.sleep(sizes.idle_s)
        a_minute = statements.total * 60 / sizes.idle_s
    note = f"counted for {sizes.idle_s} s"
    yield Figure("Idle worker", "statements", "a minute", (a_minute,), note)


def chatty(stand: Stand, sizes: Sizes) -> Iterator[Figure]:
    """Measure jobs that log 10 lines and set progress 5 times, in turn with no-ops.

    ValueError if any line or progress is lost.
    """
    rates, no_ops = [], []
    for _ in range(sizes.rounds):
        no_ops.append(drain(stand, worker("Noop", jobs=sizes.drained)).rate)
        with (
            stand.run() as run,
            workers.started(stand.log) as crew,
            closing(run.database.connect()) as onlooker,
        ):
            run.call("fill", "chatty", sizes.chatty)
            run.database.settle()
            run.start(crew, worker("Chatty"))
            run.wait_for_bodies(crew, sizes.chatty)
            run.wait_for_ends(crew, onlooker)
            took = time.time_ns() - min(marks.read(run.marks))
            rates.append(sizes.chatty / (took / 1e9))
            _check_nothing_is_lost(run, sizes.chatty)
    yield Figure("Chatty jobs", "10 lines, 5 progress", "jobs/s", tuple(rates))
    yield Figure("In turn with chatty jobs", "no-ops", "jobs/s", tuple(no_ops))


def _check_nothing_is_lost(run: Run, jobs: int) -> None:
    found = run.call("lines")
    if found["whole"] != jobs or found["lines"] != found["expected_lines"]:
        raise ValueError(f"{jobs} chatty jobs lost something: {found}")
