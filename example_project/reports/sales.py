"""Sales added up: pure, so that it can be tested without a job, a file or a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from reports.orders import InvalidRowError, Order, Row


@dataclass(slots=True)
class Total:
    """What some orders come to; ``revenue`` is in cents."""

    orders: int = 0
    units: int = 0
    revenue: int = 0

    def add(self, order: Order) -> None:
        """Count an order in."""
        self.orders += 1
        self.units += order.quantity
        self.revenue += order.revenue


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders a report is about; None means all of them."""

    month: str | None = None
    country: str | None = None

    def admits(self, order: Order) -> bool:
        """Tell whether the report is about this order."""
        return self.month in (None, order.month) and self.country in (
            None,
            order.country,
        )


@dataclass(slots=True)
class Sales:
    """The sales that pass a filter: in all, and by month, country and product.

    ``rows`` and ``skipped`` count what was read, whether it passed or not.
    """

    only: OrderFilter = field(default_factory=OrderFilter)
    rows: int = 0
    skipped: int = 0
    total: Total = field(default_factory=Total)
    by_month: dict[str, Total] = field(default_factory=lambda: defaultdict(Total))
    by_country: dict[str, Total] = field(default_factory=lambda: defaultdict(Total))
    by_product: dict[str, Total] = field(default_factory=lambda: defaultdict(Total))

    def add(self, rows: Iterable[Row]) -> Iterator[str]:
        """Count rows in; yield a sentence for each that had to be skipped."""
        for row in rows:
            self.rows += 1
            try:
                order = Order.from_row(row)
            except InvalidRowError as error:
                self.skipped += 1
                yield f"skipped order {row.get('id') or '?'}: {error}"
            else:
                self._count(order)

    def _count(self, order: Order) -> None:
        if not self.only.admits(order):
            return
        for total in (
            self.total,
            self.by_month[order.month],
            self.by_country[order.country],
            self.by_product[order.product],
        ):
            total.add(order)


def euros(cents: int) -> str:
    """Return an amount as it is written, for example ``€1,234.50``."""
    return f"€{cents // 100:,}.{cents % 100:02}"
