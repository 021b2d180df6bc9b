from __future__ import annotations

from datetime import UTC, datetime
from unittest.mock import ANY

import pytest

from pyjobkit_django.errors import InvalidJobError, UnknownQueueError
from pyjobkit_django.jobs import (
    FINAL,
    MOVES,
    WAITING,
    JobRules,
    JobSpec,
    JobStatus,
    Verb,
)

S = JobStatus


def test_every_status_waits_runs_or_is_final():
    assert set(JobStatus) == WAITING | {S.RUNNING} | FINAL
    assert not WAITING & FINAL


@pytest.mark.parametrize(
    ("verb", "sources", "targets", "version", "attempts"),
    [
        (Verb.PROMOTE, {S.SCHEDULED}, {S.QUEUED}, 0, 0),
        (Verb.CLAIM, {S.QUEUED}, {S.RUNNING}, 1, 1),
        (Verb.LEASE, {S.QUEUED}, {S.QUEUED}, 1, 0),
        (Verb.MARK_RUNNING, {S.QUEUED}, {S.RUNNING}, 0, 1),
        (Verb.EXTEND, {S.RUNNING}, {S.RUNNING}, 0, 0),
        (Verb.FINISH, {S.RUNNING}, FINAL, 1, 0),
        (Verb.RETRY, {S.RUNNING}, WAITING | {S.CANCELLED}, 1, 0),
        (Verb.SNOOZE, {S.RUNNING}, WAITING | {S.CANCELLED}, 1, -1),
        (Verb.RELEASE, {S.RUNNING}, WAITING | {S.CANCELLED}, 1, -1),
        (Verb.CANCEL, WAITING, {S.CANCELLED}, 1, 0),
        (Verb.REQUEST_CANCEL, {S.RUNNING}, {S.RUNNING}, 0, 0),
        (Verb.REAP_UNSTARTED, {S.QUEUED}, {S.QUEUED}, 1, 0),
        (Verb.REAP_RUNNING, {S.RUNNING}, {S.QUEUED, S.FAILED, S.CANCELLED}, 1, 0),
        (Verb.REQUEUE, FINAL - {S.SUCCESS}, {S.QUEUED}, 1, 0),
    ],
)
def test_the_table_of_moves_is_the_one_in_the_design(
    verb, sources, targets, version, attempts
):
    move = MOVES[verb]

    assert (move.sources, move.targets) == (sources, targets)
    assert (move.version, move.attempts) == (version, attempts)


def test_every_verb_has_a_move():
    assert set(MOVES) == set(Verb)


def test_no_move_leaves_success():
    assert not any(S.SUCCESS in move.sources for move in MOVES.values())


def test_a_spec_is_built_with_defaults_and_a_clean_copy():
    tags = [" mail", "b"]
    spec = JobSpec.build(kind="mail", payload={"to": ("a",)}, tags=tags)

    assert spec.payload == {"to": ["a"]}
    assert spec.tags == ("b", "mail")
    assert (spec.queue, spec.priority, spec.max_attempts) == ("default", 100, 3)
    assert spec.timeout_s is spec.scheduled_for is spec.parent is None


def test_specs_have_ids_of_their_own():
    assert JobSpec(kind="a").id < JobSpec(kind="a").id


@pytest.mark.parametrize("payload", [{}, None])
def test_no_payload_is_an_empty_one(payload):
    assert JobSpec.build(kind="mail", payload=payload).payload == {}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "kind"),
        ({"kind": "a b"}, "kind"),
        ({"kind": "a", "queue": ""}, "queue"),
        ({"kind": "a", "priority": 2**31}, "priority"),
        ({"kind": "a", "max_attempts": 0}, "max_attempts"),
        ({"kind": "a", "timeout_s": 0}, "timeout_s"),
        ({"kind": "a", "retry_policy": "never"}, "retry_policy"),
        ({"kind": "a", "scheduled_for": 5}, "scheduled_for"),
        ({"kind": "a", "idempotency_key": ""}, "idempotency_key"),
        ({"kind": "a", "unique_key": ""}, "unique_key"),
        ({"kind": "a", "tags": "mail"}, "tags"),
        ({"kind": "a", "payload": []}, "payload"),
        ({"kind": "a", "payload": ANY}, "payload"),
        ({"kind": "a", "payload": {"x": {1}}}, "payload.x"),
        ({"kind": "a", "colour": "red"}, "colour"),
        ({"kind": "a", "id": None}, "id"),
    ],
)
def test_a_spec_that_is_unsound_names_its_field(fields, field):
    with pytest.raises(InvalidJobError) as refused:
        JobSpec.build(**fields)

    assert refused.value.field == field


def test_an_unknown_option_is_answered_with_those_there_are():
    with pytest.raises(InvalidJobError, match="there are kind, payload, queue, prio"):
        JobSpec.build(kind="a", prio=5)


def test_a_spec_keeps_to_the_size_limit():
    with pytest.raises(InvalidJobError, match="more than the 10 allowed"):
        JobSpec.within(10, {"kind": "a", "payload": {"text": "x" * 10}})


RULES = JobRules(priority=5, max_attempts=7, timeout_s=9.0, retry_policy="fixed:1")


def test_rules_fill_in_what_a_job_does_not_say():
    spec = RULES.build(kind="a", priority=None, queue=None)

    assert (spec.priority, spec.max_attempts, spec.timeout_s) == (5, 7, 9.0)
    assert (spec.retry_policy, spec.queue) == ("fixed:1", "default")


def test_a_job_has_its_own_way_where_it_says_so():
    due = datetime(2026, 1, 1, tzinfo=UTC)
    spec = RULES.build(kind="a", priority=0, max_attempts=1, scheduled_for=due)

    assert (spec.priority, spec.max_attempts, spec.scheduled_for) == (0, 1, due)


def test_rules_without_queues_admit_any():
    assert JobRules().build(kind="a", queue="anything").queue == "anything"


def test_rules_with_queues_admit_no_other():
    rules = JobRules(queues=("default", "mail"))

    assert rules.build(kind="a", queue="mail").queue == "mail"
    with pytest.raises(UnknownQueueError, match="'male' is not one of default, mail"):
        rules.build(kind="a", queue="male")


def test_rules_bound_the_payload():
    with pytest.raises(InvalidJobError, match="MAX_PAYLOAD_BYTES"):
        JobRules(max_payload_bytes=5).build(kind="a", payload={"a": "long"})
