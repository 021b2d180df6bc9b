"""Sales reports made in the background."""

from __future__ import annotations
