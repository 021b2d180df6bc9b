"""What the pictures show: a shop's jobs in every state, as rows; nothing runs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS

from docs.screenshots.counters import write_counters
from docs.screenshots.wording import (
    EVIL,
    FAILURES,
    KINDS,
    LOG,
    PROGRESS,
    TRACEBACK,
    hostile_fields,
    payload_of,
)
from pyjobkit_django import __version__
from pyjobkit_django.models import Job, JobAttempt, JobCounter, JobLog, WorkerRecord
from pyjobkit_django.models.clock import database_now

#: How many jobs there are besides the two that have a page of their own.
JOBS: Final = 140
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
#: A server that is asked in a minute still takes the workers for alive.
AHEAD: Final = timedelta(minutes=20)


class Scene:
    """The rows that were written, and the jobs whose pages are worth a picture."""

    def __init__(self) -> None:
        self._random = random.Random(7)  # noqa: S311 - the same scene each time
        self.now: datetime = database_now(DEFAULT_DB_ALIAS)
        self.workers = [self._uuid() for _ in range(3)]
        self.running = self._watched()
        self.failed = self._broken()
        self.hostile = self._made(EVIL[:100], SECOND, **hostile_fields())

    def write(self) -> None:
        """Fill the tables."""
        Job.objects.bulk_create([self._job(place) for place in range(JOBS)])
        for job in (self.running, self.failed):
            job.save(force_insert=True)
        self._write_log()
        self._write_attempts()
        WorkerRecord.objects.bulk_create(self._worker_records())
        write_counters(self.now)

    def write_hostile(self) -> None:
        """Add a job whose every word would like to be more than text."""
        self.hostile.save(force_insert=True)
        JobLog.objects.create(
            job_id=self.hostile.pk,
            version=2,
            seq=1,
            lines=[[self.now.timestamp(), "stderr", EVIL]] * 3,
        )

    def _job(self, place: int) -> Job:
        kind = self._random.choices(list(KINDS), list(KINDS.values()))[0]
        age = timedelta(seconds=4 + place * 3 + place**2 / 9)
        status = _status_of(place, self._random)
        job = self._made(kind, age, status=status, payload=payload_of(kind, place))
        return self._lived(job, age)

    def _made(self, kind: str, age: timedelta, **fields: Any) -> Job:
        created = self.now - age
        return Job(
            id=self._uuid7(created),
            kind=kind,
            queue="reports" if kind.startswith("reports") else "default",
            created_at=created,
            scheduled_for=created,
            **fields,
        )

    def _lived(self, job: Job, age: timedelta) -> Job:
        """Give a job the times and numbers that its status speaks of."""
        waited, ran = self._random.random() * SECOND, self._random.expovariate(0.6)
        if job.status == "scheduled":
            job.scheduled_for = self.now + self._random.randint(2, 90) * MINUTE
        elif job.status == "running":
            job.started_at = job.created_at + min(waited, age / 2)
            if job.kind in PROGRESS:
                job.progress = round(self._random.uniform(0.08, 0.93), 2)
                job.progress_meta = {"text": PROGRESS[job.kind]}
            self._lease(job)
        elif job.status != "queued":
            job.attempts, job.version = 1, 2
            job.started_at = job.created_at + waited
            job.finished_at = min(job.started_at + ran * SECOND, self.now)
            self._end(job)
        return job

    def _lease(self, job: Job) -> None:
        job.attempts = job.version = 1
        job.leased_by = self._random.choice(self.workers[:2])
        job.lease_until = self.now + AHEAD

    def _end(self, job: Job) -> None:
        if job.status == "success":
            job.progress, job.result = (
                1.0 if job.kind in PROGRESS else None,
                {"ok": True},
            )
        elif job.status in ("failed", "timeout"):
            job.attempts = job.max_attempts
            job.failure = FAILURES.get(job.kind, FAILURES[job.status])

    def _watched(self) -> Job:
        job = self._made("reports.sales", 3 * SECOND, status="running", priority=50)
        job.payload = {"name": "june", "month": "2026-06", "country": "DE", "pace": 0.2}
        job.started_at = job.created_at + SECOND / 4
        job.progress, job.progress_meta = 0.62, {"text": PROGRESS[job.kind]}
        job.idempotency_key, job.tags = "order-2026-06-DE", ("month-end",)
        job.chain = [{"kind": "reports.pack", "payload": {"keep": 3}}]
        self._lease(job)
        return job

    def _broken(self) -> Job:
        job = self._made("http", 8 * SECOND, status="failed", attempts=3, version=6)
        job.payload = payload_of("http", 1)
        job.started_at = job.created_at + 5 * SECOND
        job.finished_at = job.started_at + SECOND
        job.failure = FAILURES["failed"]
        return job

    def _write_log(self) -> None:
        for job in (self.running, self.failed):
            began = (job.started_at or self.now).timestamp()
            lines = [
                [began + place * 0.21, stream, text]
                for place, (stream, text) in enumerate(LOG[job.kind])
            ]
            JobLog.objects.create(
                job_id=job.pk, version=job.version, seq=1, lines=lines
            )

    def _write_attempts(self) -> None:
        for attempt in (1, 2, 3):
            started = self.failed.created_at + attempt * 1.5 * SECOND
            JobAttempt.objects.create(
                job_id=self.failed.pk,
                version=2 * attempt,
                attempt=attempt,
                worker_id=self.workers[attempt % 2],
                status="failed",
                started_at=started,
                finished_at=started + SECOND / 3,
                failure=FAILURES["failed"],
                traceback=TRACEBACK,
            )

    def _worker_records(self) -> Iterator[WorkerRecord]:
        states = (
            ("web-1", "running", 6),
            ("web-2", "draining", 2),
            ("old", "running", 0),
        )
        for place, (host, state, busy) in enumerate(states):
            gone = host == "old"
            yield WorkerRecord(
                id=self.workers[place],
                host=f"{host}.deskware.example",
                pid=2_114 + 37 * place,
                state=state,
                max_concurrency=8,
                busy=busy,
                done=18_204 - 5_113 * place,
                kinds=sorted(KINDS),
                queues=["default", "reports"][: 2 - place % 2],
                tags=[],
                peak_memory_bytes=(118 - 9 * place) * 2**20,
                release=__version__,
                started_at=self.now - 31 * MINUTE * (1 + place),
                seen_at=self.now - 9 * MINUTE if gone else self.now + AHEAD,
            )

    def _uuid(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)

    def _uuid7(self, moment: datetime) -> UUID:
        millis = int(moment.timestamp() * 1000)
        noise = self._random.getrandbits(74)
        low = noise & ((1 << 62) - 1)
        return UUID(int=millis << 80 | 7 << 76 | (noise >> 62) << 64 | 2 << 62 | low)


def clear() -> None:
    """Empty the tables."""
    for table in (Job, JobAttempt, JobCounter, JobLog, WorkerRecord):
        table.objects.all().delete()


def _status_of(place: int, chance: random.Random) -> str:
    """Return what the ``place``-th newest job is likely to be."""
    if place < 12:  # noqa: PLR2004 - one screen of the list
        return ("queued", "running", "success", "scheduled", "running", "success")[
            place % 6
        ]
    statuses = ("success", "failed", "timeout", "cancelled", "scheduled")
    return chance.choices(statuses, (80, 7, 2, 4, 3))[0]
