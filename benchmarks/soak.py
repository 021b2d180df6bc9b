"""Many jobs through several real workers on PostgreSQL: is all done, is memory flat?

usage: python -m benchmarks.soak [--jobs 200000] [--workers 4] [--concurrency 50]

Jobs are enqueued while the workers work. Ends with 0 where every job succeeded at its
first attempt and no worker holds more than 10 % more memory at the end than it did after
the first 100,000 jobs (or half of them, where there are fewer than 200,000).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.django_database import django_database

ROOT = Path(__file__).resolve().parent.parent
CHUNK = 1_000
WARM = 100_000
#: How much more memory a worker may hold at the end than when it was warm.
GROWTH = 1.10
#: How much is looked at around a moment, as a share of all jobs: memory breathes.
WINDOW = 0.1

type Sample = tuple[int, list[int]]


def main() -> int:
    """Soak, and print what was found."""
    options = _options()
    with django_database("tests.settings"):
        return _soak(options)


def _soak(options: argparse.Namespace) -> int:
    began = time.monotonic()
    workers = [_start_worker(options) for _ in range(options.workers)]
    try:
        samples = list(_samples(options.jobs, [worker.pid for worker in workers]))
        took_s = time.monotonic() - began
    finally:
        for worker in workers:
            worker.terminate()
        codes = [worker.wait() for worker in workers]
    print(f"\n{options.jobs:,} jobs in {took_s:.0f} s: {options.jobs / took_s:,.0f}/s")
    grown = _memory(samples, options.jobs)
    _tables()
    return int(any([*codes, grown, _lost(options.jobs)]))


def _samples(jobs: int, pids: list[int]) -> Iterator[Sample]:
    """Enqueue and wait, looking at the workers' memory once a second."""
    from pyjobkit_django import enqueue_many
    from pyjobkit_django.models import Job

    enqueued = done = 0
    told = look_at = 0.0
    began = time.monotonic()
    while done < jobs:
        if enqueued < jobs:
            size = min(CHUNK, jobs - enqueued)
            enqueue_many({"kind": "noop", "payload": {"n": n}} for n in range(size))
            enqueued += size
        else:
            time.sleep(0.2)
        if time.monotonic() < look_at:
            continue
        unfinished = Job.objects.filter(status__in=["queued", "running"]).count()
        done = enqueued - unfinished if enqueued else 0
        memory = [_memory_of(pid) for pid in pids]
        if done >= told + jobs / 10:
            told = done
            shown = " ".join(f"{kib / 1024:.1f}" for kib in memory)
            print(
                f"{time.monotonic() - began:>6.0f} s {done:>9,} done, "
                f"{enqueued:>9,} enqueued, MiB: {shown}",
                flush=True,
            )
        look_at = time.monotonic() + 1.0
        yield done, memory


def _memory(samples: list[Sample], jobs: int) -> bool:
    """Print each worker's memory; tell whether it has grown."""
    warm = min(WARM, jobs // 2)
    later = [(done, each) for done, each in samples if done >= warm]
    # Few jobs may all be done between two looks.
    start = [each for done, each in later if done <= warm + jobs * WINDOW] or [
        later[0][1]
    ]
    end = [each for done, each in samples if done >= jobs * (1 - WINDOW)]
    grown = False
    for number, (first, last) in enumerate(zip(_most(start), _most(end), strict=True)):
        grown |= last > first * GROWTH
        print(
            f"worker {number + 1}: {first / 1024:.1f} MiB after {warm:,} jobs, "
            f"{last / 1024:.1f} MiB at the end ({last / first - 1:+.1%})"
        )
    return grown


def _most(samples: list[list[int]]) -> list[int]:
    return [max(each) for each in zip(*samples, strict=True)]


def _tables() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT relname, n_live_tup, n_dead_tup,
              pg_size_pretty(pg_table_size(relid)), pg_size_pretty(pg_indexes_size(relid))
            FROM pg_stat_user_tables WHERE relname LIKE 'pyjobkit%%' ORDER BY relname
            """
        )
        for name, live, dead, table, indexes in cursor.fetchall():
            print(
                f"{name}: {live:,} rows, {dead:,} dead; "
                f"table {table}, indexes {indexes}"
            )


def _lost(jobs: int) -> int:
    from pyjobkit_django.models import Job

    lost = jobs - Job.objects.filter(status="success", attempts=1, version=2).count()
    print(f"not ended at the first attempt, or lost: {lost:,}")
    return lost


def _memory_of(pid: int) -> int:
    """Return the resident memory of a process, in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise SystemExit(f"worker {pid} has ended")


def _start_worker(options: argparse.Namespace) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "django", "pyjobkit_worker", "-v", "0"]
    command += ["--executor", "benchmarks.ours.executors:Noop"]
    command += ["--concurrency", str(options.concurrency)]
    # Its job leaves marks, which are of no interest here.
    environment = {**os.environ, "BENCH_MARKS": os.devnull}
    return subprocess.Popen(command, cwd=ROOT, env=environment)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--concurrency", type=int, default=50)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
