from __future__ import annotations

import pytest

from tests.executors.http.server import answer, then_hang
from tests.worker.fakes import engine_for, until, until_ended, until_status, working


@pytest.fixture
def engine(make):
    return engine_for(make())


async def test_a_job_ends_with_the_answer(engine, server):
    server.routes["/"] = answer(201, {"id": 7})

    async with working(engine):
        job_id = await engine.enqueue(
            kind="http", payload={"url": server.url(), "body": {"name": "Ada"}}
        )
        job = await until_ended(engine, job_id)

    assert (job["status"], job["result"]["body"]) == ("success", {"id": 7})
    assert server.last.body == b'{"name":"Ada"}'


async def test_a_request_may_follow_another_job_in_a_chain(engine, server):
    first, second = ({"url": server.url(path)} for path in ("/one", "/two"))

    async with working(engine):
        await engine.chain(
            {"kind": "http", "payload": first}, {"kind": "http", "payload": second}
        )
        await until(lambda: len(server.received) == 2)

    assert [request.target for request in server.received] == ["/one", "/two"]


async def test_a_busy_server_is_asked_again(engine, server):
    async def second_time_lucky(reader, writer):
        writer.write(answer(503 if len(server.received) < 2 else 200))

    server.routes["/"] = second_time_lucky

    async with working(engine, retry_policy="fixed:0"):
        job_id = await engine.enqueue(kind="http", payload={"url": server.url()})
        job = await until_ended(engine, job_id)

    assert (job["status"], job["attempts"]) == ("success", 2)


async def test_a_server_is_left_alone_for_as_long_as_it_asks(engine, server):
    server.routes["/"] = answer(429, retry_after="3600")

    async with working(engine, retry_policy="fixed:0"):
        job_id = await engine.enqueue(kind="http", payload={"url": server.url()})
        job = await until_status(engine, job_id, "scheduled")

    wait = job["scheduled_for"] - job["created_at"]
    assert 3600 <= wait.total_seconds() < 3660


async def test_a_404_is_not_asked_again(engine, server):
    server.routes["/"] = answer(404, {"error": "no such order"})

    async with working(engine):
        job_id = await engine.enqueue(kind="http", payload={"url": server.url()})
        job = await until_ended(engine, job_id)

    assert (job["status"], job["attempts"], len(server.received)) == ("failed", 1, 1)
    assert job["result"]["status"] == 404
    assert job["result"]["body"] == '{"error": "no such order"}'


async def test_a_job_cancelled_amid_a_request_hangs_up(engine, server):
    server.routes["/"] = then_hang()

    async with working(engine):
        job_id = await engine.enqueue(kind="http", payload={"url": server.url()})
        await server.asked.wait()
        await engine.cancel(job_id)
        job = await until_ended(engine, job_id)
        await server.left.wait()

    assert job["status"] == "cancelled"


async def test_the_jobs_own_timeout_ends_it_as_timed_out(engine, server):
    server.routes["/"] = then_hang()

    async with working(engine):
        job_id = await engine.enqueue(
            kind="http", payload={"url": server.url()}, timeout_s=0.1
        )
        job = await until_ended(engine, job_id)

    assert job["status"] == "timeout"


async def test_fifty_jobs_share_the_connections_of_the_slots(engine, server):
    async with working(engine, max_concurrency=5):
        job_ids = [
            await engine.enqueue(kind="http", payload={"url": server.url()})
            for _ in range(50)
        ]
        jobs = [await until_ended(engine, job_id) for job_id in job_ids]

    assert {job["status"] for job in jobs} == {"success"}
    assert server.connections <= 5
