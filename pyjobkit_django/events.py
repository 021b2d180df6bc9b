"""Announcements within one process."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from pyjobkit_django.contracts import EventBus

logger = logging.getLogger("pyjobkit.events")

type Listener = Callable[[dict[str, Any]], Awaitable[None]]


class LocalEventBus(EventBus):
    """Hands each announcement to those who subscribed to its topic."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Listener]] = defaultdict(list)

    def subscribe(self, topic: str, listener: Listener) -> None:
        """Call ``listener`` with the payload of every announcement on ``topic``."""
        self._listeners[topic].append(listener)

    def unsubscribe(self, topic: str, listener: Listener) -> None:
        """Undo ``subscribe``; forgetting an unknown listener is fine."""
        listeners = self._listeners.get(topic, [])
        if listener in listeners:
            listeners.remove(listener)
        if not listeners:
            self._listeners.pop(topic, None)

    async def publish(self, topic: str, payload: dict[str, Any]) -> None:
        for listener in tuple(self._listeners.get(topic, ())):
            try:
                await listener(payload)
            except Exception:
                # A listener's trouble is not the job's that made the announcement.
                logger.exception("listener failed", extra={"topic": topic})
