"""The log of a job in pages, each read from a few rows, however long the log is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self
from uuid import UUID

from django.db.models import Q

from pyjobkit_django.backends.orm.moves import jobs_alias
from pyjobkit_django.models import JobLog

#: The most lines of a page, and the characters after which it ends early.
PAGE_LINES: Final = 500
PAGE_CHARACTERS: Final = 400_000
#: How many of the last lines a job's page begins with.
TAIL_LINES: Final = 100
#: How many rows are read at a time: few, unless those before were small; each may hold a
#: quarter of a megabyte.
FEW_ROWS: Final = 4
MANY_ROWS: Final = 64
#: Numbers of more digits are no places of ours, and do not fit into a column.
DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log of one run; ``version`` is the run's."""

    version: int
    written_at: datetime
    stream: str
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A line's place in the log: the run, the row, the line in it."""

    version: int
    seq: int
    line: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the spot that ``str`` wrote; None for any other text."""
        parts = text.split(".")
        is_spot = len(parts) == len(cls.__dataclass_fields__) and all(
            part.isascii() and part.isdigit() and len(part) <= DIGITS for part in parts
        )
        return cls(*map(int, parts)) if is_spot else None

    def __str__(self) -> str:
        return ".".join(map(str, astuple(self)))

    @property
    def behind_its_row(self) -> Spot:
        """Where the rows begin that follow the one it is in; a row never grows."""
        return Spot(self.version, self.seq + 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Some lines, the oldest first; ``following`` is where the next page begins.

    ``end`` is behind the last line that was read: what is written later begins there, save
    what an older run still writes. ``has_earlier`` tells that there are lines before these.
    """

    lines: Sequence[Line]
    following: Spot | None = None
    end: Spot | None = None
    has_earlier: bool = False


def log_page(job_id: UUID, start: Spot | None = None) -> LogPage:
    """Return the page that begins at ``start``, or the first."""
    lines: list[Line] = []
    size = 0
    end = start
    has_earlier = start is not None
    for spot, line in _lines(_rows(job_id), start):
        if len(lines) == PAGE_LINES or size > PAGE_CHARACTERS:
            return LogPage(
                lines=lines, following=spot, end=spot, has_earlier=has_earlier
            )
        lines.append(line)
        size += len(line.text)
        end = spot.behind_its_row
    return LogPage(lines=lines, end=end, has_earlier=has_earlier)


def log_tail(job_id: UUID, *, count: int) -> LogPage:
    """Return the last lines of the log, at most ``count``."""
    lines: list[Line] = []
    size = 0
    end: Spot | None = None
    for row in _one_by_one(_rows(job_id).reverse(), _before):
        end = end or Spot(row.version, row.seq, 0).behind_its_row
        for _, line in reversed(list(_lines_of(row))):
            if len(lines) == count or size > PAGE_CHARACTERS:
                return LogPage(lines=lines[::-1], end=end, has_earlier=True)
            lines.append(line)
            size += len(line.text)
    return LogPage(lines=lines[::-1], end=end)


def every_line(job_id: UUID) -> Iterator[Line]:
    """Yield the lines of the log, the oldest first, with a few rows in memory."""
    return (line for _, line in _lines(_rows(job_id), None))


def _rows(job_id: UUID) -> Any:
    rows = JobLog.objects.using(jobs_alias()).filter(job_id=job_id)
    return rows.order_by("version", "seq")


def _lines(rows: Any, start: Spot | None) -> Iterator[tuple[Spot, Line]]:
    if start is not None:
        rows = rows.filter(_after(start.version, start.seq - 1))
    for row in _one_by_one(rows, _after):
        for spot, line in _lines_of(row):
            if start is None or spot >= start:
                yield spot, line


def _one_by_one(rows: Any, beyond: Any) -> Iterator[JobLog]:
    rest, size = rows, FEW_ROWS
    while found := list(rest[:size]):
        yield from found
        if len(found) < size:
            return
        rest = rows.filter(beyond(found[-1].version, found[-1].seq))
        are_small = sum(map(_characters, found)) < PAGE_CHARACTERS
        size = min(size * 4, MANY_ROWS) if are_small else FEW_ROWS


def _characters(row: JobLog) -> int:
    return sum(len(text) for _, _, text in row.lines)


def _after(version: int, seq: int) -> Q:
    return Q(version__gt=version) | Q(version=version, seq__gt=seq)


def _before(version: int, seq: int) -> Q:
    return Q(version__lt=version) | Q(version=version, seq__lt=seq)


def _lines_of(row: JobLog) -> Iterator[tuple[Spot, Line]]:
    for number, (seconds, stream, text) in enumerate(row.lines):
        moment = datetime.fromtimestamp(seconds, UTC)
        yield (
            Spot(row.version, row.seq, number),
            Line(row.version, moment, stream, text),
        )
