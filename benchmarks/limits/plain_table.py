"""A plain table of jobs, and the two statements that a queue cannot do without."""

from __future__ import annotations

import psycopg

_TABLE = """
DROP TABLE IF EXISTS job;
CREATE TABLE job (
    id uuid PRIMARY KEY, kind text NOT NULL, payload jsonb NOT NULL,
    status text NOT NULL DEFAULT 'queued', priority int NOT NULL DEFAULT 100,
    scheduled_for timestamptz NOT NULL DEFAULT now(),
    attempts int NOT NULL DEFAULT 0, max_attempts int NOT NULL DEFAULT 3,
    lease_until timestamptz, leased_by uuid, version int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(), started_at timestamptz,
    finished_at timestamptz, result jsonb
);
CREATE INDEX job_ready ON job (priority, scheduled_for, id) WHERE status = 'queued';
"""
_FILL = """
INSERT INTO job (id, kind, payload)
SELECT gen_random_uuid(), 'noop', '{"a": 1}' FROM generate_series(1, %s)
"""
CLAIM = """
UPDATE job SET status = 'running', attempts = attempts + 1, version = version + 1,
    lease_until = now() + interval '60 s', leased_by = %s, started_at = now()
WHERE id IN (
    SELECT id FROM job WHERE status = 'queued' AND scheduled_for <= now()
    ORDER BY priority, scheduled_for, id LIMIT %s FOR UPDATE SKIP LOCKED
)
RETURNING id, kind, payload, attempts, version
"""
COMPLETE = """
UPDATE job SET status = 'success', finished_at = now(), lease_until = NULL, result = 'null'
FROM unnest(%s::uuid[]) AS done (id) WHERE job.id = done.id AND status = 'running'
"""
INSERT = "INSERT INTO job (id, kind, payload) VALUES (%s, 'noop', %s)"


def lay(dsn: str, jobs: int) -> None:
    """Make the table anew with so many jobs in it."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_TABLE)
        connection.execute(_FILL, (jobs,))
        connection.execute("VACUUM ANALYZE job")


def check_all_are_done(dsn: str) -> None:
    """Raise ValueError if a job is not finished."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        found = connection.execute("SELECT count(*) FROM job WHERE status <> 'success'")
        if left := (found.fetchone() or (0,))[0]:
            raise ValueError(f"{left} jobs are left")
