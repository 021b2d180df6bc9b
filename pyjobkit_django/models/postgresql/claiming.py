"""claim in one statement: look at the head of each lane, lock, move, return.

The lanes are merged while they are read, in the order of the claim index, and a row is
locked when the merge comes to it: nothing is sorted, and no more is locked than is taken.
The suspects of all lanes are a lane of their own that gives one row at the most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, product
from typing import Any, Final
from uuid import UUID

from pyjobkit_django.contracts import ClaimRequest
from pyjobkit_django.jobs import NOTHING, ClaimedJob
from pyjobkit_django.models.columns import JSONDecoder
from pyjobkit_django.models.postgresql.arrays import array_of

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
_SUSPECT: Final = "> 0 AND queue = ANY(%s::text[]) AND kind = ANY(%s::text[])"
# OFFSET 0 keeps the merge of the lanes a scan of its own. A row that another claim took after
# our snapshot is followed to its new version, where the conditions are tried again: merged
# into the join, the lanes would be read anew for each such row.
# Every move counts up the version, so it tells whether a row is still what was seen. (With
# the conditions of the claim index planners would read that index instead of the place.)
# The place of a row that did move is another one: it is locked, not taken, and let go.
# What comes back is the place in the lane, and what ClaimedJob has, in its order. Times
# take long to read: that of most jobs, which are due when they are made, comes once.
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
 max_attempts, NULLIF(created_at, scheduled_for), queue, timeout_s, retry_policy,
 NULLIF(tags, '{{}}')::text, lost_runs, shadow, chain::text, webhooks::text,
 trace_context::text, DATE_PART('epoch', STATEMENT_TIMESTAMP() - scheduled_for)"""

#: Where these stand in the row of a claim, and where others stand in a claimed job.
_ID, _KIND, _QUEUE, _LOST_RUNS = (
    2 + ClaimedJob._fields.index(name) for name in ("id", "kind", "queue", "lost_runs")
)
_PAYLOAD, _CREATED_AT, _TAGS = map(
    ClaimedJob._fields.index, ("payload", "created_at", "tags")
)
_CHAIN, _WEBHOOKS, _TRACE, _WAITED_S = map(
    ClaimedJob._fields.index, ("chain", "webhooks", "trace_context", "waited_s")
)
_scan = JSONDecoder().raw_decode


def claim_statement(
    table: str, request: ClaimRequest, starts: Starts | None = None
) -> Statement:
    """Return the claim of a request that names its queues and its kinds, and no tags.

    With ``starts`` each lane is looked at from where it says.
    """
    queues, kinds = request.queues or frozenset(), request.kinds or frozenset()
    lanes, *all_of_them = _lanes(queues, kinds)
    text = _claim(table, len(lanes), _cap(request.limit), starts is not None)
    if starts is not None:
        lanes = tuple((*lane, *starts.get(lane, _VERY_FIRST)) for lane in lanes)
    suspects = (*all_of_them, 1 if request.with_suspect else 0)
    lease = (request.limit, request.worker_id, request.ttl_s)
    return text, (*chain.from_iterable(lanes), *suspects, *lease)


def in_order(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the rows that a claim returned in the order to run them."""
    return sorted(rows, key=_place)


def claimed_jobs(rows: Iterable[tuple[Any, ...]]) -> list[ClaimedJob]:
    """Return the jobs of the rows that a claim returned."""
    return list(map(_claimed, rows))


def _cap(limit: int) -> int:
    # A power of two, so that there are few statements to prepare.
    return 1 << (max(LEAST, limit * LOOK_AHEAD) - 1).bit_length()


def has_suspect(rows: Iterable[tuple[Any, ...]]) -> bool:
    """Tell whether a claim that returned these rows took a suspect."""
    return any(row[_LOST_RUNS] for row in rows)


def last_places(rows: Sequence[tuple[Any, ...]]) -> Starts:
    """Return where the claim that returned these rows, in order, ended in each lane."""
    last = {(row[_QUEUE], row[_KIND]): row for row in rows if not row[_LOST_RUNS]}
    return {lane: row[:3] for lane, row in last.items()}


@lru_cache(maxsize=256)
def _lanes(
    queues: frozenset[str], kinds: frozenset[str]
) -> tuple[tuple[tuple[Any, ...], ...], str, str]:
    """Return every pair of a queue and a kind, and both as arrays."""
    lanes = product(sorted(queues), sorted(kinds))
    return tuple(lanes), array_of(sorted(queues)), array_of(sorted(kinds))


@lru_cache(maxsize=256)
def _claim(table: str, lanes: int, cap: int, rest: bool) -> str:  # noqa: FBT001 - a key of the cache
    lost = _REST_OF_LANE if rest else _LANE
    lane = _HEAD.format(table=table, lost=lost, limit=cap)
    suspect = _HEAD.format(table=table, lost=_SUSPECT, limit="%s")
    heads = " UNION ALL ".join([lane] * lanes + [suspect])
    return _CLAIM.format(table=table, lanes=heads)


def _claimed(row: tuple[Any, ...]) -> ClaimedJob:
    _priority, scheduled_for, *fields = row
    fields[_PAYLOAD] = _read(fields[_PAYLOAD])
    fields[_CREATED_AT] = fields[_CREATED_AT] or scheduled_for
    tags, steps = fields[_TAGS], fields[_CHAIN]
    fields[_TAGS] = tuple(sorted(_read(tags))) if tags else ()
    fields[_CHAIN] = tuple(_read(steps)) if steps else ()
    for place in (_WEBHOOKS, _TRACE):
        fields[place] = _read(fields[place]) if fields[place] else NOTHING
    fields[_WAITED_S] = max(0.0, fields[_WAITED_S])
    return ClaimedJob(*fields)


def _place(row: tuple[Any, ...]) -> tuple[Any, ...]:
    # The number of an id: ids themselves are compared in Python.
    return row[0], row[1], row[_ID].int


def _read(text: str) -> Any:
    # PostgreSQL writes jsonb without blanks around it.
    return _scan(text)[0]
