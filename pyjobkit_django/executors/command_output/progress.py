"""How a command tells how far it is: ``::progress 0.4 halfway there``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from pyjobkit_django.payload import clean_text

MARK: Final = "::progress"
#: How much text is shown beside the progress, in characters.
MAX_TEXT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far, 0.0 to 1.0, and what to show with it."""

    value: float
    text: str = ""


def progress_in(line: str) -> Progress | None:
    """Return the progress that a line of stdout tells; None for any other line.

    A number below 0 or above 1 counts as 0 or 1.
    """
    if not line.startswith(MARK):
        return None
    mark, *words = line.split(None, 2)
    if mark != MARK or not words:
        return None
    try:
        value = float(words[0])
    except ValueError:
        return None
    if math.isnan(value):
        return None
    text = words[1].rstrip()[:MAX_TEXT] if len(words) > 1 else ""
    return Progress(min(max(value, 0.0), 1.0), clean_text(text))
