"""``make bench-admin``: the pages of the admin on five million jobs, on PostgreSQL.

usage: python -m benchmarks.admin [--jobs 5000000] [--waiting 100000] [--chunks 200000]
                                  [--rounds 20] [--limit-ms 300]

A time is that of a request in this process, from the handler to the written page. Exit
code 1 where the 95th percentile of a page is above the limit, or a plan walks the jobs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from benchmarks.admin.measuring import Measure, measure


def main() -> int:
    """Fill a database, measure each page, print the table."""
    options = _options()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    os.environ["PYJOBKIT_TEST_DATABASE"] = "postgresql"

    import django

    django.setup()

    from django.test.utils import (
        setup_databases,
        setup_test_environment,
        teardown_databases,
    )

    setup_test_environment(debug=False)
    created = setup_databases(verbosity=0, interactive=False)
    try:
        measures = list(_measures(options))
    finally:
        teardown_databases(created, verbosity=0)
    return _verdict(measures, options.limit_ms)


def _measures(options: argparse.Namespace) -> Iterator[Measure]:
    from benchmarks.admin.filling import fill
    from benchmarks.admin.pages import client_of_root, pages

    for line in fill(options.jobs, options.waiting, options.chunks):
        print(line, flush=True)
    client = client_of_root()
    print(f"\n{'page':<34}{'median':>10}{'p95':>10}{'queries':>9}", flush=True)
    for name, address in pages().items():
        found = measure(name, partial(_load, client, address), options.rounds)
        print(
            f"{found.name:<34}{found.median_ms:>7.0f} ms{found.p95_ms:>7.0f} ms"
            f"{found.queries:>9}{'  SCANS THE JOBS' if found.scans else ''}",
            flush=True,
        )
        yield found


def _load(client: Any, address: str) -> None:
    from pyjobkit_django.monitor.figures import forget_overviews

    # As where workers have just written new counters.
    forget_overviews()
    answer = client.get(address)
    if answer.status_code != HTTPStatus.OK:
        raise SystemExit(f"{address} answered {answer.status_code}")
    b"".join(answer)


def _verdict(measures: Sequence[Measure], limit_ms: float) -> int:
    slow = [each for each in measures if each.p95_ms > limit_ms]
    scans = [each for each in measures if each.scans]
    for each in scans:
        print(f"\n{each.name} walks the table of jobs:")
        for sql in each.scans:
            print(f"  {sql[:400]}")
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(
        f"\nload {load:.1f} on {cores} cores; above 1 a core, times are those of waiting"
    )
    slowest = max(measures, key=lambda each: each.p95_ms)
    print(
        f"{len(measures)} pages; slowest p95 {slowest.p95_ms:.0f} ms ({slowest.name}); "
        f"{len(slow)} above {limit_ms:.0f} ms, {len(scans)} walk the table of jobs"
    )
    return 1 if slow or scans else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=5_000_000)
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--chunks", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--limit-ms", type=float, default=300.0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
