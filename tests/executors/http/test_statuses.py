from __future__ import annotations

import pytest

from pyjobkit_django.errors import DiscardJob, ExecutorError
from pyjobkit_django.executors.http.retry_after import wait_s
from tests.executors.http.server import answer

NOW = 1_800_000_000.0
NOW_AS_DATE = "Fri, 15 Jan 2027 08:00:00 GMT"
IN_A_MINUTE = "Fri, 15 Jan 2027 08:01:00 GMT"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 226])
async def test_a_status_below_300_is_a_success(send, server, status):
    server.routes["/"] = answer(status)

    assert (await send())["status"] == status


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
async def test_a_status_that_may_pass_fails_the_attempt(send, server, status):
    server.routes["/"] = answer(status, {"error": "busy"})

    with pytest.raises(
        ExecutorError, match=f"GET {server.url()} answered {status}"
    ) as it:
        await send()

    assert it.value.details["status"] == status
    assert it.value.details["headers"]["content-type"] == "application/json"
    assert it.value.details["body"] == '{"error": "busy"}'
    assert it.value.retry_after_s is None


@pytest.mark.parametrize("status", [300, 304, 400, 401, 403, 404, 409, 410, 418, 422])
async def test_a_status_that_stays_fails_the_job(send, server, status):
    server.routes["/"] = answer(status, b"no\x00" * 1_000)

    with pytest.raises(DiscardJob, match=f"answered {status}") as caught:
        await send()

    assert caught.value.details["status"] == status
    assert caught.value.details["body"] == ("no\ufffd" * 1_000)[:2_000] or status == 304


async def test_statuses_that_the_payload_accepts_are_successes(send, server):
    server.routes["/"] = answer(404, {"gone": True})

    result = await send(ok_statuses=[404, 410])

    assert (result["status"], result["body"]) == (404, {"gone": True})


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_any_status_may_be_accepted(send, server, status):
    server.routes["/"] = answer(status, location="/elsewhere")

    assert (await send(ok_statuses="any"))["status"] == status


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "120"}, 120),
        ({"retry_after": IN_A_MINUTE, "date": NOW_AS_DATE}, 60),
        ({"retry_after": "soon"}, None),
    ],
)
async def test_retry_after_is_handed_on(send, server, headers, seconds):
    server.routes["/"] = answer(503, **headers)

    with pytest.raises(ExecutorError) as caught:
        await send()

    assert caught.value.retry_after_s == seconds


@pytest.mark.parametrize(
    ("asked", "server_time", "seconds"),
    [
        ("0", None, 0),
        (" 7 ", None, 7),
        ("9" * 5_000, None, 86_400),
        ("-5", None, None),
        ("1.5", None, None),
        ("", None, None),
        (None, None, None),
        ("tomorrow", None, None),
        ("Fri, 99 Jan 2027 08:00:00 GMT", None, None),
        (IN_A_MINUTE, None, 60),
        ("Friday, 15-Jan-27 08:01:00 GMT", None, 60),
        ("Fri, 15 Jan 2027 08:01:00 -0000", None, 60),
        ("Fri, 15 Jan 2027 10:01:00 +0200", None, 60),
        ("Fri, 15 Jan 2027 07:00:00 GMT", None, 0),
        ("Fri, 15 Jan 2077 08:00:00 GMT", None, 86_400),
        (IN_A_MINUTE, "Fri, 15 Jan 2027 08:00:30 GMT", 30),
        (IN_A_MINUTE, "just now", 60),
    ],
)
def test_a_wait_is_read_in_both_forms_and_bounded(asked, server_time, seconds):
    assert wait_s(asked, server_time=server_time, now=NOW) == seconds
