"""Dramatiq on Redis; the worker is its command line."""

from __future__ import annotations

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks.peers.programs import plain_jobs
from benchmarks.program import SyncProgram, main

broker = RedisBroker(url=f"{os.environ['BENCH_DSN']}/3")
dramatiq.set_broker(broker)
_JOBS = {
    job.__name__: dramatiq.actor(job)
    for job in (plain_jobs.noop, plain_jobs.late, plain_jobs.sleep)
}


class Dramatiq(SyncProgram):
    def send(self, kind: str, sent: int | None = None) -> object:
        return _JOBS[kind].send(*([sent] if sent else []))


if __name__ == "__main__":
    main(Dramatiq())
