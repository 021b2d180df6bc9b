from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from uuid import uuid4

import pytest

from pyjobkit_django.errors import ExecutorError
from pyjobkit_django.executors import HTTPExecutor
from tests.executors.http.fakes import Detour, Names, Notes
from tests.executors.http.server import answer, hang_up, serving, then_hang


async def test_two_jobs_share_one_connection(send, server, make):
    executor = make()

    await send(by=executor)
    await send(by=executor, body={"id": 7})

    assert [received.connection for received in server.received] == [1, 1]


async def test_cookies_are_not_shared_between_jobs(send, server, make):
    server.routes["/"] = answer(set_cookie="session=ada; Path=/")
    executor = make()

    await send(by=executor)
    await send(by=executor)

    assert "cookie" not in server.last.headers


async def test_an_executor_closes_its_connections_and_may_run_again(send, server, make):
    executor = make()
    await send(by=executor)

    await executor.close()
    await server.left.wait()
    await send(by=executor)
    await executor.close()
    await executor.close()

    assert server.connections == 2


def test_one_executor_serves_several_event_loops():
    executor = HTTPExecutor()

    async def once():
        async with serving() as server:
            await executor.run(
                job_id=uuid4(), payload={"url": server.url()}, ctx=Notes()
            )
            await executor.close()
            return server.connections

    assert [asyncio.run(once()) for _ in range(2)] == [1, 1]


async def test_one_executor_serves_two_event_loops_at_once(send, server, make):
    executor = make()
    await send(by=executor)

    async def elsewhere():
        async with serving() as other:
            payload = {"url": other.url()}
            await executor.run(job_id=uuid4(), payload=payload, ctx=Notes())
            await executor.close()

    await asyncio.to_thread(asyncio.run, elsewhere())
    await send(by=executor)

    assert server.connections == 1


def test_the_clients_of_ended_event_loops_are_forgotten():
    executor = HTTPExecutor()

    async def once():
        async with serving() as server:
            payload = {"url": server.url(), "headers": {"Connection": "close"}}
            await executor.run(job_id=uuid4(), payload=payload, ctx=Notes())

    for _ in range(3):
        asyncio.run(once())

    assert len(executor._clients._kept._kept) == 1


async def test_a_connection_that_the_server_closed_is_not_used_again(
    send, server, make
):
    async def answer_and_close(reader, writer):
        writer.write(answer())
        writer.close()

    server.routes["/"] = answer_and_close
    executor = make()

    for _ in range(5):
        await send(by=executor)
        await server.left.wait()
        server.left.clear()

    assert server.connections == 5


async def test_a_cancelled_job_closes_its_connection(send, server, make):
    server.routes["/slow"] = then_hang()
    executor = make(max_connections=1)
    task = asyncio.create_task(send("/slow", by=executor))
    await server.asked.wait()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await server.left.wait()

    assert (await send(by=executor))["status"] == 200


async def test_max_connections_bounds_what_is_open_at_once(send, server, make):
    executor = make(max_connections=2)

    await asyncio.gather(*(send(by=executor) for _ in range(10)))

    assert len(server.received) == 10
    assert server.connections <= 2


async def test_a_refused_connection_fails_the_attempt(run):
    async with serving() as server:
        url = server.url()

    with pytest.raises(ExecutorError, match=r"ConnectError: .*Connect call failed"):
        await run({"url": url})


async def test_a_server_that_hangs_up_fails_the_attempt(send, server):
    server.routes["/"] = hang_up

    with pytest.raises(ExecutorError, match="RemoteProtocolError: Server disconnected"):
        await send()


async def test_a_server_that_hangs_up_amid_the_body_fails_the_attempt(send, server):
    async def half(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        writer.close()

    server.routes["/"] = half

    with pytest.raises(ExecutorError, match="peer closed connection"):
        await send()


async def test_what_is_not_http_fails_the_attempt(send, server):
    async def mumble(reader, writer):
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")

    server.routes["/"] = mumble

    with pytest.raises(ExecutorError, match="RemoteProtocolError"):
        await send()


async def test_retries_within_the_run_are_for_the_transport(send, server, ctx):
    async def third_time_lucky(reader, writer):
        if len(server.received) < 3:
            writer.close()
        else:
            writer.write(answer(body={"ok": True}))

    server.routes["/"] = third_time_lucky

    result = await send(retries=2, backoff=0.001)

    assert result["body"] == {"ok": True}
    assert [line for line in ctx.lines if line.endswith("again in 0.002 s")]


async def test_retries_within_the_run_are_not_for_a_status(send, server):
    server.routes["/"] = answer(503)

    with pytest.raises(ExecutorError, match="answered 503"):
        await send(retries=5, backoff=0)

    assert len(server.received) == 1


async def test_retries_within_the_run_end(send, server):
    server.routes["/"] = hang_up

    with pytest.raises(ExecutorError, match="disconnected"):
        await send(retries=2, backoff=0)

    assert len(server.received) == 3


async def test_a_timeout_of_somebody_else_is_not_taken_for_the_deadline(server, make):
    class Late(Notes):
        async def log(self, message, /, *, stream="stdout"):
            if message.startswith("redirected"):
                raise TimeoutError("the sink is slow")

    server.routes["/"] = answer(307, location="/there")
    payload = {"url": server.url(), "follow_redirects": True}

    with pytest.raises(TimeoutError, match="the sink is slow"):
        await make().run(job_id=uuid4(), payload=payload, ctx=Late())


async def test_each_request_and_answer_has_a_line_without_secrets(
    send, server, ctx, caplog
):
    caplog.set_level("INFO")
    server.routes["/a"] = answer(body=b"12345", set_cookie="s3cret")

    await send("/a?key=s3cret", headers={"Authorization": "s3cret"}, body="s3cret")

    assert ctx.lines[0] == f"POST {server.url('/a')}"
    assert ctx.lines[1].startswith("answered 200 in ")
    assert ctx.lines[1].endswith(" ms, 5 bytes")
    assert len(ctx.lines) == 2
    assert "s3cret" not in caplog.text


async def test_the_environment_names_no_proxy(send, server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    assert (await send())["status"] == 200


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A self-signed certificate of shop.test and its key, in one file."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-noenc", "-days", "2", "-newkey", "ec"),
            *("-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=shop.test"),
            *("-addext", "subjectAltName=DNS:shop.test"),
            *("-keyout", "key.pem", "-out", "cert.pem"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    whole = folder / "both.pem"
    whole.write_bytes(
        b"".join((folder / f"{n}.pem").read_bytes() for n in ("cert", "key"))
    )
    return whole


@pytest.fixture
async def tls_server(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with serving(context) as running:
        yield running


async def test_a_certificate_that_is_not_trusted_is_told(run, tls_server):
    with pytest.raises(ExecutorError) as caught:
        await run({"url": tls_server.url()})

    assert "certificate verify failed: self-signed certificate" in str(caught.value)
    assert "the option verify names the CAs to trust" in str(caught.value)
    assert tls_server.received == []


async def test_a_certificate_is_matched_with_the_name_and_not_the_address(
    run, tls_server, certificate
):
    trusting = ssl.create_default_context(cafile=certificate)
    options = {
        "public_only": True,
        "verify": trusting,
        "network": Detour(tls_server.port),
        "resolve": Names(shop=[["9.9.9.9"]], other=[["9.9.9.9"]]),
    }

    assert (await run({"url": "https://shop.test/"}, **options))["status"] == 200
    assert tls_server.last.headers["host"] == "shop.test"
    with pytest.raises(ExecutorError, match=r"not valid for 'other\.test'"):
        await run({"url": "https://other.test/"}, **options)


async def test_checking_certificates_can_be_switched_off(run, tls_server):
    assert (await run({"url": tls_server.url()}, verify=False))["status"] == 200


def test_the_cas_to_trust_may_be_a_file_or_a_folder(certificate):
    for path in (certificate, str(certificate), certificate.parent):
        assert HTTPExecutor(verify=path).options.verify == path


async def test_secret_headers_follow_to_the_same_servers_tls_side(
    run, tls_server, server
):
    """Ports 80 and 443 of one name are one server; nothing else is."""

    class Doors(Detour):
        async def connect_tcp(self, host, port, *rest):
            self.port = {80: server.port, 443: tls_server.port}[port]
            return await super().connect_tcp(host, port, *rest)

    server.routes["/"] = answer(301, location="https://shop.test/")
    tls_server.routes["/down"] = answer(301, location="http://shop.test/there")
    options = {
        "verify": False,
        "network": Doors(),
        "resolve": Names(shop=[["9.9.9.9"]]),
    }
    payload = {"headers": {"X-Api-Key": "x"}, "follow_redirects": True}

    await run(payload | {"url": "http://shop.test/"}, **options)
    await run(payload | {"url": "https://shop.test/down"}, **options)

    assert tls_server.received[0].headers["x-api-key"] == "x"
    assert server.last.target == "/there"
    assert "x-api-key" not in server.last.headers
