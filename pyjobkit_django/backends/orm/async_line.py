"""Connections of a worker's own event loop to PostgreSQL.

No thread stands between the worker and its database, and statements are planned once.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from django.db import connections
from psycopg import AsyncConnection, AsyncCursor, InternalError, OperationalError, sql

from pyjobkit_django.backends.orm.deadlines import Deadlines, Watch
from pyjobkit_django.models.postgresql import PLANNING, Statement

type Answer = asyncio.Future[list[tuple[Any, ...]]]
type Prepared = tuple[bytes, AsyncCursor[Any]]

#: Of so many statements the cursors are kept; a worker has few.
MOST_CURSORS: Final = 32
#: The longest parameter of a statement whose cursor is kept, in characters.
KEPT: Final = 65_536
#: What Django's parameters hold for its own sync connections.
_DJANGOS: Final = frozenset({"cursor_factory", "context", "prepare_threshold"})


class AsyncLine:
    """A connection that is opened when it is needed and closed when it fails.

    A half-open one fails soon.
    """

    vendor = "postgresql"

    def __init__(self, deadlines: Deadlines) -> None:
        self.connection: AsyncConnection[Any] | None = None
        self._deadlines = deadlines
        self._turns = asyncio.Lock()
        self._watch = Watch(deadlines, self)
        self._cursors: dict[str, Prepared] = {}

    async def rows_of(self, statement: Statement) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that is a transaction of its own, if it has any."""
        loop = asyncio.get_running_loop()
        answer: Answer = loop.create_future()
        # A task of its own: whoever is cancelled does not wait until the driver lets go.
        call = asyncio.Task(
            self._answer(answer, statement), loop=loop, eager_start=True
        )
        try:
            return await self._watch.over(answer)
        except (OperationalError, InternalError):
            # It may be beyond use, or lead to what is no longer the primary.
            await self.close()
            raise
        finally:
            call.cancel()

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self.connection is not None:
            await self.connection.close()

    async def _answer(self, answer: Answer, statement: Statement) -> None:
        try:
            rows = await self._run(statement)
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            if not answer.done():
                answer.set_exception(error)
        else:
            if not answer.done():
                answer.set_result(rows)

    async def _run(self, statement: Statement) -> list[tuple[Any, ...]]:
        text, values = statement
        async with self._turns:
            if self.connection is None or self.connection.closed:
                self.connection = await open_connection(self._deadlines)
                self._cursors.clear()
            query, cursor = self._prepared(self.connection, text)
            try:
                await cursor.execute(query, values)
                return await _fetched(cursor)
            finally:
                # It holds on to what it was given.
                if any(isinstance(each, str) and len(each) > KEPT for each in values):
                    self._cursors.pop(text, None)

    def _prepared(self, connection: AsyncConnection[Any], text: str) -> Prepared:
        """Return a statement with a cursor of its own.

        A cursor that gets the very same statement again goes on with the dumpers and
        loaders that it has looked up.
        """
        if text not in self._cursors:
            if len(self._cursors) >= MOST_CURSORS:
                self._cursors.clear()
            self._cursors[text] = text.encode(), connection.cursor(binary=True)
        return self._cursors[text]


async def _fetched(cursor: AsyncCursor[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of what was executed, if it has any; the cursor forgets them."""
    result = cursor.pgresult
    if result is None or not result.nfields:
        return []
    rows = await cursor.fetchall()
    result.clear()
    return rows


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
