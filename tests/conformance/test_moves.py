from __future__ import annotations

import pytest

from pyjobkit_django.contracts import JobRecord
from pyjobkit_django.jobs import FINAL, MOVES, JobStatus, Verb
from tests.conformance.actions import ACTIONS, LEASED_ACTIONS, Action
from tests.conformance.stage import Stage


def test_every_row_of_the_table_is_tried() -> None:
    tried = {verb for action in ACTIONS + LEASED_ACTIONS for verb in action.moves}

    assert tried == set(MOVES) == set(Verb)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
async def test_a_verb_moves_a_job_as_the_table_says_or_not_at_all(
    stage: Stage, action: Action, subtests: pytest.Subtests
) -> None:
    for status in JobStatus:
        with subtests.test(status=status):
            before = await stage.brought_to(status)

            accepted = await action.perform(stage, before)

            after = await stage.backend.get(before["id"])
            await _check(stage, action, before, after, accepted)


@pytest.mark.parametrize("action", LEASED_ACTIONS, ids=lambda action: action.name)
async def test_a_leased_job_can_be_started_reaped_or_cancelled_and_nothing_else(
    stage: Stage, action: Action
) -> None:
    row = await stage.leased()
    before = await stage.backend.get(row["id"])

    accepted = await action.perform(stage, before)

    after = await stage.backend.get(row["id"])
    await _check(stage, action, before, after, accepted)


async def _check(
    stage: Stage,
    action: Action,
    before: JobRecord,
    after: JobRecord,
    accepted: bool | None,
) -> None:
    verbs = [verb for verb in action.moves if before["status"] in MOVES[verb].sources]
    assert accepted in (None, bool(verbs))
    if not verbs:
        assert after == before
        return
    (verb,) = verbs
    move = MOVES[verb]
    assert action.moves[verb] in move.targets
    assert after["status"] is action.moves[verb]
    assert after["version"] == before["version"] + move.version
    assert after["attempts"] == before["attempts"] + move.attempts
    _check_times(stage, verb, before, after)


def _check_times(stage: Stage, verb: Verb, before: JobRecord, after: JobRecord) -> None:
    leased = verb is Verb.LEASE or after["status"] is JobStatus.RUNNING
    assert after["leased_by"] == (stage.worker if leased else None)
    assert (after["lease_until"] is not None) == leased
    assert (after["finished_at"] is not None) == (after["status"] in FINAL)
    assert after["created_at"] == before["created_at"]
    if after["status"] is JobStatus.RUNNING:
        assert after["started_at"] is not None
    if verb is Verb.EXTEND:
        assert before["lease_until"] is not None
        assert after["lease_until"] is not None
        assert after["lease_until"] > before["lease_until"]
    if verb is Verb.REQUEST_CANCEL:
        assert after["cancel_requested"]
