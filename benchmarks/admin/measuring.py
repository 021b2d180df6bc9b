"""One page: its times, its queries, and whether a plan walks the table of jobs."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

JOBS = "pyjobkit_django_job"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What one page costs; times are in milliseconds."""

    name: str
    median_ms: float
    p95_ms: float
    queries: int
    scans: Sequence[str]


def measure(name: str, load: Callable[[], Any], rounds: int) -> Measure:
    """Load a page once to warm up, once to look at its queries, and then to time it."""
    load()
    with _statements() as seen:
        load()
    times = sorted(_timed_ms(load) for _ in range(rounds))
    return Measure(
        name=name,
        median_ms=statistics.median(times),
        p95_ms=times[max(0, -(-95 * len(times) // 100) - 1)],
        queries=len(seen),
        scans=[sql for sql, params in seen if _scans_jobs(sql, params)],
    )


def _timed_ms(load: Callable[[], Any]) -> float:
    began = time.perf_counter()
    load()
    return (time.perf_counter() - began) * 1_000


@contextmanager
def _statements() -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
        seen.append((sql, params))
        return execute(sql, params, *rest)

    with connection.execute_wrapper(note):
        yield seen


def _scans_jobs(sql: str, params: Any) -> bool:
    if not sql.lstrip("( ").startswith(("SELECT", "WITH")):
        return False
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        told = cursor.fetchone()[0]
    (root,) = json.loads(told) if isinstance(told, str) else told
    return any(_is_scan(node) for node in _nodes(root["Plan"]))


def _is_scan(node: Mapping[str, Any]) -> bool:
    return node["Node Type"] == "Seq Scan" and node.get("Relation Name") == JOBS


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)
