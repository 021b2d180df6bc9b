"""How fast a queue is drained while nobody, and while ten tabs of the admin look on.

usage: python -m benchmarks.admin.tabs [--jobs 100000] [--tabs 10] [--rounds 3] [--limit 0.9]

A tab asks what its page asks, and again when its page would: ``poller.js`` tells. The site
is a process of its own, as is the worker. Exit code 1 where the median rate with tabs is
below the limit times that without.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import cycle, islice
from pathlib import Path
from threading import Event, Thread

from benchmarks import workers
from benchmarks.django_database import django_database

PORT = 8031
WORKER = (
    *("-m", "django", "pyjobkit_worker", "-v", "0"),
    *("--executor", "benchmarks.ours.executors:Noop"),
    *("--concurrency", "200", "--batch-size", "100"),
)
SERVER = ("-m", "django", "runserver", "--noreload", "-v", "0", f"127.0.0.1:{PORT}")
#: As in ``poller.js``: a pause is at least so many times what the answer took, up to so
#: many seconds.
CALM, CALMEST_S = 20, 10.0


def main() -> int:
    """Drain in turn with and without tabs, print the rates and their ratio."""
    options = _options()
    with django_database("benchmarks.admin.site"):
        return _compare(options)


def _compare(options: argparse.Namespace) -> int:
    rates: dict[int, list[float]] = {0: [], options.tabs: []}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        log = Path(folder, "log")
        site = stack.enter_context(workers.started(log))
        site.start([sys.executable, *SERVER], {})
        cookie = _sign_in()
        for _ in range(options.rounds):
            for tabs, found in rates.items():
                rate, answers = _drain(log, options.jobs, tabs, cookie)
                found.append(rate)
                print(f"  {tabs:>2} tabs: {rate:>7,.0f} jobs/s, {answers} answers")
    alone, watched = map(statistics.median, rates.values())
    ratio = watched / alone
    print(
        f"median {alone:,.0f} jobs/s alone, {watched:,.0f} with {options.tabs} tabs: "
        f"{ratio:.2f} (at least {options.limit})"
    )
    return 0 if ratio >= options.limit else 1


def _drain(log: Path, jobs: int, tabs: int, cookie: str) -> tuple[float, int]:
    from django.db import connection
    from django.db.models import Max, Min

    from pyjobkit_django import enqueue_many
    from pyjobkit_django.models import Job

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE pyjobkit_django_job CASCADE")
    for first in range(0, jobs, 5_000):
        size = min(5_000, jobs - first)
        enqueue_many([{"kind": "noop", "payload": {}} for _ in range(size)])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE pyjobkit_django_job")
        cursor.execute("CHECKPOINT")
    some = Job.objects.order_by("pk").values_list("pk", flat=True)[0]
    with (
        _looking(islice(cycle(_addresses(str(some))), tabs), cookie) as answers,
        workers.started(log) as crew,
        _marks(),
    ):
        crew.start([sys.executable, *WORKER], {})
        crew.wait_until(lambda: Job.objects.filter(finished_at=None).count(), "jobs")
    told = Job.objects.aggregate(first=Min("started_at"), last=Max("finished_at"))
    return jobs / (told["last"] - told["first"]).total_seconds(), sum(answers)


@contextmanager
def _marks() -> Iterator[None]:
    from benchmarks.marks import VARIABLE

    with tempfile.NamedTemporaryFile() as file:
        os.environ[VARIABLE] = file.name
        try:
            yield
        finally:
            del os.environ[VARIABLE]


def _addresses(job_id: str) -> Sequence[str]:
    from django.urls import reverse

    from benchmarks.admin.pages import NAME

    jobs = reverse(f"{NAME}_job_live_list")
    job = reverse(f"{NAME}_job_live", args=[job_id])
    return (
        f"{jobs}?counts=1",
        f"{jobs}?counts=1&status=running",
        f"{jobs}?counts=1&status=queued",
        f"{job}?seen=0&from=0",
        reverse(f"{NAME}_dashboard_data"),
    )


@contextmanager
def _looking(addresses: Iterator[str], cookie: str) -> Iterator[list[int]]:
    """Open a tab for each address; in the end the list holds each one's answers."""
    done = Event()
    answers: list[int] = []
    tabs = [
        Thread(target=_look, args=(each, cookie, done, answers.append))
        for each in addresses
    ]
    for tab in tabs:
        tab.start()
    try:
        yield answers
    finally:
        done.set()
        for tab in tabs:
            tab.join()


def _look(address: str, cookie: str, done: Event, tell: Callable[[int], None]) -> None:
    count, pause = 0, 0.0
    while not done.wait(pause):
        began = time.monotonic()
        pause_ms = json.loads(_get(address, cookie)).get("pause_ms", 5_000)
        took = time.monotonic() - began
        pause = max(pause_ms / 1_000, min(took * CALM, CALMEST_S))
        count += 1
    tell(count)


def _get(address: str, cookie: str) -> bytes:
    with closing(http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)) as line:
        line.request("GET", address, headers={"Cookie": f"sessionid={cookie}"})
        answer = line.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise SystemExit(f"{address} answered {answer.status}")
        return answer.read()


def _sign_in() -> str:
    from django.urls import reverse

    from benchmarks.admin.pages import client_of_root

    cookie = client_of_root().cookies["sessionid"].value
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(ConnectionRefusedError):
            _get(reverse("admin:pyjobkit_django_job_live_list"), cookie)
            return str(cookie)
        time.sleep(0.1)
    raise SystemExit("the site does not answer")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--tabs", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=0.9)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
