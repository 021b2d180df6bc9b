"""Arrays as PostgreSQL writes them: one parameter of text, which drivers pass on quickly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID


def array_of(values: Iterable[str | float | None]) -> str:
    """Return the array of texts, numbers and NULLs, to be cast to what they are."""
    return "{" + ",".join(map(_element, values)) + "}"


def array_of_ids(ids: Sequence[UUID]) -> str:
    """Return the array of ids, written all at once."""
    places = ",".join(["%032x"] * len(ids))
    return "{" + places % tuple([key.int for key in ids]) + "}"


def _element(value: str | float | None) -> str:
    if value is None:
        return "NULL"
    if not isinstance(value, str):
        return str(value)
    if value.isalnum() and value.upper() != "NULL":
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
