from __future__ import annotations

import pytest

from pyjobkit_django.errors import DiscardJob, ExecutorError
from tests.executors.http.fakes import Detour, Names
from tests.executors.http.server import answer, serving


async def test_a_redirect_fails_the_job_and_says_what_to_set(send, server):
    server.routes["/"] = answer(302, location="/new?key=s3cret")

    with pytest.raises(DiscardJob, match="set follow_redirects to go where") as caught:
        await send()

    assert "answered 302 Found" in caught.value.reason
    assert "s3cret" not in caught.value.reason
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [
        (301, "GET", b""),
        (302, "GET", b""),
        (303, "GET", b""),
        (307, "POST", b"[1]"),
        (308, "POST", b"[1]"),
    ],
)
async def test_a_redirect_is_followed_when_asked(
    send, server, ctx, status, method, body
):
    server.routes["/old"] = answer(status, location="/new?key=s3cret")
    server.routes["/new"] = answer(body={"here": True})

    result = await send("/old", body=[1], follow_redirects=True)

    assert result["body"] == {"here": True}
    assert (server.last.method, server.last.body) == (method, body)
    assert ctx.lines[:2] == [
        f"POST {server.url('/old')}",
        f"redirected to {method} {server.url('/new')}",
    ]


async def test_a_redirect_frees_its_connection_before_it_is_followed(send, server):
    server.routes["/old"] = answer(307, body=b"x" * 500_000, location="/new")

    result = await send(
        "/old", follow_redirects=True, timeout=5, options={"max_connections": 1}
    )

    assert (result["status"], server.last.target) == (200, "/new")


async def test_a_redirect_without_a_place_to_go_fails_the_job(send, server):
    server.routes["/"] = answer(302)

    with pytest.raises(DiscardJob, match=r"answered 302 Found$"):
        await send(follow_redirects=True)


async def test_a_redirect_to_nonsense_fails_the_attempt(send, server):
    server.routes["/"] = answer(302, location="http://a:b/")

    with pytest.raises(ExecutorError, match="Invalid port"):
        await send(follow_redirects=True)


async def test_a_loop_of_redirects_fails_the_job(send, server):
    server.routes["/"] = answer(307, location="/")

    with pytest.raises(DiscardJob, match="redirected more than 3 times"):
        await send(follow_redirects=True, options={"max_redirects": 3})

    assert len(server.received) == 4


async def test_a_redirect_out_of_http_fails_the_job(send, server):
    server.routes["/"] = answer(302, location="ftp://127.0.0.1/file")

    with pytest.raises(
        DiscardJob, match=r"redirects to ftp://127\.0\.0\.1/file, not to"
    ):
        await send(follow_redirects=True)


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/latest/meta-data", "http://[fe80::1]/", "//meta.test/"],
)
async def test_a_redirect_to_a_link_local_address_is_refused(send, server, location):
    server.routes["/"] = answer(302, location=location)
    names = Names(meta=[["169.254.169.254"]])

    with pytest.raises(DiscardJob, match="is a link-local address"):
        await send(follow_redirects=True, options={"resolve": names})


@pytest.mark.parametrize(
    "location", ["http://shop.test@127.0.0.1/", "//2130706433/", "http://inner.test/"]
)
async def test_a_redirect_leads_nowhere_that_public_only_refuses(run, server, location):
    """The first server is public, as far as the executor can tell."""
    server.routes["/"] = answer(302, location=location)
    detour = Detour(server.port)
    names = Names(shop=[["93.184.216.34"]], inner=[["10.0.0.5"]])
    names.answers["2130706433"] = [["127.0.0.1"]]

    with pytest.raises(DiscardJob, match="address, and public_only is on"):
        await run(
            {"url": "http://shop.test/", "follow_redirects": True},
            public_only=True,
            resolve=names,
            network=detour,
        )

    assert detour.dialled == ["93.184.216.34"]


SECRETS = {
    "Authorization": "Bearer x",
    "X-Api-Key": "x",
    "Cookie": "a=1",
    "X-Trace": "t",
}


async def test_secret_headers_do_not_follow_to_another_server(send, server):
    async with serving() as other:
        server.routes["/"] = answer(307, location=other.url())

        await send(headers=SECRETS, body="x", follow_redirects=True)

        assert "authorization" in server.last.headers
        assert other.last.headers["x-trace"] == "t"
        assert not {"authorization", "x-api-key", "cookie"} & set(other.last.headers)


async def test_secret_headers_do_not_follow_to_another_name(send, server):
    server.routes["/"] = answer(307, location=server.url("/there", host="other.test"))
    names = Names(other=[["127.0.0.1"]])

    await send(headers=SECRETS, follow_redirects=True, options={"resolve": names})

    assert server.last.target == "/there"
    assert "x-api-key" not in server.last.headers


async def test_secret_headers_stay_with_their_server(send, server):
    server.routes["/"] = answer(307, location="/there")

    await send(headers=SECRETS, follow_redirects=True)

    assert server.last.headers["authorization"] == "Bearer x"
    assert server.last.headers["x-api-key"] == "x"
