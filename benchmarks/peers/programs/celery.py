"""Celery on Redis; the worker is ``celery worker``."""

from __future__ import annotations

import os

from celery import Celery

from benchmarks.peers.programs import plain_jobs
from benchmarks.program import SyncProgram, main

app = Celery("bench", broker=f"{os.environ['BENCH_DSN']}/1")
app.conf.update(
    worker_prefetch_multiplier=64,
    task_default_queue="bench",
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
    task_ignore_result=True,
)
_JOBS = {
    job.__name__: app.task(name=job.__name__)(job)
    for job in (plain_jobs.noop, plain_jobs.late, plain_jobs.sleep)
}


class CeleryProgram(SyncProgram):
    def send(self, kind: str, sent: int | None = None) -> object:
        return _JOBS[kind].delay(*([sent] if sent else []))


if __name__ == "__main__":
    main(CeleryProgram())
