"""A site's app with executors of its own."""

from __future__ import annotations
