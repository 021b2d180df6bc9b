"""settle in one statement: lock in order of ids, move, and keep the attempts.

What follows a job is no part of it: that is enqueued in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from pyjobkit_django.jobs import MOVES, JobStatus, Verb
from pyjobkit_django.models.postgresql.arrays import array_of
from pyjobkit_django.outcomes import CANCELLED, Failure, Outcome

type Statement = tuple[str, tuple[Any, ...]]

_SETTLE: Final = """
WITH mine AS MATERIALIZED (
 SELECT outcome.*, job.version AS run, job.attempts, job.leased_by, job.started_at,
  outcome.again AND job.cancel_requested AS is_cancelled
 FROM UNNEST(%s::uuid[], %s::int[], %s::text[], %s::boolean[], %s::int[], %s::float[],
  %s::jsonb[], %s::jsonb[], %s::text[], %s::text[])
  AS outcome(id, version, status, again, added, delay_s, result, failure, traceback,
  attempt_status)
 JOIN {job} AS job ON job.id = outcome.id
 WHERE job.version = outcome.version AND job.status = 'running'
 ORDER BY job.id FOR UPDATE OF job),
kept AS (
 INSERT INTO {attempt} (job_id, version, attempt, worker_id, status, started_at,
  finished_at, failure, traceback)
 SELECT id, run, attempts, leased_by, attempt_status, started_at,
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
    columns = [array_of(map(column, outcomes)) for column in _COLUMNS]
    text = _SETTLE.format(job=job_table, attempt=attempt_table)
    return text, (*columns, _CANCELLED)


def _is_again(outcome: Outcome) -> bool:
    return outcome.verb is not Verb.FINISH


def _result(outcome: Outcome) -> str | None:
    return None if outcome.result is None else json.dumps(outcome.result)


def _failure(outcome: Outcome) -> str | None:
    failure: Failure | None = outcome.failure
    return None if failure is None else json.dumps(failure.as_json())


def _attempt_status(outcome: Outcome) -> str:
    return (JobStatus.FAILED if _is_again(outcome) else outcome.status).value


_COLUMNS: Final[Iterable[Callable[[Outcome], Any]]] = (
    lambda outcome: outcome.job_id.hex,
    lambda outcome: outcome.version,
    lambda outcome: outcome.status.value,
    lambda outcome: "t" if _is_again(outcome) else "f",
    lambda outcome: MOVES[outcome.verb].attempts,
    lambda outcome: outcome.delay_s,
    _result,
    _failure,
    lambda outcome: outcome.failure.traceback if outcome.failure else "",
    _attempt_status,
)
