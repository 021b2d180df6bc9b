"""An operation on all jobs of a search: counted, signed, carried out by a job."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model

from pyjobkit_django import DiscardJob, enqueue
from pyjobkit_django.admin.order_executor import KIND, OrderExecutor
from pyjobkit_django.admin.orders import Order
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import Job
from pyjobkit_django.monitor import filtered_sets, windows
from tests.admin import addresses
from tests.admin.conftest import OPERATOR
from tests.admin.scenes import job_of, one_of_each, status_of
from tests.stored_jobs import queued, running

pytestmark = pytest.mark.django_db


class Context:
    """Keeps what a run says."""

    def __init__(self):
        self.lines = []
        self.progress = []

    async def log(self, message, /, *, stream="stdout"):
        self.lines.append(message)

    async def set_progress(self, value, /, **meta):
        self.progress.append((value, meta))


def asked(client, name, filters=""):
    """Return the page that asks, and the order that it holds."""
    page = client.post(addresses.order(name), {"filters": filters})
    text = page.content.decode()
    found = re.search(r'name="order" value="([^"]+)"', text)
    return text, found and found[1]


def ordered(client, name, filters=""):
    """Give the order; return the job that is to carry it out."""
    signed = asked(client, name, filters)[1]
    answer = client.post(addresses.order(name), {"order": signed})
    assert answer.status_code == 302
    job = Job.objects.filter(kind=KIND).order_by("-pk").first()
    assert answer["Location"] == addresses.job(job.pk)
    return job


def carried_out(job, context=None):
    """Run the job; return its result."""
    run = async_to_sync(OrderExecutor().run)
    return run(job_id=job.pk, payload=job.payload, ctx=context or Context())


def test_what_would_be_moved_is_counted_first(root):
    for _ in range(3):
        job_of(JobStatus.FAILED)
    job_of(JobStatus.TIMEOUT)

    text, signed = asked(root, "requeue", "status=failed&kind=k&q=")

    assert "<td>3</td>" in text
    assert "timeout" not in text.split("<tbody>")[1].split("</tbody>")[0]
    assert "kind: <bdi>k</bdi>" in text
    assert signed
    assert not Job.objects.filter(kind=KIND).exists()


def test_an_order_is_one_job_and_one_entry_and_moves_what_the_filter_admits(root):
    failed = [job_of(JobStatus.FAILED, kind="mail") for _ in range(3)]
    other, timeout = job_of(JobStatus.FAILED), job_of(JobStatus.TIMEOUT, kind="mail")

    job = ordered(root, "requeue", "status=failed&kind=mail")
    later = job_of(JobStatus.FAILED, kind="mail")
    result = carried_out(job)

    assert result == {"moved": 3, "left": 0}
    assert {status_of(job_id) for job_id in failed} == {"queued"}
    assert (status_of(other), status_of(timeout)) == ("failed", "timeout")
    assert status_of(later) == "failed"
    entry = LogEntry.objects.get()
    assert entry.object_id == str(job.pk)
    assert "requeue: status failed, kind mail" in entry.change_message


@pytest.mark.parametrize(
    ("name", "moved"),
    [
        (
            "cancel",
            {"scheduled": "cancelled", "queued": "cancelled", "running": "asked"},
        ),
        ("requeue", dict.fromkeys(["failed", "timeout", "cancelled"], "queued")),
        ("run-now", {"scheduled": "queued"}),
        ("delete", dict.fromkeys(["success", "failed", "timeout", "cancelled"])),
    ],
)
def test_each_operation_moves_what_it_can(root, name, moved):
    jobs = one_of_each()

    result = carried_out(ordered(root, name))

    assert result["moved"] == len(moved)
    for status, job_id in jobs.items():
        expected = moved.get(status, status.value)
        if expected == "asked":
            assert Job.objects.get(pk=job_id).cancel_requested
        else:
            assert status_of(job_id) == expected


def test_many_are_moved_in_bites_with_progress(root, monkeypatch):
    monkeypatch.setattr(filtered_sets, "BITE", 2)
    monkeypatch.setattr(windows, "WINDOW", 3)
    for _ in range(7):
        job_of(JobStatus.CANCELLED)
    context = Context()

    result = carried_out(ordered(root, "delete", "status=cancelled"), context)

    assert result == {"moved": 7, "left": 0}
    shares = [share for share, _ in context.progress]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) > 3
    assert context.progress[-1][1]["text"] == "7 jobs moved, 0 left as they were"


def test_a_run_that_was_lost_goes_on_where_it_had_got_to(root, monkeypatch):
    monkeypatch.setattr(windows, "WINDOW", 2)
    failed = [job_of(JobStatus.FAILED) for _ in range(4)]
    job = ordered(root, "requeue", "status=failed")
    Job.objects.filter(pk=job.pk).update(progress_meta={"at": str(failed[2])})

    assert carried_out(job) == {"moved": 2, "left": 0}
    assert [status_of(each) for each in failed] == ["queued"] * 2 + ["failed"] * 2


def test_jobs_that_fail_again_are_not_requeued_twice(root, monkeypatch):
    monkeypatch.setattr(filtered_sets, "BITE", 1)
    job_of(JobStatus.FAILED)
    job_of(JobStatus.FAILED)
    job = ordered(root, "requeue", "status=failed")

    class Again(Context):
        async def set_progress(self, value, /, **meta):
            await super().set_progress(value, **meta)
            failed = {"status": "failed", "finished_at": "2026-01-01T00:00Z"}
            await Job.objects.filter(status="queued", kind="k").aupdate(**failed)

    assert carried_out(job, Again())["moved"] == 2


def test_a_running_job_is_asked_once(root):
    running(3)

    assert carried_out(ordered(root, "cancel", "status=running")) == {
        "moved": 3,
        "left": 0,
    }


def test_an_age_is_that_of_when_it_was_asked(root):
    job_of(JobStatus.FAILED)

    job = ordered(root, "requeue", "status=failed&made=1h")

    order = Order.read(job.payload["order"])
    assert order.oldest
    assert order.wanted.made is None
    assert carried_out(job)["moved"] == 1


@pytest.mark.parametrize("filters", ["q=k", "status=odd", "kind=%00"])
def test_a_search_that_is_no_filter_is_not_taken_as_a_whole(root, filters):
    job_of(JobStatus.FAILED)

    answer = root.post(addresses.order("requeue"), {"filters": filters}, follow=True)

    assert "cannot be taken as a whole" in answer.content.decode()


def test_where_nothing_can_be_moved_that_is_told(root):
    queued()

    assert (
        "No job of this search"
        in root.post(
            addresses.order("requeue"), {"filters": ""}, follow=True
        ).content.decode()
    )
    Job.objects.all().delete()
    assert (
        "cannot be taken"
        in root.post(
            addresses.order("requeue"), {"filters": ""}, follow=True
        ).content.decode()
    )


def test_an_order_is_for_who_asked_and_for_what(root, browse):
    job_of(JobStatus.FAILED)
    signed = asked(root, "requeue")[1]

    assert (
        "too old"
        in root.post(
            addresses.order("delete"), {"order": signed}, follow=True
        ).content.decode()
    )
    assert (
        "too old"
        in root.post(
            addresses.order("requeue"), {"order": f"{signed}x"}, follow=True
        ).content.decode()
    )
    assert (
        "too old"
        in browse(*OPERATOR)
        .post(addresses.order("requeue"), {"order": signed}, follow=True)
        .content.decode()
    )
    assert not Job.objects.filter(kind=KIND).exists()


def test_who_lost_the_permission_meanwhile_moves_nothing(browse):
    job_of(JobStatus.FAILED)
    job = ordered(browse(*OPERATOR), "requeue")
    get_user_model().objects.get().user_permissions.clear()

    with pytest.raises(DiscardJob, match="has not the permission"):
        carried_out(job)


@pytest.mark.parametrize("payload", [{}, {"order": "forged:x:y"}, {"order": None}])
def test_what_was_not_signed_here_moves_nothing(payload):
    job_id = enqueue(KIND, payload)

    with pytest.raises(DiscardJob, match="not signed here"):
        carried_out(Job.objects.get(pk=job_id))


def test_the_list_offers_what_fits_its_status(root):
    one_of_each()

    def offered(**filters):
        changelist = root.get(addresses.jobs(**filters)).context["cl"]
        return [operation.name for operation in changelist.order_operations]

    assert offered() == ["cancel", "requeue", "run-now", "delete"]
    assert offered(status="failed") == ["requeue", "delete"]
    assert offered(status="scheduled") == ["cancel", "run-now"]
    assert offered(q="k") == []
    assert offered(kind="nobody") == []


def test_no_order_is_given_by_get_and_none_that_is_not_there(root):
    assert root.get(addresses.order("requeue")).status_code == 405
    assert root.post(addresses.order("nonsense")).status_code == 404


def test_an_order_knows_its_fields():
    order = Order(
        operation="cancel",
        filters={},
        newest=str(UUID(int=5)),
        oldest="",
        user="1",
    )

    assert Order.read(order.signed()) == order
    assert str(order) == "cancel: all jobs"
