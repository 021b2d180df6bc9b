"""`make bench-limits`: the bounds beneath every queue on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from benchmarks import databases
from benchmarks.figures import Figure
from benchmarks.limits import claiming, inserting, looping, orm

_JOBS = 20_000
_SINGLE = 2_000
_LOOPED = 50_000

type Measure = Callable[[], float]


def measured(rounds: int) -> Iterator[Figure]:
    """Measure everything in turn, ``rounds`` times."""
    with databases.lent("postgresql") as database:
        cases = {**_raw(database.dsn), **_orm(database.dsn), **_asyncio()}
        found: dict[tuple[str, str], list[float]] = {case: [] for case in cases}
        for _ in range(rounds):
            for case, measure in cases.items():
                found[case].append(measure())
    for (section, subject), rates in found.items():
        yield Figure(section, subject, "jobs/s", tuple(rates))


def _raw(dsn: str) -> dict[tuple[str, str], Measure]:
    section = "Raw psycopg"
    claims: dict[tuple[str, str], Measure] = {
        (section, f"claim and complete, n = {batch}"): partial(
            claiming.floor, dsn, jobs, batch
        )
        for batch, jobs in ((1, 1_000), (10, 5_000), (100, _JOBS), (500, _JOBS))
    }
    return {
        **claims,
        (section, "completing overlaps the next claim, n = 100"): (
            lambda: claiming.overlapped(dsn, _JOBS)
        ),
        (section, "INSERT, one a commit"): lambda: inserting.single(dsn, _SINGLE),
        (section, "INSERT … SELECT unnest, 1,000 a commit"): (
            lambda: inserting.unnested(dsn, _JOBS)
        ),
        (section, "COPY, 1,000 a commit"): lambda: inserting.copied(dsn, _JOBS),
    }


def _orm(dsn: str) -> dict[tuple[str, str], Measure]:
    model = orm.set_up(dsn)
    section = "Django's ORM"
    return {
        (section, "claim and complete, n = 100"): (
            lambda: orm.drain(model, dsn, _JOBS // 2, 100)
        ),
        (section, "claim and complete, n = 500"): (
            lambda: orm.drain(model, dsn, _JOBS // 2, 500)
        ),
        (section, "create()"): lambda: orm.create(model, dsn, _SINGLE),
        (section, "bulk_create(), 1,000 a call"): (
            lambda: orm.bulk_create(model, dsn, _JOBS // 2)
        ),
    }


def _asyncio() -> dict[tuple[str, str], Measure]:
    section = "asyncio"
    return {
        (section, "a task and a timeout for each job"): lambda: looping.tasks(_LOOPED),
        (section, "100 consumers, a timeout for each job"): (
            lambda: looping.consumers(_LOOPED)
        ),
        (section, "100 consumers, no timeouts"): (
            lambda: looping.bare_consumers(_LOOPED)
        ),
    }
