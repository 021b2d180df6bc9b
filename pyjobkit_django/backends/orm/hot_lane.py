"""The hot verbs of a worker on PostgreSQL, without a thread between it and them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from psycopg import DataError, Error, IntegrityError

from pyjobkit_django.backends.orm.async_line import AsyncLine
from pyjobkit_django.backends.orm.deadlines import Deadlines
from pyjobkit_django.contracts import ClaimRequest, ProgressUpdate
from pyjobkit_django.jobs import ClaimedJob
from pyjobkit_django.models import Job, JobAttempt
from pyjobkit_django.models.postgresql import (
    Starts,
    claim_statement,
    claimed_jobs,
    has_suspect,
    in_order,
    last_places,
    progress_statement,
    settle_statement,
)
from pyjobkit_django.outcomes import Outcome

#: After so many seconds at the latest a claim looks at the lanes from their heads.
FULL_LOOK_S: Final = 1.0


class HotLane:
    """Claims on one connection and settles on another, so that these overlap.

    A settle waits for the progress before it anyway: that shares its connection.
    """

    def __init__(self, deadlines: Deadlines) -> None:
        self._claims = AsyncLine(deadlines)
        self._settles = AsyncLine(deadlines)
        self._starts: Starts = {}
        self._full_look_at = 0.0
        self._job = Job._meta.db_table
        self._attempt = JobAttempt._meta.db_table

    async def claim(self, request: ClaimRequest) -> list[ClaimedJob]:
        """Lease and start jobs of a request that names its queues and kinds."""
        rows = await self._claim_the_rest(request)
        if len(rows) < request.limit:
            try:
                rows += await self._claim_from_the_head(_besides(rows, request))
            except Error:
                # What is claimed already must not wait for the end of its lease.
                if not rows:
                    raise
        ordered = in_order(rows)
        self._starts |= last_places(ordered)
        return claimed_jobs(ordered)

    async def _claim_the_rest(self, request: ClaimRequest) -> list[tuple[Any, ...]]:
        """Claim from where the last claim stood; nothing when it is time for a full look.

        What was claimed before stands in front of that in the index, dead, for as long as
        somebody holds a snapshot open: reading it again makes each claim slower.
        """
        is_due = request.afresh or time.monotonic() >= self._full_look_at
        if is_due or not self._starts:
            return []
        statement = claim_statement(self._job, request, self._starts)
        return await self._claims.rows_of(statement)

    async def _claim_from_the_head(
        self, request: ClaimRequest
    ) -> list[tuple[Any, ...]]:
        self._starts = {}
        rows = await self._claims.rows_of(claim_statement(self._job, request))
        self._full_look_at = time.monotonic() + FULL_LOOK_S
        return rows

    async def settle(self, outcomes: Sequence[Outcome]) -> frozenset[UUID] | None:
        """Write outcomes without follow-ups; None where the database refuses one."""
        statement = settle_statement(self._job, self._attempt, outcomes)
        try:
            rows = await self._settles.rows_of(statement)
        except (DataError, IntegrityError):
            return None
        return frozenset(key for (key,) in rows)

    async def record_progress(self, updates: Sequence[ProgressUpdate]) -> None:
        """Keep the latest progress of running jobs; other versions' is dropped."""
        if updates:
            await self._settles.rows_of(progress_statement(self._job, updates))

    async def close(self) -> None:
        """Close the connections; safe to call again."""
        await self._claims.close()
        await self._settles.close()


def _besides(rows: Sequence[tuple[Any, ...]], request: ClaimRequest) -> ClaimRequest:
    """Return the request for what these rows leave to be claimed."""
    with_suspect = request.with_suspect and not has_suspect(rows)
    return replace(request, limit=request.limit - len(rows), with_suspect=with_suspect)
