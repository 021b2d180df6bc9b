"""How many no-op jobs a second real worker processes drain, on one database.

usage: python benchmarks/drain.py [--database postgresql] [--jobs 20000] [--workers 1]
                                  [--concurrency 200] [--batch-size 100] [--rounds 3]

The jobs are enqueued first. The rate is jobs / (last finished_at - first started_at), both
on the database's clock, so that start-up is out and the writing of every end is in.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from datetime import timedelta


def main() -> None:
    """Measure, and print one line a round and the median."""
    options = _options()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    os.environ["PYJOBKIT_TEST_DATABASE"] = options.database

    import django

    django.setup()

    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    from tests.databases.entries import NAME_VARIABLE

    created = setup_databases(verbosity=0, interactive=False)
    os.environ[NAME_VARIABLE] = str(connection.settings_dict["NAME"])
    try:
        rates = [_round(options) for _ in range(options.rounds)]
    finally:
        teardown_databases(created, verbosity=0)
    print(
        f"{options.database}: {statistics.median(rates):,.0f} jobs/s, "
        f"median of {options.rounds} ({min(rates):,.0f} to {max(rates):,.0f})"
    )


def _round(options: argparse.Namespace) -> float:
    from django.db.models import Max, Min

    from pyjobkit_django import enqueue_many
    from pyjobkit_django.models import Job

    Job.objects.all().delete()
    for start in range(0, options.jobs, 1_000):
        size = min(1_000, options.jobs - start)
        enqueue_many({"kind": "noop", "payload": {"n": n}} for n in range(size))
    workers = [_start_worker(options) for _ in range(options.workers)]
    for worker in workers:
        if worker.wait() != 0:
            raise SystemExit("a worker failed")
    done = Job.objects.filter(status="success", attempts=1)
    if done.count() != options.jobs:
        raise SystemExit(f"{done.count()} of {options.jobs} jobs succeeded at once")
    ends = done.aggregate(first=Min("started_at"), last=Max("finished_at"))
    took: timedelta = ends["last"] - ends["first"]
    rate = options.jobs / took.total_seconds()
    print(f"  {options.jobs:,} jobs, {options.workers} workers: {rate:,.0f} jobs/s")
    return rate


def _start_worker(options: argparse.Namespace) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "django", "pyjobkit_worker", "--once", "-v", "0"]
    command += ["--executor", "benchmarks.noop:Noop"]
    command += ["--concurrency", str(options.concurrency)]
    command += ["--batch-size", str(options.batch_size)]
    return subprocess.Popen(command, cwd=ROOT)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--concurrency", type=int, default=200)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
