"""Runs jobs of the kind ``http``."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Unpack
from uuid import UUID

import httpcore

from pyjobkit_django.contracts import ExecContext, Executor
from pyjobkit_django.errors import ExecutorError
from pyjobkit_django.executors.http.answer import Answer
from pyjobkit_django.executors.http.clients import Clients
from pyjobkit_django.executors.http.exchange import Exchange
from pyjobkit_django.executors.http.network import CheckedNetwork, Resolve
from pyjobkit_django.executors.http.options import HTTPKeywords, HTTPOptions
from pyjobkit_django.executors.http.request import HTTPRequest
from pyjobkit_django.executors.http.verdict import check_status
from pyjobkit_django.option_checks import check_known


class HTTPExecutor(Executor):
    """Sends the request that the payload describes and returns the answer.

    The payload: ``url``; ``method`` (POST where there is a body, else GET);
    ``headers``, ``params``; one of ``body`` (a dict or list is sent as JSON, text as
    it is), ``json`` and ``data`` (a form); ``timeout`` in seconds;
    ``follow_redirects``; ``ok_statuses``, such as ``[404]`` or ``"any"``;
    ``retries`` and ``backoff``, for a transport that fails; ``sign``, to add the
    headers that ``webhooks.verify_signature`` checks, where there is a secret.

    The result: ``status``, ``headers``, ``body`` (JSON where it is and says so, else
    text), ``duration_ms``, and ``truncated`` where the body was cut.

    Statuses 408, 425, 429 and 5xx fail the attempt (ExecutorError), no sooner tried
    again than Retry-After asks; every other status that is neither 2xx nor one of
    ``ok_statuses`` fails the job (DiscardJob), as do a bad payload and an address
    that may not be dialled. A transport that fails, fails the attempt.

    Keywords, as code or settings give them; a bad one raises ConfigError:

    - ``timeout_s=30`` for the whole exchange where the payload names no ``timeout``,
      ``connect_timeout_s=10`` for connecting
    - ``max_response_bytes=1_048_576`` of a body, unpacked; the rest is not read. The
      result takes up to 65,536 bytes more as JSON, within 1 MiB or this limit: keep
      it that far below a MAX_PAYLOAD_BYTES that was lowered
    - ``public_only=False``: refuse every address that is not on the public internet
    - ``verify=True``: check certificates; or the path of the CAs to trust, an
      SSLContext, or False
    - ``signing_secret``, by default what PYJOBKIT_WEBHOOK_SECRET holds
    - ``user_agent``, ``max_connections=100``, ``max_redirects=10``

    ``resolve`` looks names up and ``network`` dials addresses: the system's ways,
    unless given. Proxies and passwords of the environment are not used, and no
    cookies are kept.
    """

    kind = "http"

    def __init__(
        self,
        *,
        resolve: Resolve | None = None,
        network: httpcore.AsyncNetworkBackend | None = None,
        **keywords: Unpack[HTTPKeywords],
    ) -> None:
        check_known("HTTPExecutor", keywords, HTTPKeywords.__annotations__)
        self.options = HTTPOptions(**keywords)
        checked = CheckedNetwork(
            public_only=self.options.public_only, resolve=resolve, network=network
        )
        self._clients = Clients(self.options, checked)

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> dict[str, Any]:
        request = HTTPRequest.from_payload(payload, timeout_s=self.options.timeout_s)
        answer = await self._answer(request, ctx)
        await ctx.log(
            f"answered {answer.status} in {answer.duration_ms:,.0f} ms, "
            f"{answer.size:,} bytes{' (cut)' if answer.truncated else ''}"
        )
        check_status(answer, request, now=time.time())
        return answer.as_result(most_bytes=self.options.max_result_bytes)

    async def close(self) -> None:
        """Close the connections of the running event loop; later runs open new ones."""
        await self._clients.close()

    async def _answer(self, request: HTTPRequest, ctx: ExecContext) -> Answer:
        for retry in range(request.retries):
            pause_s = request.backoff_s * 2**retry
            try:
                return await self._exchange(request, ctx)
            except ExecutorError as error:
                await ctx.log(f"{error}; again in {pause_s:g} s", stream="stderr")
            await asyncio.sleep(pause_s)
        return await self._exchange(request, ctx)

    async def _exchange(self, request: HTTPRequest, ctx: ExecContext) -> Answer:
        await ctx.log(str(request))
        exchange = Exchange(self._clients.current(), self.options, ctx)
        return await exchange.run(request)
