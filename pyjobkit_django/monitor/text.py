"""Text that jobs left behind, made fit to be shown: nothing in it acts, nothing is endless."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

#: How much of a text, and of one line of it, a page shows, in characters.
MAX_SHOWN: Final = 20_000
MAX_LINE: Final = 2_000

_CONTROL_PICTURES: Final = 0x2400
#: What is invisible, or changes how its neighbours read: C1 controls, marks, embeddings
#: and overrides of direction, zero-width signs, tags. The joiners stay: scripts need them.
_INVISIBLE: Final = (
    *((0x80, 0x9F), (0xAD, 0xAD), (0x61C, 0x61C), (0x180E, 0x180E)),
    *((0x200B, 0x200B), (0x200E, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F)),
    *((0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0xE0000, 0xE007F)),
)
_SHOWN_AS: Final[dict[int, int | str]] = {
    **{
        code: _CONTROL_PICTURES + code
        for code in range(0x20)
        if chr(code) not in "\n\t"
    },
    0x7F: "␡",
    **{
        code: f"⟨U+{code:04X}⟩"
        for first, last in _INVISIBLE
        for code in range(first, last + 1)
    },
}


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text as a page shows it; ``left_out`` counts the characters that it does not."""

    text: str
    left_out: int = 0


def visible(text: str) -> str:
    """Return ``text`` with every character that acts or hides written as a symbol."""
    return text.translate(_SHOWN_AS)


def escaped(json_text: str) -> str:
    """Return JSON with what acts or hides written as JSON's own escapes: it can be edited."""
    return "".join(
        json.dumps(char)[1:-1] if ord(char) in _SHOWN_AS else char for char in json_text
    )


def excerpt(
    text: str, *, limit: int = MAX_SHOWN, line_limit: int = MAX_LINE
) -> Excerpt:
    """Return the visible beginning of ``text``, and of each of its lines."""
    lines = []
    left_out = 0
    for line in text.split("\n"):
        kept = line[: max(0, min(limit, line_limit))]
        limit -= len(kept) + 1
        left_out += len(line) - len(kept)
        if kept or limit > 0:
            lines.append(_told(kept, len(line) - len(kept)))
    return Excerpt("\n".join(lines), left_out)


def _told(line: str, left_out: int) -> str:
    return f"{visible(line)} … +{left_out:,}" if left_out else visible(line)
