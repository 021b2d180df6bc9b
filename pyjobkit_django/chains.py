"""Chains: jobs of which each is enqueued once the one before it has succeeded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from pyjobkit_django.errors import InvalidJobError
from pyjobkit_django.jobs import ClaimedJob, JobSpec
from pyjobkit_django.payload import JSON, clean_payload

#: What a step's payload gets beside its own: what the job before it returned, and its id.
PREVIOUS_RESULT: Final = "previous_result"
PREVIOUS_JOB_ID: Final = "previous_job_id"
#: Both, for executors that refuse keys they do not know.
FROM_CHAIN: Final = frozenset({PREVIOUS_RESULT, PREVIOUS_JOB_ID})
#: The reason of a job that succeeded, but whose result the next step cannot be given.
BROKEN: Final = "chain_broken"
#: A payload that holds a result may be as large as both together.
MAX_BYTES: Final = 3 * 1_048_576

#: What a step does not carry: it gets its own when its turn comes.
_OWN: Final = frozenset({"id", "parent", "chain", "trace_context"})


def linked(specs: Sequence[JobSpec]) -> JobSpec:
    """Return the first of some jobs, carrying the others as its chain."""
    if not specs:
        raise InvalidJobError("chain", "needs at least one step")
    head, *rest = specs
    return replace(head, chain=tuple(map(_as_step, rest)))


def next_step(job: ClaimedJob, result: JSON) -> JobSpec | None:
    """Return the job that follows ``job``, which returned ``result``; None at the end.

    Raises InvalidJobError where the result does not fit into a payload.
    """
    if not job.chain:
        return None
    (step, *rest) = job.chain
    fields: dict[str, Any] = dict(step)
    if "scheduled_for" in fields:
        fields["scheduled_for"] = datetime.fromisoformat(fields["scheduled_for"])
    previous = {PREVIOUS_RESULT: result, PREVIOUS_JOB_ID: str(job.id)}
    payload = clean_payload(
        {**fields.pop("payload", {}), **previous}, max_bytes=MAX_BYTES
    )
    tags = tuple(fields.pop("tags", ()))
    return JobSpec(
        **fields,
        payload=payload,
        tags=tags,
        chain=tuple(rest),
        parent=job.id,
        trace_context=dict(job.trace_context),
    )


def _as_step(spec: JobSpec) -> dict[str, JSON]:
    if spec.chain:
        raise InvalidJobError("chain", "a step cannot be the head of another chain")
    step: dict[str, JSON] = {}
    for name, known in JobSpec.__dataclass_fields__.items():
        value = getattr(spec, name)
        if name not in _OWN and value not in (known.default, {}, ()):
            step[name] = _as_json(value)
    return step


def _as_json(value: Any) -> JSON:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
