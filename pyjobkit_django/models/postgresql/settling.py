"""settle in one statement: lock in order of ids, move, and keep the attempts.

What follows a job is no part of it: that is enqueued in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final

from pyjobkit_django.jobs import MOVES, Verb
from pyjobkit_django.models.postgresql.arrays import array_of_ids
from pyjobkit_django.models.postgresql.batches import Column, Columns
from pyjobkit_django.outcomes import CANCELLED, Failure, Outcome

type Statement = tuple[str, tuple[Any, ...]]

_SETTLE: Final = """
WITH mine AS MATERIALIZED (
 SELECT outcome.*, job.version AS run, job.attempts, job.leased_by, job.started_at,
  outcome.again AND job.cancel_requested AS is_cancelled
 FROM {outcomes} AS outcome JOIN {job} AS job ON job.id = outcome.id
 WHERE job.version = outcome.version AND job.status = 'running'
 ORDER BY job.id FOR UPDATE OF job),
kept AS (
 INSERT INTO {attempt} (job_id, version, attempt, worker_id, status, started_at,
  finished_at, failure, traceback)
 SELECT id, run, attempts, leased_by,
  CASE WHEN again THEN 'failed' ELSE status END, started_at,
  STATEMENT_TIMESTAMP(), failure, traceback
 FROM mine WHERE failure IS NOT NULL)
UPDATE {job} AS job SET version = job.version + 1, attempts = job.attempts + mine.added,
 leased_by = NULL, lease_until = NULL,
 status = CASE WHEN is_cancelled THEN 'cancelled' ELSE mine.status END,
 failure = CASE WHEN is_cancelled OR mine.status = 'cancelled' THEN %s::jsonb
  ELSE mine.failure END,
 result = CASE WHEN again AND NOT is_cancelled THEN job.result ELSE mine.result END,
 unique_key = CASE WHEN again AND NOT is_cancelled THEN job.unique_key END,
 finished_at = CASE WHEN again AND NOT is_cancelled THEN job.finished_at
  ELSE STATEMENT_TIMESTAMP() END,
 scheduled_for = CASE WHEN again AND NOT is_cancelled
  THEN STATEMENT_TIMESTAMP() + mine.delay_s * INTERVAL '1 second'
  ELSE job.scheduled_for END
FROM mine WHERE job.id = mine.id RETURNING job.id"""

_CANCELLED: Final = json.dumps(CANCELLED.as_json())


def settle_statement(
    job_table: str, attempt_table: str, outcomes: Sequence[Outcome]
) -> Statement:
    """Return the statement that writes outcomes; its rows are the accepted ids."""
    batch = _COLUMNS.batch_of(outcomes)
    text = _SETTLE.format(job=job_table, attempt=attempt_table, outcomes=batch.source)
    return text, (*batch.values, _CANCELLED)


def _is_again(verb: Verb) -> str:
    return "f" if verb is Verb.FINISH else "t"


def _added(verb: Verb) -> int:
    return MOVES[verb].attempts


def _result(result: Any) -> str | None:
    return None if result is None else json.dumps(result)


def _failure(failure: Failure | None) -> str | None:
    return None if failure is None else json.dumps(failure.as_json())


def _traceback(failure: Failure | None) -> str:
    return failure.traceback if failure else ""


_COLUMNS: Final = Columns(
    Column("id", "uuid", "job_id", write=array_of_ids),
    Column("version", "int", "version"),
    Column("status", "text", "status", attrgetter("value")),
    Column("again", "boolean", "verb", _is_again),
    Column("added", "int", "verb", _added),
    Column("delay_s", "float", "delay_s"),
    Column("result", "jsonb", "result", _result),
    Column("failure", "jsonb", "failure", _failure),
    Column("traceback", "text", "failure", _traceback),
)
