from __future__ import annotations

import pytest

from pyjobkit_django.quoting import one_line, quoted


class Rude:
    def __repr__(self):
        raise RuntimeError


class Wordy:
    def __repr__(self):
        return "line\n\x1b[31m" * 1_000_000


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "'plain'"),
        ("two\nlines", "'two\\nlines'"),
        ("x" * 59, "'" + "x" * 59 + "…"),
        ("x" * 58, "'" + "x" * 58 + "'"),
        (10**5_000, "a value of type int without a repr"),
        (Rude(), "a value of type Rude without a repr"),
    ],
    ids=["plain", "lines", "too long", "just fits", "huge", "rude"],
)
def test_a_value_is_shown_on_one_short_line(value, shown):
    assert quoted(value) == shown


def test_a_repr_of_many_lines_is_shown_on_one():
    shown = quoted(Wordy())

    assert shown.startswith("line [31mline [31m")
    assert shown.isprintable()
    assert len(shown) == 61


def test_another_s_error_is_told_on_one_line():
    assert one_line("first\n\n  second\ttab\x00") == "first second tab"
    assert len(one_line("long " * 1_000)) == 301
