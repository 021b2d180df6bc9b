"""claim in one statement: look at the head of each lane, lock, move, return.

The lanes are merged while they are read, in the order of the claim index, and a row is
locked when the merge comes to it: nothing is sorted, and no more is locked than is taken.
The suspects of all lanes are a lane of their own that gives one row at the most.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, product
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from pyjobkit_django.contracts import ClaimRequest
from pyjobkit_django.jobs import NOTHING, ClaimedJob
from pyjobkit_django.models.columns import JSONDecoder

type Statement = tuple[str, tuple[Any, ...]]
#: The priority, time and id from which on the lane of a queue and a kind is looked at.
type Starts = dict[tuple[str, str], tuple[Any, ...]]

_VERY_FIRST: Final = (-(2**31), datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))

#: How many more rows than it needs a claim may look at, since others lock the same.
LOOK_AHEAD: Final = 4
#: The least number of rows that a lane offers; planners see it in the statement.
LEAST: Final = 64

_HEAD: Final = """
(SELECT ctid AS place, version, priority, scheduled_for, id FROM {table}
 WHERE status = 'queued' AND lease_until IS NULL AND lost_runs {lost}
 ORDER BY priority, scheduled_for, id LIMIT {limit})"""
_LANE: Final = "= 0 AND queue = %s AND kind = %s"
_REST_OF_LANE: Final = f"{_LANE} AND (priority, scheduled_for, id) >= (%s, %s, %s)"
_SUSPECT: Final = "> 0 AND queue = ANY(%s) AND kind = ANY(%s)"
# OFFSET 0 keeps the merge of the lanes a scan of its own. A row that another claim took after
# our snapshot is followed to its new version, where the conditions are tried again: merged
# into the join, the lanes would be read anew for each such row.
# Every move counts up the version, so it tells whether a row is still what was seen. (With
# the conditions of the claim index planners would read that index instead of the place.)
# The place of a row that did move is another one: it is locked, not taken, and let go.
_CLAIM: Final = """
WITH free AS MATERIALIZED (
 SELECT job.ctid AS place FROM (
  SELECT * FROM ({lanes}) AS lane ORDER BY priority, scheduled_for, id OFFSET 0) AS head
 JOIN {table} AS job ON job.ctid = head.place AND job.version = head.version
 ORDER BY head.priority, head.scheduled_for, head.id
 LIMIT %s FOR UPDATE OF job SKIP LOCKED)
UPDATE {table} SET status = 'running', version = version + 1,
 attempts = attempts + 1, leased_by = %s, started_at = STATEMENT_TIMESTAMP(),
 lease_until = STATEMENT_TIMESTAMP() + %s * INTERVAL '1 second'
WHERE ctid = ANY(ARRAY(SELECT place FROM free))
RETURNING priority, scheduled_for, id, kind, payload::text, version, attempts,
 max_attempts, created_at, queue, timeout_s, retry_policy, NULLIF(tags, '{{}}')::text,
 lost_runs, shadow, chain::text, webhooks::text, trace_context::text, started_at"""

#: Where these stand in the row of a claim.
_KIND, _QUEUE, _LOST_RUNS = 3, 9, 13
_in_order = itemgetter(0, 1, 2)
_read = JSONDecoder().decode


def claim_statement(
    table: str, request: ClaimRequest, starts: Starts | None = None
) -> Statement:
    """Return the claim of a request that names its queues and its kinds, and no tags.

    With ``starts`` each lane is looked at from where it says.
    """
    queues, kinds = sorted(request.queues or ()), sorted(request.kinds or ())
    lanes: list[tuple[Any, ...]] = list(product(queues, kinds))
    text = _claim(table, len(lanes), _cap(request.limit), starts is not None)
    if starts is not None:
        lanes = [(*lane, *starts.get(lane, _VERY_FIRST)) for lane in lanes]
    suspects = (queues, kinds, 1 if request.with_suspect else 0)
    lease = (request.limit, request.worker_id, request.ttl_s)
    return text, (*chain.from_iterable(lanes), *suspects, *lease)


def claimed_jobs(rows: Iterable[tuple[Any, ...]]) -> list[ClaimedJob]:
    """Return the jobs of the rows that a claim returned, in the order to run them."""
    return [_claimed(*row) for row in sorted(rows, key=_in_order)]


def _cap(limit: int) -> int:
    # A power of two, so that there are few statements to prepare.
    return 1 << (max(LEAST, limit * LOOK_AHEAD) - 1).bit_length()


def has_suspect(rows: Iterable[tuple[Any, ...]]) -> bool:
    """Tell whether a claim that returned these rows took a suspect."""
    return any(row[_LOST_RUNS] for row in rows)


def last_places(rows: Iterable[tuple[Any, ...]]) -> Starts:
    """Return where the claim that returned these rows stood in each lane at its end."""
    last = {
        (row[_QUEUE], row[_KIND]): row
        for row in sorted(rows, key=_in_order)
        if not row[_LOST_RUNS]
    }
    return {lane: row[:3] for lane, row in last.items()}


@lru_cache(maxsize=256)
def _claim(table: str, lanes: int, cap: int, rest: bool) -> str:  # noqa: FBT001 - a key of the cache
    lost = _REST_OF_LANE if rest else _LANE
    lane = _HEAD.format(table=table, lost=lost, limit=cap)
    suspect = _HEAD.format(table=table, lost=_SUSPECT, limit="%s")
    heads = " UNION ALL ".join([lane] * lanes + [suspect])
    return _CLAIM.format(table=table, lanes=heads)


def _claimed(  # noqa: PLR0913, PLR0917 - the columns of a claim
    _priority: int,
    scheduled_for: Any,
    key: Any,
    kind: str,
    payload: str,
    version: int,
    attempts: int,
    max_attempts: int,
    created_at: Any,
    queue: str,
    timeout_s: float | None,
    retry_policy: str | None,
    tags: str | None,
    lost_runs: int,
    shadow: bool,  # noqa: FBT001 - the same
    steps: str | None,
    webhooks: str | None,
    trace_context: str | None,
    started_at: Any,
) -> ClaimedJob:
    return ClaimedJob(
        id=key,
        kind=kind,
        payload=_read(payload),
        version=version,
        attempts=attempts,
        max_attempts=max_attempts,
        created_at=created_at,
        queue=queue,
        timeout_s=timeout_s,
        retry_policy=retry_policy,
        tags=tuple(sorted(json.loads(tags))) if tags else (),
        lost_runs=lost_runs,
        shadow=shadow,
        chain=tuple(_read(steps)) if steps else (),
        webhooks=json.loads(webhooks) if webhooks else NOTHING,
        trace_context=json.loads(trace_context) if trace_context else NOTHING,
        waited_s=max(0.0, (started_at - scheduled_for).total_seconds()),
    )
