"""What the shop's jobs do."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import Any

from asgiref.sync import sync_to_async

from pyjobkit_django import Executor, register


@register
class Greet(Executor):
    kind = "shop.greet"

    async def run(self, *, job_id: Any, payload: Any, ctx: Any) -> Any:
        await ctx.log("hello")
        return {"hello": payload.get("name", "world")}


class CloseShop(Executor):
    """Ends the worker that runs it: once politely, or twice."""

    kind = "shop.close"

    async def run(self, *, job_id: Any, payload: Any, ctx: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        if payload.get("twice"):
            await asyncio.sleep(0)
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.Event().wait()
        return {"closed": True}


class LockUp(Executor):
    """Blocks a thread for ever, after it told the worker to end."""

    kind = "shop.lock-up"

    async def run(self, *, job_id: Any, payload: Any, ctx: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        await sync_to_async(threading.Event().wait)()


class Parcel(Executor):
    """Takes an option; ``weight`` is what it was made with."""

    kind = "shop.parcel"

    def __init__(self, *, weight: int = 1) -> None:
        self.weight = weight

    async def run(self, *, job_id: Any, payload: Any, ctx: Any) -> Any:
        return {"weight": self.weight}


class Fragile(Parcel):
    kind = "shop.fragile"

    def __init__(self) -> None:
        raise OSError("broken on arrival")


class Mute:
    kind = "shop.mute"


class RivalGreet(Greet):
    """Runs the kind that Greet runs."""


letter = Parcel(weight=0)
