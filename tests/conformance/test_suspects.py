"""A job that lost a run with its worker meets each neighbour once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyjobkit_django.jobs import ClaimedJob
from pyjobkit_django.outcomes import Outcome
from tests.conformance.stage import BROKEN, Stage, request


async def lose_runs_of(stage: Stage, jobs: list[ClaimedJob]) -> None:
    await stage.probe.expire_lease(*[job.id for job in jobs])
    assert (await stage.backend.reap()).count == len(jobs)


async def claim(stage: Stage, *, with_suspect: bool, limit: int) -> list[ClaimedJob]:
    asked = request(stage.worker, limit=limit, kinds={"many"}, queues={"default"})
    return await stage.backend.claim(replace(asked, with_suspect=with_suspect))


def lost(jobs: list[ClaimedJob]) -> list[int]:
    return [job.lost_runs for job in jobs]


async def test_only_a_lost_run_makes_a_suspect(stage: Stage) -> None:
    reaped, retried, released = await stage.running_many(3)
    await stage.backend.settle(
        [Outcome.retry(retried, BROKEN, 0.0), Outcome.release(released)]
    )
    await lose_runs_of(stage, [reaped])

    record: Any
    counts = {}
    for job in (reaped, retried, released):
        record = await stage.backend.get(job.id)
        counts[job.id] = record["lost_runs"]
    assert counts == {reaped.id: 1, retried.id: 0, released.id: 0}


async def test_a_lease_that_was_never_used_makes_no_suspect(stage: Stage) -> None:
    row = await stage.leased()
    await stage.probe.expire_lease(row["id"])
    await stage.backend.reap()

    record: Any = await stage.backend.get(row["id"])
    assert record["lost_runs"] == 0


async def test_a_claim_takes_one_suspect_at_most(stage: Stage) -> None:
    await lose_runs_of(stage, await stage.running_many(3))

    assert lost(await claim(stage, with_suspect=True, limit=3)) == [1]
    assert lost(await claim(stage, with_suspect=True, limit=3)) == [1]


async def test_a_claim_without_suspects_takes_none(stage: Stage) -> None:
    await lose_runs_of(stage, await stage.running_many(3))

    assert await claim(stage, with_suspect=False, limit=3) == []


async def test_the_one_suspect_comes_in_its_turn(stage: Stage) -> None:
    await lose_runs_of(stage, await stage.running_many(1))
    await stage.enqueue_many([{"kind": "many"}, {"kind": "many", "priority": 1}])

    assert lost(await claim(stage, with_suspect=True, limit=3)) == [0, 1, 0]


async def test_many_suspects_at_the_head_hold_up_no_other_job(stage: Stage) -> None:
    await lose_runs_of(stage, await stage.running_many(20))
    await stage.enqueue_many([{"kind": "many"}] * 3)

    assert lost(await claim(stage, with_suspect=False, limit=2)) == [0, 0]
    assert sorted(lost(await claim(stage, with_suspect=True, limit=2))) == [0, 1]


async def test_several_lanes_together_give_one_suspect(stage: Stage) -> None:
    await stage.enqueue_many([{"kind": "one"}, {"kind": "two"}])
    jobs = await stage.claim(2, kinds={"one", "two"}, queues={"default"})
    await lose_runs_of(stage, jobs)
    await stage.enqueue_many([{"kind": "one"}, {"kind": "two"}])

    claimed = await stage.claim(4, kinds={"one", "two"}, queues={"default"})

    assert sorted(lost(claimed)) == [0, 0, 1]
