from __future__ import annotations

import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "example_project"

sys.path.append(str(EXAMPLE))


@pytest.fixture
def example():
    """The folder of the example site."""
    return EXAMPLE


@pytest.fixture
def row():
    """Make a row of orders.csv; keywords replace what it says."""

    def make(**changes):
        return {
            "id": "100001",
            "ordered_on": "2026-03-14",
            "customer": "Ada Keller",
            "country": "DE",
            "product": "Desk lamp",
            "quantity": "2",
            "unit_price_cents": "4990",
            "status": "shipped",
            **changes,
        }

    return make
