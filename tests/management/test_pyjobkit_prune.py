from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from pyjobkit_django.contracts import WorkerBeat
from pyjobkit_django.ids import first_job_id_at, new_job_id
from pyjobkit_django.jobs import FINAL, JobSpec, JobStatus
from pyjobkit_django.models import DatabaseNow, Job, JobAttempt, JobLog, WorkerRecord
from pyjobkit_django.models.job_verbs import operating

pytestmark = pytest.mark.django_db

#: How old a job is that the command may delete, with a day to spare.
ANCIENT = timedelta(days=40)


def prune(*arguments):
    """Run the command; return what it says, a line for each status."""
    out = StringIO()
    call_command("pyjobkit_prune", *arguments, stdout=out)
    return out.getvalue().splitlines()


def ended(status="success", age=ANCIENT):
    """Store a job that was made and ended ``age`` ago; return its id."""
    made = new_job_id()
    milliseconds = (made.int >> 80) - int(age.total_seconds() * 1000)
    floor = first_job_id_at(milliseconds / 1000)
    low = made.int & (1 << 64) - 1
    spec = JobSpec(kind="k", id=type(made)(int=floor.int & ~((1 << 64) - 1) | low))
    (job_id,) = Job.objects.enqueue([spec])
    moment = DatabaseNow() - age
    Job.objects.filter(pk=job_id).update(status=status, finished_at=moment)
    return job_id


def left():
    return set(Job.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("status", sorted(FINAL))
def test_each_status_is_kept_as_long_as_the_settings_say(settings, status):
    settings.PYJOBKIT = {"RETENTION": {status.value: 2}}
    old = ended(status, timedelta(days=2, minutes=1))
    young = ended(status, timedelta(days=2, minutes=-1))

    told = prune("--status", status.value)

    assert left() == {young}
    assert told == [f"deleted 1 {status} jobs older than 2 days, 0:00:00"]
    assert old != young


def test_without_options_every_status_is_pruned_by_its_default():
    kept = [
        ended("success", timedelta(days=6)),
        ended("cancelled", timedelta(days=6)),
        ended("failed", timedelta(days=29)),
        ended("timeout", timedelta(days=29)),
    ]
    for status, days in [("success", 8), ("cancelled", 8), ("failed", 31)]:
        ended(status, timedelta(days=days))
    ended("timeout", timedelta(days=31))

    assert prune() == [
        "deleted 1 cancelled jobs older than 7 days, 0:00:00",
        "deleted 1 failed jobs older than 30 days, 0:00:00",
        "deleted 1 success jobs older than 7 days, 0:00:00",
        "deleted 1 timeout jobs older than 30 days, 0:00:00",
    ]
    assert left() == set(kept)


def test_what_the_settings_keep_for_ever_goes_only_when_an_age_is_given(settings):
    settings.PYJOBKIT = {"RETENTION": {"failed": None}}
    ended("failed", timedelta(days=10_000))

    assert prune("--status", "failed") == []
    assert prune("--status", "failed", "--older-than", "9999d") == [
        "deleted 1 failed jobs older than 9999 days, 0:00:00"
    ]


def test_an_age_of_zero_takes_all_that_has_ended():
    for status in FINAL:
        ended(status, timedelta(0))

    prune("--older-than", "0s")

    assert left() == set()


@pytest.mark.parametrize("status", sorted(set(JobStatus) - FINAL))
def test_what_has_not_ended_stays_whatever_its_age(status):
    job_id = ended(status)
    Job.objects.filter(pk=job_id).update(finished_at=None)

    prune("--older-than", "0s")

    assert left() == {job_id}


def test_only_the_statuses_asked_for_are_pruned():
    kept = ended("success")
    ended("failed")
    ended("timeout")

    prune("--status", "failed", "--status", "timeout", "--older-than", "1d")

    assert left() == {kept}


def test_a_job_goes_with_its_lines_and_attempts_and_leaves_those_of_others():
    gone, kept = ended(), ended(age=timedelta(0))
    for job_id in (gone, kept):
        for version in (1, 2):
            JobLog.objects.create(job_id=job_id, version=version, seq=1, lines=[])
            JobAttempt.objects.create(
                job_id=job_id,
                version=version,
                attempt=version,
                status="failed",
                finished_at=DatabaseNow(),
                failure={},
            )

    prune()

    assert set(JobLog.objects.values_list("job_id", flat=True)) == {kept}
    assert set(JobAttempt.objects.values_list("job_id", flat=True)) == {kept}
    assert JobLog.objects.count() == JobAttempt.objects.count() == 2


def test_many_jobs_go_in_small_transactions(monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(operating, "PURGE_BATCH", 4)
    for _ in range(10):
        ended()

    # Four batches, the last one empty: a savepoint, a look and three deletes in each.
    with django_assert_max_num_queries(4 * 8 + 1):
        told = prune("--status", "success")

    assert told[0].startswith("deleted 10 success jobs")
    assert left() == set()


def test_a_dry_run_counts_and_deletes_nothing():
    ended()
    ended("failed")
    silent_worker(timedelta(days=9))

    assert prune("--dry-run")[1:3] == [
        "would delete 1 failed jobs older than 30 days, 0:00:00",
        "would delete 1 success jobs older than 7 days, 0:00:00",
    ]
    assert Job.objects.count() == 2
    assert WorkerRecord.objects.count() == 1


def test_workers_that_fell_silent_a_day_ago_are_forgotten():
    kept = silent_worker(timedelta(hours=23))
    silent_worker(timedelta(hours=25))

    prune()

    assert list(WorkerRecord.objects.values_list("pk", flat=True)) == [kept]


def silent_worker(since):
    worker_id = new_job_id()
    WorkerRecord.objects.beat(
        WorkerBeat(
            worker_id=worker_id,
            host="h",
            pid=1,
            state="running",
            max_concurrency=1,
            busy=0,
            done=0,
            kinds=(),
            queues=(),
        )
    )
    WorkerRecord.objects.filter(pk=worker_id).update(seen_at=DatabaseNow() - since)
    return worker_id


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("--status=running", "--status: 'running' is not one of cancelled, failed"),
        ("--older-than=a week", "--older-than: 'a week' is not an age; write 90s"),
        ("--older-than=99999999999d", "'99999999999d' is more than 36,500 days"),
        ("--database=nowhere", "--database: 'nowhere' is not one of default"),
    ],
)
def test_a_bad_argument_is_refused_in_one_sentence(argument, told):
    with pytest.raises(CommandError) as refused:
        prune(argument)

    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_settings_with_faults_are_refused(settings):
    settings.PYJOBKIT = {"RETENTION": {"failed": "a week"}}

    with pytest.raises(
        CommandError, match=r"PYJOBKIT\['RETENTION'\]\['failed'\]: must"
    ):
        prune()


def test_the_oldest_age_there_is_does_not_overflow():
    assert prune("--older-than", "36500d", "--status", "failed") == [
        "deleted 0 failed jobs older than 36500 days, 0:00:00"
    ]
