"""Whatever is enqueued is stored as it was given, or refused in a sentence and not at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyjobkit_django import chain, enqueue, enqueue_many, get_job
from pyjobkit_django.errors import InvalidJobError
from pyjobkit_django.models import Job
from tests.bad_input.strategies import anything, one_sentence, scalars, tried
from tests.stored_jobs import undone

pytestmark = pytest.mark.django_db

FIELDS = [
    *("queue", "priority", "scheduled_for", "max_attempts", "timeout_s"),
    *("retry_policy", "idempotency_key", "unique_key", "tags", "shadow", "webhooks"),
    *("id", "status", "version", "parent", "chain", "trace_context", "using", "self"),
    *("cls", "max_payload_bytes", "max_bytes", "given", ""),
]
options = st.dictionaries(st.sampled_from(FIELDS), anything, max_size=3)


def refused(call):
    """Return whether ``call`` was refused, having left nothing behind."""
    try:
        call()
    except InvalidJobError as error:
        assert one_sentence(error)
    except TypeError as error:
        # A policy object belongs elsewhere, which is a fault of the code, not of input.
        assert "policy object goes to Worker" in str(error)
    else:
        return False
    assert Job.objects.count() == 0
    return True


def is_the_same(stored, wanted):
    """Compare; PostgreSQL keeps a whole float as the digits of its repr."""
    if isinstance(wanted, dict):
        return stored.keys() == wanted.keys() and all(
            is_the_same(stored[key], wanted[key]) for key in wanted
        )
    if isinstance(wanted, list):
        return len(stored) == len(wanted) and all(map(is_the_same, stored, wanted))
    if isinstance(wanted, float):
        return float(stored) == wanted
    return stored == wanted and type(stored) is type(wanted)


@tried
@given(payload=anything)
def test_a_payload_comes_back_as_it_was_or_is_refused(payload):
    with undone():
        ids = []
        if refused(lambda: ids.append(enqueue("k", payload))):
            return
        wanted = {} if payload is None else json.loads(json.dumps(payload))
        assert is_the_same(get_job(ids[0])["payload"], wanted)


@tried
@given(options=options)
def test_options_are_those_of_a_job_or_refused(options):
    with undone():
        if not refused(lambda: enqueue("k", {}, **options)):
            assert Job.objects.get().record()["status"] in ("queued", "scheduled")


@tried
@given(kind=anything)
def test_a_kind_is_a_name_or_refused(kind):
    with undone():
        if not refused(lambda: enqueue(kind)):
            assert Job.objects.get().kind == kind


@tried
@given(job=st.fixed_dictionaries({"kind": scalars, "payload": anything}), more=options)
def test_one_bad_job_among_many_leaves_none_of_them(job, more):
    good = {"kind": "k"}
    with undone():
        if not refused(lambda: enqueue_many([good, {**job, **more}, good])):
            assert Job.objects.count() == 3
    with undone():
        if not refused(lambda: chain(good, {**job, **more}, good)):
            assert Job.objects.count() == 1
