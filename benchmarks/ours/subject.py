"""Our queue as something that is measured: its worker's command and its settings."""

from __future__ import annotations

from benchmarks.stands import Setting, Subject

_EXECUTORS = "benchmarks.ours.executors"
# Asked once every body has run, and quick in a table of millions.
_UNFINISHED = "SELECT count(*) FROM pyjobkit_django_job WHERE lease_until IS NOT NULL"


def worker(
    *executors: str,
    jobs: int = 20_000,
    workers: int = 1,
    concurrency: int = 200,
    batch_size: int = 100,
    queue: str = "default",
) -> Setting:
    """Return the setting of real worker processes with these executors.

    They run the jobs of one queue, as each peer does, or ("") of all 51.
    """
    named = [
        word for name in executors for word in ("--executor", f"{_EXECUTORS}:{name}")
    ]
    plural = f", {workers} workers" if workers > 1 else ""
    return Setting(
        label=f"concurrency {concurrency}, batch {batch_size}{plural}",
        command=(
            *("-m", "django", "pyjobkit_worker", "-v", "0", *named),
            *("--concurrency", str(concurrency), "--batch-size", str(batch_size)),
            *(("--queue", queue) if queue else ()),
        ),
        jobs=jobs,
        workers=workers,
    )


def ours(database: str = "postgresql") -> Subject:
    """Return our queue on a kind of database."""
    elsewhere = (worker("Noop", jobs=8_000),)
    here = tuple(
        worker(
            "Noop",
            jobs=jobs,
            workers=workers,
            concurrency=2 * batch_size,
            batch_size=batch_size,
        )
        for workers, jobs in ((1, 60_000), (2, 120_000))
        for batch_size in (100, 500)
    )
    return Subject(
        name="pyjobkit_django",
        program="benchmarks.ours.program",
        database=database,
        unfinished=_UNFINISHED,
        environment={"DJANGO_SETTINGS_MODULE": "benchmarks.ours.settings"},
        drains=here if database == "postgresql" else elsewhere,
        idle=worker("Late"),
        sleeping=worker("Sleep", jobs=500, concurrency=500),
    )
