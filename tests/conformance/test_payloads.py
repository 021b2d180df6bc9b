from __future__ import annotations

import math
from typing import Any

import pytest

from pyjobkit_django.engine import Engine
from pyjobkit_django.errors import InvalidJobError
from pyjobkit_django.outcomes import Failure, Outcome
from pyjobkit_django.payload import MAX_DEPTH
from tests.conformance.stage import Stage


def nested(depth: int) -> Any:
    """Return ``depth`` containers in one another, dicts and lists by turns."""
    value: Any = "bottom"
    for level in range(depth):
        value = {"in": value} if (depth - level) % 2 else [value]
    return value


LEGAL = {
    "deepest": nested(MAX_DEPTH),
    "largest integer": {"n": 2**63 - 1},
    "smallest integer": {"n": -(2**63)},
    "small float": {"x": 5e-324},
    "float without fraction": {"x": 2.0},
    "tenth": {"x": 0.1},
    "booleans": {"yes": True, "no": False, "one": 1, "zero": 0},
    "null": {"nothing": None},
    "emoji": {"👩\u200d🚀": "🚀 ½ é \u202e"},
    "empty key": {"": {"": ""}},
    "empty containers": {"a": [], "b": {}, "c": [[], {}]},
    "quotes and escapes": {"q\"'`": "\\ \n\t\r \x7f %s %% {} $1"},
    "sql": {"'; DROP TABLE jobs; --": "?"},
    "looks like json": {"s": '{"a": [1]}', "n": "null"},
    "key of a number": {"1": 1, "1.0": 1.0},
    "long text": {"s": "ä" * 100_000},
}

ILLEGAL = {
    "a list": ([1], "payload"),
    "too deep": (nested(MAX_DEPTH + 1), "payload"),
    "too large an integer": ({"n": 2**63}, "payload.n"),
    "too small an integer": ({"n": -(2**63) - 1}, "payload.n"),
    "nan": ({"a": [1, math.nan]}, r"payload.a\[1\]"),
    "infinity": ({"x": -math.inf}, "payload.x"),
    "nul": ({"s": "a\x00b"}, "payload.s"),
    "nul in a key": ({"\x00": 1}, "payload"),
    "lone surrogate": ({"s": "\ud800"}, "payload.s"),
    "number as key": ({1: 1}, "payload"),
    "bytes": ({"b": b"x"}, "payload.b"),
    "set": ({"s": {1}}, "payload.s"),
    "too many bytes": ({"s": "x" * 1_100_000}, "payload"),
}


@pytest.mark.parametrize("case", LEGAL)
async def test_a_legal_value_comes_back_as_it_went_in(stage: Stage, case: str) -> None:
    value = LEGAL[case]
    job_id = await stage.enqueue(payload=value)

    (job,) = await stage.claim()
    await stage.backend.settle([Outcome.success(job, {"r": None, **value})])

    record = await stage.backend.get(job_id)
    # repr tells 1 from 1.0 and from True; sorted, for a database may order keys.
    assert _shown(job.payload) == _shown(record["payload"]) == _shown(value)
    assert _shown(record["result"]) == _shown({"r": None, **value})


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        items = [f"{key!r}: {_shown(value[key])}" for key in sorted(value)]
        return f"{{{', '.join(items)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return repr(value)


@pytest.mark.parametrize("value", [1e16, -1e22, 1e308])
async def test_a_float_that_is_whole_comes_back_as_a_number_that_may_go_in_again(
    stage: Stage, value: float
) -> None:
    """PostgreSQL writes it without an exponent, which Python reads as an integer."""
    job_id = await stage.enqueue(payload={"x": value})

    payload = (await stage.backend.get(job_id))["payload"]

    assert payload == {"x": value}
    again = await stage.enqueue(payload=payload)
    assert (await stage.backend.get(again))["payload"] == payload


async def test_tuples_come_back_as_lists(stage: Stage, engine: Engine) -> None:
    job_id = await engine.enqueue(kind="k", payload={"pair": (1, ("a",))})

    assert (await stage.backend.get(job_id))["payload"] == {"pair": [1, ["a"]]}


async def test_a_failure_keeps_any_text(stage: Stage) -> None:
    job = await stage.running()
    failure = Failure.of(ValueError("\x00 \ud800 🚀"), traceback="line\x00\ud800")

    await stage.backend.settle([Outcome.failed(job, failure)])

    (attempt,) = await stage.probe.attempts(job.id)
    assert attempt.failure["message"] == "\ufffd \ufffd 🚀"
    assert attempt.traceback == "line\ufffd\ufffd"


@pytest.mark.parametrize("case", ILLEGAL)
async def test_an_illegal_payload_is_refused_by_its_path_and_nothing_is_stored(
    stage: Stage, engine: Engine, case: str
) -> None:
    payload, path = ILLEGAL[case]

    with pytest.raises(InvalidJobError, match=f"^{path}") as refused:
        await engine.enqueue_many(
            [{"kind": "good"}, {"kind": "bad", "payload": payload}]
        )

    assert isinstance(refused.value, ValueError)
    assert await stage.probe.count() == 0


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "no spaces"},
        {"kind": ""},
        {"priority": "high"},
        {"priority": True},
        {"max_attempts": 0},
        {"timeout_s": 0},
        {"timeout_s": math.nan},
        {"retry_policy": "sometimes"},
        {"idempotency_key": ""},
        {"unique_key": "a\nb"},
        {"unique_key": "x" * 256},
        {"tags": "one"},
        {"tags": [1]},
        {"queue": "no spaces"},
        {"colour": "red"},
    ],
    ids=str,
)
async def test_a_bad_option_is_refused_and_nothing_is_stored(
    stage: Stage, engine: Engine, bad: dict
) -> None:
    (field,) = bad

    with pytest.raises(InvalidJobError) as refused:
        await engine.enqueue_many([{"kind": "good"}, {"kind": "bad", **bad}])

    assert refused.value.field == field
    assert await stage.probe.count() == 0


async def test_what_is_handed_out_is_a_copy(stage: Stage, engine: Engine) -> None:
    given = {"items": [1]}
    job_id = await engine.enqueue(kind="k", payload=given)
    given["items"].append(2)
    (await stage.backend.get(job_id))["payload"]["items"].append(3)
    (job,) = await stage.claim()
    job.payload["items"].append(4)
    result = {"items": [1]}
    await stage.backend.settle([Outcome.success(job, result)])
    result["items"].append(5)
    (await stage.backend.get(job_id))["result"]["items"].append(6)

    record = await stage.backend.get(job_id)

    assert record["payload"] == record["result"] == {"items": [1]}
