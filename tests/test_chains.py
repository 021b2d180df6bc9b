from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from pyjobkit_django.chains import linked, next_step
from pyjobkit_django.errors import InvalidJobError
from pyjobkit_django.jobs import ClaimedJob, JobSpec


def spec(kind: str, **fields: Any) -> JobSpec:
    return JobSpec.build(kind=kind, **fields)


def claimed(job: JobSpec) -> ClaimedJob:
    return ClaimedJob(
        id=uuid4(),
        kind=job.kind,
        payload=job.payload,
        version=1,
        attempts=1,
        max_attempts=3,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        chain=job.chain,
        trace_context={"traceparent": "00-1"},
    )


def test_each_step_carries_the_rest_and_gets_what_came_before() -> None:
    due = datetime(2030, 1, 1, tzinfo=UTC)
    second = spec(
        "b", payload={"n": 2}, priority=7, tags=["t"], scheduled_for=due, timeout_s=9
    )
    head = linked([spec("a"), second, spec("c", queue="reports", shadow=True)])
    first = claimed(head)

    step = next_step(first, {"answer": 42})

    assert step is not None
    assert step.payload == {
        "n": 2,
        "previous_result": {"answer": 42},
        "previous_job_id": str(first.id),
    }
    kept = ("kind", "priority", "tags", "scheduled_for", "timeout_s")
    assert [getattr(step, name) for name in kept] == ["b", 7, ("t",), due, 9]
    assert step.parent == first.id
    assert step.trace_context == {"traceparent": "00-1"}
    last = next_step(claimed(step), None)
    assert last is not None
    assert (last.kind, last.queue, last.shadow, last.chain) == (
        "c",
        "reports",
        True,
        (),
    )
    assert next_step(claimed(last), None) is None


def test_a_chain_needs_a_step() -> None:
    with pytest.raises(InvalidJobError, match="at least one step"):
        linked([])


def test_a_step_is_no_chain_itself() -> None:
    inner = linked([spec("b"), spec("c")])
    with pytest.raises(InvalidJobError, match="another chain"):
        linked([spec("a"), inner])


def test_a_result_that_fits_no_payload_is_refused() -> None:
    deep: Any = {}
    for _ in range(31):
        deep = {"in": deep}
    job = claimed(linked([spec("a"), spec("b")]))
    with pytest.raises(InvalidJobError, match="previous_result"):
        next_step(job, deep)
