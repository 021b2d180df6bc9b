"""Many rows as parameters of one statement: what differs as arrays, what is alike once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import repeat
from operator import attrgetter, is_
from typing import Any, Final, NamedTuple

from pyjobkit_django.models.postgresql.arrays import array_of


class Column(NamedTuple):
    """A column of a batch: its type, and the attribute of a row's object that it holds.

    ``text`` turns the value into what PostgreSQL reads; without it, it is that already.
    ``write`` makes the array of a whole column.
    """

    name: str
    type: str
    attribute: str
    text: Callable[[Any], str | float | None] | None = None
    write: Callable[[Sequence[Any]], str] = array_of


class Batch(NamedTuple):
    """A table expression with a row for each object, and its parameters."""

    source: str
    values: tuple[Any, ...]


class Columns:
    """The columns of one kind of batch; the first one differs from row to row."""

    def __init__(self, *columns: Column) -> None:
        self.names: Final = tuple(column.name for column in columns)
        self._columns = columns
        self._values: Callable[[Any], tuple[Any, ...]] = attrgetter(
            *(column.attribute for column in columns)
        )

    def batch_of(self, rows: Sequence[Any]) -> Batch:
        """Return the batch of some rows.

        Most jobs of a batch have most columns alike: sent once, those cost nothing.
        """
        arrays: list[str] = []
        alike: list[Any] = []
        differing: list[str] = []
        for column in self._columns:
            values = list(map(attrgetter(column.attribute), rows))
            if values and differing and all(map(is_, values, repeat(values[0]))):
                del values[1:]
            if column.text is not None:
                values = list(map(column.text, values))
            if values and differing and values.count(values[0]) == len(values):
                alike.append(values[0])
            else:
                arrays.append(column.write(values))
                differing.append(column.name)
        return Batch(_source(self._columns, tuple(differing)), (*arrays, *alike))

    def values_of(self, row: Any) -> dict[str, Any]:
        """Return the value of each column of one row that has any."""
        found = {}
        for column, value in zip(self._columns, self._values(row), strict=True):
            told = value if column.text is None else column.text(value)
            if told is not None:
                found[column.name] = told
        return found


@lru_cache(maxsize=256)
def _source(columns: Sequence[Column], differing: tuple[str, ...]) -> str:
    arrays, alike = [], []
    for column in columns:
        if column.name in differing:
            arrays.append(f"%s::{column.type}[]")
        else:
            alike.append(f"%s::{column.type} AS {column.name}")
    rows = f"UNNEST({', '.join(arrays)}) AS differing ({', '.join(differing)})"
    same = f", (SELECT {', '.join(alike)}) AS same" if alike else ""
    return f"(SELECT * FROM {rows}{same})"  # noqa: S608 - of the names of columns
