from __future__ import annotations

import pytest

from pyjobkit_django.errors import DiscardJob

FORM = "application/x-www-form-urlencoded"


async def test_a_request_without_a_body_is_a_get(send, server):
    await send("/orders")

    assert (server.last.method, server.last.target) == ("GET", "/orders")
    assert server.last.headers["user-agent"] == "pyjobkit-django"


@pytest.mark.parametrize(
    ("payload", "body", "media_type"),
    [
        ({"body": {"id": 7}}, b'{"id":7}', "application/json"),
        ({"body": [1, "é"]}, '[1,"é"]'.encode(), "application/json"),
        ({"body": "hällo"}, "hällo".encode(), "text/plain; charset=utf-8"),
        ({"body": ""}, b"", "text/plain; charset=utf-8"),
        ({"json": {"id": 7}}, b'{"id":7}', "application/json"),
        ({"json": 7}, b"7", "application/json"),
        ({"json": False}, b"false", "application/json"),
        (
            {"data": {"a": 1, "b": [True, "x y"], "c": None}},
            b"a=1&b=true&b=x+y&c=",
            FORM,
        ),
        ({"data": "a=1"}, b"a=1", FORM),
    ],
)
async def test_a_request_with_a_body_is_a_post(send, server, payload, body, media_type):
    await send(**payload)

    assert server.last.method == "POST"
    assert server.last.body == body
    assert server.last.headers["content-type"] == media_type


async def test_what_a_chain_adds_to_a_payload_is_left_aside(send, server):
    await send(json=7, previous_result={"a": 1}, previous_job_id="x")

    assert server.last.body == b"7"


@pytest.mark.parametrize("method", ["PUT", "patch", "DELETE", "OPTIONS", "PROPFIND"])
async def test_the_payload_names_the_method(send, server, method):
    await send(method=method, body={"id": 7})

    assert (server.last.method, server.last.body) == (method.upper(), b'{"id":7}')


async def test_a_head_request_has_no_body_to_wait_for(send, server):
    assert (await send(method="HEAD"))["body"] == ""


async def test_headers_are_sent_as_given(send, server):
    await send(
        headers={"X-Name": " Zoë\t", "Content-Type": "text/csv", "User-Agent": "shop"},
        body="a;b",
    )

    assert server.last.headers["x-name"].encode("latin-1").decode() == "Zoë"
    assert server.last.headers["content-type"] == "text/csv"
    assert server.last.headers["user-agent"] == "shop"


async def test_params_join_the_query(send, server):
    await send("/?page=2", params={"q": "a b", "tag": ["x", "y"]})

    assert server.last.target == "/?page=2&q=a+b&tag=x&tag=y"


async def test_user_and_password_of_the_url_are_sent_and_not_shown(run, server, ctx):
    await run({"url": server.url("/?key=s3cret", host="ada:pa55@127.0.0.1")})

    assert server.last.headers["authorization"] == "Basic YWRhOnBhNTU="
    assert ctx.lines[0] == f"GET {server.url('/')}"


async def test_null_is_as_if_the_key_were_left_out(send, server):
    await send(method=None, headers=None, body=None, json=None, timeout=None)

    assert (server.last.method, server.last.body) == ("GET", b"")


URL = "http://127.0.0.1/"


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({}, "payload.url: must be an http or https URL with a host"),
        ({"url": 7}, "payload.url: must be text"),
        ({"url": "ftp://a/"}, "payload.url: must be an http or https URL with a host"),
        ({"url": "/path"}, "payload.url: must be an http or https URL with a host"),
        ({"url": "http:///a"}, "payload.url: must be an http or https URL with a host"),
        ({"url": "http://a:b/"}, "payload.url: is not a URL: Invalid port: 'b'"),
        ({"url": "http://0177.0.0.1/"}, "payload.url: is not a URL: Invalid IPv4"),
        ({"url": "http://a/\n"}, "payload.url: is not a URL"),
        (
            {"url": URL, "metod": "PUT"},
            "payload.metod: is not known; the keys are url,",
        ),
        ({"url": URL, "method": "G T"}, "payload.method: must be a word such as GET"),
        ({"url": URL, "method": 1}, "payload.method: must be text"),
        (
            {"url": URL, "method": "connect"},
            "payload.method: CONNECT asks for a tunnel",
        ),
        ({"url": URL, "headers": []}, "payload.headers: must be a dict"),
        (
            {"url": URL, "headers": {"a b": "c"}},
            "payload.headers: 'a b' is not a header",
        ),
        (
            {"url": URL, "headers": {"A": 1}},
            "payload.headers.A: must be text of one line",
        ),
        (
            {"url": URL, "headers": {"A": "b\r\nC: d"}},
            "payload.headers.A: must be text of",
        ),
        (
            {"url": URL, "headers": {"Content-Length": "1"}},
            "Length: is set by the executor",
        ),
        ({"url": URL, "params": "a=1"}, "payload.params: must be a dict"),
        ({"url": URL, "params": {"a": {}}}, "payload.params.a: must be text, a number"),
        ({"url": URL, "body": 7}, "payload.body: must be text, a dict or a list"),
        ({"url": URL, "data": [1]}, "payload.data: must be text or a dict"),
        ({"url": URL, "data": {"a": [[]]}}, "payload.data.a: must be text, a number"),
        (
            {"url": URL, "body": "", "json": 1},
            "payload.body: cannot be sent beside json",
        ),
        (
            {"url": URL, "timeout": 0},
            "payload.timeout: must be a number above 0, not 0",
        ),
        (
            {"url": URL, "timeout": "5"},
            "payload.timeout: must be a number above 0, not '5'",
        ),
        ({"url": URL, "timeout": True}, "payload.timeout: must be a number above 0"),
        ({"url": URL, "backoff": -1}, "payload.backoff: must be a number of 0 or more"),
        (
            {"url": URL, "retries": 21},
            "payload.retries: must be a whole number from 0 to 20",
        ),
        ({"url": URL, "retries": True}, "payload.retries: must be a whole number"),
        (
            {"url": URL, "follow_redirects": 1},
            "follow_redirects: must be true or false",
        ),
        ({"url": URL, "ok_statuses": 404}, "payload.ok_statuses: must be a list of"),
        (
            {"url": URL, "ok_statuses": ["404"]},
            "payload.ok_statuses: must be a list of",
        ),
        ({"url": URL, "ok_statuses": [600]}, "payload.ok_statuses: must be a list of"),
    ],
)
async def test_a_bad_payload_is_discarded_in_one_sentence(run, payload, told):
    with pytest.raises(DiscardJob) as caught:
        await run(payload)

    assert told in caught.value.reason
    assert "\n" not in caught.value.reason
