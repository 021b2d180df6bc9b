"""The hot verbs of a worker on PostgreSQL, on connections of its own event loop.

No thread stands between the worker and its database, and statements are planned once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from django.db import connections
from psycopg import (
    AsyncConnection,
    DataError,
    Error,
    IntegrityError,
    InternalError,
    OperationalError,
    sql,
)

from pyjobkit_django.backends.orm.deadlines import Deadlines, Watch
from pyjobkit_django.contracts import ClaimRequest
from pyjobkit_django.jobs import ClaimedJob
from pyjobkit_django.models import Job, JobAttempt
from pyjobkit_django.models.postgresql import (
    PLANNING,
    Starts,
    claim_statement,
    claimed_jobs,
    has_suspect,
    last_places,
    settle_statement,
)
from pyjobkit_django.outcomes import Outcome

#: What Django's parameters hold for its own sync connections.
_DJANGOS: Final = frozenset({"cursor_factory", "context", "prepare_threshold"})

#: After so many seconds at the latest a claim looks at the lanes from their heads.
FULL_LOOK_S: Final = 1.0

type Statement = tuple[str, tuple[Any, ...]]


class HotLane:
    """Claims on one connection and settles on another, so that these overlap."""

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
        self._starts |= last_places(rows)
        return claimed_jobs(rows)

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

    async def close(self) -> None:
        """Close the connections; safe to call again."""
        await self._claims.close()
        await self._settles.close()


def _besides(rows: Sequence[tuple[Any, ...]], request: ClaimRequest) -> ClaimRequest:
    """Return the request for what these rows leave to be claimed."""
    with_suspect = request.with_suspect and not has_suspect(rows)
    return replace(request, limit=request.limit - len(rows), with_suspect=with_suspect)


class AsyncLine:
    """A connection that is opened when it is needed and closed when it fails.

    A half-open one fails soon.
    """

    vendor = "postgresql"

    def __init__(self, deadlines: Deadlines) -> None:
        self.connection: AsyncConnection[Any] | None = None
        self._deadlines = deadlines
        self._watch = Watch(deadlines, self)

    async def rows_of(self, statement: Statement) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that is a transaction of its own."""
        try:
            return await self._watch.over(asyncio.ensure_future(self._run(statement)))
        except (OperationalError, InternalError):
            # It may be beyond use, or lead to what is no longer the primary.
            await self.close()
            raise

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self.connection is not None:
            await self.connection.close()

    async def _run(self, statement: Statement) -> list[tuple[Any, ...]]:
        if self.connection is None or self.connection.closed:
            self.connection = await open_connection(self._deadlines)
        text, values = statement
        cursor = self.connection.cursor(binary=True)
        await cursor.execute(text.encode(), values)
        return await cursor.fetchall()


async def connect(deadlines: Deadlines) -> AsyncConnection[Any]:
    """Return a new connection, made of the parameters that Django has, in autocommit."""
    params = connections[deadlines.using].get_connection_params()
    ours = {name: value for name, value in params.items() if name not in _DJANGOS}
    options = deadlines.options("postgresql") | ours
    return await AsyncConnection.connect(autocommit=True, **options)


async def open_connection(deadlines: Deadlines) -> AsyncConnection[Any]:
    """Return a new connection with the site's role, ready for the hot verbs."""
    connection = await connect(deadlines)
    role = connections[deadlines.using].settings_dict["OPTIONS"].get("assume_role")
    if role:
        await connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    is_direct = await _is_direct(connection)
    connection.prepare_threshold = 1 if is_direct else None
    if is_direct:
        for name, value in {"timezone": "UTC", **PLANNING}.items():
            await connection.execute(f"SET {name} = {value}".encode())
    return connection


async def _is_direct(connection: AsyncConnection[Any]) -> bool:
    """Tell whether a session is ours alone: poolers make up the process they name."""
    cursor = await connection.execute("SELECT pg_backend_pid()")
    (pid,) = await cursor.fetchone() or (None,)
    return bool(pid == connection.info.backend_pid)
