"""What the executors that come with the toolkit take for a success."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest

from pyjobkit_django.errors import DiscardJob, ExecutorError
from pyjobkit_django.executors import HTTPExecutor
from tests.executors.http.fakes import Notes
from tests.executors.http.server import answer, serving
from tests.executors.subprocess.stage import members, run, running
from tests.worker.fakes import until


async def test_16_cancelling_a_command_ends_all_it_started_and_no_output_is_lost():
    family = "(trap '' TERM; sleep 60) & sleep 60 & echo $$; echo ready; wait"
    async with running(family) as (task, notes):
        group = int(notes.stdout[0])
        assert len(members(group)) >= 3
        task.cancel()
        await asyncio.wait({task})
    await until(lambda: not members(group))

    quick = [(await run("echo out; echo err >&2"))[1] for _ in range(12)]
    assert [(notes.stdout, notes.stderr) for notes in quick] == [
        (["out"], ["err"])
    ] * 12
    _, notes = await run("head -c 200000 /dev/zero | tr '\\0' x")
    assert len("".join(notes.stdout)) == 200_000


async def test_25_only_2xx_is_a_success_and_the_body_is_sent():
    ends = {}
    async with serving() as server:
        server.routes["/500"] = answer(500)
        server.routes["/302"] = answer(302, location="/elsewhere")
        executor = HTTPExecutor()
        for path in ("/200", "/302", "/500"):
            payload = {"url": server.url(path), "method": "POST", "body": {"n": 1}}
            try:
                await executor.run(job_id=uuid4(), payload=payload, ctx=Notes())
            except (DiscardJob, ExecutorError) as error:
                ends[path] = type(error)
        await executor.close()

    assert ends == {"/302": DiscardJob, "/500": ExecutorError}
    assert [json.loads(request.body) for request in server.received] == [{"n": 1}] * 3


async def test_27_an_allow_list_lets_no_text_reach_the_shell(tmp_path):
    proof = tmp_path / "proof"
    options = {"allowed_commands": ["echo"]}

    for cmd in (f"echo a; touch {proof}", ["touch", str(proof)], "echo a"):
        with pytest.raises(DiscardJob):
            await run(cmd, options=options)
    _, notes = await run(["echo", f"a; touch {proof}"], options=options)

    assert notes.stdout == [f"a; touch {proof}"]
    assert not proof.exists()
