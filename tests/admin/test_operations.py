from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.admin.models import CHANGE, DELETION, LogEntry

from pyjobkit_django.admin import confirming
from pyjobkit_django.admin.operations import OPERATIONS
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import Job, JobAttempt, JobLog
from tests.admin import addresses
from tests.admin.scenes import job_of, log, one_of_each, status_of

pytestmark = pytest.mark.django_db

WAITING = {JobStatus.SCHEDULED, JobStatus.QUEUED}
ENDED = {JobStatus.SUCCESS, JobStatus.FAILED, JobStatus.TIMEOUT, JobStatus.CANCELLED}
#: What becomes of jobs of each status; None is gone, and what is missing stays.
EXPECTED = {
    "cancel": dict.fromkeys(WAITING, "cancelled") | {JobStatus.RUNNING: "running"},
    "requeue": dict.fromkeys(ENDED - {JobStatus.SUCCESS}, "queued"),
    "run-now": {JobStatus.SCHEDULED: "queued"},
    "delete": dict.fromkeys(ENDED),
}
ACTIONS = {
    "cancel": "cancel_selected",
    "requeue": "requeue_selected",
    "run-now": "run_selected",
    "delete": "delete_selected",
}


def selection(*job_ids, **data):
    return {"_selected_action": [str(job_id) for job_id in job_ids], **data}


def told(response):
    return [str(message) for message in response.context["messages"]]


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_moves_what_it_can_and_tells_of_the_rest(root, name):
    jobs = one_of_each()
    data = selection(*jobs.values(), confirmed="yes")

    answer = root.post(addresses.operation(name), data, follow=True)

    expected = EXPECTED[name]
    for status, job_id in jobs.items():
        assert status_of(job_id) == expected.get(status, status)
    success, *refused = told(answer)
    assert success.startswith(f"{len(expected)} job")
    assert len(refused) == len(jobs) - len(expected)
    for status, job_id in jobs.items():
        if status not in expected:
            assert [line for line in refused if str(job_id) in line and status in line]


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_moved_job_gets_an_entry_in_the_log_and_no_other_does(root, name):
    jobs = one_of_each()

    root.post(addresses.operation(name), selection(*jobs.values(), confirmed="yes"))

    entries = LogEntry.objects.all()
    moved = {str(jobs[status]) for status in EXPECTED[name]}
    assert {entry.object_id for entry in entries} == moved
    assert len(entries) == len(moved)
    flag = DELETION if name == "delete" else CHANGE
    assert {entry.action_flag for entry in entries} == {flag}
    assert {str(entry) != "" and entry.user.is_superuser for entry in entries} == {True}


@pytest.mark.parametrize("name", OPERATIONS)
def test_nothing_moves_before_it_is_confirmed(root, name):
    jobs = one_of_each()
    ids = selection(*jobs.values())

    for address, data in [
        (addresses.operation(name), ids),
        (addresses.jobs(), {**ids, "action": ACTIONS[name], "index": "0"}),
    ]:
        asked = root.post(address, data)

        assert asked.status_code == 200
        moved = {job.pk for job, *_ in asked.context["moved"]}
        assert moved == {jobs[status] for status in EXPECTED[name]}
        assert len(asked.context["left"]) == len(jobs) - len(moved)
    assert {status: status_of(job_id) for status, job_id in jobs.items()} == {
        status: status.value for status in jobs
    }
    assert not LogEntry.objects.exists()


def test_what_can_all_not_be_moved_is_told_without_asking(root):
    job_id = job_of(JobStatus.SUCCESS)

    answer = root.post(addresses.operation("cancel"), selection(job_id), follow=True)

    assert told(answer) == [f"k {job_id}: already ended (success)."]


def test_a_running_job_is_asked_to_stop(root):
    job_id = job_of(JobStatus.RUNNING)

    root.post(addresses.operation("cancel"), selection(job_id, confirmed="yes"))

    assert Job.objects.get(pk=job_id).cancel_requested
    assert "to be cancelled" in root.get(addresses.job(job_id)).content.decode()


def test_a_requeued_job_counts_on_and_keeps_its_attempts(root):
    job_id = job_of(JobStatus.FAILED, max_attempts=1)

    root.post(addresses.operation("requeue"), selection(job_id, confirmed="yes"))

    job = Job.objects.get(pk=job_id)
    assert (job.status, job.max_attempts, job.failure) == ("queued", 2, None)
    assert JobAttempt.objects.filter(job_id=job_id).count() == 1


def test_a_deleted_job_takes_all_that_belongs_to_it(root):
    job_id = job_of(JobStatus.FAILED)
    log(job_id, "hello")

    root.post(addresses.operation("delete"), selection(job_id, confirmed="yes"))

    assert not Job.objects.exists()
    assert not JobAttempt.objects.exists()
    assert not JobLog.objects.exists()
    assert LogEntry.objects.get().object_repr == f"k {job_id}"


def test_a_job_that_is_gone_is_told(root):
    gone, there = uuid4(), job_of(JobStatus.QUEUED)
    data = selection(gone, there, confirmed="yes")

    answer = root.post(addresses.operation("cancel"), data, follow=True)

    assert told(answer) == [
        "1 job was cancelled or asked to stop.",
        f"{gone}: there is no such job.",
    ]


def test_after_an_operation_one_is_where_one_came_from(root):
    job_id = job_of(JobStatus.FAILED)
    filters = "status=failed&kind=k&evil=1"

    def follow(name, **data):
        sent = selection(job_id, confirmed="yes", **data)
        return root.post(addresses.operation(name), sent)["Location"]

    assert follow("requeue", filters=filters) == addresses.jobs(
        status="failed", kind="k"
    )
    assert follow("cancel", page=str(job_id)) == addresses.job(job_id)
    assert follow("delete", page=str(job_id)) == addresses.jobs()


@pytest.mark.parametrize(
    "data",
    [
        {"filters": "//evil.example/"},
        {"filters": "https://evil.example/"},
        {"page": "//evil.example/"},
        {"filters": "status=\x00&kind=%ff", "page": "\x00"},
    ],
)
def test_no_form_leads_elsewhere(root, data):
    sent = selection(job_of(JobStatus.QUEUED), confirmed="yes", **data)

    address = root.post(addresses.operation("cancel"), sent)["Location"]

    assert address.startswith("/admin/pyjobkit_django/job/")


def test_the_confirmation_knows_where_it_came_from(root):
    job_id = job_of(JobStatus.QUEUED)
    data = selection(job_id, action="cancel_selected", index="0", filters="kind=k")

    asked = root.post(addresses.jobs(kind="k"), data)

    assert asked.context["back"] == addresses.jobs(kind="k")
    assert 'name="filters" value="kind=k"' in asked.content.decode()


def test_few_of_many_refusals_are_told(root):
    jobs = [job_of(JobStatus.SUCCESS) for _ in range(confirming.MAX_TOLD + 3)]
    jobs.append(job_of(JobStatus.QUEUED))

    sent = selection(*jobs, confirmed="yes")
    answer = root.post(addresses.operation("cancel"), sent, follow=True)

    assert len(told(answer)) == 1 + confirming.MAX_TOLD + 1
    assert told(answer)[-1] == "… and 3 more jobs that could not be moved."


@pytest.mark.parametrize("ids", [[], ["nonsense", "\x00", "", "1"]])
@pytest.mark.parametrize("data", [{}, {"confirmed": "yes"}])
def test_a_selection_without_an_id_moves_nothing(root, ids, data):
    sent = {"_selected_action": ids, **data}

    answer = root.post(addresses.operation("cancel"), sent, follow=True)

    assert told(answer) == ["No job was selected; nothing was changed."]


def test_malformed_ids_among_others_are_passed_over(root):
    job_id = job_of(JobStatus.QUEUED)
    data = selection("nonsense", job_id, action="cancel_selected", index="x")

    assert root.post(addresses.jobs(), data).status_code == 200


def test_too_many_jobs_are_refused_in_one_sentence(root, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = None
    sent = selection(*(uuid4() for _ in range(10_000)), confirmed="yes")

    answer = root.post(addresses.operation("delete"), sent, follow=True)

    assert told(answer) == ["Select at most 1000 jobs at a time; nothing was changed."]


def test_a_form_beyond_the_limit_of_the_site_is_a_bad_request(root):
    sent = selection(*(uuid4() for _ in range(10_000)), action="cancel_selected")

    assert root.post(addresses.jobs(), sent).status_code == 400


def test_select_across_moves_no_more_than_what_was_selected(root):
    chosen, other = job_of(JobStatus.QUEUED), job_of(JobStatus.QUEUED)
    data = selection(chosen, action="cancel_selected", index="0", select_across="1")

    asked = root.post(addresses.jobs(), data)

    assert [job.pk for job, *_ in asked.context["moved"]] == [chosen]
    assert status_of(other) == "queued"


def test_an_operation_that_is_not_there_is_not_found(root):
    assert root.post(addresses.operation("explode")).status_code == 404


def test_an_operation_is_one_transaction_with_its_entry(root, monkeypatch):
    job_id = job_of(JobStatus.QUEUED)
    root.raise_request_exception = False
    monkeypatch.setattr(LogEntry.objects, "log_actions", None)

    sent = selection(job_id, confirmed="yes")
    assert root.post(addresses.operation("cancel"), sent).status_code == 500

    assert status_of(job_id) == "queued"
