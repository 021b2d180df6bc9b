"""A large site, built by SQL: finished, waiting and running jobs, log chunks, counters."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.db import connection

from pyjobkit_django.contracts import WorkerBeat
from pyjobkit_django.models import WorkerRecord
from pyjobkit_django.models.clock import seconds_from_now

#: How many jobs are inserted by one statement.
CHUNK = 500_000
RUNNING = 200
WORKERS = 20
#: The job whose log is longest, counted from the newest finished one.
LONG_LOG_ROWS = 2_000

#: Ids grow by a millisecond a job and end now. Of the finished jobs 95 % succeeded.
JOBS = """
    INSERT INTO pyjobkit_django_job (
        id, kind, queue, payload, priority, status, attempts, max_attempts, lost_runs,
        scheduled_for, created_at, started_at, finished_at, lease_until, leased_by,
        version, cancel_requested, result, failure, tags, shadow, idempotency_key
    )
    SELECT
        {id}, kind, queue, jsonb_build_object('order', n, 'customer', md5(n::text)),
        100, status, CASE WHEN status = 'queued' THEN 0 ELSE 1 END, 3, 0,
        made, made,
        CASE WHEN status <> 'queued' THEN made + interval '80 ms' END,
        CASE WHEN status NOT IN ('queued', 'running') THEN made + interval '1 s' END,
        CASE WHEN status = 'running' THEN now() + interval '1 hour' END,
        CASE WHEN status = 'running'
            THEN ('00000000-0000-4000-8000-' || lpad(to_hex(n % 20), 12, '0'))::uuid END,
        CASE WHEN status = 'queued' THEN 0 ELSE 2 END, false,
        CASE WHEN status = 'success' THEN '{{"ok": true}}'::jsonb END,
        CASE WHEN status IN ('failed', 'timeout') THEN jsonb_build_object(
            'error', 'ValueError', 'exception_type', 'ValueError',
            'message', 'order ' || n || ' is ' || (ARRAY['lost', 'late', 'odd'])[1 + n % 3]
        ) END,
        CASE WHEN n % 100 = 9 THEN '{{"nightly": 1}}'::jsonb ELSE '{{}}'::jsonb END,
        false, CASE WHEN n % 1000 = 0 THEN 'key-{mark}' || n END
    FROM (
        SELECT n, {made} AS made,
            (ARRAY['mail.send', 'reports.build', 'http', 'images.resize', 'billing.charge',
                'search.index', 'sync.pull', 'rare.thing'])
                [CASE WHEN n % 5000 = 7 THEN 8 ELSE 1 + n % 7 END] AS kind,
            (ARRAY['default', 'reports', 'mail'])[1 + n % 3] AS queue,
            {status} AS status
        FROM generate_series({first}, {last}) AS n
    ) AS job
"""
ID = """(lpad(to_hex((extract(epoch FROM {made}) * 1000)::bigint), 12, '0')
    || '7' || lpad(to_hex(n % 4096), 3, '0') || '{mark}' || lpad(to_hex(n), 15, '0'))::uuid"""
MADE = "now() - ({ahead} - n) * interval '1 ms' * {pace}"
FINISHED = """CASE WHEN n % 50 = 0 THEN 'failed' WHEN n % 200 = 1 THEN 'timeout'
    WHEN n % 80 = 2 THEN 'cancelled' ELSE 'success' END"""
#: How many milliseconds apart finished jobs were made: five million in a week.
PACE_MS = 120

LOGS = """
    INSERT INTO pyjobkit_django_joblog (job_id, version, seq, lines)
    SELECT id, 1, seq, jsonb_build_array(
        jsonb_build_array(extract(epoch FROM now()), 'stdout', 'chunk ' || seq || ': ' || md5(seq::text)),
        jsonb_build_array(extract(epoch FROM now()), 'stderr', 'warned of ' || md5(id::text))
    )
    FROM (SELECT id, row_number() OVER (ORDER BY id DESC) AS place FROM (
        SELECT id FROM pyjobkit_django_job WHERE status = 'failed'
        ORDER BY id DESC LIMIT {chunks}
    ) AS newest) AS job, generate_series(1, CASE WHEN place = 1 THEN {long} ELSE 2 END) AS seq
    LIMIT {chunks}
"""
ATTEMPTS = """
    INSERT INTO pyjobkit_django_jobattempt
        (job_id, version, attempt, worker_id, status, started_at, finished_at, failure, traceback)
    SELECT id, v, v, NULL, 'failed', now(), now(), '{"error": "ValueError"}', repeat('frame ', 300)
    FROM (SELECT id FROM pyjobkit_django_job WHERE status = 'failed'
        ORDER BY id DESC LIMIT 1000) AS job, generate_series(1, 3) AS v
"""
#: Minutes of four workers, quarters and hours of all; each kind has its queue.
COUNTERS = """
    INSERT INTO pyjobkit_django_jobcounter
        (starts_at, seconds, worker_id, queue, kind, outcome, count, waited, ran)
    SELECT at, seconds, ('00000000-0000-4000-8000-' || lpad(to_hex(w), 12, '0'))::uuid,
        (ARRAY['default', 'reports', 'mail'])[1 + length(kind) % 3], kind, outcome,
        40 + w, ('[0,0,1,2,5,12,10,' || w || ',3,' || length(kind) || ']')::jsonb,
        ('[0,0,0,0,2,8,' || length(kind) || ',10,4,' || w || ']')::jsonb
    FROM ({at}) AS times,
        unnest(ARRAY['mail.send', 'reports.build', 'http', 'images.resize', 'billing.charge',
            'search.index', 'sync.pull', 'rare.thing']) AS kind,
        unnest(ARRAY['success', 'failed', 'retry']) AS outcome,
        generate_series(0, {workers} - 1) AS w
"""
STRETCHES = (
    ("minute", 60, "interval '75 minutes'", "interval '0'", 4),
    ("minute", 900, "interval '25 hours'", "interval '75 minutes'", 1),
    ("hour", 3600, "interval '8 days'", "interval '25 hours'", 1),
)


def fill(jobs: int, waiting: int, chunks: int) -> Iterator[str]:
    """Store it all; yield a line for each step with the seconds that it took."""
    for first in range(1, jobs + 1, CHUNK):
        last = min(first + CHUNK - 1, jobs)
        sql = _jobs_sql(
            FINISHED, first, last, ahead=jobs + 1_000, pace=PACE_MS, mark="8"
        )
        yield _run(f"jobs {first:,} to {last:,}", sql)
    sql = _jobs_sql("'queued'", 1, waiting, ahead=waiting, pace=1, mark="9")
    yield _run(f"{waiting:,} waiting jobs", sql)
    sql = _jobs_sql("'running'", 1, RUNNING, ahead=RUNNING, pace=10, mark="a")
    yield _run(f"{RUNNING} running jobs", sql)
    sql = LOGS.format(chunks=chunks, long=LONG_LOG_ROWS)
    yield _run(f"{chunks:,} log chunks", sql)
    yield _run("attempts", ATTEMPTS)
    for sql in _counters_sql():
        yield _run("counters", sql)
    _add_workers()
    yield _run("vacuum", "VACUUM ANALYZE")


def _jobs_sql(
    status: str, first: int, last: int, *, ahead: int, pace: int, mark: str
) -> str:
    made = MADE.format(ahead=ahead, pace=pace)
    return JOBS.format(
        id=ID.format(made=made, mark=mark),
        made=made,
        mark=mark,
        status=status,
        first=first,
        last=last,
    )


def _add_workers() -> None:
    for number in range(WORKERS):
        beat = WorkerBeat(
            worker_id=UUID(f"00000000-0000-4000-8000-{number:012x}"),
            host=f"host-{number}",
            pid=1_000 + number,
            state="running",
            max_concurrency=16,
            busy=10,
            done=number * 1_000,
            kinds=("http", "mail.send"),
            queues=("default",),
        )
        WorkerRecord.objects.beat(beat)
    an_hour_ahead = seconds_from_now(timedelta(hours=1))
    WorkerRecord.objects.update(seen_at=an_hour_ahead)


def _counters_sql() -> Iterator[str]:
    for unit, seconds, since, until, workers in STRETCHES:
        at = (
            f"SELECT {seconds} AS seconds, generate_series("
            f"date_trunc('hour', now() - {since}), date_trunc('{unit}', now() - {until})"
            f", interval '{seconds} seconds') AS at"
        )
        yield COUNTERS.format(at=at, workers=workers)


def _run(title: str, sql: str) -> str:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(sql)
    return f"  {time.perf_counter() - began:6.1f} s  {title}"
