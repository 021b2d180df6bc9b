"""Garbage collection in a process that does nothing but run jobs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: About so many objects are made for each job, and live until its end is settled.
OBJECTS: Final = 20


@contextmanager
def collecting_less(jobs: int) -> Iterator[None]:
    """Have the collector spare what was there before, and the jobs that are in hand.

    Whatever is still alive when it looks costs it time, and saves nothing. What has been
    imported stays; ``jobs`` at once should come and go between two of its looks.
    """
    before, was_frozen = gc.get_threshold(), gc.get_freeze_count() > 0
    young, *older = before
    gc.collect()
    gc.freeze()
    if young:  # 0: the site has switched it off
        gc.set_threshold(max(young, OBJECTS * jobs), *older)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if not was_frozen:
            gc.unfreeze()
