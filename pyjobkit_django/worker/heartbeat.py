"""A worker's sign of life."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from pyjobkit_django.contracts import WorkerBeat
from pyjobkit_django.worker.callbacks import call
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.in_flight import InFlight
from pyjobkit_django.worker.process import RELEASE, peak_memory_bytes
from pyjobkit_django.worker.pulse import Pulse
from pyjobkit_django.worker.shift import Shift

logger = logging.getLogger("pyjobkit.worker.heartbeat")

#: How long the last beat may take, in seconds.
LAST_BEAT_S: Final = 2.0


class Heartbeat:
    """Tells the backend, at intervals, that the worker is there and how it fares."""

    def __init__(
        self,
        shift: Shift,
        in_flight: InFlight,
        contact: Contact,
        ask_to_stop: Callable[[], None],
    ) -> None:
        """Call ``ask_to_stop`` where an operator has asked the worker to drain."""
        self.pulse = Pulse("heartbeat", self._beat, contact=contact)
        self._shift = shift
        self._in_flight = in_flight
        self._contact = contact
        self._state = "running"
        self._ask_to_stop = ask_to_stop

    def drain(self) -> None:
        """Tell that the worker takes no more jobs."""
        self._state = "draining"
        self.pulse.wake()

    async def stop(self) -> None:
        """Tell that the worker is gone, if that can be told within a moment."""
        self.pulse.end()
        self._state = "stopped"
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_BEAT_S):
                await self._send_last()

    async def _send_last(self) -> None:
        try:
            await self._beat()
        except Exception as error:  # noqa: BLE001 - whatever the backend's driver raises
            logger.warning(
                "last heartbeat failed: %r", error, extra={"event": "worker.trouble"}
            )

    def _drain_as_asked(self) -> None:
        fields = {"event": "worker.drain_asked", "worker_id": self._shift.worker_id}
        logger.info("asked to drain", extra=fields)
        self._ask_to_stop()

    async def _beat(self) -> float:
        shift = self._shift
        is_to_drain = await shift.backend.heartbeat(
            WorkerBeat(
                worker_id=shift.worker_id,
                host=socket.gethostname(),
                pid=os.getpid(),
                state=self._state,
                max_concurrency=shift.options.max_concurrency,
                busy=self._in_flight.occupied,
                done=self._in_flight.done,
                kinds=tuple(sorted(shift.kinds)),
                queues=tuple(sorted(shift.options.queues or ())),
                tags=tuple(sorted(shift.options.tags or ())),
                peak_memory_bytes=peak_memory_bytes(),
                release=RELEASE,
            )
        )
        self._contact.made()
        if is_to_drain and self._state == "running":
            self._drain_as_asked()
        logger.debug(
            "worker heartbeat",
            extra={
                "event": "worker.heartbeat",
                "worker_id": shift.worker_id,
                "status": self._state,
            },
        )
        await call(shift.options.on_heartbeat, shift.worker_id)
        return shift.options.beat_interval_s
