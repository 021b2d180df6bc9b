"""How the demo ended, in a table and a few lines."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from demonstration.following import status_text
from demonstration.job_view import JobView, Views
from demonstration.verdict import Finding

#: What is shown of the result of a job that succeeded, by kind.
RESULTS = {
    "http": "answered {status}",
    "reports.pack": "{bytes:,} bytes",
    "reports.sales": "{orders:,} orders, {revenue}",
    "reports.seal": "SHA-256 {sha256:.12}…",
    "ssh": "{output}",
    "subprocess": "exit code {returncode}",
}


def print_jobs(console: Console, views: Views) -> None:
    """Print the table of all jobs."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Job")
    table.add_column("Kind")
    table.add_column("Status")
    table.add_column("Try", justify="right")
    table.add_column("Took", justify="right")
    table.add_column("Result", overflow="fold")
    for view in views.values():
        table.add_row(
            view.name,
            view.kind,
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
        return view.last_word
    return RESULTS[view.kind].format(**view.result).strip()
