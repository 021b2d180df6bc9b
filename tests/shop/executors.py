"""What the shop's jobs do."""

from __future__ import annotations

from typing import Any

from pyjobkit_django import Executor, register


@register
class Greet(Executor):
    kind = "shop.greet"

    async def run(self, *, job_id: Any, payload: Any, ctx: Any) -> Any:
        await ctx.log("hello")
        return {"hello": payload.get("name", "world")}


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


class FailsTelling(Executor):
    kind = "fails_telling"

    async def run(self, *, job_id: Any, payload: Any, ctx: Any) -> Any:
        async with ctx.profile_phase("asking", iban=payload["iban"]):
            raise ValueError(f"iban={payload['iban']}, no account")
