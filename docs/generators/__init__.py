"""The parts of the docs that are written by the code they are about."""

from __future__ import annotations
