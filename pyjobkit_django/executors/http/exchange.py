"""Sends one request and returns the answer, that of the last redirect."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import Final

import httpcore
import httpx

from pyjobkit_django.contracts import ExecContext
from pyjobkit_django.errors import DiscardJob, ExecutorError
from pyjobkit_django.executors.http.answer import Answer
from pyjobkit_django.executors.http.headers import is_secret, shown
from pyjobkit_django.executors.http.network import reason_of
from pyjobkit_django.executors.http.options import HTTPOptions
from pyjobkit_django.executors.http.quiet import unlogged_by_httpx
from pyjobkit_django.executors.http.reading import UnreadableBodyError, read_body
from pyjobkit_django.executors.http.request import HTTPRequest
from pyjobkit_django.webhooks import signature_headers

_TRANSPORT_ERRORS: Final = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpx.TransportError,
    UnreadableBodyError,
)


class Exchange:
    """One try: from the request to the last byte of the answer, within its deadline."""

    def __init__(
        self, client: httpx.AsyncClient, options: HTTPOptions, ctx: ExecContext
    ) -> None:
        self._client = client
        self._options = options
        self._ctx = ctx

    async def run(self, request: HTTPRequest) -> Answer:
        """Return the answer, whatever its status; ExecutorError where there is none."""
        deadline = asyncio.timeout(request.timeout_s)
        try:
            with unlogged_by_httpx():
                async with deadline:
                    return await self._answer(request)
        except _TRANSPORT_ERRORS as error:
            raise ExecutorError(f"{request}: {_told(error)}") from error
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise ExecutorError(
                f"{request}: no complete answer within {request.timeout_s:g} s"
            ) from error

    async def _answer(self, request: HTTPRequest) -> Answer:
        started = time.perf_counter()
        sent = self._first(request)
        for _ in range(self._options.max_redirects + 1):
            response = await self._client.send(sent, stream=True)
            async with aclosing(response):
                following = response.next_request
                if following is None or not request.follow_redirects:
                    body = await read_body(response, self._options.max_response_bytes)
                    elapsed_ms = (time.perf_counter() - started) * 1000
                    return Answer.of(response, body, duration_ms=elapsed_ms)
            sent = await self._next(sent, following)
        most = self._options.max_redirects
        raise DiscardJob(f"{request}: redirected more than {most} times")

    def _first(self, request: HTTPRequest) -> httpx.Request:
        return self._client.build_request(
            request.method,
            request.url,
            headers=self._signed(request),
            content=request.content,
        )

    def _signed(self, request: HTTPRequest) -> httpx.Headers:
        secret = self._options.signing_secret
        if not (request.sign and secret):
            return request.headers
        # Anew for each try: the receiver refuses what was signed long ago.
        signature = signature_headers(request.content or b"", secret)
        return httpx.Headers([*request.headers.items(), *signature.items()])

    async def _next(
        self, sent: httpx.Request, following: httpx.Request
    ) -> httpx.Request:
        url = following.url
        await self._ctx.log(f"redirected to {following.method} {shown(url)}")
        if url.scheme not in ("http", "https"):
            raise DiscardJob(
                f"{shown(sent.url)} redirects to {shown(url)}, not to HTTP"
            )
        if not _may_share_secrets(sent.url, url):
            for name in filter(is_secret, list(following.headers)):
                del following.headers[name]
        return following


def _may_share_secrets(here: httpx.URL, there: httpx.URL) -> bool:
    """Tell whether both are one server, or the second is its TLS side."""
    if here.host != there.host:
        return False
    return _door(here) == _door(there) or (
        _door(here) == ("http", 80) and _door(there) == ("https", 443)
    )


def _door(url: httpx.URL) -> tuple[str, int]:
    return url.scheme, url.port or {"http": 80, "https": 443}[url.scheme]


def _told(error: Exception) -> str:
    reason = reason_of(error)
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        reason += " (the option verify names the CAs to trust)"
    return f"{type(error).__name__}: {reason}"
