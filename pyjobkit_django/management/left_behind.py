"""Code of ended jobs that does not stop: its jobs are back in the queue, so leave it.

Python would wait for it at exit, for ever if need be.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from typing import Final

#: How long tasks and threads may take to end before the process does, in seconds.
PATIENCE_S: Final = 1.0

logger = logging.getLogger("pyjobkit.worker")


async def end_tasks(exit_code: int = 0) -> None:
    """Cancel what jobs left running on the loop; end the process if that does not help."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        _, stubborn = await asyncio.wait(tasks, timeout=PATIENCE_S)
        if stubborn:
            _leave(exit_code)


def end_threads() -> None:
    """Wait a moment for the threads of slots; end the process if that does not help."""
    threads = [each for each in threading.enumerate() if "pyjobkit-slot" in each.name]
    for thread in threads:
        thread.join(PATIENCE_S / len(threads))
    if any(thread.is_alive() for thread in threads):
        _leave(0)


def _leave(exit_code: int) -> None:
    logger.error("left code behind that did not stop")
    logging.shutdown()
    sys.stdout.flush()
    os._exit(exit_code)
