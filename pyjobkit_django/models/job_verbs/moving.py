"""What all verbs share: the counters of a move, and one value a row in one UPDATE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import batched
from typing import Any, Final, Self
from uuid import UUID

from django.db import connections, models

from pyjobkit_django.jobs import MOVES, JobStatus, Verb
from pyjobkit_django.models.clock import DatabaseNow

#: The most rows that one statement locks.
BATCH: Final = 500

#: What every end of a run, and of a wait, takes off the row.
NO_LEASE: Final[Mapping[str, Any]] = {"leased_by": None, "lease_until": None}


class Moving(models.QuerySet[Any]):
    """Moves rows: the conditions and counters come from ``jobs.MOVES``."""

    def move(self, verb: Verb, status: JobStatus, **values: Any) -> int:
        """Move the rows at hand by ``verb`` to ``status``; return how many it was."""
        move = MOVES[verb]
        counters: dict[str, Any] = {}
        if move.version:
            counters["version"] = models.F("version") + move.version
        if move.attempts:
            counters["attempts"] = models.F("attempts") + move.attempts
        return self.update(status=status.value, **counters, **values)

    def end(self, verb: Verb, status: JobStatus, **values: Any) -> int:
        """Move rows to a final status, and free what only unfinished jobs hold."""
        return self.move(
            verb,
            status,
            finished_at=DatabaseNow(),
            unique_key=None,
            **NO_LEASE,
            **values,
        )

    def movable(self, verb: Verb) -> Self:
        """Return the rows whose status allows ``verb``."""
        return self.filter(status__in=[status.value for status in MOVES[verb].sources])

    def locked(self, *, wait: bool = False) -> Self:
        """Return the rows in id order under a lock, without those that others lock.

        With ``wait`` all of them. Where the database locks as a whole, so do they.
        """
        skip = not wait and self._features.has_select_for_update_skip_locked
        return self.order_by("id").select_for_update(skip_locked=skip)

    @property
    def is_on_postgresql(self) -> bool:
        """Whether the statements of ``models.postgresql`` can be used."""
        return connections[self.db].vendor == "postgresql"

    def run(self, statement: tuple[str, tuple[Any, ...]]) -> None:
        """Run a statement of ``models.postgresql`` that returns no rows."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(*statement)

    def rows_of(self, statement: tuple[str, tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Return the rows that a statement of ``models.postgresql`` returns."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(*statement)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    @property
    def _features(self) -> Any:
        return connections[self.db].features


def in_batches(ids: Iterable[UUID]) -> Iterator[tuple[UUID, ...]]:
    """Yield ids in order, as many as one statement takes."""
    return batched(sorted(ids), BATCH)


def per_row(values: Mapping[UUID, Any], field: models.Field[Any, Any]) -> Any:
    """Return the expression that gives each row of ``values`` its own value.

    NULL where that is None; one that all rows share is written once.
    """
    distinct = {id(value): value for value in values.values()}
    if len(distinct) == 1:
        (only,) = distinct.values()
        return None if only is None else models.Value(only, field)
    return models.Case(
        *(
            models.When(pk=key, then=models.Value(value, field))
            for key, value in values.items()
            if value is not None
        ),
        output_field=field,
    )
