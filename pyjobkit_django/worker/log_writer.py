"""The log lines of all running jobs, on their way to the log sink."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Final
from uuid import UUID

from pyjobkit_django.contracts import LogRecord, LogSink
from pyjobkit_django.worker.contact import Contact
from pyjobkit_django.worker.pulse import Pulse

#: How much may wait to be written, in lines and in characters.
MAX_LINES: Final = 5_000
MAX_CHARACTERS: Final = 8_388_608
#: How much is written at once.
BATCH_LINES: Final = 1_000
BATCH_CHARACTERS: Final = 1_048_576
#: How long a settle may wait for the lines before it, in seconds.
PATIENCE_S: Final = 2.0


class LogWriter:
    """Writes whatever lines gathered while the write before was under way.

    Whoever logs waits while too much is pending. While the sink is in trouble nobody
    waits: the oldest lines are dropped, and a line says how many.
    """

    def __init__(
        self,
        sink: LogSink,
        *,
        max_lines: int = MAX_LINES,
        contact: Contact | None = None,
    ) -> None:
        self.pulse = Pulse("log writer", self._write, contact=contact)
        # A site's own sink may know no more than ``write``.
        one_by_one = partial(LogSink.write_many, sink)
        self._write_many = getattr(sink, "write_many", one_by_one)
        self._max_lines = max_lines
        self._lines: deque[LogRecord] = deque()
        self._characters = 0
        self._added = 0
        self._done = 0
        self._dropped: Counter[tuple[UUID, int]] = Counter()
        self._late = False

    async def add(self, record: LogRecord) -> None:
        """Take a line, as soon as there is room for it."""
        while self._is_full and not self.pulse.failing:
            self.pulse.wake()
            await self.pulse.stepped()
        self._lines.append(record)
        self._characters += len(record.message)
        self._added += 1
        while self._is_over_full:
            self._drop_oldest()
        self.pulse.wake()

    @property
    def holds_any(self) -> bool:
        """Tell whether there are lines that are not written yet."""
        return self._done < self._added

    async def flush(self) -> None:
        """Return once the lines taken so far are written, or cannot be for now."""
        target = self._added
        if self._done >= target or self.pulse.failing or self._late:
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.pulse.until(
                    lambda: self._done >= target or self.pulse.failing
                )
        except TimeoutError:
            # The sink hangs: nobody waits for it again before it has answered.
            self._late = True

    async def finish(self, within_s: float) -> None:
        """Write all that is left, if that can be done within some seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self.pulse.until(lambda: not self._lines)

    @property
    def _is_full(self) -> bool:
        return len(self._lines) >= self._max_lines or self._characters >= MAX_CHARACTERS

    @property
    def _is_over_full(self) -> bool:
        return len(self._lines) > 1 and (
            len(self._lines) > self._max_lines or self._characters > 2 * MAX_CHARACTERS
        )

    async def _write(self) -> float:
        batch = self._take()
        if not batch:
            return math.inf
        dropped, self._dropped = self._dropped, Counter()
        try:
            await self._write_many([*_notices(dropped), *batch])
        except BaseException:
            self._put_back(batch, dropped)
            raise
        self._late = False
        self._done += len(batch)
        return 0.0

    def _take(self) -> list[LogRecord]:
        batch: list[LogRecord] = []
        characters = 0
        while self._lines and len(batch) < BATCH_LINES:
            if batch and characters + len(self._lines[0].message) > BATCH_CHARACTERS:
                break
            batch.append(self._lines.popleft())
            characters += len(batch[-1].message)
        self._characters -= characters
        return batch

    def _put_back(
        self, batch: list[LogRecord], dropped: Counter[tuple[UUID, int]]
    ) -> None:
        self._lines.extendleft(reversed(batch))
        self._characters += sum(len(line.message) for line in batch)
        self._dropped += dropped
        while self._is_over_full:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        line = self._lines.popleft()
        self._characters -= len(line.message)
        self._dropped[line.job_id, line.version] += 1
        self._done += 1


def _notices(dropped: Counter[tuple[UUID, int]]) -> Iterator[LogRecord]:
    for (job_id, version), count in dropped.items():
        text = f"… {count:,} lines dropped while the log could not be written …"
        yield LogRecord(job_id, "stderr", text, version)
