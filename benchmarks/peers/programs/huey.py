"""huey on Redis or SQLite; the worker is its consumer."""

from __future__ import annotations

import os

from huey import RedisHuey, SqliteHuey

from benchmarks.peers.programs import plain_jobs
from benchmarks.program import SyncProgram, main

if os.environ["PYJOBKIT_TEST_DATABASE"] == "sqlite":
    queue = SqliteHuey("bench", filename=os.environ["BENCH_DSN"])
else:
    queue = RedisHuey("bench", url=os.environ["BENCH_DSN"])

_JOBS = {
    job.__name__: queue.task(name=f"bench.{job.__name__}")(job)
    for job in (plain_jobs.noop, plain_jobs.late, plain_jobs.sleep)
}


class Huey(SyncProgram):
    def send(self, kind: str, sent: int | None = None) -> object:
        return _JOBS[kind](*([sent] if sent else []))


if __name__ == "__main__":
    main(Huey())
