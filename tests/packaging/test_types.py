"""What mypy says, in strict mode, of code that uses the installed wheel."""

from __future__ import annotations

import subprocess

import pytest

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]

CONSUMER = """
from __future__ import annotations

from typing import Any
from uuid import UUID

from pyjobkit_django import (
    DiscardJob,
    ExecContext,
    Executor,
    aenqueue,
    enqueue,
    get_job,
    register,
)


@register
class SendReceipt(Executor):
    kind = "shop.send_receipt"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> dict[str, bool]:
        await ctx.log(f"receipt for order {payload['order']}")
        if ctx.attempt > 2:
            raise DiscardJob("no such order", details={"order": payload["order"]})
        return {"sent": True}


def buy(order: int) -> str:
    job_id: UUID = enqueue("shop.send_receipt", {"order": order}, priority=50)
    return get_job(job_id)["status"].value


async def buy_later(order: int) -> UUID:
    return await aenqueue("shop.send_receipt", {"order": order})
"""

#: What mypy says of each mistake; every one is a line of the module.
MISTAKES = {
    "job_id: int = enqueue('mail')": '"UUID"',
    "get_job(12)": '"int"',
    "get_job('x')['state']": '"state"',
    "enqueue()": '"kind"',
    "register(DiscardJob)(1, 2, 3)": '"DiscardJob"',
}


@pytest.fixture
def check(tmp_path, environment):
    """Return what mypy says of a module that uses the installed wheel."""
    subprocess.run(
        [environment.python, "-m", "pip", "install", "-qq", "pyjobkit-django"],
        env=environment.variables,
        check=True,
    )

    def checked(program: str) -> list[str]:
        (tmp_path / "shop.py").write_text(program)
        done = subprocess.run(
            [environment.python, "-m", "mypy", "--strict", "shop.py"],
            cwd=tmp_path,
            env=environment.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.splitlines()

    return checked


def test_sound_code_is_found_sound_and_each_mistake_is_told(check):
    mistaken = f"{CONSUMER}\n" + "\n".join(MISTAKES)
    first = len(mistaken.splitlines()) - len(MISTAKES) + 1

    assert check(CONSUMER) == ["Success: no issues found in 1 source file"]
    errors = [line for line in check(mistaken) if ": error: " in line]
    for place, told in enumerate(MISTAKES.values(), start=first):
        assert any(
            line.startswith(f"shop.py:{place}: ") and told in line for line in errors
        ), f"line {place}: {errors}"
