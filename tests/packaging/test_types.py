"""What mypy says, in strict mode, of code that uses the installed wheel."""

from __future__ import annotations

import subprocess

import pytest

from tests.newcomer.environment import Environment

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

#: (a mistake, what mypy says of it)
MISTAKES = [
    pytest.param("job_id: int = enqueue('mail')", "UUID", id="an id is no number"),
    pytest.param("get_job(12)", "int", id="no job has a number"),
    pytest.param("get_job('x')['state']", '"state"', id="a record has no such key"),
    pytest.param("enqueue()", "kind", id="a job has a kind"),
    pytest.param(
        "class Silent(Executor):\n    async def run(self) -> None: ...",
        "run",
        id="an executor is handed a job",
    ),
]


@pytest.fixture(scope="module")
def consumer(tmp_path_factory, distributions):
    folder = tmp_path_factory.mktemp("consumer")
    environment = Environment(folder / "venv", wheels=distributions)
    subprocess.run(
        [environment.python, "-m", "pip", "install", "-qq", "pyjobkit-django"],
        env=environment.variables,
        check=True,
    )

    def check(program: str) -> str:
        (folder / "shop.py").write_text(program)
        return subprocess.run(
            [environment.python, "-m", "mypy", "--strict", "shop.py"],
            cwd=folder,
            env=environment.variables,
            capture_output=True,
            text=True,
            check=False,
        ).stdout

    return check


def test_sound_code_is_found_sound(consumer):
    assert "Success: no issues found" in consumer(CONSUMER)


@pytest.mark.parametrize(("mistake", "told"), MISTAKES)
def test_a_mistake_is_told(consumer, mistake, told):
    (error,) = [
        line
        for line in consumer(f"{CONSUMER}\n\n{mistake}\n").splitlines()
        if ": error: " in line
    ]

    assert told in error
