"""The chart of moves, drawn from ``jobs.MOVES``: a column a status, a row a verb."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from pyjobkit_django.jobs import MOVES, JobStatus, Move, Verb

_FIRST: Final = 200
_COLUMN: Final = 96
_ROW: Final = 34
_HEAD: Final = 64
_FOOT: Final = 56
_COUNTERS: Final = ("version", "attempts")
_X: Final = {status: _FIRST + _COLUMN * place for place, status in enumerate(JobStatus)}
_X_COUNTERS: Final = {
    name: _FIRST + _COLUMN * (len(JobStatus) + place) - 10
    for place, name in enumerate(_COUNTERS)
}
_WIDTH: Final = max(_X_COUNTERS.values()) + 60
_HEIGHT: Final = _HEAD + _ROW * len(MOVES) + _FOOT

_STYLE: Final = """\
svg { font: 14px system-ui, sans-serif; --ink: #1f2933; --faint: #d5dbe1; --move: #0b6e4f;
  --paper: #ffffff; }
@media (prefers-color-scheme: dark) { svg { --ink: #e4e7eb; --faint: #3e4c59;
  --move: #3ebd93; --paper: #131416; } }
text { fill: var(--ink); }
.paper { fill: var(--paper); }
.verb { font-family: ui-monospace, monospace; }
.status { font-weight: 600; text-anchor: middle; }
.count { text-anchor: middle; }
.column, .rule { stroke: var(--faint); }
.line { stroke: var(--move); stroke-width: 2; }
.from { fill: var(--paper); stroke: var(--move); stroke-width: 2; }
.to { fill: var(--move); }
"""


def moves_chart() -> str:
    """Return the chart as an SVG of its own."""
    rows = [line for place, verb in enumerate(MOVES) for line in _row(place, verb)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
            "<title>The moves of a job</title>",
            f"<desc>{' '.join(map(_sentence, MOVES))}</desc>",
            f"<style>\n{_STYLE}</style>",
            f'<rect class="paper" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>',
            *_head(),
            *rows,
            *_legend(),
            "</svg>\n",
        ]
    )


def _sentence(verb: Verb) -> str:
    move = MOVES[verb]
    return f"{verb}: {_names(move.sources)} to {_names(move.targets)}."


def _names(statuses: Collection[JobStatus]) -> str:
    return " ".join(_ordered(statuses))


def _ordered(statuses: Collection[JobStatus]) -> list[JobStatus]:
    return [status for status in JobStatus if status in statuses]


def _head() -> Iterator[str]:
    bottom = _HEAD + _ROW * len(MOVES)
    for status, x in _X.items():
        yield f'<text class="status" x="{x}" y="{_HEAD - 30}">{status}</text>'
        yield f'<line class="column" x1="{x}" y1="{_HEAD - 16}" x2="{x}" y2="{bottom}"/>'
    for name, x in _X_COUNTERS.items():
        yield f'<text class="count" x="{x}" y="{_HEAD - 30}">{name}</text>'


def _row(place: int, verb: Verb) -> Iterator[str]:
    move = MOVES[verb]
    y = _HEAD + _ROW * place + _ROW // 2
    yield f'<g data-verb="{verb}" data-from="{_names(move.sources)}" data-to="{_names(move.targets)}">'
    yield f'<text class="verb" x="16" y="{y + 5}">{verb}</text>'
    ends = [_X[status] for status in move.sources | move.targets]
    yield f'<line class="line" x1="{min(ends)}" y1="{y}" x2="{max(ends)}" y2="{y}"/>'
    yield from _marks(move, y)
    for name, x in _X_COUNTERS.items():
        added: int = getattr(move, name)
        if added:
            sign = "+" if added > 0 else "−"  # noqa: RUF001 - a minus, not a dash
            yield f'<text class="count" x="{x}" y="{y + 5}">{sign}{abs(added)}</text>'
    yield "</g>"


def _marks(move: Move, y: int) -> Iterator[str]:
    for status in _ordered(move.sources):
        yield f'<circle class="from" cx="{_X[status]}" cy="{y}" r="7"/>'
    for status in _ordered(move.targets):
        if status in move.sources:
            yield f'<circle class="to" cx="{_X[status]}" cy="{y}" r="3.5"/>'
        else:
            yield _arrow(_X[status], y, leftwards=_leads_left(move, status))


def _leads_left(move: Move, target: JobStatus) -> bool:
    nearest = min(move.sources, key=lambda source: abs(_X[source] - _X[target]))
    return _X[target] < _X[nearest]


def _arrow(x: int, y: int, *, leftwards: bool) -> str:
    back = x + 9 if leftwards else x - 9
    tip = x - 5 if leftwards else x + 5
    return f'<path class="to" d="M{tip} {y} L{back} {y - 7} L{back} {y + 7} Z"/>'


def _legend() -> Iterator[str]:
    y = _HEIGHT - 24
    yield f'<line class="rule" x1="16" y1="{y - 20}" x2="{_WIDTH - 16}" y2="{y - 20}"/>'
    yield f'<circle class="from" cx="{_FIRST}" cy="{y}" r="7"/>'
    yield f'<text x="{_FIRST + 16}" y="{y + 5}">from here</text>'
    yield _arrow(_FIRST + 140, y, leftwards=False)
    yield f'<text x="{_FIRST + 156}" y="{y + 5}">to here, or to one of these</text>'
    yield f'<circle class="from" cx="{_FIRST + 380}" cy="{y}" r="7"/>'
    yield f'<circle class="to" cx="{_FIRST + 380}" cy="{y}" r="3.5"/>'
    yield f'<text x="{_FIRST + 396}" y="{y + 5}">stays where it is</text>'
