"""Progress, signs of life and hints."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from pyjobkit_django.contracts import ProgressUpdate, Wakeup, WakeupKind, WorkerBeat
from pyjobkit_django.outcomes import Outcome
from tests.conformance.stage import Stage, from_now


def beat(worker_id: UUID, **changes: object) -> WorkerBeat:
    first = WorkerBeat(
        worker_id=worker_id,
        host="host-1",
        pid=4711,
        state="running",
        max_concurrency=8,
        busy=3,
        done=10,
        kinds=("a", "b"),
        queues=("default",),
    )
    return replace(first, **changes)


async def test_the_latest_progress_of_a_run_is_kept(stage: Stage) -> None:
    job = await stage.running()
    at = {"job_id": job.id, "version": job.version}

    await stage.backend.record_progress([ProgressUpdate(**at, value=0.25)])
    await stage.backend.record_progress(
        [ProgressUpdate(**at, value=0.5, meta={"step": "é", "of": [1]})]
    )

    record = await stage.backend.get(job.id)
    assert (record["progress"], record["progress_meta"]) == (
        0.5,
        {"step": "é", "of": [1]},
    )
    assert record["version"] == job.version


async def test_progress_of_another_version_is_dropped(stage: Stage) -> None:
    mine, other = await stage.running_many(2)

    await stage.backend.record_progress(
        [
            ProgressUpdate(job_id=other.id, version=other.version + 1, value=0.9),
            ProgressUpdate(job_id=mine.id, version=mine.version, value=0.1),
            ProgressUpdate(job_id=uuid4(), version=1, value=0.9),
        ]
    )

    assert (await stage.backend.get(mine.id))["progress"] == 0.1
    assert (await stage.backend.get(other.id))["progress"] is None


async def test_progress_of_a_job_that_does_not_run_is_dropped(stage: Stage) -> None:
    job = await stage.running()
    await stage.backend.settle([Outcome.success(job, None)])
    before = await stage.backend.get(job.id)

    await stage.backend.record_progress(
        [ProgressUpdate(job_id=job.id, version=before["version"], value=0.9)]
    )

    assert await stage.backend.get(job.id) == before


async def test_recording_no_progress_is_allowed(stage: Stage) -> None:
    await stage.backend.record_progress([])


async def test_the_last_sign_of_life_of_each_worker_is_kept(stage: Stage) -> None:
    first, second = uuid4(), uuid4()

    await stage.backend.heartbeat(beat(first))
    await stage.backend.heartbeat(beat(second))
    await stage.backend.heartbeat(beat(first, state="draining", busy=0, done=13))

    states = await stage.probe.worker_states()
    assert states == {first: "draining", second: "running"}


async def test_a_worker_that_is_asked_to_drain_hears_of_it(stage: Stage) -> None:
    asked, other = uuid4(), uuid4()
    if not stage.backend.supports_operating:
        pytest.skip("this backend leaves out what operators do")

    assert not await stage.backend.heartbeat(beat(asked))
    await stage.backend.heartbeat(beat(other))
    assert await stage.backend.ask_to_drain(asked)

    assert await stage.backend.heartbeat(beat(asked))
    assert not await stage.backend.heartbeat(beat(other))
    assert not await stage.backend.ask_to_drain(uuid4())


class Listener:
    """Keeps what is heard, so that a test can wait for it."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[Wakeup] = asyncio.Queue()

    def receive(self, wakeup: Wakeup) -> None:
        self._heard.put_nowait(wakeup)

    async def hear(self, kind: WakeupKind, value: str | None = None) -> str:
        """Wait for a hint of a kind, whatever else is said, and return its value."""
        while True:
            wakeup = await self._heard.get()
            if wakeup.kind is kind and value in (None, wakeup.value):
                return wakeup.value


async def test_hints_tell_of_new_jobs_cancels_and_signs_of_life(stage: Stage) -> None:
    listener = Listener()
    running = await stage.running()
    listening = asyncio.create_task(stage.backend.listen(listener.receive))
    try:
        async with asyncio.timeout(20):
            await _until_it_hears(stage, listener, listening)
            await stage.enqueue(queue="mail")
            await listener.hear(WakeupKind.QUEUED, "mail")
            await stage.enqueue(scheduled_for=from_now(3600))
            seconds = float(await listener.hear(WakeupKind.SCHEDULED))
            assert seconds == pytest.approx(3600, abs=60)
            await stage.backend.cancel(running.id)
            await listener.hear(WakeupKind.CANCEL, str(running.id))
    finally:
        listening.cancel()
        await asyncio.wait([listening])


async def _until_it_hears(
    stage: Stage, listener: Listener, listening: asyncio.Task[None]
) -> None:
    probe = asyncio.create_task(listener.hear(WakeupKind.PROBE))
    try:
        while not probe.done():
            await stage.backend.heartbeat(beat(stage.worker))
            await asyncio.wait(
                {probe, listening}, timeout=0.2, return_when="FIRST_COMPLETED"
            )
            if listening.done():
                listening.result()
                pytest.skip("this backend has no hints here")
        assert probe.result() == str(stage.worker)
    finally:
        probe.cancel()


async def test_nobody_is_told_who_has_stopped_listening(stage: Stage) -> None:
    heard: list[Wakeup] = []
    listening = asyncio.create_task(stage.backend.listen(heard.append))
    await asyncio.sleep(0)

    listening.cancel()
    await asyncio.wait([listening])
    await stage.enqueue()

    assert heard == []
