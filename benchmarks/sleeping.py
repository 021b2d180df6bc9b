"""I/O-bound work: jobs that only wait, all at once in one worker."""

from __future__ import annotations

from benchmarks import marks, workers
from benchmarks.stands import Setting, Stand


def sleep_together(stand: Stand, setting: Setting) -> float:
    """Return the seconds from the first start to the last end of jobs that sleep 1 s."""
    with stand.run() as run, workers.started(stand.log) as crew:
        run.call("fill", "sleep", setting.jobs)
        run.database.settle()
        run.start(crew, setting)
        # Each body leaves two marks: when it starts, and when it ends.
        wanted = 2 * setting.jobs
        run.wait_for_bodies(crew, wanted)
        found = sorted(marks.read(run.marks))
    return (found[wanted - 1] - found[0]) / 1e9
