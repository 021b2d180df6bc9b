"""The HTTP clients of an executor, one for each event loop that it runs in."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpcore
import httpx

from pyjobkit_django.executors.http.network import CheckedNetwork
from pyjobkit_django.executors.http.options import HTTPOptions
from pyjobkit_django.executors.http.transport import PoolTransport
from pyjobkit_django.executors.per_loop import PerLoop

#: How long an idle connection is kept, in seconds.
_KEPT_S: Final = 5.0
#: The packings that ``reading`` unpacks.
_ENCODINGS: Final = "gzip, deflate"


class Clients:
    """Opens a client when it is first needed; its connections are kept and reused."""

    def __init__(self, options: HTTPOptions, network: CheckedNetwork) -> None:
        self._options = options
        self._network = network
        self._tls = options.tls()
        self._kept = PerLoop(self._client)

    def current(self) -> httpx.AsyncClient:
        """Return the running loop's client."""
        return self._kept.current()

    async def close(self) -> None:
        """Close the running loop's client, if it was ever needed."""
        client = self._kept.taken()
        if client is not None:
            await client.aclose()

    def _client(self) -> httpx.AsyncClient:
        pool = httpcore.AsyncConnectionPool(
            ssl_context=self._tls,
            max_connections=self._options.max_connections,
            max_keepalive_connections=self._options.max_connections,
            keepalive_expiry=_KEPT_S,
            network_backend=self._network,
        )
        return httpx.AsyncClient(
            transport=PoolTransport(pool),
            headers={
                "User-Agent": self._options.user_agent,
                "Accept-Encoding": _ENCODINGS,
            },
            # Reading and writing end with the deadline of the whole exchange.
            timeout=httpx.Timeout(None, connect=self._options.connect_timeout_s),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            trust_env=False,
        )
