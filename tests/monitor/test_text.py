from __future__ import annotations

import unicodedata

import pytest

from pyjobkit_django.monitor.text import Excerpt, excerpt, visible

#: What joins letters or emoji, and what lays text out, stays.
KEPT = "\n\t\u200c\u200d"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain, Ünïcödé ✓ 😀", "plain, Ünïcödé ✓ 😀"),
        ("a\tb\nc", "a\tb\nc"),
        ("\x00\x1b[31m\r\x7f", "␀␛[31m␍␡"),
        ("\u202eabc\u202c", "⟨U+202E⟩abc⟨U+202C⟩"),
        ("\x85\u200b\ufeff", "⟨U+0085⟩⟨U+200B⟩⟨U+FEFF⟩"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("عربي", "عربي"),
    ],
)
def test_characters_that_act_or_hide_are_shown(text, expected):
    assert visible(text) == expected


@pytest.mark.parametrize("plane", [range(0x10000), range(0xE0000, 0xE1000)], ids=str)
def test_no_control_and_no_invisible_mark_is_left(plane):
    """Arabic and Egyptian number and block signs are visible, and stay."""
    shown = visible("".join(map(chr, plane)))

    left = {
        char
        for char in shown
        if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") and char not in KEPT
    }
    assert {unicodedata.name(char, "") for char in left} <= {
        "ARABIC NUMBER SIGN",
        "ARABIC SIGN SANAH",
        "ARABIC FOOTNOTE MARKER",
        "ARABIC SIGN SAFHA",
        "ARABIC SIGN SAMVAT",
        "ARABIC NUMBER MARK ABOVE",
        "ARABIC END OF AYAH",
        "SYRIAC ABBREVIATION MARK",
        "ARABIC POUND MARK ABOVE",
        "ARABIC PIASTRE MARK ABOVE",
        "ARABIC DISPUTED END OF AYAH",
    }


def test_a_short_text_is_shown_whole():
    assert excerpt("a\n\nb\n") == Excerpt("a\n\nb\n")
    assert excerpt("") == Excerpt("")


def test_a_long_line_is_cut_and_says_by_how_much():
    assert excerpt("x" * 1_000_000 + "\nend", line_limit=3) == Excerpt(
        "xxx … +999,997\nend", 999_997
    )


def test_a_long_text_is_cut_and_counts_what_it_leaves_out():
    text = "0123456789\n" * 1_000

    shown = excerpt(text, limit=25)

    assert shown.text == "0123456789\n0123456789\n012 … +7"
    assert shown.left_out == 10 * 1_000 - 23
