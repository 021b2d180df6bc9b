from __future__ import annotations

import pytest
from reports.sales import OrderFilter, Sales, Total, euros


@pytest.fixture
def rows(row):
    return [
        row(),
        row(id="2", country="FR", ordered_on="2026-04-01"),
        row(id="3", product="Webcam", quantity="1", status="refunded"),
        row(id="4", quantity=""),
    ]


def test_sales_are_added_up_in_all_and_by_each_heading(rows):
    sales = Sales()
    list(sales.add(rows))

    assert sales.total == Total(orders=3, units=5, revenue=19_960)
    assert sales.by_month == {
        "2026-03": Total(2, 3, 9_980),
        "2026-04": Total(1, 2, 9_980),
    }
    assert sales.by_country == {"DE": Total(2, 3, 9_980), "FR": Total(1, 2, 9_980)}
    assert sales.by_product == {
        "Desk lamp": Total(2, 4, 19_960),
        "Webcam": Total(1, 1, 0),
    }


def test_a_bad_row_is_skipped_and_told(rows):
    sales = Sales()

    assert list(sales.add(rows)) == ["skipped order 4: quantity is empty"]
    assert (sales.rows, sales.skipped) == (4, 1)


@pytest.mark.parametrize(
    ("only", "orders"),
    [
        (OrderFilter(month="2026-03"), 2),
        (OrderFilter(country="FR"), 1),
        (OrderFilter(month="2026-03", country="FR"), 0),
    ],
)
def test_a_filter_leaves_out_other_orders_but_not_their_rows(rows, only, orders):
    sales = Sales(only)
    list(sales.add(rows))

    assert (sales.total.orders, sales.rows) == (orders, 4)


def test_chunks_add_up(rows):
    sales, whole = Sales(), Sales()
    for part in (rows[:2], rows[2:]):
        list(sales.add(part))
    list(whole.add(rows))

    assert sales == whole


@pytest.mark.parametrize(
    ("cents", "written"), [(0, "€0.00"), (5, "€0.05"), (123_456_789, "€1,234,567.89")]
)
def test_an_amount_is_written_in_euros(cents, written):
    assert euros(cents) == written
