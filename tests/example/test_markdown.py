from __future__ import annotations

import pytest
from reports.markdown import render, write_atomically
from reports.sales import OrderFilter, Sales


def test_a_report_shows_totals_and_tables(row):
    sales = Sales(OrderFilter(country="DE"))
    list(sales.add([row(), row(quantity="0")]))

    assert render(sales).splitlines()[:10] == [
        "# Sales, DE",
        "",
        "1 orders of 2 units brought **€99.80**.",
        "Read 2 rows; 1 could not be counted. Cancelled and refunded orders bring nothing.",
        "",
        "## By month",
        "",
        "| Month | Orders | Units | Revenue |",
        "|---|---:|---:|---:|",
        "| 2026-03 | 1 | 2 | €99.80 |",
    ]


def test_countries_and_products_come_best_first(row):
    sales = Sales()
    list(sales.add([row(country="AT", quantity="1"), row(country="SE")]))
    text = render(sales)

    assert text.index("| SE |") < text.index("| AT |")


def test_a_file_is_written_into_a_folder_that_is_made(tmp_path):
    path = tmp_path / "new" / "report.md"
    write_atomically(path, "first")
    write_atomically(path, "second")

    assert path.read_text(encoding="utf-8") == "second"
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "report.md"
    path.write_text("old", encoding="utf-8")

    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\ud800")

    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
