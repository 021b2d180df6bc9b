"""Mountains: rows that stand in the table and that a claim must not feel.

They are copies of real rows, so that they have whatever columns a job has.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from pyjobkit_django import enqueue
from pyjobkit_django.models import Job

_FOREIGN_QUEUES = 50
# As UUIDv7 of the days before: 48 bits of milliseconds, then a tail.
_OLD_ID = """
(lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - 9000000000 + n), 12, '0')
 || '7' || substr(md5({salt} || n::text), 1, 3)
 || '8' || substr(md5({salt} || n::text), 4, 15))::uuid
"""


def pile(finished: int, later: int, foreign: int) -> None:
    """Lay finished jobs, jobs due tomorrow, and waiting jobs of other queues and kinds."""
    done = enqueue("noop")
    call_command(
        "pyjobkit_worker",
        once=True,
        executors=["benchmarks.ours.executors:Noop"],
        verbosity=0,
    )
    tomorrow = timezone.localtime() + timedelta(days=1)
    scheduled = enqueue("noop", scheduled_for=tomorrow)
    waiting = enqueue("noop", queue="queue00")
    foreigner = enqueue("foreign", priority=0)
    half = foreign // 2
    _copy(done, finished, {})
    _copy(scheduled, later, {"priority": "mod(n, 200)"})
    elsewhere = f"'queue' || lpad(mod(n, {_FOREIGN_QUEUES})::text, 2, '0')"
    _copy(waiting, half, {"queue": elsewhere, "priority": "mod(n, 200)"})
    _copy(foreigner, foreign - half, {"priority": "mod(n, 200)"})


def _copy(job_id: UUID, copies: int, changes: dict[str, str]) -> None:
    columns = [field.column for field in Job._meta.concrete_fields]
    new_id = _OLD_ID.format(salt=f"'{job_id}'")
    values = {column: f'"{column}"' for column in columns} | {"id": new_id} | changes
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{Job._meta.db_table}" ({names})'
            f" SELECT {', '.join(values.values())}"
            f' FROM "{Job._meta.db_table}", generate_series(1, %s) AS n WHERE id = %s',
            [copies, job_id],
        )
