"""What people get to see of their jobs."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command

import pyjobkit_django
from pyjobkit_django.backends.orm import DatabaseLogSink
from pyjobkit_django.backends.orm.lanes import CallerLane
from pyjobkit_django.errors import InvalidJobError
from pyjobkit_django.jobs import JobSpec
from pyjobkit_django.models import JobLog
from pyjobkit_django.worker.options import LogLimits
from tests.worker.fakes import engine_for, worker_for

PACKAGE = Path(pyjobkit_django.__file__).parent
#: What would put a text into a page as it is.
AS_IT_IS = re.compile(
    r"mark_safe|\|\s*safe\b|autoescape off|innerHTML|outerHTML|insertAdjacentHTML"
)


#: Who puts into a page what our own templates have rendered, and escaped.
RENDERED = {"morph.js": 1, "dashboard.js": 1}


async def test_21_log_and_progress_are_stored_capped_and_deleted_with_their_job(stage):
    async def talk(ctx, payload):
        for n in range(10):
            await ctx.log(f"line {n}")
        await ctx.set_progress(0.5, text="half")

    sink = DatabaseLogSink(lane=CallerLane())
    engine = engine_for(talk, backend=stage.backend, log_sink=sink)
    job_id = await engine.enqueue(kind="job")
    await worker_for(engine, log_limits=LogLimits(lines=3)).run(once=True)

    lines = [line.message for line in await sink.get(job_id)]
    assert lines[:3] == ["line 0", "line 1", "line 2"]
    assert not any(f"line {n}" in lines for n in range(3, 10))
    record = await engine.get(job_id)
    assert (record["progress"], record["progress_meta"]) == (0.5, {"text": "half"})
    assert await engine.purge_finished(older_than=timedelta(0)) == 1
    assert not await sync_to_async(JobLog.objects.exists)()


def test_22_a_simulated_job_that_always_fails_is_tried_out_and_told(tmp_path, capsys):
    job = {"kind": "fails", "retry_policy": "fixed:0.01", "max_attempts": 2}
    file = tmp_path / "jobs.json"
    file.write_text(json.dumps({"jobs": [job]}))

    with pytest.raises(CommandError) as error:
        call_command(
            "pyjobkit_simulate",
            *(str(file), "--executor=tests.management.simulated:Fails"),
            "--verbosity=0",
        )

    assert error.value.returncode == 1
    (shown,) = json.loads(capsys.readouterr().out)["summary"]["failed"]
    assert shown["result"]["error"] == "ValueError('attempt 2')"


def test_30_nothing_from_a_job_is_html():
    """No kind can hold a tag, and nothing of ours puts a text into a page as it is."""
    with pytest.raises(InvalidJobError, match="kind"):
        JobSpec.build(kind="<script>alert(1)</script>")

    shown = {
        path.name: len(found)
        for suffix in ("py", "html", "js")
        for path in PACKAGE.rglob(f"*.{suffix}")
        if (found := AS_IT_IS.findall(path.read_text()))
    }
    assert shown == RENDERED
