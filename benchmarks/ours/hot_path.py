"""Our rates: enqueueing, draining on each database and by several workers, latency."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks import databases
from benchmarks.draining import Drained, drain
from benchmarks.figures import Figure
from benchmarks.latency import LOAD_SENDERS, latencies
from benchmarks.ours.sizes import Sizes
from benchmarks.ours.subject import ours, worker
from benchmarks.sleeping import sleep_together
from benchmarks.stands import Stand, ready

NAMES = {"postgresql": "PostgreSQL", "mariadb": "MariaDB", "sqlite": "SQLite"}
_IDLE_GAP_S = 0.01
_LOAD_GAP_S = 0.001


def enqueueing(stand: Stand, sizes: Sizes) -> Iterator[Figure]:
    """Measure one by one, in turn with the plain ORM, and in bulk."""
    subjects = {
        "enqueue": "enqueue()",
        "create": "Job.objects.create() of the same row",
        "rate": "enqueue_many(), 1,000 a call",
    }
    found: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(sizes.rounds):
        with stand.run() as run:
            one_by_one = run.call("beside_the_orm", sizes.enqueued)
            for name, rate in {**one_by_one, **run.call("bulk", sizes.bulk)}.items():
                found[name].append(rate)
    for name, rates in found.items():
        yield Figure("Enqueue", subjects[name], "jobs/s", tuple(rates))


def draining(stand: Stand, sizes: Sizes) -> Iterator[Figure]:
    """Measure one, two and four workers."""
    settings = {
        count: worker("Noop", jobs=_crowd(count, sizes), workers=count)
        for count in (1, 2, 4)
    }
    found: dict[int, list[Drained]] = {count: [] for count in settings}
    for _ in range(sizes.rounds):
        for count, setting in settings.items():
            found[count].append(drain(stand, setting))
    for count, runs in found.items():
        workers = "1 worker" if count == 1 else f"{count} workers"
        yield Figure("Drain", workers, "jobs/s", tuple(run.rate for run in runs))


def draining_elsewhere(folder: Path, sizes: Sizes) -> Iterator[Figure]:
    """Measure one worker on the databases beside PostgreSQL."""
    setting = worker("Noop", jobs=sizes.drained_elsewhere)
    for kind in filter(databases.has, ("sqlite", "mariadb")):
        with ready(ours(kind), folder) as stand:
            rates = [drain(stand, setting).rate for _ in range(sizes.rounds)]
        yield Figure("Drain", f"1 worker, {NAMES[kind]}", "jobs/s", tuple(rates))


def _crowd(workers: int, sizes: Sizes) -> int:
    # They do not start at once: what is drained before all are there should be little.
    jobs = workers * sizes.drained
    return jobs if workers == 1 else max(60_000, jobs)


def waiting(stand: Stand, sizes: Sizes) -> Iterator[Figure]:
    """Measure latency with an idle worker and at 1,000 jobs a second."""
    cases = {
        "idle": (sizes.paced, _IDLE_GAP_S, 1),
        "under load": (sizes.paced_under_load, _LOAD_GAP_S, LOAD_SENDERS),
    }
    for name, (jobs, gap_s, senders) in cases.items():
        found = latencies(
            stand,
            worker("Late"),
            jobs=jobs,
            gap_s=gap_s,
            rounds=sizes.rounds,
            senders=senders,
        )
        note = f"{min(each.rate for each in found):,.0f} jobs/s sent"
        for point in ("p50", "p99"):
            values = tuple(getattr(each, point) for each in found)
            yield Figure("Latency", f"{name}, {point}", "ms", values, note)


def sleeping(stand: Stand, sizes: Sizes) -> Iterator[Figure]:
    """Measure jobs that only wait, all at once."""
    setting = worker("Sleep", jobs=sizes.sleeping, concurrency=sizes.sleeping)
    values = tuple(sleep_together(stand, setting) for _ in range(sizes.rounds))
    yield Figure("I/O-bound", f"{sizes.sleeping} jobs of sleep(1)", "s", values)
