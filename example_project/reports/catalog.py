"""What there are sales of: the months and countries in the export."""

from __future__ import annotations

from datetime import date
from functools import cache

from django.utils.formats import date_format

from reports.orders import ORDERS_CSV, InvalidRowError, Order, read_chunks

COUNTRIES = {
    "AT": "Austria",
    "BE": "Belgium",
    "DE": "Germany",
    "ES": "Spain",
    "FR": "France",
    "GB": "United Kingdom",
    "IT": "Italy",
    "NL": "Netherlands",
    "SE": "Sweden",
}
CHUNK_ROWS = 1_000


def month_name(month: str) -> str:
    """Return ``2026-03`` as ``March 2026``."""
    return date_format(date.fromisoformat(f"{month}-01"), "F Y")


@cache
def months() -> tuple[str, ...]:
    """Return the months that have orders, newest first, each as ``2026-03``."""
    found = set()
    for chunk in read_chunks(ORDERS_CSV, CHUNK_ROWS):
        for row in chunk:
            try:
                found.add(Order.from_row(row).month)
            except InvalidRowError:
                continue
    return tuple(sorted(found, reverse=True))
