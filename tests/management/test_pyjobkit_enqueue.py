from __future__ import annotations

import io
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from pyjobkit_django import get_job
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.models import Job
from tests.marks import committed

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.django_db


def enqueue(*arguments):
    """Run the command; return the id that it prints."""
    out = io.StringIO()
    call_command("pyjobkit_enqueue", *arguments, stdout=out)
    (line,) = out.getvalue().splitlines()
    return UUID(line)


def given(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text), "utf-8"))


def test_a_job_is_stored_and_its_id_is_all_that_is_printed():
    job_id = enqueue("reports.build", '{"month": "2026-11"}')

    job = get_job(job_id)
    assert (job["kind"], job["payload"]) == ("reports.build", {"month": "2026-11"})
    assert (job["status"], job["priority"]) == (JobStatus.QUEUED, 100)


def test_the_payload_may_be_left_out_and_is_empty_then():
    assert get_job(enqueue("k"))["payload"] == {}


def test_the_payload_may_come_through_standard_input(monkeypatch):
    given(monkeypatch, '{"name": "Zoë"}'.encode())

    assert get_job(enqueue("k", "-"))["payload"] == {"name": "Zoë"}


def test_every_option_reaches_the_job():
    job = get_job(
        enqueue(
            "k",
            *("--queue", "mail", "--priority", "-5", "--max-attempts", "7"),
            *("--timeout", "1.5", "--retry-policy", "fixed:9"),
            *("--idempotency-key", "order 7", "--unique-key", "7", "--shadow"),
            *("--tag", "heavy", "--tag", "eu", "--at", "2099-01-02T03:04+01:00"),
        )
    )

    assert (job["queue"], job["priority"], job["max_attempts"]) == ("mail", -5, 7)
    assert (job["timeout_s"], job["retry_policy"]) == (1.5, "fixed:9")
    assert (job["idempotency_key"], job["unique_key"]) == ("order 7", "7")
    assert (job["shadow"], job["tags"]) == (True, ["eu", "heavy"])
    assert job["scheduled_for"] == datetime(2099, 1, 2, 2, 4, tzinfo=UTC)
    assert job["status"] is JobStatus.SCHEDULED


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("5m", 300), ("2h", 7_200)])
def test_a_delay_counts_from_now(text, seconds):
    before = datetime.now(UTC)  # noqa: TID251 - what the command compares with

    due = get_job(enqueue("k", "--in", text))["scheduled_for"]

    late = due - before - timedelta(seconds=seconds)
    assert timedelta(0) <= late < timedelta(seconds=30)


def test_a_key_that_is_held_gives_the_id_of_the_job_that_holds_it():
    first = enqueue("k", "--idempotency-key", "order 7")

    assert enqueue("k", "--idempotency-key", "order 7") == first
    assert Job.objects.count() == 1


REFUSED = [
    (["k", "{"], "the payload is not JSON: Expecting property name"),
    (["k", ""], "the payload is not JSON: Expecting value: line 1 column 1"),
    (["k", "[" * 100_000], "the payload is nested too deeply"),
    (["k", "[1]"], "payload: must be a dict, not list"),
    (["k", '{"a": NaN}'], "payload.a: nan is not JSON"),
    (["k", "1" * 5_000], "the payload is not JSON: Exceeds the limit"),
    (["a b"], "kind: 'a b' must be 1 to 128 letters"),
    (["k", "--queue", "nobody"], "queue: 'nobody' is not one of default, reports"),
    (["k", "--priority", "high"], "--priority: 'high' is not a whole number"),
    (
        ["k", "--priority", "9" * 18],
        "priority: must be a whole number from -2147483647",
    ),
    (["k", "--at", "noon"], "--at: 'noon' is not a time; write 2026-11-30T08:00+01:00"),
    (["k", "--at", "2026-11-30T08:00"], "--at: '2026-11-30T08:00' has no zone; add"),
    (["k", "--in", "soon"], "--in: 'soon' is not a delay; write 90s, 15m, 36h or 7d"),
    (["k", "--in", "1m", "--at", "x"], "--at and --in both say when it is due"),
    (["k", "--max-attempts", "0"], "--max-attempts: '0' is not a whole number of at"),
    (["k", "--timeout", "-1"], "--timeout: '-1' is not a number of seconds above 0"),
    (["k", "--retry-policy", "never"], "retry_policy: "),
    (["k", "--idempotency-key", ""], "idempotency_key: must be 1 to 255 printable"),
    (["k", "--unique-key", "a\tb"], "unique_key: must be 1 to 255 printable"),
    (["k", "--tag", "a b"], "tags: 'a b' must be 1 to 128 letters"),
]


@pytest.mark.parametrize(("arguments", "told"), REFUSED)
def test_bad_input_is_told_in_one_sentence_and_nothing_is_stored(arguments, told):
    with pytest.raises(CommandError) as refused:
        enqueue(*arguments)

    assert str(refused.value).startswith(told)
    assert "\n" not in str(refused.value)
    assert refused.value.returncode == 1
    assert not Job.objects.exists()


def test_standard_input_that_is_no_text_is_refused(monkeypatch):
    given(monkeypatch, b'{"name": "\xff"}')

    with pytest.raises(CommandError, match=r"standard input is not text: 'utf-8'"):
        enqueue("k", "-")


def test_settings_with_faults_are_refused(settings):
    settings.PYJOBKIT = {"NOTIFY": 1}

    with pytest.raises(CommandError, match=r"PYJOBKIT\['NOTIFY'\]: must be True or"):
        enqueue("k")


@pytest.mark.once
@committed
def test_the_process_prints_the_id_or_exits_with_1_and_says_why():
    stored = in_a_process("k", '{"n": 1}')
    refused = in_a_process("k", "--priority=high")

    assert (stored.returncode, stored.stderr) == (0, "")
    assert get_job(stored.stdout.strip())["payload"] == {"n": 1}
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "CommandError: --priority: 'high' is not a whole number\n"


def in_a_process(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "django", "pyjobkit_enqueue", *arguments],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
