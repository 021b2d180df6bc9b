"""The site; it runs from a checkout, whether pyjobkit_django is installed or not."""

from __future__ import annotations

import sys
from pathlib import Path

CHECKOUT = str(Path(__file__).resolve().parent.parent.parent)

if CHECKOUT not in sys.path:
    sys.path.append(CHECKOUT)
