"""What a worker tells of its process."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Final


def _release() -> str:
    try:
        return version("pyjobkit-django")
    except PackageNotFoundError:
        return ""


#: The release of this package that the process runs; found now, since that reads files.
RELEASE: Final = _release()


def peak_memory_bytes() -> int | None:
    """Return the most memory that the process has taken; None where nobody tells."""
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1_024
