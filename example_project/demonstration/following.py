"""Jobs as they go: one table that is repainted, or a line for each thing that happens."""

from __future__ import annotations

import time
from collections.abc import Iterable

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from demonstration.job_view import JobView, Views

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
WIDTHS = {"Job": 13, "Kind": 13, "Status": 9, "Progress": 15, "Try": 4}
#: From how many columns on there is room for the kinds.
WIDE = 98
#: What nobody needs to be told of a job: its status, attempts and progress.
NO_NEWS = ("queued", 0, 0)


def follow(console: Console, moments: Iterable[Views]) -> Views:
    """Show moment after moment; return the last one."""
    return (_repaint if console.is_terminal else _narrate)(console, moments)


def status_text(view: JobView) -> Text:
    """Return the status in its colour."""
    return Text(view.status, style=STYLES.get(view.status, ""))


def _repaint(console: Console, moments: Iterable[Views]) -> Views:
    views: Views = {}
    # A terminal echoes ^C behind the last cell; that must not begin a new line.
    width = console.width - len("^C")
    with Live(console=console, auto_refresh=False, transient=True) as live:
        try:
            for views in moments:
                live.update(_table(views, width), refresh=True)
        except KeyboardInterrupt:
            live.transient = False
            raise
    return views


def _table(views: Views, width: int) -> Table:
    table = Table(
        box=None, width=width, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold"
    )
    headings = [heading for heading in WIDTHS if width >= WIDE or heading != "Kind"]
    for heading in headings:
        table.add_column(heading, width=WIDTHS[heading], no_wrap=True)
    table.add_column("Last log line, or reason", no_wrap=True, ratio=1)
    for view in views.values():
        cells = _cells(view)
        last_word = Text(view.last_word, style="dim")
        table.add_row(*(cells[heading] for heading in headings), last_word)
    return table


def _cells(view: JobView) -> dict[str, str | Text]:
    return {
        "Job": view.name,
        "Kind": view.kind,
        "Status": status_text(view),
        "Progress": _progress(view),
        "Try": view.attempts,
    }


def _progress(view: JobView) -> Text:
    if view.wait_s is not None:
        return Text(f"due in {view.wait_s:.1f} s", style="cyan")
    if view.progress is None:
        return Text()
    filled = round(view.progress * BAR_WIDTH)
    return Text.assemble(
        ("━" * filled, STYLES.get(view.status, "")),
        ("━" * (BAR_WIDTH - filled), "bright_black"),
        f" {view.progress:4.0%}",
    )


def _narrate(console: Console, moments: Iterable[Views]) -> Views:
    views: Views = {}
    told: dict[str, object] = {}
    started = time.monotonic()
    for views in moments:
        for view in views.values():
            quarters = int((view.progress or 0) * 4)
            news = (view.status, view.job["attempts"], quarters)
            if told.get(view.name, NO_NEWS) != news:
                told[view.name] = news
                console.print(_line(view, time.monotonic() - started), soft_wrap=True)
    console.print()
    return views


def _line(view: JobView, seconds: float) -> str:
    wait = "" if view.wait_s is None else f"due in {view.wait_s:.1f} s"
    progress = wait or (f"{view.progress:4.0%}" if view.progress else "")
    line = f"{seconds:4.1f} s  {view.name:13}  {view.status:9}  {progress:12}"
    return f"{line}  {view.attempts:4}  {view.last_word}".rstrip()
