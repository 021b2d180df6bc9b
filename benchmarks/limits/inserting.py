"""How many jobs a second can be stored, whoever does it."""

from __future__ import annotations

import json
import time
import uuid

import psycopg
from psycopg.types.json import Jsonb

from benchmarks.limits import plain_table
from benchmarks.limits.plain_table import INSERT

_CHUNK = 1_000
_UNNEST = """
INSERT INTO job (id, kind, payload)
SELECT id, 'noop', payload::jsonb FROM unnest(%s::uuid[], %s::text[]) AS new (id, payload)
"""


def single(dsn: str, jobs: int) -> float:
    """Return the rate of one INSERT a commit."""
    plain_table.lay(dsn, 0)
    with psycopg.connect(dsn, autocommit=True) as connection:
        start = time.perf_counter()
        for _ in range(jobs):
            connection.execute(INSERT, (uuid.uuid4(), Jsonb({"a": 1})))
        return jobs / (time.perf_counter() - start)


def unnested(dsn: str, jobs: int) -> float:
    """Return the rate of INSERT … SELECT unnest, 1,000 rows a commit."""
    plain_table.lay(dsn, 0)
    payload = json.dumps({"a": 1})
    with psycopg.connect(dsn, autocommit=True) as connection:
        start = time.perf_counter()
        for _ in range(jobs // _CHUNK):
            ids = [uuid.uuid4() for _ in range(_CHUNK)]
            connection.execute(_UNNEST, (ids, [payload] * _CHUNK))
        return jobs / (time.perf_counter() - start)


def copied(dsn: str, jobs: int) -> float:
    """Return the rate of COPY, 1,000 rows a commit."""
    plain_table.lay(dsn, 0)
    payload = json.dumps({"a": 1})
    with psycopg.connect(dsn, autocommit=True) as connection:
        start = time.perf_counter()
        for _ in range(jobs // _CHUNK):
            with (
                connection.cursor() as cursor,
                cursor.copy("COPY job (id, kind, payload) FROM STDIN") as copy,
            ):
                for _ in range(_CHUNK):
                    copy.write_row((uuid.uuid4(), "noop", payload))
        return jobs / (time.perf_counter() - start)
