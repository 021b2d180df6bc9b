"""extend in one statement: what nobody else is locking is held for longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pyjobkit_django.models.postgresql.arrays import array_of, array_of_ids

type Statement = tuple[str, tuple[Any, ...]]

_EXTEND: Final = """
WITH mine AS MATERIALIZED (
 SELECT job.id FROM UNNEST(%s::uuid[], %s::int[]) AS held(id, version)
 JOIN {job} AS job ON job.id = held.id
 WHERE job.version = held.version AND job.status = 'running' AND job.leased_by = %s
 ORDER BY job.id FOR UPDATE OF job SKIP LOCKED)
UPDATE {job} SET lease_until = STATEMENT_TIMESTAMP() + %s * INTERVAL '1 second'
WHERE id = ANY(ARRAY(SELECT id FROM mine)) RETURNING id, cancel_requested"""


def extend_statement(
    table: str, worker_id: UUID, versions: Mapping[UUID, int], ttl_s: float
) -> Statement:
    """Return the statement that holds running jobs, given as id → version, for longer.

    Its rows are the ids that are held, and whether each is to be cancelled.
    """
    ids = array_of_ids(list(versions))
    numbers = array_of(versions.values())
    return _EXTEND.format(job=table), (ids, numbers, worker_id, ttl_s)
