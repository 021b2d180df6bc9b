"""Commands that a real worker process runs end with their job, and with the worker."""

from __future__ import annotations

import signal
from uuid import UUID

from pyjobkit_django import cancel, enqueue, get_job
from pyjobkit_django.backends.orm.log_sink import read_log
from tests.acceptance.conftest import StartWorker
from tests.acceptance.processes import WorkerProcess, until
from tests.executors.subprocess.stage import FAMILY, members

SUBPROCESS = ("--executor", "pyjobkit_django.executors:SubprocessExecutor")


def lines_of(job_id: UUID) -> list[str]:
    return [line.message for line in read_log(job_id)]


def family_of(job_id: UUID) -> int:
    """Return the group of a command once all of it runs."""
    until(lambda: "ready" in lines_of(job_id), what="the start of the command")
    group = int(lines_of(job_id)[0])
    assert len(members(group)) >= 4
    return group


def stopped(worker: WorkerProcess) -> None:
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0, worker.log.read_text()


def test_a_worker_that_is_told_to_stop_leaves_no_process_behind(
    start_worker: StartWorker,
) -> None:
    job_id = enqueue("subprocess", {"cmd": FAMILY})
    worker = start_worker(*SUBPROCESS, "--stop-timeout", "0.2")
    group = family_of(job_id)

    stopped(worker)

    assert members(group) == []
    assert get_job(job_id)["status"] == "queued"
    assert get_job(job_id)["attempts"] == 0


def test_a_job_cancelled_from_another_process_leaves_none_behind(
    start_worker: StartWorker,
) -> None:
    job_id = enqueue("subprocess", {"cmd": FAMILY})
    worker = start_worker(*SUBPROCESS)
    group = family_of(job_id)

    cancel(job_id)

    until(lambda: get_job(job_id)["status"] == "cancelled", what="the cancelling")
    assert members(group) == []
    stopped(worker)


def test_a_job_whose_time_is_over_leaves_none_behind(start_worker: StartWorker) -> None:
    job_id = enqueue("subprocess", {"cmd": FAMILY}, timeout_s=2)
    worker = start_worker(*SUBPROCESS)

    until(lambda: get_job(job_id)["status"] == "timeout", what="the deadline")
    group, ready = lines_of(job_id)
    assert (members(int(group)), ready) == ([], "ready")
    stopped(worker)
