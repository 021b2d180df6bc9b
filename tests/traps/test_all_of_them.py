"""Thirty defects of pyjobkit 1.0, each with one test here whose name says what holds.

``test_07_…`` is about the seventh of them; ``docs/pyjobkit.md`` lists them all.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
NUMBERED = re.compile(r"^(?:async )?def test_(\d\d)_", re.MULTILINE)
ROW = re.compile(r"^\| (\d+) \|", re.MULTILINE)
TRAPS = range(1, 31)


def test_every_trap_has_one_test() -> None:
    sources = [path.read_text() for path in HERE.glob("test_*.py")]
    numbers = [int(number) for text in sources for number in NUMBERED.findall(text)]

    assert Counter(numbers) == Counter(TRAPS)


def test_the_page_for_people_from_pyjobkit_lists_every_trap() -> None:
    page = (HERE.parents[1] / "docs" / "pyjobkit.md").read_text()

    assert [int(number) for number in ROW.findall(page)] == list(TRAPS)
