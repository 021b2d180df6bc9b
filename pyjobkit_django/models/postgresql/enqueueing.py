"""enqueue in one statement, whatever the number of jobs; keys are not looked at."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from pyjobkit_django.jobs import JobSpec
from pyjobkit_django.models.postgresql.arrays import array_of

type Statement = tuple[str, tuple[Any, ...]]


class _Column(NamedTuple):
    name: str
    type: str
    value: Callable[[JobSpec], str | float | None]


def _json(value: Any) -> str | None:
    return json.dumps(value) if value else None


def _iso(spec: JobSpec) -> str | None:
    return None if spec.scheduled_for is None else spec.scheduled_for.isoformat()


_COLUMNS: Final[Sequence[_Column]] = (
    _Column("id", "uuid", lambda spec: spec.id.hex),
    _Column("kind", "varchar", lambda spec: spec.kind),
    _Column("queue", "varchar", lambda spec: spec.queue),
    _Column("payload", "jsonb", lambda spec: json.dumps(spec.payload)),
    _Column("priority", "int", lambda spec: spec.priority),
    _Column("max_attempts", "int", lambda spec: spec.max_attempts),
    _Column("retry_policy", "varchar", lambda spec: spec.retry_policy),
    _Column("timeout_s", "float", lambda spec: spec.timeout_s),
    _Column("due", "timestamptz", _iso),
    _Column("idempotency_key", "varchar", lambda spec: spec.idempotency_key),
    _Column("unique_key", "varchar", lambda spec: spec.unique_key),
    _Column("tags", "jsonb", lambda spec: json.dumps(dict.fromkeys(spec.tags, 1))),
    _Column("parent", "uuid", lambda spec: spec.parent.hex if spec.parent else None),
    _Column("shadow", "boolean", lambda spec: "t" if spec.shadow else "f"),
    _Column("chain", "jsonb", lambda spec: _json(spec.chain)),
    _Column("webhooks", "jsonb", lambda spec: _json(spec.webhooks)),
    _Column("trace_context", "jsonb", lambda spec: _json(spec.trace_context)),
)
_SAME: Final = ", ".join(column.name for column in _COLUMNS if column.name != "due")
#: What the database itself says of a new job.
_SAID: Final[Mapping[str, str]] = {
    "attempts": "0",
    "lost_runs": "0",
    "version": "0",
    "cancel_requested": "FALSE",
    "created_at": "STATEMENT_TIMESTAMP()",
    "scheduled_for": "COALESCE(due, STATEMENT_TIMESTAMP())",
    "status": "CASE WHEN due > STATEMENT_TIMESTAMP() THEN 'scheduled' ELSE 'queued' END",
}
_ENQUEUE: Final = (
    f"INSERT INTO {{job}} ({_SAME}, {', '.join(_SAID)}) "  # noqa: S608 - of the names above
    f"SELECT {_SAME}, {', '.join(_SAID.values())} "
    f"FROM {{source}} AS job ({', '.join(column.name for column in _COLUMNS)})"
)
_MANY: Final = "UNNEST(%s)" % ", ".join(f"%s::{column.type}[]" for column in _COLUMNS)  # noqa: UP031 - the text has %s of its own


def enqueue_statement(table: str, specs: Sequence[JobSpec]) -> Statement:
    """Return the statement that inserts jobs; it returns nothing."""
    if len(specs) == 1 and specs[0].scheduled_for is None:
        return _enqueue_one(table, specs[0])
    text = _ENQUEUE.format(job=table, source=_MANY)
    return text, tuple(array_of(map(column.value, specs)) for column in _COLUMNS)


def _enqueue_one(table: str, spec: JobSpec) -> Statement:
    # Most jobs have few of the columns, and what is not named is NULL.
    given = [(column.name, column.value(spec)) for column in _COLUMNS]
    names, values = zip(*(pair for pair in given if pair[1] is not None), strict=True)
    return _insert(table, names), values


@lru_cache(maxsize=256)
def _insert(table: str, names: tuple[str, ...]) -> str:
    said = {**_SAID, "scheduled_for": _SAID["created_at"], "status": "'queued'"}
    values = ", ".join([*("%s" for _ in names), *said.values()])
    return f"INSERT INTO {table} ({', '.join([*names, *said])}) VALUES ({values})"  # noqa: S608 - of the names above
