from __future__ import annotations

from datetime import date

import pytest
from reports.data.make_orders import FAULTS, write_orders
from reports.orders import (
    ORDERS_CSV,
    InvalidRowError,
    Order,
    count_rows,
    read_chunks,
)


def test_a_row_becomes_an_order(row):
    order = Order.from_row(row())

    assert order == Order(
        number="100001",
        ordered_on=date(2026, 3, 14),
        country="DE",
        product="Desk lamp",
        quantity=2,
        unit_price=4_990,
        status="shipped",
    )
    assert (order.month, order.revenue) == ("2026-03", 9_980)


@pytest.mark.parametrize("status", ["cancelled", "refunded"])
def test_an_order_that_was_undone_brings_nothing(row, status):
    assert Order.from_row(row(status=status)).revenue == 0


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("quantity", "", "quantity is empty"),
        ("quantity", None, "quantity is empty"),
        ("quantity", "0", "quantity is not above 0: 0"),
        ("quantity", "two", "quantity is not a whole number: two"),
        ("unit_price_cents", "-7490", "unit_price_cents is not above 0: -7490"),
        ("ordered_on", "2025-12-32", "ordered_on is not a date: 2025-12-32"),
        ("ordered_on", "17/05/2026", "ordered_on is not a date: 17/05/2026"),
        ("country", " ", "country is empty"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused(row, column, value, message):
    with pytest.raises(InvalidRowError) as refused:
        Order.from_row(row(**{column: value}))

    assert str(refused.value) == message


def test_a_file_is_read_in_chunks(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("id,country\n1,DE\n2,FR\n3,ES\n", encoding="utf-8")

    assert count_rows(path) == 3
    assert list(read_chunks(path, 2)) == [
        ({"id": "1", "country": "DE"}, {"id": "2", "country": "FR"}),
        ({"id": "3", "country": "ES"},),
    ]


def test_the_shipped_orders_are_what_their_script_writes(tmp_path):
    write_orders(tmp_path / "orders.csv")

    assert (tmp_path / "orders.csv").read_bytes() == ORDERS_CSV.read_bytes()


def test_the_shipped_orders_hold_as_many_faults_as_were_put_in():
    refused = 0
    for chunk in read_chunks(ORDERS_CSV, 500):
        for row in chunk:
            try:
                Order.from_row(row)
            except InvalidRowError:
                refused += 1

    assert refused == len(FAULTS)
