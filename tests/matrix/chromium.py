"""The browser that ``tests/browser`` drives: the system's, none is fetched."""

from __future__ import annotations

import shutil
from typing import Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
MISSING: Final = f"none of {', '.join(NAMES)} is installed"


def find_chromium() -> str | None:
    """Return the path of the browser; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)
