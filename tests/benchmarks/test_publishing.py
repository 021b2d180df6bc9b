"""Figures go into the docs where they are marked, and nowhere else."""

from __future__ import annotations

import pytest

from benchmarks.publishing import fill
from tests.newcomer.environment import ROOT

pytestmark = pytest.mark.once

PAGE = """before
<!-- figures: ours -->
old
<!-- end of figures -->
between
<!-- figures: peers -->
<!-- end of figures -->
"""


def test_a_block_is_replaced_between_its_marks():
    filled = fill(PAGE, "ours", r"new \1")

    assert filled == PAGE.replace("old", r"new \1")
    assert fill(filled, "ours", "old") == PAGE


def test_a_page_without_marks_is_refused():
    with pytest.raises(ValueError, match="figures of limits need one"):
        fill(PAGE, "limits", "new")


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("docs/performance.md", "ours"),
        ("docs/performance.md", "peers"),
        ("docs/performance.md", "limits"),
        ("README.md", "peers"),
    ],
)
def test_the_docs_have_a_place_for_the_figures(page, name):
    assert "new" in fill((ROOT / page).read_text(), name, "new")
