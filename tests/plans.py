"""What a database makes of the statements that are run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

type Statement = tuple[str, Any]


@contextmanager
def statements() -> Iterator[list[Statement]]:
    """Gather the statements that are run meanwhile, with their parameters."""
    seen: list[Statement] = []

    def note(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def looks(verb: Callable[[], Any]) -> list[Statement]:
    """Return the statements by which a verb looks for rows."""
    with statements() as seen:
        verb()
    return [each for each in seen if each[0].lstrip("( ").startswith("SELECT")]


def explained(statement: Statement, *, how: str) -> list[Any]:
    sql, params = statement
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {sql}", params)
        return cursor.fetchall()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def plan_of(statement: Statement) -> list[dict[str, Any]]:
    """Return the nodes of PostgreSQL's plan, with what they did."""
    ((told,),) = explained(statement, how="EXPLAIN (ANALYZE, FORMAT JSON)")
    (root,) = json.loads(told) if isinstance(told, str) else told
    return list(nodes(root["Plan"]))
