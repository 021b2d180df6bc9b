from __future__ import annotations

import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from pyjobkit_django.models import DatabaseNow, Job, WorkerRecord
from pyjobkit_django.monitor import waiting
from pyjobkit_django.monitor.health import Finding, findings
from pyjobkit_django.monitor.waiting import heads
from tests.admin.scenes import job_of, worker
from tests.marks import committed, on_postgresql
from tests.plans import plan_of, statements
from tests.stored_jobs import queued

pytestmark = [pytest.mark.django_db, pytest.mark.urls("pyjobkit_django.urls")]

HEALTHZ = "/healthz"
#: Of a site that includes none of ours.
urlpatterns = []


def ago(seconds):
    return DatabaseNow() - timedelta(seconds=seconds)


def aged(seconds, **fields):
    """Store a job that has been due for some seconds."""
    (job_id,) = queued(**fields)
    Job.objects.filter(pk=job_id).update(scheduled_for=ago(seconds))
    return job_id


def silent_worker(seconds=90, **fields):
    record = worker(**fields)
    WorkerRecord.objects.filter(pk=record.pk).update(seen_at=ago(seconds))


def names():
    return [finding.name for finding in findings()]


def told():
    """Return the only finding's text."""
    (finding,) = findings()
    return finding.text


def told_in_tens():
    """Return it with "60 s" for 60 to 69 s: the database's clock goes on meanwhile."""
    return re.sub(r"\b(\d+)\d s\b", r"\g<1>0 s", told())


def test_a_worker_and_nothing_that_waits_is_healthy():
    worker()
    silent_worker()
    worker(state="stopped")
    aged(50)
    job_of("scheduled")
    job_of("running")

    assert findings() == []


def test_without_a_live_worker_it_is_unhealthy():
    assert findings() == [
        Finding(
            "no_worker",
            "no worker was heard of in the last 60 s; start manage.py pyjobkit_worker",
        )
    ]


@pytest.mark.parametrize("state", ["running", "draining"])
def test_a_worker_that_fell_silent_counts_for_nothing(state):
    silent_worker(state=state)

    assert "no worker was heard of" in told()


def test_workers_that_only_drain_take_nothing():
    worker(state="draining")

    assert told() == "all workers are draining, so that nobody takes new jobs"


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "mail"},
        {"queue": "mail"},
        {"tags": ["gpu"], "queue": "reports"},
        {"tags": [], "queue": "reports"},
    ],
)
def test_a_due_job_that_no_live_worker_takes_is_told(fields):
    worker()
    worker(queues=("reports",), tags=("eu",))
    silent_worker(queues=(), kinds=("k", "mail"))
    aged(61, **fields)

    kind, queue = fields.get("kind", "k"), fields.get("queue", "default")
    assert told_in_tens() == (
        f"a job of {kind!r} in the queue {queue!r} has been due for 60 s, and no live "
        f"worker takes it"
    )


def test_a_job_that_waits_too_long_is_told_though_workers_would_take_it():
    worker(busy=3, max_concurrency=8)
    worker(busy=1, max_concurrency=4, queues=(), tags=("eu",))
    aged(400, tags=["eu", "big"])
    aged(200, kind="other", priority=5)
    worker(kinds=("other",))

    assert told() == (
        "a job of 'k' in the queue 'default' has been due for 6 min, while 4 of the 12 "
        "slots that take it are busy"
    )
    assert [each.name for each in findings(max_wait_s=100)] == ["waiting", "waiting"]
    assert findings(max_wait_s=1_000) == []


def test_a_scheduled_job_that_nobody_promotes_is_told():
    worker()
    job_id = job_of("scheduled")
    Job.objects.filter(pk=job_id).update(scheduled_for=ago(70))

    assert told_in_tens() == (
        "a job of 'k' that fell due 70 s ago is still scheduled: no worker promotes jobs"
    )


def test_a_lease_that_nobody_takes_back_is_told():
    worker()
    job_id = job_of("running")
    Job.objects.filter(pk=job_id).update(lease_until=ago(125))

    assert told() == (
        "the lease of a job of 'k' ended 2 min ago, and no worker took it back"
    )


def test_every_queue_kind_and_priority_is_looked_at_and_few_findings_are_told(
    monkeypatch,
):
    for queue in ("a", "b"):
        for kind in ("k1", "k2"):
            for priority in (1, 2):
                for age_s in (10, 90):
                    aged(age_s, queue=queue, kind=kind, priority=priority)

    found = [(each.queue, each.kind, each.priority) for each in heads("default")]
    assert found == sorted(found)
    assert len(set(found)) == len(found) == 8
    assert all(each.waited >= timedelta(seconds=90) for each in heads("default"))

    monkeypatch.setattr(waiting, "MOST_HEADS", 5)
    assert len(list(heads("default"))) == 5
    assert names() == ["no_worker"] + ["unserved"] * 5


def test_a_job_that_lost_a_run_is_looked_at_too():
    worker()
    job_id = aged(61, kind="mail")
    Job.objects.filter(pk=job_id).update(lost_runs=2)

    assert names() == ["unserved"]


@on_postgresql
@committed
def test_a_long_queue_is_not_walked():
    queued(3_000)
    queued(3_000, kind="other", queue="reports")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    with statements() as seen:
        findings()

    looks = [each for each in seen if "pyjobkit_django_job" in each[0]]
    for statement in looks:
        assert max(node["Actual Rows"] for node in plan_of(statement)) <= 1


def test_a_database_that_does_not_answer_is_a_finding_and_no_error(client):
    def refuse(*_):
        raise OperationalError("secret host")

    with connection.execute_wrapper(refuse):
        found = findings()
        answer = client.get(HEALTHZ)

    text = "the jobs' database does not answer: OperationalError"
    assert found == [Finding("database", text)]
    assert answer.status_code == 503
    assert answer.json() == {"status": "unhealthy", "findings": ["database"]}


# Over HTTP.


def test_healthz_answers_200_where_all_is_well(client):
    worker()
    answer = client.get(HEALTHZ)

    assert answer.status_code == 200
    assert answer.json() == {"status": "healthy", "findings": []}
    assert "no-store" in answer["Cache-Control"]
    assert client.head(HEALTHZ).status_code == 200
    assert client.post(HEALTHZ).status_code == 405


def test_healthz_answers_503_and_tells_strangers_no_names(client):
    worker()
    aged(61, kind="secret_kind")
    answer = client.get(HEALTHZ)

    assert answer.status_code == 503
    assert answer.json() == {"status": "unhealthy", "findings": ["unserved"]}


@pytest.mark.parametrize("permitted", [True, False])
def test_healthz_tells_more_to_who_may_view_workers(client, permitted):
    user = User.objects.create_user("ada", is_staff=True)
    if permitted:
        may = Permission.objects.get(codename="view_workerrecord")
        user.user_permissions.add(may)
    client.force_login(user)

    details = client.get(HEALTHZ).json().get("details", [])

    assert [text[:9] for text in details] == (["no worker"] if permitted else [])


@pytest.mark.urls(__name__)
def test_healthz_is_not_there_unless_the_site_includes_it(client):
    assert client.get(HEALTHZ).status_code == 404


# The command.


def health(*arguments):
    out = StringIO()
    call_command("pyjobkit_health", *arguments, stdout=out)
    return out.getvalue().strip()


def test_the_command_says_that_all_is_well():
    worker()

    assert health() == "healthy"
    assert json.loads(health("--json")) == {"status": "healthy", "findings": []}


def test_the_command_fails_with_a_sentence_for_each_finding():
    aged(61)
    with pytest.raises(CommandError) as failed:
        health()

    assert failed.value.returncode == 1
    first, second = str(failed.value).splitlines()
    assert first.startswith("no worker was heard of")
    assert second.startswith("a job of 'k' in the queue 'default' has been due for 6")


def test_the_command_tells_programs_the_same():
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("pyjobkit_health", "--json", stdout=out)

    answer = json.loads(out.getvalue())
    assert answer["status"] == "unhealthy"
    assert [finding["name"] for finding in answer["findings"]] == ["no_worker"]


def test_the_command_takes_how_long_a_job_may_wait():
    worker()
    aged(50)

    assert health("--max-wait=100") == "healthy"
    with pytest.raises(CommandError, match=r"has been due for 5\d s, while 2 of the 8"):
        health("--max-wait", "40")


def test_faulty_settings_are_told_in_one_sentence(settings):
    settings.PYJOBKIT = {"QUEUES": "default"}

    with pytest.raises(CommandError, match=r"PYJOBKIT\['QUEUES'\]: must be a list"):
        health()
