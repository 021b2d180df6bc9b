"""Hearing what the backend hints at."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from typing import Final
from uuid import UUID

from pyjobkit_django.contracts import Wakeup, WakeupKind
from pyjobkit_django.worker.backoff import Backoff
from pyjobkit_django.worker.channel import Channel
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.heartbeat import Heartbeat
from pyjobkit_django.worker.hints import Hints
from pyjobkit_django.worker.pulse import Pulse
from pyjobkit_django.worker.shift import Shift

#: A probe is sent this soon after the channel was opened, in seconds.
PROBE_AFTER_S: Final = 0.5


class Listener:
    """Passes the backend's hints on, and knows by its own probes whether they arrive.

    A channel on which they do not is opened again.
    """

    def __init__(
        self,
        shift: Shift,
        channel: Channel,
        hints: Hints,
        heartbeat: Heartbeat,
        contact: Contact | None = None,
    ) -> None:
        self._backoff = Backoff()
        self.pulse = Pulse(
            "listener", self._listen, backoff=self._backoff, contact=contact
        )
        self._shift = shift
        self._channel = channel
        self._hints = hints
        self._heartbeat = heartbeat
        self._silence = asyncio.timeout(None)

    def receive(self, wakeup: Wakeup) -> None:
        """Pass a hint on; one that makes no sense is dropped."""
        match wakeup.kind:
            case WakeupKind.QUEUED:
                queues = self._shift.options.queues
                if not wakeup.value or queues is None or wakeup.value in queues:
                    self._hints.queued()
            case WakeupKind.SCHEDULED:
                with suppress(ValueError):
                    self._hints.scheduled(max(0.0, float(wakeup.value or 0)))
            case WakeupKind.CANCEL:
                with suppress(ValueError):
                    self._hints.cancelled(UUID(wakeup.value))
            case WakeupKind.PROBE:
                if wakeup.value == str(self._shift.worker_id):
                    self._probed()

    async def _listen(self) -> float:
        loop = asyncio.get_running_loop()
        probe = loop.call_later(PROBE_AFTER_S, self._heartbeat.pulse.wake)
        try:
            async with asyncio.timeout(self._channel.lifetime_s) as self._silence:
                await self._shift.backend.listen(self.receive)
        except TimeoutError:
            if not self._silence.expired():
                raise
            # A half-open connection: nothing comes, and nothing tells that it is dead.
            return self._backoff.first_s
        finally:
            probe.cancel()
            self._channel.lost()
        self.pulse.end()
        return math.inf

    def _probed(self) -> None:
        was_healthy = self._channel.healthy
        self._channel.heard()
        self._backoff.reset()
        now = asyncio.get_running_loop().time()
        with suppress(RuntimeError):
            self._silence.reschedule(now + self._channel.lifetime_s)
        if not was_healthy:
            # What was hinted at before the channel stood has not been heard.
            self._hints.queued()
            self._hints.scheduled(0.0)
