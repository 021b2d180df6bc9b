"""Figures and goals as Markdown tables, for the terminal and for the docs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.figures import Figure, Goal, number


def figures_table(figures: Iterable[Figure]) -> str:
    """Return a table with a heading for each section, in the order of the figures."""
    sections: dict[str, list[Figure]] = {}
    for figure in figures:
        sections.setdefault(figure.section, []).append(figure)
    return "\n\n".join(
        f"**{section}**\n\n{_section_table(rows)}" for section, rows in sections.items()
    )


def goals_table(goals: Iterable[Goal]) -> str:
    """Return a table of goals, and which of them are met."""
    rows = [
        (goal.sentence, number(goal.value), goal.bound, "yes" if goal.is_met else "no")
        for goal in goals
    ]
    return table(("goal", "measured", "aim", "met"), rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are numbers."""
    lines = [_line(head), _line(["---", *["--:"] * (len(head) - 1)])]
    return "\n".join([*lines, *map(_line, rows)])


def _section_table(figures: Sequence[Figure]) -> str:
    rows = [
        (
            f"{figure.subject}{f' ({figure.note})' if figure.note else ''}",
            number(figure.median),
            f"{number(figure.low)} to {number(figure.high)}",
            figure.unit,
        )
        for figure in figures
    ]
    return table(("", "median", "lowest to highest", "unit"), rows)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
