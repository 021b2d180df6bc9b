from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
import zlib
from contextlib import contextmanager

import pytest

from pyjobkit_django.errors import ExecutorError
from pyjobkit_django.payload import clean_json
from tests.executors.http.server import answer, endlessly, then_hang

KIB = 1024
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
A_CHUNK = b"2000\r\n" + b"x" * 8192 + b"\r\n"


@contextmanager
def peak_of_memory():
    """Give a function that tells how many bytes were taken at once in the block."""
    tracemalloc.start()
    try:
        peaks = []
        yield lambda: peaks[0]
        peaks.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


async def test_an_answer_is_kept_as_pyjobkit_keeps_it(send, server):
    server.routes["/"] = answer(201, {"id": 7}, x_request_id="r-1")

    result = await send()

    assert result.pop("duration_ms") > 0
    assert result == {
        "status": 201,
        "headers": {
            "x-request-id": "r-1",
            "content-type": "application/json",
            "content-length": "9",
        },
        "body": {"id": 7},
    }


@pytest.mark.parametrize(
    ("content_type", "body", "kept"),
    [
        ("application/json", b"[1]", [1]),
        ("application/problem+json; charset=utf-8", b'{"a": 1}', {"a": 1}),
        ("Application/JSON", "\ufeffnull".encode(), None),
        ("application/json", b"{broken", "{broken"),
        ("application/json", b"", ""),
        ("application/json", b"NaN", "NaN"),
        ("application/json", b'"\\u0000"', '"\\u0000"'),
        ("application/json", b"9" * 30, "9" * 30),
        ("application/json", b"[" * 50 + b"]" * 50, "[" * 50 + "]" * 50),
        ("application/json", b"[" * 200_000, "[" * 200_000),
        ("text/plain", b"[1]", "[1]"),
        ("text/plain; charset=latin-1", b"caf\xe9", "café"),
        ("text/plain; charset=martian", "café".encode(), "café"),
        ("text/plain", b"caf\xe9\x00", "caf\ufffd\ufffd"),
    ],
)
async def test_a_body_is_json_where_it_says_so_and_can_be_stored(
    send, server, content_type, body, kept
):
    server.routes["/"] = answer(body=body, content_type=content_type)

    assert (await send())["body"] == kept


async def test_a_body_without_a_type_is_text(send, server):
    server.routes["/"] = answer(body=b"[1]")

    assert (await send())["body"] == "[1]"


async def test_headers_that_carry_secrets_are_not_stored(send, server):
    secrets = {
        "set_cookie": ["a=1", "b=2"],
        "authorization": "x",
        "www_authenticate": "x",
        "proxy_authenticate": "x",
        "proxy_status": "x",
        "x_api_key": "x",
        "X_Amz_Security_Token": "x",
        "x_csrf_token": "x",
        "x_client_secret": "x",
    }
    server.routes["/"] = answer(etag="abc", vary=["a", "b"], **secrets)

    headers = (await send())["headers"]

    assert headers == {"etag": "abc", "vary": "a, b", "content-length": "0"}


@pytest.mark.parametrize(
    ("size", "kept", "truncated"), [(99, 99, None), (100, 100, None), (101, 100, True)]
)
async def test_a_long_body_is_cut(send, server, size, kept, truncated):
    server.routes["/"] = answer(body=b"x" * size)

    result = await send(options={"max_response_bytes": 100})

    assert result["body"] == "x" * kept
    assert result.get("truncated") is truncated


async def test_cut_json_is_text(send, server, ctx):
    server.routes["/"] = answer(body=["x" * 200])

    result = await send(options={"max_response_bytes": 100})

    assert result["body"] == '["' + "x" * 98
    assert ctx.lines[-1].endswith(" ms, 100 bytes (cut)")


async def test_an_endless_body_ends_at_the_limit(send, server):
    server.routes["/"] = endlessly(CHUNKED, A_CHUNK)

    result = await send(options={"max_response_bytes": 100 * KIB})
    await server.left.wait()

    assert len(result["body"]) == 100 * KIB
    assert result["truncated"] is True


async def test_a_slow_body_ends_at_the_deadline(send, server):
    server.routes["/"] = endlessly(CHUNKED, b"1\r\nx\r\n", pause_s=0.01)

    with pytest.raises(ExecutorError, match=r"no complete answer within 0\.1 s"):
        await send(timeout=0.1)
    await server.left.wait()


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n", CHUNKED])
async def test_a_silent_server_is_given_up_at_the_deadline(send, server, head):
    server.routes["/"] = then_hang(head)

    with pytest.raises(ExecutorError, match=r"no complete answer within 0\.05 s"):
        await send(options={"timeout_s": 0.05})
    assert asyncio.current_task().cancelling() == 0


def deflated(body):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("X-GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", deflated),
        ("identity", bytes),
    ],
)
async def test_a_packed_body_is_unpacked(send, server, encoding, pack):
    body = json.dumps(list(range(50_000))).encode()
    server.routes["/"] = answer(
        body=pack(body), content_encoding=encoding, content_type="application/json"
    )

    assert (await send())["body"] == list(range(50_000))
    assert server.last.headers["accept-encoding"] == "gzip, deflate"


async def test_a_bomb_is_unpacked_to_the_limit_only(send, server):
    server.routes["/"] = answer(
        body=gzip.compress(b"0" * 50_000_000), content_encoding="gzip"
    )

    with peak_of_memory() as peak:
        result = await send(options={"max_response_bytes": 1_000})

    assert result["body"] == "0" * 1_000
    assert result["truncated"] is True
    assert peak() < 3_000_000


async def test_what_follows_a_packed_body_is_not_kept(send, server):
    server.routes["/"] = answer(
        body=gzip.compress(b"here") + b"x" * 300_000, content_encoding="gzip"
    )

    result = await send()

    assert result["body"] == "here"
    assert "truncated" not in result


async def test_endless_bytes_after_a_packed_body_take_no_memory(send, server):
    packed = gzip.compress(b"here")
    head = CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    head += f"{len(packed):x}\r\n".encode() + packed + b"\r\n"
    server.routes["/"] = endlessly(head, A_CHUNK)

    with (
        peak_of_memory() as peak,
        pytest.raises(ExecutorError, match="no complete answer"),
    ):
        await send(timeout=0.3)

    assert peak() < 3_000_000


@pytest.mark.parametrize(
    ("encoding", "body", "told"),
    [
        ("gzip", b"not packed", "cannot be unpacked"),
        ("deflate", b"\xff\xff", "cannot be unpacked"),
        ("gzip", gzip.compress(b"x" * 99)[:-9], "ends before what is packed"),
    ],
)
async def test_a_badly_packed_body_fails_the_attempt(
    send, server, encoding, body, told
):
    server.routes["/"] = answer(body=body, content_encoding=encoding)

    with pytest.raises(ExecutorError, match=told):
        await send()


@pytest.mark.parametrize("byte", [b"x", b'"', b"\x01", b"\xff"])
async def test_whatever_the_body_the_result_can_be_stored(send, server, byte):
    server.routes["/"] = answer(body=byte * 2 * 1024 * KIB)

    result = await send()

    assert clean_json(result, name="result") == result
    assert result["truncated"] is True
    assert len(result["body"]) > 100 * KIB


async def test_json_that_grows_when_stored_is_kept_as_text(send, server):
    numbers = b"[" + b",".join([b"1e300"] * 150_000) + b"]"
    server.routes["/"] = answer(body=numbers, content_type="application/json")

    result = await send(options={"max_response_bytes": 900_001})

    assert result["truncated"] is True
    assert result["body"].startswith("[1e300,1e300")
    assert clean_json(result, name="result") == result
