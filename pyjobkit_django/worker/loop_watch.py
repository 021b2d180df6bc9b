"""Noticing that the event loop stands still, and where."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from pyjobkit_django.jobs import ClaimedJob

logger = logging.getLogger("pyjobkit.worker.loop_watch")

#: How long a loop may stand still before that is told, in seconds.
BLOCKED_S: Final = 1.0
#: How often, within that time, the loop shows that it goes on.
BEATS: Final = 4


class LoopWatch:
    """Warns, from a thread of its own, of code that blocks the event loop.

    While it does, no job of the worker moves on, no lease is extended and no cancel is
    seen. One warning a standstill, with the stack and the job where it is known, and one
    line once the loop goes on.
    """

    def __init__(self, blocked_s: float | None = None) -> None:
        self._blocked_s = BLOCKED_S if blocked_s is None else blocked_s
        self._every_s = self._blocked_s / BEATS
        self._beat_at = time.monotonic()
        self._told_for: float | None = None
        self._over = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the running loop during the block."""
        loop = asyncio.get_running_loop()
        watch = threading.Thread(
            target=self._watch,
            args=[threading.get_ident()],
            name="pyjobkit-loop-watch",
            daemon=True,
        )
        self._beat(loop)
        watch.start()
        try:
            yield
        finally:
            self._over.set()

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        self._beat_at = time.monotonic()
        if not self._over.is_set():
            loop.call_later(self._every_s, self._beat, loop)

    def _watch(self, thread_id: int) -> None:
        looked_at, worked_s = time.monotonic(), time.process_time()
        while not self._over.wait(self._every_s):
            # A process that was stopped, or starved, has a loop as late as this thread; one
            # that worked on has code that let no other thread run, as a regex may.
            late_s = time.monotonic() - looked_at - self._every_s
            starved_s = late_s - (time.process_time() - worked_s)
            looked_at, worked_s = time.monotonic(), time.process_time()
            self._look(looked_at, starved_s, thread_id)

    def _look(self, now: float, starved_s: float, thread_id: int) -> None:
        beat_at = self._beat_at
        if self._told_for is not None and beat_at != self._told_for:
            still_s = beat_at - self._told_for
            logger.warning(
                "event loop goes on",
                extra={"event": "worker.loop_free", "blocked_s": round(still_s, 1)},
            )
            self._told_for = None
        is_blocked = now - beat_at - max(0.0, starved_s) > self._blocked_s
        if is_blocked and self._told_for is None:
            self._told_for = beat_at
            _tell(now - beat_at, sys._current_frames().get(thread_id))  # noqa: SLF001


def _tell(still_s: float, frame: FrameType | None) -> None:
    stack = "".join(traceback.format_stack(frame)) if frame else "unknown\n"
    logger.warning(
        "event loop blocked: code that neither awaits nor runs in a thread\n%s",
        stack,
        extra={
            "event": "worker.loop_blocked",
            "blocked_s": round(still_s, 1),
            **_job_in(frame),
        },
    )


def _job_in(frame: FrameType | None) -> dict[str, Any]:
    while frame is not None:
        if frame.f_code.co_qualname == "Runner._end_of":
            job: ClaimedJob = frame.f_locals["run"].job
            return {"job_id": job.id, "kind": job.kind}
        frame = frame.f_back
    return {}
