"""Writes orders.csv: a year of a small shop, the same at every run."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

ORDERS_CSV = Path(__file__).with_name("orders.csv")
COUNT = 6_000
FIRST_DAY = date(2025, 11, 1)
DAYS = 365

FIELDS = (
    "id",
    "ordered_on",
    "customer",
    "country",
    "product",
    "quantity",
    "unit_price_cents",
    "status",
)
#: Prices in cents, and how often each product sells.
PRODUCTS = {
    "Desk lamp": (4_990, 14),
    "Monitor arm": (11_900, 9),
    "Notebook A5": (790, 24),
    "Office chair": (34_900, 6),
    "Pen set": (1_250, 20),
    "Standing desk": (59_900, 3),
    "USB-C dock": (15_900, 10),
    "Webcam": (7_490, 14),
}
COUNTRIES = {
    "AT": 6,
    "BE": 5,
    "DE": 30,
    "ES": 9,
    "FR": 17,
    "GB": 14,
    "IT": 8,
    "NL": 7,
    "SE": 4,
}
STATUSES = {"shipped": 78, "paid": 12, "refunded": 4, "cancelled": 6}
QUANTITIES = {1: 60, 2: 22, 3: 9, 5: 6, 10: 3}
FIRST_NAMES = (
    *("Ada", "Alan", "Barbara", "Claude", "Donald", "Edsger", "Frances", "Grace"),
    *("Hedy", "Ida", "Jean", "John", "Katherine", "Leslie", "Margaret", "Niklaus"),
    *("Radia", "Sophie", "Tony", "Tim"),
)
LAST_NAMES = (
    *("Andersson", "Bakker", "Bianchi", "Dubois", "Evans", "Fischer", "Garcia"),
    *("Huber", "Jansen", "Keller", "Lambert", "Moretti", "Nowak", "Peeters"),
    *("Rossi", "Schmidt", "Taylor", "Vogel", "Weber", "Wright"),
)

#: What exports look like now and then: the row's position, its column, the bad value.
FAULTS = (
    (412, "quantity", ""),
    (977, "ordered_on", "2025-12-32"),
    (1_503, "unit_price_cents", "-7490"),
    (2_264, "quantity", ""),
    (2_981, "ordered_on", "17/05/2026"),
    (3_345, "unit_price_cents", "12,50"),
    (3_902, "country", ""),
    (4_418, "quantity", "0"),
    (5_127, "unit_price_cents", "-1250"),
    (5_876, "ordered_on", ""),
)


def make_orders(seed: int = 2026) -> list[dict[str, object]]:
    """Return the rows, oldest first, with the faults in place."""
    rows = list(_sound_orders(random.Random(seed)))  # noqa: S311 - keeps no secret
    for position, column, value in FAULTS:
        rows[position][column] = value
    return rows


def _sound_orders(rng: random.Random) -> Iterator[dict[str, object]]:
    days = sorted(rng.randrange(DAYS) for _ in range(COUNT))
    for number, day in enumerate(days, start=1):
        product = _drawn(rng, {name: share for name, (_, share) in PRODUCTS.items()})
        values = (
            100_000 + number,
            FIRST_DAY + timedelta(days=day),
            f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}",
            _drawn(rng, COUNTRIES),
            product,
            _drawn(rng, QUANTITIES),
            PRODUCTS[product][0],
            _drawn(rng, STATUSES),
        )
        yield dict(zip(FIELDS, values, strict=True))


def _drawn[T](rng: random.Random, shares: dict[T, int]) -> T:
    return rng.choices(list(shares), weights=list(shares.values()))[0]


def write_orders(path: Path) -> None:
    """Write the rows to ``path``."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(make_orders())


if __name__ == "__main__":
    write_orders(ORDERS_CSV)
