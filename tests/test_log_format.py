from __future__ import annotations

import json
import logging
import sys
from uuid import UUID

import pytest

from pyjobkit_django.log_format import JsonFormatter, TextFormatter, configure_logging

JOB = UUID("01890000-0000-7000-8000-000000000001")
#: 2026-11-24 05:00:00.250 UTC
MOMENT = 1_795_496_400.25


def record(message="job %s", *arguments, error=None, **carried):
    made = logging.LogRecord(
        "pyjobkit.worker", logging.INFO, "file", 1, message, arguments, error
    )
    made.created = MOMENT
    vars(made).update(carried)
    return made


def as_json(*arguments, **carried):
    return json.loads(JsonFormatter().format(record(*arguments, **carried)))


def raised():
    try:
        int("broken")
    except ValueError:
        return sys.exc_info()


def test_a_json_line_starts_with_what_every_line_has_and_the_well_known_keys_follow():
    line = as_json(
        "job %s",
        "ended",
        kind="mail",
        duration_ms=12.5,
        status="success",
        worker_id="w",
        job_id=JOB,
        event="job.ended",
    )

    assert list(line) == [
        *("ts", "level", "logger", "msg"),
        *("event", "job_id", "worker_id", "status", "duration_ms"),
        "kind",
    ]
    assert line["ts"] == "2026-11-24T05:00:00.250+00:00"
    assert (line["level"], line["logger"]) == ("INFO", "pyjobkit.worker")
    assert (line["msg"], line["job_id"]) == ("job ended", str(JOB))


def test_a_json_line_is_one_line_whatever_it_carries():
    text = JsonFormatter().format(record("a\nb %s", "ü", reason="c\nd", error=raised()))

    assert "\n" not in text
    assert "ü" in text
    line = json.loads(text)
    assert line["msg"] == "a\nb ü"
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("'broken'")


def test_what_is_not_known_is_left_out():
    assert "worker_id" not in as_json(worker_id=None, message="m")


def test_what_is_carried_does_not_replace_what_every_line_has():
    line = as_json("said", level="high", ts="never", logger="other")

    assert (line["level"], line["logger"]) == ("INFO", "pyjobkit.worker")
    assert line["ts"].startswith("2026")


def test_ascii_may_be_asked_for():
    assert "\\u00fc" in JsonFormatter(ensure_ascii=True).format(record("ü"))


def test_text_ends_with_what_it_carries():
    text = TextFormatter().format(record("ended", kind="mail", job_id=JOB, tags=None))

    assert text.endswith(f" INFO    ended job_id={JOB} kind=mail")


def test_text_shows_the_traceback_below():
    text = TextFormatter().format(record("failed", job_id=JOB, error=raised()))

    first, *rest = text.splitlines()
    assert first.endswith(f"failed job_id={JOB}")
    assert rest[-1].startswith("ValueError: invalid literal")


def hide(value):
    """Mask the word hush, wherever it stands, and what is called pin."""
    if isinstance(value, dict):
        return {
            key: "***" if key == "pin" else hide(item) for key, item in value.items()
        }
    return value.replace("hush", "***") if isinstance(value, str) else value


@pytest.mark.parametrize("formatter", [JsonFormatter, TextFormatter])
def test_what_jobs_say_is_masked(formatter):
    def fail():
        raise ValueError("hush in an error")

    try:
        fail()
    except ValueError:
        error = sys.exc_info()
    carries = {"reason": "hush in a reason", "pin": "1234", "meta": {"pin": 5}}
    text = formatter(mask=hide).format(
        record("said %s", "hush", error=error, kind="mail", **carries)
    )

    assert "hush" not in text
    assert "1234" not in text
    assert "5}" not in text
    assert text.count("***") >= 5
    assert "mail" in text


@pytest.mark.parametrize("fmt", ["text", "json"])
def test_our_loggers_write_to_stderr_and_nowhere_else(capsys, caplog, fmt):
    configure_logging("INFO", fmt=fmt)

    logging.getLogger("pyjobkit.worker").info("hello", extra={"job_id": JOB})
    logging.getLogger("pyjobkit.worker").debug("quiet")

    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "hello" in err
    assert (err[0] == "{") == (fmt == "json")
    assert caplog.records == []


def test_configured_twice_it_still_writes_a_line_once(capsys):
    configure_logging()
    configure_logging()

    logging.getLogger("pyjobkit.worker").info("hello")

    assert len(capsys.readouterr().err.splitlines()) == 1
