"""How the demo ended, in a table and a few lines."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from demonstration.following import status_text
from demonstration.job_view import JobView
from demonstration.verdict import Finding


def print_jobs(console: Console, views: Iterable[JobView]) -> None:
    """Print the table of all jobs."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Job")
    table.add_column("Status")
    table.add_column("Attempts", justify="right")
    table.add_column("Took", justify="right")
    table.add_column("Result")
    for view in views:
        table.add_row(
            view.name,
            status_text(view),
            view.attempts,
            "" if view.duration_s is None else f"{view.duration_s:.1f} s",
            _result(view),
        )
    console.print(table)
    console.print()


def print_findings(console: Console, findings: Iterable[Finding]) -> None:
    """Print what is as it should be, and what is not."""
    for finding in findings:
        mark = "[red]✗[/]" if finding.faults else "[green]✓[/]"
        console.print(f"  {mark} {finding.claim}")
        for fault in finding.faults:
            console.print(f"      {fault}", style="red", markup=False, soft_wrap=True)


def _result(view: JobView) -> str:
    if view.status != "success":
        return str(view.result.get("message") or view.result.get("error") or "")
    result = view.result
    return (
        f"{result['orders']:,} orders, {result['revenue']}, {result['skipped']} skipped"
    )
