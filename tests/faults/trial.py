"""One fault, some workers, many jobs, and what the checker says in the end."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connections, transaction

from pyjobkit_django.backends.orm import moves
from pyjobkit_django.jobs import FINAL, JobSpec
from pyjobkit_django.models import Job, JobAttempt, JobLog, WorkerRecord
from tests.faults.fleet import Fleet
from tests.faults.history import History, LostRun, Row, Verdict, check
from tests.faults.journal import FAULT, Journal, write_line
from tests.faults.place import ALIAS, Place, patiently

#: The longest that jobs may take to end once the last fault is over, in seconds.
PATIENCE_S: Final = 60.0
#: How many jobs wait for a worker while a fault goes on.
BACKLOG: Final = 16
#: How long workers are left in peace between two faults, in seconds.
PEACE_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under which a trial runs; times are in seconds."""

    lease_s: float = 6.0
    workers: int = 2
    concurrency: int = 4
    through_proxy: bool = False
    #: What the workers' environments hold beside ours, in turn.
    environments: tuple[dict[str, str], ...] = ({},)
    run_s: tuple[float, float] = (0.1, 0.4)
    patience_s: float = PATIENCE_S


class Trial:
    """Keeps workers busy while a fault is acted out, then takes stock."""

    def __init__(
        self, place: Place, folder: Path, terms: Terms, rng: random.Random
    ) -> None:
        self.place = place
        self.terms = terms
        self.rng = rng
        self.journal = Journal(folder / "journal")
        self.enqueued: set[UUID] = set()
        #: How often the fault was acted out.
        self.times = 0
        environment = place.environment(through_proxy=terms.through_proxy)
        arguments = {
            "--lease-ttl": terms.lease_s,
            "--poll-interval": 0.2,
            "--concurrency": terms.concurrency,
            "--stop-timeout": 30,
            "--log-format": "json",
        }
        words = [str(word) for pair in arguments.items() for word in pair]
        environments = [environment | each for each in terms.environments]
        self.fleet = Fleet(folder, self.journal, environments, tuple(words))

    def __enter__(self) -> Self:
        patiently(_empty_tables)
        self.fleet.keep(self.terms.workers)
        try:
            self.enqueue(BACKLOG)
            self.until(self.journal.lines, what="the first start")
        except BaseException:
            self.fleet.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.fleet.end()

    # What faults are made of.

    def enqueue(self, count: int = 1, **payload: Any) -> list[UUID]:
        """Store jobs; those of which the database did not say so do not count."""
        specs = [
            JobSpec.build(
                kind="step",
                payload={
                    "journal": str(self.journal.path),
                    "for_s": self._run_s(),
                    **payload,
                },
                max_attempts=1_000,
                retry_policy="fixed:0.1",
            )
            for _ in range(count)
        ]
        job_ids = moves.enqueue(specs, ALIAS)
        self.enqueued.update(job_ids)
        return job_ids

    def work(self, seconds: float = 0.0, *, until: Callable[[], object] = bool) -> None:
        """Keep the workers busy for some seconds, or until something holds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not until():
            self.fleet.keep(self.terms.workers)
            try:
                waiting = Job.objects.using(ALIAS).filter(status="queued").count()
                if waiting < BACKLOG:
                    self.enqueue(BACKLOG // 2)
            except (DatabaseError, InterfaceError):
                connections[ALIAS].close()
            time.sleep(0.1)

    def happened(self) -> None:
        """Note the fault that is over now: recovery counts from here."""
        write_line(self.journal.path, FAULT, 0)

    def gather(self) -> None:
        """Work until all workers are up."""

        def all_there() -> bool:
            return len(self.fleet.working()) >= self.terms.workers

        self.work(PEACE_S)
        self.work(self.terms.patience_s, until=all_there)

    def a_worker(self) -> Any:
        """Return one of the workers, any that is up."""
        self.until(self.fleet.working, what="a worker that works")
        return self.rng.choice(self.fleet.working())

    def until(self, holds: Callable[[], object], *, what: str) -> None:
        """Return once something holds, which it should soon."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, f"{what}: not within {PATIENCE_S} s"
            time.sleep(0.05)

    # The end.

    def finish(self) -> Verdict:
        """Let everything end, stop the workers and judge."""
        deadline = time.monotonic() + self.terms.patience_s
        while time.monotonic() < deadline and patiently(_unfinished):
            self.fleet.keep(self.terms.workers)
            time.sleep(0.1)
        codes = self.fleet.stop()
        # One that is not up yet dies of the signal.
        assert set(codes) <= {0, -15}, f"workers ended with {codes}: {self.fleet.logs}"
        return check(self.history())

    def history(self) -> History:
        """Return all that is known."""
        rows = Job.objects.using(ALIAS).values_list("pk", "status", "version", "result")
        lost = JobAttempt.objects.using(ALIAS).filter(failure__error="lease_expired")
        offset_s = time.time() - time.monotonic()
        return History(
            enqueued=frozenset(self.enqueued),
            rows={job: Row(*columns) for job, *columns in rows},
            lines=self.journal.lines(),
            has_one_writer=connections[ALIAS].vendor == "sqlite",
            lost_runs=[
                LostRun(job, version, moment.timestamp() - offset_s)
                for job, version, moment in lost.values_list(
                    "job_id", "version", "finished_at"
                )
            ],
        )

    def _run_s(self) -> float:
        return round(self.rng.uniform(*self.terms.run_s), 2)


def _empty_tables() -> None:
    with transaction.atomic(using=ALIAS):
        for model in (JobAttempt, JobLog, Job, WorkerRecord):
            model.objects.using(ALIAS).all().delete()


def _unfinished() -> bool:
    statuses = [status.value for status in FINAL]
    return bool(Job.objects.using(ALIAS).exclude(status__in=statuses).exists())
