"""The demo from its first line to its last."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID

from django.core.management import call_command
from reports.examples import enqueue_examples
from rich.console import Console

from demonstration.following import follow
from demonstration.job_view import JobView, look
from demonstration.summary import print_findings, print_jobs
from demonstration.terminal import make_console
from demonstration.verdict import judge
from demonstration.worker_process import worker_process

#: Seconds that each chunk of rows takes longer, so that there is something to see.
PACE_S = 0.08
#: How often the database is asked, and how long the whole may take, in seconds.
LOOK_EVERY_S = 0.15
LIMIT_S = 40.0


def show(folder: Path) -> int:
    """Have three reports made in ``folder``; return 0 if all went as it should."""
    console = make_console()
    log = folder / "worker.log"
    job_ids = _prepare(console, folder)
    with worker_process(log) as worker:
        console.print(f"  [green]✓[/] worker started, process {worker.pid}\n")
        views = follow(console, _moments(job_ids, worker))
    print_jobs(console, views)
    findings = judge(views)
    print_findings(console, findings)
    if any(finding.faults for finding in findings) or worker.returncode != 0:
        _explain(console, worker.returncode, log)
        return 1
    console.print("\nThe reports, the database and the worker's log are in")
    console.print(f"  {folder}", soft_wrap=True)
    return 0


def _prepare(console: Console, folder: Path) -> list[UUID]:
    console.print(
        "[bold]pyjobkit_django[/]: three sales reports, made in the background\n"
    )
    call_command("migrate", verbosity=0)
    console.print("  [green]✓[/] SQLite database made and migrated")
    job_ids = enqueue_examples(month="2026-06", country="DE", pace_s=PACE_S)
    for view in look(job_ids):
        Path(folder, f"{view.name}.md").unlink(missing_ok=True)
    console.print(
        "  [green]✓[/] three jobs enqueued in one transaction: one due now, one in two "
        "seconds,\n    one whose data is late, so that it fails twice"
    )
    return job_ids


def _moments(
    job_ids: Sequence[UUID], worker: subprocess.Popen[bytes]
) -> Iterator[list[JobView]]:
    """Look at the jobs until the worker has ended."""
    deadline = time.monotonic() + LIMIT_S
    while worker.poll() is None and time.monotonic() < deadline:
        yield look(job_ids)
        time.sleep(LOOK_EVERY_S)
    yield look(job_ids)


def _explain(console: Console, code: int, log: Path) -> None:
    console.print(f"\n[red]The demo did not go as it should[/] (worker: exit {code}).")
    console.print(f"The end of {log}:\n")
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:]
    console.print("\n".join(lines), style="dim", markup=False, soft_wrap=True)
