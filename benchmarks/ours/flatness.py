"""Flatness: the same drain in an empty table, behind mountains, and past a held snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing

from benchmarks import databases, marks, workers
from benchmarks.draining import drain, drain_filled
from benchmarks.figures import Figure
from benchmarks.ours.sizes import Sizes
from benchmarks.ours.subject import worker
from benchmarks.stands import Stand


def mountains(stand: Stand, sizes: Sizes) -> Iterator[Figure]:
    """Measure drains in an empty table and behind the mountains, in turn."""
    # In one queue: without --queue it would run what waits in all the others.
    setting = worker("Noop", jobs=sizes.drained_in_mountains)
    empty, piled = [], []
    with stand.run() as run:
        run.call("pile", sizes.finished, sizes.later, sizes.foreign)
        for _ in range(sizes.rounds):
            empty.append(drain(stand, setting).rate)
            run.marks.unlink(missing_ok=True)
            run.call("fill", "noop", setting.jobs)
            run.database.settle()
            piled.append(drain_filled(run, stand, setting).rate)
    told = (
        f"{sizes.finished:,} finished, {sizes.later:,} later, {sizes.foreign:,} foreign"
    )
    yield Figure("Flatness", "empty table", "jobs/s", tuple(empty))
    yield Figure("Flatness", "behind mountains", "jobs/s", tuple(piled), told)


def held_snapshot(stand: Stand, sizes: Sizes) -> Iterator[Figure]:
    """Measure a long drain while somebody else keeps a snapshot open."""
    with ExitStack() as stack:
        run = stack.enter_context(stand.run())
        run.call("fill", "noop", sizes.held)
        run.database.settle()
        holder = stack.enter_context(closing(run.database.connect()))
        holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        databases.one(holder, "SELECT count(*) FROM pyjobkit_django_job")
        crew = stack.enter_context(workers.started(stand.log))
        run.start(crew, worker("Noop", "Late"))
        run.wait_for_bodies(crew, sizes.held // 4)
        run.call("urge")
        run.wait_for_bodies(crew, sizes.held + 1)
        onlooker = stack.enter_context(closing(run.database.connect()))
        run.wait_for_ends(crew, onlooker)
        rates = run.call("pace_of_ends", sizes.held_slice)
        # The urgent job's mark is a delay, and so the only small one.
        urgent_ms = min(marks.read(run.marks)) / 1e6
    part = f"{sizes.held_slice:,} of {sizes.held:,} jobs"
    yield Figure("Held snapshot", f"first {part}", "jobs/s", (rates["first"],))
    yield Figure("Held snapshot", f"last {part}", "jobs/s", (rates["last"],))
    yield Figure(
        "Held snapshot", "priority 1, enqueued midway, starts after", "ms", (urgent_ms,)
    )
