from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from pyjobkit_django import registry
from pyjobkit_django.jobs import JobStatus

ROOT = Path(__file__).parents[2]
HERE = "tests.management.simulated"


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch):
    monkeypatch.setattr(registry, "_registered", {})


@pytest.fixture
def file(tmp_path):
    """Return what writes a document to a file and gives its path."""

    def write(document):
        path = tmp_path / "jobs.json"
        text = document if isinstance(document, str) else json.dumps(document)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def simulate(file):
    """Return what runs the command on jobs and gives its summary."""

    def run(*jobs, options=()):
        out = io.StringIO()
        try:
            command(file({"jobs": list(jobs)}), *options, stdout=out)
        except CommandError as error:
            return json.loads(out.getvalue())["summary"], error
        return json.loads(out.getvalue())["summary"], None

    return run


def command(*arguments, **options):
    executors = [f"--executor={HERE}:{name}" for name in ("Echo", "Fails", "Forever")]
    call_command(
        "pyjobkit_simulate", *arguments, *executors, "--verbosity=0", **options
    )


def kinds(summary):
    """Return the kinds by status, as far as there are any."""
    return {
        status: [job["kind"] for job in jobs]
        for status, jobs in summary.items()
        if jobs
    }


def test_jobs_run_and_are_shown_by_status_in_their_order(simulate):
    summary, error = simulate(
        {"kind": "echo", "payload": {"n": 1}}, {"kind": "echo", "payload": {"n": 2}}
    )

    assert error is None
    assert set(summary) == set(JobStatus)
    assert [job["result"] for job in summary["success"]] == [{"n": 1}, {"n": 2}]
    assert all(UUID(job["id"]) for job in summary["success"])
    assert kinds(summary) == {"success": ["echo", "echo"]}


def test_a_file_without_jobs_is_a_short_simulation(simulate):
    summary, error = simulate()

    assert (kinds(summary), error) == ({}, None)


def test_retries_are_waited_for(simulate):
    summary, error = simulate(
        {"kind": "fails", "payload": {"times": 2}, "retry_policy": "fixed:0.05"}
    )

    assert error is None
    assert summary["success"][0]["result"] == {"attempt": 3}


def test_a_job_that_always_fails_makes_the_command_fail_with_1(simulate):
    summary, error = simulate(
        {"kind": "fails", "payload": {"times": 9}, "retry_policy": "fixed:0.01"},
        {"kind": "echo"},
    )

    assert kinds(summary) == {"failed": ["fails"], "success": ["echo"]}
    assert summary["failed"][0]["result"]["message"] == "attempt 3"
    assert (str(error), error.returncode) == ("1 failed of 2 jobs", 1)


def test_a_job_that_times_out_makes_the_command_fail_with_1(simulate):
    summary, error = simulate({"kind": "forever", "timeout_s": 0.05})

    assert kinds(summary) == {"timeout": ["forever"]}
    assert (str(error), error.returncode) == ("1 timeout of 1 jobs", 1)


def test_jobs_that_do_not_end_in_time_are_stopped_and_shown_as_they_are(simulate):
    summary, error = simulate(
        {"kind": "forever"},
        {"kind": "echo"},
        {"kind": "echo", "scheduled_for": "2099-01-01T00:00Z"},
        options=["--timeout=0.3"],
    )

    assert kinds(summary) == {
        "queued": ["forever"],
        "success": ["echo"],
        "scheduled": ["echo"],
    }
    assert (str(error), error.returncode) == ("1 scheduled, 1 queued of 3 jobs", 1)


def test_what_follows_a_job_is_waited_for_as_well(simulate):
    summary, error = simulate(
        {"kind": "echo", "webhooks": {"complete": "http://127.0.0.1:9/"}},
        options=["--timeout=0.5"],
    )

    assert error.returncode == 1
    assert kinds(summary) == {"success": ["echo"], "scheduled": ["http"]}


def test_the_fields_of_a_job_are_those_of_enqueue(simulate):
    twice = {"kind": "echo", "payload": {"n": 1}, "idempotency_key": "order 7"}

    summary, error = simulate(
        twice,
        twice,
        {"kind": "echo", "shadow": True, "queue": "mail", "tags": ["x"], "priority": 1},
    )

    assert error is None
    shadow = {"shadow": True, "result_discarded": True}
    assert [job["result"] for job in summary["success"]] == [{"n": 1}, shadow]


def test_no_more_jobs_run_at_once_than_asked_for(simulate):
    together = {"kind": "echo", "payload": {"together": True}}

    summary, _ = simulate(*[together] * 6, options=["--concurrency=2"])

    assert max(job["result"]["at_once"] for job in summary["success"]) == 2


def test_jobs_may_come_through_standard_input(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"jobs": [{"kind": "echo"}]}'))

    command("-", stdout=out)

    assert kinds(json.loads(out.getvalue())["summary"]) == {"success": ["echo"]}


SHAPE = 'write {"jobs": [{"kind": …, "payload": …}, …]}'
REFUSED = [
    ("{", "jobs.json is not JSON: Expecting property name"),
    ([], SHAPE),
    ({"job": []}, SHAPE),
    ({"jobs": {}}, SHAPE),
    ({"jobs": [{"kind": "echo"}, 7]}, "jobs[1] must be an object, not 7"),
    ({"jobs": [{}]}, "jobs[0]: kind: is missing"),
    ({"jobs": [{"kind": "a b"}]}, "jobs[0]: kind: 'a b' must be 1 to 128 letters"),
    ({"jobs": [{"kind": "echo", "colour": 1}]}, "jobs[0]: colour: is not an option"),
    ({"jobs": [{"kind": "echo", "payload": []}]}, "jobs[0]: payload: must be a dict"),
    ({"jobs": [{"kind": "echo", "retry_policy": 1}]}, "jobs[0]: retry_policy must be"),
    (
        {"jobs": [{"kind": "echo", "scheduled_for": "noon"}]},
        "jobs[0]: 'noon' is not a time",
    ),
    (
        {"jobs": [{"kind": "echo", "queue": "nobody"}]},
        "jobs[0]: queue: 'nobody' is not one of default",
    ),
    (
        {"jobs": [{"kind": "nobody"}]},
        "jobs[0]: no executor runs 'nobody'; there are echo, fails, forever, http",
    ),
]


@pytest.mark.parametrize(("document", "told"), REFUSED)
def test_bad_input_is_told_in_one_sentence_and_exits_with_2(file, document, told):
    out = io.StringIO()

    with pytest.raises(CommandError) as refused:
        command(file(document), stdout=out)

    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.returncode == 2
    assert out.getvalue() == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no/such.json"], r"^no/such.json: No such file or directory$"),
        (["-", "--executor=no.such:Mail"], r"executor 'no.such:Mail': No module"),
    ],
)
def test_what_is_not_there_is_told_and_exits_with_2(arguments, told):
    with pytest.raises(CommandError, match=told) as refused:
        command(*arguments)

    assert refused.value.returncode == 2


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "jobs.json"
    path.write_bytes(b'"\xff"')

    with pytest.raises(CommandError, match=r"jobs.json is not UTF-8: 'utf-8' codec"):
        command(str(path))


@pytest.mark.parametrize(
    ("jobs", "code", "last"),
    [
        ([{"kind": "echo"}], 0, ""),
        ([{"kind": "fails", "max_attempts": 1}], 1, "CommandError: 1 failed of 1 jobs"),
        ([{}], 2, "CommandError: jobs[0]: kind: is missing"),
    ],
)
def test_of_the_process_stdout_is_json_and_the_exit_code_tells_the_rest(
    file, jobs, code, last
):
    ran = in_a_process(file({"jobs": jobs}), "--log-format=json")

    assert ran.returncode == code
    if code < 2:
        assert json.loads(ran.stdout)["summary"]
    else:
        assert ran.stdout == ""
    *lines, end = ran.stderr.splitlines()
    assert last in end
    assert all(json.loads(line)["logger"].startswith("pyjobkit") for line in lines)


@pytest.mark.slow
def test_a_job_that_ignores_being_stopped_cannot_hold_up_the_process(file):
    ran = in_a_process(file({"jobs": [{"kind": "deaf"}]}), "--timeout=0.2")

    assert ran.returncode == 1
    assert kinds(json.loads(ran.stdout)["summary"]) == {"queued": ["deaf"]}


def in_a_process(*arguments):
    executors = [f"--executor={HERE}:{name}" for name in ("Echo", "Fails", "Deaf")]
    return subprocess.run(
        [sys.executable, "-m", "django", "pyjobkit_simulate", *arguments, *executors],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
