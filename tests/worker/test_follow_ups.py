"""Chains, webhooks and shadow runs, through Engine, Worker and MemoryBackend."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from pyjobkit_django import DiscardJob, Engine, ExecContext, Executor, Worker
from pyjobkit_django.backends.memory import MemoryBackend
from pyjobkit_django.errors import InvalidJobError
from pyjobkit_django.executors import HTTPExecutor
from pyjobkit_django.webhooks import verify_signature

SECRET = "s"


class Add(Executor):
    kind = "add"

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> Any:
        before = payload.get("previous_result") or {"sum": 0}
        if payload["n"] < 0:
            raise DiscardJob("negative")
        deep: Any = {}
        for _ in range(payload.get("depth", 0)):
            deep = {"in": deep}
        return deep or {"sum": before["sum"] + payload["n"], "shadow": ctx.is_shadow}


def make_engine() -> Engine:
    http = HTTPExecutor(signing_secret=SECRET)
    return Engine(backend=MemoryBackend(), executors=[Add(), http])


async def drain(engine: Engine) -> list[dict[str, Any]]:
    async with engine:
        await Worker(engine, poll_interval=0.02).run(once=True)
        records: Any = await engine.backend.all_jobs()  # type: ignore[attr-defined] # memory has it
    return list(reversed(records))


def step(n: int, **options: Any) -> dict[str, Any]:
    return {"kind": "add", "payload": {"n": n}, **options}


async def test_a_chain_runs_step_by_step() -> None:
    engine = make_engine()
    head = await engine.chain(step(1), step(2), step(3))

    jobs = await drain(engine)

    assert [job["result"]["sum"] for job in jobs] == [1, 3, 6]
    assert [job["parent"] for job in jobs] == [None, head, jobs[1]["id"]]


async def test_a_step_that_fails_ends_the_chain() -> None:
    engine = make_engine()
    await engine.chain(step(1), step(-1), step(3))

    assert [job["status"] for job in await drain(engine)] == ["success", "failed"]


async def test_a_bad_step_is_refused_with_the_whole_chain() -> None:
    engine = make_engine()

    with pytest.raises(InvalidJobError):
        await engine.chain(step(1), {"kind": "a b"})
    with pytest.raises(InvalidJobError):
        await engine.chain()

    assert await drain(engine) == []


async def test_a_result_that_no_payload_can_hold_breaks_the_chain_loudly() -> None:
    engine = make_engine()
    await engine.chain({"kind": "add", "payload": {"n": 1, "depth": 30}}, step(2))

    (job,) = await drain(engine)

    assert job["status"] == "failed"
    assert job["result"]["reason"] == "chain_broken"


async def test_a_shadow_run_leaves_no_result_and_nothing_follows() -> None:
    engine = make_engine()
    webhooks = {"complete": "http://127.0.0.1:9/"}
    await engine.chain(step(1, shadow=True, webhooks=webhooks), step(2))

    (job,) = await drain(engine)

    assert job["result"] == {"shadow": True, "result_discarded": True}


@pytest.mark.parametrize(("n", "word"), [(5, "complete"), (-5, "fail")])
async def test_a_signed_webhook_tells_how_the_job_ended(n: int, word: str) -> None:
    received: list[tuple[dict[str, str], bytes]] = []

    async def receive(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = [line.partition(": ") for line in head.split("\r\n")[1:] if line]
        headers = {name.lower(): value for name, _, value in lines}
        body = await reader.readexactly(int(headers["content-length"]))
        received.append((headers, body))
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(receive, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        engine = make_engine()
        job_id = await engine.enqueue(**step(n, webhooks={word: url}))
        jobs = await drain(engine)

    ((headers, body),) = received
    assert str(job_id).encode() in body
    assert verify_signature(
        body=body,
        secret=SECRET,
        signature_header=headers["x-pyjobkit-signature"],
        timestamp_header=headers["x-pyjobkit-timestamp"],
    )
    assert [job["kind"] for job in jobs] == ["add", "http"]
    assert jobs[1]["status"] == "success"
