"""A report as a Markdown file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

from reports.sales import OrderFilter, Sales, Total, euros


def render(sales: Sales) -> str:
    """Return the text of the report."""
    return "\n".join(_lines(sales)) + "\n"


def write_atomically(path: Path, text: str) -> None:
    """Write a file that nobody ever sees half finished."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _lines(sales: Sales) -> Iterator[str]:
    total = sales.total
    yield f"# Sales, {_scope(sales.only)}"
    yield ""
    yield (
        f"{total.orders:,} orders of {total.units:,} units brought "
        f"**{euros(total.revenue)}**."
    )
    yield (
        f"Read {sales.rows:,} rows; {sales.skipped:,} could not be counted. "
        f"Cancelled and refunded orders bring nothing."
    )
    yield from _table("Month", sorted(sales.by_month.items()))
    yield from _table("Country", _best_first(sales.by_country))
    yield from _table("Product", _best_first(sales.by_product))


def _scope(only: OrderFilter) -> str:
    return ", ".join(filter(None, (only.country, only.month))) or "all orders"


def _best_first(totals: Mapping[str, Total]) -> list[tuple[str, Total]]:
    return sorted(totals.items(), key=lambda item: (-item[1].revenue, item[0]))


def _table(heading: str, totals: Iterable[tuple[str, Total]]) -> Iterator[str]:
    yield ""
    yield f"## By {heading.lower()}"
    yield ""
    yield f"| {heading} | Orders | Units | Revenue |"
    yield "|---|---:|---:|---:|"
    for name, total in totals:
        yield (
            f"| {name} | {total.orders:,} | {total.units:,} | {euros(total.revenue)} |"
        )
