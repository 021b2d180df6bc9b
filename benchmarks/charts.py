"""A bar chart as SVG, readable on white and on black."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from benchmarks.figures import Figure, number

_WIDTH = 760
_LABELS = 300
_NUMBERS = 90
_ROW = 26
_TOP = 44
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
    ' width="{width}" height="{height}" role="img"'
    ' font-family="system-ui, sans-serif" font-size="14">'
)
_STYLE = (
    "<style>text { fill: #24292f }"
    " @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }</style>"
)
_OURS, _OTHERS = "#2e7d5b", "#8a94a6"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; ``ours`` gives it the colour that stands out."""

    label: str
    value: float
    ours: bool = False


def bar_of(figure: Figure, *, label: str = "", ours: bool = False) -> Bar:
    """Return a figure's median as a bar."""
    return Bar(label or figure.subject, figure.median, ours)


def bar_chart(title: str, bars: Sequence[Bar]) -> str:
    """Return an SVG of horizontal bars on one linear scale that starts at zero."""
    longest = max((bar.value for bar in bars), default=0) or 1
    height = _TOP + _ROW * len(bars) + 8
    rows = [_row(place, bar, longest) for place, bar in enumerate(bars)]
    return "\n".join(
        [
            _HEAD.format(width=_WIDTH, height=height),
            f"<title>{escape(title)}</title>",
            _STYLE,
            f'<text x="8" y="24" font-size="16" font-weight="600">{escape(title)}</text>',
            *rows,
            "</svg>",
            "",
        ]
    )


def _row(place: int, bar: Bar, longest: float) -> str:
    top = _TOP + place * _ROW
    length = max(1.0, bar.value / longest * (_WIDTH - _LABELS - _NUMBERS))
    colour, weight = (_OURS, 600) if bar.ours else (_OTHERS, 400)
    return (
        f'<text x="{_LABELS - 10}" y="{top + 17}" text-anchor="end"'
        f' font-weight="{weight}">{escape(bar.label)}</text>'
        f'<rect x="{_LABELS}" y="{top + 3}" width="{length:.1f}"'
        f' height="{_ROW - 6}" rx="2" fill="{colour}"/>'
        f'<text x="{_LABELS + length + 8:.1f}" y="{top + 17}"'
        f' font-weight="{weight}">{number(bar.value)}</text>'
    )
