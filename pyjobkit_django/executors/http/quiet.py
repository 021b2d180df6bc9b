"""Keeps httpx from writing a job's URL, query and all, into the process log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ours: ContextVar[bool] = ContextVar("_ours", default=False)


@contextmanager
def unlogged_by_httpx() -> Iterator[None]:
    """Drop the lines of the logger ``httpx`` for requests sent in the block."""
    # Adding it again changes nothing.
    logging.getLogger("httpx").addFilter(_is_not_ours)
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


def _is_not_ours(_record: logging.LogRecord) -> bool:
    return not _ours.get()
