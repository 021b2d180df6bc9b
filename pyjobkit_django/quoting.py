"""How errors show what they refuse: on one line, short, whatever it is."""

from __future__ import annotations

from itertools import islice

#: How much of a value is shown, in characters.
MAX_SHOWN = 60
#: How much of another's error is told, in characters.
MAX_TOLD = 300


def quoted(value: object) -> str:
    """Return the start of the value's repr."""
    try:
        shown = repr(value)
    except Exception:  # noqa: BLE001 - the class of a stranger may raise anything
        shown = f"a value of type {type(value).__name__} without a repr"
    return one_line(shown, most=MAX_SHOWN)


def one_line(text: str, *, most: int = MAX_TOLD) -> str:
    """Return the start of a text, its blanks and control characters as single blanks."""
    plain = "".join(
        character if character.isprintable() else " "
        for character in islice(text, 4 * most)
    )
    line = " ".join(plain.split())
    return line if len(line) <= most and len(text) <= 4 * most else f"{line[:most]}…"
