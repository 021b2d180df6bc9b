"""Closing what a site has plugged in, whose classes need not know our contracts."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any


async def close_each(parts: Sequence[Any]) -> None:
    """Close some parts in order; one that raises keeps no other open."""
    async with AsyncExitStack() as closing:
        for part in reversed(parts):
            closing.push_async_callback(close_if_it_can, part)


async def close_if_it_can(part: Any) -> None:
    """Close a part, sync or async, if it has a ``close``."""
    closed = part.close() if hasattr(part, "close") else None
    if inspect.isawaitable(closed):
        await closed
