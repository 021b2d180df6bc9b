from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import autoreload

from pyjobkit_django import enqueue, get_job, registry
from pyjobkit_django.jobs import JobStatus
from pyjobkit_django.limits import RateLimit
from pyjobkit_django.management.commands import pyjobkit_worker
from pyjobkit_django.models import JobLog, WorkerRecord
from tests.marks import committed
from tests.stored_jobs import elsewhere

ROOT = Path(__file__).parents[2]
GREET = ("--executor", "tests.shop.executors:Greet")


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch):
    monkeypatch.setattr(registry, "_registered", {})


def work(*arguments):
    call_command("pyjobkit_worker", *arguments)


def in_a_process(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


@committed
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_what_a_job_says_of_secrets_is_masked_in_the_log(capfd, settings, log_format):
    settings.PYJOBKIT = {**settings.PYJOBKIT, "REDACT": ["iban"]}
    enqueue("fails_telling", {"iban": "DE02"}, max_attempts=1)

    work(
        *("--once", "--executor", "tests.shop.executors:FailsTelling"),
        f"--log-format={log_format}",
    )

    told = capfd.readouterr().err
    assert "ValueError" in told
    assert "no account" in told
    assert "DE02" not in told


# Refusing.

REFUSED = {
    "--concurrency=0": "--concurrency: '0' is not a whole number of at least 1",
    "--concurrency=many": "--concurrency: 'many' is not a whole number of at least 1",
    "--batch-size=-1": "--batch-size: '-1' is not a whole number of at least 1",
    "--lease-ttl=0": "--lease-ttl: '0' is not a number of seconds above 0",
    "--poll-interval=nan": "--poll-interval: 'nan' is not a number of seconds above 0",
    "--stop-timeout=inf": "--stop-timeout: 'inf' is not a number of seconds above 0",
    "--log-format=xml": "--log-format: 'xml' is not one of text, json",
    "--metrics-port=99999": "--metrics-port: '99999' is not a port from 0 to 65535",
    "--database=nowhere": "--database: 'nowhere' is not one of default",
    "--executor=shop.Mail": "--executor: 'shop.Mail' is not written as module:attribute",
    "--queue=nobody": "--queue 'nobody' is not one of default, reports, mail; add it to",
    "--queue=a b": "--queue: queue: 'a b' must be 1 to 128 letters",
    "--kind=nobody": "--kind 'nobody': no executor runs it; there are http, ",
    "--rate-limit=mail": "--rate-limit: rate limit 'mail': write kind:rate or kind:",
    "--rate-limit=mail:0": "--rate-limit: rate limit: 0.0 a second must be above 0",
    "--rate-limit=": "--rate-limit: '' names no kind; write kind:rate",
    "--rate-limit=nobody:5": "--rate-limit 'nobody': no executor runs it; there are",
    "--tag=a b": "--tag: tag: 'a b' must be 1 to 128 letters",
    "--executor=no.such:Mail": "executor 'no.such:Mail': No module named 'no'",
    "--colour=red": "unrecognized arguments: --colour=red",
}


@pytest.mark.parametrize("argument", REFUSED)
def test_a_bad_argument_is_refused_in_one_sentence(argument):
    with pytest.raises(CommandError) as refused:
        work(*GREET, argument)

    assert REFUSED[argument] in str(refused.value)
    assert "\n" not in str(refused.value)


def test_settings_with_faults_are_refused(settings):
    settings.PYJOBKIT = {"NOTIFY": 1}

    with pytest.raises(CommandError, match=r"PYJOBKIT\['NOTIFY'\]: must be True or"):
        work("--once")


@pytest.mark.parametrize(
    ("arguments", "code", "last"),
    [
        (("--concurrency", "0"), 2, "argument --concurrency: '0' is not a whole"),
        (("--queue", "nobody"), 1, "CommandError: --queue 'nobody' is not one of"),
        (("--kind", "nobody"), 1, "CommandError: --kind 'nobody': no executor runs"),
    ],
)
def test_the_process_of_a_refused_command_fails_and_its_last_word_is_why(
    arguments, code, last
):
    ran = in_a_process("pyjobkit_worker", *arguments)

    assert ran.returncode == code
    assert last in ran.stderr.splitlines()[-1]
    assert "Traceback" not in ran.stderr


# Working.


@committed
def test_once_runs_what_is_there_and_ends():
    job_id = enqueue("shop.greet", {"name": "Ada"})

    work(*GREET, "--once")

    job = get_job(job_id)
    assert (job["status"], job["result"]) == (JobStatus.SUCCESS, {"hello": "Ada"})
    assert JobLog.objects.get().lines[0][1:] == ["stdout", "hello"]
    assert WorkerRecord.objects.get().state == "stopped"


@committed
def test_under_the_reloader_it_works_in_another_thread_and_leaves_signals_alone():
    job_id = enqueue("shop.greet")

    elsewhere(work, *GREET, "--once")

    assert get_job(job_id)["status"] is JobStatus.SUCCESS


@committed
def test_it_runs_what_it_was_told_to_and_nothing_else():
    mine = enqueue("shop.greet", queue="mail", tags=["fast"])
    others = [enqueue("shop.greet", tags=["fast"]), enqueue("shop.greet", queue="mail")]

    work(*GREET, "--once", "--queue", "mail", "--tag", "fast", "--kind", "shop.greet")

    assert get_job(mine)["status"] is JobStatus.SUCCESS
    assert {get_job(job_id)["status"] for job_id in others} == {JobStatus.QUEUED}


@committed
def test_the_options_reach_the_worker(monkeypatch):
    seen = []
    run = pyjobkit_worker.Worker.run
    monkeypatch.setattr(
        pyjobkit_worker.Worker,
        "run",
        lambda worker, **how: seen.append(worker) or run(worker, **how),
    )

    work(
        *GREET,
        "--once",
        *("--concurrency", "3", "--batch-size", "2", "--lease-ttl", "9"),
        *("--poll-interval", "0.2", "--stop-timeout", "4"),
        *("--rate-limit", "http:5,shop.greet:9", "--rate-limit", "http:2:7"),
    )

    (options,) = [worker.options for worker in seen]
    assert (options.max_concurrency, options.batch) == (3, 2)
    assert (options.lease_ttl, options.poll_interval) == (9.0, 0.2)
    assert options.stop_timeout == 4.0
    assert options.rate_limits == {
        "http": RateLimit(2.0, 7.0),
        "shop.greet": RateLimit(9.0, 9.0),
    }


@committed
def test_its_log_is_json_where_that_is_asked_for(capsys):
    job_id = enqueue("shop.greet")

    work(*GREET, "--once", "--log-format", "json", "--verbosity", "2")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {"ts", "level", "logger", "msg"} <= set.intersection(*map(set, lines))
    assert str(job_id) in [line.get("job_id") for line in lines]


@committed
def test_verbosity_0_is_quiet(capsys):
    enqueue("shop.greet")

    work(*GREET, "--once", "--verbosity", "0")

    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "debug", "terminal", "reloads"),
    [
        ([], True, True, True),
        ([], True, False, False),
        ([], False, True, False),
        (["--once"], True, True, False),
        (["--reload"], False, False, True),
        (["--no-reload"], True, True, False),
    ],
)
def test_it_reloads_while_somebody_develops(
    monkeypatch, settings, arguments, debug, terminal, reloads
):
    ran = []
    settings.DEBUG = debug
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    monkeypatch.setattr(
        autoreload, "run_with_reloader", lambda *_: ran.append("reloader")
    )
    monkeypatch.setattr(
        pyjobkit_worker.Command, "_work", lambda *_: ran.append("worker")
    )

    work(*arguments)

    assert ran == ["reloader" if reloads else "worker"]
