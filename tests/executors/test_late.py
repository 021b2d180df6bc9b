from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from uuid import uuid4

from pyjobkit_django import Executor
from pyjobkit_django.executors.late import LateExecutor
from tests.executors.http.fakes import Notes

WORKER = """
import django, sys
django.setup()
from pyjobkit_django.runtime import build_worker
assert "http" in build_worker().engine.executors
sys.exit("httpx" in sys.modules)
"""


class Echo(Executor):
    kind = "echo"
    made = closed = 0

    def __init__(self):
        time.sleep(0.01)
        type(self).made += 1

    async def run(self, *, job_id, payload, ctx):
        return payload

    async def close(self):
        type(self).closed += 1


async def run(executor, payload):
    return await executor.run(job_id=uuid4(), payload=payload, ctx=Notes())


async def test_the_first_jobs_have_it_made_once_and_it_is_closed():
    Echo.made = Echo.closed = 0
    late = LateExecutor("echo", Echo)
    assert (late.kind, Echo.made) == ("echo", 0)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(run(late, {"n": n})) for n in range(5)]
    await late.close()

    assert [task.result() for task in tasks] == [{"n": n} for n in range(5)]
    assert (Echo.made, Echo.closed) == (1, 1)


async def test_without_a_job_there_is_nothing_to_make_or_close():
    Echo.made = Echo.closed = 0
    await LateExecutor("echo", Echo).close()
    assert (Echo.made, Echo.closed) == (0, 0)


def test_a_worker_runs_http_without_having_imported_a_client():
    done = subprocess.run([sys.executable, "-c", WORKER], check=False)
    assert done.returncode == 0
