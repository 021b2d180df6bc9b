"""Calling what a site has hooked in: sync or async, and never at the worker's expense."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Final

logger = logging.getLogger("pyjobkit.worker.callbacks")

#: How long a callback may take, in seconds.
PATIENCE_S: Final = 5.0


async def call[*Ts](
    callback: Callable[[*Ts], Awaitable[None] | None] | None, *arguments: *Ts
) -> None:
    """Call ``callback`` if there is one; what it raises is logged."""
    if callback is None:
        return
    try:
        async with asyncio.timeout(PATIENCE_S):
            answer = callback(*arguments)
            if inspect.isawaitable(answer):
                await answer
    except Exception:
        logger.exception("callback failed", extra={"callback": repr(callback)})
