"""The connections that jobs share: few to each target, several commands on each."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import asyncssh

from pyjobkit_django.executors.per_loop import PerLoop
from pyjobkit_django.executors.ssh.login import log_in
from pyjobkit_django.executors.ssh.options import SSHOptions
from pyjobkit_django.executors.ssh.target import Target

#: How long a connection may take to say goodbye, in seconds.
_GOODBYE_S = 2.0


class Pools:
    """A pool for each event loop that an executor runs in."""

    def __init__(self, options: SSHOptions) -> None:
        self._kept = PerLoop(lambda: Pool(options))

    def current(self) -> Pool:
        """Return the running loop's pool."""
        return self._kept.current()

    async def close(self) -> None:
        """Close the running loop's connections."""
        pool = self._kept.taken()
        if pool is not None:
            await pool.close()


class Pool:
    """The connections of one event loop, by target."""

    def __init__(self, options: SSHOptions) -> None:
        self._options = options
        self._lanes: dict[Target, Lane] = {}

    @asynccontextmanager
    async def borrowed(self, target: Target) -> AsyncIterator[Link]:
        """Lend a connection to ``target`` for one command; wait for one if need be."""
        lane = self._lanes.setdefault(target, Lane(target, self._options))
        try:
            async with lane.borrowed() as link:
                yield link
        finally:
            self._forget_unused_lanes()

    async def close(self) -> None:
        """Close every connection, and cut those that do not say goodbye."""
        async with asyncio.TaskGroup() as goodbyes:
            for lane in self._lanes.values():
                for link in lane.links:
                    goodbyes.create_task(link.close())
        self._lanes.clear()

    def _forget_unused_lanes(self) -> None:
        self._lanes = {
            target: lane for target, lane in self._lanes.items() if not lane.is_unused
        }


class Link:
    """A connection, and how many commands run on it."""

    def __init__(
        self, target: Target, connection: asyncssh.SSHClientConnection
    ) -> None:
        self.target = target
        self.connection = connection
        self.server_version = str(connection.get_extra_info("server_version"))
        self.users = 0
        self._is_retired = False
        self._idle: asyncio.TimerHandle | None = None

    @property
    def is_usable(self) -> bool:
        """Whether another command may be run on it."""
        return not self._is_retired and not self.connection.is_closed()

    @contextmanager
    def retired_on_failure(self) -> Iterator[None]:
        """Have no further command run on it if the block fails or is cancelled.

        It closes once the commands that it already has are over.
        """
        try:
            yield
        except BaseException:
            self._is_retired = True
            raise

    def take(self) -> None:
        """Count one more command."""
        self.users += 1
        if self._idle is not None:
            self._idle.cancel()

    def give_back(self, idle_s: float) -> None:
        """Count one command less; after ``idle_s`` seconds without any it closes."""
        self.users -= 1
        if self.users == 0:
            wait_s = idle_s if self.is_usable else 0
            loop = asyncio.get_running_loop()
            self._idle = loop.call_later(wait_s, self._leave)

    async def close(self) -> None:
        """Return once it is closed."""
        self._leave()
        if self._idle is not None:
            self._idle.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                await self.connection.wait_closed()
        self.connection.abort()

    def _leave(self) -> None:
        self._is_retired = True
        self.connection.close()


class Lane:
    """The connections to one target."""

    def __init__(self, target: Target, options: SSHOptions) -> None:
        self._target = target
        self._options = options
        self._opening = asyncio.Lock()
        self._places = asyncio.Semaphore(
            options.max_connections_per_host * options.max_sessions
        )
        self._borrowers = 0
        self._failures = 0
        self._failure: Exception | None = None
        self.links: list[Link] = []

    @property
    def is_unused(self) -> bool:
        """Whether it has no connection, and nobody who waits for one."""
        return not self._borrowers and not any(link.is_usable for link in self.links)

    @asynccontextmanager
    async def borrowed(self) -> AsyncIterator[Link]:
        """Lend a connection for one command."""
        self._borrowers += 1
        try:
            async with self._places:
                link = await self._link()
                try:
                    yield link
                finally:
                    link.give_back(self._options.idle_s)
        finally:
            self._borrowers -= 1

    async def _link(self) -> Link:
        """Return a connection with room; one that fails, fails for all who wait for it."""
        failures = self._failures
        async with self._opening:
            self.links = [link for link in self.links if link.is_usable]
            if self._failure is not None and self._failures > failures:
                raise copy.copy(self._failure)
            link = next(filter(self._has_room, self.links), None)
            if link is None:
                link = await self._new_link()
            link.take()
            return link

    def _has_room(self, link: Link) -> bool:
        return link.users < self._options.max_sessions

    async def _new_link(self) -> Link:
        try:
            link = Link(self._target, await log_in(self._target, self._options))
        except Exception as error:
            self._failures += 1
            self._failure = error
            raise
        self.links.append(link)
        return link
