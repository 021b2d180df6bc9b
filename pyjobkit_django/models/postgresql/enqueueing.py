"""enqueue in one statement, whatever the number of jobs; keys are not looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from pyjobkit_django.jobs import JobSpec
from pyjobkit_django.models.postgresql.arrays import array_of_ids
from pyjobkit_django.models.postgresql.batches import Column, Columns

type Statement = tuple[str, tuple[Any, ...]]


def _hex(key: UUID | None) -> str | None:
    return key.hex if key else None


def _flag(flag: bool) -> str:  # noqa: FBT001 - a value
    return "t" if flag else "f"


def _json(value: Any) -> str | None:
    return json.dumps(value) if value else None


def _iso(due: datetime | None) -> str | None:
    return due.isoformat() if due else None


def _payload(payload: Any) -> str:
    return json.dumps(payload) if payload else "{}"


def _tags(tags: tuple[str, ...]) -> str:
    return json.dumps(dict.fromkeys(tags, 1)) if tags else "{}"


_COLUMNS: Final = Columns(
    Column("id", "uuid", "id", write=array_of_ids),
    Column("kind", "varchar", "kind"),
    Column("queue", "varchar", "queue"),
    Column("payload", "jsonb", "payload", _payload),
    Column("priority", "int", "priority"),
    Column("max_attempts", "int", "max_attempts"),
    Column("retry_policy", "varchar", "retry_policy"),
    Column("timeout_s", "float", "timeout_s"),
    Column("due", "timestamptz", "scheduled_for", _iso),
    Column("idempotency_key", "varchar", "idempotency_key"),
    Column("unique_key", "varchar", "unique_key"),
    Column("tags", "jsonb", "tags", _tags),
    Column("parent", "uuid", "parent", _hex),
    Column("shadow", "boolean", "shadow", _flag),
    Column("chain", "jsonb", "chain", _json),
    Column("webhooks", "jsonb", "webhooks", _json),
    Column("trace_context", "jsonb", "trace_context", _json),
)
_SAME: Final = ", ".join(name for name in _COLUMNS.names if name != "due")
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
#: What most jobs have; written into the statement it costs nothing.
_USUAL: Final[Mapping[str, str]] = {"payload": "{}", "tags": "{}", "shadow": "f"}
_ENQUEUE: Final = (
    f"INSERT INTO {{job}} ({_SAME}, {', '.join(_SAID)}) "  # noqa: S608 - of the names above
    f"SELECT {_SAME}, {', '.join(_SAID.values())} FROM {{source}} AS job"
)


def enqueue_statement(table: str, specs: Sequence[JobSpec]) -> Statement:
    """Return the statement that inserts jobs; it returns nothing."""
    if len(specs) == 1 and specs[0].scheduled_for is None:
        # Most jobs have few of the columns: what is not named is NULL, or as usual.
        values = {
            name: value
            for name, value in _COLUMNS.values_of(specs[0]).items()
            if _USUAL.get(name) != value
        }
        return _insert(table, tuple(values)), tuple(values.values())
    batch = _COLUMNS.batch_of(specs)
    return _ENQUEUE.format(job=table, source=batch.source), batch.values


@lru_cache(maxsize=256)
def _insert(table: str, names: tuple[str, ...]) -> str:
    usual = {name: f"'{text}'" for name, text in _USUAL.items() if name not in names}
    said = {
        **_SAID,
        **usual,
        "scheduled_for": _SAID["created_at"],
        "status": "'queued'",
    }
    values = ", ".join([*("%s" for _ in names), *said.values()])
    return f"INSERT INTO {table} ({', '.join([*names, *said])}) VALUES ({values})"  # noqa: S608 - of the names above
