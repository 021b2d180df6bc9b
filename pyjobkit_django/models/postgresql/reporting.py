"""What runs tell while they go on, many of them in one statement: progress, log lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from pyjobkit_django.contracts import ProgressUpdate
from pyjobkit_django.models.postgresql.arrays import array_of_ids
from pyjobkit_django.models.postgresql.batches import Column, Columns

type Statement = tuple[str, tuple[Any, ...]]

_PROGRESS: Final = """
WITH mine AS MATERIALIZED (
 SELECT job.id, told.progress, told.meta FROM {updates} AS told
 JOIN {job} AS job ON job.id = told.id
 WHERE job.version = told.version AND job.status = 'running'
 ORDER BY job.id FOR UPDATE OF job SKIP LOCKED)
UPDATE {job} AS job SET progress = mine.progress, progress_meta = mine.meta
FROM mine WHERE job.id = mine.id"""

_UPDATES: Final = Columns(
    Column("id", "uuid", "job_id", write=array_of_ids),
    Column("version", "int", "version"),
    Column("progress", "float", "value"),
    Column("meta", "jsonb", "meta", json.dumps),
)

_LINES: Final = Columns(
    Column("job_id", "uuid", "job_id", write=array_of_ids),
    Column("version", "int", "version"),
    Column("seq", "bigint", "seq"),
    Column("lines", "jsonb", "lines", json.dumps),
)
_NAMES: Final = ", ".join(_LINES.names)


def progress_statement(table: str, updates: Sequence[ProgressUpdate]) -> Statement:
    """Return the statement that keeps the progress of runs, the last one of each job."""
    latest = {update.job_id: update for update in updates}
    batch = _UPDATES.batch_of(list(latest.values()))
    return _PROGRESS.format(job=table, updates=batch.source), batch.values


def log_statement(table: str, rows: Sequence[Any]) -> Statement:
    """Return the statement that inserts rows of JobLog."""
    batch = _LINES.batch_of(rows)
    text = f"INSERT INTO {table} ({_NAMES}) SELECT {_NAMES} FROM {batch.source} AS told"  # noqa: S608 - of the names above
    return text, batch.values
