"""Whatever a request brings, a page answers: nothing ends in a server error."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from pyjobkit_django.admin.operations import OPERATIONS
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import DatabaseNow, Job, WorkerRecord
from tests.admin import addresses
from tests.admin.scenes import log, one_of_each, worker
from tests.bad_input.strategies import any_text, tried
from tests.stored_jobs import undone

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NAMES = [
    *("status", "kind", "queue", "tag", "worker", "q", "before", "after", "below"),
    *("from", "all", "p", "o", "e", "_popup", "_to_field", "payload__password__gt"),
    *("id__in", "pk", "status__exact", "page", "filters", "_facets"),
]


def texts(ids):
    return any_text | st.sampled_from([*map(str, ids), *JobStatus, "default", "k"])


@pytest.fixture
def site(client):
    client.force_login(User.objects.create_superuser("root"))
    ids = one_of_each()
    worker()
    log(ids[JobStatus.SUCCESS], "a line")
    return client, list(ids.values())


def get(client, address, data):
    query = urlencode(data, errors="surrogatepass")
    return client.get(address, query_params=None, QUERY_STRING=query)


def rows():
    return list(Job.objects.order_by("pk").values("pk", "status", "version"))


@tried
@given(data=st.data())
def test_the_lists_answer_whatever_is_asked(site, data):
    client, ids = site
    asked = data.draw(st.dictionaries(st.sampled_from(NAMES), texts(ids), max_size=4))
    lists = addresses.jobs(), addresses.workers()
    for address in (*lists, addresses.prune(), addresses.dashboard()):
        assert get(client, address, asked).status_code in (200, 302, 400)


@tried
@given(data=st.data())
def test_a_page_of_a_job_answers_whatever_it_is_called(site, data):
    client, ids = site
    view = data.draw(st.sampled_from(["change", "log", "history", "download"]))
    name = data.draw(texts(ids))
    part = data.draw(any_text | st.sampled_from(["log", "payload", "traceback-1"]))
    tail = f"download/{quote(part, errors='replace')}" if view == "download" else view
    asked = data.draw(st.dictionaries(st.sampled_from(NAMES), texts(ids), max_size=2))
    address = f"{addresses.jobs()}{quote(name, errors='replace')}/{tail}/"

    assert get(client, address, asked).status_code in (200, 301, 302, 404)


@tried
@given(data=st.data())
def test_an_operation_does_as_it_is_told_or_nothing(site, data):
    client, ids = site
    name = data.draw(st.sampled_from([*OPERATIONS, "other"]))
    selected = data.draw(st.lists(texts(ids), max_size=4))
    form = data.draw(
        st.dictionaries(st.sampled_from([*NAMES, "action"]), texts(ids), max_size=3)
    )
    confirmed = data.draw(st.booleans())
    form["_selected_action"] = selected
    with undone():
        before = rows()
        if confirmed:
            form["confirmed"] = "1"
        answer = post(client, addresses.operation(name), form)
        assert answer.status_code in (200, 302, 404)
        if not confirmed or not set(selected) & set(map(str, ids)):
            assert rows() == before


@tried
@given(data=st.data())
def test_forms_of_the_list_and_of_pruning_answer_whatever_is_sent(site, data):
    client, ids = site
    fields = [*NAMES, "action", "_selected_action", "index", "select_across", "_save"]
    form = data.draw(
        st.dictionaries(
            st.sampled_from(fields),
            texts(ids) | st.sampled_from(["cancel_selected", "delete_selected"]),
            max_size=5,
        )
    )
    with undone():
        before = rows()
        for address in (addresses.jobs(), addresses.workers()):
            assert post(client, address, form).status_code in (200, 302, 400, 403, 405)
        assert rows() == before
        assert post(client, addresses.prune(), form).status_code == 302


@tried
@given(data=st.data())
def test_json_is_answered_to_whatever_is_asked(site, data):
    client, ids = site
    names = [*NAMES, "kept", "counts", "seen", "token", "lines", "range", "hours"]
    asked = data.draw(st.dictionaries(st.sampled_from(names), texts(ids), max_size=4))
    job_id = data.draw(st.sampled_from(ids) | st.uuids())
    whole = [
        *(addresses.live_jobs(), addresses.live_workers(), addresses.dashboard_data()),
        *(addresses.job(job_id, "live"), addresses.progress(job_id)),
    ]
    for address in whole:
        answer = get(client, address, asked)
        assert answer.status_code in (200, 400, 403, 404)
        if answer.status_code == 200:
            json.loads(answer.content)
    stranger = get(Client(), addresses.progress(job_id), asked)
    assert stranger.status_code == 403


@tried
@given(data=st.data())
def test_a_worker_is_drained_when_it_is_named_and_confirmed_or_not_at_all(site, data):
    client, ids = site
    named = data.draw(st.booleans())
    form = data.draw(st.dictionaries(st.sampled_from(NAMES), texts(ids), max_size=3))
    record = WorkerRecord.objects.get()
    # A thousand cases take longer than a worker may be silent.
    WorkerRecord.objects.update(seen_at=DatabaseNow())
    form["worker"] = str(record.pk) if named else data.draw(texts(ids))
    if confirmed := data.draw(st.booleans()):
        form["confirmed"] = "1"
    with undone():
        assert post(client, addresses.drain(), form).status_code in (200, 302)
        record.refresh_from_db()
        assert record.drain_requested is (named and confirmed)


def test_without_a_token_nothing_is_done(site):
    _, ids = site
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get())
    form = {"_selected_action": list(map(str, ids)), "confirmed": "1"}
    before = rows()

    for address in (addresses.operation("cancel"), addresses.prune()):
        assert strict.post(address, form).status_code == 403
    assert rows() == before


def post(client, address, form):
    body = urlencode(form, doseq=True, errors="surrogatepass")
    return client.post(address, body, content_type="application/x-www-form-urlencoded")
