"""Arrays as PostgreSQL writes them: one parameter of text, which drivers pass on quickly."""

from __future__ import annotations

from collections.abc import Iterable


def array_of(values: Iterable[str | float | None]) -> str:
    """Return the array of texts, numbers and NULLs, to be cast to what they are."""
    return "{" + ",".join(map(_element, values)) + "}"


def array_of_plain(texts: Iterable[str]) -> str:
    """Return the array of texts in which nothing has to be quoted, such as ids."""
    return "{" + ",".join(texts) + "}"


def _element(value: str | float | None) -> str:
    if value is None:
        return "NULL"
    if not isinstance(value, str):
        return str(value)
    if value.isalnum() and value.upper() != "NULL":
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
