"""The demo from its first line to its last."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.core.management import call_command
from django.db import transaction
from rich.console import Console

from demonstration import stopping
from demonstration.following import follow
from demonstration.job_view import Part, Views, look
from demonstration.scenes import scenes_on
from demonstration.scenes.scene import Scene
from demonstration.stage import Stage, stage
from demonstration.summary import print_findings, print_jobs
from demonstration.terminal import make_console
from demonstration.verdict import judge
from demonstration.worker_process import worker_process

#: How often the database is asked, and how long the whole may take, in seconds.
LOOK_EVERY_S = 0.15
LIMIT_S = 40.0


def show(folder: Path) -> int:
    """Have jobs of every kind run in ``folder``; return 0 if all went as it should."""
    console = make_console()
    log = folder / "worker.log"
    _prepare(console)
    with stage(folder) as on_stage:
        scenes = scenes_on(on_stage)
        parts = _enqueue(console, on_stage, scenes)
        with worker_process(log) as worker:
            console.print(f"  [green]✓[/] worker started, process {worker.pid}\n")
            views = follow(console, _moments(scenes, parts, worker))
    print_jobs(console, views)
    findings = judge(scenes, parts, views)
    print_findings(console, findings)
    if any(finding.faults for finding in findings) or worker.returncode != 0:
        _explain(console, worker.returncode, log)
        return 1
    console.print("\nThe reports, the database and the worker's log are in")
    console.print(f"  {folder}", soft_wrap=True)
    return 0


def _prepare(console: Console) -> None:
    console.print(
        "[bold]pyjobkit_django[/]: background jobs on the database you have\n"
    )
    call_command("migrate", verbosity=0)
    console.print("  [green]✓[/] SQLite database made and migrated")


def _enqueue(console: Console, on_stage: Stage, scenes: Sequence[Scene]) -> list[Part]:
    console.print(
        f"  [green]✓[/] HTTP receiver on {on_stage.receiver.place}, "
        f"SSH host on {on_stage.host.place}"
    )
    with transaction.atomic():
        parts = [part for scene in scenes for part in scene.enqueue()]
    console.print(f"  [green]✓[/] {len(parts)} jobs enqueued in one transaction")
    return parts


def _moments(
    scenes: Sequence[Scene], parts: Sequence[Part], worker: subprocess.Popen[bytes]
) -> Iterator[Views]:
    """Look at the jobs, and let scenes act on what they see, until the worker has ended."""
    deadline = time.monotonic() + LIMIT_S
    while worker.poll() is None and time.monotonic() < deadline:
        stopping.look()
        views = look(parts)
        for scene in scenes:
            scene.act(views)
        yield views
        time.sleep(LOOK_EVERY_S)
    yield look(parts)


def _explain(console: Console, code: int, log: Path) -> None:
    console.print(f"\n[red]The demo did not go as it should[/] (worker: exit {code}).")
    console.print(f"The end of {log}:\n")
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:]
    console.print("\n".join(lines), style="dim", markup=False, soft_wrap=True)
