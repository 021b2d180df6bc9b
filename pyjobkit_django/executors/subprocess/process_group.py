"""A started command and all that it started in turn."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import suppress
from typing import Final

from pyjobkit_django.executors.subprocess.process_table import has_living_member

#: How long to wait for what SIGKILL was sent to, in seconds.
KILL_S: Final = 1.0
#: How long from one look at a group to the next, at first and at most, in seconds:
#: nobody announces that it is empty.
LOOK_S: Final = (0.005, 0.04)

logger = logging.getLogger("pyjobkit.executors.subprocess")


class ProcessGroup:
    """The processes of a group, whose leader was started as the leader of a session."""

    def __init__(self, leader: asyncio.subprocess.Process) -> None:
        self.id = leader.pid
        self._leader = leader
        self._is_over = False

    @property
    def is_empty(self) -> bool:
        """Tell whether no member is left, dead ones that nobody buried included."""
        if not self._is_over:
            if self._leader.returncode is not None:
                self._bury_adopted()
            self._send(0)
        return self._is_over

    async def ended(self, within_s: float) -> bool:
        """Wait until no member lives; False where some do after ``within_s`` seconds."""
        look_s, most_s = LOOK_S
        try:
            async with asyncio.timeout(within_s):
                while not self.is_empty and await self._lives():
                    await asyncio.sleep(look_s)
                    look_s = min(2 * look_s, most_s)
        except TimeoutError:
            return self.is_empty
        return True

    async def end(self, grace_s: float) -> None:
        """Return once no member lives: SIGTERM asks, after ``grace_s`` SIGKILL insists.

        What the system does not let us end, for it runs as somebody else, is logged.
        """
        if self.is_empty:
            return
        self._send(signal.SIGTERM)
        await self.ended(grace_s)
        self._send(signal.SIGKILL)
        if not await self.ended(KILL_S):
            logger.warning(
                "processes left behind: they survive SIGKILL or may not be sent it",
                extra={"event": "subprocess.left_behind", "process_group": self.id},
            )

    async def _lives(self) -> bool:
        return await asyncio.to_thread(has_living_member, self.id)

    def _send(self, number: int) -> None:
        """Send a signal to every member; none is sent once there were no members.

        The system may give the id of an empty group to somebody else's.
        """
        if self._is_over:
            return
        try:
            os.killpg(self.id, number)
        except ProcessLookupError:
            self._is_over = True
        except PermissionError:
            return

    def _bury_adopted(self) -> None:
        """Bury orphans of the group, which come to us where we are a container's init."""
        with suppress(ChildProcessError):
            while os.waitpid(-self.id, os.WNOHANG) != (0, 0):
                continue
