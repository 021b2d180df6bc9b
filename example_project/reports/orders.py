"""Orders as the shop exports them: a CSV file with a few rows that cannot be right."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import batched
from pathlib import Path
from typing import Self

ORDERS_CSV = Path(__file__).parent / "data" / "orders.csv"

type Row = Mapping[str, str]


class InvalidRowError(ValueError):
    """A row that no report can count; the message is its column and what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order; its price is in cents."""

    number: str
    ordered_on: date
    country: str
    product: str
    quantity: int
    unit_price: int
    status: str

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """Return the order of a row; InvalidRowError where it cannot be right."""
        return cls(
            number=_text(row, "id"),
            ordered_on=_day(row, "ordered_on"),
            country=_text(row, "country"),
            product=_text(row, "product"),
            quantity=_positive(row, "quantity"),
            unit_price=_positive(row, "unit_price_cents"),
            status=_text(row, "status"),
        )

    @property
    def month(self) -> str:
        """The month it was ordered in, as ``2026-03``."""
        return f"{self.ordered_on:%Y-%m}"

    @property
    def revenue(self) -> int:
        """What it brought, in cents; nothing if it was cancelled or refunded."""
        if self.status in ("cancelled", "refunded"):
            return 0
        return self.quantity * self.unit_price


def count_rows(path: Path) -> int:
    """Return how many rows the file has below its header."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.DictReader(file))


def read_chunks(path: Path, size: int) -> Iterator[tuple[Row, ...]]:
    """Yield the rows of the file, up to ``size`` at a time."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from batched(csv.DictReader(file), size)


def _text(row: Row, column: str) -> str:
    text = (row.get(column) or "").strip()
    if not text:
        raise InvalidRowError(f"{column} is empty")
    return text


def _day(row: Row, column: str) -> date:
    text = _text(row, column)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidRowError(f"{column} is not a date: {text}") from None


def _positive(row: Row, column: str) -> int:
    text = _text(row, column)
    try:
        number = int(text)
    except ValueError:
        raise InvalidRowError(f"{column} is not a whole number: {text}") from None
    if number <= 0:
        raise InvalidRowError(f"{column} is not above 0: {text}")
    return number
