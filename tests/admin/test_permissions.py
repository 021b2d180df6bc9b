"""Who may see and do what: every address and operation, for every kind of person."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client

from pyjobkit_django.admin.operations import OPERATIONS
from pyjobkit_django.jobs import JobStatus
from tests.admin import addresses
from tests.admin.conftest import OPERATOR, VIEWER
from tests.admin.scenes import job_of, log, status_of, worker

pytestmark = pytest.mark.django_db

PEOPLE = ("anonymous", "staff", "viewer", "operator", "superuser")
LOGIN, NO, YES, ON = 302, 403, 200, 302


@dataclass(frozen=True)
class Row:
    """A request, and what each of PEOPLE gets."""

    request: str
    address: Callable[[UUID], str]
    expected: tuple[int, int, int, int, int]
    data: dict[str, Any] = field(default_factory=dict)
    method: str = "get"
    status: JobStatus = JobStatus.QUEUED


def page(name: str, address: Callable[[UUID], str], *, expected: Any = None) -> Row:
    return Row(name, address, expected or (LOGIN, NO, YES, YES, YES))


def asked(name: str, status: JobStatus, *, operator: int) -> Row:
    return Row(
        f"ask to {name}",
        lambda job_id: addresses.operation(name),
        (LOGIN, NO, NO, operator, YES),
        method="post",
        status=status,
    )


def confirmed(name: str, status: JobStatus, *, operator: int) -> Row:
    return Row(
        f"confirm {name}",
        lambda job_id: addresses.operation(name),
        (LOGIN, NO, NO, operator, ON),
        data={"confirmed": "yes"},
        method="post",
        status=status,
    )


TABLE = [
    page("list", lambda _: addresses.jobs()),
    page("filtered list", lambda _: addresses.jobs(status="failed", kind="k")),
    page("live list", lambda _: addresses.live_jobs(counts=1)),
    page("job", addresses.job),
    page("live job", lambda job_id: addresses.job(job_id, "live")),
    page("log", lambda job_id: addresses.job(job_id, "log")),
    page("history", lambda job_id: addresses.job(job_id, "history")),
    page("download", lambda job_id: addresses.job(job_id, "download", "payload")),
    page("log file", lambda job_id: addresses.job(job_id, "download", "log")),
    page("progress", addresses.progress, expected=(NO, NO, YES, YES, YES)),
    page("dashboard", lambda _: addresses.dashboard()),
    page("dashboard's numbers", lambda _: addresses.dashboard_data()),
    page("workers", lambda _: addresses.workers()),
    page("live workers", lambda _: addresses.live_workers()),
    Row(
        "ask a worker to drain",
        lambda _: addresses.drain(),
        (LOGIN, NO, NO, ON, ON),
        method="post",
    ),
    *(
        Row(
            f"ask to {name} a whole search",
            lambda _, name=name: addresses.order(name),
            (LOGIN, NO, NO, operator, YES),
            method="post",
            data={"filters": f"status={status}"},
            status=status,
        )
        for name, status, operator in [
            ("cancel", JobStatus.QUEUED, YES),
            ("requeue", JobStatus.FAILED, YES),
            ("run-now", JobStatus.SCHEDULED, YES),
            ("delete", JobStatus.FAILED, NO),
        ]
    ),
    page("clone", addresses.clone, expected=(LOGIN, NO, NO, NO, YES)),
    Row(
        "enqueue a clone",
        addresses.clone,
        (LOGIN, NO, NO, NO, ON),
        method="post",
        data={"payload": "{}"},
    ),
    page("prune", lambda _: addresses.prune(), expected=(LOGIN, NO, NO, NO, YES)),
    Row(
        "confirm prune",
        lambda _: addresses.prune(),
        (LOGIN, NO, NO, NO, ON),
        method="post",
    ),
    asked("cancel", JobStatus.QUEUED, operator=YES),
    asked("requeue", JobStatus.FAILED, operator=YES),
    asked("run-now", JobStatus.SCHEDULED, operator=YES),
    asked("delete", JobStatus.FAILED, operator=NO),
    confirmed("cancel", JobStatus.QUEUED, operator=ON),
    confirmed("requeue", JobStatus.FAILED, operator=ON),
    confirmed("run-now", JobStatus.SCHEDULED, operator=ON),
    confirmed("delete", JobStatus.FAILED, operator=NO),
]


@pytest.fixture
def client_of(client, browse):
    def log_in(who):
        client.logout()
        return {
            "anonymous": lambda: client,
            "staff": browse,
            "viewer": lambda: browse(*VIEWER),
            "operator": lambda: browse(*OPERATOR),
            "superuser": lambda: browse(is_superuser=True),
        }[who]()

    return log_in


@contextmanager
def _taken_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.request)
def test_who_may_do_what(client_of, row, subtests):
    for who, expected in zip(PEOPLE, row.expected, strict=True):
        with subtests.test(who=who), _taken_back():
            job_id = job_of(row.status)
            log(job_id, "hello")
            worker()
            data = {"_selected_action": [str(job_id)], **row.data}
            browser = client_of(who)

            response = getattr(browser, row.method)(
                row.address(job_id), data if row.method == "post" else None
            )

            assert response.status_code == expected
            if expected == LOGIN and who == "anonymous":
                assert response["Location"].startswith("/admin/login/")
            allowed = "confirmed" in row.data and expected == ON and who != "anonymous"
            assert (status_of(job_id) != row.status) == allowed


@pytest.mark.parametrize("who", PEOPLE)
def test_the_list_offers_only_what_one_may_do(client_of, who):
    job_of(JobStatus.FAILED)
    offered = {
        "viewer": set(),
        "operator": {"cancel_selected", "requeue_selected", "run_selected"},
        "superuser": {
            *("cancel_selected", "requeue_selected", "run_selected"),
            "delete_selected",
        },
    }

    page = client_of(who).get(addresses.jobs())

    form = (page.context or {}).get("action_form")
    found = (
        {name for name, _ in form.fields["action"].choices} - {""} if form else set()
    )
    assert found == offered.get(who, set())


@pytest.mark.parametrize("action", ["delete_selected", "nonsense", ""])
def test_an_action_that_was_not_offered_changes_nothing(client_of, action):
    job_id = job_of(JobStatus.FAILED)
    data = {"action": action, "index": "0", "_selected_action": [str(job_id)]}

    response = client_of("operator").post(addresses.jobs(), data)

    assert response.status_code == 302
    assert status_of(job_id) == JobStatus.FAILED


@pytest.mark.parametrize("status", JobStatus)
def test_a_job_s_page_has_a_button_for_each_operation_that_one_may_do(
    client_of, status
):
    job_id = job_of(status)

    for who, mine in [("viewer", set()), ("superuser", set(OPERATIONS))]:
        page = client_of(who).get(addresses.job(job_id))
        buttons = {operation.name for operation in page.context["operations"]}
        moved = {
            name
            for name, operation in OPERATIONS.items()
            if status in operation.sources
        }
        assert buttons == mine & moved


def test_whoever_may_only_change_jobs_sees_none(browse):
    """The permission may be left from before; nothing can be changed with it."""
    assert browse("cancel_job").get(addresses.jobs()).status_code == 403


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_operation_is_done_by_get(root, name):
    assert root.get(addresses.operation(name)).status_code == 405


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_needs_the_token_of_a_form(person, name):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person(is_superuser=True))
    job_id = job_of(JobStatus.FAILED)
    data = {"_selected_action": [str(job_id)], "confirmed": "yes"}

    assert strict.post(addresses.operation(name), data).status_code == 403
    assert strict.post(addresses.prune()).status_code == 403
    assert strict.post(addresses.drain()).status_code == 403
    assert strict.post(addresses.order(name)).status_code == 403
    assert strict.post(addresses.clone(job_id), {"payload": "{}"}).status_code == 403
    assert status_of(job_id) == JobStatus.FAILED


@pytest.mark.parametrize("path", ["add/", "{}/delete/", "{}/", "autocomplete/"])
def test_there_is_no_other_way_to_write(root, path):
    job_id = job_of(JobStatus.FAILED)
    address = addresses.jobs() + path.format(job_id)

    assert root.get(address).status_code == 404
    assert root.post(address, {"post": "yes"}).status_code == 404
    assert status_of(job_id) == JobStatus.FAILED


def test_posting_to_a_job_s_page_changes_nothing(root):
    job_id = job_of(JobStatus.FAILED)

    root.post(addresses.job(job_id), {"status": "success", "_save": "Save"})

    assert status_of(job_id) == JobStatus.FAILED
