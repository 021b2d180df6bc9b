from __future__ import annotations

import pytest
from django.contrib.admin.models import DELETION, LogEntry

from pyjobkit_django.jobs import FINAL, JobStatus
from pyjobkit_django.models import Job
from pyjobkit_django.models.job_verbs import operating
from pyjobkit_django.monitor import retention
from tests.admin import addresses
from tests.admin.scenes import one_of_each

pytestmark = pytest.mark.django_db


@pytest.fixture
def _kept_no_longer(settings):
    settings.PYJOBKIT = {"RETENTION": dict.fromkeys(FINAL, 0)}


@pytest.mark.usefixtures("_kept_no_longer")
def test_the_page_says_what_would_go_and_removes_nothing(root):
    one_of_each()

    page = root.get(addresses.prune())

    assert {str(status): count for status, _, count in page.context["lines"]} != {}
    assert [count for *_, count in page.context["lines"]] == ["1"] * 4
    assert Job.objects.count() == len(JobStatus)


@pytest.mark.usefixtures("_kept_no_longer")
def test_pruning_removes_it_and_enters_it_in_the_log(root):
    one_of_each()

    answer = root.post(addresses.prune(), follow=True)

    assert set(Job.objects.values_list("status", flat=True)) == set(JobStatus) - FINAL
    assert [str(told) for told in answer.context["messages"]] == [
        "4 jobs were removed."
    ]
    entry = LogEntry.objects.get()
    assert (entry.action_flag, entry.object_repr) == (DELETION, "Pruned 4 ended jobs.")
    assert root.get("/admin/").status_code == 200


def test_nothing_to_prune_is_told_and_offers_no_button(root):
    one_of_each()

    page = root.get(addresses.prune()).content.decode()
    root.post(addresses.prune())

    assert "Nothing is to be removed." in page
    assert "Yes, remove them" not in page
    assert Job.objects.count() == len(JobStatus)
    assert not LogEntry.objects.exists()


@pytest.mark.usefixtures("_kept_no_longer")
@pytest.mark.parametrize("bound", ["PRUNE_LIMIT", "LOOK"])
def test_what_one_request_does_not_manage_is_left_to_the_next(root, monkeypatch, bound):
    monkeypatch.setattr(retention, bound, 4)
    monkeypatch.setattr(operating, "PURGE_BATCH", 1)
    one_of_each()
    one_of_each()
    address, requests = addresses.prune(), 0

    while address.startswith(addresses.prune()):
        page = root.get(address)
        start = page.context["start"]
        answer = root.post(addresses.prune(), {"from": start} if start else {})
        address, requests = answer["Location"], requests + 1

    assert address == addresses.jobs()
    assert set(Job.objects.values_list("status", flat=True)) == set(JobStatus) - FINAL
    assert 2 <= requests <= 5


@pytest.mark.parametrize("start", ["x", "\x00", "'"])
def test_a_malformed_start_is_the_beginning(root, start):
    assert root.get(addresses.prune(), {"from": start}).context["start"] is None
    assert root.post(addresses.prune(), {"from": start}).status_code == 302


def test_what_is_kept_for_ever_is_told(root, settings):
    settings.PYJOBKIT = {"RETENTION": {"failed": None, "success": 1.5}}

    page = root.get(addresses.prune()).content.decode()

    assert "for ever" in page
    assert "1 d 12 h" in page


@pytest.mark.usefixtures("_kept_no_longer")
def test_an_estimate_that_did_not_see_all_says_so(root, monkeypatch):
    monkeypatch.setattr(retention, "LOOK", 1)
    one_of_each()

    assert "there may be more" in root.get(addresses.prune()).content.decode()
