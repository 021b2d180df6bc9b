"""Jobs as they go: one table that is repainted, or a line for each thing that happens."""

from __future__ import annotations

import time
from collections.abc import Iterable

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from demonstration.job_view import JobView

STYLES = {
    "scheduled": "cyan",
    "queued": "blue",
    "running": "yellow",
    "success": "green",
    "failed": "red",
    "timeout": "red",
    "cancelled": "magenta",
}
BAR_WIDTH = 10


def follow(console: Console, moments: Iterable[list[JobView]]) -> list[JobView]:
    """Show moment after moment; return the last one."""
    return (_repaint if console.is_terminal else _narrate)(console, moments)


def status_text(view: JobView) -> Text:
    """Return the status in its colour."""
    return Text(view.status, style=STYLES.get(view.status, ""))


def _repaint(console: Console, moments: Iterable[list[JobView]]) -> list[JobView]:
    views: list[JobView] = []
    with Live(console=console, auto_refresh=False, transient=True) as live:
        try:
            for views in moments:
                live.update(_table(views), refresh=True)
        except KeyboardInterrupt:
            live.transient = False
            raise
    return views


def _table(views: Iterable[JobView]) -> Table:
    table = Table(
        box=None, expand=True, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold"
    )
    for heading, width in (("Job", 13), ("Status", 9), ("Progress", 15), ("Try", 3)):
        table.add_column(heading, width=width, no_wrap=True)
    table.add_column("Last line of its log", no_wrap=True, ratio=1)
    for view in views:
        table.add_row(
            view.name,
            status_text(view),
            _progress(view),
            view.attempts,
            Text(view.last_line, style="dim"),
        )
    return table


def _progress(view: JobView) -> Text:
    if view.wait_s is not None:
        return Text(f"due in {view.wait_s:.1f} s", style="cyan")
    filled = round(view.progress * BAR_WIDTH)
    return Text.assemble(
        ("━" * filled, STYLES.get(view.status, "")),
        ("━" * (BAR_WIDTH - filled), "bright_black"),
        f" {view.progress:4.0%}",
    )


def _narrate(console: Console, moments: Iterable[list[JobView]]) -> list[JobView]:
    views: list[JobView] = []
    told: dict[str, object] = {}
    started = time.monotonic()
    for views in moments:
        for view in views:
            news = (view.status, view.attempts, int(view.progress * 4))
            if told.get(view.name) != news:
                told[view.name] = news
                console.print(_line(view, time.monotonic() - started), soft_wrap=True)
    console.print()
    return views


def _line(view: JobView, seconds: float) -> str:
    wait = "" if view.wait_s is None else f"due in {view.wait_s:.1f} s"
    progress = wait or (f"{view.progress:4.0%}" if view.progress else "")
    line = f"{seconds:4.1f} s  {view.name:13}  {view.status:9}  {progress:12}"
    return f"{line}  {view.attempts}  {view.last_line}".rstrip()
