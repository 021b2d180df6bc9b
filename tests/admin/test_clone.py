"""A job is enqueued anew, perhaps with another payload."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.contrib.admin.models import LogEntry

from pyjobkit_django import enqueue
from pyjobkit_django.admin.order_executor import KIND
from pyjobkit_django.models import Job
from pyjobkit_django.monitor.redaction import MASK
from tests.admin import addresses
from tests.admin.test_hostile import ACTIVE, EVIL, Elements

pytestmark = pytest.mark.django_db

PAYLOAD = {"month": 11, "big": 9007199254740993, "deep": [{"password": "hunter2"}]}


def form_of(client, job_id):
    page = client.get(addresses.clone(job_id)).content.decode()
    found = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", page, re.DOTALL)
    return page, html.unescape(found[1])


def clone_of(job_id):
    return Job.objects.exclude(pk=job_id).get()


def test_a_clone_is_like_its_origin_but_for_what_is_that_one_s_own(root):
    origin = enqueue(
        "k",
        {"a": 1},
        queue="mail",
        priority=7,
        max_attempts=9,
        timeout_s=60,
        retry_policy="fixed:3",
        tags=["b", "a"],
        idempotency_key="once",
        unique_key="one",
        webhooks={"complete": "https://hooks.example/"},
    )

    answer = root.post(addresses.clone(origin), {"payload": '{"a": 2}'})

    clone = clone_of(origin)
    assert answer["Location"] == addresses.job(clone.pk)
    assert (clone.kind, clone.payload, clone.queue) == ("k", {"a": 2}, "mail")
    assert (clone.priority, clone.max_attempts, clone.timeout_s) == (7, 9, 60)
    assert (clone.retry_policy, clone.tags) == ("fixed:3", ("a", "b"))
    assert (clone.idempotency_key, clone.unique_key) == (None, None)
    assert not clone.webhooks
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.change_message) == (
        str(clone.pk),
        f"Cloned from {origin}.",
    )


def test_the_kind_cannot_be_changed(root):
    origin = enqueue("k", {})

    root.post(addresses.clone(origin), {"payload": "{}", "kind": "other"})

    assert clone_of(origin).kind == "k"


def test_what_is_left_as_it_is_takes_masked_values_along(root):
    origin = enqueue("k", PAYLOAD)
    page, text = form_of(root, origin)
    assert "hunter2" not in page
    assert "Some values are masked." in page

    root.post(addresses.clone(origin), {"payload": text})

    assert clone_of(origin).payload == PAYLOAD


def test_a_changed_payload_takes_no_secret_elsewhere(root):
    origin = enqueue("k", PAYLOAD)
    changed = form_of(root, origin)[1].replace("11", "12")

    refused = root.post(addresses.clone(origin), {"payload": changed})
    assert "write them anew" in refused.content.decode()
    assert Job.objects.count() == 1
    root.post(addresses.clone(origin), {"payload": changed.replace(MASK, "new")})

    assert clone_of(origin).payload == {
        **PAYLOAD,
        "month": 12,
        "deep": [{"password": "new"}],
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "This is not JSON"),
        ("[1]", "payload"),
        ('{"a": NaN}', "payload.a"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": "' + "x" * 1_100_000 + '"}', "payload"),
        ("", "This is not JSON"),
    ],
)
def test_what_cannot_be_a_payload_is_told_and_kept_to_be_edited(root, text, told):
    origin = enqueue("k", {})

    page = root.post(addresses.clone(origin), {"payload": text})

    shown = page.content.decode()
    assert page.status_code == 200
    assert told in shown
    assert 'aria-invalid="true"' in shown
    assert Job.objects.count() == 1


def test_a_queue_that_is_no_more_is_told(root, settings):
    origin = enqueue("k", {}, queue="mail")
    settings.PYJOBKIT = {"QUEUES": ["default"]}

    page = root.post(addresses.clone(origin), {"payload": "{}"}).content.decode()

    assert "queue" in page
    assert Job.objects.count() == 1


def test_a_hostile_payload_is_text_and_comes_back_as_it_was(root):
    payload = {"evil": EVIL.replace("\x00", ""), "</textarea><script>": 1}
    origin = enqueue("k", payload)

    page, text = form_of(root, origin)
    assert ACTIVE.findall(page) == []
    assert page.count("</textarea>") == 1
    assert [tag for tag, _ in Elements(page).found].count("script") == page.count(
        "<script src="
    )
    root.post(addresses.clone(origin), {"payload": text})

    assert json.dumps(clone_of(origin).payload) == json.dumps(payload)


def test_what_was_ordered_is_not_cloned(root):
    origin = enqueue(KIND, {"order": "x"})

    assert "/clone/" not in root.get(addresses.job(origin)).content.decode()
    assert root.get(addresses.clone(origin)).status_code == 403
    assert root.post(addresses.clone(origin), {"payload": "{}"}).status_code == 403


@pytest.mark.parametrize("job_id", ["nonsense", "00000000-0000-7000-8000-000000000000"])
def test_a_job_that_is_gone_is_not_cloned(root, job_id):
    assert root.get(addresses.clone(job_id)).status_code == 404
