"""The pyjobkit that the tests of ``interop`` run against, in a folder beside the venv."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from tests.matrix.fetching import fetch

ROOT: Final = Path(__file__).parents[2]
RELEASE: Final = "1.0.0"
#: It brings compiled code, so each Python has its own.
FOLDER: Final = ROOT / ".cache" / f"pyjobkit-{RELEASE}-{sys.implementation.cache_tag}"


def fetch_pyjobkit() -> None:
    """Install pyjobkit with all that it needs; NotFetchedError where that fails."""
    fetch(FOLDER, f"pyjobkit=={RELEASE}")


def use_pyjobkit() -> None:
    """Make pyjobkit importable, where it was fetched; what is in the venv goes first."""
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
