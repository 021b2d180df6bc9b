"""The demo's promises can be broken, and a broken one is told."""

from __future__ import annotations

from itertools import pairwise

import pytest
from demonstration.job_view import look
from demonstration.scenes import scenes_on
from demonstration.stage import stage
from demonstration.verdict import judge

from pyjobkit_django.models import Job
from pyjobkit_django.webhooks import SECRET_VARIABLE

pytestmark = pytest.mark.django_db

#: What a job returns that did nothing, by kind.
NOTHING = {
    "http": {"status": 204},
    "subprocess": {"returncode": 1},
    "ssh": {"output": ""},
    "reports.sales": {"path": "/no/report", "revenue": "€0"},
    "reports.pack": {"path": __file__},
    "reports.seal": {"path": __file__, "sha256": ""},
}
FOLLOWERS = {"└ notice": "http", "├ pack": "reports.pack", "└ seal": "reports.seal"}


@pytest.fixture
def scenes(tmp_path, settings, monkeypatch):
    settings.SSH_DIR = tmp_path / "ssh"
    settings.SPLIT_BY_COUNTRY = tmp_path / "split"
    monkeypatch.setenv(SECRET_VARIABLE, "hush")
    with stage(tmp_path) as on_stage:
        yield scenes_on(on_stage)


@pytest.fixture
def parts(scenes):
    return [part for scene in scenes for part in scene.enqueue()]


def test_jobs_that_nobody_ran_are_told_one_by_one(scenes, parts):
    (finding,) = judge(scenes, parts, look(parts))

    assert len(finding.faults) == 13
    assert "webhook is queued at attempt 0, not success at attempt 1: " in (
        finding.faults
    )
    assert finding.faults[-1] == "└ seal was never enqueued"


def test_every_promise_is_broken_where_no_job_did_anything(scenes, parts, tmp_path):
    (tmp_path / "too-slow.md").touch()
    for part in parts:
        pretend_to_run(part)

    jobs, *findings = judge(scenes, parts, look(parts))

    assert jobs.faults == ()
    assert len(findings) == 13
    assert [finding.claim for finding in findings if not finding.faults] == []


def pretend_to_run(part):
    job = Job.objects.get(id=part.job_id)
    ids = [Job(kind=FOLLOWERS[name]).id for name in part.followers]
    Job.objects.filter(id=job.id).update(
        status=part.status,
        attempts=part.attempts,
        result=NOTHING[job.kind] if part.status == "success" else None,
    )
    for name, (parent, job_id) in zip(
        part.followers, pairwise([job.id, *ids]), strict=True
    ):
        kind = FOLLOWERS[name]
        Job.objects.create(
            id=job_id,
            kind=kind,
            parent=parent,
            status="success",
            attempts=1,
            result=NOTHING[kind],
            scheduled_for=job.scheduled_for,
            created_at=job.created_at,
        )
